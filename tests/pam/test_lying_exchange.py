"""An exchange that says something else than the real one: it is trusted for an openid alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness.host import Host
from harness.site import BUILD
from pam.login import GOOD, Installation, Login, logged
from pam.wire import Listener, pack

RELAY = BUILD / "tests/pam/exchange-relay"


@contextmanager
def played(
    installed: Installation, login: Login = GOOD
) -> Iterator[tuple[Host, Listener]]:
    """A host whose exchange the test plays."""
    installed.write(login)
    program = installed.site.folder / "exchange/pam-wechat-exchange"
    shutil.copyfile(RELAY, program)
    with Listener(program.with_name(program.name + ".sock")) as exchange:
        with installed.start(login) as host:
            yield host, exchange


@contextmanager
def asking(
    installed: Installation, login: Login = GOOD
) -> Iterator[tuple[Host, Listener, dict[str, str]]]:
    """The same, the exchange having become ready and the module having asked for the code."""
    with played(installed, login) as (host, exchange):
        _, values = exchange.receive()
        exchange.send("READY", link=values["link"])
        host.link()
        yield host, exchange, values


def answered(host: Host, exchange: Listener, typed: str, reply: bytes) -> str | None:
    host.answer(typed)
    assert exchange.receive() == ("VERDICT?", {})
    exchange.send_raw(reply)
    host.prompt()
    return host.result


def test_the_right_openid_and_the_right_code_sign_in(installed: Installation) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, exchange, login):
        openid = installed.wechat.openid("alice")
        assert login["openids"] == openid
        reply = pack("IDENTITY", openid=openid)
        assert answered(host, exchange, login["pin"], reply) == "PAM_SUCCESS"
    assert installed.module_lines(mark) == [logged("ok")]


@pytest.mark.parametrize("openid, user", [("bob", "bob's"), ("carol", "an unlisted one's")])
def test_another_s_openid_is_refused_by_the_module_itself(
    installed: Installation, openid: str, user: str
) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, exchange, login):
        reply = pack("IDENTITY", openid=installed.wechat.openid(openid))
        assert answered(host, exchange, login["pin"], reply) == "PAM_MAXTRIES", user
    assert installed.module_lines(mark) == [logged("refused reason=not-linked phone=none")]


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda openid: openid + "x",
                                    lambda openid: openid[:-1], lambda openid: ""])
def test_an_openid_that_is_nearly_right_is_refused(
    installed: Installation, change: Callable[[str], str]
) -> None:
    with asking(installed) as (host, exchange, login):
        reply = pack("IDENTITY", openid=change(login["openids"]))
        assert answered(host, exchange, login["pin"], reply) == "PAM_MAXTRIES"


def test_the_right_openid_with_a_wrong_code_asks_again(installed: Installation) -> None:
    with asking(installed) as (host, exchange, login):
        reply = pack("IDENTITY", openid=login["openids"])
        wrong = f"{(int(login['pin']) + 1) % 10000:04}"
        assert answered(host, exchange, wrong, reply) is None
        assert answered(host, exchange, login["pin"], reply) == "PAM_SUCCESS"


def test_the_right_code_is_none_before_a_phone_has_finished(installed: Installation) -> None:
    with asking(installed) as (host, exchange, login):
        reply = pack("REFUSED", reason="nobody")
        for result in (None, None, "PAM_MAXTRIES"):
            assert answered(host, exchange, login["pin"], reply) == result


def test_an_earlier_success_is_not_remembered(installed: Installation) -> None:
    with asking(installed) as (host, exchange, login):
        wrong = f"{(int(login['pin']) + 1) % 10000:04}"
        assert answered(host, exchange, wrong, pack("IDENTITY", openid=login["openids"])) is None
        reply = pack("REFUSED", reason="reported")
        assert answered(host, exchange, login["pin"], reply) == "PAM_MAXTRIES"


@pytest.mark.parametrize("word", ["none", "", "ok", "NONE", "not-a-reason"])
def test_a_refusal_is_never_a_success_whatever_its_reason(
    installed: Installation, word: str
) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, exchange, login):
        reply = pack("REFUSED", reason=word)
        assert answered(host, exchange, login["pin"], reply) == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [logged("refused reason=internal phone=none")]


@pytest.mark.parametrize("first", [
    pack("IDENTITY", openid="oAbcdefgh"), pack("READY", link="http://127.0.0.1:9/l/abcdefghijkl"),
    pack("REGISTERED"), pack("VERDICT?"), b"READY\n", b"READY", b"\0", b"x" * 9000, b"\n",
], ids=lambda first: first[:20].decode(errors="replace"))
def test_a_login_does_not_begin_with_anything_but_ready(
    installed: Installation, first: bytes
) -> None:
    mark = installed.log.mark()
    with played(installed) as (host, exchange):
        exchange.receive()
        exchange.send_raw(first)
        assert host.prompt() is None
        assert host.result == "PAM_SYSTEM_ERR"
    problem, line = installed.module_lines(mark)
    assert "pam-wechat-exchange: did not become ready (" in problem
    assert line == logged("refused reason=internal")


@pytest.mark.parametrize("make", [
    lambda openid: b"",  # hangs up
    lambda openid: pack("READY", link="x"),
    lambda openid: pack("IDENTITY"),
    lambda openid: pack("IDENTITY", openid=openid)[:-1],
    lambda openid: pack("IDENTITY", openid=openid) + b"openid=" + openid.encode() + b"\n",
    lambda openid: pack("IDENTITY", openid=openid, pin="0000"),
    lambda openid: pack("IDENTITY", openid=openid, colour="red"),
    lambda openid: pack("identity", openid=openid),
    lambda openid: pack("IDENTITY", openid=openid) + b"\0",
    lambda openid: b"IDENTITY\nopenid=" + openid.encode() + b"%00\n",
    lambda openid: b"IDENTITY\nopenid=" + openid.encode() + b"%\n",
    lambda openid: pack("IDENTITY", openid=openid) + b"x" * 8192,
    lambda openid: pack("NAMED", openid=openid),  # what ends an enrolment is no login
    lambda openid: pack("RESULT", ticket="1", reason="none"),
    lambda openid: pack("LOGIN"),
], ids=["hang up", "READY", "no openid", "no line end", "openid twice", "a needless key",
        "an unknown key", "small letters", "a NUL", "%00", "a lone %", "8 KiB", "NAMED", "RESULT",
        "LOGIN"])
def test_a_verdict_that_nobody_understands_ends_the_login(
    installed: Installation, make: Callable[[str], bytes]
) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, exchange, login):
        host.answer(login["pin"])
        assert exchange.receive() == ("VERDICT?", {})
        reply = make(login["openids"])
        if reply:
            exchange.send_raw(reply)
        else:
            exchange.hang_up()
        assert host.prompt() is None
        assert host.result == "PAM_AUTH_ERR"
    # One that broke off is asked nothing more.
    assert installed.module_lines(mark)[-1] in (
        logged("refused reason=internal"), logged("refused reason=internal phone=none"))


def test_a_verdict_that_was_not_asked_for_is_no_success(installed: Installation) -> None:
    """It is taken for the answer to the next question, and judged like it."""
    with asking(installed) as (host, exchange, login):
        exchange.send("IDENTITY", openid=login["openids"])
        wrong = f"{(int(login['pin']) + 1) % 10000:04}"
        host.answer(wrong)
        assert host.prompt() is not None
        assert host.result is None


def test_what_an_exchange_says_cannot_write_the_log(installed: Installation) -> None:
    mark = installed.log.mark()
    forged = "login=AAAAAA service=sshd user=root rhost= result=ok"
    with asking(installed) as (host, exchange, login):
        reply = pack("REFUSED", reason="busy", errcode=f"1 {forged}"[:15], rid=f"a\n{forged}",
                     detail=f"\x1b[31m\n{forged}\u202e\r\x00".replace("\0", ""))
        assert answered(host, exchange, login["pin"], reply) == "PAM_AUTH_ERR"
    lines = installed.raw_lines(mark)
    ours = [line for line in lines if "pam_wechat(" in line]
    assert len(ours) == 1
    assert ours[0].isprintable()
    assert not any(line.startswith(forged) for line in lines)
    fields = "reason=busy phone=none errcode=1?login?AAAAAA? rid=alogin?AAAAAA?"
    assert f" result=refused {fields}" in ours[0]


@pytest.mark.parametrize("nickname, shown", [
    ("\x1b]0;owned\x07\x1b[2J", "]0;owned[2J"), ("a\nlogin=x result=ok\r", "alogin=x result=ok"),
    ("\u202eevil\u2066", "evil"), ("x" * 500, "x" * 127),
])
def test_a_nickname_cannot_write_the_terminal(
    installed: Installation, nickname: str, shown: str
) -> None:
    with asking(installed) as (host, exchange, login):
        reply = pack("IDENTITY", openid=login["openids"], nickname=nickname)
        assert answered(host, exchange, login["pin"], reply) == "PAM_SUCCESS"
        greeting = host.messages[-1]
        assert greeting.style == "info" and greeting.text.endswith(shown), greeting
        assert greeting.text.isprintable()


@pytest.mark.parametrize("openid", [
    "oAbc\nlogin=AAAAAA result=ok", "o\x1b[31mAbc", "o" * 600, "oAbc result=ok",
])
def test_an_openid_cannot_write_the_log(installed: Installation, openid: str) -> None:
    """What does not look like one is left out."""
    mark = installed.log.mark()
    with asking(installed, replace(GOOD, words="debug")) as (host, exchange, login):
        reply = pack("REFUSED", reason="not-linked", openid=openid)
        assert answered(host, exchange, login["pin"], reply) == "PAM_MAXTRIES"
    lines = [line for line in installed.raw_lines(mark) if "pam_wechat(" in line]
    assert all(line.isprintable() and len(line) < 400 for line in lines)
    assert lines[-1].endswith(" result=refused reason=not-linked phone=none")


def test_an_exchange_that_dies_before_the_login_began(installed: Installation) -> None:
    with played(installed) as (host, exchange):
        exchange.receive()
        exchange.hang_up()
        assert host.prompt() is None
        assert host.result == "PAM_SYSTEM_ERR"


def test_an_exchange_that_is_silent_about_the_verdict_is_not_waited_for(
    installed: Installation,
) -> None:
    mark = installed.log.mark()
    with asking(installed) as (host, exchange, login):
        host.answer(login["pin"])
        assert host.prompt() is None
        assert host.result == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [
        "the exchange of this login is gone or stuck", logged("refused reason=internal"),
    ]


def test_the_exchange_is_told_all_that_it_needs_and_no_more(installed: Installation) -> None:
    with played(installed) as (_, exchange):
        verb, login = exchange.receive()
        exchange.hang_up()
    assert verb == "LOGIN"
    settings = installed.site.settings()
    assert sorted(login) == sorted([
        "appid", "secret", "api_url", "ca_file", "socket", "scope", "state", "link",
        "authorize_url", "openids", "pin", "left_ms", "user", "host", "occasion", "service", "from",
        "origin", "lang",
    ])
    for key in ("appid", "api_url", "ca_file", "socket"):
        assert login[key] == settings[key]
    assert login["secret"] == installed.wechat.secret
    assert len(login["pin"]) == 4 and login["pin"].isdecimal()
    assert len(login["state"]) == 32 and set(login["state"]) <= set("0123456789abcdef")
    assert 80_000 < int(login["left_ms"]) <= 90_000
