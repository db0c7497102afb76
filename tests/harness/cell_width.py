"""How many cells of a terminal a line takes."""

from __future__ import annotations

import unicodedata


def width(line: str) -> int:
    """East Asian characters that are wide take two, and those that combine none."""
    return sum(0 if unicodedata.combining(character)
               else 2 if unicodedata.east_asian_width(character) in "WF" else 1
               for character in line)


def too_wide(text: str, cells: int = 80) -> list[str]:
    return [line for line in text.splitlines() if width(line) > cells]
