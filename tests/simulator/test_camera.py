"""The camera reads what a terminal shows, as WeChat's scanner would, and nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from simulator import Phone, WeChat, camera
from simulator.distortions import DISTORTIONS

from .conftest import Site

LINK = "https://login.example.com/l/0123456789ab"
HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def modules(text: str) -> list[list[bool]]:
    """True where the code is light."""
    matrix = [[bool(value) for value in row] for row in cv2.QRCodeEncoder_create().encode(text)]
    return matrix + [[True] * len(matrix[0])] * (len(matrix) % 2)


def half_blocks(text: str) -> bytes:
    rows = modules(text)
    lines = (
        "".join(HALVES[pair] for pair in zip(upper, lower))
        for upper, lower in zip(rows[::2], rows[1::2])
    )
    return "\r\n".join(lines).encode()


def ascii_art(text: str) -> bytes:
    return "\n".join(
        "".join("@@" if light else "  " for light in row) for row in modules(text)
    ).encode()


def test_screen_is_what_is_left_to_see() -> None:
    assert camera.screen(b"ab\r\n\x1b[Hx\n" + "扫码".encode(), 6, 2) == ["xb    ", "扫码  "]
    assert camera.screen(b"one\ntwo\nthree", 5, 2) == ["two  ", "three"]
    data = b"one\ncode: \ntwo\ncode: \nlast"
    assert [row.strip() for row in camera.visible_at_prompt(data, "code:", 8, 3)] == [
        "code:", "two", "code:",
    ]
    with pytest.raises(LookupError):
        camera.visible_at_prompt(data, "pin:")


@pytest.mark.parametrize("line_gap", [0, 2])
def test_half_blocks_are_read(line_gap: int) -> None:
    rows = camera.screen(half_blocks(LINK) + "\r\n扫码\r\nCode: ".encode())
    image = camera.picture(rows, line_gap=line_gap)
    assert camera.read_with_wechat(image) == camera.read_with_zbar(image) == LINK


def test_only_wechat_reads_inverted_codes() -> None:
    image = camera.picture(camera.screen(half_blocks(LINK)), dark=False)
    assert camera.read_with_wechat(image) == LINK
    assert camera.read_with_zbar(image) is None


@pytest.mark.parametrize("cell", [(9, 18), (8, 16)])
def test_ascii_art_is_read(cell: tuple[int, int]) -> None:
    image = camera.picture(camera.screen(ascii_art(LINK), rows=36), cell=cell)
    assert camera.read_with_wechat(image) == camera.read_with_zbar(image) == LINK


@pytest.mark.parametrize("draw", [half_blocks, ascii_art])
def test_mutilated_codes_are_not_read(draw) -> None:
    image = camera.mutilate(camera.picture(camera.screen(draw(LINK), rows=36)))
    assert camera.read_with_wechat(image) is None
    assert camera.read_with_zbar(image) is None


@pytest.mark.parametrize("name", DISTORTIONS)
def test_distortions_are_the_same_each_time_and_spare_nothing_but_codes(name: str) -> None:
    image = camera.picture(camera.screen(half_blocks(LINK)))
    once, again = (DISTORTIONS[name](image) for _ in range(2))
    assert once.tobytes() == again.tobytes() != image.tobytes()
    assert camera.read_with_wechat(once) == LINK
    assert camera.read_with_wechat(DISTORTIONS[name](camera.mutilate(image))) is None


def test_a_code_that_scrolled_is_not_read() -> None:
    image = camera.picture(camera.screen(half_blocks(LINK) + b"\n" * 20))
    assert camera.read_with_wechat(image) is None


def test_phone_scans_a_picture(wechat: WeChat, site: Site, folder: Path) -> None:
    file = folder / "picture.png"
    camera.picture(camera.screen(half_blocks(site.link))).save(file)
    assert Phone(wechat, "alice").sign_in(file) == "1234"
    camera.mutilate(file).save(file)
    with pytest.raises(LookupError):
        Phone(wechat, "alice").scan(file)
