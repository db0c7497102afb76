"""What a camera sees of a terminal: the screen, a picture of it, and the QR code therein."""

from __future__ import annotations

import re
import subprocess
import threading
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy
import pyte
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
_MARGIN = 1  # cells of the window around the screen

# How a person holds the phone until the code is read: as is, farther away, closer, out of focus.
# ASCII art is read when the letters have melted into areas, and not before.
VIEWS = ((1.0, 0), (0.5, 0), (2.0, 0), (0.33, 0), (1.0, 4), (0.25, 0), (1.0, 5))

# The part of its cell that a block character fills: top and bottom, in halves.
_BLOCKS = {"█": (0, 2), "▀": (0, 1), "▄": (1, 2)}

_engines = threading.local()  # WeChat's engine isn't made for several threads


def screen(data: bytes, columns: int = 80, rows: int = 24) -> list[str]:
    """What is visible once a terminal has got `data`: `rows` lines of `columns` columns."""
    display = pyte.Screen(columns, rows)
    # A line feed begins a new line here, as it does behind a terminal's line discipline.
    display.set_mode(pyte.modes.LNM)
    pyte.ByteStream(display).feed(data)
    return list(display.display)


def visible_at_prompt(
    data: bytes, prompt: str, columns: int = 80, rows: int = 24
) -> list[str]:
    """The screen as it is while the last `prompt` waits; what came later isn't on it."""
    wanted = prompt.encode()
    at = data.rfind(wanted)
    if at < 0:
        raise LookupError(f"no prompt {prompt!r} in {len(data)} bytes")
    return screen(data[: at + len(wanted)], columns, rows)


def picture(
    rows: list[str], dark: bool = True, cell: tuple[int, int] = (9, 18), line_gap: int = 0
) -> Image.Image:
    """The window of a terminal that shows `rows`.

    `dark` is light ink on a dark ground. `line_gap` is the pixels that the font leaves empty
    between two lines. Block characters are exact parts of their cell, as terminals draw them.
    """
    width, height = cell
    ground, ink = (0, 255) if dark else (255, 0)
    columns = max((sum(map(_columns, row)) for row in rows), default=0)
    size = ((columns + 2 * _MARGIN) * width, (len(rows) + 2 * _MARGIN) * (height + line_gap))
    image = Image.new("L", size, ground)
    draw = ImageDraw.Draw(image)
    # DejaVu Sans Mono is 0.602 em wide and 1.164 em high: as large as the cell allows.
    font = ImageFont.truetype(_FONT, max(6, int(min(width / 0.602, height / 1.164))))
    for number, row in enumerate(rows):
        top = (number + _MARGIN) * (height + line_gap)
        left = _MARGIN * width
        for char in row:
            if char in _BLOCKS:
                first, last = (top + height * half // 2 for half in _BLOCKS[char])
                draw.rectangle((left, first, left + width - 1, last - 1), fill=ink)
            elif char != " ":
                draw.text((left, top), char, fill=ink, font=font)
            left += width * _columns(char)
    return image


def draw_strokes(path: str, size: int, scale: int = 8) -> Image.Image:
    """What an SVG path of M, m and h draws in black, one unit wide, on a white square."""
    canvas = Image.new("L", (size * scale, size * scale), 255)
    draw = ImageDraw.Draw(canvas)
    x = y = 0.0
    for command, arguments in re.findall(r"([Mmh])([^Mmh]*)", path):
        numbers = [float(number) for number in arguments.split()]
        if command == "h":
            top = (y - 0.5) * scale
            draw.rectangle((x * scale, top, (x + numbers[0]) * scale - 1, top + scale - 1), fill=0)
            x += numbers[0]
        elif command == "M":
            x, y = numbers
        else:
            x, y = x + numbers[0], y + numbers[1]
    return canvas


def read_with_wechat(image: Image.Image | Path | str) -> str | None:
    """The text that WeChat's own engine, as published in OpenCV, finds in the best of the views."""
    return next(filter(None, map(read_view_with_wechat, views(image))), None)


def read_view_with_wechat(view: Image.Image) -> str | None:
    if not hasattr(_engines, "wechat"):
        _engines.wechat = cv2.wechat_qrcode_WeChatQRCode()
    texts, _ = _engines.wechat.detectAndDecode(numpy.asarray(view))
    return texts[0] or None if texts else None


def read_with_zbar(image: Image.Image | Path | str) -> str | None:
    """The same by zbar, which many other scanners use."""
    return next(filter(None, map(read_view_with_zbar, views(image))), None)


def read_view_with_zbar(view: Image.Image) -> str | None:
    buffer = BytesIO()
    view.save(buffer, "PNG")
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"],
        input=buffer.getvalue(), capture_output=True,
    )
    if done.returncode != 0:
        return None
    return done.stdout.decode("utf-8", "replace").removesuffix("\n") or None


def mutilate(image: Image.Image | Path | str) -> Image.Image:
    """The picture with a code that nothing can read any more: inverted in a chequered pattern.

    Half of the code is wrong then, everywhere; the highest error correction mends 30%.
    """
    pixels = numpy.array(_load(image))
    found = numpy.argwhere(pixels != pixels[0, 0])
    if found.size:
        (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0) + 1
        part = pixels[top:bottom, left:right]
        step = max(8, min(part.shape) // 9)
        y, x = numpy.indices(part.shape)
        part[((y // step) + (x // step)) % 2 == 0] ^= 255
    return Image.fromarray(pixels)


def _load(image: Image.Image | Path | str) -> Image.Image:
    if isinstance(image, Image.Image):
        return image.convert("L")
    with Image.open(image) as opened:
        return opened.convert("L")


def views(image: Image.Image | Path | str) -> Iterator[Image.Image]:
    """One picture as each of VIEWS has it."""
    loaded = _load(image)
    for scale, blur in VIEWS:
        view = loaded
        if scale != 1.0:
            size = (max(1, int(loaded.width * scale)), max(1, int(loaded.height * scale)))
            kind = Image.Resampling.BOX if scale < 1.0 else Image.Resampling.NEAREST
            view = loaded.resize(size, kind)
        if blur:
            view = view.filter(ImageFilter.GaussianBlur(blur))
        yield view


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
