"""Who is running, as /proc tells it."""

from __future__ import annotations

import os
from pathlib import Path


def children_of(parent: int) -> list[int]:
    """All descendants of a process that have not been reaped."""
    parents = {pid: _parent(pid) for pid in _all()}
    found = [parent]
    for pid in found:
        found += [child for child, its_parent in parents.items() if its_parent == pid]
    return found[1:]


def running(program: Path) -> list[int]:
    """The processes that execute this very file."""
    found = []
    for pid in _all():
        try:
            if os.readlink(f"/proc/{pid}/exe") == str(program):
                found.append(pid)
        except OSError:
            pass  # gone, or a kernel thread
    return found


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # The name between parentheses may hold anything.
    return int(stat.rpartition(")")[2].split()[1])
