"""pam_wechat/TERMINALS.md: the table in it is made of what was measured."""

from __future__ import annotations

from harness.site import REPOSITORY
from terminals.cells import CELLS, LINES, Cell, Reading
from terminals.singles import COUNT, GLANCES, KINDS, READERS, Counts

PATH = REPOSITORY / "pam_wechat/TERMINALS.md"
_BEGIN, _END = "<!-- table: tests/terminals/table -->\n", "<!-- end of the table -->\n"
_BEGIN_SINGLES = "<!-- single pictures: tests/terminals/table -->\n"
_END_SINGLES = "<!-- end of the single pictures -->\n"
_COLUMNS = [line for line in LINES if line[0] != "none"]


def table(readings: dict[Cell, Reading]) -> str:
    """As Markdown. Bold is what is required, and read by WeChat's engine distorted as well."""
    titles = [charset + (", inverted" if invert == "yes" else "") for charset, invert in _COLUMNS]
    lines = ["| terminal, font | ground | " + " | ".join(titles) + " |",
             "|---" * (len(titles) + 2) + "|"]
    rows: dict[tuple[str, str], list[str]] = {}
    for cell in CELLS:
        if cell.charset != "none":
            place = (f"{cell.terminal}, {cell.font}, {cell.size} px",
                     "dark" if cell.dark else "light")
            rows.setdefault(place, []).append(_word(cell, readings[cell]))
    lines += [f"| {' | '.join(place)} | {' | '.join(words)} |" for place, words in rows.items()]
    return "\n".join(lines) + "\n"


def required(text: str) -> list[str]:
    """What of a table the tests answer for: its rows and columns, and the bold words."""
    return [" | ".join(("bold" if "**" in word else "?") if _is_measured(word) else word
                       for word in words) for words in _words(text)]


def differing(text: str, other: str) -> int:
    """How many words of two tables of the same shape are not the same."""
    return sum(a != b for row, other_row in zip(_words(text), _words(other), strict=True)
               for a, b in zip(row, other_row, strict=True))


def _words(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines()]


def _is_measured(word: str) -> bool:
    return set(word.strip("*").split(", ")) <= {"WeChat", "zbar", "–"}


def committed() -> str:
    text = PATH.read_text()
    return text.partition(_BEGIN)[2].partition(_END)[0]


def write(readings: dict[Cell, Reading]) -> None:
    _put(_BEGIN, table(readings), _END)


def table_of_singles(counts: Counts) -> str:
    lines = [f"| of {COUNT} pictures | " + " | ".join(KINDS) + " |", "|---" * (len(KINDS) + 1) + "|"]
    lines += [f"| {glance} | " + " | ".join(
        ", ".join(f"{name} {counts[kind, glance, name]}" for name in READERS) for kind in KINDS
    ) + " |" for glance in GLANCES]
    return "\n".join(lines) + "\n"


def committed_singles() -> str:
    return PATH.read_text().partition(_BEGIN_SINGLES)[2].partition(_END_SINGLES)[0]


def write_singles(counts: Counts) -> None:
    _put(_BEGIN_SINGLES, table_of_singles(counts), _END_SINGLES)


def _put(begin: str, text: str, end: str) -> None:
    before, _, rest = PATH.read_text().partition(begin)
    PATH.write_text(before + begin + text + end + rest.partition(end)[2])


def _word(cell: Cell, reading: Reading) -> str:
    word = str(reading)
    return f"**{word}**" if cell.is_required and len(reading.distorted) == 3 else word
