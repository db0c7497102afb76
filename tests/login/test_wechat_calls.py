"""WeChat's API in use: tries that are made again, another host, a proxy, the nickname."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.host import Host
from harness.site import Site, free_port
from harness.system_log import SystemLog
from harness.waiting import HANG, until
from simulator import Phone, WeChat
from simulator.browser import USER_AGENTS


def sign_in(site: Site, wechat: WeChat) -> tuple[Host, Phone]:
    """One login of alice's with one tap; the host has returned."""
    phone = Phone(wechat, "alice", language="en")
    with Host(site, "alice") as host:
        prompt = host.prompt()
        assert prompt is not None and prompt.link is not None
        phone.open(prompt.link)
        page = phone.tap("continue")
        if "allow" in page.buttons:
            page = phone.tap("allow")
        host.answer(page.pin or "none")
        host.prompt()
    return host, phone


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_api_may_speak_an_older_tls(site: Site, wechat: WeChat, version: str) -> None:
    wechat.tls_version = version
    host, _ = sign_in(site, wechat)
    assert host.result == "PAM_SUCCESS"
    # The connection that was opened before is used.
    assert (wechat.connections, wechat.exchanges(), wechat.handshakes_failed) == (1, 1, 0)


def test_tls_1_1_is_not_spoken(site: Site, wechat: WeChat) -> None:
    wechat.tls_version = "1.1"
    host, phone = sign_in(site, wechat)
    assert phone.page is not None and "WeChat can't be reached" in phone.page.text
    assert wechat.exchanges() == 0 and wechat.handshakes_failed > 0


@pytest.mark.parametrize("errcode", [12345, 40242, 99999, -7])
def test_an_error_that_nobody_knows_is_told_with_its_number_and_rid(
    site: Site, wechat: WeChat, system_log: SystemLog, errcode: int
) -> None:
    mark = system_log.mark()
    wechat.plan(token=errcode)
    _, phone = sign_in(site, wechat)
    page = phone.page
    assert page is not None and "Sign-in is not set up correctly" in page.text
    assert page.buttons == []  # trying again is of no use
    found = re.search(rf"WeChat's error code {errcode} · WeChat's request id ([0-9a-f-]{{26}})$",
                      page.text, re.MULTILINE)
    assert found is not None, page.text
    system_log.wait_for(rf"result=refused reason=setup phone=returned errcode={errcode} rid={found[1]}: ", mark)
    assert wechat.exchanges() == 1


@pytest.mark.parametrize("device", ["iphone", "android", "harmony", "windows", "mac"])
def test_each_of_wechats_clients_signs_in(site: Site, wechat: WeChat, device: str) -> None:
    agent = USER_AGENTS[device].format(language="en")
    with Host(site, "alice") as host:
        pin = Phone(wechat, "alice", user_agent=agent).sign_in(host.link())
        assert host.type(pin or "") == "PAM_SUCCESS"


@pytest.mark.parametrize("errcode", [-1, 45011])
def test_what_wechat_asks_to_try_again_is_tried_again(
    site: Site, wechat: WeChat, errcode: int
) -> None:
    wechat.plan(token=[errcode, errcode, "good"])
    began = time.monotonic()
    host, _ = sign_in(site, wechat)
    assert host.result == "PAM_SUCCESS"
    assert wechat.exchanges() == 3
    assert time.monotonic() - began > 1.2  # 0.3 s, then 0.9 s


@pytest.mark.parametrize("errcode", [-1, 45011])
def test_it_is_not_tried_a_fourth_time(site: Site, wechat: WeChat, errcode: int) -> None:
    wechat.plan(token=[errcode, errcode, errcode, "good"])
    host, phone = sign_in(site, wechat)
    assert host.result == "PAM_AUTH_ERR"
    assert wechat.exchanges() == 3
    assert phone.page is not None and "busy" in phone.page.text.lower()


@pytest.mark.parametrize(("fault", "result"), [
    (40029, "PAM_AUTH_ERR"),
    *((fault, "PAM_AUTH_ERR") for fault in (61450, "drop_after", "empty", "html_502")),
])
def test_nothing_else_is_tried_again(
    site: Site, wechat: WeChat, fault: int | str, result: str
) -> None:
    wechat.plan(token=[fault, "good"])
    host, _ = sign_in(site, wechat)
    assert host.result == result
    assert wechat.exchanges() == 1


def test_the_second_host_is_asked_where_the_first_cannot_be_reached(
    site: Site, wechat: WeChat
) -> None:
    dead = f"https://127.0.0.1:{free_port()}"
    site.write_conf(api_url=f"{dead}\napi_url = {wechat.api_url}")
    host, _ = sign_in(site, wechat)
    assert host.result == "PAM_SUCCESS"
    assert wechat.exchanges() == 1


def test_the_second_host_is_left_alone_where_the_first_answers(
    site: Site, wechat: WeChat
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(0.2)
        second = f"https://127.0.0.1:{other.getsockname()[1]}"
        site.write_conf(api_url=f"{wechat.api_url}\napi_url = {second}")
        wechat.plan(token=40029)
        host, _ = sign_in(site, wechat)
        assert host.result == "PAM_AUTH_ERR"
        with pytest.raises(TimeoutError):
            other.accept()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), HANG).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture()
def tinyproxy(folder: Path) -> Iterator[tuple[str, Path]]:
    """Debian's tinyproxy: its address, and its log."""
    port = free_port()
    log = folder / "tinyproxy.log"
    conf = folder / "tinyproxy.conf"
    conf.write_text(f'Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nLogFile "{log}"\n'
                    "LogLevel Connect\nTimeout 60\n")
    process = subprocess.Popen(["/usr/bin/tinyproxy", "-d", "-c", conf],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: listens(port))
    yield f"http://127.0.0.1:{port}", log
    process.terminate()
    process.wait(HANG)


def test_the_configured_proxy_is_asked(
    site: Site, wechat: WeChat, tinyproxy: tuple[str, Path]
) -> None:
    address, log = tinyproxy
    site.write_conf(proxy=address)
    host, _ = sign_in(site, wechat)
    assert host.result == "PAM_SUCCESS"
    text = log.read_text()
    assert "CONNECT 127.0.0.1:" in text and "Request (" in text
    # TLS goes through it: it sees where to, and nothing else.
    assert wechat.secret not in text and "access_token" not in text


def test_no_proxy_is_taken_from_the_environment(
    site: Site, wechat: WeChat, tinyproxy: tuple[str, Path]
) -> None:
    address, log = tinyproxy
    with Host(site, "alice", environment={"https_proxy": address, "ALL_PROXY": address}) as host:
        prompt = host.prompt()
        assert prompt is not None and prompt.link is not None
        host.answer(Phone(wechat, "alice").sign_in(prompt.link))
        assert host.prompt() is None
    assert host.result == "PAM_SUCCESS"
    assert "Request (" not in log.read_text()


def test_a_proxy_that_is_down_is_named_in_the_log(site: Site, wechat: WeChat) -> None:
    site.write_conf(proxy=f"http://127.0.0.1:{free_port()}")
    host, _ = sign_in(site, wechat)
    assert host.result == "PAM_AUTH_ERR"
    assert wechat.connections == 0


@pytest.fixture()
def userinfo(site: Site, wechat: WeChat) -> WeChat:
    site.write_conf(scope="snsapi_userinfo")
    return wechat


def test_the_nickname_greets_in_the_terminal_and_on_the_phone(
    site: Site, userinfo: WeChat
) -> None:
    userinfo.people.nicknames["alice"] = "小爱 <b>"
    host, phone = sign_in(site, userinfo)
    assert host.result == "PAM_SUCCESS"
    assert [message.text for message in host.messages if message.style == "info"] == [
        "Signed in with WeChat as 小爱 <b>"
    ]
    assert phone.page is not None
    assert "Hello, 小爱 <b>" in phone.page.text
    assert "小爱 &lt;b&gt;" in phone.page.html


@pytest.mark.parametrize("fault", ["nickname_escapes", "nickname_bidi", "nickname_control",
                                   "nickname_lines", "nickname_gbk", "nickname_nul",
                                   "nickname_long", "nickname_emoji"])
def test_a_hostile_nickname_moves_nothing(site: Site, userinfo: WeChat, fault: str) -> None:
    userinfo.plan(userinfo=fault)
    host, phone = sign_in(site, userinfo)
    shown = [message.text for message in host.messages if message.style == "info"]
    assert phone.page is not None
    for text in (*shown, phone.page.text.replace("\n", "")):
        assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text)
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200f")
    for text in shown:
        assert len(text.encode()) < 200


def test_silent_hosts_are_not_greeted(site: Site, userinfo: WeChat) -> None:
    with Host(site, "alice", options=("--silent",)) as host:
        prompt = host.prompt()
        assert prompt is not None and prompt.link is not None
        host.answer(Phone(userinfo, "alice").sign_in(prompt.link))
        assert host.prompt() is None
    assert host.result == "PAM_SUCCESS"
    assert all(message.style == "prompt" for message in host.messages)


@pytest.mark.parametrize("fault", ["openid_other", "openid_missing", "openid_number"])
def test_userinfo_has_to_name_the_same_openid(site: Site, userinfo: WeChat, fault: str) -> None:
    userinfo.plan(userinfo=fault)
    host, phone = sign_in(site, userinfo)
    assert host.result == "PAM_AUTH_ERR"
    assert phone.page is not None and phone.page.pin is None


def test_userinfo_is_tried_again_as_well(site: Site, userinfo: WeChat) -> None:
    userinfo.plan(userinfo=[-1, "good"])
    host, _ = sign_in(site, userinfo)
    assert host.result == "PAM_SUCCESS"
    assert userinfo.exchanges() == 1
