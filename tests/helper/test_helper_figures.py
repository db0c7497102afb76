"""The figures of status_socket: each goes up by what it names, and by nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import Browser, FakeExchange, Helper, enough_ms
from harness.host import Host
from harness.site import Site
from harness.waiting import until
from helper.prometheus import REASONS, figures, parse, read


@pytest.fixture()
def path(folder: Path) -> Path:
    return folder / "status.sock"


@pytest.fixture()
def helper(folder: Path, path: Path) -> Iterator[Helper]:
    with Helper(folder, status_socket=path) as made:
        yield made


def assert_counts(path: Path, before: dict[str, float], **steps: int) -> None:
    """These went up by so much, and no others at all."""
    wanted = {name.replace("__", " "): number for name, number in steps.items()}
    now: dict[str, float] = {}

    def agrees() -> bool:
        nonlocal now
        now = {name: number - before[name] for name, number in read(path).items()
               if number != before[name]}
        return now == wanted

    assert until(agrees), now


def approve(helper: Helper, login: FakeExchange) -> Browser:
    phone = Browser(helper)
    phone.approve(login)
    login.expect("OPENED")
    return phone


def test_gauges_tell_the_moment(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    idle = Browser(helper).connect()

    def gauges() -> tuple[float, float]:
        families = parse(figures(path))
        return families["pending_logins"].samples[0][3], families["connections"].samples[0][3]

    assert until(lambda: gauges() == (1, 1))
    idle.close()
    login.close()
    assert until(lambda: gauges() == (0, 0))


def test_a_registration_is_a_start(helper: Helper, path: Path) -> None:
    before = read(path)
    login = FakeExchange(helper).register()
    rejected = FakeExchange(helper, state=login.state)
    rejected.send(rejected.registration())
    rejected.expect("REJECTED")
    login.close()
    assert_counts(path, before, logins_started_total=1, logins_remote_total=1)


def test_looking_and_tapping_continue_counts_nothing(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    before = read(path)
    phone = approve(helper, login)
    phone.get(login.path)
    phone.get("/favicon.ico")
    phone.get(login.callback(code=""))
    login.expect("CANCELLED")
    assert_counts(path, before)


def test_a_phone_that_finishes(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    before = read(path)
    Browser(helper).finish(login)
    assert_counts(path, before, logins_completed_total=1, callbacks_total=1, callback_seconds=1)


def test_a_second_code_of_one_login_is_a_repeat_and_completes_nothing(
    helper: Helper, path: Path
) -> None:
    login = FakeExchange(helper).register()
    phone = approve(helper, login)
    before = read(path)
    waiting = [phone.bring_code(login) for _ in range(3)]
    assert_counts(path, before, callbacks_total=3, callbacks_repeated_total=2)
    for one, ticket in waiting:
        login.succeed(ticket)
        assert one.answer().pin == login.pin
    assert_counts(path, before, callbacks_total=3, callbacks_repeated_total=2, callback_seconds=3,
                  logins_completed_total=1)


def test_only_codes_for_living_logins_are_callbacks(helper: Helper, path: Path) -> None:
    login, other = (FakeExchange(helper).register() for _ in range(2))
    before = read(path)
    stranger = Browser(helper)
    stranger.get(login.callback(code=""))
    stranger.get(login.callback(code="authdeny"))
    stranger.get(login.callback(code="not a code"))
    stranger.get(login.callback(state="0" * 32))
    stranger.begin("HEAD", login.callback()).answer()
    stranger.get("/callback")
    assert_counts(path, before)
    # One that did not approve is a callback as well: WeChat's second ones come without a cookie.
    stranger.get(login.callback())
    stranger.get(other.callback())
    assert_counts(path, before, callbacks_total=2)


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_counts_by_its_reason(helper: Helper, path: Path, reason: str) -> None:
    login = FakeExchange(helper).register()
    phone = approve(helper, login)
    before = read(path)
    waiting, ticket = phone.bring_code(login)
    login.result(ticket, reason)
    waiting.answer()
    steps = {"results_refused_total__" + reason: 1, "callbacks_total": 1, "callback_seconds": 1}
    assert_counts(path, before, **steps)


def test_a_result_nobody_waits_for_is_counted_and_nonsense_is_not(
    helper: Helper, path: Path
) -> None:
    login = FakeExchange(helper).register()
    phone = approve(helper, login)
    waiting, ticket = phone.bring_code(login)
    before = read(path)
    waiting.abandon()
    login.result(ticket, "code")
    login.result(ticket, "code")
    login.expect_end()
    assert_counts(path, before, results_refused_total__code=1, callback_seconds=1)


def test_a_report_is_no_refusal_and_no_expiry(helper: Helper, path: Path) -> None:
    def report(login: FakeExchange) -> None:
        phone = Browser(helper)
        token = phone.get(login.path).token
        assert token is not None
        for _ in range(2):
            phone.post(login.path, token=token, choice="refuse")
        login.expect("OPENED")
        login.expect("REPORTED")

    left_ms = enough_ms(report, helper, 600)
    before = read(path)
    login = FakeExchange(helper, left_ms=left_ms).register()
    report(login)
    login.expect_end()
    assert_counts(path, before, logins_started_total=1, logins_remote_total=1, logins_reported_total=1)


@pytest.mark.parametrize("finished", [True, False])
def test_time_that_is_up_counts_unless_a_phone_has_finished(
    helper: Helper, path: Path, finished: bool
) -> None:
    left_ms = enough_ms(Browser(helper).finish, helper, 600)
    login = FakeExchange(helper, left_ms=left_ms).register()
    if finished:
        Browser(helper).finish(login)
    before = read(path)
    if not finished:
        login.expect_end()
    assert helper.wait_for_pending(0)
    assert_counts(path, before, **({} if finished else {"logins_expired_total": 1}))


def test_giving_up_early_is_no_expiry(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    before = read(path)
    login.close()
    assert helper.wait_for_pending(0)
    assert_counts(path, before)


def test_a_real_login_expires(site: Site) -> None:
    path = site.folder / "run/status.sock"
    site.stop_helper()
    site.helper_conf["status_socket"] = str(path)
    site.start_helper()
    site.write_service("short", site.line(options="timeout=5"))
    before = read(path)
    with Host(site, "alice", "short") as login:
        login.link()
        assert_counts(path, before, logins_started_total=1)
        assert site.wait_for_pending(0)
        assert_counts(path, before, logins_started_total=1, logins_expired_total=1)


def test_only_refusals_for_asking_too_often_count_as_such(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    phone = approve(helper, login)
    waiting = [phone.bring_code(login)[0] for _ in range(16)]
    before = read(path)
    assert phone.get(login.callback()).status == 429
    for one in waiting:
        one.abandon()
    assert_counts(path, before, callbacks_total=1, callbacks_repeated_total=1)
    refused = 0

    def is_refused_thrice() -> bool:
        nonlocal refused
        refused += Browser(helper).get("/").status == 429
        return refused == 3

    assert until(is_refused_thrice)
    assert_counts(path, before, callbacks_total=1, callbacks_repeated_total=1,
                  requests_too_often_total=3)


def test_the_histogram_measures_from_callback_to_result(helper: Helper, path: Path) -> None:
    login = FakeExchange(helper).register()
    phone = approve(helper, login)
    began = time.monotonic()
    waiting, ticket = phone.bring_code(login)
    time.sleep(0.12)  # that is what is measured
    login.succeed(ticket)
    waiting.answer()
    took = time.monotonic() - began
    *buckets, total, _ = parse(figures(path))["callback_seconds"].samples
    assert 0.119 <= total[3] <= took + 0.001
    counts = {bound: number for _, _, bound, number in buckets}
    assert (counts["0.05"], counts["0.1"], counts["10"]) == (0, 0, 1)
