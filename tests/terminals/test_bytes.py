"""What the module hands to its host, whoever asks and whatever comes after: one prompt of bytes."""

from __future__ import annotations

import re
from itertools import product

import pytest

from harness.host import Host
from harness.site import Site
from simulator import camera
from terminals.drawing import CHARSETS, HINTS, LANGS, draw, is_picture, link_of, width

VIEWS = list(product(CHARSETS, (False, True), LANGS))
# PuTTY writes "| " in front of each line, and two lines of its own above.
COLUMNS, ROWS = 80 - 2, 24 - 2
LENGTHS = (24, 32, 33, 42, 43, 53)  # what versions 2 and 3 hold, and between


@pytest.mark.parametrize(("charset", "invert", "lang"), VIEWS)
def test_each_question_is_one_prompt_drawn_as_it_should_be(
    site: Site, charset: str, invert: bool, lang: str
) -> None:
    words = f"charset={charset} invert={'yes' if invert else 'no'} lang={lang}"
    site.write_service("test", site.line(options=words))
    with Host(site, "alice") as host:
        for answers in range(8):
            prompt = host.prompt()
            assert prompt is not None and len(host.messages) == answers + 1
            assert (prompt.style, prompt.link is not None) == ("prompt", True)
            drawn = draw(prompt.link or "", charset, invert, lang, answers)
            assert prompt.text.encode() == drawn
            assert_fits(drawn)
            host.answer("")
        assert host.prompt() is None


@pytest.mark.parametrize(("charset", "invert", "lang"), VIEWS)
def test_every_link_that_fits_makes_a_screen_that_fits(
    charset: str, invert: bool, lang: str
) -> None:
    for length, answers, hint in product(LENGTHS, range(4), HINTS):
        for indented in (0, 13, 80):
            assert_fits(draw(link_of(length), charset, invert, lang, answers, hint, indented))


def assert_fits(prompt: bytes) -> None:
    text = prompt.decode("utf-8")
    lines = text.split("\n")
    assert lines[0] == "" and not text.endswith("\n")
    assert re.search("[^\n\x20-\x7e█▀▄\u201c\u201d\u3001-\uff5e]", text) is None
    assert max(map(width, lines)) <= COLUMNS
    # ASCII art has a row for each row of modules: it needs a window of 38 rows.
    assert len(lines) <= (38 if "@@" in text else ROWS)
    for line in lines[1:-1]:
        assert is_picture(line) or line == line.rstrip()


@pytest.mark.parametrize(("charset", "invert"), product(("utf8", "ascii"), (False, True)))
def test_a_client_that_trims_blanks_does_no_harm(charset: str, invert: bool) -> None:
    link = link_of(53)
    lines = draw(link, charset, invert).decode().split("\n")
    picture = [line for line in lines if is_picture(line)]
    if not invert:
        assert all(line == line.rstrip() for line in picture)
        assert all(len(line) == len(picture[0]) for line in picture)
    trimmed = "\n".join(line.rstrip() for line in lines)
    screen = camera.screen(trimmed.encode(), 80, 40)
    assert camera.read_with_wechat(camera.picture(screen, dark=not invert)) == link


def test_rows_by_the_links_length() -> None:
    """The table in TERMINALS.md."""
    lengths = (32, 33, 42, 43, 53, 54, 78, 79)
    indented = len("(alice@web1) ")
    assert [draw(link_of(length), indented=indented).count(b"\n") + 1 for length in lengths] == [
        19, 21, 21, 22, 22, 24, 24, 26]
    assert draw(link_of(53), "ascii", indented=indented).count(b"\n") + 1 == 38
