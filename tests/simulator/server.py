"""A threaded HTTP/1.1 server on a free port of 127.0.0.1, with or without TLS."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn

_IDLE_SECONDS = 120
_MAX_BODY = 65536


@dataclass
class Request:
    method: str
    path: str
    query: str  # raw, without the "?"
    headers: dict[str, str]  # names in lower case
    body: bytes
    address: str


@dataclass
class Reply:
    status: int = 200
    content_type: str = "text/plain"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    delay: float = 0.0
    hurry: threading.Event | None = None  # ends the delay
    drop: bool = False  # say nothing and close the connection
    missing: int = 0  # announce that many bytes more than are sent, then close
    drip: float = 0.0  # seconds between two bytes of the body


class Server(ThreadingMixIn, TCPServer):
    """Gives every request to `handle`. `port` is free to use as soon as the object exists."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, handle: Callable[[Request], Reply], context: ssl.SSLContext | None = None
    ) -> None:
        self.handle = handle
        self.context = context
        self.closing = threading.Event()
        self.accepted: list[float] = []  # when each TCP connection came
        self.handshakes_failed = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port: int = self.server_address[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends waiting answers and idle connections too; nothing of the server stays."""
        self.closing.set()
        _hang_up(self.socket)
        self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)

    def _accept(self) -> None:
        # serve_forever() would poll: that costs time at the end, and wakes up all the while.
        while not self.closing.is_set():
            try:
                self.process_request(*self.get_request())
            except OSError:
                self.closing.wait(0.01)  # closing, or out of descriptors for a moment

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        with self._lock:
            self.accepted.append(time.time())
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: socket.socket, client_address: tuple[str, int]
    ) -> None:
        # The handshake belongs into the connection's thread: a client that is slow, or refuses
        # the certificate, must not keep others waiting.
        tls = None
        if self.context is not None:
            request.settimeout(_IDLE_SECONDS)
            request = tls = self.context.wrap_socket(
                request, server_side=True, do_handshake_on_connect=False
            )
        with self._lock:
            self._open.add(request)
        try:
            if tls is not None and not self._shake_hands(tls):
                tls.close()
                return
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)

    def _shake_hands(self, connection: ssl.SSLSocket) -> bool:
        try:
            connection.do_handshake()
            return True
        except OSError:  # ssl.SSLError is one
            with self._lock:
                self.handshakes_failed += 1
            return False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests and not worth a traceback."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Server

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _MAX_BODY:
            self.close_connection = True
            return
        request = Request(
            self.command,
            path,
            query,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
            self.client_address[0],
        )
        reply = self.server.handle(request)
        if reply.delay and self._is_closing_after(reply):
            reply.drop = True
        if reply.drop:
            self.close_connection = True
            return
        self._send(reply)

    def _is_closing_after(self, reply: Reply) -> bool:
        """The reply's delay; whether the server is closed meanwhile."""
        end = time.monotonic() + reply.delay
        while (left := end - time.monotonic()) > 0:
            if reply.hurry is not None and reply.hurry.is_set():
                return False
            if self.server.closing.wait(min(left, 0.02)):
                return True
        return False

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = _answer

    def _send(self, reply: Reply) -> None:
        body = b"" if self.command == "HEAD" else reply.body
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body) + reply.missing))
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.missing:
            self.send_header("Connection", "close")
            self.close_connection = True
        if reply.drip:
            self.end_headers()
            for byte in body:
                if self.server.closing.wait(reply.drip):
                    return
                self.wfile.write(bytes([byte]))
            return
        # Head and body in one write: one packet, as from WeChat, and no wait between two.
        self._headers_buffer.append(b"\r\n")  # type: ignore[attr-defined]
        head = b"".join(self._headers_buffer)  # type: ignore[attr-defined]
        self._headers_buffer = []
        self.wfile.write(head + body)

    def version_string(self) -> str:
        return "nginx"

    def log_message(self, format: str, *args: object) -> None:
        """The journal writes the log; this one would write queries."""


def _hang_up(connection: socket.socket) -> None:
    try:
        # shutdown() of the plain socket wakes the thread that reads through TLS.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


TLS_VERSIONS = {
    "1.3": ssl.TLSVersion.TLSv1_3, "1.2": ssl.TLSVersion.TLSv1_2, "1.1": ssl.TLSVersion.TLSv1_1,
}


def tls_context(cert: Path, key: Path, version: str = "1.3") -> ssl.SSLContext:
    """This version of TLS and HTTP/1.1 only: what the client must be able to speak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if version == "1.1":
        context.set_ciphers("ALL:@SECLEVEL=0")  # which Debian's OpenSSL would not offer by itself
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = TLS_VERSIONS[version]
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["http/1.1"])
    return context
