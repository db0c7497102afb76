"""Several logins at once, on one helper, and on one phone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import processes
from harness.attacker import is_the_ask_page, wrong
from harness.host import Host
from harness.site import Site
from harness.sshd import Sshd
from harness.waiting import HANG, until
from simulator import Phone, WeChat

PEOPLE = [f"person{number}" for number in range(32)]


def begin(site: Site, number: int) -> Host:
    """A login from an address of its own; to be used by `with`."""
    return Host(site, PEOPLE[number], options=("--rhost", f"203.0.113.{number}"))


def signs_in(host: Host, link: str, phone: Phone) -> str | None:
    return host.type(phone.sign_in(link) or "")


def mistypes_first(host: Host, link: str, phone: Phone) -> str | None:
    pin = phone.sign_in(link)
    assert host.type(wrong(pin)) is None
    return host.type(pin or "")


def looks_another_way_first(host: Host, link: str, phone: Phone) -> str | None:
    assert host.type("") is None
    pin = phone.sign_in(link)
    assert host.type("") is None
    return host.type(pin or "")


def reports(host: Host, link: str, phone: Phone) -> str | None:
    phone.open(link)
    phone.tap("refuse")
    return host.type("1234")


def never_scans(host: Host, link: str, phone: Phone) -> str | None:
    return host.type("1234") or host.type("1234") or host.type("1234")


MIXED: list[tuple[Callable[[Host, str, Phone], str | None], str]] = [
    (signs_in, "PAM_SUCCESS"),
    (mistypes_first, "PAM_SUCCESS"),
    (reports, "PAM_MAXTRIES"),
    (looks_another_way_first, "PAM_SUCCESS"),
    (never_scans, "PAM_MAXTRIES"),
]


def test_ten_mixed_logins_at_once_do_not_disturb_each_other(site: Site, wechat: WeChat) -> None:
    site.link_people(*PEOPLE)
    wechat.plan(for_all=True, delay=0.3)

    all_pending = threading.Barrier(10)

    def play(number: int) -> tuple[str | None, str]:
        what, expected = MIXED[number % len(MIXED)]
        with begin(site, number) as host:
            link = host.link()
            all_pending.wait(HANG)
            return what(host, link, Phone(wechat, PEOPLE[number])), expected

    with ThreadPoolExecutor(10) as pool:
        for got, expected in pool.map(play, range(10)):
            assert got == expected
    assert site.wait_for_pending(0)
    assert wechat.exchanges() == 6
    assert until(lambda: processes.running(site.exchange) == [])


def test_thirty_logins_hear_of_wechats_answer_at_once(site: Site, wechat: WeChat) -> None:
    """WeChat answers all of them at the same time, and none before."""
    site.link_people(*PEOPLE)
    plan = wechat.plan(for_all=True, delay=15)

    def play(number: int) -> str | None:
        with begin(site, number) as host:
            pin = Phone(wechat, PEOPLE[number]).sign_in(host.link())
            return host.type(pin or "")

    with ThreadPoolExecutor(32) as pool:
        playing = [pool.submit(play, number) for number in range(32)]
        try:
            assert until(lambda: plan.calls("token") == 32)
            assert not any(one.done() for one in playing)
        finally:
            plan.hurry.set()
        assert [one.result() for one in playing] == ["PAM_SUCCESS"] * 32
    assert wechat.exchanges() == 32


def test_four_people_over_ssh_at_once_get_their_own_shells(site: Site, wechat: WeChat) -> None:
    site.write_users("".join(
        f"{wechat.openid(name)} {name}\n" for name in ("alice", "bob", "carol")
    ))
    methods = "AuthenticationMethods keyboard-interactive"
    with Sshd(site, "sshd-parallel", site.line(), methods) as sshd:
        def play(name: str) -> str:
            with sshd.login(name, "id", "-un") as terminal:
                link = terminal.wait_for_login().link
                terminal.type(Phone(wechat, name).sign_in(link) or "")
                return terminal.rest().strip().splitlines()[-1]

        names = ["alice", "bob", "carol", "alice"]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(play, names)) == names


def test_one_phone_with_two_logins_pending_finishes_both(site: Site, wechat: WeChat) -> None:
    phone = Phone(wechat, "alice")
    with Host(site, "alice") as first, Host(site, "alice") as second:
        links = first.link(), second.link()
        pages = [phone.open(link) for link in links]
        assert all(map(is_the_ask_page, pages))
        # Both pages are open; Continue is tapped on each, the first one last.
        phone.page = pages[1]
        second_pin = phone.tap("continue").pin
        phone.page = pages[0]
        first_pin = phone.tap("continue").pin
        assert first_pin is not None and second_pin is not None
        assert phone.open(links[1]).pin == second_pin
        assert phone.open(links[0]).pin == first_pin
        assert second.type(second_pin) == "PAM_SUCCESS"
        assert first.type(first_pin) == "PAM_SUCCESS"
    assert len(phone.cookies) == 2


def test_one_phone_may_refuse_one_of_two_logins(site: Site, wechat: WeChat) -> None:
    phone = Phone(wechat, "alice")
    with Host(site, "alice") as own, Host(site, "alice") as strange:
        own_link, strange_link = own.link(), strange.link()
        phone.open(strange_link)
        phone.open(own_link)
        pin = phone.tap("continue").pin
        phone.open(strange_link)
        phone.tap("refuse")
        assert strange.type(pin or "") == "PAM_MAXTRIES"
        assert own.type(pin or "") == "PAM_SUCCESS"


@pytest.mark.parametrize("first", ["alice", "bob"])
def test_two_phones_on_one_login_and_the_right_one_decides(
    site: Site, wechat: WeChat, first: str
) -> None:
    second = "bob" if first == "alice" else "alice"
    with Host(site, "alice") as login:
        link = login.link()
        pins = {name: Phone(wechat, name).sign_in(link) for name in (first, second)}
        assert pins["bob"] is None
        assert login.type(pins["alice"] or "") == "PAM_SUCCESS"
