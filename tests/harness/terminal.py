"""A person's terminal: a program in a pty of 80x24, what it shows, and what is typed."""

from __future__ import annotations

import os
import re
import select
import time
from dataclasses import dataclass

import pexpect
from PIL import Image

from harness.leaks import note_output
from harness.waiting import HANG, until
from simulator import camera

PROMPTS = ("Code on your phone: ", "手机上的验证码： ")
COLUMNS, ROWS = 80, 24


@dataclass
class Shown:
    """What one prompt put on the screen."""

    data: bytes
    columns: int
    rows: int

    @property
    def text(self) -> str:
        return self.data.decode(errors="replace")

    @property
    def screen(self) -> list[str]:
        return camera.screen(self.data, self.columns, self.rows)

    @property
    def picture(self) -> Image.Image:
        return camera.picture(self.screen)

    @property
    def link(self) -> str:
        found = re.search(r"https?://\S+", self.text)
        assert found is not None, self.text
        return found[0]


class _Spawned(pexpect.spawn):
    """
    pexpect waits for ever for who has closed his terminal and goes on, if it happens to read his
    last words and the end together.
    """

    def isalive(self) -> bool:
        at_end, self.ptyproc.flag_eof = self.ptyproc.flag_eof, False
        try:
            return super().isalive()
        finally:
            self.ptyproc.flag_eof = at_end


class Terminal:
    """Ends the program when the block ends."""

    def __init__(
        self, command: list[str], environment: dict[str, str], timeout: float = HANG,
        columns: int = COLUMNS, rows: int = ROWS,
    ) -> None:
        self.transcript = b""
        self.columns, self.rows = columns, rows
        self.process = _Spawned(
            command[0], command[1:], env=environment, dimensions=(rows, columns), timeout=timeout
        )
        self.process.delaybeforesend = None
        self.process.ptyproc.delayafterclose = 0.01

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.close(force=True)
        note_output(self.transcript)

    def says_something(self) -> bool:
        """
        Waits for the first byte; False if the program exits without one. While nobody has the
        terminal open, as when a program hangs up on whoever had it before, one that reads is told
        that it is at its end: nothing is read until there is something.
        """
        poll = select.poll()
        poll.register(self.process.child_fd, select.POLLIN)
        deadline = time.monotonic() + self.process.timeout
        while time.monotonic() < deadline:
            ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if any(events & select.POLLIN for _, events in poll.poll(0)):
                return True
            if ended is not None:
                return ended.si_code != os.CLD_EXITED
            time.sleep(0.005)
        return True

    def wait_for(self, *texts: str) -> Shown:
        """Reads on until one of the texts stands at the end."""
        self.process.expect([re.escape(text.encode()) for text in texts])
        data = self.process.before + self.process.after
        self.transcript += data
        return Shown(data, self.columns, self.rows)

    def wait_for_login(self) -> Shown:
        return self.wait_for(*PROMPTS)

    @property
    def text(self) -> str:
        """All that was shown so far."""
        return self.transcript.decode(errors="replace")

    def wait_for_message(self) -> Shown:
        """Reads on to the end of a login that asks no question: its link."""
        self.process.expect(rb"https?://\S+\r\n")
        data = self.process.before + self.process.after
        self.transcript += data
        return Shown(data, self.columns, self.rows)

    def type(self, line: str) -> None:
        self.process.sendline(line)

    def rest(self) -> str:
        """Reads what the program says until it ends; its exit status is `status` then."""
        self.process.expect(pexpect.EOF)
        self.transcript += self.process.before
        # Its terminal is closed, but it may still have its last breath to draw.
        if not until(self.has_ended, self.process.timeout):
            raise pexpect.TIMEOUT("its terminal is closed, but it goes on")
        self.process.close()
        return self.process.before.decode(errors="replace")

    def has_ended(self) -> bool:
        """Unlike pexpect's isalive(), which waits for whoever has closed the terminal."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self.process.pid, options) is not None
        except ChildProcessError:
            return True  # pexpect has seen it end already

    @property
    def status(self) -> int | None:
        return self.process.exitstatus
