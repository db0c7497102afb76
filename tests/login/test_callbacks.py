"""What WeChat does to a callback: called twice, from a snapshot page, refused, or late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.attacker import is_the_ask_page
from harness.host import Host
from harness.site import Site
from harness.system_log import SystemLog
from simulator import Phone, WeChat

REMOTE = ("--rhost", "203.0.113.7")


@pytest.fixture()
def login(site: Site) -> Iterator[Host]:
    with Host(site, "alice", options=REMOTE) as host:
        yield host


@pytest.fixture()
def phone(wechat: WeChat) -> Phone:
    return Phone(wechat, "alice", language="en")


# ---- Called twice -------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", [0.0, 0.6], ids=["WeChat is quick", "WeChat is slow"])
@pytest.mark.parametrize("order", ["bare_last", "bare_first", "together"])
def test_one_code_from_two_clients_signs_in_and_is_exchanged_once(
    login: Host, wechat: WeChat, phone: Phone, order: str, delay: float
) -> None:
    wechat.plan(double="same_code_two_clients", order=order, delay=delay)
    pin = phone.sign_in(login.link())
    assert pin is not None
    assert wechat.exchanges() == 1
    # The client without cookies learns nothing.
    assert len(phone.others) == 1 and phone.others[0].pin is None
    assert pin not in phone.others[0].text.split()
    assert login.type(pin) == "PAM_SUCCESS"


@pytest.mark.parametrize("delay", [0.0, 0.6], ids=["WeChat is quick", "WeChat is slow"])
@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_two_codes_for_one_login_sign_in_and_one_is_exchanged(
    login: Host, wechat: WeChat, phone: Phone, gap: float, delay: float
) -> None:
    wechat.plan(double="two_codes", gap=gap, delay=delay)
    phone.sign_in(login.link())
    assert wechat.exchanges() == 1
    # The phone shows the pin, whichever of its two requests it shows.
    assert phone.page is not None and phone.page.pin is not None
    assert [page.pin for page in phone.others] == [phone.page.pin]
    assert login.type(phone.page.pin) == "PAM_SUCCESS"


@pytest.mark.parametrize(("delay", "gap"), [(0.0, 1.0), (1.2, 0.4)],
                         ids=["after the answer", "while the answer is awaited"])
def test_the_same_code_again_later_signs_in_and_is_exchanged_once(
    login: Host, wechat: WeChat, phone: Phone, delay: float, gap: float
) -> None:
    wechat.plan(double="again_later", gap=gap, delay=delay)
    phone.sign_in(login.link())
    assert wechat.exchanges() == 1
    assert phone.page is not None and phone.page.pin is not None
    assert [page.pin for page in phone.others] == [phone.page.pin]
    assert login.type(phone.page.pin) == "PAM_SUCCESS"


def test_reloading_and_going_back_show_the_same_pin(
    login: Host, wechat: WeChat, phone: Phone
) -> None:
    link = login.link()
    pin = phone.sign_in(link)
    assert phone.reload().pin == pin
    assert phone.open(link).pin == pin
    assert phone.reload().pin == pin
    assert wechat.exchanges() == 1
    assert login.type(pin or "") == "PAM_SUCCESS"


def test_the_same_code_again_after_the_end_says_that_it_is_over_without_the_pin(
    site: Site, login: Host, phone: Phone
) -> None:
    pin = phone.sign_in(login.link())
    assert login.type(pin or "") == "PAM_SUCCESS"
    assert site.wait_for_pending(0)
    page = phone.reload()
    assert page.status == 200 and "Done on this phone" in page.text
    assert page.pin is None and pin not in page.text.split()


def test_a_double_callback_of_somebody_else_stays_refused(
    login: Host, wechat: WeChat
) -> None:
    wechat.plan(double="same_code_two_clients", for_all=True)
    bob = Phone(wechat, "bob", language="en")
    bob.open(login.link())
    assert "may not sign in here" in bob.tap("continue").text
    assert wechat.exchanges() == 1
    assert login.type("1234") == "PAM_MAXTRIES"


@pytest.mark.parametrize(("delay", "gap"), [(0.0, 0.3), (0.6, 0.2)],
                         ids=["after the answer", "while the answer is awaited"])
def test_a_code_that_named_somebody_else_is_not_exchanged_again(
    login: Host, wechat: WeChat, delay: float, gap: float
) -> None:
    wechat.plan(double="again_later", gap=gap, delay=delay)
    bob = Phone(wechat, "bob", language="en")
    bob.open(login.link())
    bob.tap("continue")
    assert bob.page is not None and len(bob.others) == 1
    for page in (bob.page, *bob.others, bob.reload()):
        assert "may not sign in here" in page.text
    assert wechat.exchanges() == 1
    assert login.type("1234") == "PAM_MAXTRIES"


# ---- Snapshot pages -----------------------------------------------------------------------------


SEEN = "WeChat showed a snapshot of this page"
BASE, USERINFO = "snsapi_base", "snsapi_userinfo"


@pytest.mark.parametrize(("scope", "snapshot", "reason", "words"), [
    (BASE, "flagged", "snapshot", SEEN),
    (BASE, "flag_on_real", "snapshot", SEEN),
    (BASE, "unflagged", "not-linked", "may not sign in here"),
    (USERINFO, "flagged", "snapshot", SEEN),
    (USERINFO, "flag_on_real", "snapshot", SEEN),
    # WeChat has no name for a virtual user: 48001.
    (USERINFO, "unflagged", "snapshot phone=returned errcode=48001", SEEN),
])
def test_a_snapshot_page_is_refused(
    site: Site, wechat: WeChat, phone: Phone, system_log: SystemLog, scope: str, snapshot: str,
    reason: str, words: str,
) -> None:
    site.write_conf(scope=scope)
    mark = system_log.mark()
    with Host(site, "alice", options=REMOTE) as login:
        wechat.plan(snapshot=snapshot)
        phone.open(login.link())
        page = phone.tap("continue")
        if scope == USERINFO:
            page = phone.tap("allow")
        assert words in page.text and page.pin is None
        assert login.type("1234") == "PAM_MAXTRIES"
    system_log.wait_for(rf"result=refused reason={reason}\b", mark)


@pytest.mark.parametrize("scope", [BASE, USERINFO])
def test_wechats_own_switch_for_snapshot_pages_gets_nobody_in(
    site: Site, wechat: WeChat, phone: Phone, scope: str
) -> None:
    """Who knows the state may append it, and send the address to somebody who has tapped."""
    site.write_conf(scope=scope)
    with Host(site, "alice", options=REMOTE) as login:
        link = login.link()
        form, name = phone.open(link).form_with("continue")
        answer = phone.post(link, dict(form.fields) | {name: "continue"})
        url = (answer.header("Location") or "").replace("#", "&forceSnapShot=true#")
        page = phone.open(url)
        if scope == USERINFO:
            page = phone.tap("allow")
        assert SEEN in page.text and page.pin is None
        assert login.type(phone.sign_in(link) or "") == "PAM_SUCCESS"


def test_the_full_page_after_a_snapshot_page_signs_in(
    login: Host, wechat: WeChat, phone: Phone
) -> None:
    wechat.plan(snapshot="flagged")
    phone.open(login.link())
    assert phone.tap("continue").pin is None
    assert login.type(phone.tap("continue").pin or "") == "PAM_SUCCESS"


# ---- Refused at WeChat's page -------------------------------------------------------------------


@pytest.mark.parametrize("deny", ["state_only", "authdeny"])
def test_who_refuses_at_wechats_page_sees_cancelled_and_may_tap_again(
    login: Host, wechat: WeChat, phone: Phone, deny: str
) -> None:
    wechat.plan(deny=deny)
    phone.open(login.link())
    page = phone.tap("continue")
    assert "Cancelled" in page.text and page.pin is None
    assert page.buttons == ["continue", "refuse"]
    assert wechat.exchanges() == 0
    assert login.type("1234") is None
    assert login.type(phone.tap("continue").pin or "") == "PAM_SUCCESS"


def test_who_refuses_and_is_left_at_wechats_page_may_open_the_link_again(
    login: Host, wechat: WeChat, phone: Phone
) -> None:
    wechat.plan(deny="nothing")
    link = login.link()
    phone.open(link)
    assert "Cancelled" in phone.tap("continue").text
    assert wechat.exchanges() == 0
    assert is_the_ask_page(phone.open(link))
    assert login.type(phone.tap("continue").pin or "") == "PAM_SUCCESS"


def test_who_refuses_consent_may_tap_again(site: Site, wechat: WeChat, phone: Phone) -> None:
    site.write_conf(scope="snsapi_userinfo")
    with Host(site, "alice", options=REMOTE) as login:
        link = login.link()
        phone.open(link)
        phone.tap("continue")
        assert "Cancelled" in phone.tap("refuse").text
        assert wechat.exchanges() == 0
        assert login.type(phone.sign_in(link) or "") == "PAM_SUCCESS"


@pytest.mark.parametrize("query", ["state={state}", "state=&code=authdeny&reason={state}"])
def test_a_refusal_from_a_strange_browser_changes_nothing(
    login: Host, wechat: WeChat, phone: Phone, query: str
) -> None:
    link = login.link()
    phone.open(link)
    form, name = phone.page.form_with("continue") if phone.page else (None, "")
    assert form is not None
    answer = phone.post(link, dict(form.fields) | {name: "continue"})
    url = answer.header("Location") or ""
    state = url.partition("state=")[2][:32]
    stranger = Phone(wechat, "mallory", language="en", address="127.0.0.66")
    address = f"{link.partition('/l/')[0]}/callback?{query.format(state=state)}"
    assert stranger.open(address).pin is None
    assert login.type(phone.open(url).pin or "") == "PAM_SUCCESS"


# ---- Another person, another try ----------------------------------------------------------------


def test_the_right_phone_after_a_wrong_one_signs_in(
    login: Host, wechat: WeChat, phone: Phone
) -> None:
    link = login.link()
    bob = Phone(wechat, "bob", language="en")
    bob.open(link)
    assert bob.tap("continue").pin is None
    pin = phone.sign_in(link)
    assert "Another phone is finishing" in bob.reload().text
    assert login.type(pin or "") == "PAM_SUCCESS"


def test_a_code_that_is_too_old_may_be_followed_by_a_fresh_one(
    login: Host, wechat: WeChat, phone: Phone
) -> None:
    wechat.plan(code_life=-1)
    phone.open(login.link())
    page = phone.tap("continue")
    assert "used up or too old" in page.text
    assert login.type(phone.tap("continue").pin or "") == "PAM_SUCCESS"


def test_a_long_code_of_enterprise_wechat_signs_in(
    login: Host, wechat: WeChat, phone: Phone
) -> None:
    wechat.plan(code_length=512)
    assert login.type(phone.sign_in(login.link()) or "") == "PAM_SUCCESS"


def test_the_second_scope_names_the_same_person(site: Site, wechat: WeChat, phone: Phone) -> None:
    site.write_conf(scope="snsapi_userinfo")
    with Host(site, "alice", options=REMOTE) as login:
        assert login.type(phone.sign_in(login.link()) or "") == "PAM_SUCCESS"
    assert [record.endpoint for record in wechat.requests if record.server == "api"
            and record.endpoint != "warm"] == ["access_token", "userinfo"]
