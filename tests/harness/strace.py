"""System calls as strace writes and counts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def calls_in(trace: Path) -> list[tuple[str, str]]:
    """Each call's name, and what stands behind it, in their order."""
    return re.findall(r"^(\w+)\((.*)$", trace.read_text(), re.MULTILINE)


def disturbed(name: str, what: str, number: int) -> tuple[str, ...]:
    """Runs a command whose call of that name and number ends in `what`, as inject= writes it."""
    return ("strace", "-qq", "-o", "/dev/null", "-e", f"inject={name}:{what}:when={number}")


# They change nothing that another process could see: an end before the next call leaves the same.
_QUIET = {
    "access", "brk", "fstat", "fstatfs", "getdents64", "geteuid", "getpid", "getrandom", "getuid",
    "ioctl", "lseek", "mmap", "mprotect", "munmap", "newfstatat", "pread64", "prlimit64", "read",
    "rt_sigaction", "rt_sigprocmask",
}


def ends(made: list[tuple[str, str]], folder: Path) -> Iterator[tuple[str, int]]:
    """
    Where a sudden end may leave something new in the folder: the calls that follow one that may
    have changed it. They are numbered as inject= counts them: each name by itself, from 1.
    """
    count: Counter[str] = Counter()
    changed = named = False
    for name, arguments in made:
        count[name] += 1
        if changed:
            yield name, count[name]
        named = named or str(folder) in arguments
        changed = named and name not in _QUIET
