"""Waiting for something that another process is about to do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

# Seconds after which something hangs, however much else the machine has to do. Nothing is measured
# by it: what comes true ends the wait at once.
HANG = 60


def ample(took: float, least: int) -> int:
    """Seconds for what took so long just now: many times as many, and not less than `least`."""
    return max(least, math.ceil(8 * took))


def until(what: Callable[[], bool], seconds: float = HANG) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
