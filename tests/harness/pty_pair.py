"""A pty whose two ends are the test's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def a_pty() -> Iterator[tuple[int, str]]:
    """The other end, and the path of the terminal; nobody is hung up on while the block lasts."""
    other_end, terminal = os.openpty()
    try:
        yield other_end, os.ttyname(terminal)
    finally:
        os.close(terminal)
        os.close(other_end)
