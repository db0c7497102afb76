"""The helper's figures, as its status_socket tells them."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from harness.waiting import HANG


def read_figures(path: Path) -> str:
    """The answer to one question, from its head to its end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(HANG)
        client.connect(str(path))
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def read_number(path: Path, name: str) -> int:
    text = read_figures(path)
    found = re.search(rf"^pam_wechat_{name} (\d+)$", text, re.MULTILINE)
    assert found is not None, text
    return int(found[1])
