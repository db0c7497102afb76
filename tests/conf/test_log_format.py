"""The format that pam_wechat(8) promises is read as it is meant."""

from __future__ import annotations

import re

import pytest

from harness import log_format
from harness.manual import entries, part

BEGIN = "login=Ab3dE9 service=sshd user=alice rhost=203.0.113.7"
GOOD = [
    f"{BEGIN} result=ok",
    f"{BEGIN} result=ok openid=oXy1z2AbCdEfGhIjKlMnOpQrStUv",
    f'{BEGIN} result=ok openid=oXy1z2 who="the \\"boss\\" of C:\\\\"',
    f"{BEGIN} result=refused reason=reported phone=opened",
    "login= service=su user=(unlisted) rhost= result=refused reason=setup",
    f"{BEGIN} result=refused reason=not-linked phone=returned openid=oXy1z2",
    f"{BEGIN} result=refused reason=risk phone=returned errcode=40226 rid=a-b: WeChat's …",
    "login=Ab3dE9 ended phone=none",
    "login=Ab3dE9 ended phone=continued: WeChat showed an error page",
]
BAD = [
    f"{BEGIN} result=ok who=\"Bob\" openid=oXy1z2",
    f"{BEGIN} result=ok  openid=oXy1z2",
    f"{BEGIN} result=ok who=Bob",
    f'{BEGIN} result=ok who="a"b"',
    f'{BEGIN} result=ok who="a\\"',
    f"{BEGIN} result=ok reason=risk",
    f"{BEGIN} result=refused",
    f"{BEGIN} result=refused reason=nobody",
    f"{BEGIN} result=refused phone=none reason=reported",
    f"{BEGIN} result=refused reason=reported phone=far",
    f"{BEGIN} result=refused reason=reported openid=oXy1z2 phone=opened",
    f"{BEGIN} result=refused reason=risk rid=a errcode=1",
    f"{BEGIN} user=root result=ok",
    "login=Ab3dE9 service=ss hd user=alice rhost= result=ok",
    "login=Ab3dE service=sshd user=alice rhost= result=ok",
    "service=sshd login=Ab3dE9 user=alice rhost= result=ok",
    "login=Ab3dE9 ended",
]


@pytest.mark.parametrize("line", GOOD)
def test_a_line_of_this_format_is_read(line: str) -> None:
    assert log_format.documented().match(line) is not None


@pytest.mark.parametrize("line", BAD)
def test_another_order_or_quoting_is_not(line: str) -> None:
    assert log_format.documented().match(line) is None


def test_the_page_names_the_reasons_and_how_far_a_phone_comes() -> None:
    page = log_format.PAGE.read_text()
    assert log_format.steps(page) == ["none", "opened", "continued", "returned"]
    assert len(log_format.reasons(page)) > 20


def test_every_field_is_explained_and_nothing_else() -> None:
    text = part("pam_wechat(8)", "LOGGING")
    block = text.split("```")[1]
    heads = " ".join(entries(text.split("```")[2]))
    assert set(re.findall(r"\*([a-z]+)\*", heads)) == set(re.findall(r"\b([a-z]+)=", block))
