"""Whose login makes room for a new one where an origin, or the helper, has too many."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.fake_exchange import Browser, FakeExchange, Helper, Pending

CAP = 16
SCRIPT = [f"127.0.0.{number}" for number in range(101, 101 + CAP)]  # strangers' browsers
PHONE = "127.0.0.200"  # the victim's


@pytest.fixture()
def helper(folder: Path) -> Iterator[Helper]:
    with Helper(folder) as made:
        yield made


class Strangers:
    """They begin logins behind the victim's address, or elsewhere, and do something to each."""

    def __init__(
        self, helper: Helper, act: Callable[[Browser, FakeExchange], object], addresses: int,
    ) -> None:
        self.helper = helper
        self.act = act
        self.addresses = itertools.cycle(SCRIPT[:addresses])
        self.logins: list[FakeExchange] = []

    def begin(self, count: int, **changes: str) -> None:
        for _ in range(count):
            login = FakeExchange(self.helper, **changes).register()
            self.act(Browser(self.helper, address=next(self.addresses)), login)
            self.logins.append(login)


def opens_nothing(browser: Browser, login: FakeExchange) -> None:
    pass


def opens(browser: Browser, login: FakeExchange) -> None:
    assert browser.get(login.path).token is not None


def approves(browser: Browser, login: FakeExchange) -> None:
    browser.approve(login)


def is_pending(login: FakeExchange) -> bool:
    return Browser(login.helper, agent="Safari").get(login.path).status == 200


DOINGS = pytest.mark.parametrize("act", [opens_nothing, opens, approves])
ADDRESSES = pytest.mark.parametrize("addresses", [1, 8], ids=["one address", "eight addresses"])


class Victim:
    """The phone is at an address of its own. The login is the oldest of all."""

    def __init__(self, helper: Helper) -> None:
        self.login = FakeExchange(helper).register()
        self.phone = Browser(helper, address=PHONE)

    def tap(self) -> None:
        self.phone.approve(self.login)
        self.login.expect("OPENED")

    def come_back(self) -> tuple[Pending, str]:
        return self.phone.bring_code(self.login)

    def is_told_the_pin(self, waiting: Pending, ticket: str) -> bool:
        self.login.succeed(ticket)
        return waiting.answer().pin == self.login.pin


@pytest.fixture(params=[False, True], ids=["of one origin", "of many origins"])
def flooded(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Helper, Flood]]:
    """There is room for as many logins of one origin, or of all, as there are in the end."""
    is_many: bool = request.param
    with Helper(folder, **{"max_pending": CAP} if is_many else {}) as helper:
        numbers = itertools.count()

        def flood(strangers: Strangers, count: int) -> None:
            for _ in range(count):
                strangers.begin(1, **{"origin": f"198.51.100.{next(numbers) % CAP}"}
                                if is_many else {})

        yield helper, flood


Flood = Callable[[Strangers, int], None]


@DOINGS
@ADDRESSES
@pytest.mark.parametrize("stage", ["tapped", "asked about", "matched"])
def test_a_phone_at_its_own_address_finishes_whatever_strangers_do(
    flooded: tuple[Helper, Flood], act: Callable[[Browser, FakeExchange], None], addresses: int,
    stage: str,
) -> None:
    helper, flood = flooded
    victim = Victim(helper)
    strangers = Strangers(helper, act, addresses)
    flood(strangers, CAP - 1)  # it had its place before
    victim.tap()
    if stage == "tapped":
        flood(strangers, 3 * CAP)
    waiting, ticket = victim.come_back()
    if stage == "asked about":
        flood(strangers, 3 * CAP)
    assert victim.is_told_the_pin(waiting, ticket)
    if stage == "matched":
        flood(strangers, 3 * CAP)
        assert victim.phone.get(victim.login.path).pin == victim.login.pin
    assert is_pending(victim.login)
    assert sum(map(is_pending, strangers.logins)) == CAP - 1


@DOINGS
@ADDRESSES
def test_a_new_login_always_gets_a_place(
    helper: Helper, act: Callable[[Browser, FakeExchange], None], addresses: int
) -> None:
    strangers = Strangers(helper, act, addresses)
    strangers.begin(2 * CAP)
    victim = Victim(helper)
    victim.tap()
    strangers.begin(2 * CAP)
    assert victim.is_told_the_pin(*victim.come_back())


def brings_junk(browser: Browser, login: FakeExchange) -> None:
    """As a code: WeChat is asked about it."""
    browser.approve(login)
    login.expect("OPENED")
    browser.bring_code(login)


def wins(browser: Browser, login: FakeExchange) -> None:
    assert browser.finish(login).pin == login.pin


@pytest.mark.parametrize("act", [brings_junk, wins])
@pytest.mark.parametrize("is_open", [False, True], ids=["unopened", "opened"])
def test_junk_for_codes_spares_no_more_than_two_of_one_address(
    helper: Helper, act: Callable[[Browser, FakeExchange], None], is_open: bool
) -> None:
    """Nor do sign-ins of somebody who keeps them and never types the digits."""
    victim = Victim(helper)
    if is_open:
        victim.tap()
    strangers = Strangers(helper, act, 1)
    strangers.begin(CAP - 1)
    assert is_pending(victim.login)
    strangers.begin(1)
    assert is_pending(victim.login)
    assert [is_pending(login) for login in strangers.logins] == [False] + [True] * (CAP - 1)
    if not is_open:
        victim.tap()
    strangers.begin(CAP)
    assert victim.is_told_the_pin(*victim.come_back())


def test_two_phones_at_one_address_finish_whatever_strangers_do(helper: Helper) -> None:
    victims = [Victim(helper) for _ in range(2)]
    held = []
    for victim in victims:
        victim.tap()
        held.append(victim.come_back())
    strangers = Strangers(helper, approves, CAP)
    strangers.begin(3 * CAP)
    for victim, (waiting, ticket) in zip(victims, held):
        assert victim.is_told_the_pin(waiting, ticket)


def test_where_all_are_being_finished_the_oldest_of_the_largest_address_goes(
    helper: Helper,
) -> None:
    victim = Victim(helper)
    victim.tap()
    held = victim.come_back()
    strangers = Strangers(helper, brings_junk, 2)
    strangers.begin(2 * CAP)
    assert victim.is_told_the_pin(*held)
    assert [is_pending(login) for login in strangers.logins] == (
        [False] * (CAP + 1) + [True] * (CAP - 1))


def test_as_many_addresses_as_places_push_out_the_oldest(helper: Helper) -> None:
    """What remains, as SECURITY.md says."""
    victim = Victim(helper)
    victim.tap()
    strangers = Strangers(helper, approves, CAP)
    strangers.begin(CAP - 1)
    assert is_pending(victim.login)
    strangers.begin(1)
    assert victim.login.expect("REJECTED")["reason"] == "full"
    victim.login.expect_end()
    assert sum(map(is_pending, strangers.logins)) == CAP


def test_unopened_the_oldest_goes(helper: Helper) -> None:
    """What remains, as SECURITY.md says."""
    victim = Victim(helper)
    strangers = Strangers(helper, opens_nothing, 1)
    strangers.begin(CAP - 1)
    assert is_pending(victim.login)
    strangers.begin(1)
    assert not is_pending(victim.login)


def test_a_browser_that_is_not_wechats_opens_nothing(helper: Helper) -> None:
    def looks(browser: Browser, login: FakeExchange) -> None:
        browser.agent = "curl/7.88.1"
        assert browser.get(login.path).token is None

    victim = Victim(helper)
    victim.phone.get(victim.login.path)
    strangers = Strangers(helper, looks, 8)
    strangers.begin(2 * CAP)
    assert is_pending(victim.login)


def test_the_address_is_the_one_that_the_proxy_names(folder: Path) -> None:
    def forwarded(address: str) -> Callable[[Browser, FakeExchange], None]:
        def opens_there(browser: Browser, login: FakeExchange) -> None:
            browser.address = "127.0.0.1"
            assert browser.get(login.path, X_Forwarded_For=address).status == 200
        return opens_there

    with Helper(folder, trusted_proxy="127.0.0.1") as helper:
        victim = FakeExchange(helper).register()
        forwarded("2001:db8:1::7")(Browser(helper), victim)
        strangers = Strangers(helper, forwarded("203.0.113.9"), 1)
        strangers.begin(2 * CAP)
        assert is_pending(victim)
        # A network of IPv6 is one address; so it is no other than the victim's.
        strangers.act = forwarded("2001:db8:1::8")
        strangers.begin(2 * CAP)
        assert not is_pending(victim)


@pytest.mark.parametrize("cap", [1, 3, 40])
def test_how_many_of_one_origin_is_set(folder: Path, cap: int) -> None:
    with Helper(folder, origin_pending=cap) as helper:
        logins = [FakeExchange(helper).register() for _ in range(cap)]
        assert all(map(is_pending, logins))
        other = FakeExchange(helper, origin="198.51.100.1").register()
        new = FakeExchange(helper).register()
        assert logins[0].expect("REJECTED")["reason"] == "full"
        logins[0].expect_end()
        assert not is_pending(logins[0]) and all(map(is_pending, [*logins[1:], other, new]))
