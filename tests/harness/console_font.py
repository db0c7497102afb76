"""The Linux console: its fonts' own glyphs (PSF 1 and 2), and a screen drawn with them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy
from PIL import Image

FOLDER = Path("/usr/share/consolefonts")


class ConsoleFont:
    """A font file as setfont(8) loads it. `missing` are characters asked for and not in it."""

    def __init__(self, data: bytes) -> None:
        if data[:2] == b"\x36\x04":
            mode, self.height = data[2], data[3]
            count, self.width, start, size = 512 if mode & 1 else 256, 8, 4, data[3]
            encoding, stop = "utf-16-le", b"\xff\xff"
        elif data[:4] == b"\x72\xb5\x4a\x86":
            _, start, _, count, size, self.height, self.width = struct.unpack("<7I", data[4:32])
            encoding, stop = "utf-8", b"\xff"
        else:
            raise ValueError("not a console font")
        self._glyphs = [self._glyph(data[start + i * size:][:size]) for i in range(count)]
        self._index: dict[str, int] = {}
        for number, entry in enumerate(_entries(data[start + count * size:], stop)[:count]):
            # Behind the first 0xfffe (or 0xfe) stand sequences, which the kernel does not use.
            plain = entry.partition(b"\xfe\xff" if len(stop) == 2 else b"\xfe")[0]
            for character in plain.decode(encoding):
                self._index.setdefault(character, number)
        self.missing: set[str] = set()

    @classmethod
    def load(cls, name: str) -> ConsoleFont:
        return cls(gzip.decompress((FOLDER / f"{name}.psf.gz").read_bytes()))

    def _glyph(self, data: bytes) -> numpy.ndarray:
        rows = numpy.frombuffer(data, dtype=numpy.uint8).reshape(self.height, -1)
        return numpy.unpackbits(rows, axis=1)[:, :self.width]

    def glyph(self, character: str) -> numpy.ndarray:
        """One row of bits for each row of the cell."""
        if character not in self._index:
            self.missing.add(character)
            return self._glyphs[self._index.get("\ufffd", self._index["?"])]
        return self._glyphs[self._index[character]]

    def unimap(self) -> bytes:
        """The table as GIO_UNIMAP tells it: struct unipair, one by one."""
        return b"".join(struct.pack("=HH", ord(character), number)
                        for character, number in sorted(self._index.items())
                        if ord(character) <= 0xffff)

    def picture(self, rows: list[str], dark: bool = True) -> Image.Image:
        """The whole screen: light grey on black as the console begins, or black on white."""
        bits = numpy.vstack([numpy.hstack([self.glyph(one) for one in row]) for row in rows])
        ground, ink = (0, 170) if dark else (255, 0)
        return Image.fromarray(numpy.where(bits == 1, ink, ground).astype(numpy.uint8), "L")


def _entries(table: bytes, stop: bytes) -> list[bytes]:
    if len(stop) == 1:
        return table.split(stop)
    entries, entry = [], b""
    for at in range(0, len(table) - 1, 2):
        if table[at:at + 2] == stop:
            entries.append(entry)
            entry = b""
        else:
            entry += table[at:at + 2]
    return entries
