"""What is drawn: contrast of text and visibility of an outline, read from pictures of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from PIL import Image, ImageChops

Colour = tuple[int, int, int]

# Of a text's box. Strokes fill a tenth of it and more; the shades of their edges, each by itself,
# far less.
ENOUGH = 0.005


@lru_cache(65536)
def ratio(one: Colour, other: Colour) -> float:
    """Contrast as WCAG 2.1 defines it: 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4


def contrast(text: Image.Image) -> float:
    """
    Of a text's box: the most frequent colour is the background, and the ink is the colour farthest
    from it that has enough pixels. 1 for a box that is empty.
    """
    counted = sorted(_colours(text), reverse=True)
    _, background = counted[0]
    enough = ENOUGH * text.width * text.height
    return max(ratio(background, colour) for number, colour in counted
               if number >= enough or colour == background)


def _colours(picture: Image.Image) -> list[tuple[int, Colour]]:
    return picture.getcolors(picture.width * picture.height)


def changed(before: Image.Image, after: Image.Image, least: float = 3.0) -> int:
    """How many pixels are another colour now, with at least this contrast to what they were."""
    differs = ImageChops.difference(before, after).convert("L").point(lambda part: 255 * (part > 0))
    number = 0
    for one, other in _pairs(before, after, differs):
        number += ratio(one, other) >= least
    return number


def _pairs(
    before: Image.Image, after: Image.Image, where: Image.Image
) -> Iterable[tuple[Colour, Colour]]:
    box = where.getbbox()
    if box is None:
        return []
    parts = [picture.crop(box).getdata() for picture in (before, after)]
    return (pair for pair in zip(*parts) if pair[0] != pair[1])
