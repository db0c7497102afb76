"""What the command says on lines of 80 cells, as whole sentences again."""

from __future__ import annotations

CELLS = 80


def unfolded(text: str) -> str:
    """Joins a line with the one before it whose end had no room for its first word."""
    lines: list[str] = []
    before = ""
    for line in text.split("\n"):
        word = line.split(" ", 1)[0]
        if before and word and len(before) + 1 + len(word) > CELLS:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
        before = line
    return "\n".join(lines)
