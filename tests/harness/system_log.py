"""What programs say to syslog(3), which in the sandbox reaches this socket alone."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import uuid
from pathlib import Path

from harness.waiting import HANG

SOCKET = Path("/dev/log")


class SystemLog:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.priorities: list[int] = []  # of the lines, from 7 (debug) to 0; -1: without one
        self._heard = threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(SOCKET))
        os.chmod(SOCKET, 0o666)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            data = self._socket.recv(65536)
            line = data.decode(errors="replace").rstrip("\n\0")
            code = re.match(r"<(\d+)>", line)
            with self._heard:
                self.priorities.append(int(code[1]) % 8 if code else -1)
                self.lines.append(line[code.end():] if code else line)
                self._heard.notify_all()

    def mark(self) -> int:
        """The place behind all that was said until now."""
        before = len(self.lines)
        token = f"until now {uuid.uuid4().hex}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(token.encode(), str(SOCKET))
        self.wait_for(token, before)
        return self.lines.index(token, before) + 1

    def since(self, mark: int) -> list[str]:
        """All that was said until now, except by mark()."""
        return self.take(mark)[0]

    def take(self, mark: int) -> tuple[list[str], int]:
        """The same, and the place behind it."""
        now = self.mark()
        lines = [line for line in self.lines[mark:now] if not line.startswith("until now ")]
        return lines, now

    def wait_for(self, pattern: str, since: int = 0, seconds: float = HANG) -> str:
        """The first line since a mark that matches."""
        deadline = time.monotonic() + seconds
        looked_at = since
        with self._heard:
            while True:
                for line in self.lines[looked_at:]:
                    if re.search(pattern, line):
                        return line
                looked_at = len(self.lines)
                if not self._heard.wait(deadline - time.monotonic()):
                    raise AssertionError(
                        f"no line matches {pattern!r}:\n" + "\n".join(self.lines[since:]))
