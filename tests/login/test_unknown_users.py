"""Nobody learns from ssh who exists, who is enrolled, or who may sign in."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pexpect
import pytest

from harness.site import Site
from harness.sshd import Sshd
from harness.system_log import SystemLog
from harness.timing import Times, lasting_difference
from harness.transcript import masked
from simulator import Phone, WeChat

KEYBOARD = "AuthenticationMethods keyboard-interactive"
UNKNOWN = "unknown user"
ROOT = "root, who isn't permitted"
UNENROLLED = "user who isn't enrolled"
ENROLLED = "enrolled user, another WeChat"
USERS = {UNKNOWN: "mallory", ROOT: "root", UNENROLLED: "carol", ENROLLED: "alice"}
SCAN = "(the phone)"


@pytest.fixture(params=["no", "prohibit-password"])
def sshd(site: Site, request: pytest.FixtureRequest) -> Iterator[Sshd]:
    permit = f"PermitRootLogin {request.param}"
    with Sshd(site, "sshd-strict", site.line(), KEYBOARD, permit) as made:
        yield made


@dataclass
class Seen:
    """One refused login as the person at the terminal and the one with the phone saw it."""

    terminal: list[str]
    phone: list[str]
    status: int | None


def log_in(sshd: Sshd, wechat: WeChat, user: str, typed: list[str]) -> Seen:
    """Types what is to be typed; in the place of SCAN bob scans, who is linked to himself alone."""
    phone = Phone(wechat, "bob", language="en")
    with sshd.login(user, "id", "-un") as terminal:
        link = terminal.wait_for_login().link
        for number, answer in enumerate(typed):
            if answer == SCAN:
                phone.sign_in(link)
                continue
            terminal.type(answer)
            if number + 1 < len(typed):
                terminal.wait_for_login()
        terminal.rest()
        pages = [re.sub(r"\d+( 秒，至 | seconds, until )\d\d:\d\d:\d\d", "TIME", page.text.replace(user, "USER"))
                 for page in phone.history if not page.url.startswith(wechat.open_url)]
        return Seen(masked(terminal.transcript, user), pages, terminal.status)


@pytest.mark.parametrize("typed", [
    [SCAN, "1234"],
    [SCAN, "x"],
    [SCAN, "a longer answer than any code"],
    ["1234", "1234", "1234"],
    ["x", "x", "x"],
    ["", "x", "", SCAN, "1234"],
    ["1234", "", SCAN, "x"],
    [""] * 8,
    ["", "1234", "", "x", "", "12345678901234567890"],
], ids=lambda typed: "-".join(answer or "empty" for answer in typed))
def test_everybody_who_is_refused_sees_the_same(
    site: Site, wechat: WeChat, sshd: Sshd, typed: list[str]
) -> None:
    seen = {kind: log_in(sshd, wechat, user, typed) for kind, user in USERS.items()}
    first = seen[UNKNOWN]
    assert first.status == 255
    assert any("USER@127.0.0.1: Permission denied" in line for line in first.terminal)
    assert sum(line.startswith("QR 33") for line in first.terminal) >= 17
    assert (SCAN in typed) == any("may not sign in here" in page for page in first.phone)
    for kind in (ROOT, UNENROLLED, ENROLLED):
        assert seen[kind] == first, kind


def test_the_refused_are_told_apart_by_the_log_alone(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    with Sshd(site, "sshd-strict", site.line(), KEYBOARD, "PermitRootLogin no") as sshd:
        for user in USERS.values():
            log_in(sshd, wechat, user, [SCAN, "1234"])
    lines = [line for line in system_log.lines[mark:] if "result=refused" in line]
    assert len(lines) == 4
    assert [("user=alice " in line) for line in lines] == [False, False, False, True]
    assert all("user=(unlisted) " in line for line in lines[:3])


def test_a_difference_of_what_is_shown_is_seen() -> None:
    """The masks hide what is random, and nothing else."""
    one = "\r\n▄▄▄ █\r\nlook\r\nhttp://127.0.0.1:1/l/abcdefghijkl\r\n(alice@h) Code: "
    assert masked(one.encode(), "alice") == masked(
        one.replace("▄▄▄ █", "█ ▄ ▀").replace("abcdefghijkl", "ABCDEFGHIJK9")
        .replace("alice", "bob").encode(), "bob",
    )
    for was, is_now in (("look", "Look"), ("▄▄▄ █", "▄▄▄ ██"), ("▄▄▄ █\r\n", ""), ("\r", ""),
                        ("abcdefghijkl", "abcdefghijk"), ("Code: ", "Code:"), (":1/", ":2/")):
        assert masked(one.replace(was, is_now).encode(), "alice") != masked(one.encode(), "alice")


class Stopwatch:
    """
    Measures one refused login. sshd itself waits for some milliseconds that depend on the user's
    name and its host key: hence a new sshd, with a new key, for each turn of the four; and after
    the refusal ssh shall not try again, which sshd would let it wait for, too.
    """

    ONCE = ("-o", "NumberOfPasswordPrompts=1")

    def __init__(self, site: Site, wechat: WeChat) -> None:
        self.site = site
        self.wechat = wechat
        self.numbers = itertools.count()
        self.sshd: Sshd | None = None
        self.measured = 0

    def __enter__(self) -> Stopwatch:
        return self

    def __exit__(self, *_: object) -> None:
        if self.sshd is not None:
            self.sshd.__exit__()

    def measure(self, kind: str) -> Times:
        if self.measured % len(USERS) == 0:
            self.__exit__()
            name = f"sshd-timed-{next(self.numbers)}"
            self.sshd = Sshd(self.site, name, self.site.line(), KEYBOARD, "PermitRootLogin no")
            self.sshd.__enter__()
        self.measured += 1
        assert self.sshd is not None
        began = time.monotonic()
        with self.sshd.login(USERS[kind], "id", "-un", options=self.ONCE) as terminal:
            link = terminal.wait_for_login().link
            shown = time.monotonic()
            Phone(self.wechat, "bob").sign_in(link)
            typed = time.monotonic()
            terminal.type("1234")
            terminal.process.expect(pexpect.EOF)
            ended = time.monotonic()
        return {"from the start of ssh to the prompt": shown - began,
                "from the answer to the end": ended - typed}


def test_everybody_who_is_refused_waits_equally_long(site: Site, wechat: WeChat) -> None:
    with Stopwatch(site, wechat) as stopwatch:
        assert lasting_difference(stopwatch.measure, list(USERS)) is None


def busy_machine(noise: random.Random, slower: dict[str, float]) -> Callable[[str], Times]:
    """180 ms a login, and now and then another program's time."""
    def measure(kind: str) -> Times:
        others = noise.uniform(0, 0.4) if noise.random() < 0.2 else 0
        return {"it": 0.18 + slower.get(kind, 0) + noise.uniform(0, 0.015) + others}

    return measure


@pytest.mark.parametrize("seed", range(10))
def test_the_comparison_bears_noise_and_sees_50_ms(seed: int) -> None:
    noise = random.Random(seed)
    kinds = list(USERS)
    assert lasting_difference(busy_machine(noise, {}), kinds) is None
    for kind in kinds:
        found = lasting_difference(busy_machine(noise, {kind: 0.05}), kinds)
        assert found is not None and found.startswith(f"it: {kind}")
        others = {other: 0.05 for other in kinds if other != kind}
        found = lasting_difference(busy_machine(noise, others), kinds)
        assert found is not None and f", {kind} " in found


@pytest.mark.parametrize("seed", range(20))
def test_times_that_vary_by_more_than_they_differ_are_alike(seed: int) -> None:
    noise = random.Random(seed)

    def measure(kind: str) -> Times:
        return {"it": noise.uniform(0.008, 0.016)}

    assert lasting_difference(measure, list(USERS)) is None


@pytest.mark.parametrize(("slower", "is_seen"), [(0.0009, False), (0.0015, True)])
def test_of_short_times_a_millisecond_counts(slower: float, is_seen: bool) -> None:
    def measure(kind: str) -> Times:
        return {"it": 0.003 + (slower if kind == UNENROLLED else 0)}

    assert (lasting_difference(measure, list(USERS)) is not None) == is_seen


def test_a_difference_that_lasts_is_measured_again_and_found() -> None:
    calls: list[str] = []

    def measure(kind: str) -> Times:
        calls.append(kind)
        return {"either": 0.1, "other": 0.15 if kind == ROOT else 0.1}

    found = lasting_difference(measure, list(USERS))
    assert found is not None and found.startswith(f"other: {ROOT}") and "of 60 each" in found
    assert [calls.count(kind) for kind in USERS] == [60] * 4


def test_a_difference_that_passes_is_none() -> None:
    calls: list[str] = []

    def measure(kind: str) -> Times:
        calls.append(kind)
        return {"either": 0.15 if kind == ROOT and len(calls) <= 64 else 0.1}

    assert lasting_difference(measure, list(USERS)) is None
    assert len(calls) == 160
