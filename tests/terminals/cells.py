"""What reads what: each way to show a login, on each terminal, photographed and decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from harness.console_font import ConsoleFont
from harness.display import Display, Xterm
from harness.terminal import PROMPTS
from simulator import camera
from simulator.distortions import DISTORTIONS
from terminals.place import Place

XTERM, CONSOLE = "xterm", "Linux console"
DEJAVU, NOTO = "DejaVu Sans Mono", "Noto Sans Mono CJK SC"
# Debian's own choice, whose fonts lack ▀ and ▄, and two that have them.
DEBIAN_S, FULL, FULL_LARGE = "Lat15-Fixed16", "FullCyrSlav-Fixed16", "FullGreek-TerminusBold32x16"
WINDOWS = (
    *((XTERM, font, size) for font in (DEJAVU, NOTO) for size in (12, 20)),
    (CONSOLE, DEBIAN_S, 16), (CONSOLE, FULL, 16), (CONSOLE, FULL_LARGE, 32),
)
LINES = tuple((charset, invert) for charset in ("utf8", "ascii", "none")
              for invert in ("no", "yes"))
ART_ROWS = 40  # ASCII art has 33 rows: no window of 24 shows it
SCANNERS = {"WeChat": camera.read_with_wechat, "zbar": camera.read_with_zbar}


@dataclass(frozen=True)
class Cell:
    terminal: str
    font: str
    size: int
    dark: bool
    charset: str
    invert: str

    def __str__(self) -> str:
        ground = "dark" if self.dark else "light"
        return f"{self.terminal}, {self.font}, {self.size}, {ground}, {self.options}"

    @property
    def options(self) -> str:
        return f"charset={self.charset} invert={self.invert}"

    @property
    def rows(self) -> int:
        if self.charset == "ascii":
            return ART_ROWS
        return 25 if self.terminal == CONSOLE else 24

    @property
    def columns(self) -> int:
        """That a phone is aimed at: the picture with a little room."""
        return {"utf8": 40, "ascii": 72, "none": 80}[self.charset]

    @property
    def is_required(self) -> bool:
        """What no change may break: the default, and ASCII art where it is meant for."""
        if self.font == NOTO or self.invert == "yes" or self.charset == "none":
            return False
        if self.charset == "ascii":
            return self.dark
        return self.font != DEBIAN_S


@dataclass(frozen=True)
class Reading:
    """Which scanners read it; of what is required, WeChat's engine when it is distorted, too."""

    scanners: tuple[str, ...]
    distorted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(self.scanners) or "–"


CELLS = [
    Cell(terminal, font, size, dark, charset, invert)
    for charset, invert in LINES for terminal, font, size in WINDOWS for dark in (True, False)
    # Without a picture one font is enough to see that nothing is read that isn't there.
    if charset != "none" or (terminal, font) == (XTERM, DEJAVU)
]


def measure(place: Place) -> dict[Cell, Reading]:
    """All of them, by real logins over ssh."""
    readings: dict[Cell, Future[Reading]] = {}
    with ThreadPoolExecutor(2) as pool:
        for cell, picture, link in photographs(place):
            readings[cell] = pool.submit(_read, cell, picture, link)
    return {cell: reading.result() for cell, reading in readings.items()}


def photographs(place: Place) -> Iterator[tuple[Cell, Image.Image, str]]:
    """Each cell's picture, and the link that it shows."""
    fonts = {font: ConsoleFont.load(font) for terminal, font, _ in WINDOWS if terminal == CONSOLE}
    with Display() as display:
        for charset, invert in LINES:
            cells = [cell for cell in CELLS if (cell.charset, cell.invert) == (charset, invert)]
            place.offer(cells[0].options)
            data = _bytes(place)
            for cell in cells:
                if cell.terminal == XTERM:
                    picture, link = _photograph_xterm(place, display, cell)
                else:
                    screen = camera.screen(data, 80, cell.rows)
                    picture = fonts[cell.font].picture(screen, cell.dark)
                    link = link_in(data)
                width = picture.width * cell.columns // 80
                yield cell, picture.crop((0, 0, width, picture.height)), link


def _bytes(place: Place) -> bytes:
    with place.sshd.login("alice", "true") as terminal:
        return terminal.wait_for_login().data


def _photograph_xterm(place: Place, display: Display, cell: Cell) -> tuple[Image.Image, str]:
    command = place.sshd.client("alice", "true")
    with Xterm(display, command, place.folder, cell.font, cell.size, cell.dark,
               rows=cell.rows) as window:
        picture = window.shown(PROMPTS[0])
        return picture, link_in(window.bytes.read_bytes())


def link_in(data: bytes) -> str:
    found = re.search(rb"https?://[!-~]+", data)
    assert found is not None, data
    return found[0].decode()


def _read(cell: Cell, picture: Image.Image, link: str) -> Reading:
    scanners = tuple(name for name, read in SCANNERS.items() if read(picture) == link)
    if not cell.is_required:
        return Reading(scanners)
    return Reading(scanners, tuple(
        name for name, distort in DISTORTIONS.items()
        if camera.read_with_wechat(distort(picture)) == link
    ))
