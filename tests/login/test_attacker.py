"""
The person at the terminal is the attacker: he owns link and state, and has a browser. Each test is
one thing that he tries. The victim, alice, is whom the table names for the login that he wants.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from harness.attacker import Attacker, guesses_in_vain, is_the_ask_page, state_of, wrong
from harness.front import HOST, PUBLIC_URL, Front
from harness.host import Host
from harness.site import Site
from harness.sshd import Sshd
from harness.status_socket import read_number
from harness.system_log import SystemLog
from harness.waiting import until
from simulator import Authority, Page, Phone, WeChat
from simulator.cookies import Cookie

REMOTE = ("--rhost", "203.0.113.66")


@pytest.fixture()
def login(site: Site) -> Iterator[Host]:
    """The login of alice that he has started."""
    with Host(site, "alice", options=REMOTE) as host:
        yield host


@pytest.fixture()
def attacker(wechat: WeChat) -> Attacker:
    return Attacker(wechat)


@pytest.fixture()
def victim(wechat: WeChat) -> Phone:
    return Phone(wechat, "alice", language="en")


def continue_once(phone: Phone, link: str) -> Page:
    """Unlike sign_in() it doesn't try again."""
    phone.open(link)
    page = phone.tap("continue")
    return phone.tap("allow") if "allow" in page.buttons else page


def callback(link: str, state: str, code: str) -> str:
    return f"{link.partition('/l/')[0]}/callback?code={code}&state={state}"


def callback_of(phone: Phone) -> str:
    """The address by which WeChat brought a phone back, code and all."""
    return next(page.url for page in reversed(phone.history) if "/callback?code=" in page.url)


def test_the_one_that_is_looked_for_is_found(
    login: Host, wechat: WeChat, attacker: Attacker
) -> None:
    """If he were alice, he would see a pin and get in: the other tests can fail."""
    impostor = Attacker(wechat, "alice")
    pin = impostor.sign_in(login.link())
    assert impostor.saw_a_pin() and impostor.saw_a_pin(pin)
    assert not attacker.saw_a_pin()
    assert login.type(pin or "") == "PAM_SUCCESS"


# ---- He taps Continue himself and forwards the authorize URL ------------------------------------


def test_he_taps_continue_himself_and_forwards_the_authorize_url(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    assert is_the_ask_page(victim.open(attacker.approve(link)))
    assert wechat.exchanges() == 0
    assert is_the_ask_page(attacker.open(link))
    assert not attacker.saw_a_pin()
    assert guesses_in_vain(login)


def test_the_victim_of_a_forwarded_authorize_url_may_say_that_it_isnt_them(
    login: Host, attacker: Attacker, victim: Phone
) -> None:
    victim.open(attacker.approve(login.link()))
    assert "refused" in victim.tap("refuse").text
    assert login.type("1234") == "PAM_MAXTRIES"


def test_he_forwards_the_authorize_url_while_the_helper_is_being_restarted(
    site: Site, login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    url = attacker.approve(login.link())
    site.stop_helper()
    site.start_helper()
    assert site.wait_for_pending(1)
    assert is_the_ask_page(victim.open(url))
    assert wechat.exchanges() == 0 and not attacker.saw_a_pin()


def test_he_forwards_the_authorize_url_over_ssh(
    site: Site, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    methods = "AuthenticationMethods keyboard-interactive"
    with Sshd(site, "sshd-attacked", site.line(), methods) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            link = terminal.wait_for_login().link
            assert is_the_ask_page(victim.open(attacker.approve(link)))
            attacker.open(link)
            for _ in range(2):
                terminal.type("1234")
                terminal.wait_for_login()
            terminal.type("1234")
            assert "Permission denied" in terminal.rest()
    assert not attacker.saw_a_pin() and wechat.exchanges() == 0


def test_he_forwards_the_address_in_the_picture_of_an_authorize_url(
    site: Site, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    site.write_service("authorize", site.line(options="qr=authorize"))
    with Host(site, "alice", "authorize", REMOTE) as login:
        link = login.link()
        assert is_the_ask_page(victim.open(attacker.approve(link)))
        attacker.open(link)
        assert wechat.exchanges() == 0 and not attacker.saw_a_pin()
        assert guesses_in_vain(login)


# ---- He posts a form from his own page ----------------------------------------------------------


@pytest.mark.parametrize("choice", ["continue", "refuse"])
@pytest.mark.parametrize("token", ["no token", "an empty token", "his token"])
@pytest.mark.parametrize("looked", [False, True], ids=["never looked", "has looked"])
def test_he_posts_a_form_from_his_own_page_into_the_victims_browser(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone, choice: str, token: str,
    looked: bool,
) -> None:
    link = login.link()
    url = attacker.approve(link)
    if looked:
        victim.open(link)
    fields = {"choice": choice}
    if token != "no token":
        fields["token"] = "" if token == "an empty token" else attacker.token(link)
    assert is_the_ask_page(victim.post(link, fields, cross_site=True))
    assert is_the_ask_page(victim.open(url))
    assert wechat.exchanges() == 0
    attacker.open(link)
    assert not attacker.saw_a_pin()
    # Neither approved nor refused: the login is what it was, and the victim's to finish.
    page = victim.tap("continue")
    assert login.type(page.pin or "") == "PAM_SUCCESS"


def test_he_posts_a_form_into_a_browser_that_sends_its_cookies_anywhere(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    url = attacker.approve(link)
    victim.open(link)
    fields = {"choice": "continue", "token": attacker.token(link)}
    assert is_the_ask_page(victim.post(link, fields, cross_site=False))
    assert is_the_ask_page(victim.open(url))
    assert wechat.exchanges() == 0 and not attacker.saw_a_pin()


def test_he_puts_the_form_into_a_link(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    url = attacker.approve(link)
    victim.open(link)
    page = victim.open(f"{link}?choice=continue&token={attacker.token(link)}")
    assert is_the_ask_page(page)
    assert is_the_ask_page(victim.open(url))
    assert wechat.exchanges() == 0 and not attacker.saw_a_pin()


def test_the_ask_page_cannot_be_framed_by_his_page(login: Host, victim: Phone) -> None:
    policy = victim.open(login.link()).header("Content-Security-Policy") or ""
    assert "frame-ancestors 'none'" in policy


# ---- He calls the callback with junk or with a code of his own ----------------------------------


JUNK = ["", "0", "authdeny", "0" * 32, "x" * 512, "x" * 513, "../../etc/passwd", "%00", "a%20b",
        "<b>", "&code=1&code=2"]
IN_SHAPE = ["", "0", "authdeny", "0" * 32, "x" * 512]  # of a code, or of none


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("approved", [False, True], ids=["unapproved", "approved"])
def test_he_calls_the_callback_with_junk(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone, junk: str, approved: bool
) -> None:
    link = login.link()
    state = state_of(attacker.approve(link))
    browser = attacker if approved else Attacker(wechat)
    page = browser.get(callback(link, state, junk))
    assert page.status == (200 if junk in IN_SHAPE else 400) and page.pin is None
    if not approved:
        assert wechat.exchanges() == 0
    assert not browser.saw_a_pin()
    # Junk bars nothing.
    assert login.type(victim.sign_in(link) or "") == "PAM_SUCCESS"


def test_he_uses_up_the_codes_that_a_login_may_try(
    login: Host, wechat: WeChat, attacker: Attacker
) -> None:
    link = login.link()
    state = state_of(attacker.approve(link))
    for number in range(6):
        attacker.get(callback(link, state, f"{number}" * 32))
    assert wechat.exchanges() == 3
    assert not attacker.saw_a_pin()
    # What the last of them came to decides.
    assert login.type("1234") == "PAM_AUTH_ERR"


def test_he_brings_a_code_of_his_own_to_be_shown_the_result(
    login: Host, wechat: WeChat, attacker: Attacker
) -> None:
    assert "may not sign in here" in continue_once(attacker, login.link()).text
    assert wechat.exchanges() == 1
    assert not attacker.saw_a_pin()
    assert login.type("1234") == "PAM_MAXTRIES"


def test_he_brings_his_own_code_after_the_victims(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    url = attacker.approve(link)
    pin = victim.sign_in(link)
    attacker.open(url)
    assert wechat.exchanges() == 1
    assert not attacker.saw_a_pin(pin)
    assert login.type(pin or "") == "PAM_SUCCESS"


def test_he_guesses_states(login: Host, wechat: WeChat, attacker: Attacker) -> None:
    link = login.link()
    state = state_of(attacker.approve(link))
    for guess in ("0" * 32, state[:-1], state + "0", state.upper() + "Z", ""):
        page = attacker.get(callback(link, guess, "0" * 32))
        assert page.status == 404
    assert wechat.exchanges() == 0


# ---- He reloads after the victim's tap ----------------------------------------------------------


def try_every_page(attacker: Attacker, link: str, url: str, token: str) -> list[Page]:
    """All that he may ask for about a login, with what he has and what he has overheard."""
    return [
        attacker.open(link),
        attacker.reload(),
        attacker.post(link, {"choice": "continue", "token": token}),
        attacker.post(link, {"choice": "continue"}),
        attacker.get(link, {"Range": "bytes=0-9"}),
        attacker.open(url),
        attacker.get(f"{url}&more=1"),
        attacker.get(url.replace("/callback?", "/callback/?")),
        attacker.get(link + "/"),
        attacker.get(link + "?pin"),
    ]


@pytest.mark.parametrize("before", ["never there", "has looked", "has approved"])
def test_he_reloads_after_the_victims_tap(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone, before: str
) -> None:
    link = login.link()
    token = "0" * 32
    if before != "never there":
        token = attacker.token(link)
    if before == "has approved":
        attacker.approve(link)
    pin = victim.sign_in(link)
    assert pin is not None
    pages = try_every_page(attacker, link, callback_of(victim), token)
    assert [page.pin for page in pages] == [None] * 10
    # Two of the addresses are none of ours.
    assert [page.status for page in pages] == [200] * 7 + [404] * 2 + [200]
    for page in pages:
        assert page.status == 404 or "Another phone is finishing" in page.text
    assert not attacker.saw_a_pin(pin)
    assert wechat.exchanges() == 1
    # The victim's own browser still shows what it showed, and the login was not disturbed.
    assert victim.reload().pin == pin
    assert login.type(pin) == "PAM_SUCCESS"


def test_he_reloads_after_the_login_is_over(
    login: Host, site: Site, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    token = attacker.token(link)
    pin = victim.sign_in(link)
    assert login.type(pin or "") == "PAM_SUCCESS"
    assert site.wait_for_pending(0)
    for page in try_every_page(attacker, link, callback_of(victim), token):
        assert page.status == 404
    assert not attacker.saw_a_pin(pin)
    # Not even the victim's browser shows the pin again.
    page = victim.reload()
    assert page.status == 200 and page.pin is None and pin not in page.text.split()


def test_he_brings_the_victims_code_while_it_is_being_exchanged(
    site: Site, login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    url = attacker.approve(link)
    plan = wechat.plan(state=state_of(url), delay=15)
    pins: list[str | None] = []
    honest = threading.Thread(target=lambda: pins.append(victim.sign_in(link)))
    honest.start()
    assert until(lambda: plan.calls("token") == 1)
    # The phone waits for its answer: the code is that of the last authorize page.
    overheard = next(page.header("Location") for page in reversed(victim.history)
                     if page.url.startswith(wechat.authorize_url))
    assert overheard is not None
    with ThreadPoolExecutor(1) as pool:
        overhearing = pool.submit(attacker.get, overheard)
        assert until(lambda: read_number(site.status_socket, "callbacks_repeated_total") == 1)
        plan.hurry.set()
        page = overhearing.result()
    honest.join()
    assert page.pin is None and "Another phone is finishing" in page.text
    assert not attacker.saw_a_pin(pins[0])
    assert wechat.exchanges() == 1
    assert login.type(pins[0] or "") == "PAM_SUCCESS"


def test_he_guesses_the_pin_three_times_at_most(
    login: Host, attacker: Attacker, victim: Phone
) -> None:
    pin = victim.sign_in(login.link())
    for _ in range(2):
        assert login.type(wrong(pin)) is None
    assert login.type(wrong(pin)) == "PAM_MAXTRIES"


# ---- He uses another login's cookie -------------------------------------------------------------


def name_of(link: str) -> str:
    return f"pam_wechat_{link.rpartition('/')[2]}"


def test_he_uses_the_cookie_of_another_login_that_he_approved(
    site: Site, login: Host, wechat: WeChat, attacker: Attacker
) -> None:
    link = login.link()
    with Host(site, "bob", options=REMOTE) as his:
        his_link = his.link()
        attacker.approve(his_link)
        his_token = attacker.token(his_link)
        cookie = attacker.cookies.get(name_of(his_link))
        assert cookie is not None
        state = state_of(Attacker(wechat).approve(link))
        attacker.cookies.put(replace(cookie, name=name_of(link)))
        page = attacker.post(link, {"choice": "continue", "token": his_token})
        assert is_the_ask_page(page)
        attacker.cookies.put(replace(cookie, name=name_of(link)))
        page = attacker.get(callback(link, state, wechat.code_for("alice", state)))
        assert is_the_ask_page(page)
    assert wechat.exchanges() == 0 and not attacker.saw_a_pin()
    assert guesses_in_vain(login)


def test_he_sends_his_logins_authorize_url_to_a_victim_who_approved_their_own_login(
    site: Site, login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    his_link = login.link()
    with Host(site, "alice", options=("--rhost", "198.51.100.1")) as own:
        own_link = own.link()
        pin = victim.sign_in(own_link)
        assert is_the_ask_page(victim.open(attacker.approve(his_link)))
        attacker.open(his_link)
        assert wechat.exchanges() == 1 and not attacker.saw_a_pin(pin)
        assert own.type(pin or "") == "PAM_SUCCESS"
    assert guesses_in_vain(login, pin)


def test_he_types_the_pin_of_another_login(
    site: Site, login: Host, victim: Phone
) -> None:
    link = login.link()
    with Host(site, "alice", options=REMOTE) as other:
        other_pin = victim.sign_in(other.link())
    pin = victim.sign_in(link)
    if other_pin == pin:
        pytest.fail("one in ten thousand: the two pins are the same by chance")
    assert login.type(other_pin or "") is None
    assert login.type(pin or "") == "PAM_SUCCESS"


# ---- He brings a code that leaked from another site of the same appid ---------------------------


def test_a_code_of_his_own_openid_from_another_site_is_refused(
    login: Host, wechat: WeChat, attacker: Attacker
) -> None:
    link = login.link()
    state = state_of(attacker.approve(link))
    page = attacker.get(callback(link, state, wechat.code_for("mallory")))
    assert "may not sign in here" in page.text
    assert not attacker.saw_a_pin()
    assert login.type("1234") == "PAM_MAXTRIES"


def test_a_code_stolen_from_another_site_is_nothing_to_a_browser_that_did_not_approve(
    login: Host, wechat: WeChat, attacker: Attacker
) -> None:
    link = login.link()
    state = state_of(attacker.approve(link))
    elsewhere = Attacker(wechat)
    assert is_the_ask_page(elsewhere.get(callback(link, state, wechat.code_for("alice"))))
    assert wechat.exchanges() == 0
    assert not elsewhere.saw_a_pin() and not attacker.saw_a_pin()


def test_a_code_stolen_from_another_site_shows_the_pin_to_who_brought_it_and_nobody_else(
    login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    """
    What cannot be stopped: WeChat makes codes out to an appid, not to a login. Who steals a fresh
    code of alice's somewhere else and brings it first is alice, as far as anybody can tell. Hence
    SECURITY.md's rule: a service account and a host name that are used for nothing else.
    """
    link = login.link()
    state = state_of(attacker.approve(link))
    victim.open(link)
    others = Attacker(wechat)
    others.approve(link)
    page = attacker.get(callback(link, state, wechat.code_for("alice")))
    assert page.pin is not None
    # What holds nevertheless: no other browser is shown it, approved or not.
    assert victim.sign_in(link) is None
    others.open(link)
    assert not others.saw_a_pin(page.pin)


def test_a_stolen_code_that_was_used_before_is_refused(
    site: Site, login: Host, wechat: WeChat, attacker: Attacker, victim: Phone
) -> None:
    link = login.link()
    with Host(site, "alice", options=("--rhost", "198.51.100.1")) as own:
        assert own.type(victim.sign_in(own.link()) or "") == "PAM_SUCCESS"
    code = callback_of(victim).partition("code=")[2].partition("&")[0]
    state = state_of(attacker.approve(link))
    page = attacker.get(callback(link, state, code))
    assert page.pin is None and wechat.requests[-1].errcode == 40163
    assert login.type("1234") == "PAM_AUTH_ERR"


# ---- He lets WeChat show the victim a snapshot page ---------------------------------------------


@pytest.mark.parametrize("scope", ["snsapi_base", "snsapi_userinfo"])
@pytest.mark.parametrize("snapshot", ["flagged", "unflagged", "flag_on_real"])
def test_a_snapshot_page_names_nobody(
    site: Site, wechat: WeChat, attacker: Attacker, victim: Phone, scope: str, snapshot: str
) -> None:
    site.write_conf(scope=scope)
    with Host(site, "alice", options=REMOTE) as login:
        link = login.link()
        wechat.plan(snapshot=snapshot)
        page = continue_once(victim, link)
        assert page.pin is None and page.buttons == ["continue", "refuse"]
        attacker.open(link)
        assert not attacker.saw_a_pin()
        assert login.type("1234") == "PAM_MAXTRIES"


# ---- He looks like the victim -------------------------------------------------------------------


def test_nobody_is_known_by_nickname_or_unionid(
    site: Site, wechat: WeChat, attacker: Attacker, victim: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither he, who has both of alice's, nor alice by one that stands in the table."""
    site.write_conf(scope="snsapi_userinfo")
    unionid = wechat.people.unionid("alice")
    monkeypatch.setattr(wechat.people, "unionid", lambda person: unionid)
    wechat.people.nicknames["mallory"] = "alice"
    for table, person in ((wechat.openid("alice"), attacker), (unionid, attacker),
                          (unionid, victim)):
        site.write_users(f"{table} alice\n")
        with Host(site, "alice", options=REMOTE) as login:
            assert "may not sign in here" in continue_once(person, login.link()).text
            assert login.type("1234") == "PAM_MAXTRIES"


# ---- He gets the victim to tap Continue for somebody else's account -----------------------------


@pytest.mark.parametrize("user", ["root", "bob", "nobody-of-that-name"])
def test_the_victims_continue_for_a_user_that_is_not_theirs(
    site: Site, wechat: WeChat, attacker: Attacker, victim: Phone, user: str
) -> None:
    with Host(site, user, options=REMOTE) as login:
        link = login.link()
        rows = victim.open(link).text.splitlines()
        assert rows[rows.index("User") + 1] == f"«{user}»"
        assert "may not sign in here" in continue_once(victim, link).text
        attacker.open(link)
        assert not attacker.saw_a_pin()
        assert login.type("1234") == "PAM_MAXTRIES"
    assert wechat.exchanges() == 1


def test_the_pin_of_a_victim_who_was_talked_into_it_stays_on_their_phone(
    login: Host, attacker: Attacker, victim: Phone
) -> None:
    """She taps Continue for a login of his: without the digits he still isn't in."""
    link = login.link()
    attacker.approve(link)
    pin = victim.sign_in(link)
    assert pin is not None
    attacker.open(link)
    assert not attacker.saw_a_pin(pin)
    assert victim.page is not None and "Tell them to nobody" in victim.page.text
    # And she can still take it back.
    assert "refused" in victim.tap("refuse").text
    assert login.type(pin) == "PAM_MAXTRIES"


# ---- He fixes the cookies of the victim's browser -----------------------------------------------


@pytest.fixture()
def front(site: Site, authority: Authority) -> Iterator[Front]:
    with Front(site, authority) as made:
        yield made


def headers_of_his_pages(name: str, value: str) -> list[tuple[str, str, bool]]:
    """(page, Set-Cookie, whether a browser takes it): what he tries from hosts of his own."""
    secure = f"__Host-{name}={value}; Path=/; Secure"
    sibling = "https://evil.example.com/"
    return [
        (sibling, f"{secure}; Domain=example.com", False),
        (sibling, f"{secure}; Domain={HOST}", False),
        (f"http://{HOST}/", secure, False),
        (f"http://{HOST}/", f"__Host-{name}={value}; Path=/", False),
        # Not the cookie that the helper reads.
        (sibling, f"{name}={value}; Path=/; Secure; Domain=example.com", True),
        (f"http://{HOST}/", f"{name}={value}; Path=/", True),
    ]


def test_he_plants_his_approved_cookie_in_the_victims_browser(
    site: Site, front: Front, wechat: WeChat
) -> None:
    attacker = Attacker(wechat, ca_file=front.ca_file, hosts=front.hosts)
    victim = front.phone(wechat, "alice")
    with Host(site, "alice", options=REMOTE) as login:
        link = login.link()
        assert link.startswith(f"{PUBLIC_URL}/l/")
        url = attacker.approve(link)
        cookie = attacker.cookies.get(f"__Host-{name_of(link)}")
        assert cookie is not None and cookie.secure and cookie.host_only and cookie.http_only
        for page, header, is_taken in headers_of_his_pages(name_of(link), cookie.value):
            assert (victim.cookies.store(page, header) is not None) == is_taken, header
            assert is_the_ask_page(victim.open(url)), header
        assert wechat.exchanges() == 0
        attacker.open(link)
        assert not attacker.saw_a_pin()

        # It is the prefix that keeps him out: the cookie itself would do.
        gullible = front.phone(wechat, "alice")
        gullible.cookies.put(Cookie(cookie.name, cookie.value, HOST, secure=True))
        assert gullible.open(url).pin is not None


def test_signing_in_behind_a_web_server_with_the_certificate(
    site: Site, front: Front, wechat: WeChat
) -> None:
    with Host(site, "alice", options=REMOTE) as login:
        phone = front.phone(wechat, "alice")
        assert login.type(phone.sign_in(login.link()) or "") == "PAM_SUCCESS"
    assert phone.notes == []


# ---- He disturbs others -------------------------------------------------------------------------


def test_a_report_ends_one_login_and_blocks_nobody(
    site: Site, login: Host, system_log: SystemLog, victim: Phone
) -> None:
    mark = system_log.mark()
    with Host(site, "alice", options=("--rhost", "198.51.100.1")) as own:
        own_link = own.link()
        victim.open(login.link())
        victim.tap("refuse")
        assert login.type("1234") == "PAM_MAXTRIES"
        system_log.wait_for("user=alice rhost=203.0.113.66 result=refused reason=reported", mark)
        assert own.type(victim.sign_in(own_link) or "") == "PAM_SUCCESS"
    with Host(site, "alice", options=REMOTE) as again:
        assert again.type(victim.sign_in(again.link()) or "") == "PAM_SUCCESS"


def test_he_starts_so_many_logins_that_his_own_oldest_give_way(
    site: Site, wechat: WeChat, victim: Phone
) -> None:
    with Host(site, "alice", options=("--rhost", "198.51.100.1")) as own:
        own_link = own.link()
        his = [Host(site, "alice", options=REMOTE) for _ in range(18)]
        try:
            links = [host.__enter__().link() for host in his]
            assert site.pending() == 1 + 16
            statuses = [victim.open(link).status for link in links]
            assert statuses == [404] * 2 + [200] * 16
        finally:
            for host in his:
                host.__exit__()
        assert own.type(victim.sign_in(own_link) or "") == "PAM_SUCCESS"
