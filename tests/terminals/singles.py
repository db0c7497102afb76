"""How many of some fixed pictures of logins are read at the first glance, from where the phone is."""

from __future__ import annotations

import random
import string
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from simulator import camera
from terminals.drawing import draw

COUNT = 24
_IDS = random.Random(4711)
LINKS = ["https://login.example.com/l/"
         + "".join(_IDS.choices(string.ascii_letters + string.digits, k=12)) for _ in range(COUNT)]
# What is drawn, on which ground, and the columns that a phone is aimed at.
KINDS = {
    "half blocks, dark": ("utf8", True, 40),
    "half blocks, light": ("utf8", False, 40),
    "ASCII art, dark": ("ascii", True, 72),
    "ASCII art, light": ("ascii", False, 72),
}
GLANCES = ["as it is", "half as large", "twice as large", "a third as large", "out of focus",
           "a quarter as large", "more out of focus"]
READERS = {"WeChat": camera.read_view_with_wechat, "zbar": camera.read_view_with_zbar}

Counts = Counter[tuple[str, str, str]]


def measure() -> Counts:
    """By kind, glance and scanner."""
    counts: Counts = Counter()
    with ThreadPoolExecutor(2) as pool:
        for read in pool.map(_read, [(kind, link) for kind in KINDS for link in LINKS]):
            counts.update(read)
    return counts


def _read(task: tuple[str, str]) -> list[tuple[str, str, str]]:
    kind, link = task
    charset, dark, columns = KINDS[kind]
    rows = camera.screen(draw(link, charset), 80, 40)
    picture: Image.Image = camera.picture([row[:columns] for row in rows], dark)
    return [(kind, glance, name)
            for glance, view in zip(GLANCES, camera.views(picture), strict=True)
            for name, read in READERS.items() if read(view) == link]
