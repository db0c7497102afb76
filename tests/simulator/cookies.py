"""A browser's cookies (RFC 6265bis): by host, whatever the port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

_SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Cookie:
    name: str
    value: str
    host: str
    host_only: bool = True
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = "Lax"  # which is also what browsers take where nothing is said
    dies: float | None = None


class Cookies:
    """A jar. Plain http counts as not secure, on loopback too."""

    def __init__(self) -> None:
        self._jar: dict[tuple[str, str, str], Cookie] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Cookie]:
        with self._lock:
            return iter(list(self._jar.values()))

    def __len__(self) -> int:
        return len(self._jar)

    def get(self, name: str) -> Cookie | None:
        return next((cookie for cookie in self if cookie.name == name), None)

    def put(self, cookie: Cookie) -> None:
        """As somebody would who got hold of a cookie."""
        with self._lock:
            self._jar[(cookie.name, cookie.host, cookie.path)] = cookie

    def copy(self) -> Cookies:
        twin = Cookies()
        for cookie in self:
            twin.put(cookie)
        return twin

    def clear(self) -> None:
        with self._lock:
            self._jar.clear()

    def store(self, url: str, header: str) -> Cookie | None:
        """Takes one Set-Cookie of a response from `url`; None if a browser would refuse it."""
        where = urlsplit(url)
        cookie = _parse(where, header)
        if cookie is None or not _acceptable(where, cookie):
            return None
        if cookie.dies is not None and cookie.dies <= time.time():
            with self._lock:
                self._jar.pop((cookie.name, cookie.host, cookie.path), None)
        else:
            self.put(cookie)
        return cookie

    def header(self, url: str, method: str, cross_site: bool) -> str:
        """The Cookie header for a top-level navigation; `cross_site` if another site began it."""
        where = urlsplit(url)
        sent = [cookie for cookie in self if _goes(cookie, where, method, cross_site)]
        sent.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)


def _parse(where: SplitResult, header: str) -> Cookie | None:
    pair, *attributes = header.split(";")
    name, separator, value = (part.strip() for part in pair.partition("="))
    if not separator or not name:
        return None
    cookie = Cookie(name, value, where.hostname or "", path=_default_path(where.path))
    max_age = False
    for attribute in attributes:
        key, _, text = (part.strip() for part in attribute.partition("="))
        key = key.lower()
        if key == "path" and text.startswith("/"):
            cookie = replace(cookie, path=text)
        elif key == "domain" and text:
            cookie = replace(cookie, host=text.lstrip(".").lower(), host_only=False)
        elif key == "secure":
            cookie = replace(cookie, secure=True)
        elif key == "httponly":
            cookie = replace(cookie, http_only=True)
        elif key == "samesite" and text.capitalize() in ("Lax", "Strict", "None"):
            cookie = replace(cookie, same_site=text.capitalize())
        elif key == "max-age" and text.lstrip("-").isdigit():
            cookie, max_age = replace(cookie, dies=time.time() + int(text)), True
        elif key == "expires" and not max_age:
            cookie = replace(cookie, dies=_date(text))
    return cookie


def _acceptable(where: SplitResult, cookie: Cookie) -> bool:
    host = where.hostname or ""
    secure_origin = where.scheme == "https"
    if cookie.secure and not secure_origin:
        return False
    if not cookie.host_only and host != cookie.host and not host.endswith("." + cookie.host):
        return False
    if cookie.same_site == "None" and not cookie.secure:
        return False
    if cookie.name.startswith("__Host-"):
        return cookie.secure and cookie.host_only and cookie.path == "/"
    return not cookie.name.startswith("__Secure-") or cookie.secure


def _goes(cookie: Cookie, where: SplitResult, method: str, cross_site: bool) -> bool:
    host, path = where.hostname or "", where.path or "/"
    if cookie.dies is not None and cookie.dies <= time.time():
        return False
    if host != cookie.host and (cookie.host_only or not host.endswith("." + cookie.host)):
        return False
    prefix = cookie.path if cookie.path.endswith("/") else cookie.path + "/"
    if path != cookie.path and not path.startswith(prefix):
        return False
    if cookie.secure and where.scheme != "https":
        return False
    if cross_site and cookie.same_site == "Strict":
        return False
    return not cross_site or cookie.same_site == "None" or method in _SAFE_METHODS


def _default_path(path: str) -> str:
    parent = path.rpartition("/")[0]
    return parent if parent.startswith("/") else "/"


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
