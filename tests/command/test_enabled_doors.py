"""Services that "pam-wechat enable" has changed, through the real programs and Debian's files."""

from __future__ import annotations

import re

import pytest

from harness.doors import DOORS, Door, whoami
from harness.services import FOLDER, Services, shipped
from harness.sshd import Sshd
from harness.system_log import SystemLog
from harness.terminal import Terminal
from simulator import Phone, WeChat

SECOND_FACTOR = "--second-factor"
PASSWORD = ("Password: ", "password for bob: ")
DENIED = ("Login incorrect", "Sorry, try again", "Authentication failure", "Permission denied",
          "Authentication failed", "incorrect password attempt", "Maximum number of tries",
          "maximum number of retries")


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    return DOORS[request.param]


def enable(services: Services, door: Door, *words: str) -> None:
    # su-l takes its authentication from su.
    services.enable("su" if door.service == "su-l" else door.service, *words)


def scan(wechat: WeChat, terminal: Terminal, person: str) -> None:
    pin = Phone(wechat, person).sign_in(terminal.wait_for_login().picture)
    terminal.type(pin or "1234")


def give_password(terminal: Terminal, password: str) -> None:
    assert "http" not in terminal.wait_for(*PASSWORD).text
    terminal.type(password)


@pytest.mark.parametrize("words", [(), (SECOND_FACTOR,)], ids=["alone", "second factor"])
def test_who_proves_all_gets_in(
    live_services: Services, wechat: WeChat, door: Door, words: tuple[str, ...]
) -> None:
    enable(live_services, door, *words)
    with door.start() as terminal:
        if words:
            give_password(terminal, door.account)
        scan(wechat, terminal, door.account)
        assert whoami(door, terminal) == door.becomes
        assert words or not re.search("[Pp]assword", terminal.text)


@pytest.mark.parametrize("words", [(), (SECOND_FACTOR,)], ids=["alone", "second factor"])
def test_another_wechat_is_denied(
    live_services: Services, wechat: WeChat, system_log: SystemLog, door: Door,
    words: tuple[str, ...],
) -> None:
    enable(live_services, door, *words)
    mark = system_log.mark()
    with door.start() as terminal:
        if words:
            give_password(terminal, door.account)
        scan(wechat, terminal, "carol")
        # After a refusal no program asks for a password, or lets in.
        assert not re.search("[Pp]assword:", terminal.wait_for(*DENIED).text)
    system_log.wait_for("result=refused reason=not-linked", mark)


def test_a_wrong_password_is_denied_without_a_question_of_wechat(
    live_services: Services, wechat: WeChat, door: Door
) -> None:
    enable(live_services, door, SECOND_FACTOR)
    with door.start() as terminal:
        give_password(terminal, "wrong")
        assert "http" not in terminal.wait_for(*DENIED).text
    assert wechat.requests == []


def test_after_disable_the_password_is_asked_again(
    live_services: Services, wechat: WeChat, door: Door
) -> None:
    enable(live_services, door)
    live_services.disable("su" if door.service == "su-l" else door.service)
    with door.start() as terminal:
        give_password(terminal, door.account)
        assert whoami(door, terminal) == door.becomes
    assert wechat.requests == []


def test_root_becomes_others_without_wechat(live_services: Services) -> None:
    live_services.enable("su")
    with Terminal(["/usr/bin/su", "alice", "-c", "id -un"], {"PATH": "/usr/bin:/bin"}) as terminal:
        assert terminal.rest().strip() == "alice"


@pytest.fixture()
def sshd(live_services: Services) -> Sshd:
    made = Sshd(live_services.site, "sshd", "", "AuthenticationMethods keyboard-interactive")
    (FOLDER / "sshd").write_bytes(shipped("sshd"))
    return made


@pytest.mark.parametrize("words", [(), (SECOND_FACTOR,)], ids=["alone", "second factor"])
def test_sshd_lets_in_who_proves_all(
    live_services: Services, wechat: WeChat, sshd: Sshd, words: tuple[str, ...]
) -> None:
    live_services.enable("sshd", *words)
    with sshd, sshd.login("alice", "id", "-un") as terminal:
        if words:
            give_password(terminal, "alice")
        scan(wechat, terminal, "alice")
        assert terminal.rest().strip().splitlines()[-1] == "alice"
        assert terminal.status == 0


@pytest.mark.parametrize("words", [(), (SECOND_FACTOR,)], ids=["alone", "second factor"])
def test_sshd_denies_another_wechat(
    live_services: Services, wechat: WeChat, sshd: Sshd, words: tuple[str, ...]
) -> None:
    live_services.enable("sshd", *words)
    with sshd, sshd.login("alice", "id", "-un") as terminal:
        if words:
            give_password(terminal, "alice")
        scan(wechat, terminal, "bob")
        rest = terminal.rest()
        assert "Permission denied" in rest and "assword:" not in rest
        assert terminal.status == 255


def test_sshd_denies_everybody_without_the_helper(
    live_services: Services, sshd: Sshd
) -> None:
    live_services.enable("sshd")
    live_services.site.stop_helper()
    with sshd, sshd.login("alice", "id", "-un") as terminal:
        rest = terminal.rest()
        assert "Permission denied" in rest and "assword:" not in rest


def test_sshd_lets_in_whom_the_table_does_not_name_by_the_password(
    live_services: Services, wechat: WeChat, sshd: Sshd
) -> None:
    live_services.enable("sshd", SECOND_FACTOR)
    with sshd, sshd.login("carol", "id", "-un") as terminal:
        give_password(terminal, "carol")
        assert terminal.rest().strip().splitlines()[-1] == "carol"
    assert wechat.requests == []


@pytest.mark.parametrize("words", [(), (SECOND_FACTOR,)], ids=["alone", "second factor"])
def test_sshd_that_takes_passwords_itself_denies_the_right_one(
    live_services: Services, words: tuple[str, ...]
) -> None:
    live_services.enable("sshd", *words)
    settings = ("PasswordAuthentication yes", "KbdInteractiveAuthentication no")
    site = live_services.site
    with Sshd(site, "sshd-own", "", *settings) as sshd:
        (FOLDER / "sshd-own").write_bytes((FOLDER / "sshd").read_bytes())
        options = ("-o", "PasswordAuthentication=yes", "-o", "NumberOfPasswordPrompts=1")
        with sshd.login("alice", "id", "-un", options=options) as terminal:
            terminal.wait_for("password: ")
            terminal.type("alice")
            assert "Permission denied" in terminal.rest()
            assert terminal.status == 255
        # The password itself is the right one, and sshd takes it where WeChat is not asked.
        (FOLDER / "sshd-own").write_bytes(shipped("sshd"))
        with sshd.login("alice", "id", "-un", options=options) as terminal:
            terminal.wait_for("password: ")
            terminal.type("alice")
            assert terminal.rest().strip().splitlines()[-1] == "alice"
