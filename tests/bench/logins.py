"""Whole logins: a host under libpam, the helper, the exchange, WeChat and a phone."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from api_client import ApiClient
from figures import Figure
from harness.host import wrapper_environment
from harness.site import BUILD, Site
from simulator import Phone

HERE = Path(__file__).resolve().parent
HOST = BUILD / "tests/bench/bench-host"
PLAIN_SERVICE, SERVICE, LONG_SERVICE = "plain", "bench", "bench-long"
ONE_WAY_MS = 40
AFTER_WARM_SECONDS = 0.03  # from the HEAD at the API until its answer was read


class Host:
    """bench-host: one call of pam_authenticate()."""

    def __init__(self, site: Site, person: str, service: str = SERVICE) -> None:
        self.process = subprocess.Popen(
            [HOST, PLAIN_SERVICE, service, person], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=wrapper_environment(site),
        )
        assert self.process.stdout is not None
        self._output = self.process.stdout
        word, *numbers = self._output.readline().decode().split() or ["nothing"]
        assert word == "shown", f"no question but {word} {numbers}"
        self.qr_ms, self.private_kib = float(numbers[0]), float(numbers[1])
        text = self._output.read(int(numbers[2])).decode()
        found = re.search(r"^https?://\S+", text, re.MULTILINE)
        assert found is not None, text
        self.link = found[0]

    def answer(self, digits: str) -> float:
        """Types the digits; the milliseconds until pam_authenticate() returned."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{digits}\n".encode())
        self.process.stdin.flush()
        word, code, ms = self._output.readline().split()
        assert (word, code) == (b"returned", b"0"), f"pam_authenticate() returned {code!r}"
        return float(ms)

    def child(self) -> int:
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def approve(phone: Phone, link: str) -> str:
    """What the person does at the phone; the address that WeChat sends the phone to then."""
    page = phone.open(link)
    form, name = page.form_with("continue")
    answer = phone.post(page.target(form), dict([*form.fields, (name, "continue")]))
    answer = phone.get(answer.header("Location") or "")
    callback = answer.header("Location")
    assert answer.status == 302 and callback is not None, answer.text
    return callback


def call_back(phone: Phone, url: str) -> tuple[float, str]:
    """Milliseconds from the callback's connection until the whole page is there; and its pin."""
    where = urlsplit(url)
    request = (
        f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Cookie: {phone.cookies.header(url, 'GET', False)}\r\nConnection: close\r\n\r\n"
    ).encode()
    answer = b""
    began = time.perf_counter()
    with socket.create_connection((where.hostname or "", where.port or 80)) as connection:
        connection.sendall(request)
        while chunk := connection.recv(65536):
            answer += chunk
    ended = time.perf_counter()
    pin = re.search(rb'<p id="pin">(\d{4})</p>', answer)
    assert pin is not None, answer
    return (ended - began) * 1000, pin[1].decode()


@dataclass
class Logins:
    """The same login again and again. `rtt_ms` is what the API is away by `api_url`."""

    site: Site
    person: str
    api_url: str
    rtt_ms: float = 0
    qr_ms: list[float] = field(default_factory=list)
    host_private_kib: list[float] = field(default_factory=list)
    child_private_mib: list[float] = field(default_factory=list)
    child_dirty_mib: list[float] = field(default_factory=list)
    round_trip_ms: list[float] = field(default_factory=list)
    callback_ms: list[float] = field(default_factory=list)
    added_ms: list[float] = field(default_factory=list)
    digits_ms: list[float] = field(default_factory=list)

    def measure(self, count: int, proxy: DelayingProxy | None = None) -> None:
        """With a proxy, its connections are dropped before each callback."""
        self.site.write_conf(api_url=self.api_url)
        with ApiClient(self.site.wechat, self.api_url) as client, self._neighbour():
            for number in range(count + 1):
                # The first one finds caches cold that every busy machine has warm.
                self._sign_in(client, proxy, keep=number > 0)

    @contextmanager
    def _neighbour(self) -> Iterator[None]:
        """Another login that has come as far as it can without its digits.

        Pages of libraries count as private to whoever is the only one to use them just then: with
        a neighbour, what is private doesn't depend on what else runs on this machine.
        """
        host = Host(self.site, self.person, LONG_SERVICE)
        try:
            phone = Phone(self.site.wechat, self.person)
            call_back(phone, approve(phone, host.link))
            yield
        finally:
            host.close()

    def _sign_in(self, client: ApiClient, proxy: DelayingProxy | None, keep: bool) -> None:
        connections, warmed = self.site.wechat.connections, self._warmed()
        host = Host(self.site, self.person)
        try:
            assert self.site.wechat.connections == connections, "the QR code waited for WeChat"
            phone = Phone(self.site.wechat, self.person)
            callback = approve(phone, host.link)
            self._wait_until_warm(warmed)
            if proxy is not None:
                proxy.drop()
            round_trip_ms = client.swap(self.person, new_connection=proxy is not None)
            callback_ms, pin = call_back(phone, callback)
            child_mib = private_mib(host.child())
            digits_ms = host.answer(pin)
        finally:
            host.close()
        if not keep:
            return
        self.qr_ms.append(host.qr_ms)
        self.host_private_kib.append(host.private_kib)
        self.round_trip_ms.append(round_trip_ms)
        self.callback_ms.append(callback_ms)
        self.added_ms.append(callback_ms - round_trip_ms)
        self.digits_ms.append(digits_ms)
        if child_mib is not None:
            self.child_private_mib.append(sum(child_mib))
            self.child_dirty_mib.append(child_mib[1])

    def _warmed(self) -> int:
        return sum(record.endpoint == "warm" for record in self.site.wechat.requests)

    def _wait_until_warm(self, before: int) -> None:
        deadline = time.monotonic() + 5
        while self._warmed() == before:
            assert time.monotonic() < deadline, "the exchange did not warm its connection"
            time.sleep(0.002)
        time.sleep(AFTER_WARM_SECONDS + self.rtt_ms / 1000)


def private_mib(pid: int) -> tuple[float, float] | None:
    """Private_Clean and Private_Dirty of a process; None if only root may know."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except PermissionError:
        return None
    clean, dirty = re.findall(r"^Private_(?:Clean|Dirty): +(\d+) kB$", text, re.MULTILINE)
    return int(clean) / 1024, int(dirty) / 1024


class DelayingProxy:
    def __init__(self, url: str, one_way_ms: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", HERE / "delay.py", str(urlsplit(url).port), str(one_way_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.url = f"https://127.0.0.1:{int(self._ask(None))}"

    def _ask(self, line: str | None) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        if line is not None:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        return self._process.stdout.readline()

    def drop(self) -> None:
        assert self._ask("drop") == "dropped\n"

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def delaying_proxy(url: str, one_way_ms: float) -> Iterator[DelayingProxy]:
    proxy = DelayingProxy(url, one_way_ms)
    try:
        yield proxy
    finally:
        proxy.close()


def measure(site: Site, person: str, near: int, far: int) -> list[Figure]:
    site.write_service(PLAIN_SERVICE, "auth required pam_permit.so\n")
    site.write_service(SERVICE)
    site.write_service(LONG_SERVICE, site.line(options="timeout=300"))
    here = Logins(site, person, site.wechat.api_url)
    here.measure(near)
    with delaying_proxy(site.wechat.api_url, ONE_WAY_MS) as proxy:
        warm = Logins(site, person, proxy.url, 2 * ONE_WAY_MS)
        warm.measure(far)
        cold = Logins(site, person, proxy.url, 2 * ONE_WAY_MS)
        cold.measure(far, proxy)
    return [
        Figure("login.qr_ms", here.qr_ms, 15),
        *_callback("", here),
        *_callback("_80ms_rtt", warm),
        *_callback_when_cold(cold),
        Figure("login.digits_to_return_ms", here.digits_ms, 3),
        Figure("host.private_kib", here.host_private_kib, 400, "while the question is asked"),
        *_child_memory(here),
    ]


def _child_memory(logins: Logins) -> list[Figure]:
    if not logins.child_private_mib:
        return []
    return [
        Figure("child.private_mib", logins.child_private_mib, 4),
        Figure("child.dirty_mib", logins.child_dirty_mib, note="of that, what it has written to"),
    ]


def _callback(suffix: str, logins: Logins) -> list[Figure]:
    round_trip = Figure(f"login.round_trip{suffix}_ms", logins.round_trip_ms)
    return [
        round_trip,
        Figure(f"login.callback_to_result{suffix}_ms", logins.callback_ms, round_trip.median + 3,
               "1 round trip + 3 ms"),
        Figure(f"login.added_to_round_trip{suffix}_ms", logins.added_ms, 3),
    ]


def _callback_when_cold(logins: Logins) -> list[Figure]:
    return [
        Figure("login.round_trip_80ms_rtt_cold_ms", logins.round_trip_ms),
        Figure("login.callback_to_result_80ms_rtt_cold_ms", logins.callback_ms,
               note="3 round trips; no budget"),
    ]
