"""The helper's socket: peers that may not use it, nonsense, floods of registrations."""

from __future__ import annotations

import ctypes
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import Browser, FakeExchange, Helper, Message
from harness.hostile import Attack, assert_logins_go_on
from harness.waiting import HANG

CLONE_NEWUSER = 0x10000000
KNOCK = """
import os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as knocker:
    knocker.settimeout(60)
    knocker.connect(sys.argv[1])
    print(os.geteuid(), len(knocker.recv(1)))
"""


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as made:
        yield made


# -- who they are


def test_root_of_a_user_namespace_is_who_made_it(helper: Helper) -> None:
    helper.socket_path.chmod(0o666)
    done = subprocess.run(
        ["setpriv", "--reuid=61234", "--regid=61234", "--clear-groups", "unshare", "--user",
         "--map-root-user", "/usr/bin/python3", "-c", KNOCK, helper.socket_path],
        stdout=subprocess.PIPE, text=True, check=True, timeout=HANG,
    )
    # He was root there, and was hung up on.
    assert done.stdout == "0 0\n"
    helper.wait_for_log("uid 61234 may not use the socket")


def enter_user_namespace() -> None:
    """One that knows everybody up to 65534. Its maps have to be written from outside."""
    entered, tell = os.pipe()
    pid = os.getpid()
    if (writer := os.fork()) == 0:
        os.close(tell)
        if os.read(entered, 1) != b"x":
            os._exit(1)  # it could not be entered
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{pid}/{name}").write_text("0 0 65535")
        os._exit(0)
    assert ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0
    os.write(tell, b"x")
    assert os.waitpid(writer, 0)[1] == 0


def test_whom_the_helpers_namespace_does_not_know_may_not_use_the_socket(folder: Path) -> None:
    """It sees 65534 then, which may be the very number of `peer_user`."""
    with Helper(folder, enter_user_namespace, peer_user="nobody") as helper:
        helper.socket_path.chmod(0o666)
        FakeExchange(helper).register()
        done = subprocess.run(
            ["setpriv", "--reuid=70000", "--regid=70000", "--clear-groups",
             "/usr/bin/python3", "-c", KNOCK, helper.socket_path],
            stdout=subprocess.PIPE, text=True, check=True, timeout=HANG,
        )
        assert done.stdout == "70000 0\n"
        helper.wait_for_log("uid 65534 may not use the socket")


def test_its_own_users_processes_can_not_look_into_it(folder: Path) -> None:
    """Started as by systemd: by root, but never having been root itself."""
    uid = 61234
    os.chown(folder, uid, uid)

    def become() -> None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)

    with Helper(folder, become) as helper:
        look = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "/usr/bin/cat"]
        for name, status in (("mem", 1), ("environ", 1), ("status", 0)):
            done = subprocess.run([*look, f"/proc/{helper.process.pid}/{name}"],
                                  capture_output=True, timeout=HANG)
            assert done.returncode == status, name
            assert status == 0 or b"Permission denied" in done.stderr


# -- what they say


def spoil(good: bytes) -> dict[str, bytes]:
    first, _, rest = good.partition(b"\n")
    lines = rest.splitlines(keepends=True)
    return {
        "nothing": b"",
        "a NUL": b"\0",
        "verb alone": first + b"\n",
        "verb in small letters": first.lower() + b"\n" + rest,
        "no verb": rest,
        "another's verb": b"LOGIN\n" + rest,
        "our own verb": b"REGISTERED\n",
        "cut short": good[:-1],
        "cut in the middle": good[: len(good) // 2],
        "a key missing": first + b"\n" + b"".join(lines[1:]),
        "a key twice": good + lines[0],
        "a key nobody knows": good + b"colour=red\n",
        "a key of another message": good + b"pin=1234\n",
        "no key": good + b"=x\n",
        "no equals sign": good + b"asker\n",
        "an empty line": good + b"\n",
        "two messages": good + good,
        "carriage returns": good.replace(b"\n", b"\r\n"),
        "a NUL within": good.replace(b"alice", b"al\0ice"),
        "an escaped NUL": good.replace(b"alice", b"al%00ice"),
        "half an escape": good.replace(b"alice", b"alice%"),
        "a bad escape": good.replace(b"alice", b"%zz"),
        "a byte too long": good + b"asker=" + b"a" * (8193 - len(good) - 7) + b"\n",
        "far too long": good + b"asker=" + b"a" * 60000 + b"\n",
    }


def test_every_kind_of_malformed_message_ends_its_connection_alone(helper: Helper) -> None:
    def talk_nonsense() -> Iterator[int]:
        while True:
            good = FakeExchange(helper, connect=False).registration().pack()
            for kind, datagram in spoil(good).items():
                peer = FakeExchange(helper)
                peer.socket.send(datagram)
                assert peer.receive() is None, kind
                peer.close()
                helper.exchanges.clear()
                yield 1

    with Attack(talk_nonsense()) as attack:
        attack.wait_for(1000)
        assert_logins_go_on(helper, attack)
    assert helper.wait_for_pending(0)


def test_messages_with_some_bytes_changed(helper: Helper) -> None:
    def mutate() -> Iterator[int]:
        dice = random.Random(1)
        while True:
            datagram = bytearray(FakeExchange(helper, connect=False).registration().pack())
            for _ in range(dice.randrange(1, 6)):
                datagram[dice.randrange(len(datagram))] = dice.randrange(256)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
                peer.settimeout(HANG)
                peer.connect(str(helper.socket_path))
                peer.send(datagram)
                try:
                    answer = peer.recv(8193)
                except ConnectionResetError:
                    answer = b""
                # What was changed may be within a value, and make another good one. It is never
                # answered by anything else.
                assert answer == b"" or Message.unpack(answer).verb in ("REGISTERED", "REJECTED")
            helper.exchanges.clear()
            yield 1

    with Attack(mutate()) as attack:
        attack.wait_for(2000)
        assert_logins_go_on(helper, attack)
    assert helper.wait_for_pending(0)


def test_descriptors_sent_along_are_not_kept(helper: Helper) -> None:
    for _ in range(20):
        ours, theirs = os.pipe()
        peer = FakeExchange(helper)
        socket.send_fds(peer.socket, [peer.registration().pack()], [theirs])
        os.close(theirs)
        peer.expect_end()
        assert os.read(ours, 1) == b""  # nobody else holds the other end
        os.close(ours)


def test_a_living_link_or_state_is_not_taken_over_by_force(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")

    def steal() -> Iterator[int]:
        while True:
            for name in ("id", "state"):
                thief = FakeExchange(helper, origin="203.0.113.66")
                setattr(thief, name, getattr(login, name))
                thief.send(thief.registration())
                assert thief.expect("REJECTED")["reason"] == "rejected"
                thief.close()
                helper.exchanges.remove(thief)
                yield 1

    with Attack(steal()) as attack:
        attack.wait_for(1000)
        assert_logins_go_on(helper, attack)
        waiting, ticket = phone.bring_code(login)
        login.succeed(ticket)
        assert waiting.answer().pin == login.pin


# -- how many they are


def register_on(helper: Helper, origins: list[str], keep: int) -> Iterator[int]:
    """One login after the other; the helper has to send old ones away."""
    while True:
        for origin in origins:
            FakeExchange(helper, origin=origin).register()
            if len(helper.exchanges) > keep:
                helper.exchanges.pop(0).close()
            yield 1


def test_a_flood_by_one_origin_sends_its_own_away(helper: Helper) -> None:
    early = FakeExchange(helper, origin="198.51.100.1").register()
    with Attack(register_on(helper, ["203.0.113.66"], keep=100)) as attack:
        attack.wait_for(2000)
        assert helper.pending() <= 18
        assert_logins_go_on(helper, attack)
        assert Browser(helper).finish(early).pin == early.pin


def test_a_flood_by_many_origins_sends_the_busiest_away(folder: Path) -> None:
    with Helper(folder, max_pending=300) as helper:
        early = FakeExchange(helper, origin="198.51.100.1").register()
        origins = [f"203.0.113.{i}" for i in range(100)]
        with Attack(register_on(helper, origins, keep=1000)) as attack:
            attack.wait_for(3000)
            assert helper.pending() == 300
            assert_logins_go_on(helper, attack)
            assert Browser(helper).finish(early).pin == early.pin


def test_peers_that_say_nothing_or_go_at_once(helper: Helper) -> None:
    silent = []
    for _ in range(1000):
        peer = FakeExchange(helper, connect=False)
        peer.socket.settimeout(None)  # otherwise it fails where it should wait its turn
        silent.append(peer.connect())
        peer.socket.settimeout(HANG)

    def come_and_go() -> Iterator[int]:
        while True:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
                peer.connect(str(helper.socket_path))
            yield 1
            time.sleep(0.0005)

    with Attack(come_and_go()) as attack:
        attack.wait_for(1000)
        assert_logins_go_on(helper, attack)
        for peer in silent:
            peer.expect_end()
        assert attack.process.is_alive()
