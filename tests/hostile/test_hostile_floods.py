"""The helper under attack by many at once: other logins go on in time."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import Browser, FakeExchange, Helper
from harness.hostile import (
    IN_TIME,
    Attack,
    addresses,
    assert_logins_go_on,
    crowd,
    resident_kib,
    time_login,
    wait_for_connections,
)
from harness.status_socket import read_number
from harness.stopwatch import Stopwatch, cpu_seconds
from harness.waiting import HANG, until

MANY = 1000


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    """Its own deadline ends none of the connections that a slow machine takes long to make."""
    with Helper(folder, status_socket=folder / "status.sock", request_seconds=300) as made:
        yield made


def connect_many(helper: Helper, count: int) -> list[socket.socket]:
    return [Browser(helper).connect() for _ in range(count)]


def close_all(clients: list[socket.socket]) -> None:
    for client in clients:
        client.close()


# -- many connections


def test_logins_go_on_beside_a_thousand_idle_connections(helper: Helper, folder: Path) -> None:
    idle = connect_many(helper, MANY)
    assert_logins_go_on(helper)
    assert read_number(folder / "status.sock", "connections") == MANY
    close_all(idle)


def test_logins_go_on_beside_a_thousand_busy_connections(helper: Helper) -> None:
    def request() -> bytes:
        return b"GET /l/ABCDEFabcdef HTTP/1.1\r\n\r\n"

    with Attack(crowd(helper.port, MANY, request)) as attack:
        attack.wait_for(MANY)
        assert_logins_go_on(helper, attack, seconds=2)


def test_many_logins_begin_at_once_beside_a_thousand_busy_connections(helper: Helper) -> None:
    with Attack(crowd(helper.port, MANY, lambda: b"GET /healthz HTTP/1.1\r\n\r\n")) as attack:
        attack.wait_for(2 * MANY)
        watch = Stopwatch(helper.process.pid)
        logins = [FakeExchange(helper, origin=str(number)) for number in range(100)]
        for login in logins:
            login.send(login.registration())
        for login in logins:
            login.expect("REGISTERED")
        assert watch.seconds() < IN_TIME


def test_logins_go_on_while_a_thousand_held_answers_wait(helper: Helper, folder: Path) -> None:
    held = []
    for number in range(63):
        login = FakeExchange(helper, origin=str(number)).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        held += [phone.bring_code(login) for _ in range(16)]
    assert read_number(folder / "status.sock", "connections") == 63 * 16
    assert_logins_go_on(helper)
    for waiting, _ in held:
        waiting.abandon()


def drip(port: int, count: int) -> Iterator[int]:
    """A byte a second each, for ever."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    while True:
        for client in clients:
            try:
                client.send(b"G")
            except OSError:
                pass
        yield count
        time.sleep(1)


def test_drips_are_cut_at_the_absolute_deadline(folder: Path) -> None:
    status = folder / "status.sock"
    with Helper(folder, status_socket=status, request_seconds=3) as helper:
        begin = time.monotonic()
        with Attack(drip(helper.port, 300)) as attack:
            assert_logins_go_on(helper, attack, seconds=2)
            wait_for_connections(status, 0)
            assert time.monotonic() - begin >= 3
            # They drip on: a deadline that each byte puts off never comes.
            assert attack.process.is_alive()


# -- all places taken


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["nothing", "half a request"])
def test_a_phone_gets_a_place_when_idle_connections_hold_all(folder: Path, sent: bytes) -> None:
    status = folder / "status.sock"
    with Helper(folder, status_socket=status, max_connections=200) as helper:
        # As soon as one is cut, the next is there.
        with Attack(crowd(helper.port, 300, lambda: sent)) as attack:
            attack.wait_for(200)
            assert_logins_go_on(helper, attack, seconds=3)
            seen: list[int] = []

            def is_full() -> bool:
                seen.append(read_number(status, "connections"))
                return seen[-1] >= 190

            assert until(is_full) and max(seen) <= 201


def test_held_answers_keep_their_places(folder: Path) -> None:
    with Helper(folder, max_connections=4) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        held = [phone.bring_code(login) for _ in range(4)]
        late = Browser(helper).begin("GET", "/healthz")
        assert not late.is_answered(0.5)
        for waiting, ticket in held:
            assert not waiting.is_answered(0.01)
            login.result(ticket, "code")
            assert waiting.answer().status == 200
        assert late.answer().status == 200


def test_more_phones_at_once_than_places_are_all_served(folder: Path) -> None:
    """Whose request is on its way must not be taken for idle."""
    with Helper(folder, max_connections=10) as helper:
        for _ in range(5):
            waiting = [Browser(helper).begin("GET", "/healthz") for _ in range(300)]
            assert {one.answer().status for one in waiting} == {200}


# -- requests that lead nowhere


def guess(helper: Helper, login: FakeExchange) -> Iterator[int]:
    """
    Links, states, cookies and tokens, unknown or forged, but in their right shape; from many
    addresses, so that none is refused as a flood.
    """
    own = Browser(helper)
    token = own.get(login.path).token
    assert token is not None
    for address in addresses():
        own.address = address
        stranger = Browser(helper, address=address)
        path = f"/l/{secrets.token_hex(6)}"
        stranger.cookies = {f"pam_wechat_{login.id}": secrets.token_hex(16)}
        answers = [
            Browser(helper, address=address).get(path),
            Browser(helper, address=address).get(
                f"/callback?code=C0de&state={secrets.token_hex(16)}"
            ),
            stranger.get(login.callback("forged")),
        ]
        assert [answer.status for answer in answers] == [404, 404, 200]
        stranger.cookies = {f"pam_wechat_{login.id}": secrets.token_hex(16)}
        answers = [
            stranger.post(login.path, token=token, choice="continue"),
            own.post(login.path, token=secrets.token_hex(16), choice="refuse"),
            Browser(helper, address=address).post(login.path, token=token, choice="refuse"),
        ]
        assert [answer.heading for answer in answers] == ["Is this you signing in?"] * 3
        yield 6


def test_guesses_lead_nowhere_however_many(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    with Attack(guess(helper, login)) as attack:
        attack.wait_for(2000)
        assert_logins_go_on(helper, attack)
    login.expect_nothing()
    # Every guess was a new browser; the one that had approved is still known.
    waiting, ticket = phone.bring_code(login)
    login.succeed(ticket)
    assert waiting.answer().pin == login.pin


def send_too_much(port: int, head: bytes) -> Iterator[int]:
    """Ten megabytes at a time, unless stopped."""
    while True:
        with socket.create_connection(("127.0.0.1", port)) as client:
            try:
                client.sendall(head + b"a" * 10_000_000)
            except ConnectionError:
                yield 1


@pytest.mark.parametrize(
    "head",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nX: ",
        b"POST /l/x HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n",
        b"POST /l/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\n",
    ],
    ids=["line", "header", "body", "chunk"],
)
def test_ten_megabytes_are_stopped_and_not_kept(helper: Helper, head: bytes) -> None:
    time_login(helper)
    before = resident_kib(helper)
    with Attack(send_too_much(helper.port, head)) as attack:
        attack.wait_for(20)
        assert_logins_go_on(helper, attack)
        assert resident_kib(helper) - before < 1024


def test_thousands_of_empty_headers_are_not_kept(helper: Helper) -> None:
    """Sixteen kilobytes could become a megabyte of headers, for each connection."""
    clients = connect_many(helper, MANY)
    before = resident_kib(helper)
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\n" + b":\n" * 95)
    assert_logins_go_on(helper)
    most = resident_kib(helper) - before
    for client in clients:
        try:
            client.sendall(b":\n" * 6000)
        except ConnectionError:
            pass
    assert_logins_go_on(helper)
    assert most < 32 * 1024
    assert resident_kib(helper) - before < 32 * 1024
    close_all(clients)


# -- signals


def test_logins_go_on_through_a_storm_of_hangups(helper: Helper) -> None:
    def storm() -> Iterator[int]:
        while True:
            os.kill(helper.process.pid, signal.SIGHUP)
            yield 1
            time.sleep(0.0005)

    with Attack(storm()) as attack:
        attack.wait_for(50)
        assert_logins_go_on(helper, attack, seconds=2)
    assert helper.log().count("the configuration was read anew") > 50


def test_a_bad_configuration_in_a_storm_of_hangups_changes_nothing(helper: Helper) -> None:
    good = helper.conf_path.read_text()

    def storm() -> Iterator[int]:
        while True:
            for text in (good, good + "junk\n", good):
                helper.conf_path.write_text(text)
                os.kill(helper.process.pid, signal.SIGHUP)
                time.sleep(0.001)
                yield 1

    with Attack(storm()) as attack:
        attack.wait_for(50)
        assert_logins_go_on(helper, attack)
    assert re.search(r"the old configuration stays: .*helper\.conf:\d+: ", helper.log())
    assert "the configuration was read anew" in helper.log()


@pytest.mark.parametrize(
    "request_", [b"GET /healthz HTTP/1.1\r\n\r\n", b"", b"GET /"], ids=["busy", "idle", "half"]
)
def test_a_flood_does_not_keep_the_helper_from_stopping(
    helper: Helper, request_: bytes
) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    waiting, _ = phone.bring_code(login)
    with Attack(crowd(helper.port, 500, lambda: request_)) as attack:
        helper.process.terminate()
        assert waiting.answer().status == 503
        assert helper.process.wait(HANG) == 0
        assert attack.process.is_alive()


# -- the cost of what merely lies about


def spend(helper: Helper, requests: int) -> float:
    before = cpu_seconds(helper.process.pid)
    for _ in range(requests):
        assert Browser(helper).get("/healthz").status == 200
    return cpu_seconds(helper.process.pid) - before


def test_a_request_costs_the_same_beside_ten_and_four_thousand_connections(folder: Path) -> None:
    with Helper(folder, request_seconds=300) as helper:
        idle = connect_many(helper, 10)
        spend(helper, 200)
        few = min(spend(helper, 1000) for _ in range(2))
        idle += connect_many(helper, 3900)
        spend(helper, 200)
        many = min(spend(helper, 1000) for _ in range(2))
        assert many < 2 * few
        close_all(idle)


def test_logins_go_on_beside_thousands_that_wait(helper: Helper) -> None:
    for number in range(6000):
        FakeExchange(helper, origin=str(number // 16)).register()
    assert helper.pending() == 6000
    assert_logins_go_on(helper)
