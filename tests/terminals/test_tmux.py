"""tmux at 80x24: what is visible without scrolling while ssh asks, whatever the link's length."""

from __future__ import annotations

import re

import pytest

from harness.terminal import PROMPTS
from harness.tmux import Tmux
from simulator import camera
from terminals.place import Place

WORDS = {"en": ("Scan with WeChat", "Press Enter"), "zh": ("请用微信扫码", "按回车键")}


def picture_rows(rows: list[str]) -> list[str]:
    return [row.strip() for row in rows if set(row.strip()) & set("█▀▄")]


@pytest.mark.parametrize("length", [40, 53])
def test_picture_text_and_link_are_visible(place: Place, length: int) -> None:
    with place.links_of(length):
        for lang, words in WORDS.items():
            place.offer(f"lang={lang}")
            with Tmux(place.sshd.client("alice", "true"), place.folder) as tmux:
                rows = tmux.visible(PROMPTS[lang == "zh"])
            link = next(row for row in rows if row.startswith("http")).split()[0]
            assert len(link) == length
            assert [len(row) for row in picture_rows(rows)] == [33] * 17
            assert all(any(word in row for row in rows) for word in words)
            assert camera.read_with_wechat(camera.picture(rows)) == link


def test_of_78_bytes_the_picture_is_still_whole(place: Place) -> None:
    """The row that has gone is ssh's own."""
    place.offer()
    with place.links_of(78):
        with Tmux(place.sshd.client("alice", "true"), place.folder) as tmux:
            rows = tmux.visible(PROMPTS[0])
    link = next(row for row in rows if row.startswith("http"))
    assert len(link) == 78 and len(picture_rows(rows)) == 19
    assert camera.read_with_wechat(camera.picture(rows)) == link


@pytest.mark.parametrize("length", [79, 90, 120])
def test_of_a_longer_link_the_picture_scrolls_away_and_the_link_stays(
    place: Place, length: int
) -> None:
    with place.links_of(length):
        for lang, words in WORDS.items():
            place.offer(f"lang={lang}")
            with Tmux(place.sshd.client("alice", "true"), place.folder) as tmux:
                rows = tmux.visible(PROMPTS[lang == "zh"])
                text = tmux.visible_text()
            found = re.search(r"^http\S+", text, re.MULTILINE)
            assert found is not None and len(found[0]) == length
            assert all(word in text for word in words)
            # What is left of the picture is its end: it has gone at the top.
            left = picture_rows(rows)
            assert left[-1] == "▀" * len(left[-1])


def test_of_ascii_art_the_link_is_what_stays(place: Place) -> None:
    place.offer("charset=ascii")
    with Tmux(place.sshd.client("alice", "true"), place.folder) as tmux:
        rows = tmux.visible(PROMPTS[0])
    assert rows[0].startswith("@@")
    assert any(row.startswith("http") for row in rows)
    assert camera.read_with_wechat(camera.picture(rows)) is None
