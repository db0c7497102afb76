"""Prompts as the module composes them, for links of any length: tests/terminals/draw.c."""

from __future__ import annotations

import subprocess
import unicodedata

from harness.site import BUILD

CHARSETS = ("utf8", "ascii", "none")
LANGS = ("en", "zh")
HINTS = ("scan", "wrong pin", "asking")
BLOCKS = set("█▀▄")


def draw(
    link: str, charset: str = "utf8", invert: bool = False, lang: str = "en", answers: int = 0,
    hint: str = "scan", indented: int = 0,
) -> bytes:
    """What is asked after so many empty answers, of a client that indents lines so far."""
    words = (CHARSETS.index(charset), int(invert), LANGS.index(lang), answers, HINTS.index(hint),
             indented)
    return subprocess.run([BUILD / "tests/terminals/terminal-draw", link, *map(str, words)],
                          check=True, stdout=subprocess.PIPE).stdout


def link_of(length: int) -> str:
    begin, end = "https://", "/l/Ab3dE9xYzQ0k"
    return begin + "x" * (length - len(begin) - len(end)) + end


def width(line: str) -> int:
    """In columns, as the widest terminal shows it: of what is ambiguous only blocks are narrow."""
    return sum(2 if char not in BLOCKS and unicodedata.east_asian_width(char) in "WFA" else 1
               for char in line)


def is_picture(line: str) -> bool:
    return line != "" and (set(line) <= BLOCKS | {" "} or set(line) <= {"@", " "})
