"""A TCP proxy that makes 127.0.0.1 far away: delay.py PORT ONE_WAY_MS

It writes the port that it listens on. Each direction keeps its order and comes late by the same
time; the rate isn't limited. A connection of the client's begins late by one round trip more: its
handshake is answered by this machine, where the real one would travel. A line "drop" on standard
input closes all connections, and is answered by "dropped".
"""

from __future__ import annotations

import queue
import socket
import sys
import threading
import time


class Pipe:
    """One direction of a connection."""

    def __init__(
        self, source: socket.socket, target: socket.socket, seconds: float, not_before: float
    ) -> None:
        self._source, self._target = source, target
        self._seconds, self._not_before = seconds, not_before
        self._late: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        for work in (self._read, self._write):
            threading.Thread(target=work, daemon=True).start()

    def _read(self) -> None:
        data = b"?"
        while data:
            try:
                data = self._source.recv(65536)
            except OSError:
                data = b""
            sent = max(time.monotonic(), self._not_before)
            self._late.put((sent + self._seconds, data))

    def _write(self) -> None:
        try:
            while True:
                at, data = self._late.get()
                time.sleep(max(0.0, at - time.monotonic()))
                if not data:
                    self._target.shutdown(socket.SHUT_WR)
                    return
                self._target.sendall(data)
        except OSError:
            pass  # the other side has gone, or both were dropped


class Proxy:
    def __init__(self, port: int, seconds: float) -> None:
        self._to = ("127.0.0.1", port)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            began = time.monotonic()
            server = socket.create_connection(self._to)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open += [client, server]
            Pipe(client, server, self._seconds, began + 2 * self._seconds)
            Pipe(server, client, self._seconds, began)

    def drop(self) -> None:
        with self._lock:
            dropped, self._open = self._open, []
        for one in dropped:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it had ended by itself
            one.close()


def main() -> None:
    proxy = Proxy(int(sys.argv[1]), float(sys.argv[2]) / 1000)
    print(proxy.port, flush=True)
    for line in sys.stdin:
        if line == "drop\n":
            proxy.drop()
            print("dropped", flush=True)


if __name__ == "__main__":
    main()
