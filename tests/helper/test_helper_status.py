"""status_socket: how it tells the figures, and who asks it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import fake_exchange
from harness.fake_exchange import Browser, FakeExchange, Helper
from harness.hostile import time_login, wait_for_connections
from harness.waiting import HANG, until
from helper.prometheus import HTTP, REASONS, ask, connect, figures, parse, read

TYPES = {
    "helper_info": "gauge",
    "pending_logins": "gauge",
    "connections": "gauge",
    "logins_started_total": "counter",
    "logins_loopback_total": "counter",
    "logins_remote_total": "counter",
    "logins_completed_total": "counter",
    "logins_signed_in_total": "counter",
    "last_sign_in_timestamp_seconds": "gauge",
    "last_failure_timestamp_seconds": "gauge",
    "logins_reported_total": "counter",
    "logins_expired_total": "counter",
    "callbacks_total": "counter",
    "callbacks_repeated_total": "counter",
    "requests_too_often_total": "counter",
    "results_refused_total": "counter",
    "callback_seconds": "histogram",
}


@pytest.fixture()
def path(folder: Path) -> Path:
    return folder / "status.sock"


@pytest.fixture()
def helper(folder: Path, path: Path) -> Iterator[Helper]:
    with Helper(folder, status_socket=path) as made:
        yield made


# -- how it says so


def test_all_families_are_there_before_anything_happens(helper: Helper, path: Path) -> None:
    families = parse(figures(path))
    assert {name: family.kind for name, family in families.items()} == TYPES
    reasons = families["results_refused_total"].samples
    assert {label for _, label, _, _ in reasons} == {"reason"}
    assert [value for _, _, value, _ in reasons] == REASONS
    assert set(read(path).values()) == {0.0}


def test_the_version_that_runs_is_told(helper: Helper, path: Path) -> None:
    version = subprocess.run([fake_exchange.PROGRAM, "-V"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.strip()
    assert parse(figures(path))["helper_info"].samples == [("", "version", version, 1.0)]


@pytest.mark.parametrize(("origin", "loopback", "remote"), [
    ("127.0.0.1", 1, 0), ("127.9.9.9", 1, 0), ("::1", 1, 0),
    ("128.0.0.1", 0, 1), ("203.0.113.7", 0, 1), ("2001:db8::", 0, 1), ("fe80::", 0, 1),
    ("name", 0, 0), ("uid:0", 0, 0), ("tty:/dev/tty1", 0, 0),
])
def test_logins_through_a_tunnel_are_told_from_others(
    helper: Helper, path: Path, origin: str, loopback: int, remote: int
) -> None:
    FakeExchange(helper, origin=origin).register()
    numbers = read(path)
    assert (numbers["logins_started_total"], numbers["logins_loopback_total"],
            numbers["logins_remote_total"]) == (1, loopback, remote)


def test_it_names_nobody(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    Browser(helper).finish(login)
    text = figures(path)
    values = login.registration().values
    for name in ("user", "host", "service", "from", "origin", "state"):
        assert values[name] not in text
    assert login.id not in text and "127.0.0.1" not in text
    assert set(re.findall(r"(\w+)=", text)) == {"reason", "le", "version"}


def test_the_sockets_mode_and_group(folder: Path, path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs another user")
    peer = "pam-wechat-exchange"
    with Helper(folder, status_socket=path, peer_user=peer):
        status = path.stat()
        assert status.st_mode & 0o7777 == 0o660
        assert status.st_gid == pwd.getpwnam(peer).pw_gid != 0


def as_the_units_user() -> None:
    """As systemd starts it: of no group but its own, so it may not give files to another."""
    user = pwd.getpwnam("pam-wechat")
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


@pytest.mark.parametrize("set_group_id", [False, True], ids=["own group", "the directory's group"])
def test_who_is_not_root_gives_the_socket_no_other_group(
    folder: Path, monkeypatch: pytest.MonkeyPatch, set_group_id: bool
) -> None:
    """fchownat() fails there with EPERM, even to our own group: seccomp of the unit."""
    user, peer = pwd.getpwnam("pam-wechat"), pwd.getpwnam("pam-wechat-exchange")
    # The build may lie where that user can't go.
    monkeypatch.setattr(fake_exchange, "PROGRAM", shutil.copy(fake_exchange.PROGRAM, folder))
    os.chown(folder, user.pw_uid, peer.pw_gid if set_group_id else user.pw_gid)
    with Helper(folder, as_the_units_user, status_socket=folder / "s/status.sock",
                peer_user="pam-wechat-exchange") as helper:
        assert "status_socket is not served" in helper.log()
    (folder / "s").mkdir()
    os.chown(folder / "s", user.pw_uid, peer.pw_gid if set_group_id else user.pw_gid)
    (folder / "s").chmod(0o2755 if set_group_id else 0o755)
    with Helper(folder, as_the_units_user, status_socket=folder / "s/status.sock",
                peer_user="pam-wechat-exchange"):
        status = (folder / "s/status.sock").stat()
        assert status.st_mode & 0o7777 == 0o660
        assert status.st_gid == (peer.pw_gid if set_group_id else user.pw_gid)
        assert set(read(folder / "s/status.sock").values()) == {0.0}


@pytest.mark.parametrize("fault", ["no directory", "a file is there", "a stranger's directory"])
def test_a_status_socket_that_cannot_be_made_ends_no_login(folder: Path, fault: str) -> None:
    place = folder / "figures"
    if fault != "no directory":
        place.mkdir()
        place.chmod(0o777 if fault == "a stranger's directory" else 0o755)
    if fault == "a file is there":
        (place / "status.sock").write_text("somebody's")
    with Helper(folder, status_socket=place / "status.sock") as helper:
        helper.wait_for_log(rf"status_socket is not served: .*{re.escape(str(place))}")
        login = FakeExchange(helper).register()
        Browser(helper).finish(login)
    assert fault != "a file is there" or (place / "status.sock").read_text() == "somebody's"


@pytest.mark.parametrize("request_", [
    HTTP, b"GET /metrics HTTP/1.0\r\n\r\n",
    b"GET /metrics?a=b HTTP/1.1\r\nX: " + b"x" * 32000 + b"\r\n\r\n",
], ids=["1.1", "1.0", "long"])
def test_it_answers_in_http_and_hangs_up(helper: Helper, path: Path, request_: bytes) -> None:
    head, _, body = ask(path, request_).partition("\r\n\r\n")
    first, *headers = head.split("\r\n")
    assert first == "HTTP/1.1 200 OK"
    assert {
        "Content-Type: text/plain; version=0.0.4; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
    } <= set(headers)
    assert parse(body).keys() == TYPES.keys()


def test_a_request_may_come_in_pieces(helper: Helper, path: Path) -> None:
    with connect(path) as client:
        for piece in (b"G", b"ET /metrics HTTP/1.1\r", b"\n\r", b"\n"):
            client.sendall(piece)
            time.sleep(0.02)  # or they would come as one
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_curl_reads_it(helper: Helper, path: Path) -> None:
    done = subprocess.run(
        ["curl", "-sSf", "-m", "5", "--unix-socket", path, "http://localhost/metrics"],
        stdout=subprocess.PIPE, text=True, check=True)
    assert parse(done.stdout).keys() == TYPES.keys()


@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    (b"GET /metrics/ HTTP/1.0\r\n\r\n", 404),
    (b"GET /healthz HTTP/1.0\r\n\r\n", 404),
    (b"HEAD /metrics HTTP/1.0\r\n\r\n", 501),
    (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 501),
    (b"HELO\r\n\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 33000 + b"\r\n\r\n", 431),
    (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 200, 431),
], ids=["root", "slash", "another page", "head", "post", "garbage", "long", "many headers"])
def test_everything_else_is_an_error(
    helper: Helper, path: Path, request_: bytes, status: int
) -> None:
    head, _, body = ask(path, request_).partition("\r\n\r\n")
    first, *headers = head.split("\r\n")
    assert first.startswith(f"HTTP/1.1 {status} ")
    assert set(headers) == {
        "Content-Type: text/plain", f"Content-Length: {len(body)}", "Connection: close"}
    assert "/metrics" in body


# -- who asks


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /metrics HTTP/1.1\r\nX: "],
                         ids=["nothing", "a letter", "half a request"])
def test_whoever_says_no_more_is_left_after_a_second(
    helper: Helper, path: Path, sent: bytes
) -> None:
    began = time.monotonic()
    assert ask(path, sent) == ""
    assert time.monotonic() - began > 0.9


def test_whoever_drips_is_left_after_a_second(helper: Helper, path: Path) -> None:
    began = time.monotonic()
    with connect(path) as client:
        with pytest.raises(ConnectionError):
            while time.monotonic() < began + HANG:
                client.sendall(b"G")
                time.sleep(0.01)  # that is the drip
    assert time.monotonic() - began > 0.9


def open_files(helper: Helper) -> int:
    return len(os.listdir(f"/proc/{helper.process.pid}/fd"))


def is_alone(path: Path) -> bool:
    """Whether the listening socket is the only one of this name: each that it accepted has it, too."""
    sockets = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {path}") for line in sockets) == 1


def open_files_when_idle(helper: Helper, path: Path) -> int:
    wait_for_connections(path, 0)  # the last is that of the fixture
    assert until(lambda: is_alone(path))  # a client hears of its end before the socket is closed
    return open_files(helper)


def test_sixteen_at_a_time_and_the_others_wait_their_turn(helper: Helper, path: Path) -> None:
    before = open_files_when_idle(helper, path)
    silent = []
    for _ in range(30):
        client = connect(path)
        client.sendall(b"G")
        silent.append(client)
    assert until(lambda: open_files(helper) >= before + 16)
    seen = []
    while (now := open_files(helper)) >= before + 16:
        seen.append(now)
        assert time_login(helper) < 1
    # One that gives way is closed a moment after its place was taken, and so is a login's.
    assert statistics.mode(seen) <= before + 18
    assert parse(figures(path)).keys() == TYPES.keys()
    for client in silent:
        client.close()
    assert until(lambda: open_files(helper) == before)


def test_whoever_goes_away_before_the_answer_harms_nobody(helper: Helper, path: Path) -> None:
    before = open_files_when_idle(helper, path)
    for sent in (b"", b"G", HTTP) * 20:
        with connect(path) as client:
            client.sendall(sent)
    assert until(lambda: open_files(helper) == before)
    assert parse(figures(path))


def test_the_helper_stops_while_somebody_is_silent(helper: Helper, path: Path) -> None:
    with connect(path) as client:
        client.sendall(b"G")
        helper.process.terminate()
        assert helper.process.wait(HANG) == 0
