"""The helper and requests that are none: malformed, ambiguous, smuggled, broken off."""

from __future__ import annotations

import itertools
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import Browser, FakeExchange, Helper, Pending, enough_ms
from harness.hostile import (
    IN_TIME,
    addresses,
    exchange_bytes,
    reset,
    time_login,
    wait_for_connections,
)
from harness.status_socket import read_number

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
POST = b"POST /l/x HTTP/1.1\r\n" + FORM
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    """What ends while a test waits is not ended by its own deadline."""
    with Helper(folder, status_socket=folder / "status.sock", request_seconds=300) as made:
        yield made


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        # Where does it end? Whoever is in front may think otherwise.
        (POST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc", 400),
        (POST + b"Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\nabc", 400),
        (POST + b"Content-Length : 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
        (POST + b"Content-Length:\r\n\r\nabc", 400),
        (POST + b"Content-Length: 9223372036854775807\r\n\r\nabc", 413),
        (POST + b"Content-Length: 99999999999999999999\r\n\r\nabc", 413),
        (CHUNKED + b"ffffffffffffffff\r\n", 413),
        (CHUNKED + b"7fffffffffffffff\r\n", 413),
        (CHUNKED + b"-1\r\n", 413),
        (CHUNKED + b"zz\r\n", 413),
        (CHUNKED + b"800\r\n" + b"a" * 2048 + b"\r\n801\r\n", 413),
        (CHUNKED + b"0\r\nX: " + b"a" * 33000 + b"\r\n\r\n", 413),
        (CHUNKED + b"\r\n" * 500, 431),
        # Other protocols, and versions nobody has.
        (b"GET /healthz\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.2\r\n\r\n", 400),
        (b"GET /healthz HTTP/0.0\r\n\r\n", 400),
        (b"GET /healthz HTTP/-1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.99\r\n\r\n", 400),
        (b"GET / HTTP/-1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.10\r\nno colon\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 60 + b"\n", 400),
        # Lines and bytes where none belong.
        (b"GET /healthz HTTP/1.1\r\n folded: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX: a\r\n folded\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\n: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX : a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX\xff: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX: a\rb\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\r\n\r\n", 400),
        (b"GET /hea\0lthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX\0: a\r\n\r\n", 400),
        (b"\r\nGET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET http://a:99999/healthz HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT http://a/healthz HTTP/1.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\n" + b":\n" * 4000, 431),
        (b"GET / HTTP/1.1\r\n" + b"Cookie: a=b\r\n" * 100 + b"\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\n" + b"Cookie: a=b\r\n" * 90 + b"\r\n", 200),
        (b"\0" * 50000, 431),
    ],
    ids=lambda value: repr(value.removeprefix(POST)[:24])[2:-1] if isinstance(value, bytes) else "",
)
def test_a_malformed_request_gets_one_answer_of_ours(
    helper: Helper, request_: bytes, status: int
) -> None:
    received = exchange_bytes(helper, request_)
    assert received.startswith(b"HTTP/1.1 %d " % status), received
    assert received.count(b"HTTP/") == 1
    assert b"\r\nCache-Control: no-store\r\n" in received
    assert b"\r\nContent-Security-Policy: default-src 'none'; " in received
    assert received.count(b"\r\nConnection: close\r\n") == 1


SMUGGLERS: dict[str, Callable[[bytes], bytes]] = {
    "pipelined": lambda hidden: b"GET /healthz HTTP/1.1\r\n\r\n" + hidden,
    "pipelined by HTTP/1.0": lambda hidden: (
        b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + hidden
    ),
    "behind a HEAD": lambda hidden: b"HEAD /healthz HTTP/1.1\r\n\r\n" + hidden,
    "body of a GET": lambda hidden: (
        b"GET /healthz HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden
    ),
    "behind a body": lambda hidden: POST + b"Content-Length: 3\r\n\r\nabc" + hidden,
    "body of a POST": lambda hidden: POST + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden,
    "two lengths": lambda hidden: (
        POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden
    ),
    "length and chunks": lambda hidden: (
        POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % len(hidden)
        + hidden
    ),
    "chunks nobody knows": lambda hidden: (
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden
    ),
    "a chunk": lambda hidden: CHUNKED + b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n",
    "behind chunks": lambda hidden: CHUNKED + b"0\r\n\r\n" + hidden,
    "trailer": lambda hidden: CHUNKED + b"0\r\nX: " + hidden,
    "after CONNECT": lambda hidden: b"CONNECT a:1 HTTP/1.1\r\n\r\n" + hidden,
    "absolute form": lambda hidden: (
        b"GET http://a/healthz HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\r\n" + hidden
    ),
    "after HTTP/0.9": lambda hidden: b"GET /healthz\r\n" + hidden,
    "after HTTP/2": lambda hidden: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden,
    "upgrade": lambda hidden: (
        b"GET /healthz HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n" + hidden
    ),
    "after an error": lambda hidden: b"GET / HTTP/1.1\r\nno colon\r\n\r\n" + hidden,
    "after a NUL": lambda hidden: b"GET / HTTP/1.1\r\n\0\r\n" + hidden,
    "after an empty line": lambda hidden: b"\r\n" + hidden,
    "folded": lambda hidden: b"GET /healthz HTTP/1.1\r\nX: a\r\n " + hidden,
    "after lone CRs": lambda hidden: b"GET /healthz HTTP/1.1\rX: a\r\r" + hidden,
    "after 100 lines": lambda hidden: b"GET / HTTP/1.1\r\n" + b":\n" * 200 + b"\r\n" + hidden,
}


@pytest.mark.parametrize("carrier", SMUGGLERS.values(), ids=SMUGGLERS)
def test_what_is_smuggled_into_a_request_changes_nothing(
    helper: Helper, carrier: Callable[[bytes], bytes]
) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    token = phone.get(login.path).token
    assert token is not None
    login.expect("OPENED")
    form = f"choice=refuse&token={token}".encode()
    cookie = "; ".join(f"{name}={value}" for name, value in phone.cookies.items()).encode()
    hidden = b"POST %s HTTP/1.1\r\nCookie: %s\r\n%sContent-Length: %d\r\n\r\n%s" % (
        login.path.encode(), cookie, FORM, len(form), form
    )
    assert exchange_bytes(helper, carrier(hidden)).count(b"HTTP/") == 1
    login.expect_nothing(0.05)
    # By itself it does what it says.
    exchange_bytes(helper, hidden)
    login.expect("REPORTED")


def test_random_bytes_are_survived(helper: Helper) -> None:
    dice = random.Random(1)
    parts = [
        b"GET ", b"POST ", b"/l/", b"/callback?", b" HTTP/1.1", b"\r\n", b"\n", b"\r", b"\0", b":",
        b" ", b"\t", b"Content-Length: ", b"Transfer-Encoding: chunked", b"Expect: 100-continue",
        b"Cookie: pam_wechat_", b"=", b"&", b"%", b"7", b"ffff", b"a" * 3000, b"\xff", b"http://",
    ]
    for _ in range(1000):
        request = b"".join(dice.choices(parts, k=dice.randrange(1, 30))) + b"\r\n\r\n"
        with Browser(helper).connect() as client:
            try:
                client.sendall(request)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was cut before
    assert helper.process.poll() is None
    assert time_login(helper) < IN_TIME


# -- broken off


BROKEN_OFF = {
    "at once": b"",
    "in the first line": b"GET /heal",
    "in the headers": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX",
    "in the body": POST + b"Content-Length: 10\r\n\r\nabc",
    "in a chunk": CHUNKED + b"10\r\nabc",
    "before 100 Continue is read": POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    "before the answer is read": b"GET /healthz HTTP/1.1\r\n\r\n",
    "after too much": b"GET / HTTP/1.1\r\nX: " + b"a" * 100000,
}


@pytest.mark.parametrize("part", BROKEN_OFF.values(), ids=BROKEN_OFF)
@pytest.mark.parametrize("how", ["reset", "closed", "half closed"])
def test_connections_that_break_off_leave_nothing_behind(
    helper: Helper, folder: Path, part: bytes, how: str
) -> None:
    clients = []
    for _ in range(100):
        client = Browser(helper).connect()
        try:
            client.sendall(part)
            if how == "half closed":
                client.shutdown(socket.SHUT_WR)
                clients.append(client)
        except OSError:
            pass  # it was too much
        if how == "reset":
            reset(client)
        elif how == "closed":
            client.close()
    wait_for_connections(folder / "status.sock", 0)
    assert time_login(helper) < IN_TIME
    for client in clients:
        client.close()


@pytest.mark.parametrize("how", ["reset", "closed", "half closed"])
def test_held_answers_of_connections_that_break_off(
    helper: Helper, folder: Path, how: str
) -> None:
    """The code counts nevertheless: the phone comes back on another connection."""
    logins, clients = [], []
    for number in range(40):
        login = FakeExchange(helper, origin=str(number)).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        waiting, ticket = phone.bring_code(login)
        logins.append((login, phone, ticket))
        if how == "reset":
            reset(waiting.connection)
        elif how == "closed":
            waiting.abandon()
        else:
            waiting.connection.shutdown(socket.SHUT_WR)
            clients.append(waiting)
    wait_for_connections(folder / "status.sock", 0)
    for login, phone, ticket in logins:
        login.succeed(ticket)
        assert phone.get(login.path).pin == login.pin


def test_a_reset_meets_the_answer_on_its_way(helper: Helper, folder: Path) -> None:
    for number in range(60):
        login = FakeExchange(helper, origin=str(number)).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        waiting, ticket = phone.bring_code(login)
        login.succeed(ticket)
        reset(waiting.connection)
        login.close()
    wait_for_connections(folder / "status.sock", 0)
    assert time_login(helper) < IN_TIME


def test_a_silent_client_keeps_its_held_answer_no_longer_than_the_login(
    helper: Helper, folder: Path
) -> None:
    """Half-open: nothing ever comes from it again, not even an end."""
    silent: list[Pending] = []

    def hold(login: FakeExchange) -> None:
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        silent[:] = [phone.bring_code(login)[0] for _ in range(16)]

    left_ms = enough_ms(hold, helper, 1000)
    wait_for_connections(folder / "status.sock", 0)
    hold(FakeExchange(helper, left_ms=left_ms).register())
    assert read_number(folder / "status.sock", "connections") == 16
    wait_for_connections(folder / "status.sock", 0)
    for one in silent:
        one.abandon()


def test_clients_that_never_read_are_done_with_at_once(helper: Helper, folder: Path) -> None:
    login = FakeExchange(helper).register()
    request = b"GET " + login.path.encode() + b" HTTP/1.1\r\n\r\n"
    clients = []
    for address in itertools.islice(addresses(), 300):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        client.bind((address, 0))
        client.connect(("127.0.0.1", helper.port))
        client.sendall(request)
        clients.append(client)
    wait_for_connections(folder / "status.sock", 0)
    assert time_login(helper) < IN_TIME
    for client in clients:
        client.close()


def test_a_request_in_single_bytes_is_a_request(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    with Browser(helper).connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET {login.path} HTTP/1.1\r\nUser-Agent: MicroMessenger/8\r\n\r\n".encode():
            client.sendall(bytes([byte]))
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    login.expect("OPENED")
