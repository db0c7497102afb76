"""conf/pam.d/sshd-second-factor as shipped: the Unix password, then WeChat for whom it knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.site import Site
from harness.sshd import Sshd
from harness.system_log import SystemLog
from harness.terminal import Terminal
from simulator import Phone, WeChat

PASSWORD = "Password: "
ONCE = ("-o", "NumberOfPasswordPrompts=1")


@pytest.fixture()
def sshd(site: Site) -> Iterator[Sshd]:
    lines = site.shipped_lines("sshd-second-factor")
    assert "pam_unix.so" in lines and str(site.module) in lines
    with Sshd(site, "sshd-second", lines, "AuthenticationMethods keyboard-interactive") as made:
        yield made


def type_password(terminal: Terminal, password: str) -> None:
    # The password is the first that is asked for; whatever came before would be seen here.
    assert "http" not in terminal.wait_for(PASSWORD).text
    terminal.type(password)


def is_denied(terminal: Terminal) -> bool:
    rest = terminal.rest()
    return "Permission denied" in rest and terminal.status == 255


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_password_comes_first_and_then_wechat(
    site: Site, wechat: WeChat, sshd: Sshd, lang: str
) -> None:
    site.write_conf(lang=lang)
    with sshd.login("alice", "id", "-un") as terminal:
        type_password(terminal, "alice")
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        terminal.type(pin or "")
        assert terminal.rest().strip().splitlines()[-1] == "alice"
        assert terminal.status == 0


def test_whom_the_table_does_not_name_passes_with_the_password_alone(
    wechat: WeChat, sshd: Sshd
) -> None:
    with sshd.login("carol", "id", "-un") as terminal:
        type_password(terminal, "carol")
        assert terminal.rest().strip() == "carol"
        assert terminal.status == 0
    assert wechat.requests == []


def test_whom_the_table_does_not_name_is_denied_with_a_wrong_password(sshd: Sshd) -> None:
    with sshd.login("carol", "id", "-un", options=ONCE) as terminal:
        type_password(terminal, "wrong")
        assert is_denied(terminal)


def test_another_wechat_denies_the_right_password(wechat: WeChat, sshd: Sshd) -> None:
    with sshd.login("alice", "id", "-un") as terminal:
        type_password(terminal, "alice")
        assert Phone(wechat, "bob").sign_in(terminal.wait_for_login().picture) is None
        terminal.type("1234")
        assert is_denied(terminal)


def test_no_phone_at_all_denies_the_right_password(sshd: Sshd) -> None:
    with sshd.login("alice", "id", "-un") as terminal:
        type_password(terminal, "alice")
        for _ in range(3):
            terminal.wait_for_login()
            terminal.type("1234")
        assert is_denied(terminal)


def test_this_isnt_me_denies_the_right_password(wechat: WeChat, sshd: Sshd) -> None:
    with sshd.login("alice", "id", "-un") as terminal:
        type_password(terminal, "alice")
        phone = Phone(wechat, "alice")
        phone.scan(terminal.wait_for_login().picture)
        phone.tap("refuse")
        terminal.type("1234")
        assert is_denied(terminal)


def test_the_right_wechat_does_not_make_up_for_a_wrong_password(
    wechat: WeChat, sshd: Sshd
) -> None:
    with sshd.login("alice", "id", "-un", options=ONCE) as terminal:
        type_password(terminal, "wrong")
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        assert pin is not None
        terminal.type(pin)
        assert is_denied(terminal)


@pytest.mark.parametrize("wrong", ["configuration", "option", "users table", "empty table"])
def test_a_wrong_configuration_denies_everybody(
    site: Site, sshd: Sshd, system_log: SystemLog, wrong: str
) -> None:
    mark = system_log.mark()
    if wrong == "configuration":
        site.write("pam_wechat.conf", site.conf_file.read_text() + "nonsense = 1\n", 0o600)
        expected = r"pam_wechat\.conf:\d+: "
    elif wrong == "option":
        path = f"/etc/pam.d/{sshd.program.name}"
        with open(path, encoding="utf-8") as file:
            lines = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(lines.replace("unlisted=ignore", "unlisted=ignored"))
        expected = "PAM line: "
    elif wrong == "users table":
        site.write_users(site.users_file.read_text() + "nonsense\n")
        expected = r"users:3: "
    else:
        site.write_users("")
        expected = "an empty table does not go with unlisted=ignore"
    with sshd.login("alice", "id", "-un", options=ONCE) as listed, \
            sshd.login("carol", "id", "-un", options=ONCE) as unlisted:
        type_password(listed, "alice")
        type_password(unlisted, "carol")
        assert is_denied(listed)
        assert is_denied(unlisted)
    system_log.wait_for(expected, mark)


def test_the_helper_being_down_denies_the_listed_and_nobody_else(site: Site, sshd: Sshd) -> None:
    site.stop_helper()
    with sshd.login("alice", "id", "-un", options=ONCE) as terminal:
        type_password(terminal, "alice")
        assert is_denied(terminal)
    with sshd.login("carol", "id", "-un", options=ONCE) as terminal:
        type_password(terminal, "carol")
        assert terminal.rest().strip() == "carol"


def test_another_name_of_a_listed_account_is_listed_too(site: Site, wechat: WeChat) -> None:
    # alicia is alice's account under another name. She has no password: so a stack without one.
    lines = site.shipped_lines("sshd-second-factor").replace("pam_unix.so", "pam_permit.so")
    with Sshd(site, "sshd-alias", lines, "AuthenticationMethods keyboard-interactive") as sshd:
        with sshd.login("alicia", "id", "-un") as terminal:
            # Asked like alice, and refused, because the table's names count to the letter.
            assert Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture) is None
            terminal.type("1234")
            assert is_denied(terminal)
        with sshd.login("carol", "id", "-un") as terminal:
            assert terminal.rest().strip() == "carol"
