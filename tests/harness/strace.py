"""System calls as strace writes and counts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def calls_in(trace: Path) -> list[tuple[str, str]]:
    """Each call's name, and what stands behind it, in their order."""
    return re.findall(r"^(\w+)\((.*)$", trace.read_text(), re.MULTILINE)


def numbered(made: list[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    """The same calls as inject= counts them: each name by itself, from 1."""
    count: Counter[str] = Counter()
    for name, _ in made:
        count[name] += 1
        yield name, count[name]
