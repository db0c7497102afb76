"""The helper with very many logins in hand, against one with a few."""

from __future__ import annotations

import os
import re
import resource
import socket
import statistics
import time
from pathlib import Path
from urllib.parse import quote

from harness.fake_exchange import Browser, FakeExchange, Helper, Message
from figures import Figure

MANY, FEW = 10_000, 10
PAIRS = 50  # of hand-overs, for one ratio
PUBLIC_URL = "https://login.example.com"
FILES = MANY + 5_000  # the helper asks for room for its browsers, too


class FullHelper:
    """A helper with `count` logins, each of its own origin and opened by one browser."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir()
        # One more than that comes and goes, and may not push another one out.
        self.helper = Helper(folder, max_pending=MANY + 100, public_url=PUBLIC_URL)
        self._made = 0
        self.grow(count)

    def close(self) -> None:
        self.helper.__exit__(None, None, None)

    def grow(self, count: int) -> None:
        while self._made < count:
            login = self._register()
            assert Browser(self.helper).get(login.path).token is not None
            login.expect("OPENED")
        assert self.helper.pending() == count

    def _register(self) -> FakeExchange:
        self._made += 1
        high, low = divmod(self._made, 256)
        origin = f"10.{high // 256}.{high % 256}.{low}"
        login = FakeExchange(self.helper, origin=origin, from_=origin, left_ms="300000")
        # As long as the real one.
        login.authorize_url = (
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef"
            f"&redirect_uri={quote(PUBLIC_URL + '/callback', safe='')}&response_type=code"
            f"&scope=snsapi_base&state={login.state}#wechat_redirect"
        )
        return login.register()

    def private_kib(self) -> int:
        """Its anonymous memory, which is what grows with the logins, and all of it private."""
        status = Path(f"/proc/{self.helper.process.pid}/status").read_text()
        found = re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found[1])

    def hand_over(self) -> float:
        """Milliseconds from a callback's connection until its page is there, by way of us."""
        login = self._register()
        browser = Browser(self.helper)
        browser.approve(login)
        login.expect("OPENED")
        request = (
            f"GET {login.callback()} HTTP/1.1\r\nHost: 127.0.0.1:{self.helper.port}\r\nCookie: "
            + "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
            + "\r\n\r\n"
        ).encode()
        head, tail = Message("RESULT", {"ticket": "?", "reason": "none", "pin": login.pin}) \
            .pack().split(b"%3F")
        answer = b""
        began = time.perf_counter()
        connection = socket.create_connection(("127.0.0.1", self.helper.port))
        connection.sendall(request)
        datagram = login.socket.recv(8192)
        ticket = datagram.partition(b"ticket=")[2].partition(b"\n")[0]
        login.socket.send(head + ticket + tail)
        while chunk := connection.recv(65536):
            answer += chunk
        ended = time.perf_counter()
        connection.close()
        assert browser.read(answer).pin == login.pin
        login.close()
        self.helper.exchanges.pop()
        self._made -= 1
        return (ended - began) * 1000


def measure(folder: Path, times: int, ratios_each: int) -> list[Figure]:
    """The helper is filled as often as `times` says."""
    if not _allow_files(FILES):
        return []
    kib: list[float] = []
    many_ms: list[float] = []
    few_ms: list[float] = []
    for number in range(times):
        few = FullHelper(folder / f"few{number}", FEW - 1)
        many = FullHelper(folder / f"many{number}", FEW - 1)
        try:
            before = many.private_kib()
            many.grow(MANY - 1)
            kib.append((many.private_kib() - before) / (MANY - FEW))
            _share_one_processor(many, few)
            for _ in range(ratios_each):
                pairs = [(many.hand_over(), few.hand_over()) for _ in range(PAIRS)]
                many_ms.append(statistics.median(pair[0] for pair in pairs))
                few_ms.append(statistics.median(pair[1] for pair in pairs))
        finally:
            few.close()
            many.close()
    ratios = [at_many / at_few for at_many, at_few in zip(many_ms, few_ms)]
    return [
        Figure("helper.kib_per_pending", kib, 3, f"at {MANY} logins"),
        Figure("helper.handover_many_ms", many_ms, note=f"at {MANY} logins"),
        Figure("helper.handover_few_ms", few_ms, note=f"at {FEW} logins"),
        Figure("helper.handover_ratio", ratios, 1.3),
    ]


def _share_one_processor(*helpers: FullHelper) -> None:
    """Waking another processor takes longer than all that is measured, or nothing at all."""
    processor = {min(os.sched_getaffinity(0))}
    for pid in (0, *(full.helper.process.pid for full in helpers)):
        os.sched_setaffinity(pid, processor)


def _allow_files(wanted: int) -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return True
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (OSError, ValueError):
        print(f"The helper's figures need {wanted} open files, and {hard} are allowed.")
        return False
    return True
