"""WeChat as its web login really behaves, for tests: a double of both of its servers, and a phone.

    with WeChat(folder) as wechat:
        plan = wechat.plan(token=[-1, "good"])      # the next login meets a busy server once
        phone = Phone(wechat, "alice")
        pin = phone.sign_in(link)                   # opens the page, taps Continue
        assert wechat.exchanges() == 2

What can go wrong on purpose is listed by `plan.OPTIONS` and in the tables of `faults`, and printed
by `python3 tests/simulator faults`. `camera` draws a terminal and reads the QR code on it.
"""

from .authority import Authority
from .page import Page
from .phone import Phone
from .plan import Plan
from .wechat import WeChat

__all__ = ["Authority", "Page", "Phone", "Plan", "WeChat"]
