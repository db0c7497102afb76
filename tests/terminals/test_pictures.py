"""Screenshots of real terminals, decoded: what a person's phone has to read is read."""

from __future__ import annotations

import os

import pytest

from harness.display import Display, Xterm
from harness.site import REPOSITORY
from harness.terminal import PROMPTS
from simulator import camera
from simulator.distortions import DISTORTIONS
from terminals import cells, document
from terminals.cells import CELLS, Cell, Reading, link_in
from terminals.place import Place

PICTURE = REPOSITORY / "tests/pages/pictures/terminal-zh.png"


@pytest.fixture(scope="module")
def readings(place: Place) -> dict[Cell, Reading]:
    return cells.measure(place)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.is_required], ids=str)
def test_what_is_required_is_read_by_wechat_however_it_is_photographed(
    readings: dict[Cell, Reading], cell: Cell
) -> None:
    assert "WeChat" in readings[cell].scanners
    assert readings[cell].distorted == tuple(DISTORTIONS)


def test_where_there_is_no_picture_none_is_read(readings: dict[Cell, Reading]) -> None:
    without = [cell for cell in CELLS if cell.charset == "none"]
    assert {readings[cell].scanners for cell in without} == {()}


def test_with_chinese_below_it_is_read_as_well(place: Place) -> None:
    """xterm takes the characters that DejaVu lacks from Noto. PICTURES=1 keeps the picture."""
    place.offer("lang=zh")
    command = place.sshd.client("alice", "true")
    with Display() as display:
        with Xterm(display, command, place.folder, cells.DEJAVU, 20) as window:
            picture = window.shown(PROMPTS[1])
            assert camera.read_with_wechat(picture) == link_in(window.bytes.read_bytes())
            if os.environ.get("PICTURES"):
                picture.quantize(16).save(PICTURE, optimize=True)


def test_the_committed_table_is_what_was_measured(readings: dict[Cell, Reading]) -> None:
    measured = document.table(readings)
    if os.environ.get("WRITE_TABLE"):
        document.write(readings)
    committed = document.committed()
    assert document.required(committed) == document.required(measured)
    # Each login has a picture of its own, and a few words of what isn't required may turn with it.
    assert document.differing(committed, measured) <= 4
