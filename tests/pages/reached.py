"""How each of the phone's pages is reached: by a real login, or a request that goes wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable

from harness.attacker import state_of
from harness.doors import DOORS, Door
from harness.front import PUBLIC_URL
from harness.host import Host
from harness.origins import fetch
from harness.stage import LONG_USER, Stage
from harness.waiting import HANG, until
from pages.phone_pages import KINDS

PHONE_OF = {"en": "iphone", "zh": "android"}
# The longest that a page may have to show, without a place to break it.
LONG_HOST = "h" * 63 + "W"
LONG_ADDRESS = "2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff"
LONG_NICKNAME = "W" * 32

REACH: dict[str, Callable[[Stage], None]] = {}


def reaches(name: str) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    def put(function: Callable[[Stage], None]) -> Callable[[Stage], None]:
        REACH[name] = function
        return function

    return put


@reaches("ask")
def _(stage: Stage) -> None:
    stage.ask()


@reaches("ask, for su")
def _(stage: Stage) -> None:
    stage.browser.open(stage.door(DOORS["su"]))


@reaches("ask, longest, from afar")
def _(stage: Stage) -> None:
    stage.site.write_conf(host_name=LONG_HOST)
    stage.ask("--rhost", LONG_ADDRESS, user=LONG_USER)


@reaches("ask, longest, for su")
def _(stage: Stage) -> None:
    stage.site.write_conf(host_name=LONG_HOST)
    stage.browser.open(stage.door(
        Door("su-l", ("/usr/bin/su", "-", LONG_USER), LONG_USER, LONG_USER, LONG_USER, "su")))


@reaches("asking")
def _(stage: Stage) -> None:
    stage.wechat.plan(delay=600)
    stage.front.holds_still = True
    stage.finish()


@reaches("digits")
def _(stage: Stage) -> None:
    stage.finish()


@reaches("digits, longest name")
def _(stage: Stage) -> None:
    stage.wechat.people.nicknames["alice"] = LONG_NICKNAME
    stage.open_things.callback(stage.wechat.people.nicknames.clear)
    stage.site.write_conf(scope="snsapi_userinfo", host_name=LONG_HOST)
    stage.finish()
    stage.browser.tap("allow")
    # What WeChat's own page did is not the helper's.
    stage.browser.messages()


@reaches("ask, to link")
def _(stage: Stage) -> None:
    stage.browser.open(stage.enrol("alice").link())


@reaches("ask, to link, longest")
def _(stage: Stage) -> None:
    stage.site.write_conf(host_name=LONG_HOST)
    stage.browser.open(stage.enrol(LONG_USER).link())


@reaches("digits, to link")
def _(stage: Stage) -> None:
    stage.browser.open(stage.enrol("alice").link())
    stage.browser.tap("continue")


@reaches("signed in")
def _(stage: Stage) -> None:
    host = stage.login("--tty", "tty1", service="login")
    stage.browser.open(host.message().link or "")
    stage.browser.tap("continue")
    assert host.prompt() is None and host.result == "PAM_SUCCESS"


@reaches("not linked")
def _(stage: Stage) -> None:
    stage.weixin.person = "bob"
    stage.finish()


def _planned(name: str, **plan: object) -> None:
    @reaches(name)
    def _(stage: Stage) -> None:
        stage.wechat.plan(**plan)
        stage.finish()


_planned("snapshot", snapshot="flagged")
_planned("code", code_life=-1)
_planned("busy", token=61450)
_planned("risk", token=40226)
_planned("setup", token=40125)
_planned("unreachable", token="drop_after")
_planned("bad answer", token="empty")
_planned("cancelled", deny="state_only")


@reaches("too many codes")
def _(stage: Stage) -> None:
    stage.wechat.plan(code_life=-1, for_all=True)
    stage.ask()
    for _ in range(4):
        stage.browser.tap("continue")


@reaches("refused")
def _(stage: Stage) -> None:
    stage.ask()
    stage.browser.tap("refuse")


@reaches("neutral")
def _(stage: Stage) -> None:
    link = stage.login().link()
    stage.browser.open(link)
    assert stage.other_phone().sign_in(link) is not None
    stage.browser.reload()


@reaches("gone")
def _(stage: Stage) -> None:
    with Host(stage.site, "alice") as host:
        link = host.link()
    assert stage.site.wait_for_pending(0)
    stage.browser.open(link)


@reaches("finished")
def _(stage: Stage) -> None:
    host = stage.finish()
    assert host.type(stage.browser.pin or "") == "PAM_SUCCESS"
    assert stage.site.wait_for_pending(0)
    stage.browser.reload()


def _elsewhere(name: str, phone: str) -> None:
    @reaches(name)
    def _(stage: Stage) -> None:
        stage.browser.be(phone, stage.language)
        stage.ask()


_elsewhere("open in WeChat", "safari")
_elsewhere("open in WeChat, from WeCom", "wecom")


def _address(name: str, path: str) -> None:
    @reaches(name)
    def _(stage: Stage) -> None:
        stage.browser.open(PUBLIC_URL + path)


_address("400", "/callback?code=a&code=b&state=" + "0" * 32)
_address("404", "/nowhere")
_address("414", "/" + "a" * 2048)


def _show(stage: Stage, request: bytes, status: int) -> None:
    """The helper's answer to what no browser sends."""
    answer = fetch(stage.site.port, request)
    assert answer.status == status
    stage.browser.open(stage.front.show(answer))


def _bytes(status: int, request: bytes) -> None:
    @reaches(str(status))
    def _(stage: Stage) -> None:
        language = b"Accept-Language: " + stage.language.encode() + b"\r\n\r\n"
        _show(stage, request + language, status)


_bytes(405, b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n")
_bytes(413, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n")
_bytes(431, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 32768 + b"\r\n")
_bytes(501, b"BREW / HTTP/1.1\r\nHost: a\r\n")


@reaches("429")
def _(stage: Stage) -> None:
    """Sixteen answers are awaited for one login already."""
    link = stage.login().link()
    phone = stage.other_phone()
    form, name = phone.open(link).form_with("continue")
    approved = phone.post(link, dict(form.fields) | {name: "continue"})
    state = state_of(approved.header("Location") or "")
    stage.wechat.plan(delay=30, for_all=True)
    cookie = phone.cookies.header(link, "GET", False)
    request = (f"GET /callback?code={stage.wechat.code_for('alice')}&state={state} HTTP/1.1\r\n"
               f"Host: a\r\nCookie: {cookie}\r\nAccept-Language: {stage.language}\r\n\r\n").encode()
    for _ in range(16):
        waiting = stage.open_things.enter_context(
            socket.create_connection(("127.0.0.1", stage.site.port), HANG))
        waiting.sendall(request)
    _show(stage, request, 429)


@reaches("503")
def _(stage: Stage) -> None:
    """The helper is stopped while it waits for WeChat's answer."""
    plan = stage.wechat.plan(delay=30)
    stage.ask()
    asked = stage.browser.tap("continue", wait=False)
    assert until(lambda: plan.calls("token") == 1)
    stage.site.stop_helper()
    stage.browser.wait_for_another(asked)
    stage.site.start_helper()


assert REACH.keys() == KINDS.keys()


def reach(stage: Stage, name: str, language: str) -> None:
    stage.language = language
    stage.browser.be(PHONE_OF[language], language)
    REACH[name](stage)
