"""The helper dies, is restarted or is missing, at every point of a login."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from harness import processes
from harness.attacker import is_the_ask_page
from harness.host import Host
from harness.site import Site
from harness.sshd import Sshd
from harness.system_log import SystemLog
from harness.waiting import until
from simulator import Page, Phone, WeChat

REMOTE = ("--rhost", "203.0.113.7")
KEYBOARD = "AuthenticationMethods keyboard-interactive"
ENDS = pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["KILL", "TERM"])


@pytest.fixture()
def login(site: Site) -> Iterator[Host]:
    with Host(site, "alice", options=REMOTE) as host:
        yield host


@pytest.fixture()
def phone(wechat: WeChat) -> Phone:
    return Phone(wechat, "alice", language="en")


def restart(site: Site, number: int) -> None:
    """Ends the helper and starts another on the same port; waits until the login is back."""
    site.stop_helper(number)
    site.start_helper()
    assert site.wait_for_pending(1)


@ENDS
def test_between_the_picture_and_the_scan_over_ssh(
    site: Site, wechat: WeChat, phone: Phone, number: int
) -> None:
    with Sshd(site, "sshd-restarted", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            shown = terminal.wait_for_login()
            restart(site, number)
            terminal.type(phone.sign_in(shown.picture) or "")
            assert terminal.rest().strip().splitlines()[-1] == "alice"
    assert wechat.exchanges() == 1


@ENDS
def test_between_the_page_and_the_tap(
    site: Site, login: Host, wechat: WeChat, phone: Phone, number: int
) -> None:
    phone.open(login.link())
    restart(site, number)
    # The new helper does not know this browser: it asks once more.
    assert is_the_ask_page(phone.tap("continue"))
    assert login.type(phone.tap("continue").pin or "") == "PAM_SUCCESS"
    assert wechat.exchanges() == 1


@ENDS
def test_between_the_tap_and_the_callback(
    site: Site, login: Host, wechat: WeChat, phone: Phone, number: int
) -> None:
    link = login.link()
    page = phone.open(link)
    form, name = page.form_with("continue")
    answer = phone.post(link, dict(form.fields) | {name: "continue"})
    restart(site, number)
    # WeChat brings the phone back to a helper that knows of no approval.
    assert is_the_ask_page(phone.open(answer.header("Location") or ""))
    assert wechat.exchanges() == 0
    assert login.type(phone.tap("continue").pin or "") == "PAM_SUCCESS"
    assert wechat.exchanges() == 1


def tap_and_lose(phone: Phone) -> threading.Thread:
    """Taps Continue; what becomes of the answer is the thread's to bear."""
    def tap() -> None:
        try:
            phone.tap("continue")
        except (OSError, http.client.HTTPException):
            phone.page = None

    thread = threading.Thread(target=tap)
    thread.start()
    return thread


@pytest.mark.parametrize("down", [False, True], ids=["at once", "after WeChat's answer"])
@ENDS
def test_while_the_code_is_being_exchanged(
    site: Site, login: Host, wechat: WeChat, phone: Phone, number: int, down: bool
) -> None:
    link = login.link()
    phone.open(link)
    plan = wechat.plan(delay=15)
    phone.browser.refreshes = False
    tapping = tap_and_lose(phone)
    assert until(lambda: plan.calls("token") == 1)
    site.stop_helper(number)
    tapping.join()
    lost: Page | None = phone.page
    # On a slow machine it was told to wait before that.
    if lost is None or lost.refresh is None:
        assert (lost is None) == (number == signal.SIGKILL)
    if lost is not None and lost.refresh is None:
        assert lost.status == 503 and "Reload this page" in lost.text
    if down:
        plan.hurry.set()
        time.sleep(0.3)  # or the exchange would hear of it when the helper is back
    site.start_helper()
    assert site.wait_for_pending(1)
    plan.hurry.set()
    # The phone reloads, and taps once more: the first code is burnt, a second one is fetched.
    pin = phone.sign_in(link)
    assert login.type(pin or "") == "PAM_SUCCESS"
    assert wechat.exchanges() == 2


@ENDS
def test_between_the_pin_and_its_typing(
    site: Site, login: Host, phone: Phone, number: int
) -> None:
    pin = phone.sign_in(login.link())
    restart(site, number)
    assert login.type(pin or "") == "PAM_SUCCESS"


def test_the_pin_is_shown_again_after_a_restart(
    site: Site, login: Host, wechat: WeChat, phone: Phone
) -> None:
    link = login.link()
    pin = phone.sign_in(link)
    restart(site, signal.SIGKILL)
    assert is_the_ask_page(phone.reload())
    assert phone.tap("continue").pin == pin
    assert wechat.exchanges() == 2
    assert login.type(pin or "") == "PAM_SUCCESS"


def test_after_the_pin_and_never_again(site: Site, login: Host, phone: Phone) -> None:
    pin = phone.sign_in(login.link())
    site.stop_helper()
    assert login.type(pin or "") == "PAM_SUCCESS"


def test_a_report_outlives_a_restart(site: Site, login: Host, phone: Phone) -> None:
    link = login.link()
    phone.open(link)
    phone.tap("refuse")
    restart(site, signal.SIGKILL)
    assert phone.sign_in(link) is None
    assert login.type("1234") == "PAM_MAXTRIES"


def test_of_two_who_may_sign_in_one_is_shown_the_code_after_a_restart(
    site: Site, wechat: WeChat, phone: Phone
) -> None:
    site.write_users(f"{wechat.openid('alice')} alice\n{wechat.openid('bob')} alice\n")
    with Host(site, "alice", options=REMOTE) as login:
        link = login.link()
        pin = phone.sign_in(link)
        assert pin is not None
        restart(site, signal.SIGKILL)
        bob = Phone(wechat, "bob", language="en")
        bob.open(link)
        page = bob.tap("continue")
        assert page.pin is None and "Another phone is finishing this sign-in" in page.text
        assert wechat.exchanges() == 2
        assert phone.sign_in(link) == pin
        assert bob.open(link).pin is None
        assert login.type(pin) == "PAM_SUCCESS"


def test_another_wechat_stays_refused_after_a_restart(
    site: Site, login: Host, wechat: WeChat
) -> None:
    link = login.link()
    bob = Phone(wechat, "bob")
    assert bob.sign_in(link) is None
    restart(site, signal.SIGKILL)
    assert bob.sign_in(link) is None
    assert login.type("1234") == "PAM_MAXTRIES"


def test_three_restarts_in_a_row(site: Site, login: Host, phone: Phone) -> None:
    link = login.link()
    for _ in range(3):
        phone.open(link)
        restart(site, signal.SIGKILL)
    assert login.type(phone.sign_in(link) or "") == "PAM_SUCCESS"


def test_ten_logins_survive_a_restart(site: Site, wechat: WeChat) -> None:
    hosts = [Host(site, "alice", options=("--rhost", f"203.0.113.{i}")) for i in range(10)]
    try:
        links = [host.__enter__().link() for host in hosts]
        site.stop_helper(signal.SIGKILL)
        site.start_helper()
        assert site.wait_for_pending(10)
        for host, link in zip(hosts, links):
            assert host.type(Phone(wechat, "alice").sign_in(link) or "") == "PAM_SUCCESS"
    finally:
        for host in hosts:
            host.__exit__()


def test_a_helper_that_is_down_from_the_start_is_a_clean_refusal(
    site: Site, system_log: SystemLog
) -> None:
    site.stop_helper(signal.SIGKILL)
    mark = system_log.mark()
    with Host(site, "alice", options=REMOTE) as login:
        assert login.prompt() is None
        assert login.result == "PAM_AUTHINFO_UNAVAIL"
        assert [(message.style, message.text) for message in login.messages] == [
            ("error", "WeChat sign-in is not available. Try later, or tell the administrator."),
        ]
    system_log.wait_for("user=alice rhost=203.0.113.7 result=refused reason=helper", mark)
    assert processes.running(site.exchange) == []


def test_a_helper_that_is_down_shows_no_picture_over_ssh(site: Site) -> None:
    site.stop_helper()
    with Sshd(site, "sshd-alone", site.line(), KEYBOARD) as sshd:
        options = ("-o", "NumberOfPasswordPrompts=1")
        with sshd.login("alice", "id", "-un", options=options) as terminal:
            rest = terminal.rest()
            assert "Permission denied" in rest and terminal.status == 255
            assert "http" not in rest and not set(rest) & set("█▀▄")


def test_a_helper_that_comes_back_within_a_second_is_waited_for(
    site: Site, phone: Phone
) -> None:
    own, new = (site.folder / "run" / name for name in ("helper.sock", "new.sock"))
    site.helper_conf["socket"] = str(new)

    def comes_back_in_time() -> bool:
        """A helper that runs already takes the dead one's place: that takes no time."""
        site.stop_helper(signal.SIGKILL)
        site.start_helper()
        began = time.monotonic()
        with Host(site, "alice", options=REMOTE) as login:
            time.sleep(0.5)
            new.rename(own)
            if time.monotonic() - began > 1:
                return False  # the machine was too slow for this test
            assert login.type(phone.sign_in(login.link()) or "") == "PAM_SUCCESS"
        return True

    assert until(comes_back_in_time)


def test_an_exchange_that_is_killed_ends_its_login_and_no_other(
    site: Site, login: Host, phone: Phone
) -> None:
    login.link()
    mine = processes.running(site.exchange)
    with Host(site, "alice", options=("--rhost", "198.51.100.1")) as other:
        other_link = other.link()
        os.kill(mine[0], signal.SIGKILL)
        assert site.wait_for_pending(1)
        assert login.type("1234") == "PAM_AUTH_ERR"
        assert other.type(phone.sign_in(other_link) or "") == "PAM_SUCCESS"
