"""The helper as a daemon: configuration, limits, signals, systemd, headers of every answer."""

from __future__ import annotations

import os
import pwd
import re
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.fake_exchange import PROGRAM, Browser, FakeExchange, Helper
from harness.hostile import wait_for_connections
from harness.stopwatch import Stopwatch, cpu_seconds
from harness.waiting import HANG, until


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as made:
        yield made


# -- what every answer carries


def assert_in_our_clothes(helper: Helper, request: bytes, status: int) -> None:
    answer = Browser(helper).send(request).answer()
    assert answer.status == status
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Connection") == "close"
    assert answer.header("Strict-Transport-Security") is None
    policy = answer.header("Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    if status not in (200, 303):
        assert answer.body.startswith("<!DOCTYPE html>")
        assert answer.header("Content-Type") == "text/html; charset=utf-8"
        assert answer.header("Content-Length") == str(len(answer.body.encode()))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /l/ HTTP/1.1\r\n\r\n", 404),
        (b"GET /l/a/b HTTP/1.1\r\n\r\n", 404),
        (b"GET //healthz HTTP/1.1\r\n\r\n", 404),
        (b"GET /style.css HTTP/1.1\r\n\r\n", 404),
        (b"GET /callback HTTP/1.1\r\n\r\n", 404),
        (b"GET /callback?code=a&code=b HTTP/1.1\r\n\r\n", 400),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /callback HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"PUT /l/abc HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"DELETE / HTTP/1.1\r\n\r\n", 405),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", 405),
        (b"TRACE / HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT a:1 HTTP/1.1\r\n\r\n", 405),
        (b"GET http://a/healthz HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n", 200),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nContent-Length: 4097\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n", 413),
        (b"POST / HTTP/1.1\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 417),
        (b"GET /" + b"a" * 2048 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 32768 + b"\r\n\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 32000 + b"\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 2500 + b"\r\n", 431),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 33000, 431),
    ],
    ids=lambda value: value[:20].decode() if isinstance(value, bytes) else str(value),
)
def test_every_answer_wears_our_clothes(helper: Helper, request_: bytes, status: int) -> None:
    assert_in_our_clothes(helper, request_, status)


def test_every_page_of_a_login_wears_our_clothes(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    path = login.path.encode()
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    post = b"POST " + path + b" HTTP/1.1\r\n"
    assert_in_our_clothes(helper, b"GET " + path + b" HTTP/1.1\r\n\r\n", 200)
    assert_in_our_clothes(helper, post + form + b"Content-Length: 13\r\n\r\nchoice=refuse", 200)
    assert_in_our_clothes(helper, post + form + b"Content-Length: 8\r\n\r\nchoice=x", 400)
    assert_in_our_clothes(helper, post + b"Content-Length: 13\r\n\r\nchoice=refuse", 400)
    twice = b"Content-Length: 29\r\n\r\nchoice=refuse&choice=continue"
    assert_in_our_clothes(helper, post + form + twice, 400)


def test_the_style_is_in_the_page_and_allowed_by_a_nonce_of_its_own(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    nonces = set()
    for path in (login.path, "/gone", login.path):
        answer = Browser(helper).get(path)
        (nonce,) = re.findall(r'<style nonce="([0-9A-Za-z]{22})">', answer.body)
        policy = answer.header("Content-Security-Policy")
        assert policy is not None and f"style-src 'nonce-{nonce}';" in policy
        assert "unsafe" not in policy and "style=" not in answer.body
        nonces.add(nonce)
    assert len(nonces) == 3


def test_a_head_has_no_body(helper: Helper) -> None:
    assert_in_our_clothes(helper, b"HEAD /healthz HTTP/1.1\r\n\r\n", 200)
    answer = Browser(helper).begin("HEAD", "/").answer()
    assert (answer.status, answer.body) == (404, "")


# -- healthz, verification files, connections


FROM_WHERE: dict[str, dict[str, str]] = {
    "this machine": {}, "a web server": {"X_Forwarded_For": "203.0.113.9"},
    "a web server that names nobody": {"Via": "1.1 login.example.com"},
}


@pytest.mark.parametrize("said", FROM_WHERE.values(), ids=list(FROM_WHERE))
def test_health_is_ok_and_the_instance_and_nothing_else(
    folder: Path, said: dict[str, str]
) -> None:
    seen = []
    for _ in range(2):
        with Helper(folder) as helper:
            login = FakeExchange(helper)
            login.send(login.registration())
            instance = login.expect("REGISTERED")["instance"]
            assert Browser(helper).get("/healthz", **said).body == f"ok {instance}\n"
            Browser(helper).finish(login)
            assert Browser(helper).get("/healthz", **said).body == f"ok {instance}\n"
        seen.append(instance)
    assert seen[0] != seen[1]


def test_health_is_told_at_the_root_and_below_the_path(folder: Path) -> None:
    with Helper(folder, public_url="http://127.0.0.1:9/sso") as helper:
        for place in ("/", "/sso/"):
            answer = Browser(helper).get(f"{place}healthz")
            assert answer.status == 200
            assert re.fullmatch("ok [0-9a-f]{16}\n", answer.body)
        for place in ("/x/", "/ssohealthz", "/sso/l/", "/sso//"):
            assert Browser(helper).get(f"{place}healthz").status == 404


def test_pending_goes_from_one_to_none_with_the_connection(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    assert helper.pending() == 1
    login.close()
    assert helper.wait_for_pending(0)


def test_verification_files(folder: Path) -> None:
    path = folder / "MP_verify_aB3.txt"
    path.write_text("aB3")
    path.chmod(0o644)
    with Helper(folder, public_url="http://127.0.0.1:9/sso", verify_file=path) as helper:
        for place in ("/", "/sso/"):
            answer = Browser(helper).get(place + path.name)
            assert (answer.status, answer.body) == (200, "aB3")
            assert answer.header("Content-Type") == "text/plain; charset=utf-8"
        for place in ("/x/", "/sso/l/", "//"):
            assert Browser(helper).get(place + path.name).status == 404
        assert Browser(helper).get("/MP_verify_other.txt").status == 404


def test_connections_are_counted_exactly(folder: Path) -> None:
    """However they end: answered, refused by evhttp itself, closed by the client, never used."""
    path = folder / "status.sock"
    with Helper(folder, status_socket=path) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        for _ in range(20):
            phone.get(login.path)
            Browser(helper).send(b"GARBAGE\r\n\r\n").answer()
            Browser(helper).connect().close()
            Browser(helper).send(b"GET / HT").abandon()
        held, _ = phone.bring_code(login)
        idle = Browser(helper).connect()
        wait_for_connections(path, 2)
        held.abandon()
        idle.close()
        wait_for_connections(path, 0)


# -- limits


def test_the_oldest_of_an_origin_with_too_many_goes(helper: Helper) -> None:
    elsewhere = FakeExchange(helper, origin="198.51.100.1").register()
    logins = [FakeExchange(helper).register() for _ in range(16)]
    assert helper.pending() == 17
    FakeExchange(helper).register()
    assert helper.pending() == 17
    assert logins[0].expect("REJECTED")["reason"] == "full"
    logins[0].expect_end()
    assert Browser(helper).get(logins[0].path).status == 404
    assert Browser(helper).get(logins[1].path).status == 200
    assert Browser(helper).get(elsewhere.path).status == 200


def test_the_oldest_of_the_busiest_origin_goes_when_all_is_full(folder: Path) -> None:
    with Helper(folder, max_pending=5) as helper:
        quiet = FakeExchange(helper, origin="198.51.100.1").register()
        busy = [FakeExchange(helper, origin="203.0.113.9").register() for _ in range(3)]
        also = FakeExchange(helper, origin="198.51.100.2").register()
        new = FakeExchange(helper, origin="198.51.100.3").register()
        assert helper.pending() == 5
        assert busy[0].expect("REJECTED")["reason"] == "full"
        for login in (quiet, *busy[1:], also, new):
            assert Browser(helper).get(login.path).status == 200


def test_no_connection_more_than_allowed(folder: Path) -> None:
    with Helper(folder, max_connections=4) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        held = [phone.bring_code(login)[0] for _ in range(4)]
        waiting = Browser(helper).begin("GET", "/healthz")
        assert not waiting.is_answered(0.5)
        held.pop().abandon()
        assert waiting.answer().status == 200
        for one in held:
            one.abandon()


def is_cut_after(connection: socket.socket, byte: bytes) -> bool:
    """Whether the other end hangs up, instead of waiting for more."""
    connection.settimeout(0.05)
    try:
        connection.send(byte)
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_dripping_client_is_cut_at_the_absolute_deadline(folder: Path) -> None:
    with Helper(folder, request_seconds=1) as helper:
        begin, watch = time.monotonic(), Stopwatch(helper.process.pid)
        with Browser(helper).connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
            assert until(lambda: is_cut_after(connection, b"x"))
        assert 0.9 < time.monotonic() - begin and watch.seconds() < 1.6


def test_a_client_that_sends_nothing_is_cut_too(folder: Path) -> None:
    with Helper(folder, request_seconds=1) as helper:
        for request in (b"", b"POST /l/x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
            begin, watch = time.monotonic(), Stopwatch(helper.process.pid)
            pending = Browser(helper).send(request)
            assert pending.connection.recv(1) == b""
            assert 0.9 < time.monotonic() - begin and watch.seconds() < 1.6


def test_a_held_answer_outlives_the_deadline_of_requests(folder: Path) -> None:
    with Helper(folder, request_seconds=1) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        waiting, ticket = phone.bring_code(login)
        assert not waiting.is_answered(1.3)
        login.succeed(ticket)
        assert waiting.answer().pin == login.pin


def test_a_client_that_talks_on_while_its_answer_is_held(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    for _ in range(50):
        waiting.connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 1000)
    assert not waiting.is_answered()
    login.succeed(ticket)
    assert waiting.answer().pin == login.pin


def test_a_client_that_talked_on_and_went_away_is_noticed(folder: Path) -> None:
    path = folder / "status.sock"
    with Helper(folder, status_socket=path) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        phone.approve(login)
        login.expect("OPENED")
        waiting, ticket = phone.bring_code(login)
        waiting.connection.sendall(b"x" * 100000)
        waiting.abandon()
        wait_for_connections(path, 0)
        login.succeed(ticket)
        assert phone.get(login.path).pin == login.pin


@contextmanager
def with_files(folder: Path, count: int, **settings: object) -> Iterator[Helper]:
    """It may open no more than so many, and can't raise that."""
    uid = os.geteuid() or 61234  # root could
    os.chown(folder, uid, -1)

    def become() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)

    with Helper(folder, become, **settings) as helper:
        assert f"{count} open files are allowed" in helper.log()
        yield helper


def test_out_of_descriptors_is_survived_without_spinning(folder: Path) -> None:
    with with_files(folder, 20) as helper:
        held = [FakeExchange(helper) for _ in range(20)]
        helper.wait_for_log("accept: Too many open files")
        waiting = Browser(helper).begin("GET", "/healthz")
        login = FakeExchange(helper)
        login.send(login.registration())
        before = cpu_seconds(helper.process.pid)
        assert not waiting.is_answered(0.5)
        assert cpu_seconds(helper.process.pid) - before < 0.1  # of half a second or more
        for exchange in held:
            exchange.close()
        assert waiting.answer().status == 200
        login.expect("REGISTERED")


@pytest.mark.parametrize("held", [b"", b"GET / HTTP/1.1\r\n"], ids=["idle", "half a request"])
@pytest.mark.parametrize(("files", "pending", "connections"), [
    (256, 10000, 4000), (256, 20, 100000), (100, 16, 4000),
])
def test_idle_connections_keep_no_login_out(
    folder: Path, held: bytes, files: int, pending: int, connections: int
) -> None:
    with with_files(folder, files, max_pending=pending, max_connections=connections) as helper:
        idle = [Browser(helper).connect() for _ in range(files + 10)]
        for connection in idle:
            connection.sendall(held)
        login = FakeExchange(helper).register()
        assert Browser(helper).finish(login).pin == login.pin
        assert "Too many open files" not in helper.log()
        for connection in idle:
            connection.close()


def test_where_few_files_are_allowed_logins_make_room_for_each_other(folder: Path) -> None:
    with with_files(folder, 128, max_pending=1000, max_connections=1000) as helper:
        logins = [FakeExchange(helper, origin=f"192.0.2.{number}").register()
                  for number in range(100)]
        assert "32 logins and 32 connections have a place" in helper.log()
        assert helper.pending() == 32
        assert Browser(helper).finish(logins[-1]).pin == logins[-1].pin
        assert logins[0].expect("REJECTED")["reason"] == "full"
        assert "Too many open files" not in helper.log()


def test_the_log_of_malformed_messages_is_limited(helper: Helper) -> None:
    for _ in range(60):
        login = FakeExchange(helper)
        login.socket.send(b"JUNK\n")
        login.expect_end()
    assert 1 <= helper.log().count("nobody understands") <= 10


def test_a_connection_that_never_registers_is_closed(helper: Helper) -> None:
    silent = FakeExchange(helper)
    begin, watch = time.monotonic(), Stopwatch(helper.process.pid)
    silent.expect_end()
    assert 4 < time.monotonic() - begin and watch.seconds() < 6


def test_who_may_use_the_socket(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs another user")
    with Helper(folder) as helper:
        helper.socket_path.chmod(0o666)
        program = (
            "import os, socket, sys; os.setuid(int(sys.argv[2]));"
            "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(60);"
            "s.connect(sys.argv[1]); sys.exit(len(s.recv(1)))"
        )
        for uid in ("61234", "65534"):
            arguments = ["/usr/bin/python3", "-c", program, str(helper.socket_path), uid]
            assert subprocess.run(arguments, check=False).returncode == 0
            helper.wait_for_log(f"uid {uid} may not use the socket")
        FakeExchange(helper).register()


def test_root_is_given_up_for_good(folder: Path) -> None:
    def join_groups() -> None:
        if os.geteuid() == 0:
            os.setgroups([0, 4242])

    with Helper(folder, join_groups) as helper:
        status = Path(f"/proc/{helper.process.pid}/status").read_text()
    assert re.search(r"NoNewPrivs:\s+1", status)
    if os.geteuid() == 0:
        for kind in ("Uid", "Gid"):
            found = re.search(rf"{kind}:((?:\s+\d+){{4}})", status)
            assert found is not None
            assert "0" not in found[1].split()
        assert re.search(r"Groups:\s*\n", status)
        assert re.search(r"CapEff:\s+0{16}", status)


# -- the client's address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "logged"),
    [
        ([], "203.0.113.9", "127.0.0.1"),
        (["127.0.0.1"], "203.0.113.9", "203.0.113.9"),
        (["127.0.0.0/8"], "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (["127.0.0.1", "10.0.0.0/8"], "203.0.113.9,10.1.2.3", "203.0.113.9"),
        (["127.0.0.1"], "2001:db8::1", "2001:db8::1"),
        (["127.0.0.1"], "junk\x7f", "127.0.0.1"),
        (["127.0.0.1"], "203.0.113.9:4711", "203.0.113.9"),
        (["127.0.0.1"], '"[2001:db8::1]:443"', "2001:db8::1"),
        (["127.0.0.1"], "[2001:db8::1], 127.0.0.1:80", "2001:db8::1"),
        # Of more than 1,024 bytes the last count, and no address that lost its beginning.
        (["127.0.0.1"], "198.51.100.1, " * 200 + "203.0.113.9", "203.0.113.9"),
        (["127.0.0.1"], "198.51.100.1," + "127.0.0.1," * 100 + "127.0.0.1", "198.51.100.1"),
        (["127.0.0.1"], "198.51.100.1," + "127.0.0.1," * 101 + "127.0.0.1", "127.0.0.1"),
        (["127.0.0.1"], "9" * 1010 + "198.51.100.1", "127.0.0.1"),
        (["::/0"], "203.0.113.9", "127.0.0.1"),
        ([f"10.0.{number}.0/24" for number in range(63)] + ["127.0.0.1"], "203.0.113.9",
         "203.0.113.9"),
        (["10.0.0.0/8"], "203.0.113.9", "127.0.0.1"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else f"{len(value)} proxies",
)
def test_whose_address_a_refusal_is_logged_with(
    folder: Path, proxies: list[str], forwarded: str, logged: str
) -> None:
    with Helper(folder, trusted_proxy=proxies) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        token = phone.get(login.path).token
        phone.begin(
            "POST", login.path, f"choice=refuse&token={token}", X_Forwarded_For=forwarded
        ).answer()
        helper.wait_for_log(f"login={login.id[:6]} refused: .*, from {re.escape(logged)}\n")


# -- configuration


def check(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = folder / "checked.conf"
    path.write_text(text)
    path.chmod(0o644)
    return subprocess.run(
        [PROGRAM, "-t", "-c", path], capture_output=True, text=True, check=False, timeout=HANG
    )


def test_a_good_configuration_is_silently_good(folder: Path) -> None:
    done = check(folder, "# nothing but what is needed\npublic_url = https://login.example.com\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("public_url = http://login.example.com", "must begin with https"),
        ("public_url = https://login.example.com/", "without a slash"),
        ("public_url = https://login.example.com/a;b", "';'"),
        ("listen = 8080", "must look like"),
        ("listen = localhost:8080", "must look like"),
        ("listen = 127.0.0.1:65536", "must look like"),
        ("socket = helper.sock", "absolute"),
        ("lang = de", "zh or en"),
        ("trusted_proxy = 10.0.0.0/33", "must be an address"),
        ("trusted_proxy = proxy.example.com", "must be an address"),
        ("trusted_proxy = ::ffff:10.0.0.0/8", "network of IPv4"),
        ("trusted_proxy = ::ffff:0:0/80", "network of IPv4"),
        ("\n".join(["trusted_proxy = ::1"] * 65), "more than 64 times"),
        ("verify_file = /etc/passwd", "MP_verify_"),
        ("max_pending = 0", "from 1 to"),
        ("origin_pending = 0", "from 1 to 1000"),
        ("origin_pending = 1001", "from 1 to 1000"),
        ("max_connections = many", "whole number"),
        ("request_seconds = 301", "from 1 to 300"),
        ("colour = red", "unknown key"),
        ("lang = en\nlang = en", "twice"),
    ],
)
def test_a_bad_key_is_named_with_file_and_line(folder: Path, line: str, what: str) -> None:
    done = check(folder, f"# comment\n{line}\n")
    number = 2 + line.count("\n")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{folder}/checked.conf:{number}: ")
    assert what in done.stderr
    assert done.stderr.count("\n") == 1


def test_public_url_must_be_there(folder: Path) -> None:
    done = check(folder, "lang = en\n")
    assert (done.returncode, "public_url is missing" in done.stderr) == (1, True)


def test_private_addresses_may_be_plain_http(folder: Path) -> None:
    for host in ("127.0.0.1:8080", "localhost", "192.168.1.5:8080", "[fd00::1]:80", "10.1.2.3"):
        assert check(folder, f"public_url = http://{host}\n").returncode == 0


def test_a_configuration_others_may_write_is_refused(folder: Path) -> None:
    path = folder / "checked.conf"
    path.write_text("public_url = https://login.example.com\n")
    path.chmod(0o666)
    done = subprocess.run(
        [PROGRAM, "-t", "-c", path], capture_output=True, text=True, check=False, timeout=HANG
    )
    assert done.returncode == 1
    assert "others may write" in done.stderr


def test_two_helpers_do_not_share_a_socket(helper: Helper) -> None:
    done = subprocess.run(
        [PROGRAM, "-c", helper.conf_path], capture_output=True, text=True, check=False, timeout=HANG
    )
    assert done.returncode == 1
    assert "another helper is listening there" in done.stderr


@pytest.mark.parametrize("other", ["another", "helper"])
def test_only_the_helper_s_own_socket_is_removed(folder: Path, other: str) -> None:
    """What it was told by SIGHUP counts with the next start; what stands at a path may change."""
    with Helper(folder) as helper:
        path = folder / f"{other}.sock"
        if other == "another":
            helper.write(socket=path)
            helper.process.send_signal(signal.SIGHUP)
            helper.wait_for_log("socket changes with the next restart only")
        else:
            path.unlink()
        path.write_text("somebody else's")
        folder.chmod(0o777)  # it is nobody now, and could not remove anything
        helper.process.terminate()
        assert helper.process.wait(HANG) == 0
        assert path.read_text() == "somebody else's"
        assert (folder / "helper.sock").exists() == (other == "helper")


def test_a_socket_left_behind_is_replaced(folder: Path) -> None:
    with Helper(folder) as helper:
        helper.process.kill()
        helper.process.wait(HANG)
        assert helper.socket_path.exists()
    with Helper(folder) as helper:
        FakeExchange(helper).register()


# -- signals


def test_reloading_a_good_configuration(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    helper.write(brand="ACME & Sons", lang="zh", max_pending=2)
    helper.process.send_signal(signal.SIGHUP)
    helper.wait_for_log("the configuration was read anew")
    body = Browser(helper).get("/nowhere").body
    assert "ACME &amp; Sons" in body
    assert 'lang="zh-CN"' in body
    assert Browser(helper).get(login.path).status == 200
    for origin in ("a", "b"):
        FakeExchange(helper, origin=origin).register()
    assert helper.pending() == 2


def test_reloading_a_bad_configuration_changes_nothing(helper: Helper) -> None:
    helper.write(brand="ACME", max_pending=0)
    helper.process.send_signal(signal.SIGHUP)
    helper.wait_for_log(r"the old configuration stays: .*helper\.conf:\d+: max_pending")
    assert "ACME" not in Browser(helper).get("/nowhere").body
    FakeExchange(helper).register()


def reload(helper: Helper, **settings: object) -> None:
    line = "the configuration was read anew"
    before = helper.log().count(line)
    helper.write(**settings)
    helper.process.send_signal(signal.SIGHUP)
    assert until(lambda: helper.log().count(line) > before)


@contextmanager
def identity(name: str) -> Iterator[None]:
    """As whom the kernel shows us to whoever accepts a connection."""
    entry = pwd.getpwnam(name)
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_reloading_what_can_not_change_is_said(helper: Helper) -> None:
    """Whenever it is read: what is in force is what the helper began with."""
    line = "{} changes with the next restart only"
    reload(helper, listen="127.0.0.1:1")
    assert helper.log().count(line.format("listen")) == 1
    reload(helper, listen="127.0.0.1:1", socket="/nowhere/helper.sock")
    assert helper.log().count(line.format("listen")) == 2
    assert helper.log().count(line.format("socket")) == 1
    reload(helper)
    assert helper.log().count("with the next restart only") == 3
    assert Browser(helper).get("/healthz").status == 200


def test_reloading_another_peer_leaves_the_one_whose_group_the_socket_has(folder: Path) -> None:
    with Helper(folder, peer_user="pam-wechat-exchange") as helper:
        reload(helper, peer_user="alice")
        helper.wait_for_log("peer_user changes with the next restart only")
        with identity("pam-wechat-exchange"):
            FakeExchange(helper).register()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_answers_whoever_waits(helper: Helper, number: signal.Signals) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    waiting, _ = phone.bring_code(login)
    helper.process.send_signal(number)
    answer = waiting.answer()
    assert answer.status == 503
    assert answer.heading == "Being restarted"
    login.expect_end()
    assert helper.process.wait(HANG) == 0
    # A directory of root's is not the helper's to tidy up once it is somebody else.
    assert helper.socket_path.exists() == (os.geteuid() == 0)


def test_stopping_does_not_wait_for_idle_connections(folder: Path) -> None:
    with Helper(folder, request_seconds=300) as helper, Browser(helper).connect():
        assert Browser(helper).get("/healthz").status == 200  # it has taken the one before, too
        helper.process.terminate()
        assert helper.process.wait(HANG) == 0


def test_after_a_restart_the_login_is_registered_again(folder: Path) -> None:
    with Helper(folder) as helper:
        login = FakeExchange(helper).register()
        phone = Browser(helper)
        phone.approve(login)
    with Helper(folder) as helper:
        phone.helper = helper
        again = FakeExchange(helper)
        again.id, again.state, again.authorize_url = login.id, login.state, login.authorize_url
        again.register()
        # One more tap: the new helper knows no cookie of the old one.
        assert phone.get(again.callback()).heading == "Is this you signing in?"
        assert phone.finish(again).pin == again.pin


# -- systemd

STARTER = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""


def start_by_systemd(
    folder: Path, sockets: dict[str, socket.socket], notify: str
) -> subprocess.Popen[bytes]:
    descriptors = [one.fileno() for one in sockets.values()]

    def place() -> None:
        copies = [os.dup(fd) for fd in descriptors]
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(copies)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)

    environment = {
        "LISTEN_FDS": str(len(sockets)),
        "LISTEN_FDNAMES": ":".join(sockets),
        "NOTIFY_SOCKET": notify,
    }
    with (folder / "helper.log").open("wb") as log:
        return subprocess.Popen(
            ["/usr/bin/python3", "-c", STARTER, PROGRAM, "-c", folder / "helper.conf"],
            env=environment,
            stderr=log,
            close_fds=False,
            preexec_fn=place,
        )


def systemds_helper(
    folder: Path, sockets: dict[str, socket.socket], notify: str
) -> Helper:
    helper = Helper.__new__(Helper)
    helper.exchanges = []
    helper.folder, helper.public_url = folder, "http://127.0.0.1:9"
    helper.log_path, helper.socket_path = folder / "helper.log", folder / "helper.sock"
    folder.chmod(0o755)
    helper.write()
    helper.process = start_by_systemd(folder, sockets, notify)
    return helper


@pytest.mark.parametrize("names", [["helper.sock"], ["http", "helper.sock"]])
@pytest.mark.parametrize("abstract", [False, True])
def test_sockets_of_systemd_and_what_it_is_told(
    folder: Path, names: list[str], abstract: bool
) -> None:
    path = f"\0pam_wechat-{os.getpid()}" if abstract else str(folder / "notify")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as exchange,
        socket.socket() as http,
    ):
        notified.settimeout(HANG)
        notified.bind(path)
        if not abstract:
            os.chmod(path, 0o666)
        exchange.bind(str(folder / "helper.sock"))
        exchange.listen()
        http.bind(("127.0.0.1", 0))
        http.listen()
        sockets = {"helper.sock": exchange, "http": http}
        helper = systemds_helper(
            folder, {name: sockets[name] for name in names}, path.replace("\0", "@")
        )
        with helper:
            assert notified.recv(4096) == b"READY=1"
            helper.port = int(helper.wait_for_log(r"listening on .*:(\d+)")[1])
            assert (helper.port == http.getsockname()[1]) == ("http" in names)
            FakeExchange(helper).register()
            assert helper.pending() == 1
            helper.process.send_signal(signal.SIGHUP)
            assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", notified.recv(4096))
            assert notified.recv(4096) == b"READY=1"
            helper.process.terminate()
            assert notified.recv(4096) == b"STOPPING=1"
        # What systemd made stays systemd's.
        assert helper.socket_path.exists()


def listening(path: Path, kind: int) -> socket.socket:
    """One of TCP where it is no Unix socket."""
    if kind == 0:
        return socket.create_server(("127.0.0.1", 0))
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(str(path))
    if kind != socket.SOCK_DGRAM:
        made.listen()
    return made


TCP, SEQPACKET, STREAM, DATAGRAM = 0, socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM


@pytest.mark.parametrize(("name", "kind", "used_for"), [
    ("http", TCP, "http"),
    ("pam-wechat-helper.socket", SEQPACKET, "logins"),
    ("pam-wechat-helper.socket", TCP, ""),
    ("pam-wechat-helper.socket", STREAM, ""),
    ("helper.sock", TCP, ""),
    ("helper.sock", STREAM, ""),
    ("helper.sock", DATAGRAM, ""),
    ("http", STREAM, ""),
])
def test_a_socket_of_systemd_is_used_for_what_it_is_fit_for(
    folder: Path, name: str, kind: int, used_for: str
) -> None:
    passed = folder / "passed.sock"
    with listening(passed, kind) as made, systemds_helper(folder, {name: made}, "") as helper:
        helper.port = int(helper.wait_for_log(r"listening on .*:(\d+)")[1])
        assert (kind == TCP and helper.port == made.getsockname()[1]) == (used_for == "http")
        # Its own is made where it has none of systemd's.
        assert helper.socket_path.exists() == (used_for != "logins")
        if used_for == "logins":
            helper.socket_path = passed
        login = FakeExchange(helper).register()
        assert Browser(helper).get(login.path).status == 200
        is_logged = f"the socket {name} of systemd is not used" in helper.log()
        assert is_logged == (name in ("helper.sock", "http") and not used_for)


def test_sockets_meant_for_another_process_are_left_alone(folder: Path) -> None:
    os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = "1", "1"
    try:
        with Helper(folder) as helper:
            FakeExchange(helper).register()
    finally:
        del os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"]
