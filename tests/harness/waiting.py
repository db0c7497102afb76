"""Waiting for something that another process is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds after which something hangs, however much else the machine has to do. Nothing is measured
# by it: what comes true ends the wait at once.
HANG = 60


def until(what: Callable[[], bool], seconds: float = HANG) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
