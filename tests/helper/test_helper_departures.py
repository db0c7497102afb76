"""Logins whose module died without a word: the helper's line for each, or one that counts them."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import log_format
from harness.fake_exchange import Browser, FakeExchange, Helper, Message
from harness.waiting import until


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as helper:
        yield helper


def ended(helper: Helper, name: str = r"\w{6}") -> list[str]:
    """How logins ended, all connections before having been served."""
    helper.wait_for_pending(0)
    found = re.findall(rf"^(login={name}) (ended .*)$", helper.log(), re.MULTILINE)
    assert all(log_format.documented().match(" ".join(line)) for line in found)
    return [line[1] for line in found]


def hang_up(login: FakeExchange) -> str:
    login.close()
    return login.id[:6]


def test_one_line_says_how_far_the_phone_came(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    assert ended(helper, hang_up(login)) == ["ended phone=none"]
    login = FakeExchange(helper).register()
    Browser(helper).get(login.path)
    assert ended(helper, hang_up(login)) == ["ended phone=opened"]
    login = FakeExchange(helper).register()
    Browser(helper).approve(login)
    (line,) = ended(helper, hang_up(login))
    assert line.startswith("ended phone=continued: WeChat showed an error page, or the person")
    login = FakeExchange(helper).register()
    Browser(helper).finish(login)
    assert ended(helper, hang_up(login)) == ["ended phone=returned"]


def test_a_child_hears_once_that_a_browser_continues(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    Browser(helper).approve(login)
    login.expect("OPENED")
    Browser(helper).approve(login)
    login.expect_nothing()
    assert login.continued == 1


def test_what_a_helper_before_knew_is_kept(helper: Helper) -> None:
    login = FakeExchange(helper, phone="continued").register()
    browser = Browser(helper)
    browser.get(login.path)
    assert ended(helper, hang_up(login))[0].startswith("ended phone=continued: ")


@pytest.mark.parametrize("reason", ["none", "nobody", "expired", "no-such-word"])
def test_who_said_how_it_ended_has_written_the_line(helper: Helper, reason: str) -> None:
    login = FakeExchange(helper).register()
    login.send(Message("ENDED", {"reason": reason}))
    assert ended(helper, hang_up(login)) == []


def test_a_child_of_the_version_before_never_says_so(helper: Helper) -> None:
    login = FakeExchange(helper, version=None)
    login.send(login.registration())
    login.expect("REGISTERED")
    Browser(helper).approve(login)
    login.expect("OPENED")
    login.expect_nothing()
    assert login.continued == 0
    assert ended(helper, hang_up(login)) == []


@pytest.mark.parametrize("occasion", ["enroll", "doctor"])
def test_who_does_not_sign_in_leaves_no_line(helper: Helper, occasion: str) -> None:
    login = FakeExchange(helper, occasion=occasion).register()
    login.close()
    helper.wait_for_pending(0)
    other = FakeExchange(helper).register()
    assert ended(helper, hang_up(other)) != []
    assert ended(helper, login.id[:6]) == []


def test_one_that_has_to_go_leaves_none_until_its_child_says_so(helper: Helper) -> None:
    logins = [FakeExchange(helper).register() for _ in range(17)]
    assert logins[0].expect("REJECTED")["reason"] == "full"
    logins[0].expect_end()
    for login in logins[1:]:
        login.send(Message("ENDED", {"reason": "none"}))
        login.close()
    assert ended(helper) == []
    report(helper, logins[0].id[:6], "opened")
    assert ended(helper) == ["ended phone=opened"]


def report(helper: Helper, name: str, phone: str) -> None:
    child = FakeExchange(helper)
    child.send(Message("LOST", {"login": name, "phone": phone}))
    child.expect_end()


@pytest.mark.parametrize("name, phone", [
    ("Ab3dE", "none"), ("Ab3dE9x", "none"), ("Ab3d\n9", "none"), ("Ab3d 9", "none"), ("", "none"),
    ("Ab3dE9", "far"), ("Ab3dE9", ""),
])
def test_what_is_no_login_is_not_logged(helper: Helper, name: str, phone: str) -> None:
    report(helper, name, phone)
    assert ended(helper, ".*") == []


def test_a_login_is_not_ended_by_who_says_lost_on_its_connection(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    login.send(Message("LOST", {"login": login.id[:6], "phone": "none"}))
    login.expect_end()
    assert ended(helper) == []


def flood(helper: Helper, count: int) -> None:
    """All at once: it is over before ten seconds are."""
    logins = [FakeExchange(helper, origin=f"192.0.2.{number}").register()
              for number in range(count)]
    os.kill(helper.process.pid, signal.SIGSTOP)
    for login in logins:
        login.close()
    os.kill(helper.process.pid, signal.SIGCONT)
    helper.wait_for_pending(0)


COUNTED = "15 more logins ended without a word within 10 s\n"


def test_a_flood_is_ten_lines_and_one_that_counts(helper: Helper) -> None:
    flood(helper, 25)
    assert len(ended(helper)) == 10
    assert until(lambda: COUNTED in helper.log())
    assert ended(helper, hang_up(FakeExchange(helper).register())) == ["ended phone=none"]


def test_those_that_are_not_told_yet_are_told_at_the_end(folder: Path) -> None:
    with Helper(folder) as helper:
        flood(helper, 25)
    assert helper.log().count(COUNTED) == 1
    assert len(re.findall(r"^login=\w{6} ended ", helper.log(), re.MULTILINE)) == 10
