"""The format of the lines in the log as pam_wechat(8) has it: the tests go by what is promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from harness.site import REPOSITORY

PAGE = REPOSITORY / "pam_wechat/module/pam_wechat.8.scd"
VALUE = r'[^ ="]'  # of values, as the page says
PLACES = {
    "NAME": "[0-9A-Za-z]{6}",
    "SERVICE": f"{VALUE}*",
    "USER": f"{VALUE}*",
    "HOST": f"{VALUE}*",
    "OPENID": "[0-9A-Za-z_-]{6,64}",
    "COMMENT": r'(?:[^"\\]|\\["\\]){1,128}',
    "NUMBER": f"{VALUE}+",
    "RID": f"{VALUE}+",
    "SENTENCE": ".+",
}


@dataclass(frozen=True)
class Formats:
    """Each has a group for each place, by its name in lower case."""

    ok: re.Pattern[str]
    refused: re.Pattern[str]
    ended: re.Pattern[str]

    def match(self, line: str) -> re.Match[str] | None:
        found = [match for one in (self.ok, self.refused, self.ended)
                 if (match := one.fullmatch(line))]
        assert len(found) <= 1, line
        return found[0] if found else None


def reasons(page: str) -> list[str]:
    """The words of the table."""
    return re.findall(r"^\|.? +([a-z-]+)\n:", page, re.MULTILINE)


def steps(page: str) -> list[str]:
    """How far a phone came: the words in bold behind "phone"."""
    entry = re.search(r"^\*phone\*\n((?:\t.*\n)+)", page, re.MULTILINE)
    assert entry is not None
    return re.findall(r"\*([a-z]+)\*", entry[1])


def parse(page: str) -> Formats:
    block = re.search(r"line in the log:$", page, re.MULTILINE)
    assert block is not None
    text = page[block.end():].split("```")[1].strip("\n")
    lines = text.replace("\n\t", " ").replace(" [ ", "[ ").splitlines()
    assert len(lines) == 3, lines
    places = PLACES | {"REASON": "|".join(reasons(page)), "PHONE": "|".join(steps(page))}
    return Formats(*(re.compile(_pattern(line, places)) for line in lines))


def _pattern(line: str, places: dict[str, str]) -> str:
    """Brackets stand around what may be missing, capitals for a value."""
    made = ""
    for token in re.findall(r"[A-Z]+|\[|\]|[^A-Z\[\]]+", line):
        if token in ("[", "]"):
            made += "(?:" if token == "[" else ")?"
        elif token.isupper():
            # A login that failed before there was a link has no name.
            optional = "?" if token == "NAME" else ""
            made += f"(?P<{token.lower()}>{places[token]}){optional}"
        else:
            made += re.escape(token)
    return made


@cache
def documented() -> Formats:
    return parse(PAGE.read_text())
