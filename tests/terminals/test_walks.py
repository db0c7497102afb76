"""Empty answers: every way that the settings allow is drawn right, in its turn, and again."""

from __future__ import annotations

import pytest

from harness.terminal import Shown
from simulator import camera
from terminals.place import Place

HALF, ART, LINK = "half blocks", "ASCII art", "link"
LARGE = {"columns": 80, "rows": 40}

# The picture, and whether it is inverted: for a light ground. login/test_ssh.py has the default's.
WALKS = {
    "invert=yes": [(HALF, True), (ART, True), (HALF, False), (LINK, False)],
    "charset=ascii": [(ART, False), (ART, True), (LINK, False)],
    "charset=ascii invert=yes": [(ART, True), (ART, False), (LINK, False)],
    "charset=none": [(LINK, False)],
    "charset=none invert=yes": [(LINK, False)],
}


def kind(shown: Shown) -> str:
    if set(shown.text) & set("█▀▄"):
        return HALF
    return ART if "@@" in shown.text else LINK


@pytest.mark.parametrize("options", WALKS)
def test_each_way_is_drawn_right_twice_round_and_the_eighth_is_the_last(
    place: Place, options: str
) -> None:
    place.offer(options)
    walk = WALKS[options]
    with place.sshd.login("alice", "true", **LARGE) as terminal:
        ways = []
        for _ in range(8):
            ways.append(terminal.wait_for_login())
            terminal.type("")
        assert "Permission denied" in terminal.rest()
        assert terminal.status == 255
    assert len({way.link for way in ways}) == 1
    for number, way in enumerate(ways):
        picture, inverted = walk[number % len(walk)]
        assert kind(way) == picture, number
        if number < len(walk):
            assert_read(way, picture, inverted)
        else:
            assert drawn(way) == drawn(ways[number % len(walk)])


def drawn(shown: Shown) -> str:
    """Without what was typed before."""
    return shown.text.partition("(alice@127.0.0.1) ")[2]


def assert_read(way: Shown, picture: str, inverted: bool) -> None:
    """By every scanner on the ground that it is for; by WeChat's on the other one, too."""
    right = camera.picture(way.screen, dark=not inverted)
    if picture == LINK:
        assert camera.read_with_wechat(right) is None
        assert way.data.isascii()
        return
    assert camera.read_with_zbar(right) == way.link
    assert camera.read_with_wechat(right) == way.link
    assert camera.read_with_wechat(camera.picture(way.screen, dark=inverted)) == way.link


def test_only_what_can_be_shown_another_way_says_so(place: Place) -> None:
    place.offer("charset=none")
    with place.sshd.login("alice", "true") as terminal:
        assert "Press Enter" not in terminal.wait_for_login().text
