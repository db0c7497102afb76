"""One login at the helper, from registration to end; and what must not happen on the way."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import (
    AUTHORIZE_ORIGIN, Answer, Browser, FakeExchange, Helper, Message, Pending, enough_ms,
)
from harness.stopwatch import Stopwatch
from harness.waiting import until
from simulator import camera


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as made:
        yield made


@pytest.fixture()
def login(helper: Helper) -> Iterator[FakeExchange]:
    made = FakeExchange(helper).register()
    yield made
    made.close()


@pytest.fixture()
def phone(helper: Helper) -> Browser:
    return Browser(helper)


@pytest.fixture()
def other(helper: Helper) -> Browser:
    return Browser(helper)


def test_the_way_from_the_link_to_the_pin(login: FakeExchange, phone: Browser) -> None:
    ask = phone.get(login.path)
    assert ask.status == 200
    assert ask.heading == "Is this you signing in?"
    for shown in ("«alice»", "web1", "remote login (sshd)", "203.0.113.7"):
        assert f"<dd>{shown}</dd>" in ask.body
    assert re.search(r"<dd>for another \d+ seconds, until 14:32:10 UTC\+08:00</dd>", ask.body)
    assert f'<form method="post" action="{login.path}">' in ask.body
    assert ask.pin is None
    login.expect("OPENED")
    assert ask.token is not None
    answer = phone.post(login.path, token=ask.token, choice="continue")
    assert answer.status == 303
    assert answer.header("Location") == login.authorize_url
    waiting, ticket = phone.bring_code(login)
    assert not waiting.is_answered()
    login.succeed(ticket)
    page = waiting.answer()
    assert page.status == 200
    assert page.pin == login.pin
    assert page.heading == "Type this in the terminal"


def test_looking_at_the_page_has_no_effect(login: FakeExchange, phone: Browser) -> None:
    """Messengers fetch links to show a preview."""
    for _ in range(3):
        assert phone.get(login.path).status == 200
    login.expect("OPENED")
    login.expect_nothing()


def test_head_makes_nothing(login: FakeExchange, phone: Browser) -> None:
    answer = phone.begin("HEAD", login.path).answer()
    assert (answer.status, answer.body) == (200, "")
    assert answer.header("Set-Cookie") is None
    assert phone.begin("HEAD", login.callback()).answer().status == 200
    login.expect_nothing()
    assert phone.begin("HEAD", "/l/unknown").answer().status == 404


def test_the_winner_gets_the_pin_again_whatever_it_reloads(
    login: FakeExchange, phone: Browser
) -> None:
    assert phone.finish(login).pin == login.pin
    assert phone.get(login.path).pin == login.pin
    assert phone.get(login.callback()).pin == login.pin
    assert phone.get(login.callback("another")).pin == login.pin
    login.expect_nothing()


def test_a_repeated_callback_waits_with_a_ticket_of_its_own(
    login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    first, ticket = phone.bring_code(login)
    second, again = phone.bring_code(login)
    assert ticket != again
    login.succeed(ticket)
    assert first.answer().pin == login.pin
    assert not second.is_answered()
    login.result(again, "nobody")
    assert second.answer().pin == login.pin


def test_others_see_no_pin_after_a_win(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    other.approve(login)
    login.expect("OPENED")
    phone.approve(login)
    lost, late = other.bring_code(login, "0ther")
    won, ticket = phone.bring_code(login)
    login.succeed(ticket)
    assert won.answer().pin == login.pin
    login.succeed(late)
    for answer in (
        lost.answer(),
        other.get(login.path),
        other.get(login.callback()),
        Browser(login.helper).get(login.path),
    ):
        assert answer.heading == "Another phone is finishing this sign-in"
        assert answer.pin is None and login.pin not in answer.body
        assert answer.header("Set-Cookie") is None
    assert phone.get(login.path).pin == login.pin


WITHOUT_ITS_COOKIE = {
    "the link": lambda login, browser: browser.get(login.path),
    "a callback": lambda login, browser: browser.get(login.callback("An0ther")),
    "the same callback": lambda login, browser: browser.get(login.callback()),
    "a cancelled callback": lambda login, browser: browser.get(f"/callback?state={login.state}"),
    "a form": lambda login, browser: browser.post(login.path, choice="continue", token="0" * 32),
}


@pytest.mark.parametrize("ask", WITHOUT_ITS_COOKIE.values(), ids=list(WITHOUT_ITS_COOKIE))
@pytest.mark.parametrize("is_won", [False, True], ids=["asked about", "won"])
def test_while_one_browser_finishes_no_other_gets_a_cookie(
    login: FakeExchange, phone: Browser, ask: Callable[[FakeExchange, Browser], Answer],
    is_won: bool,
) -> None:
    """Of the same name: where WeChat's clients share a jar, it would take the other's place."""
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    if is_won:
        login.succeed(ticket)
        assert waiting.answer().pin == login.pin
    # The phone's own, but for its cookie.
    own = dict(phone.cookies)
    phone.cookies.clear()
    answer = ask(login, phone)
    assert answer.header("Set-Cookie") is None and phone.cookies == {}
    assert answer.heading == "Another phone is finishing this sign-in"
    assert (answer.pin, answer.token) == (None, None)
    phone.cookies |= own
    if not is_won:
        login.succeed(ticket)
        assert waiting.answer().pin == login.pin
    assert phone.get(login.path).pin == login.pin


def test_when_it_has_failed_others_are_asked_again(login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    other = Browser(phone.helper)
    assert other.get(login.path).token is None
    login.result(ticket, "code")
    assert waiting.answer().token is not None
    other.approve(login)
    waiting, ticket = other.bring_code(login)
    login.succeed(ticket)
    assert waiting.answer().pin == login.pin


def test_continue_after_a_win_leads_nowhere(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    token = other.get(login.path).token
    assert token is not None
    login.expect("OPENED")
    phone.approve(login)
    won, ticket = phone.bring_code(login)
    login.succeed(ticket)
    won.answer()
    answer = other.post(login.path, token=token, choice="continue")
    assert answer.heading == "Another phone is finishing this sign-in"
    login.expect_nothing()


def test_an_approved_browser_that_comes_back_is_asked_again(
    login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    assert phone.get(login.path).heading == "Is this you signing in?"


# -- attempts of somebody who owns link and state (lesson 21)


def test_the_attacker_taps_continue_and_forwards_the_authorize_url(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    other.approve(login)
    login.expect("OPENED")
    answer = phone.get(login.callback("victims"))
    assert answer.status == 200
    assert answer.heading == "Is this you signing in?"
    login.expect_nothing()


def test_the_attacker_posts_a_form_from_his_own_page(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    """His token with the victim's cookie, or with none; the victim's cookie without a token."""
    token = other.get(login.path).token
    assert token is not None
    phone.get(login.path)
    for browser in (phone, Browser(login.helper)):
        answer = browser.post(login.path, token=token, choice="continue")
        assert answer.status == 200
        assert answer.heading == "Is this you signing in?"
    assert phone.post(login.path, choice="continue").status == 200
    assert phone.post(login.path, choice="refuse").heading == "Is this you signing in?"
    login.expect("OPENED")
    assert phone.get(login.callback()).heading == "Is this you signing in?"
    login.expect_nothing()


def test_the_attacker_brings_junk_to_be_shown_the_result(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    won, ticket = phone.bring_code(login)
    stranger = other.get(login.callback("junk"))
    assert stranger.heading == "Another phone is finishing this sign-in"
    login.succeed(ticket)
    assert won.answer().pin == login.pin
    for path in (login.path, login.callback("junk"), login.callback("C0de")):
        assert other.get(path).pin is None
    login.expect_nothing()


def test_the_attacker_reloads_after_the_victims_tap(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    other.approve(login)
    login.expect("OPENED")
    phone.approve(login)
    won, ticket = phone.bring_code(login)
    early, its = other.bring_code(login, "his0wn")
    login.succeed(ticket)
    won.answer()
    login.result(its, "nobody")
    assert early.answer().pin is None
    assert other.get(login.path).pin is None


def test_the_cookie_of_another_login_counts_for_nothing(
    helper: Helper, login: FakeExchange, other: Browser
) -> None:
    his = FakeExchange(helper).register()
    other.approve(his)
    his.expect("OPENED")
    cookie = other.cookies[f"pam_wechat_{his.id}"]
    other.cookies[f"pam_wechat_{login.id}"] = cookie
    assert other.get(login.callback()).heading == "Is this you signing in?"
    login.expect("OPENED")
    login.expect_nothing()
    # And his own state does not make the code count for the other's login.
    waiting, _ = other.bring_code(his)
    login.expect_nothing()
    waiting.abandon()
    his.close()


def test_a_made_up_cookie_is_replaced(login: FakeExchange, phone: Browser) -> None:
    name = f"pam_wechat_{login.id}"
    for made_up in ("", "0" * 32, "x" * 4000):
        phone.cookies[name] = made_up
        assert phone.get(login.path).header("Set-Cookie") is not None
        assert re.fullmatch("[0-9a-f]{32}", phone.cookies[name])


def test_two_cookies_of_the_name_count_as_none(login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    cookie = f"pam_wechat_{login.id}={phone.cookies.pop(f'pam_wechat_{login.id}')}"
    answer = phone.get(login.callback(), Cookie=f"{cookie}; {cookie}")
    assert answer.heading == "Is this you signing in?"
    login.expect_nothing()


def test_a_state_that_is_nobodys(helper: Helper, login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    for state in ("0" * 32, login.state.upper(), login.state[:-1], login.state + "0", ""):
        answer = phone.get(login.callback(state=state))
        assert answer.status == 404
        assert answer.heading == "This page is over"
    login.expect_nothing()


@pytest.mark.parametrize(
    "query",
    [
        "code=a&code=a&state={state}",
        "code=a&state={state}&state={state}",
        "code=a%20b&state={state}",
        "code=%zz&state={state}",
        "code=a%00&state={state}",
        "code=a%0d%0aX:y&state={state}",
        "code=" + "a" * 513 + "&state={state}",
    ],
)
def test_what_wechat_never_sends_is_a_bad_request(
    login: FakeExchange, phone: Browser, query: str
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    assert phone.get("/callback?" + query.format(state=login.state)).status == 400
    login.expect_nothing()


def test_codes_of_any_length_wechat_may_send(login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    for code in ("0", "aZ09-_" * 85 + "xy"):
        waiting, ticket = phone.bring_code(login, code)
        login.result(ticket, "code")
        assert waiting.answer().heading == "That took too long"


@pytest.mark.parametrize(
    "query",
    [
        "state={state}",
        "code=&state={state}",
        "code=authdeny&state={state}",
        "state=&code=authdeny&reason={state}",
    ],
)
def test_a_denial_in_each_of_its_shapes(login: FakeExchange, phone: Browser, query: str) -> None:
    path = "/callback?" + query.format(state=login.state)
    stranger = phone.get(path)
    assert stranger.heading == "Cancelled"
    login.expect("OPENED")
    login.expect_nothing()
    phone.approve(login)
    answer = phone.get(path)
    assert answer.heading == "Cancelled"
    assert answer.token is not None
    login.expect("CANCELLED")
    # The login goes on waiting.
    assert phone.post(login.path, token=answer.token, choice="continue").status == 303


# -- This isn't me


def test_a_refusal_ends_the_login(
    helper: Helper, login: FakeExchange, phone: Browser, other: Browser
) -> None:
    other.approve(login)
    login.expect("OPENED")
    token = phone.get(login.path).token
    waiting, _ = other.bring_code(login)
    assert token is not None
    assert phone.post(login.path, token=token, choice="refuse").heading == "Refused"
    login.expect("REPORTED")
    assert waiting.answer().heading == "Refused"
    assert other.get(login.callback()).heading == "Refused"
    assert other.get(login.path).heading == "Refused"
    assert phone.post(login.path, token=token, choice="continue").heading == "Refused"
    login.expect_nothing()
    assert re.search(rf"login={login.id[:6]} refused.* from 127\.0\.0\.1", helper.log())


def test_a_report_takes_the_pin_away(login: FakeExchange, phone: Browser) -> None:
    page = phone.finish(login)
    assert page.token is not None
    assert phone.post(login.path, token=page.token, choice="refuse").heading == "Refused"
    login.expect("REPORTED")
    assert phone.get(login.path).pin is None


def test_a_result_after_a_report_shows_no_pin(login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    token = phone.get(login.path).token
    assert token is not None
    phone.post(login.path, token=token, choice="refuse")
    login.expect("REPORTED")
    login.succeed(ticket)
    assert waiting.answer().heading == "Refused"
    assert phone.get(login.path).pin is None


# -- how a code may fail


@pytest.mark.parametrize(
    ("reason", "heading", "again"),
    [
        ("not-linked", "This WeChat may not sign in here", True),
        ("snapshot", "Open the page itself", True),
        ("risk", "WeChat refused this account", False),
        ("code", "That took too long", True),
        ("busy", "WeChat is busy", True),
        ("setup", "Sign-in is not set up correctly", False),
        ("unreachable", "WeChat can&#39;t be reached", True),
        ("bad-answer", "WeChat&#39;s answer was unreadable", True),
        ("too-many-codes", "Too many attempts", False),
        ("reported", "Refused", False),
        ("expired", "This page is over", False),
        ("nobody", "Another phone is finishing this sign-in", False),
        ("internal", "Something went wrong", False),
    ],
)
def test_the_phone_is_told_the_truth(
    login: FakeExchange, phone: Browser, reason: str, heading: str, again: bool
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    login.result(ticket, reason, errcode="40125", rid="6583f22d-35b1b023-4a6d02b6")
    answer = waiting.answer()
    assert answer.status == 200
    assert answer.heading == heading
    assert (answer.token is not None) == again
    assert ("40125" in answer.body) == (reason == "setup")
    assert ("6583f22d-35b1b023-4a6d02b6" in answer.body) == (reason == "setup")
    if answer.token is not None:
        assert phone.post(login.path, token=answer.token, choice="continue").status == 303


def test_success_after_a_failure(login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login, "first")
    login.result(ticket, "not-linked")
    assert waiting.answer().pin is None
    waiting, ticket = phone.bring_code(login, "second")
    login.succeed(ticket)
    assert waiting.answer().pin == login.pin


def test_a_winner_whose_connection_broke_finds_the_pin(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    waiting.abandon()
    time.sleep(0.05)
    login.succeed(ticket)
    assert until(lambda: phone.get(login.path).pin == login.pin)
    assert helper.pending() == 1


# -- WeChat takes long


def keep_waiting(phone: Browser, login: FakeExchange) -> str:
    """A phone that was told to wait, and its ticket."""
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    assert is_asking(waiting.first_answer(), login)
    return ticket


def is_asking(page: Answer, login: FakeExchange) -> bool:
    return (page.status, page.heading, page.refresh, page.pin) == (
        200, "Asking WeChat", login.path, None)


def test_a_phone_that_waits_is_told_so_and_shows_the_pin_in_the_end(
    login: FakeExchange, phone: Browser
) -> None:
    ticket = keep_waiting(phone, login)
    assert is_asking(phone.get(login.path), login)
    assert is_asking(phone.get(login.path), login)
    login.expect_nothing()  # neither another code nor another ticket
    login.succeed(ticket)
    page = phone.get(login.path)
    assert (page.pin, page.refresh) == (login.pin, None)


def test_who_waits_in_chinese_is_told_so_in_chinese(helper: Helper, login: FakeExchange) -> None:
    phone = Browser(helper, "zh-CN,zh;q=0.9")
    phone.approve(login)
    login.expect("OPENED")
    waiting, _ = phone.bring_code(login)
    page = waiting.first_answer()
    assert (page.heading, page.refresh) == ("正在等待微信答复", login.path)
    assert "请不要关闭此页面" in page.body


@pytest.mark.parametrize(("reason", "values", "shown"), [
    ("not-linked", {}, "This WeChat may not sign in here"),
    ("unreachable", {}, "WeChat can&#39;t be reached"),
    ("risk", {}, "WeChat refused this account"),
    ("setup", {"errcode": "12345", "rid": "6583f22d-35b1b023-4a6d02b6"},
     "WeChat&#39;s error code 12345 · WeChat&#39;s request id 6583f22d-35b1b023-4a6d02b6"),
])
def test_a_phone_that_waited_is_told_what_failed(
    login: FakeExchange, phone: Browser, reason: str, values: dict[str, str], shown: str
) -> None:
    ticket = keep_waiting(phone, login)
    token = phone.get(login.path).token
    assert token is not None
    login.result(ticket, reason, **values)
    # WeChat calls back twice: both of its pages look again.
    for page in (phone.get(login.path), phone.get(login.path)):
        assert shown in page.body and page.refresh is None
    assert phone.post(login.path, token=token, choice="continue").status == 303
    assert phone.get(login.path).heading == "Is this you signing in?"


def test_another_code_makes_the_failure_of_the_last_one_forgotten(
    login: FakeExchange, phone: Browser
) -> None:
    login.result(keep_waiting(phone, login), "busy")
    waiting, ticket = phone.bring_code(login, "An0ther")
    login.result(ticket, "code")
    assert waiting.answer().heading == "That took too long"
    assert phone.get(login.path).heading == "Is this you signing in?"


def test_what_failed_is_kept_for_each_phone(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    tickets = []
    for browser in (phone, other):
        browser.approve(login)
    login.expect("OPENED")
    for browser in (phone, other):
        waiting, ticket = browser.bring_code(login)
        assert is_asking(waiting.first_answer(), login)
        tickets.append(ticket)
    login.result(tickets[0], "busy")
    login.result(tickets[1], "snapshot")
    assert other.get(login.path).heading == "Open the page itself"
    assert phone.get(login.path).heading == "WeChat is busy"


def test_a_failure_that_is_kept_is_nothing_after_a_win(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    other.approve(login)
    ticket = keep_waiting(phone, login)
    waiting, winning = other.bring_code(login)
    login.result(ticket, "busy")
    login.succeed(winning)
    assert waiting.answer().pin == login.pin
    assert phone.get(login.path).heading == "Another phone is finishing this sign-in"


def test_others_have_nothing_to_do_meanwhile(
    login: FakeExchange, phone: Browser, other: Browser
) -> None:
    keep_waiting(phone, login)
    assert other.get(login.path).heading == "Another phone is finishing this sign-in"
    page = other.get(login.callback("Oth3r"))
    assert page.heading == "Another phone is finishing this sign-in"
    login.expect_nothing()


def test_who_waits_cannot_continue_again_but_refuse(login: FakeExchange, phone: Browser) -> None:
    ticket = keep_waiting(phone, login)
    page = phone.get(login.path)
    assert re.findall(r'<button name="choice" value="(\w+)"', page.body) == ["refuse"]
    assert page.token is not None
    assert is_asking(phone.post(login.path, token=page.token, choice="continue"), login)
    login.expect_nothing()
    assert phone.post(login.path, token=page.token, choice="refuse").heading == "Refused"
    login.expect("REPORTED")
    login.succeed(ticket)
    assert phone.get(login.path).heading == "Refused"


def test_a_second_code_is_handed_on_while_the_first_is_asked_about(
    login: FakeExchange, phone: Browser
) -> None:
    first = keep_waiting(phone, login)
    waiting, second = phone.bring_code(login, "An0ther")
    login.result(first, "code")
    assert is_asking(phone.get(login.path), login)
    login.succeed(second)
    assert waiting.answer().pin == login.pin
    assert phone.get(login.path).pin == login.pin


def test_a_login_that_ends_ends_the_waiting(login: FakeExchange, phone: Browser) -> None:
    keep_waiting(phone, login)
    login.close()
    login.helper.wait_for_pending(0)
    page = phone.get(login.path)
    assert (page.status, page.refresh) == (404, None)


def test_who_waits_is_told_in_the_words_of_new_settings(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    helper.write(brand="Another Example")
    helper.process.send_signal(signal.SIGHUP)
    helper.wait_for_log("was read anew")
    page = waiting.first_answer()
    assert is_asking(page, login) and "Another Example" in page.body
    login.succeed(ticket)
    assert phone.get(login.path).pin == login.pin


# -- browsers and cookies


def test_the_cookie(helper: Helper, phone: Browser) -> None:
    """It outlives the login by a minute."""
    began = time.monotonic()
    login = FakeExchange(helper, left_ms="60000").register()
    cookie = phone.get(login.path).header("Set-Cookie")
    assert cookie is not None
    found = re.fullmatch(
        rf"pam_wechat_{login.id}=[0-9a-f]{{32}}; Path=/; Max-Age=(\d+); HttpOnly; SameSite=Lax",
        cookie,
    )
    assert found is not None, cookie
    assert 120 - (time.monotonic() - began) - 1 <= int(found[1]) <= 120
    assert phone.get(login.path).header("Set-Cookie") is None


def test_the_cookie_on_https_and_below_a_path(folder: Path) -> None:
    with Helper(folder, public_url="https://login.example.com/sso") as helper:
        login = FakeExchange(helper).register()
        answer = Browser(helper).get("/sso" + login.path)
        cookie = answer.header("Set-Cookie")
        assert cookie is not None
        assert cookie.startswith(f"__Host-pam_wechat_{login.id}=")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
        assert f'action="/sso{login.path}"' in answer.body
        assert Browser(helper).get(login.path).status == 404


def test_the_cookie_below_a_path_on_http(folder: Path) -> None:
    with Helper(folder, public_url="http://127.0.0.1:9/sso") as helper:
        login = FakeExchange(helper).register()
        cookie = Browser(helper).get("/sso" + login.path).header("Set-Cookie")
        assert cookie is not None and "; Path=/sso; " in cookie


def test_two_logins_on_one_phone(helper: Helper, login: FakeExchange, phone: Browser) -> None:
    second = FakeExchange(helper).register()
    for one in (login, second):
        phone.approve(one)
        one.expect("OPENED")
    for one in (second, login):
        waiting, ticket = phone.bring_code(one)
        one.succeed(ticket)
        assert waiting.answer().pin == one.pin


def test_the_ninth_browser_takes_the_place_of_the_first_that_approved_nothing(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting = [Browser(helper) for _ in range(8)]
    for browser in waiting:
        browser.get(login.path)
    assert waiting[0].get(login.path).header("Set-Cookie") is not None
    pending, ticket = phone.bring_code(login)
    login.succeed(ticket)
    assert pending.answer().pin == login.pin


def test_eight_that_approved_keep_their_places(helper: Helper, login: FakeExchange) -> None:
    for _ in range(8):
        Browser(helper).approve(login)
    answer = Browser(helper).get(login.path)
    assert answer.heading == "Another phone is finishing this sign-in"
    assert answer.header("Set-Cookie") is None


def test_one_login_waits_for_so_many_results_only(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting = [phone.bring_code(login)[0] for _ in range(16)]
    answer = phone.get(login.callback())
    assert answer.status == 429
    for one in waiting:
        one.abandon()


# -- the ends of a login


def test_a_login_ends_with_its_connection(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, _ = phone.bring_code(login)
    assert helper.pending() == 1
    login.close()
    assert helper.wait_for_pending(0)
    for answer in (waiting.answer(), phone.get(login.path), phone.get(login.callback())):
        assert answer.status == 404
        assert answer.heading == "This page is over"


def test_a_login_ends_at_its_deadline(helper: Helper, phone: Browser) -> None:
    held: list[Pending] = []

    def hold(login: FakeExchange) -> None:
        phone.approve(login)
        login.expect("OPENED")
        held.append(phone.bring_code(login)[0])

    left_ms = enough_ms(hold, helper, 400)
    begin, watch = time.monotonic(), Stopwatch(helper.process.pid)
    login = FakeExchange(helper, left_ms=left_ms).register()
    hold(login)
    assert held[-1].answer().heading == "This page is over"
    seconds = int(left_ms) / 1000
    # libevent rounds by a few milliseconds.
    assert seconds - 0.02 <= time.monotonic() - begin and watch.seconds() < seconds + 0.6
    assert phone.get(login.path).status == 404
    login.expect_end()
    assert helper.pending() == 0


def test_unknown_expired_and_finished_look_the_same(
    helper: Helper, login: FakeExchange, phone: Browser, other: Browser
) -> None:
    phone.finish(login)
    login.close()
    assert helper.wait_for_pending(0)
    finished = other.get(login.path)
    unknown = other.get("/l/ABCDEFabcdef")
    odd = other.get("/l/..%2f")
    assert finished.status == unknown.status == odd.status == 404
    bodies = {re.sub(r'nonce="\w+"', "", answer.body) for answer in (finished, unknown, odd)}
    assert len(bodies) == 1


def test_the_winners_reload_is_told_that_it_is_over(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.finish(login)
    login.close()
    assert helper.wait_for_pending(0)
    for path in (login.path, login.callback()):
        answer = phone.get(path)
        assert answer.status == 200
        assert answer.heading == "Done on this phone"
        assert answer.pin is None and login.pin not in answer.body
        assert "alice" not in answer.body


def test_nothing_is_remembered_of_a_login_nobody_won(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.close()
    assert helper.wait_for_pending(0)
    assert phone.get(login.path).status == 404


def test_a_login_registered_anew_replaces_what_was_remembered(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    phone.finish(login)
    again = FakeExchange(helper)
    again.id, again.state, again.authorize_url = login.id, login.state, login.authorize_url
    login.close()
    assert helper.wait_for_pending(0)
    again.register()
    assert phone.get(login.path).heading == "Is this you signing in?"
    again.expect("OPENED")


# -- what the socket's other end may say


def test_a_link_or_a_state_that_lives_is_not_replaced(
    helper: Helper, login: FakeExchange, phone: Browser
) -> None:
    for name in ("id", "state"):
        thief = FakeExchange(helper)
        setattr(thief, name, getattr(login, name))
        thief.send(thief.registration())
        values = thief.expect("REJECTED")
        assert values["reason"] == "rejected"
        assert "another connection" in values["detail"]
        thief.expect_end()
    assert helper.pending() == 1
    assert phone.finish(login).pin == login.pin


@pytest.mark.parametrize(
    "changes",
    [
        {"link": "http://127.0.0.1:9/l/ABCDEFabcdefg"},
        {"link": "http://127.0.0.1:9/l/ABCDEFabcde-"},
        {"link": "http://127.0.0.1:9/m/ABCDEFabcdef"},
        {"link": "http://127.0.0.1:99/l/ABCDEFabcdef"},
        {"link": "http://evil.example/l/ABCDEFabcdef"},
        {"state": "0" * 31},
        {"state": "G" * 32},
        {"left_ms": "0"},
        {"left_ms": "300001"},
        {"left_ms": "-5"},
        {"left_ms": "1e3"},
        {"authorize_url": "javascript:alert(1)"},
        {"authorize_url": "https://a.example/\r\nX: y"},
        {"authorize_url": "https://a.example/" + "x" * 2048},
        {"authorize_url": "https://a b/"},
        {"lang": "de"},
        {"origin": "x" * 600},
    ],
)
def test_a_registration_that_is_not_taken(helper: Helper, changes: dict[str, str]) -> None:
    login = FakeExchange(helper, **changes)
    login.send(login.registration())
    values = login.expect("REJECTED")
    assert values["reason"] == "rejected"
    assert len(values["detail"]) > 10
    login.expect_end()
    assert helper.pending() == 0


@pytest.mark.parametrize(
    "datagram",
    [
        b"REGISTER\n",
        b"NONSENSE\n",
        b"\0",
        b"REGISTER",
        b"A" * 9000,
        Message("RESULT", {"ticket": "1", "reason": "none"}).pack(),
        Message("OPENED").pack(),
    ],
)
def test_a_first_datagram_that_nobody_understands(helper: Helper, datagram: bytes) -> None:
    login = FakeExchange(helper)
    login.socket.send(datagram)
    login.expect_end()
    helper.wait_for_log("nobody understands")


def test_a_second_registration_ends_the_connection(helper: Helper, login: FakeExchange) -> None:
    login.send(FakeExchange(helper, connect=False).registration())
    login.expect_end()
    assert helper.wait_for_pending(0)


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "none", "pin": "123"},
        {"reason": "none", "pin": "12345"},
        {"reason": "none", "pin": "<b>1"},
        {"reason": "code", "pin": "1234"},
        {"reason": "none", "pin": "1234", "ticket": "999999"},
        {"reason": "none", "pin": "1234", "ticket": "-1"},
        {"reason": "none", "pin": "1234", "ticket": "x"},
    ],
)
def test_a_result_that_makes_no_sense_ends_the_login(
    helper: Helper, login: FakeExchange, phone: Browser, values: dict[str, str]
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    login.send(Message("RESULT", {"ticket": ticket} | values))
    login.expect_end()
    answer = waiting.answer()
    assert (answer.status, answer.pin) == (404, None)


def test_without_a_pin_the_phone_hears_that_the_terminal_goes_on(
    login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    login.result(ticket, "none")
    answer = waiting.answer()
    assert (answer.status, answer.pin) == (200, None)
    assert "goes on by itself" in answer.body
    assert "<form" not in answer.body


def test_the_ticket_of_another_login_is_refused(helper: Helper, phone: Browser) -> None:
    mine, his = FakeExchange(helper).register(), FakeExchange(helper).register()
    phone.approve(mine)
    mine.expect("OPENED")
    waiting, ticket = phone.bring_code(mine)
    his.succeed(ticket)
    his.expect_end()
    assert not waiting.is_answered()
    mine.succeed(ticket)
    assert waiting.answer().pin == mine.pin


def test_a_result_is_given_once(login: FakeExchange, phone: Browser) -> None:
    phone.approve(login)
    login.expect("OPENED")
    waiting, ticket = phone.bring_code(login)
    login.succeed(ticket)
    assert waiting.answer().pin == login.pin
    login.succeed(ticket)
    login.expect_end()


# -- what the pages look like


def test_names_are_escaped_and_stripped(helper: Helper, phone: Browser) -> None:
    login = FakeExchange(
        helper,
        user="<script>alert('1')</script>",
        host='a"b&c',
        from_="x\u202ey\x1b[31m",
        occasion="become",
        service="su<p>",
        asker="mallory%1 (uid 1003, pts/3)",
        brand="<b>ACME</b>",
    ).register()
    body = phone.get(login.path).body
    assert "<dd>«&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;»</dd>" in body
    assert "<dd>a&quot;b&amp;c</dd>" in body
    assert "<dd>xy[31m</dd>" in body
    assert ("<dd>become «&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;» by su&lt;p&gt;, asked by local "
            "user mallory%1 (uid 1003, pts/3)</dd>") in body
    assert "&lt;b&gt;ACME&lt;/b&gt;" in body
    assert "<script" not in body


@pytest.mark.parametrize(
    ("changes", "language", "how", "source"),
    [
        ({}, "en", "remote login (sshd)", "203.0.113.7"),
        ({}, "zh", "远程登录（sshd）", "203.0.113.7"),
        ({"occasion": "console", "service": "login", "from_": "tty1"}, "en",
         "at the console (login)", "tty1"),
        ({"occasion": "console", "service": "login", "from_": ""}, "zh",
         "在主机的本地控制台登录（login）", "本机"),
        ({"occasion": "local", "service": "polkit-1", "from_": ""}, "en",
         "on this machine, by polkit-1", "this machine"),
        ({"occasion": "local", "service": "xrdp-sesman", "from_": ":10"}, "zh",
         "由主机上的程序 xrdp-sesman 发起", ":10"),
        ({"occasion": "become", "user": "root", "service": "su", "asker": "eve (uid 9, pts/3)"}, "en",
         "become «root» by su, asked by local user eve (uid 9, pts/3)", "203.0.113.7"),
        ({"occasion": "become", "user": "root", "service": "su", "asker": "eve (uid 9)"}, "zh",
         "通过 su 成为 «root»，请求者为本机用户 eve (uid 9)", "203.0.113.7"),
        ({"occasion": "confirm", "service": "sudo", "asker": "alice (uid 8)", "from_": ""}, "en",
         "sudo, asked by local user alice (uid 8)", "this machine"),
        ({"occasion": "confirm", "service": "sudo", "asker": "alice (uid 8)"}, "zh",
         "sudo，请求者为本机用户 alice (uid 8)", "203.0.113.7"),
        ({"occasion": "enroll", "service": "pam-wechat", "from_": ""}, "en",
         "the administrator links your WeChat (pam-wechat)", "this machine"),
        ({"occasion": "enroll", "service": "pam-wechat", "from_": ""}, "zh",
         "由管理员关联您的微信（pam-wechat）", "本机"),
    ],
)
def test_how_and_from_where(
    helper: Helper, changes: dict[str, str], language: str, how: str, source: str
) -> None:
    login = FakeExchange(helper, **changes).register()
    body = Browser(helper, language).get(login.path).body
    assert f"<dd>{how}</dd>" in body
    assert f"<dd>{source}</dd>" in body


@pytest.mark.parametrize(
    ("agent", "heading"),
    [
        ("Mozilla/5.0 (iPhone) Version/17.5 Mobile/15E148 Safari/604.1", "Open in WeChat"),
        ("curl/7.88.1", "Open in WeChat"),
        ("", "Open in WeChat"),
        ("Mozilla/5.0 wxwork/4.1.30 MicroMessenger/7.0.1", "Open in WeChat, not in WeCom"),
    ],
)
def test_other_browsers_learn_the_link_and_nothing_about_the_login(
    helper: Helper, agent: str, heading: str
) -> None:
    login = FakeExchange(helper, brand="ACME").register()
    browser = Browser(helper, agent=agent)
    for answer in (
        browser.get(login.path),
        browser.get(login.callback()),
        browser.get(f"/callback?state={login.state}"),
        browser.post(login.path, token="0" * 32, choice="continue"),
        browser.post(login.path, token="0" * 32, choice="refuse"),
    ):
        assert answer.status == 200
        assert answer.heading == heading
        assert answer.header("Set-Cookie") is None
        assert answer.token is None and "<form" not in answer.body
        for fact in ("alice", "web1", "203.0.113.7", "14:32:10", "ACME"):
            assert fact not in answer.body
    login.expect_nothing()


def test_the_link_is_drawn_for_other_browsers(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    body = Browser(helper, agent="Safari").get(login.path).body
    (size,) = set(re.findall(r'viewBox="0 0 (\d+) \1"', body))
    (path,) = re.findall(r'<path stroke="#000" d="([^"]+)"/>', body)
    picture = camera.draw_strokes(path, int(size))
    assert camera.read_with_wechat(picture) == f"{helper.public_url}{login.path}"
    assert camera.read_with_zbar(picture) == f"{helper.public_url}{login.path}"


def test_a_browser_that_approved_goes_on_whatever_it_calls_itself(
    login: FakeExchange, phone: Browser
) -> None:
    phone.approve(login)
    login.expect("OPENED")
    phone.agent = "Safari"
    waiting, ticket = phone.bring_code(login)
    login.succeed(ticket)
    assert waiting.answer().pin == login.pin


@pytest.mark.parametrize(
    ("accept", "registered", "lang", "heading"),
    [
        (None, "en", "en", "Is this you signing in?"),
        (None, "zh", "zh-CN", "是您本人在登录吗？"),
        ("fr", "zh", "zh-CN", "是您本人在登录吗？"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "en", "zh-CN", "是您本人在登录吗？"),
        ("en-US,en;q=0.9", "zh", "en", "Is this you signing in?"),
        ("zh;q=0.3, en;q=0.7", "zh", "en", "Is this you signing in?"),
    ],
)
def test_the_language(
    helper: Helper, accept: str | None, registered: str, lang: str, heading: str
) -> None:
    login = FakeExchange(helper, lang=registered).register()
    answer = Browser(helper, accept).get(login.path)
    assert f'<html lang="{lang}">' in answer.body
    assert answer.heading == heading


def test_chinese_pages_up_to_the_pin(helper: Helper) -> None:
    login = FakeExchange(helper).register()
    answer = Browser(helper, "zh-CN").finish(login)
    assert answer.heading == "请在终端中输入"
    assert answer.pin == login.pin


def test_where_a_form_may_lead(login: FakeExchange, phone: Browser) -> None:
    """Chromium applies form-action to the redirect after the POST, too."""
    ask = phone.get(login.path)
    policy = ask.header("Content-Security-Policy")
    assert policy is not None
    assert f"form-action 'self' {AUTHORIZE_ORIGIN};" in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    policy = phone.approve(login).header("Content-Security-Policy")
    assert policy is not None and f"form-action 'self' {AUTHORIZE_ORIGIN};" in policy


def test_nothing_secret_is_logged(helper: Helper, login: FakeExchange, phone: Browser) -> None:
    page = phone.finish(login)
    assert page.token is not None
    phone.post(login.path, token=page.token, choice="refuse")
    phone.get(login.callback("%zz"))
    login.socket.send(b"JUNK\n")
    login.expect("REPORTED")
    login.expect_end()
    log = helper.log()
    assert login.id[:6] in log
    secrets = (login.state, login.id, login.pin, "C0de", "alice", page.token)
    for secret in (*secrets, *phone.cookies.values()):
        assert not re.search(rf"\b{secret}\b", log), log
