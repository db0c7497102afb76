"""Too many requests of one address are refused; nobody else notices."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.fake_exchange import Browser, FakeExchange, Helper
from e2e.hostile import Attack, assert_logins_go_on
from harness.host import Host
from harness.site import Site
from harness.waiting import until
from simulator import Phone, WeChat

FLOODER = "127.0.0.66"
NOWHERE = "/l/ABCDEFabcdef"
# At once, and some that come by while a slow machine asks.
OF_A_STRANGER = range(200, 260)
OF_A_LOGIN = range(60, 90)


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
        with socket.create_connection(("127.0.0.1", port), 5, (address, 0)) as client:
            client.sendall(request)
            received = b"".join(iter(lambda: client.recv(65536), b""))
            yield int(received.startswith(b"HTTP/1.1 429 "))


def spend(browser: Browser, path: str, **headers: str) -> int:
    """Asks until it is refused: how many answers came before that."""
    for number in range(1000):
        if browser.get(path, **headers).status == 429:
            return number
    raise AssertionError("a thousand were allowed")


def is_refused(helper: Helper, forwarded_for: str, path: str = NOWHERE) -> bool:
    return Browser(helper).get(path, X_Forwarded_For=forwarded_for).status == 429


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
        assert Browser(helper, address=FLOODER).get(NOWHERE).status == 429


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
    assert spend(Browser(helper), NOWHERE) in OF_A_STRANGER
    for path in ("/favicon.ico", "/", "/callback?code=C0de&state=" + "0" * 32):
        assert Browser(helper).get(path).status == 429
    assert Browser(helper).begin("HEAD", "/favicon.ico").answer().status == 429
    assert Browser(helper).post(NOWHERE, choice="refuse").status == 429
    assert Browser(helper, address=FLOODER).get("/healthz", X_Forwarded_For="x").status == 200


def test_a_flood_with_a_living_link_is_refused_for_that_login_at_that_address(
    helper: Helper,
) -> None:
    login, other = (FakeExchange(helper).register() for _ in range(2))
    assert spend(Browser(helper), login.path) in OF_A_LOGIN
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
    assert spend(Browser(helper), login.path) in range(OF_A_LOGIN.start - 1, OF_A_LOGIN.stop)
    assert Browser(helper).get(callback).status == 429
    assert Browser(helper).get(NOWHERE).status == 404


def test_what_is_over_is_a_strangers_request(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    login.close()
    assert helper.wait_for_pending(0, 2)
    assert spend(Browser(helper), login.path) in OF_A_STRANGER


def test_nothing_is_done_for_what_is_refused(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    token = phone.get(login.path).token
    phone.approve(login)
    login.expect("OPENED")
    spend(phone, login.path)
    assert token is not None
    assert phone.post(login.path, token=token, choice="refuse").status == 429
    assert phone.get(login.callback()).status == 429
    login.expect_nothing()


def test_this_machine_may_always_ask_for_its_health(helper: Helper) -> None:
    spend(Browser(helper), NOWHERE)
    for _ in range(300):
        assert Browser(helper).get("/healthz").status == 200
    assert is_refused(helper, "203.0.113.7", "/healthz")


# -- whose address counts


def test_behind_a_trusted_proxy_the_forwarded_address_counts(proxied: Helper) -> None:
    assert spend(Browser(proxied), NOWHERE, X_Forwarded_For="203.0.113.7") in OF_A_STRANGER
    assert is_refused(proxied, "198.51.100.1, 203.0.113.7")
    assert not is_refused(proxied, "203.0.113.8")
    assert Browser(proxied).get(NOWHERE).status == 404


def test_a_stranger_has_not_as_many_addresses_as_he_says(helper: Helper) -> None:
    for number in range(OF_A_STRANGER.stop):
        if is_refused(helper, f"203.0.113.{number}"):
            break
    assert number in OF_A_STRANGER


def test_ipv6_neighbours_count_as_one(proxied: Helper) -> None:
    for number in range(OF_A_STRANGER.stop):
        if is_refused(proxied, f"2001:db8:1:2:{number:x}::1"):
            break
    assert number in OF_A_STRANGER
    assert is_refused(proxied, "2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert not is_refused(proxied, "2001:db8:1:3::1")


# -- the refusal


def test_the_refusal_says_when_to_come_back_in_our_clothes(helper: Helper) -> None:
    spend(Browser(helper), NOWHERE)
    began = time.monotonic()
    answer = Browser(helper).get(NOWHERE)
    assert answer.status == 429
    assert answer.header("Retry-After") == "2"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Connection") == "close"
    assert "default-src 'none'" in (answer.header("Content-Security-Policy") or "")
    assert answer.header("Set-Cookie") is None
    assert answer.body.startswith("<!DOCTYPE html>")
    # It keeps its word, whoever asks in between.
    assert until(lambda: Browser(helper).get(NOWHERE).status == 404, 2)
    assert time.monotonic() - began <= 2


def test_after_the_pause_a_login_goes_on(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    spend(phone, login.path)
    assert until(lambda: phone.get(login.path).status == 200, 2)
    assert until(lambda: phone.post(login.path, choice="continue").status == 200, 2)


def test_the_log_names_the_flooder_once_and_no_links(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    spend(Browser(helper, address=FLOODER), login.path)
    with Attack(flood(helper.port)) as attack:
        attack.wait_for(200)
    log = helper.log()
    assert log.count("too many requests from") == 1
    assert f"too many requests from {FLOODER}: " in log
    assert "/l/" not in log and login.id not in log
