"""
The phone's pages in Chromium, each reached by a login at two https sites as in reality, and what a
person needs of them. PICTURES=1 draws pages/pictures/ anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from PIL import Image

from harness.chromium import Chromium
from harness.front import PUBLIC_URL
from harness.origins import SHOWN, WEIXIN
from harness.stage import Stage, set_up
from harness.system_log import SystemLog
from harness.waiting import until
from pages import page_checks as checks
from pages.breakage import BREAKAGE, Breakage
from pages.phone_pages import KINDS, WITHOUT_LANGUAGE, Kind
from pages.reached import PHONE_OF, reach
from simulator import Authority
from simulator.server import Reply

WIDTHS = (320, 375, 430)
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "zh")
PICTURES = Path(__file__).parent / "pictures"
DRAWN = {(name, "en", "light") for name in KINDS} | {
    (name, "zh", "dark") for name in ("ask", "digits", "not linked", "open in WeChat")}


@pytest.fixture(scope="module")
def everything(authority: Authority, system_log: SystemLog) -> Iterator[Stage]:
    with set_up(authority, system_log) as made:
        yield made


@pytest.fixture()
def stage(everything: Stage) -> Iterator[Stage]:
    everything.begin()
    everything.browser.be("iphone", "en")
    everything.browser.hold(375, "light")
    yield everything
    everything.tidy()


# ---- Every page ---------------------------------------------------------------------------------


def faults_of_views(
    stage: Stage, name: str, language: str, widths: Sequence[int] = WIDTHS,
    schemes: Sequence[str] = SCHEMES,
) -> Iterator[str]:
    browser = stage.browser
    for width in widths:
        for scheme in schemes:
            browser.hold(width, scheme)
            seen = checks.look(browser)
            found = [*checks.overflows(seen, width), *checks.small_texts(seen),
                     *checks.bad_targets(seen), *checks.faint_texts(browser, seen)]
            if scheme == "light":
                found += checks.overflows_when_enlarged(browser, width)
            if width == 375:
                found += checks.unseen_focus(browser, KINDS[name])
                found += checks.unreadable_codes(browser, KINDS[name])
            yield from (f"{name}, {width} px, {scheme}, {language}: {what}" for what in found)


def faults_of_the_page(stage: Stage, name: str, language: str) -> Iterator[str]:
    kind = KINDS[name]
    words_in = "en" if name in WITHOUT_LANGUAGE else language
    seen = checks.look(stage.browser)
    found = [*checks.wrong_structure(stage.browser, seen, kind, language, words_in),
             *checks.unwanted_messages(stage.browser, kind),
             *checks.strange_requests(stage.browser), *checks.too_many_requests(stage.front),
             *checks.bad_answers(stage.front)]
    if stage.front.documents[-1].status != kind.status:
        found.append(f"the status is {stage.front.documents[-1].status}")
    yield from (f"{name}, {language}: {what}" for what in found)


def draw(browser: Chromium, name: str, language: str) -> None:
    for scheme in SCHEMES:
        if (name, language, scheme) in DRAWN:
            browser.hold(375, scheme, 2.0)
            file = "-".join([*name.lower().replace(",", "").split(), language, scheme])
            picture = browser.picture().quantize(32, Image.Quantize.MAXCOVERAGE)
            picture.save(PICTURES / f"{file}.png", optimize=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_a_page_can_be_read_and_used(stage: Stage, name: str, language: str) -> None:
    reach(stage, name, language)
    faults = [*faults_of_the_page(stage, name, language),
              *faults_of_views(stage, name, language)]
    if os.environ.get("PICTURES"):
        draw(stage.browser, name, language)
    assert not faults, "\n" + "\n".join(faults)


@dataclass(frozen=True)
class Sound:
    """An ask page, and what is amiss with it already."""

    answer: Reply
    faults: list[str]


@pytest.fixture(scope="module")
def sound(everything: Stage) -> Sound:
    everything.begin()
    everything.browser.be("iphone", "en")
    reach(everything, "ask", "en")
    page = everything.front.documents[-1]
    made = Sound(Reply(page.status, page.header("Content-Type") or "", page.headers[1:], page.body),
                 [*faults_of_the_page(everything, "ask", "en"),
                  *faults_of_views(everything, "ask", "en", (375,), ("light",))])
    everything.tidy()
    return made


@pytest.mark.parametrize("breakage", BREAKAGE.values(), ids=BREAKAGE)
def test_what_is_amiss_with_a_page_is_found(
    sound: Sound, stage: Stage, breakage: Breakage
) -> None:
    stage.browser.open(stage.front.show(breakage.spoil(sound.answer)))
    if breakage.script is None:
        faults = [*faults_of_the_page(stage, "ask", "en")]
    else:
        stage.browser.evaluate(breakage.script)
        faults = [*faults_of_views(stage, "ask", "en", (375,), ("light",))]

    def count(among: list[str]) -> int:
        return sum(re.search(breakage.fault, fault) is not None for fault in among)

    assert count(faults) > count(sound.faults), "\n".join(faults)


@pytest.mark.parametrize(("address", "faults"), [(SHOWN, 0), (f"{SHOWN}x", 1)])
def test_a_picture_counts_as_scanned_where_it_holds_the_pages_address(
    sound: Sound, stage: Stage, address: str, faults: int
) -> None:
    spoilt = Breakage("", html=("</main>", f"{qr_code(address)}</main>")).spoil(sound.answer)
    stage.browser.open(stage.front.show(spoilt))
    assert len([*checks.unreadable_codes(stage.browser, Kind(None, image=True))]) == faults


def qr_code(text: str) -> str:
    modules = cv2.QRCodeEncoder_create().encode(text)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(modules)
                   for x, module in enumerate(row) if module == 0)
    size = len(modules)
    return (f'<svg role="img" aria-label="QR" width="{5 * size}" height="{5 * size}"'
            f' viewBox="0 0 {size} {size}"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
            f'<path d="{dark}"/></svg>')


# ---- Whole logins -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_tapping_continue_and_typing_the_digits_signs_in(stage: Stage, language: str) -> None:
    reach(stage, "digits", language)
    (host,) = stage.hosts
    assert host.type(stage.browser.pin or "") == "PAM_SUCCESS"


@pytest.mark.parametrize("language", LANGUAGES)
def test_consent_is_given_at_wechats_page(stage: Stage, language: str) -> None:
    stage.browser.be(PHONE_OF[language], language)
    stage.site.write_conf(scope="snsapi_userinfo")
    host = stage.finish()
    assert stage.browser.address.startswith(f"https://{WEIXIN}/")
    stage.browser.tap("allow")
    assert host.type(stage.browser.pin or "") == "PAM_SUCCESS"


@pytest.mark.parametrize("name", ["ask", "digits"])
def test_this_isnt_me_ends_the_login(stage: Stage, name: str) -> None:
    reach(stage, name, "en")
    stage.browser.tap("refuse")
    (host,) = stage.hosts
    assert host.type("1234") == "PAM_MAXTRIES"


def test_reloading_shows_the_digits_again(stage: Stage) -> None:
    host = stage.finish()
    pin = stage.browser.pin
    assert pin is not None
    stage.browser.reload()
    assert stage.browser.pin == pin
    assert stage.exchanges() == 1
    assert host.type(pin) == "PAM_SUCCESS"


def test_going_back_leads_to_the_digits_again(stage: Stage) -> None:
    host = stage.finish()
    pin = stage.browser.pin
    assert pin is not None
    stage.browser.back()
    assert stage.browser.address.startswith(f"{PUBLIC_URL}/l/")
    # Chromium may show the page as it was left, without asking the helper.
    if stage.browser.pin is None:
        stage.browser.tap("continue")
    assert stage.browser.pin == pin
    assert stage.exchanges() == 1
    assert host.type(pin) == "PAM_SUCCESS"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_waits_for_wechat_goes_on_by_itself(stage: Stage, language: str) -> None:
    stage.browser.be(PHONE_OF[language], language)
    plan = stage.wechat.plan(delay=600)
    host = stage.finish()
    assert stage.front.documents[-1].refresh == (2.0, stage.front.documents[0].url)
    plan.hurry.set()
    assert stage.browser.comes_to_the_pin()
    assert stage.browser.address.startswith(f"{PUBLIC_URL}/l/")
    assert stage.exchanges() == 1
    assert host.type(stage.browser.pin or "") == "PAM_SUCCESS"


def test_tapping_continue_twice_signs_in(stage: Stage) -> None:
    plan = stage.wechat.plan(page_delay=60)
    host = stage.ask()
    place = stage.browser.place_of("continue")
    asked = stage.browser.tap("continue", wait=False)
    # WeChat is slow, and the page stays as it was.
    assert until(lambda: len(stage.posts()) == 1)
    stage.browser.tap_at(*place)
    assert until(lambda: len(stage.posts()) == 2)
    plan.hurry.set()
    stage.browser.wait_for_another(asked)
    assert [page.status for page in stage.posts()] == [303, 303]
    assert stage.exchanges() == 1
    assert host.type(stage.browser.pin or "") == "PAM_SUCCESS"
