"""A helper that somebody else has taken over: it faces the Internet, and is believed nothing."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from harness.host import Host
from pam.login import GOOD, Installation, logged
from pam.wire import Listener, pack


@contextmanager
def played(installed: Installation) -> Iterator[tuple[Host, Listener, dict[str, str]]]:
    """A host whose exchange has sent REGISTER to a helper that the test plays."""
    installed.write()
    path = Path(installed.site.settings()["socket"] or "")
    installed.broken = True
    path.unlink()
    with Listener(path, group="pam-wechat-exchange") as helper:
        with installed.start(GOOD) as host:
            verb, register = helper.receive()
            assert verb == "REGISTER"
            yield host, helper, register


@contextmanager
def asking(installed: Installation) -> Iterator[tuple[Host, Listener, dict[str, str]]]:
    with played(installed) as (host, helper, register):
        helper.send("REGISTERED")
        host.link()
        yield host, helper, register


def test_a_helper_that_plays_by_the_rules_lets_a_login_succeed(installed: Installation) -> None:
    with asking(installed) as (host, helper, register):
        helper.send("OPENED")
        code = installed.wechat.code_for("alice", register["state"])
        helper.send("CODE", ticket="1", code=code)
        verb, result = helper.receive()
        assert (verb, result["ticket"], result["reason"]) == ("RESULT", "1", "none")
        assert host.type(result["pin"]) == "PAM_SUCCESS"
        assert helper.receive() == ("ENDED", {"reason": "none"})


def test_the_helper_learns_how_a_refused_login_ended(installed: Installation) -> None:
    with asking(installed) as (host, helper, _):
        for _ in range(2):
            assert host.type("0000") is None
        assert host.type("0000") == "PAM_MAXTRIES"
        assert helper.receive() == ("ENDED", {"reason": "nobody-scanned"})


def test_a_helper_that_is_too_old_is_to_be_restarted(installed: Installation) -> None:
    mark = installed.log.mark()
    with played(installed) as (host, helper, register):
        assert int(register["version"]) >= 2
        helper.send("REJECTED", reason="helper", detail="restart the helper: it is older")
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    assert installed.module_lines(mark) == [
        logged("refused reason=helper: restart the helper: it is older")]


def test_the_helper_learns_neither_secret_nor_openid_nor_pin(installed: Installation) -> None:
    with asking(installed) as (_, _, register):
        assert sorted(register) == sorted([
            "state", "link", "authorize_url", "left_ms", "until", "user", "host", "occasion",
            "service", "from", "origin", "lang", "version",
        ])
        known = " ".join(register.values())
        for secret in (installed.wechat.secret, installed.wechat.openid("alice")):
            assert secret not in known


def test_the_helper_does_not_get_the_pin_for_another_s_account(installed: Installation) -> None:
    with asking(installed) as (_, helper, register):
        helper.send("OPENED")
        helper.send("CODE", ticket="1", code=installed.wechat.code_for("bob", register["state"]))
        assert helper.receive() == ("RESULT", {"ticket": "1", "reason": "not-linked"})


# What a helper may not say means nothing, whether it is a reason elsewhere or not.
WORDS = ["none", "", "ok", "nobody", "setup", "unreachable", "not-a-reason"]


@pytest.mark.parametrize("word", WORDS)
def test_a_rejection_lets_nobody_in_whatever_it_says(installed: Installation, word: str) -> None:
    mark = installed.log.mark()
    with played(installed) as (host, helper, _):
        helper.send("REJECTED", reason=word)
        assert host.prompt() is None
        assert host.result == "PAM_SYSTEM_ERR"
    assert installed.module_lines(mark) == [logged("refused reason=internal")]


@pytest.mark.parametrize("word", WORDS)
def test_a_login_that_has_to_go_lets_nobody_in_whatever_is_said(
    installed: Installation, word: str
) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, helper, _):
        helper.send("REJECTED", reason=word)
        assert host.type("0000") == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [logged("refused reason=internal phone=none")]


# Stacks fall back on PAM_AUTHINFO_UNAVAIL: once there is a link, nothing that is said leads there.
@pytest.mark.parametrize("word, result", [
    ("full", "PAM_MAXTRIES"), ("rejected", "PAM_AUTH_ERR"), ("helper", "PAM_AUTH_ERR"),
])
def test_a_login_that_has_to_go_is_denied(
    installed: Installation, word: str, result: str
) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, helper, _):
        helper.send("REJECTED", reason=word)
        assert host.type("0000") == result
    assert installed.module_lines(mark) == [logged(f"refused reason={word} phone=none")]


@pytest.mark.parametrize("word, result", [
    ("full", "PAM_MAXTRIES"), ("rejected", "PAM_AUTHINFO_UNAVAIL"),
    ("helper", "PAM_AUTHINFO_UNAVAIL"),
])
def test_a_helper_that_is_full_is_not_absent(
    installed: Installation, word: str, result: str
) -> None:
    mark = installed.log.mark()
    with played(installed) as (host, helper, _):
        helper.send("REJECTED", reason=word)
        assert host.prompt() is None
        assert host.result == result
    assert installed.module_lines(mark) == [logged(f"refused reason={word}")]


def test_a_helper_that_does_not_answer_is_not_absent(installed: Installation) -> None:
    """It may be drowned in a stranger's requests."""
    mark = installed.log.mark()
    with played(installed) as (host, _, register):
        assert host.prompt() is None
        assert host.result == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [logged(
        "refused reason=helper-silent: {socket}: the helper does not answer".format_map(
            installed.places()))]


def test_a_helper_that_hangs_up_is_not_absent(installed: Installation) -> None:
    mark = installed.log.mark()
    with played(installed) as (host, helper, _):
        helper.hang_up()
        assert host.prompt() is None
        assert host.result == "PAM_AUTH_ERR"
    assert "refused reason=helper-silent" in installed.module_lines(mark)[0]


def test_a_helper_with_a_long_queue_is_not_absent(installed: Installation) -> None:
    """Nobody accepts, and no more connections are taken: what a flood of logins looks like."""
    installed.write()
    path = Path(installed.site.settings()["socket"] or "")
    installed.broken = True
    path.unlink()
    mark = installed.log.mark()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        listener.bind(str(path))
        listener.listen(0)
        shutil.chown(path, group="pam-wechat-exchange")
        path.chmod(0o660)
        with suppress(BlockingIOError):
            while True:
                client = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
                client.setblocking(False)
                client.connect(str(path))
        with installed.start(GOOD) as host:
            assert host.prompt() is None
            assert host.result == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [logged(
        "refused reason=helper-silent: {socket}: connect: Resource temporarily "
        "unavailable".format_map(installed.places()))]


def test_what_a_helper_says_cannot_write_the_log(installed: Installation) -> None:
    mark = installed.log.mark()
    forged = "login=AAAAAA service=sshd user=root rhost= result=ok"
    with played(installed) as (host, helper, _):
        helper.send("REJECTED", reason="rejected", detail=f"\x1b[31m\n{forged}\r\u202e")
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    ours = [line for line in installed.raw_lines(mark) if "pam_wechat(" in line]
    assert len(ours) == 1
    assert ours[0].isprintable()


def test_a_report_after_the_match_ends_the_login(installed: Installation) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, helper, register):
        helper.send("CODE", ticket="1", code=installed.wechat.code_for("alice", register["state"]))
        _, result = helper.receive()
        helper.send("REPORTED")
        assert host.type(result["pin"]) == "PAM_MAXTRIES"
    assert installed.module_lines(mark) == [logged("refused reason=reported phone=returned")]


@pytest.mark.parametrize("datagram", [
    pack("IDENTITY", openid="oAbcdefgh"), pack("READY", link="x"), pack("RESULT"), b"\0", b"junk",
    pack("REGISTERED"), pack("VERDICT?"), pack("CODE", ticket="1"), b"OPENED", b"x" * 9000,
    pack("CODE", ticket="1", code="a", reason="none"),
], ids=lambda datagram: datagram[:16].decode(errors="replace"))
def test_a_message_out_of_place_only_loses_the_connection(
    installed: Installation, datagram: bytes
) -> None:
    """The exchange begins again with the helper, and the login goes on."""
    with asking(installed) as (host, helper, first):
        helper.send_raw(datagram)
        assert helper.is_left()
        verb, again = helper.receive()
        assert verb == "REGISTER"
        assert {key: again[key] for key in ("state", "link", "authorize_url")} == \
            {key: first[key] for key in ("state", "link", "authorize_url")}
        helper.send("REGISTERED")
        helper.send("CODE", ticket="1", code=installed.wechat.code_for("alice", first["state"]))
        _, result = helper.receive()
        assert host.type(result["pin"]) == "PAM_SUCCESS"


@pytest.mark.parametrize("code", ["", "a b", "a&secret=x", "a" * 513, "\u00e4", "a\nb", "../x"])
def test_a_code_that_can_be_none_never_reaches_wechat(installed: Installation, code: str) -> None:
    before = installed.wechat.exchanges()
    with asking(installed) as (host, helper, register):
        helper.send("CODE", ticket="1", code=code)
        verb, result = helper.receive()
        assert (verb, result["ticket"]) == ("RESULT", "1")
        assert result["reason"] != "none" and "pin" not in result
        assert installed.wechat.exchanges() == before
        good = installed.wechat.code_for("alice", register["state"])
        helper.send("CODE", ticket="2", code=good)
        assert host.type(helper.receive()[1]["pin"]) == "PAM_SUCCESS"


def test_a_login_has_three_codes(installed: Installation) -> None:
    before = installed.wechat.exchanges()
    mark = installed.log.mark()
    with asking(installed) as (host, helper, register):
        state = register["state"]
        for ticket in "123":
            helper.send("CODE", ticket=ticket, code=installed.wechat.code_for("bob", state))
            assert helper.receive()[1]["reason"] == "not-linked"
        helper.send("CODE", ticket="4", code=installed.wechat.code_for("alice", state))
        assert helper.receive()[1] == {"ticket": "4", "reason": "too-many-codes"}
        assert installed.wechat.exchanges() == before + 3
        assert host.type("0000") == "PAM_MAXTRIES"
    assert installed.module_lines(mark) == [logged("refused reason=not-linked phone=returned")]


def test_a_failed_code_bars_nothing(installed: Installation) -> None:
    with asking(installed) as (host, helper, register):
        helper.send("CODE", ticket="1", code="made-up")
        assert helper.receive()[1]["reason"] == "code"
        good = installed.wechat.code_for("alice", register["state"])
        helper.send("CODE", ticket="2", code=good)
        assert host.type(helper.receive()[1]["pin"]) == "PAM_SUCCESS"


def test_the_same_code_again_gets_the_same_answer_at_once(installed: Installation) -> None:
    before = installed.wechat.exchanges()
    with asking(installed) as (_, helper, register):
        code = installed.wechat.code_for("alice", register["state"])
        answers = []
        for ticket in ("1", "2"):
            helper.send("CODE", ticket=ticket, code=code)
            answers.append(helper.receive()[1])
        assert answers[0]["pin"] == answers[1]["pin"]
        assert installed.wechat.exchanges() == before + 1
