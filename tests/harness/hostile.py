"""Clients that mean harm, and how a login fares meanwhile."""

from __future__ import annotations

import errno
import itertools
import multiprocessing
import re
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from harness.fake_exchange import Browser, FakeExchange, Helper
from harness.status_socket import read_number
from harness.stopwatch import Stopwatch
from harness.waiting import HANG, until

IN_TIME = 2.0  # by a stopwatch
ATTACK_LASTS = 10 * HANG  # unless it is ended before
RESET = struct.pack("ii", 1, 0)


class Attack:
    """Runs a generator in a process of its own; it yields how many blows it has dealt."""

    def __init__(self, blows: Iterator[int]) -> None:
        forks = multiprocessing.get_context("fork")
        self.dealt = forks.Value("Q", 0)
        self.process = forks.Process(target=self._run, args=(blows,), daemon=True)

    def _run(self, blows: Iterator[int]) -> None:
        end = time.monotonic() + ATTACK_LASTS
        for count in blows:
            self.dealt.value += count
            if time.monotonic() > end:
                return

    def __enter__(self) -> Attack:
        self.process.start()
        self.wait_for(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.join()

    def wait_for(self, blows: int) -> None:
        until(lambda: self.dealt.value >= blows or not self.process.is_alive())
        assert self.process.is_alive() and self.dealt.value >= blows, self.dealt.value


def time_login(helper: Helper) -> float:
    """A whole login: seconds from its registration until the phone shows the digits."""
    watch = Stopwatch(helper.process.pid)
    login = FakeExchange(helper, origin="198.51.100.77").register()
    page = Browser(helper).finish(login)
    seconds = watch.seconds()
    assert page.pin == login.pin
    login.close()
    helper.exchanges.remove(login)
    return seconds


def addresses() -> Iterator[str]:
    """One loopback address after the other: each has an allowance of its own."""
    for number in itertools.count():
        yield f"127.{1 + number // 62500 % 200}.{number // 250 % 250}.{1 + number % 250}"


def assert_logins_go_on(helper: Helper, attack: Attack | None = None, seconds: float = 1) -> None:
    """For so long, and until it has been attacked meanwhile."""
    before = 0 if attack is None else attack.dealt.value
    end = time.monotonic() + seconds

    def is_enough() -> bool:
        assert time_login(helper) < IN_TIME
        assert attack is None or attack.process.is_alive()
        return time.monotonic() >= end and (attack is None or attack.dealt.value > before)

    assert until(is_enough, seconds + HANG), "nobody attacked meanwhile"


def crowd(port: int, size: int, make_request: Callable[[], bytes]) -> Iterator[int]:
    """
    Keeps so many connections open, each with a request and from an address of its own; opening one
    and its end are blows.
    """
    selector = selectors.DefaultSelector()
    strangers = addresses()
    count = 0
    while True:
        opened = size - count
        while count < size:
            client = socket.socket()
            client.setblocking(False)
            client.bind((next(strangers), 0))
            assert client.connect_ex(("127.0.0.1", port)) in (0, errno.EINPROGRESS)
            selector.register(client, selectors.EVENT_WRITE)
            count += 1
        ended = 0
        for key, mask in selector.select(0.05):
            if not _serve(selector, key.fileobj, mask, make_request):
                selector.unregister(key.fileobj)
                key.fileobj.close()
                ended += 1
        count -= ended
        yield ended + opened


def _serve(
    selector: selectors.BaseSelector,
    client: socket.socket,
    mask: int,
    make_request: Callable[[], bytes],
) -> bool:
    try:
        if mask & selectors.EVENT_WRITE:
            client.send(make_request())
            selector.modify(client, selectors.EVENT_READ)
            return True
        return client.recv(65536) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def exchange_bytes(helper: Helper, request: bytes) -> bytes:
    """All that comes back until the connection ends, however that may be."""
    received = b""
    with Browser(helper).connect() as client:
        try:
            client.sendall(request)
            while chunk := client.recv(65536):
                received += chunk
        except ConnectionError:
            pass
    return received


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()


def wait_for_connections(path: Path, count: int) -> None:
    until(lambda: read_number(path, "connections") == count)
    now = read_number(path, "connections")
    assert now == count, f"{now} connections, not {count}"


def resident_kib(helper: Helper) -> int:
    status = Path(f"/proc/{helper.process.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.M)
    assert found is not None
    return int(found[1])
