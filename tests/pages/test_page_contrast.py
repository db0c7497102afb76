"""The reading of contrast from pictures, with colours whose contrast is known."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from harness.drawn import changed, contrast, ratio

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def grey(part: int) -> tuple[int, int, int]:
    return part, part, part


def written(
    ink: tuple[int, int, int], paper: tuple[int, int, int], words: str = "This isn't me",
    size: int = 51,
) -> Image.Image:
    font = ImageFont.truetype(FONT, size)
    picture = Image.new("RGB", (int(font.getlength(words)), int(size * 1.5)), paper)
    ImageDraw.Draw(picture).text((0, 0), words, ink, font)
    return picture


@pytest.mark.parametrize(("one", "other", "expected"), [
    (BLACK, WHITE, 21.0),
    (WHITE, WHITE, 1.0),
    (grey(0x77), WHITE, 4.48),
    (grey(0x76), WHITE, 4.54),
    ((255, 0, 0), WHITE, 4.0),
    ((0, 0, 255), WHITE, 8.59),
])
def test_the_ratio_is_that_of_wcag(
    one: tuple[int, int, int], other: tuple[int, int, int], expected: float
) -> None:
    assert ratio(one, other) == ratio(other, one) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("size", [32, 51, 180])
@pytest.mark.parametrize("words", ["This isn't me", "1 i", "4711"])
@pytest.mark.parametrize(("ink", "paper"), [
    (BLACK, WHITE), (WHITE, BLACK), (grey(0x76), WHITE), (grey(0x78), WHITE),
    (WHITE, (7, 128, 63)), (grey(0x90), grey(0x12)),
])
def test_the_contrast_of_drawn_text_is_that_of_its_colours(
    ink: tuple[int, int, int], paper: tuple[int, int, int], words: str, size: int
) -> None:
    assert contrast(written(ink, paper, words, size)) == pytest.approx(ratio(ink, paper), abs=0.01)


def test_four_and_a_half_is_told_from_a_little_less() -> None:
    assert contrast(written(grey(0x76), WHITE)) > 4.5
    assert 4.4 < contrast(written(grey(0x78), WHITE)) < 4.5


def test_a_few_stray_pixels_are_no_ink() -> None:
    picture = written(grey(0x99), WHITE)
    for x in range(20):
        picture.putpixel((x, 0), BLACK)
    assert contrast(picture) == pytest.approx(ratio(grey(0x99), WHITE), abs=0.01)


def test_an_empty_box_has_no_contrast() -> None:
    assert contrast(Image.new("RGB", (30, 30), WHITE)) == 1.0


def test_an_outline_is_counted_by_the_pixels_that_changed_visibly() -> None:
    before = Image.new("RGB", (100, 50), WHITE)
    after = before.copy()
    ImageDraw.Draw(after).rectangle((10, 10, 89, 39), outline=BLACK)
    assert changed(before, before) == 0
    assert changed(before, after) == 2 * (80 + 30) - 4
    faint = before.copy()
    ImageDraw.Draw(faint).rectangle((10, 10, 89, 39), outline=grey(0xbb))
    assert changed(before, faint) == 0
