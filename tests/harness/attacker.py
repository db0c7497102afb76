"""Somebody who sits at the terminal of a login that he must not get, with a browser of his own."""

from __future__ import annotations

import re
from typing import Any

from harness.host import Host
from simulator import Page, Phone, WeChat


class Attacker(Phone):
    """A WeChat user like any other, whom the users table does not name."""

    def __init__(self, wechat: WeChat, person: str = "mallory", **options: Any) -> None:
        super().__init__(wechat, person, language="en", address="127.0.0.66", **options)

    def approve(self, link: str) -> str:
        """Taps Continue in his own browser and stops there: the authorize URL."""
        page = self.open(link)
        form, name = page.form_with("continue")
        answer = self.post(page.target(form), dict(form.fields) | {name: "continue"})
        location = answer.header("Location")
        assert answer.status == 303 and location is not None
        return location

    def token(self, link: str) -> str:
        """The token of the form that his own browser was given."""
        return dict(self.open(link).forms[0].fields)["token"]

    def saw_a_pin(self, pin: str | None = None) -> bool:
        """Whether any page that he ever got holds a pin, or this one in particular."""
        return any(
            page.pin is not None or 'id="pin"' in page.html
            or (pin is not None and re.search(rf"\b{pin}\b", page.text) is not None)
            for page in self.history
        )


def state_of(authorize_url: str) -> str:
    found = re.search(r"[?&]state=([0-9a-f]{32})[&#]", authorize_url)
    assert found is not None
    return found[1]


def is_the_ask_page(page: Page) -> bool:
    return page.status == 200 and page.buttons == ["continue", "refuse"] and page.pin is None


def wrong(pin: str | None) -> str:
    """A code that is not the one on the phone."""
    return "0000" if pin != "0000" else "1111"


def guesses_in_vain(host: Host, pin: str | None = None) -> bool:
    """Types wrong codes at the terminal to the end: whether that is a refusal."""
    results = []
    while host.result is None:
        results.append(host.type(wrong(pin)))
    return len(results) <= 3 and host.result == "PAM_MAXTRIES"
