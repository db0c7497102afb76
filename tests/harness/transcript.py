"""What two logins showed, made comparable: links, pictures and names are masked."""

from __future__ import annotations

import re

_QR = re.compile(r"^[ █▀▄]*[█▀▄][ █▀▄]*$|^[ @]*@@[ @]*$")


def masked(transcript: bytes, user: str) -> list[str]:
    """
    Masked are the random part of the link, the rows of the QR code (each keeps its place) and the
    user's name; everything else stays as it is, to the byte.
    """
    text = transcript.decode().replace(user, "USER")
    text = re.sub(r"(/l/)[0-9A-Za-z]{12}\b", r"\1LINK", text)
    return [_mask_row(line) for line in text.split("\n")]


def _mask_row(line: str) -> str:
    row = line.rstrip("\r")
    return f"QR {len(row)}" + line[len(row):] if _QR.match(row) else line
