"""The manual pages, as their sources have them."""

from __future__ import annotations

import re
from pathlib import Path

from harness.site import BUILD, REPOSITORY

# By name and section: "pam-wechat(8)".
SOURCES: dict[str, Path] = {
    re.sub(r"^(.*)\.(\d)\.scd$", r"\1(\2)", path.name): path
    for folder in ("pam_wechat", "helper") for path in (REPOSITORY / folder).rglob("*.scd")
}


def built(page: str) -> Path:
    return BUILD / re.sub(r"\((\d)\)$", r".\1", page)


def plain(text: str) -> str:
    """Without scdoc's marks."""
    return re.sub(r"\\(.)|[*]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])",
                  lambda found: found[1] or "", text)


def part(page: str, name: str) -> str:
    """All below a heading of the first level."""
    found = re.search(rf"^# {name}\n(.*?)(?=^# [A-Z ]+\n|\Z)", SOURCES[page].read_text(),
                      re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def entries(text: str) -> dict[str, str]:
    """Of each entry its first line, with its marks, and the text below it on one line."""
    found = re.findall(r"(?<=\n\n)(\S.*)\n((?:\t.*\n|\n(?=\t))+)", "\n" + text)
    entries = {head: " ".join(body.split()) for head, body in found}
    assert len(entries) == len(found)
    return entries


def examples(page: str) -> list[str]:
    return re.findall(r"^```\n(.*?)^```$", part(page, "EXAMPLES"), re.MULTILINE | re.DOTALL)
