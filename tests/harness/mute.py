"""Name servers, servers and proxies that take what comes and say nothing, until they are told to."""

from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path
from types import TracebackType

from harness.machine import in_sandbox
from harness.waiting import HANG, until

RESOLV_CONF = Path("/etc/resolv.conf")  # the sandbox's own


class NameServer:
    """The only one that this machine asks while it runs."""

    ADDRESS = "127.53.53.53"

    def __init__(self) -> None:
        self.asked = 0  # for an address of IPv4
        self._speaks = False
        self._pending: list[tuple[bytes, tuple[str, int]]] = []
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __enter__(self) -> NameServer:
        assert in_sandbox(), "run this test by tests/run, as root"
        self._socket.bind((self.ADDRESS, 53))
        self._before = RESOLV_CONF.read_bytes() if RESOLV_CONF.exists() else b""
        RESOLV_CONF.unlink(missing_ok=True)
        RESOLV_CONF.write_text(f"nameserver {self.ADDRESS}\n")
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._socket.sendto(b"", (self.ADDRESS, 53))
        self._thread.join()
        self._socket.close()
        RESOLV_CONF.write_bytes(self._before)

    def _listen(self) -> None:
        while True:
            question, peer = self._socket.recvfrom(4096)
            if not question:  # our own
                return
            with self._lock:
                self.asked += _type_of(question) == _A
                if self._speaks:
                    self._answer(question, peer)
                else:
                    self._pending.append((question, peer))

    def wait_until_asked(self, times: int) -> None:
        assert until(lambda: self.asked >= times), f"asked {self.asked} times"

    def speak(self) -> None:
        """Says 127.0.0.1 to all that was asked, and to all that will be."""
        with self._lock:
            self._speaks = True
            for question, peer in self._pending:
                self._answer(question, peer)
            self._pending.clear()

    def _answer(self, question: bytes, peer: tuple[str, int]) -> None:
        end = _end_of_name(question) + 4
        body = question[12:end]
        count = 0
        if _type_of(question) == _A:
            count = 1
            body += b"\xc0\x0c" + struct.pack("!HHIH", _A, 1, 0, 4) + socket.inet_aton("127.0.0.1")
        header = question[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0)
        self._socket.sendto(header + body, peer)


_A = 1


def _end_of_name(question: bytes) -> int:
    return question.index(b"\0", 12) + 1


def _type_of(question: bytes) -> int:
    return int.from_bytes(question[_end_of_name(question):][:2], "big")


class Mute:
    """A TCP server that takes connections and reads, and never says a word."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []
        self._listener = socket.socket()

    def __enter__(self) -> Mute:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for connection in (self._listener, *self.connections):
            connection.close()

    def hangs_up(self, number: int) -> bool:
        """Whether the other end closes this connection, whatever it has sent before."""
        self.connections[number].settimeout(HANG)
        try:
            while self.connections[number].recv(65536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True

    def _accept(self) -> None:
        while True:
            try:
                self.connections.append(self._listener.accept()[0])
            except OSError:
                return


class Full:
    """A TCP server whose queue is full: connections to it are not made, and not refused."""

    def __enter__(self) -> Full:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._first = socket.create_connection(("127.0.0.1", self.port))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._first.close()
        self._listener.close()
