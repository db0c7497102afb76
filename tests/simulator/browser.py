"""The browser inside WeChat: one person's cookies, requests and redirects."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode, urldefrag, urljoin, urlsplit

from .cookies import Cookies
from .page import Page

USER_AGENTS = {
    "iphone": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
        "like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI "
        "Language/{language}"
    ),
    "android": (
        "Mozilla/5.0 (Linux; Android 14; V2309A Build/UP1A.231005.007; wv) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 "
        "MMWEBSDK/20240501 MMWEBID/2247 MicroMessenger/8.0.50.2701(0x2800325A) WeChat/arm64 "
        "Weixin NetType/WIFI Language/{language} ABI/arm64"
    ),
    "harmony": (
        "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile MicroMessenger/8.0.13(0x18000d2f) "
        "NetType/WIFI Language/{language}"
    ),
    "windows": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/132.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) "
        "WindowsWechat(0x63090a13) UnifiedPCWindowsWechat(0xf254032b) XWEB/13655 Flue"
    ),
    "mac": (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/132.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/6.8.0(0x16080000) "
        "MacWechat/3.8.7(0x13080712) UnifiedPCMacWechat(0xf2640109) XWEB/13655 Flue"
    ),
    # Enterprise WeChat calls itself both.
    "wecom": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
        "like Gecko) Mobile/15E148 wxwork/4.1.30 MicroMessenger/7.0.1 Language/{language}"
    ),
    "safari": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
        "like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
    ),
}
ACCEPT_LANGUAGE = {"zh_CN": "zh-CN,zh-Hans;q=0.9", "en": "en-US,en;q=0.9"}

_MOVED = (301, 302, 303, 307, 308)
_MOST_HOPS = 10
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass
class Step:
    """One request of a navigation, and what is remembered from the steps before it."""

    method: str
    url: str  # with its fragment
    body: bytes | None = None
    initiator: Page | None = None  # the page that led here; None: scanned or typed in
    form: bool = False  # begun by a form, so that its page's form-action has a say
    redirected: bool = False


class TooManyRedirects(Exception):
    pass


class Blocked(Exception):
    """A Content-Security-Policy forbade it; the browser stays where it is."""


class Browser:
    """Knows nothing of WeChat. `history` holds every response, redirects included.

    `hosts` leads a name to an address and port of loopback, as /etc/hosts would.
    """

    watchers: ClassVar[list[Callable[[Page], None]]] = []  # are shown every response

    def __init__(
        self,
        user_agent: str,
        language: str = "zh_CN",
        address: str = "127.0.0.1",
        ca_file: Path | None = None,
        hosts: dict[str, tuple[str, int]] | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.user_agent = user_agent
        self.accept_language = ACCEPT_LANGUAGE[language]
        self.address = address
        self.ca_file = ca_file
        self.hosts = hosts or {}
        self.timeout = timeout
        self.refreshes = True  # goes on by itself where a page says so, for as long as `timeout`
        self.cookies = Cookies()
        self.history: list[Page] = []
        self.notes: list[str] = []  # what a browser would write to its console

    def headers_for(self, step: Step) -> dict[str, str]:
        """More headers of a step; for those who know more than a browser."""
        return {}

    def follow(self, step: Step, follow: bool = True) -> tuple[Page, Step]:
        """
        Sends a step, obeys redirects, and pages that refresh themselves: the last response, and the
        step that got it.
        """
        end = time.monotonic() + self.timeout
        page, step = self._follow_redirects(step, follow)
        while self.refreshes and page.refresh is not None and time.monotonic() < end:
            seconds, url = page.refresh
            time.sleep(seconds)
            page, step = self._follow_redirects(Step("GET", url), follow)
        return page, step

    def _follow_redirects(self, step: Step, follow: bool) -> tuple[Page, Step]:
        for _ in range(_MOST_HOPS):
            page = self.send(step)
            location = page.header("Location")
            if not follow or page.status not in _MOVED or location is None:
                return page, step
            following = self.redirect(step, page.status, urljoin(step.url, location))
            self.check_form(following)
            if self.leave(page, following):
                return page, step
            step = following
        raise TooManyRedirects(urldefrag(step.url).url.partition("?")[0])

    def leave(self, page: Page, following: Step) -> bool:
        """True if a subclass deals with this redirect in a way of its own."""
        return False

    def redirect(self, step: Step, status: int, location: str) -> Step:
        keeps = status in (307, 308) or step.method in ("GET", "HEAD")
        return Step(
            step.method if keeps else "GET",
            location,
            step.body if keeps else None,
            step.initiator,
            step.form,
            redirected=True,
        )

    def send(
        self, step: Step, headers: dict[str, str] | None = None, cross_site: bool | None = None
    ) -> Page:
        """One request and its response; cookies go and come as the rules want it."""
        url = urldefrag(step.url).url
        where = urlsplit(url)
        if cross_site is None:
            cross_site = step.initiator is not None and _site(step.initiator.url) != _site(url)
        sent = {
            "User-Agent": self.user_agent,
            "Accept": _ACCEPT,
            "Accept-Language": self.accept_language,
            "Connection": "close",
        }
        cookie = self.cookies.header(url, step.method, cross_site)
        if cookie:
            sent["Cookie"] = cookie
        sent |= self._origin_headers(step)
        if step.body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        sent |= self.headers_for(step) | (headers or {})
        connection = self._connect(where.scheme, where.hostname or "", where.port)
        try:
            target = (where.path or "/") + (f"?{where.query}" if where.query else "")
            connection.request(step.method, target, step.body, sent)
            response = connection.getresponse()
            page = Page(response.status, url, response.getheaders(), response.read(), step.method)
        finally:
            connection.close()
        for value in page.all_headers("Set-Cookie"):
            if self.cookies.store(url, value) is None:
                self.notes.append(f"cookie refused: {value.partition('=')[0]}")
        self.history.append(page)
        for watcher in self.watchers:
            watcher(page)
        return page

    def check_form(self, step: Step) -> None:
        """Chromium holds a form's target, and all redirects from it, against form-action."""
        page = step.initiator
        if step.form and page is not None and not page.allows_form_to(step.url, origin(page.url)):
            self.notes.append(f"form-action forbids {origin(step.url)}")
            raise Blocked(self.notes[-1])

    def _origin_headers(self, step: Step) -> dict[str, str]:
        if step.initiator is None:
            return {}
        from_url = step.initiator.url
        if (step.initiator.header("Referrer-Policy") or "").strip() == "no-referrer":
            return {"Origin": "null"} if step.method == "POST" else {}
        same = origin(from_url) == origin(step.url)
        headers = {"Referer": from_url if same else origin(from_url) + "/"}
        if step.method == "POST":
            headers["Origin"] = origin(from_url)
        return headers

    def _connect(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=self.timeout, context=context
            )
        elif scheme == "http":
            connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
        else:
            raise ValueError(f"a phone can't open {scheme}: addresses")
        target = self.hosts.get(host, (host, connection.port))
        source = None if ":" in target[0] else (self.address, 0)
        # The name stays for Host and the certificate; only the address is another.
        connection._create_connection = (  # type: ignore[attr-defined]
            lambda _, timeout, __: socket.create_connection(target, timeout, source)
        )
        return connection


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _site(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname


def form_body(fields: dict[str, str] | list[tuple[str, str]]) -> bytes:
    return urlencode(fields).encode()
