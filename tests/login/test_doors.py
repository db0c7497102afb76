"""Logins by login, su and sudo: with a code, by waiting, given up, and who really asks."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.doors import DOORS, Door, whoami
from harness.host import Host
from harness.site import Site
from harness.system_log import SystemLog
from simulator import Phone, WeChat


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    return DOORS[request.param]


def test_the_code_opens_the_door(site: Site, wechat: WeChat, door: Door) -> None:
    with door.open(site) as terminal:
        shown = terminal.wait_for_login()
        pin = Phone(wechat, door.account).sign_in(shown.picture)
        assert pin is not None
        terminal.type(pin)
        assert whoami(door, terminal) == door.becomes


def test_a_tap_opens_the_door_that_waits(site: Site, wechat: WeChat, door: Door) -> None:
    with door.open(site, "confirm=wait") as terminal:
        shown = terminal.wait_for_message()
        phone = Phone(wechat, door.account)
        assert phone.sign_in(shown.picture) is None
        assert phone.page is not None and phone.page.pin is None
        assert whoami(door, terminal) == door.becomes


@pytest.mark.parametrize("options", ["", "confirm=wait"])
def test_another_wechat_does_not_open_the_door(
    site: Site, wechat: WeChat, system_log: SystemLog, door: Door, options: str
) -> None:
    mark = system_log.mark()
    with door.open(site, options) as terminal:
        shown = terminal.wait_for_message() if options else terminal.wait_for_login()
        assert Phone(wechat, "carol").sign_in(shown.link) is None
        if options:
            terminal.process.sendintr()
        else:
            terminal.type("1234")
        reason = "interrupted" if options else "not-linked"
        system_log.wait_for(rf"user={door.account} .*result=refused reason={reason}", mark)


def test_nobody_is_let_in_by_his_own_wechat_as_somebody_else(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    door = DOORS["su"]
    with door.open(site) as terminal:
        shown = terminal.wait_for_login()
        assert Phone(wechat, door.user).sign_in(shown.link) is None
        terminal.type("1234")
        assert whoami(door, terminal) == "nobody"
    system_log.wait_for(r"user=alice .*result=refused reason=not-linked", mark)


ASKER = r"asked by local user «bob» \(uid 61002, (/dev/)?pts/\d+\)"
HOW = {
    "login": "on this machine, by login",  # in a pty
    "su": rf"become «alice» by su, {ASKER}",
    "su-l": rf"become «alice» by su-l, {ASKER}",
    "sudo": rf"sudo, {ASKER}",
    "sudo-i": rf"sudo-i, {ASKER}",
}


def test_the_ask_page_names_who_really_asks(site: Site, wechat: WeChat, door: Door) -> None:
    with door.open(site) as terminal:
        shown = terminal.wait_for_login()
        page = Phone(wechat, door.account, language="en").open(shown.link)
        facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.html))
        assert facts["User"] == f"«{door.account}»"
        assert re.fullmatch(HOW[door.service], facts["How"])
        assert "pts/" in facts["From"]


def test_ctrl_c_ends_the_wait(
    site: Site, wechat: WeChat, system_log: SystemLog, door: Door
) -> None:
    mark = system_log.mark()
    with door.open(site, "confirm=wait") as terminal:
        terminal.wait_for_message()
        terminal.process.sendintr()
        system_log.wait_for(r"result=refused reason=interrupted", mark)
        assert site.wait_for_pending(0)


def test_an_end_of_file_ends_the_wait(
    site: Site, system_log: SystemLog, door: Door
) -> None:
    mark = system_log.mark()
    with door.open(site, "confirm=wait") as terminal:
        terminal.wait_for_message()
        terminal.process.sendeof()
        system_log.wait_for(r"result=refused reason=interrupted", mark)


def test_a_line_that_is_typed_does_not_end_the_wait(
    site: Site, wechat: WeChat, door: Door
) -> None:
    with door.open(site, "confirm=wait") as terminal:
        shown = terminal.wait_for_message()
        terminal.type("")
        time.sleep(0.5)
        assert site.pending() == 1
        Phone(wechat, door.account).sign_in(shown.link)
        assert whoami(door, terminal) == door.becomes


def test_a_hang_up_ends_the_wait(site: Site, system_log: SystemLog, door: Door) -> None:
    mark = system_log.mark()
    with door.open(site, "confirm=wait") as terminal:
        terminal.wait_for_message()
        assert site.pending() == 1
        terminal.process.ptyproc.fileobj.close()
        system_log.wait_for(r"result=refused reason=interrupted", mark)
        assert site.wait_for_pending(0)


MAY_WAIT = ("login", "su", "su-l", "sudo", "sudo-i", "doas")
MAY_NOT_WAIT = ("sshd", "sshd-wechat", "xrdp-sesman", "polkit-1", "gdm-password", "remote", "test")


@pytest.mark.parametrize(("service", "rhost"), [
    *((service, ()) for service in MAY_NOT_WAIT),
    *((service, ("--rhost", "203.0.113.7")) for service in MAY_WAIT),
])
def test_waiting_is_an_error_but_for_who_sits_at_a_terminal_of_this_machine(
    site: Site, system_log: SystemLog, service: str, rhost: tuple[str, ...]
) -> None:
    mark = system_log.mark()
    site.write_service(service, site.line(options="confirm=wait"))
    with Host(site, "alice", service=service, options=rhost) as host:
        assert host.prompt() is None
        assert host.result == "PAM_AUTH_ERR"
    system_log.wait_for(f"use confirm=code for {service}$", mark)


@pytest.mark.parametrize("service", MAY_WAIT)
def test_the_others_may_be_told_to_wait(site: Site, wechat: WeChat, service: str) -> None:
    site.write_service(service, site.line(options="confirm=wait"))
    with Host(site, "alice", service=service) as host:
        Phone(wechat, "alice").sign_in(host.message().link or "")
        assert host.prompt() is None
        assert host.result == "PAM_SUCCESS"


# -- a login that says nothing

SILENT = """\
#!/usr/bin/python3 -B
import os, signal, sys, time
with open(__file__ + ".starts", "a") as starts:
    starts.write("x")
    count = starts.tell()
{what}
print("Here I am", flush=True)
"""


@pytest.mark.parametrize(
    ("what", "count", "shown"),
    [
        ("if count < 3: sys.exit(0)", 3, "Here I am\r\n"),
        ("sys.exit(1)", 3, ""),
        ("os.abort()", 1, ""),
        ("print('No'); sys.exit(1)", 1, "No\r\n"),
        # As whoever hangs up on those that had the terminal before.
        ("tty = os.ttyname(0); signal.signal(signal.SIGHUP, signal.SIG_IGN); os.closerange(0, 3)\n"
         "time.sleep(0.3); os.dup2(os.open(tty, os.O_RDWR), 1); os.dup(1)", 1, "Here I am\r\n"),
    ],
    ids=["ends twice", "always ends", "aborts", "denies", "hangs up"],
)
def test_only_a_login_that_exits_without_a_word_is_started_again(
    folder: Path, what: str, count: int, shown: str
) -> None:
    program = folder / "login"
    program.write_text(SILENT.format(what=what))
    program.chmod(0o755)
    door = replace(DOORS["login"], command=(str(program),))
    with door.start() as terminal:
        assert terminal.rest() == shown
    assert len((folder / "login.starts").read_text()) == count
