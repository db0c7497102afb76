"""Every login that was registered leaves one line, however it ends: the module's or helper's."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from harness import log_format, processes
from harness.host import Host
from harness.site import Site
from harness.sshd import Sshd
from harness.system_log import SystemLog
from harness.terminal import Terminal
from harness.waiting import until
from simulator import Phone, WeChat

KEYBOARD = "AuthenticationMethods keyboard-interactive"
ONE_PROMPT = ("-o", "NumberOfPasswordPrompts=1")


class Lines:
    """What module and helper have said of one login."""

    def __init__(self, site: Site, log: SystemLog) -> None:
        self.site, self.log, self.mark = site, log, log.mark()

    def of(self, link: str) -> list[str]:
        name = link.rpartition("/")[2][:6]
        said = self.log.lines[self.mark:] + self.site.helper_log().splitlines()
        return [line.partition(f"login={name} ")[2] for line in said
                if re.search(rf"login={name} .*(result=| ended )|login={name} ended ", line)]

    def only(self, link: str) -> str:
        """The one line, when nobody is left who could write another."""
        assert until(lambda: self.of(link) != [])
        assert until(lambda: processes.running(self.site.exchange) == [])
        assert self.site.wait_for_pending(0)
        self.site.pending()  # whatever the helper heard before has had its turn
        self.log.mark()
        (line,) = self.of(link)
        name = link.rpartition("/")[2][:6]
        assert log_format.documented().match(f"login={name} {line}") is not None
        return line


@pytest.fixture()
def lines(site: Site, system_log: SystemLog) -> Lines:
    return Lines(site, system_log)


@pytest.fixture()
def sshd(site: Site) -> Iterator[Sshd]:
    with Sshd(site, "sshd-ended", site.line(), KEYBOARD) as sshd:
        yield sshd


@pytest.fixture()
def terminal(sshd: Sshd) -> Iterator[Terminal]:
    with sshd.login("alice", "true", options=ONE_PROMPT) as terminal:
        yield terminal


def close_window(terminal: Terminal) -> None:
    terminal.process.ptyproc.fileobj.close()


def kill_ssh(terminal: Terminal) -> None:
    os.kill(terminal.process.pid, signal.SIGKILL)


LEAVING: dict[str, Callable[[Terminal], object]] = {
    "ctrl-c": lambda terminal: terminal.process.sendintr(),
    "window closed": close_window,
    "ssh killed": kill_ssh,
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
def test_who_leaves_the_prompt_leaves_a_line(
    lines: Lines, terminal: Terminal, leave: Callable[[Terminal], object]
) -> None:
    link = terminal.wait_for_login().link
    leave(terminal)
    assert lines.only(link) == "ended phone=none"


def test_ctrl_d_is_an_empty_answer_and_the_eighth_leaves_a_line(
    lines: Lines, terminal: Terminal
) -> None:
    link = terminal.wait_for_login().link
    for _ in range(7):
        terminal.process.sendeof()
        terminal.wait_for_login()
    terminal.process.sendeof()
    terminal.rest()
    assert lines.only(link).endswith(" result=refused reason=nobody-scanned phone=none")


def test_login_grace_time_leaves_a_line(site: Site, lines: Lines) -> None:
    with Sshd(site, "sshd-ended", site.line(), KEYBOARD, "LoginGraceTime 8") as sshd:
        with sshd.login("alice", "true") as terminal:
            # ssh itself does not notice while it asks.
            assert lines.only(terminal.wait_for_login().link) == "ended phone=none"


def test_three_wrong_answers_leave_a_line(lines: Lines, terminal: Terminal) -> None:
    link = terminal.wait_for_login().link
    for _ in range(2):
        terminal.type("0000")
        terminal.wait_for_login()
    terminal.type("0000")
    terminal.rest()
    assert lines.only(link).endswith(" result=refused reason=nobody-scanned phone=none")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["KILL", "TERM"])
def test_a_success_leaves_a_line_whatever_became_of_the_helper(
    site: Site, wechat: WeChat, lines: Lines, terminal: Terminal, number: int
) -> None:
    shown = terminal.wait_for_login()
    site.stop_helper(number)
    site.start_helper()
    assert site.wait_for_pending(1)
    terminal.type(Phone(wechat, "alice").sign_in(shown.link) or "")
    terminal.rest()
    assert terminal.status == 0
    assert " result=ok" in lines.only(shown.link)


def test_a_success_without_a_helper_leaves_a_line(
    site: Site, wechat: WeChat, lines: Lines, terminal: Terminal
) -> None:
    shown = terminal.wait_for_login()
    pin = Phone(wechat, "alice").sign_in(shown.link)
    site.stop_helper()
    terminal.type(pin or "")
    terminal.rest()
    site.start_helper()
    assert " result=ok" in lines.only(shown.link)


def test_who_leaves_after_a_restart_leaves_a_line_that_knows_how_far_the_phone_came(
    site: Site, wechat: WeChat, lines: Lines, terminal: Terminal
) -> None:
    shown = terminal.wait_for_login()
    Phone(wechat, "alice").open(shown.link)
    site.stop_helper(signal.SIGKILL)
    site.start_helper()
    assert site.wait_for_pending(1)
    kill_ssh(terminal)
    assert lines.only(shown.link) == "ended phone=opened"


def test_who_leaves_while_the_helper_is_away_leaves_a_line(
    site: Site, lines: Lines, terminal: Terminal
) -> None:
    shown = terminal.wait_for_login()
    site.stop_helper()
    kill_ssh(terminal)
    terminal.process.wait()
    site.start_helper()
    assert lines.only(shown.link) == "ended phone=none"


def test_a_login_whose_time_is_up_leaves_a_line_when_it_is_left(
    site: Site, sshd: Sshd, lines: Lines
) -> None:
    sshd.write_service(site.line(options="timeout=5"))
    with ExitStack() as stack:
        left, typed = (stack.enter_context(sshd.login("alice", "true", options=ONE_PROMPT))
                       for _ in range(2))
        links = [terminal.wait_for_login().link for terminal in (left, typed)]
        assert site.wait_for_pending(0)
        assert lines.of(links[0]) == lines.of(links[1]) == []
        kill_ssh(left)
        typed.type("0000")
        typed.rest()
    assert lines.only(links[0]) == "ended phone=none"
    assert " result=refused reason=expired" in lines.only(links[1])


def test_a_login_that_was_pushed_out_leaves_a_line(
    site: Site, lines: Lines, terminal: Terminal
) -> None:
    link = terminal.wait_for_login().link
    push_out(site, link)
    assert lines.of(link) == []
    kill_ssh(terminal)
    assert lines.only(link) == "ended phone=none"


def test_who_types_after_being_pushed_out_leaves_a_line(
    site: Site, lines: Lines, terminal: Terminal
) -> None:
    link = terminal.wait_for_login().link
    push_out(site, link)
    terminal.type("0000")
    terminal.rest()
    assert " result=refused reason=full" in lines.only(link)


def push_out(site: Site, link: str) -> None:
    """By sixteen of the same origin, which then succeed at nothing."""
    with ExitStack() as stack:
        for _ in range(16):
            host = stack.enter_context(Host(site, "alice", options=("--rhost", "127.0.0.1")))
            host.link()
        assert until(lambda: f"login={link.rpartition('/')[2][:6]} gives way" in site.helper_log())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_host_that_is_killed_leaves_a_line(
    site: Site, wechat: WeChat, lines: Lines, number: int
) -> None:
    with Host(site, "alice") as host:
        link = host.link()
        phone = Phone(wechat, "alice")
        phone.sign_in(link)
        host.process.send_signal(number)
        host.process.wait()
        assert lines.only(link) == "ended phone=returned"
        host.kill()


def test_a_phone_that_went_to_wechat_and_never_came_back_has_a_hint(
    wechat: WeChat, lines: Lines, terminal: Terminal
) -> None:
    shown = terminal.wait_for_login()
    wechat.plan(page=10003)
    Phone(wechat, "alice").sign_in(shown.link)
    kill_ssh(terminal)
    assert lines.only(shown.link) == (
        "ended phone=continued: WeChat showed an error page, or the person went no further: ask "
        "for its number, pam-wechat doctor NUMBER")
