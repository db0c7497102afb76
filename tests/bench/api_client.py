"""A plain client of WeChat's API: what the same request costs whoever has nothing else to do."""

from __future__ import annotations

import socket
import ssl
import time
from urllib.parse import urlsplit

from simulator import WeChat


class ApiClient:
    def __init__(self, wechat: WeChat, url: str) -> None:
        self._wechat = wechat
        self._port = urlsplit(url).port or 443
        self._context = ssl.create_default_context(cafile=str(wechat.ca_file))
        self._connection: ssl.SSLSocket | None = None

    def __enter__(self) -> ApiClient:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def connect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        plain = socket.create_connection(("127.0.0.1", self._port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = self._context.wrap_socket(plain, server_hostname="127.0.0.1")

    def swap(self, person: str, new_connection: bool = False) -> float:
        """Milliseconds from a code to its openid, on the connection at hand or on a new one."""
        wechat = self._wechat
        request = (
            f"GET /sns/oauth2/access_token?appid={wechat.appid}&secret={wechat.secret}"
            f"&code={wechat.code_for(person)}&grant_type=authorization_code HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\nUser-Agent: pam_wechat\r\nAccept: */*\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        if new_connection:
            self.connect()
        assert self._connection is not None
        self._connection.sendall(request)
        answer = b""
        while not answer.endswith(b"}"):
            chunk = self._connection.recv(65536)
            assert chunk, "the API closed the connection"
            answer += chunk
        ended = time.perf_counter()
        assert b'"openid"' in answer, answer
        return (ended - began) * 1000
