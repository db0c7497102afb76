"""The calls of WeChat's API that remembered sign-ins need: refresh_token and auth."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import pytest

from harness.site import BUILD
from simulator import WeChat, errors, faults

PROGRAM = BUILD / "tests/exchange/exchange-call"


@dataclass
class Answer:
    reason: str
    errcode: int = 0
    openid: str = ""
    access_token: str = ""
    refresh_token: str = ""


def call(wechat: WeChat, *words: str) -> Answer:
    done = subprocess.run([PROGRAM, wechat.api_url, wechat.ca_file, *words], check=True,
                          stdout=subprocess.PIPE, text=True, env={})
    reason, *rest = done.stdout.split("\n")
    return Answer(reason, int(rest[0]), *rest[1:4]) if rest[0] else Answer(reason)


def log_in(wechat: WeChat) -> Answer:
    """What a login of alice's leaves behind. Plans made before apply to its tokens, too."""
    code = wechat.code_for("alice")
    answer = call(wechat, "access_token", wechat.appid, wechat.secret, code)
    assert (answer.reason, answer.openid) == ("none", wechat.openid("alice"))
    assert answer.access_token and answer.refresh_token
    return answer


@pytest.fixture()
def tokens(wechat: WeChat) -> Answer:
    return log_in(wechat)


def refresh(wechat: WeChat, tokens: Answer) -> Answer:
    return call(wechat, "refresh_token", wechat.appid, tokens.refresh_token)


def auth(wechat: WeChat, tokens: Answer) -> Answer:
    return call(wechat, "auth", tokens.access_token, tokens.openid)


def test_a_refresh_token_names_the_same_person_again(wechat: WeChat, tokens: Answer) -> None:
    answer = refresh(wechat, tokens)
    assert (answer.reason, answer.openid) == ("none", wechat.openid("alice"))
    assert answer.access_token


def test_a_revoked_refresh_token_asks_to_scan_again(wechat: WeChat, tokens: Answer) -> None:
    wechat.revoke("alice")
    answer = refresh(wechat, tokens)
    assert (answer.reason, answer.errcode) == ("code", 42007)
    assert (answer.openid, answer.access_token) == ("", "")


def test_a_made_up_refresh_token_asks_to_scan_again(wechat: WeChat) -> None:
    answer = refresh(wechat, Answer("none", refresh_token="x" * 100))
    assert (answer.reason, answer.errcode) == ("code", 40030)


def test_a_token_that_lives_is_known(wechat: WeChat, tokens: Answer) -> None:
    assert auth(wechat, tokens) == Answer("none")


def test_a_token_that_has_expired_is_known(wechat: WeChat, tokens: Answer) -> None:
    wechat.expire_tokens()
    answer = auth(wechat, tokens)
    assert (answer.reason, answer.errcode) == ("code", 42001)


def test_a_token_of_somebody_else_is_known(wechat: WeChat, tokens: Answer) -> None:
    tokens.openid = wechat.openid("bob")
    answer = auth(wechat, tokens)
    assert (answer.reason, answer.errcode) == ("code", 40003)


@pytest.mark.parametrize("endpoint", ["refresh", "auth"])
@pytest.mark.parametrize("errcode", [code for codes in errors.CLASSES.values() for code in codes])
def test_every_error_of_wechat_is_a_refusal(
    wechat: WeChat, endpoint: str, errcode: int
) -> None:
    wechat.plan(for_all=True, **{endpoint: errcode})
    answer = (refresh if endpoint == "refresh" else auth)(wechat, log_in(wechat))
    assert answer.reason != "none"
    assert answer.errcode == errcode


# Of the faults that may be taken either way, those that we see through.
SEEN_THROUGH = {"bom", "gbk", "control_bytes", "openid_other_case", "expires_huge", "scope_number",
                "refresh_long", "refresh_missing", "token_missing", "token_number", "token_null",
                "token_empty", "token_long", "token_crlf", "half_character"}


def is_accepted(fault: faults.Fault, name: str) -> bool:
    return name in SEEN_THROUGH if fault.expect == "either" else fault.expect == "accept"


@pytest.mark.parametrize("fault", faults.REFRESH)
def test_faults_of_a_refresh(wechat: WeChat, fault: str) -> None:
    wechat.plan(for_all=True, refresh=fault)
    answer = refresh(wechat, log_in(wechat))
    if is_accepted(faults.REFRESH[fault], fault):
        assert (answer.reason, answer.openid) == ("none", wechat.openid("alice"))
    else:
        assert answer.reason != "none"
        assert (answer.openid, answer.access_token, answer.refresh_token) == ("", "", "")


# Its good answer has an errcode of 0 itself: another one would be a repeated name.
@pytest.mark.parametrize("fault", sorted(faults.AUTH.keys() - {"errcode_zero"}))
def test_faults_of_a_token_check(wechat: WeChat, fault: str) -> None:
    wechat.plan(for_all=True, auth=fault)
    answer = auth(wechat, log_in(wechat))
    assert (answer.reason == "none") == is_accepted(faults.AUTH[fault], fault)
