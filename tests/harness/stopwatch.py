"""How long something takes, on a machine that does other work as well."""

from __future__ import annotations

import os
import time
from pathlib import Path


class Stopwatch:
    """
    Seconds since it was made, without those in which this process or another one was ready to run
    and something else ran. What they compute and what they wait for counts.
    """

    def __init__(self, other: int) -> None:
        self._pids = (os.getpid(), other)
        self._began = time.monotonic()
        self._kept_waiting = self._waits()

    def seconds(self) -> float:
        return time.monotonic() - self._began - (self._waits() - self._kept_waiting)

    def _waits(self) -> float:
        return sum(_kept_waiting(pid) for pid in self._pids)


def cpu_seconds(pid: int) -> float:
    return int(_schedstat(pid)[0]) / 1e9


def _kept_waiting(pid: int) -> float:
    return int(_schedstat(pid)[1]) / 1e9


def _schedstat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/schedstat").read_text().split()
