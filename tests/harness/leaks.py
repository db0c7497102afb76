"""
The search for secrets in what a test leaves behind: logs, outputs, files, argv, environments.

What is secret is learnt while the test runs: the app secret, the codes, states and tokens that the
simulator issued, and all that its phones were given: links, codes, states, cookies, tokens of
forms, pins. Searched for is the beginning of each, so that one that was cut off is found as well:
as it is, percent-encoded (in whole or in part, and twice), in base64 wherever it begins, in hex.
"""

from __future__ import annotations

import base64
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from harness.site import Site
from harness.system_log import SystemLog
from simulator import Page
from simulator.browser import Browser

SIGNIFICANT = 16  # characters; nothing else has so many in common with a secret
LINK, PIN, APP_SECRET = "link", "pin", "app secret"
# A person sees the link, and types the pin from one screen to the other: no terminal is without.
ON_A_TERMINAL = (LINK, PIN)

_IN_URL = re.compile(r"[?&](code|state|access_token|refresh_token)=([0-9A-Za-z_-]{16,})")
_LINK = re.compile(r"/l/([0-9A-Za-z]{12})(?![0-9A-Za-z])")
_COOKIE = re.compile(r"[^=;]+=([^;]{16,})")
_FORM_TOKEN = re.compile(r'name="token" value="([^"]{16,})"')
# What may look like one of some hundred pins, or like four characters of its base64, and is none:
# times, ports, process ids, limits, modes, a web server's numbers of bytes, and the six random
# characters that name a login.
_NO_PINS = re.compile(
    rb"\d\d:\d\d:\d\d|\[\d+\]|\b(?:port|pid|uid|login)[ =]\w+|\b(?:longer than|must be) \d+"
    rb"|(?:\d+\.){3}\d+(?::\d+)?|\]:\d+|\" \d{3} \d+\b")


class Needles:
    """
    Many strings, looked for together. A module's tests make thousands: so each place of a text is
    looked up in a table, instead of each string in the text.
    """

    def __init__(self, head: int) -> None:
        self._head = head  # how many characters each string has at least
        self._by_head: dict[bytes, list[tuple[bytes, str, str]]] = {}
        self._others: list[tuple[bytes, str, str]] = []  # that hold other characters
        self._runs = re.compile(rb"[0-9A-Za-z+/_-]{%d,}" % head)

    def add(self, needle: bytes, kind: str, encoding: str) -> None:
        entry = (needle, kind, encoding)
        if self._runs.fullmatch(needle):
            self._by_head.setdefault(needle[: self._head], []).append(entry)
        else:
            self._others.append(entry)

    def find(self, text: bytes) -> Iterator[tuple[str, str]]:
        """Kind and encoding of each."""
        for match in self._runs.finditer(text):
            run = match[0]
            for place in range(len(run) - self._head + 1):
                head = run[place : place + self._head]
                for needle, kind, encoding in self._by_head.get(head, ()):
                    if run.startswith(needle, place):
                        yield kind, encoding
        yield from ((kind, encoding) for needle, kind, encoding in self._others if needle in text)


class Secrets:
    """What must not be found, each by its kind."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._pins, self._others = Needles(4), Needles(12)

    def add(self, kind: str, secret: str) -> None:
        # Junk that a test sends, sixteen times the same letter, is in the test's name as well.
        if secret not in self._known and (kind == PIN or len(set(secret)) > 4):
            needles = self._pins if kind == PIN else self._others
            for encoding, needle in _needles(kind, secret):
                needles.add(needle, kind, encoding)
            self._known[secret] = kind

    def add_page(self, page: Page) -> None:
        """All that a browser is told and must keep to itself."""
        for url in (page.url, page.header("Location") or ""):
            for kind, secret in _IN_URL.findall(url):
                self.add(kind, secret)
            for secret in _LINK.findall(url):
                self.add(LINK, secret)
        for header in page.all_headers("Set-Cookie"):
            for secret in _COOKIE.findall(header.partition(";")[0]):
                self.add("cookie", secret)
        for secret in _FORM_TOKEN.findall(page.html):
            self.add("form's token", secret)
        if page.pin is not None:
            self.add(PIN, page.pin)

    def known(self) -> list[tuple[str, str]]:
        """Each secret with its kind."""
        return list(self._known.items())

    def kinds(self) -> set[str]:
        return set(self._known.values())

    def find(self, data: bytes, but: tuple[str, ...] = ()) -> list[str]:
        """What was found: kind and encoding."""
        found: set[tuple[str, str]] = set()
        for text in _readings(data):
            found.update(self._others.find(text))
            if PIN not in but:
                text = _NO_PINS.sub(b" ", text)
                found.update(self._pins.find(text))
                words = set(re.findall(rb"\w+", text))
                if any(self._known.get(word.decode()) == PIN for word in words):
                    found.add((PIN, "as it is"))
        return [f"{kind}, {encoding}" for kind, encoding in sorted(found) if kind not in but]


def _needles(kind: str, secret: str) -> Iterator[tuple[str, bytes]]:
    """Percent-encoding has none: it is undone before the search."""
    value = secret.encode()[:SIGNIFICANT]
    if kind != PIN:
        yield "as it is", value
    yield "in hex", value.hex().encode()
    yield "in hex", value.hex().upper().encode()
    for before in range(3):
        # Characters that hold bits of the neighbours as well are left out.
        encoded = base64.b64encode(b"\0" * before + value)
        first, last = (before * 8 + 5) // 6, (before + len(value)) * 8 // 6
        encoded = encoded[first:last]
        yield "in base64", encoded
        if encoded.translate(_URL_SAFE) != encoded:
            yield "in base64", encoded.translate(_URL_SAFE)


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _readings(data: bytes) -> Iterator[bytes]:
    """The data as they are, and without percent-encoding, as often as there is some."""
    yield data
    for _ in range(3):
        if re.search(rb"%[0-9A-Fa-f]{2}", data) is None:
            return
        data = unquote_to_bytes(data)
        yield data


ASKPASS = b"/askpass/program\0"  # of harness/askpass.py


class Sampler:
    """
    The command lines and environments of all processes that begin after it, until it is stopped.
    A process is read a few times, since it changes both when it executes a program.
    """

    INTERVAL, READINGS = 0.025, 8

    def __init__(self) -> None:
        self._taken: dict[bytes, str] = {}
        self._left = {name: 0 for name in self._pids()}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def take(self) -> dict[bytes, str]:
        """Each text since the last call, with its place."""
        taken, self._taken = self._taken, {}
        return taken

    @staticmethod
    def _pids() -> list[str]:
        return [name for name in os.listdir("/proc") if name.isdecimal()]

    def _run(self) -> None:
        while not self._stop.wait(self.INTERVAL):
            pids = self._pids()
            self._left = {pid: self._left.get(pid, self.READINGS) for pid in pids}
            for pid in pids:
                if self._left[pid] > 0:
                    self._left[pid] -= 1
                    self._read(pid)

    def _read(self, pid: str) -> None:
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    text = file.read()
            except OSError:
                continue  # gone, or somebody else's
            if ASKPASS in text:
                continue  # sudo and ssh tell it the question, and its link, as an argument
            if text and text not in self._taken:
                self._taken[text] = f"{name} of process {pid}"


class Watch:
    """Learns the secrets of a site while it lasts, and at last looks for them everywhere."""

    current: ClassVar[Watch | None] = None

    def __init__(self, site: Site, folder: Path, log: SystemLog | None) -> None:
        self.site = site
        self.folder = folder
        self.secrets = Secrets()
        self.outputs: list[bytes] = []
        self._log = log
        self._log_mark = log.mark() if log is not None else 0

    def __enter__(self) -> Watch:
        self.sampler = Sampler()
        self._before, Watch.current = Watch.current, self
        Browser.watchers.append(self.secrets.add_page)
        return self

    def __exit__(self, *_: object) -> None:
        self.sampler.stop()
        Watch.current = self._before
        Browser.watchers.remove(self.secrets.add_page)

    def check(self) -> None:
        """Fails where one is found. What only grows is searched from where the last check ended."""
        found = list(self.finds())
        assert not found, "secrets were found:\n" + "\n".join(found)

    def finds(self) -> Iterator[str]:
        self._learn()
        for place, data, but in self._places():
            yield from (f"{place}: {what}" for what in self.secrets.find(data, but))

    def _learn(self) -> None:
        self.secrets.add(APP_SECRET, self.site.wechat.secret)
        for kind, secret in self.site.wechat.grants.issued():
            if len(secret) >= SIGNIFICANT:
                self.secrets.add(kind, secret)

    def _places(self) -> Iterator[tuple[str, bytes, tuple[str, ...]]]:
        """Where it is, what it holds, and the kinds that it may hold."""
        if self._log is not None:
            lines, self._log_mark = self._log.take(self._log_mark)
            yield "the system's log", "\n".join(lines).encode(), ()
        outputs, self.outputs = self.outputs, []
        for output in outputs:
            yield "a terminal", output, ON_A_TERMINAL
        for text, place in self.sampler.take().items():
            yield place, text, () if re.search(rb"\bpin\b", text, re.IGNORECASE) else (PIN,)
        yield from self._files()

    def _files(self) -> Iterator[tuple[str, bytes, tuple[str, ...]]]:
        site = self.site
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            # The simulator's own, and programs that are copies of those in the build's folder.
            if name.startswith("wechat/") or path.name in (site.module.name, site.exchange.name):
                continue
            try:
                if not stat.S_ISREG(path.lstat().st_mode):
                    continue
                data = path.read_bytes()
            except OSError:
                continue
            may: tuple[str, ...] = ()
            if "secret" in path.parts:
                may += (APP_SECRET,)
            if path.parent.name in ("nginx", "caddy", "apache", "haproxy"):
                may += (LINK,)  # whoever reads the log cannot do more with it than refuse the login
            if not path.name.endswith("log"):
                may += (PIN,)  # where four digits mean nothing: ports, ids, dates
            yield name, data, may


def note_output(output: str | bytes) -> None:
    """Gives the watch, if there is one, what a program has shown."""
    if Watch.current is not None:
        Watch.current.outputs.append(output if isinstance(output, bytes) else output.encode())
