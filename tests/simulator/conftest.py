"""A running WeChat, a client of its API, and a small site that signs people in with it."""

from __future__ import annotations

import http.client
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from simulator import Authority, WeChat
from simulator.server import Reply, Request, Server

STATE = "0123456789abcdef0123456789abcdef"


@dataclass
class Answer:
    status: int
    content_type: str | None
    body: bytes
    location: str | None

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def errcode(self) -> int:
        return self.json["errcode"]


class Client:
    """Calls the API as the exchange does; one connection a call."""

    def __init__(self, wechat: WeChat) -> None:
        self.wechat = wechat

    def connect(self, timeout: float = 10) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=self.wechat.ca_file)
        where = urlsplit(self.wechat.api_url)
        return http.client.HTTPSConnection(
            where.hostname or "", where.port, timeout=timeout, context=context
        )

    def raw(self, method: str, path: str, body: bytes | None = None) -> Answer:
        connection = self.connect()
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Content-Type"), response.read(),
                          response.getheader("Location"))
        finally:
            connection.close()

    def call(self, path: str, **query: str) -> Answer:
        return self.raw("GET", f"{path}?{urlencode(query)}")

    def exchange_path(self, code: str, **changes: str) -> str:
        query = {
            "appid": self.wechat.appid, "secret": self.wechat.secret, "code": code,
            "grant_type": "authorization_code",
        }
        return f"/sns/oauth2/access_token?{urlencode(query | changes)}"

    def exchange(self, code: str, **changes: str) -> Answer:
        return self.raw("GET", self.exchange_path(code, **changes))

    def refresh(self, token: str, **changes: str) -> Answer:
        query = {
            "appid": self.wechat.appid, "grant_type": "refresh_token", "refresh_token": token,
        }
        return self.call("/sns/oauth2/refresh_token", **query | changes)

    def userinfo(self, token: str, openid: str, lang: str = "zh_CN") -> Answer:
        return self.call("/sns/userinfo", access_token=token, openid=openid, lang=lang)

    def stable_token(self, **changes: object) -> Answer:
        fields = {
            "grant_type": "client_credential", "appid": self.wechat.appid,
            "secret": self.wechat.secret, "force_refresh": False,
        } | changes
        kept = {name: value for name, value in fields.items() if value is not None}
        return self.raw("POST", "/cgi-bin/stable_token", json.dumps(kept).encode())

    def auth(self, token: str, openid: str) -> Answer:
        return self.call("/sns/auth", access_token=token, openid=openid)


@dataclass
class Call:
    """One request at the site's callback."""

    query: dict[str, list[str]]
    cookie: str
    address: str
    time: float = field(default_factory=monotonic)

    @property
    def code(self) -> str:
        return self.query.get("code", [""])[0]


class Site:
    """Ask page, callback and result page as the helper has them, without any protection."""

    def __init__(self, wechat: WeChat, scope: str = "snsapi_base") -> None:
        self.wechat = wechat
        self.scope = scope
        self.slow = 0.0
        self.csp = ""
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self.server = Server(self._answer)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *error: object) -> None:
        self.server.close()

    @property
    def link(self) -> str:
        return self.url + "/l/abc"

    @property
    def authorize(self) -> str:
        return authorize_url(self.wechat, self.url + "/callback", scope=self.scope)

    def _answer(self, request: Request) -> Reply:
        if request.path == "/callback":
            call = Call(parse_qs(request.query, keep_blank_values=True),
                        request.headers.get("cookie", ""), request.address)
            with self._lock:
                self.calls.append(call)
            body = '<p>Your code: <b id="pin">12 34</b></p>' if call.code else "<p>Cancelled</p>"
            return self._page(body, self.slow)
        if request.method == "POST":
            choice = parse_qs(request.body.decode())["choice"][0]
            if choice == "continue":
                return Reply(status=303, headers=[("Location", self.authorize)])
            return self._page("<p>Refused</p>")
        reply = self._page(
            '<form method="post" action="/l/abc"><input type="hidden" name="token" value="t">'
            '<button name="choice" value="continue">Continue</button>'
            '<button name="choice" value="refuse">No</button></form>'
        )
        reply.headers.append(("Set-Cookie", "b=1; Path=/; HttpOnly; SameSite=Lax"))
        return reply

    def _page(self, body: str, delay: float = 0.0) -> Reply:
        headers = [("Content-Security-Policy", self.csp)] if self.csp else []
        html = f'<!DOCTYPE html><html lang="en"><title>Sign in</title><body>{body}'
        return Reply(content_type="text/html; charset=utf-8", headers=headers,
                     body=html.encode(), delay=delay)


def authorize_url(wechat: WeChat, redirect_uri: str, /, **changes: str) -> str:
    query = {
        "appid": wechat.appid, "redirect_uri": redirect_uri, "response_type": "code",
        "scope": "snsapi_base", "state": STATE,
    } | changes
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{wechat.authorize_url}?{text}#wechat_redirect"


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder:
        yield Authority(Path(folder))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Gone after the test, unlike pytest's tmp_path."""
    with tempfile.TemporaryDirectory(prefix="simulator-") as name:
        yield Path(name)


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def wechat(folder: Path, authority: Authority, log: list[str]) -> Iterator[WeChat]:
    with WeChat(folder, log=log.append, authority=authority) as running:
        yield running


@pytest.fixture
def client(wechat: WeChat) -> Client:
    return Client(wechat)


@pytest.fixture
def site(wechat: WeChat) -> Iterator[Site]:
    with Site(wechat) as running:
        yield running
