"""Services that "pam-wechat enable --try" has put on trial, and when their time is over."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from harness import sanitizer
from harness.processes import running
from harness.services import FOLDER, Services
from harness.site import BUILD
from harness.waiting import HANG, until

HOURGLASS = BUILD / "tests/command/hourglass.so"
MARK = re.compile(r"^# on trial until .* \[\d+ [0-9a-f-]+ \d+ (\d+) \d+ \d+ \d+\]$", re.MULTILINE)


def holder_of(service: str) -> int:
    """The process that takes the service back, by the mark in its file."""
    found = MARK.search((FOLDER / service).read_text())
    assert found is not None, (FOLDER / service).read_text()
    return int(found[1])


def is_on_trial(service: str) -> bool:
    return MARK.search((FOLDER / service).read_text()) is not None


class Rehearsals:
    """What is begun here lasts until let_time_pass(), and whatever is left ends with the block."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.fifo = services.site.folder / "hourglass"
        os.mkfifo(self.fifo)
        # For a shell or another program that begins it.
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                            "HOURGLASS": str(self.fifo), **sanitizer.environment(str(HOURGLASS))}

    def __enter__(self) -> Rehearsals:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.holders():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def line(self, service: str, *words: str) -> list[str]:
        return self.services.command.line("enable", service, "--try", "30", *words)

    def run(
        self, service: str, *words: str, through: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*through, *self.line(service, *words)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=HANG, env=self.environment)

    def begin(self, service: str, *words: str) -> int:
        """Returns the process that takes it back."""
        done = self.run(service, *words)
        assert (done.returncode, done.stderr) == (0, "")
        return holder_of(service)

    def holders(self) -> list[int]:
        return running(self.services.command.program)

    def let_time_pass(self) -> None:
        """Returns when all have done what they had to do."""
        pids = self.holders()
        assert pids != []
        for _ in pids:
            assert until(self.turn)
        assert until(lambda: self.holders() == [])

    def turn(self) -> bool:
        """Whether somebody was waiting, or nobody waits any more."""
        try:
            os.close(os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return self.holders() == []
        return True
