"""The two sites of a login as a browser meets them: login.example.com and open.weixin.qq.com."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

from harness.front import HOST, PUBLIC_URL, Front, pass_on, read_reply
from simulator import Authority, Page, WeChat
from simulator.authorize import PATH, PERSON_HEADER
from simulator.browser import Browser
from simulator.server import Reply, Request, Server, tls_context

WEIXIN = "open.weixin.qq.com"
SHOWN = f"{PUBLIC_URL}/shown"
AUTHORIZE_URL = f"https://{WEIXIN}{PATH}"


class Watched(Front):
    """Notes what the helper answers a browser; shows answers that none gets by itself."""

    def __enter__(self) -> Watched:
        self.documents: list[Page] = []
        self.others: list[Page] = []
        self.shown = Reply(status=404)
        self.holds_still = False  # pages that go on by themselves do not, so that one can look
        super().__enter__()
        return self

    @property
    def port(self) -> int:
        return self._server.port

    def show(self, reply: Reply) -> str:
        """Where a browser gets this answer."""
        self.shown = reply
        return SHOWN

    def _pass_on(self, request: Request) -> Reply:
        reply = self.shown if SHOWN.endswith(request.path) else super()._pass_on(request)
        if self.holds_still:
            reply.headers = [pair for pair in reply.headers if pair[0].lower() != "refresh"]
        page = Page(reply.status, f"{PUBLIC_URL}{request.path}",
                    [("Content-Type", reply.content_type), *reply.headers], reply.body,
                    request.method)
        destination = request.headers.get("sec-fetch-dest")  # as every browser says, and no Phone
        if destination is not None:
            (self.documents if destination == "document" else self.others).append(page)
        for watcher in Browser.watchers:
            watcher(page)
        return reply


class Weixin:
    """open.weixin.qq.com over https; it knows which person's phone this is."""

    def __init__(self, wechat: WeChat, authority: Authority) -> None:
        self.wechat = wechat
        self.person = "alice"
        self._server = Server(self._pass_on, tls_context(
            *authority.certificate("weixin", names=f"DNS:{WEIXIN}")))
        self.port = self._server.port

    def close(self) -> None:
        self._server.close()

    def _pass_on(self, request: Request) -> Reply:
        port = urlsplit(self.wechat.open_url).port
        assert port is not None
        return pass_on(request, port, {PERSON_HEADER.lower(): self.person})


def fetch(port: int, request: bytes) -> Reply:
    """The answer to any bytes at all."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return read_reply(response)


def ports(front: Watched, weixin: Weixin) -> dict[str, int]:
    return {HOST: front.port, WEIXIN: weixin.port}
