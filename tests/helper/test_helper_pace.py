"""Too many requests of one address are refused; nobody else notices."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.fake_exchange import Answer, Browser, FakeExchange, Helper
from harness.host import Host
from harness.hostile import Attack, assert_logins_go_on
from harness.site import Site
from harness.waiting import HANG, until
from simulator import Phone, WeChat

FLOODER = "127.0.0.66"
NOWHERE = "/l/ABCDEFabcdef"
# Less than any allowance, more than what comes back while a slow machine asks a few times.
A_FEW = 50


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as made:
        yield made


@pytest.fixture()
def proxied(folder: Path) -> Iterator[Helper]:
    with Helper(folder, trusted_proxy="127.0.0.1") as made:
        yield made


def flood(port: int, address: str = FLOODER) -> Iterator[int]:
    """Asks for what is not there; each refusal for asking too often is a blow."""
    request = f"GET {NOWHERE} HTTP/1.1\r\n\r\n".encode()
    while True:
        with socket.create_connection(("127.0.0.1", port), HANG, (address, 0)) as client:
            client.sendall(request)
            received = b"".join(iter(lambda: client.recv(65536), b""))
            yield int(received.startswith(b"HTTP/1.1 429 "))


@dataclass(frozen=True)
class Allowance:
    """helper/login/rate_limit.h: requests at once, and milliseconds until there is one more."""

    burst: int
    ms: int

    def spend(self, ask: Callable[[], Answer], asked: int = 0) -> None:
        """Asks until it is refused; `asked` were before. Each second brings some more."""
        began = time.monotonic()
        number = asked
        while ask().status != 429:
            number += 1
            assert number < 5000
        most = self.burst + (time.monotonic() - began) * 1000 / self.ms + 1
        assert self.burst <= number <= most


OF_A_STRANGER = Allowance(200, 100)
OF_A_LOGIN = Allowance(60, 200)


def spend(browser: Browser, path: str, allowance: Allowance = OF_A_STRANGER, **headers: str) -> None:
    allowance.spend(lambda: browser.get(path, **headers))


def use_up(ask: Callable[[], Answer]) -> None:
    while ask().status != 429:
        pass


def is_used_up(ask: Callable[[], Answer]) -> bool:
    """Some may be allowed that came back since; never as many as somebody new has."""
    return any(ask().status == 429 for _ in range(A_FEW))


def is_refused(helper: Helper, forwarded_for: str, path: str = NOWHERE) -> bool:
    return is_used_up(lambda: Browser(helper).get(path, X_Forwarded_For=forwarded_for))


# -- who goes on while somebody floods


def test_logins_go_on_elsewhere_while_one_address_floods(helper: Helper) -> None:
    with Attack(flood(helper.port)) as attack:
        assert_logins_go_on(helper, attack)
        assert Browser(helper).get(NOWHERE).status == 404


def test_a_person_at_the_flooders_own_address_logs_in(helper: Helper) -> None:
    with Attack(flood(helper.port)) as attack:
        for _ in range(3):
            before = attack.dealt.value
            login = FakeExchange(helper).register()
            assert Browser(helper, address=FLOODER).finish(login).pin == login.pin
            attack.wait_for(before + 10)
        assert is_used_up(lambda: Browser(helper, address=FLOODER).get(NOWHERE))


def test_a_real_login_at_the_flooders_own_address(site: Site, wechat: WeChat) -> None:
    phone = Phone(wechat, "alice", address=FLOODER)
    with Attack(flood(site.port)) as attack, Host(site, "alice") as login:
        before = attack.dealt.value
        pin = phone.sign_in(login.link())
        assert login.type(pin or "") == "PAM_SUCCESS"
        attack.wait_for(before + 10)
    assert "too many requests from " + FLOODER in site.helper_log()


def test_a_flood_takes_no_browsers_place_in_a_login_that_it_does_not_know(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper, address=FLOODER)
    token = phone.get(login.path).token
    with Attack(flood(helper.port)) as attack:
        attack.wait_for(200)
    assert token is not None
    # The form that it was given before still counts.
    assert phone.post(login.path, token=token, choice="continue").status == 303


# -- what is charged to whom


def test_a_stranger_has_two_hundred_at_once(helper: Helper) -> None:
    spend(Browser(helper), NOWHERE)
    for path in ("/favicon.ico", "/", "/callback?code=C0de&state=" + "0" * 32):
        assert is_used_up(lambda: Browser(helper).get(path))
    assert is_used_up(lambda: Browser(helper).begin("HEAD", "/favicon.ico").answer())
    assert is_used_up(lambda: Browser(helper).post(NOWHERE, choice="refuse"))
    assert Browser(helper, address=FLOODER).get("/healthz", X_Forwarded_For="x").status == 200


def test_a_flood_with_a_living_link_is_refused_for_that_login_at_that_address(
    helper: Helper,
) -> None:
    login, other = (FakeExchange(helper).register() for _ in range(2))
    spend(Browser(helper), login.path, OF_A_LOGIN)
    assert Browser(helper).get("/healthz", X_Forwarded_For="x").status == 200
    assert Browser(helper).get(other.path).status == 200
    assert Browser(helper, address=FLOODER).get(login.path).status == 200
    assert Browser(helper, address=FLOODER).finish(login).pin == login.pin


@pytest.mark.parametrize("query", [
    {}, {"code": ""}, {"state": "", "code": "authdeny", "reason": "its state"},
], ids=["code", "cancelled", "cancelled in an old client"])
def test_callbacks_and_the_link_of_a_login_have_one_allowance(
    helper: Helper, query: dict[str, str]
) -> None:
    login = FakeExchange(helper).register()
    if "reason" in query:
        query = query | {"reason": login.state}
    callback = login.callback(**query)
    assert Browser(helper).get(callback).status == 200
    OF_A_LOGIN.spend(lambda: Browser(helper).get(login.path), asked=1)
    assert is_used_up(lambda: Browser(helper).get(callback))
    assert Browser(helper).get(NOWHERE).status == 404


def test_what_is_over_is_a_strangers_request(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    login.close()
    assert helper.wait_for_pending(0)
    spend(Browser(helper), login.path)


def test_nothing_is_done_for_what_is_refused(helper: Helper) -> None:
    for _ in range(10):
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        token = phone.get(login.path).token
        phone.approve(login)
        login.expect("OPENED")
        use_up(lambda: phone.get(login.path))
        assert token is not None
        if (phone.post(login.path, token=token, choice="refuse").status == 429
                and phone.get(login.callback()).status == 429):
            login.expect_nothing()
            return
        # One had come back in between: this machine is slow now.
    raise AssertionError("neither was ever refused")


def test_this_machine_may_always_ask_for_its_health(helper: Helper) -> None:
    spend(Browser(helper), NOWHERE)
    for _ in range(300):
        assert Browser(helper).get("/healthz").status == 200
    use_up(lambda: Browser(helper).get(NOWHERE))
    assert is_refused(helper, "203.0.113.7", "/healthz")


# -- whose address counts


def test_behind_a_trusted_proxy_the_forwarded_address_counts(proxied: Helper) -> None:
    spend(Browser(proxied), NOWHERE, X_Forwarded_For="203.0.113.7")
    assert is_refused(proxied, "198.51.100.1, 203.0.113.7")
    assert not is_refused(proxied, "203.0.113.8")
    assert Browser(proxied).get(NOWHERE).status == 404


def test_a_stranger_has_not_as_many_addresses_as_he_says(helper: Helper) -> None:
    numbers = itertools.count()
    OF_A_STRANGER.spend(lambda: Browser(helper).get(
        NOWHERE, X_Forwarded_For=f"203.0.{next(numbers) // 256}.{next(numbers) % 256}"))


def test_ipv6_neighbours_count_as_one(proxied: Helper) -> None:
    numbers = itertools.count()
    OF_A_STRANGER.spend(lambda: Browser(proxied).get(
        NOWHERE, X_Forwarded_For=f"2001:db8:1:2:{next(numbers):x}::1"))
    assert is_refused(proxied, "2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert not is_refused(proxied, "2001:db8:1:3::1")


# -- the refusal


def test_the_refusal_says_when_to_come_back_in_our_clothes(helper: Helper) -> None:
    spend(Browser(helper), NOWHERE)
    answers: list[Answer] = []

    def ask() -> Answer:
        answers.append(Browser(helper).get(NOWHERE))
        return answers[-1]

    assert is_used_up(ask)
    answer = answers[-1]
    assert answer.header("Retry-After") == "2"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Connection") == "close"
    assert "default-src 'none'" in (answer.header("Content-Security-Policy") or "")
    assert answer.header("Set-Cookie") is None
    assert answer.body.startswith("<!DOCTYPE html>")
    # It keeps its word.
    time.sleep(2)
    assert Browser(helper).get(NOWHERE).status == 404


def test_after_the_pause_a_login_goes_on(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    use_up(lambda: phone.get(login.path))
    assert until(lambda: phone.get(login.path).status == 200)
    assert until(lambda: phone.post(login.path, choice="continue").status == 200)


def test_the_log_names_the_flooder_once_and_no_links(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    spend(Browser(helper, address=FLOODER), login.path, OF_A_LOGIN)
    with Attack(flood(helper.port)) as attack:
        attack.wait_for(200)
    log = helper.log()
    assert log.count("too many requests from") == 1
    assert f"too many requests from {FLOODER}: " in log
    assert "/l/" not in log and login.id not in log
