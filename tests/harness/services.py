"""The PAM services that Debian's packages bring, in the sandbox's /etc/pam.d."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from harness.command import Command
from harness.site import Site

FOLDER = Path("/etc/pam.d")
MODULE = Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH") / "security/pam_wechat.so"
BACKUP = ".before-pam-wechat"
COMMON = ("common-auth", "common-account", "common-session", "common-session-noninteractive",
          "common-password")


class Services:
    """All of them and the site's module, where PAM looks for them, until the block ends."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.command = Command(site)

    def __enter__(self) -> Services:
        self._clear()
        for path in shipped_folder().iterdir():
            shutil.copy(path, FOLDER / path.name)
        shutil.copy(self.site.module, MODULE)
        MODULE.chmod(0o644)
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()
        MODULE.unlink(missing_ok=True)

    def _clear(self) -> None:
        for path in FOLDER.iterdir():
            path.unlink()

    def enable(self, service: str, *words: str) -> str:
        # Whether root has a password, whom no table of ours names, is the machine's business.
        force = ("--force",) if service == "login" and not words else ()
        done = self.command.run("enable", service, *words, *force)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def disable(self, service: str) -> str:
        done = self.command.run("disable", service)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


def shipped_folder() -> Path:
    return Path(os.environ["PAM_WECHAT_SANDBOX"]) / "pam.d"


def shipped(service: str) -> bytes:
    return (shipped_folder() / service).read_bytes()
