"""The administrator's command, run against a site."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from harness.site import BUILD, HELPER, Site
from harness.waiting import HANG

PROGRAM = BUILD / "pam_wechat/command/pam-wechat"


class Command:
    """The built program, in a copy that any user can run, and the helper beside it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.program = site.folder / "pam-wechat"
        for program, copy in ((PROGRAM, self.program), (HELPER, site.folder / HELPER.name)):
            shutil.copy(program, copy)
            copy.chmod(0o755)

    def line(self, name: str, *words: str) -> list[str]:
        """The arguments that run a subcommand with this site's configuration."""
        return [str(self.program), name, "--conf", str(self.site.conf_file), *words]

    def run(
        self, name: str, *words: str, through: Sequence[str] = (), text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`through` is a command that runs it in its turn; `text` is its standard input."""
        return subprocess.run(
            [*through, *self.line(name, *words)], input=text or "", capture_output=True, text=True,
            timeout=HANG, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
