"""An administrator at a terminal, who runs `pam-wechat enroll`."""

from __future__ import annotations

import io
import re

import pexpect

from harness.command import PROGRAM
from harness.leaks import note_output
from harness.site import Site
from harness.waiting import HANG

LINK = re.compile(r"https?://\S+/l/[0-9A-Za-z]{12}\b")
DIGITS = "Digits on the phone: "


class Enrolling:
    """Everything that the terminal showed is in `shown`."""

    def __init__(self, site: Site, *words: str) -> None:
        self.log = io.StringIO()
        self.terminal = pexpect.spawn(
            str(PROGRAM), ["enroll", "--conf", str(site.conf_file), *words],
            encoding="utf-8", dimensions=(60, 160), timeout=HANG,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
        self.terminal.logfile_read = self.log

    def __enter__(self) -> Enrolling:
        return self

    def __exit__(self, *_: object) -> None:
        self.terminal.close(force=True)
        note_output(self.shown)

    @property
    def shown(self) -> str:
        return self.log.getvalue().replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        self.terminal.expect_exact(text)

    def link(self) -> str:
        """The link, once the digits are asked for."""
        self.terminal.expect(LINK)
        link = self.terminal.match[0]
        self.wait_for(DIGITS)
        return link

    def type(self, text: str) -> None:
        self.terminal.sendline(text)

    def agree(self, question: str, answer: str = "y") -> None:
        self.wait_for(f"{question} [y/N] ")
        self.type(answer)

    def end(self) -> int | None:
        """Waits for it to end by itself: the exit status."""
        self.terminal.expect(pexpect.EOF)
        self.terminal.wait()
        return self.terminal.exitstatus
