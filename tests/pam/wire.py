"""The project's messages, and sockets on which a test plays one of the programs."""

from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path
from urllib.parse import quote, unquote

from harness.waiting import HANG

Message = tuple[str, dict[str, str]]


def pack(verb: str, **values: str) -> bytes:
    lines = [verb, *(f"{key}={quote(value, safe='')}" for key, value in values.items())]
    return "".join(line + "\n" for line in lines).encode()


def unpack(datagram: bytes) -> Message:
    verb, *lines = datagram.decode().splitlines()
    pairs = (line.split("=", 1) for line in lines)
    return verb, {key: unquote(value) for key, value in pairs}


class Listener:
    """Waits for the other program to connect; then sends to it, and receives."""

    def __init__(self, path: Path, group: str | None = None) -> None:
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.settimeout(HANG)
        self.listener.bind(str(path))
        self.listener.listen(8)
        os.chmod(path, 0o660)
        if group is not None:
            os.chown(path, 0, pwd.getpwnam(group).pw_gid)
        self.peer: socket.socket | None = None

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.listener.close()

    def receive(self) -> Message:
        if self.peer is None:
            self.peer = self.listener.accept()[0]
            self.peer.settimeout(HANG)
        return unpack(self.peer.recv(65536))

    def send(self, verb: str, **values: str) -> None:
        self.send_raw(pack(verb, **values))

    def send_raw(self, datagram: bytes) -> None:
        assert self.peer is not None
        self.peer.send(datagram)

    def is_left(self) -> bool:
        """Whether the other program hangs up; the next receive() waits for it to come again."""
        assert self.peer is not None
        left = self.peer.recv(65536) == b""
        self.hang_up()
        return left

    def hang_up(self) -> None:
        if self.peer is not None:
            self.peer.close()
            self.peer = None
