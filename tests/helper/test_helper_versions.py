"""What the helper makes of exchanges that are older or newer than itself, and of how logins end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import Browser, FakeExchange, Helper, Message
from helper.prometheus import figures, parse


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as helper:
        yield helper


@pytest.fixture()
def status(folder: Path) -> Path:
    return folder / "status.sock"


@pytest.fixture()
def counting(folder: Path, status: Path) -> Iterator[Helper]:
    with Helper(folder, status_socket=status) as helper:
        yield helper


def number(status: Path, name: str) -> float:
    (sample,) = parse(figures(status))[name].samples
    return sample[3]


def test_an_exchange_of_the_version_before_signs_in(helper: Helper) -> None:
    """One that was started before an upgrade of the helper."""
    login = FakeExchange(helper, version=None, occasion=None, manner="remote")
    login.send(login.registration())
    assert login.expect("REGISTERED") == {}
    assert Browser(helper).finish(login).pin == login.pin


def test_a_newer_one_hears_that_the_helper_is_to_be_restarted(helper: Helper) -> None:
    login = FakeExchange(helper, version="3", colour="red")
    login.send(login.registration())
    assert login.expect("REJECTED") == {
        "reason": "helper", "detail": "restart the helper: it is older than the module"}
    login.expect_end()
    helper.wait_for_log("a login was not taken: the module is newer than the helper: restart it")


@pytest.mark.parametrize("version", ["0", "-1", "two", ""])
def test_other_versions_are_none(helper: Helper, version: str) -> None:
    login = FakeExchange(helper, version=version)
    login.send(login.registration())
    login.expect_end()


def test_an_instance_is_the_helper_s_until_it_starts_again(folder: Path) -> None:
    seen = []
    for _ in range(2):
        with Helper(folder) as helper:
            for _ in range(2):
                login = FakeExchange(helper)
                login.send(login.registration())
                seen.append(login.expect("REGISTERED")["instance"])
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in seen)


@pytest.mark.parametrize("reason, more", [("none", 1), ("nobody", 0), ("junk", 0)])
def test_a_sign_in_is_counted_when_the_host_has_let_somebody_in(
    counting: Helper, status: Path, reason: str, more: int
) -> None:
    login = FakeExchange(counting).register()
    began = int(time.time())
    login.send(Message("ENDED", {"reason": reason}))
    login.close()
    counting.wait_for_pending(0)
    assert number(status, "logins_signed_in_total") == more
    last = number(status, "last_sign_in_timestamp_seconds")
    assert last == 0 if more == 0 else began <= last <= time.time()


@pytest.mark.parametrize(("reason", "told"), [
    ("not-linked", "not-linked"), ("wrong-digits", "wrong-digits"), ("junk", "internal"),
    (None, "interrupted"),
])
def test_when_and_why_a_login_last_failed_is_told(
    counting: Helper, status: Path, reason: str | None, told: str
) -> None:
    """Without a word the module is dead."""
    assert failure(status) == ("none", 0)
    login = FakeExchange(counting).register()
    began = int(time.time())
    if reason is not None:
        login.send(Message("ENDED", {"reason": reason}))
    login.close()
    counting.wait_for_pending(0)
    said, at = failure(status)
    assert said == told and began <= at <= time.time()
    login = FakeExchange(counting).register()
    login.send(Message("ENDED", {"reason": "none"}))
    login.close()
    counting.wait_for_pending(0)
    assert failure(status) == (said, at)


@pytest.mark.parametrize("occasion", ["enroll", "doctor"])
def test_who_enrols_or_checks_fails_to_no_sign_in(
    counting: Helper, status: Path, occasion: str
) -> None:
    login = FakeExchange(counting, occasion=occasion).register()
    login.send(Message("ENDED", {"reason": "expired"}))
    login.close()
    counting.wait_for_pending(0)
    assert failure(status) == ("none", 0)


def failure(status: Path) -> tuple[str, float]:
    ((_, _, reason, at),) = parse(figures(status))["last_failure_timestamp_seconds"].samples
    return reason, at


def test_an_enrolment_is_no_sign_in(counting: Helper, status: Path) -> None:
    login = FakeExchange(counting, occasion="enroll").register()
    login.send(Message("ENDED", {"reason": "none"}))
    login.close()
    counting.wait_for_pending(0)
    assert number(status, "logins_signed_in_total") == 0


def test_an_end_before_a_login_is_nothing(helper: Helper) -> None:
    login = FakeExchange(helper)
    login.send(Message("ENDED", {"reason": "none"}))
    login.expect_end()


# -- pam-wechat doctor


def test_a_check_counts_in_no_figure_and_is_logged_once(counting: Helper, status: Path) -> None:
    before = re.sub(r"(connections|callback_seconds)\S* \S+", "", figures(status))
    check = FakeExchange(counting, occasion="doctor").register()
    browser = Browser(counting)
    assert "pam-wechat doctor" in browser.get(check.path).body
    browser.finish(check)
    other = Browser(counting)
    token = other.get(check.path).token
    assert counting.pending() == 0
    other.post(check.path, token=token or "", choice="refuse")
    check.send(Message("ENDED", {"reason": "none"}))
    check.close()
    assert re.sub(r"(connections|callback_seconds)\S* \S+", "", figures(status)) == before
    told = [line for line in counting.log().splitlines() if "pam-wechat doctor" in line]
    assert len(told) == 1 and re.search(f"login={check.id[:6]} is a check", told[0]), told


def test_checks_push_nobody_out_but_checks(helper: Helper) -> None:
    """Whatever origin they name."""
    login = FakeExchange(helper, origin="uid:0").register()
    checks = [FakeExchange(helper, occasion="doctor", origin="uid:0").register()
              for _ in range(17)]
    assert checks[0].expect("REJECTED")["reason"] == "full"
    login.expect_nothing()
    assert Browser(helper).finish(login).pin == login.pin
