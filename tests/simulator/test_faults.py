"""Each fault does what its name says, to the login that it was planned for."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.waiting import HANG, until
from simulator import Phone, WeChat, errors, faults

from .conftest import STATE, Answer, Client, Site

PLANNABLE = [code for codes in errors.CLASSES.values() for code in codes]


def exchange(wechat: WeChat, client: Client, scope: str = "snsapi_base") -> Answer:
    return client.exchange(wechat.code_for("alice", STATE, scope))


@pytest.mark.parametrize("errcode", PLANNABLE)
def test_error_codes(wechat: WeChat, client: Client, errcode: int) -> None:
    wechat.plan(for_all=True, token=errcode)
    answer = exchange(wechat, client)
    assert answer.status == 200 and answer.errcode == errcode
    text = re.escape(errors.TEXTS[errcode])
    rid = re.fullmatch(rf"{text}, rid: ([0-9a-f]{{8}})-[0-9a-f]{{8}}-[0-9a-f]{{8}}",
                       answer.json["errmsg"])
    assert rid is not None and abs(int(rid[1], 16) - time.time()) < 60
    assert wechat.requests[-1].errcode == errcode


@pytest.mark.parametrize("form", errors.FORMS)
def test_forms_of_an_error(wechat: WeChat, client: Client, form: str) -> None:
    wechat.plan(for_all=True, token=-1, error_form=form)
    answer = exchange(wechat, client)
    assert (next(iter(answer.json)) == "errmsg") == (form == "errmsg_first")
    assert ("rid:" in answer.json["errmsg"]) == (form in ("rid", "errmsg_first"))
    assert ("hints: [ req_id:" in answer.json["errmsg"]) == (form == "hints")


def test_errors_of_each_endpoint(wechat: WeChat, client: Client) -> None:
    wechat.plan(for_all=True, refresh=42007, userinfo=48001, auth=40014)
    tokens = exchange(wechat, client, "snsapi_userinfo").json
    assert client.refresh(tokens["refresh_token"]).errcode == 42007
    assert client.userinfo(tokens["access_token"], tokens["openid"]).errcode == 48001
    assert client.auth(tokens["access_token"], tokens["openid"]).errcode == 40014


def test_a_sequence_is_answered_call_by_call(wechat: WeChat, client: Client) -> None:
    plan = wechat.plan(for_all=True, token=[-1, 45011, "good"])
    code = wechat.code_for("alice", STATE)
    assert client.exchange(code).errcode == -1
    assert client.exchange(code).errcode == 45011
    assert client.exchange(code).json["openid"] == wechat.openid("alice")
    assert plan.calls("token") == 3


@pytest.mark.parametrize("name", sorted(set(faults.TOKEN) - {"drip"}))
def test_token_faults(wechat: WeChat, client: Client, name: str) -> None:
    wechat.plan(for_all=True, token=[name])
    code = wechat.code_for("alice", STATE)
    fault = faults.TOKEN[name]
    if name.startswith("drop"):
        with pytest.raises(ConnectionError):
            client.exchange(code)
    elif name == "cut_short":
        with pytest.raises(http.client.IncompleteRead):
            client.exchange(code)
    else:
        answer = client.exchange(code)
        if fault.expect == "accept":
            assert answer.status == 200
            assert answer.json["openid"] == wechat.openid("alice")
        elif answer.status == 200:
            assert not _names_alice_soundly(wechat, answer) or fault.expect == "either"
    after = client.exchange(code)
    assert after.errcode == 40163 if fault.burns else after.json["openid"]
    assert wechat.requests[-2].fault == name


def _names_alice_soundly(wechat: WeChat, answer: Answer) -> bool:
    """What a strict reader would take for alice's openid."""
    try:
        pairs = json.loads(answer.body.decode(), object_pairs_hook=list)
    except (ValueError, RecursionError):
        return False
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        return False
    if any(count > 1 for count in Counter(name for name, _ in pairs).values()):
        return False
    found = dict(pairs)
    sane = found.get("errcode", 0) == 0 and found.get("is_snapshotuser", 0) == 0
    return sane and len(answer.body) < 65536 and found.get("openid") == wechat.openid("alice")


@pytest.mark.parametrize("name", sorted(set(faults.USERINFO) - set(faults.BODIES) - {"drip"}))
def test_userinfo_faults(wechat: WeChat, client: Client, name: str) -> None:
    wechat.plan(for_all=True, userinfo=name)
    tokens = exchange(wechat, client, "snsapi_userinfo").json
    try:
        answer = client.userinfo(tokens["access_token"], tokens["openid"])
    except ConnectionError:
        assert name.startswith("drop")
        return
    if faults.USERINFO[name].expect == "accept":
        assert answer.json["openid"] == tokens["openid"]
    assert wechat.requests[-1].fault == name


@pytest.mark.parametrize("endpoint", ["refresh", "auth"])
@pytest.mark.parametrize("name", ["empty", "gbk", "html_502", "redirect_302"])
def test_faults_of_the_other_endpoints(
    wechat: WeChat, client: Client, endpoint: str, name: str
) -> None:
    wechat.plan(for_all=True, **{endpoint: name})
    tokens = exchange(wechat, client).json
    if endpoint == "refresh":
        answer = client.refresh(tokens["refresh_token"])
    else:
        answer = client.auth(tokens["access_token"], tokens["openid"])
    if name == "empty":
        assert (answer.status, answer.body) == (200, b"")
    elif name == "gbk":
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode()
    else:
        assert answer.status == {"html_502": 502, "redirect_302": 302}[name]


def test_bodies_are_what_they_are_called(wechat: WeChat, client: Client) -> None:
    def body(name: str) -> bytes:
        wechat.plan(for_all=True, token=name)
        return exchange(wechat, client).body

    assert len(body("huge")) > faults.MIB <= len(body("huge_junk"))
    assert body("bom").startswith(b"\xef\xbb\xbf{")
    assert b"\x07\x14" in body("control_bytes")
    assert body("scope_comma").count(b'"snsapi_base,"') == 1
    assert body("openid_twice_real_first").count(b'"openid"') == 2
    assert body("nested").startswith(b'{"deep":[[[[')
    assert b"502 Bad Gateway" in body("html_200")
    wechat.plan(for_all=True, token="type_gbk")
    assert exchange(wechat, client).content_type == "text/html; charset=gbk"


@pytest.mark.parametrize("name", [name for name in faults.TRANSPORT if "redirect" in name])
def test_redirects_that_are_followed_are_counted(
    wechat: WeChat, client: Client, name: str
) -> None:
    wechat.plan(for_all=True, token=name)
    answer = exchange(wechat, client)
    assert answer.location is not None and wechat.redirects_followed == 0
    if name == "redirect_plain":
        Phone(wechat, "").get(answer.location)
    else:
        assert client.raw("GET", answer.location).json["openid"] == faults.DECOY_OPENID
    assert wechat.redirects_followed == 1


def test_delay_comes_after_the_code_is_burnt(wechat: WeChat, client: Client) -> None:
    wechat.plan(for_all=True, delay=0.3)
    begin = time.monotonic()
    exchange(wechat, client)
    assert time.monotonic() - begin >= 0.3


def test_a_delay_ends_when_the_test_says_so(wechat: WeChat, client: Client) -> None:
    plan = wechat.plan(for_all=True, delay=600)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(exchange, wechat, client)
        try:
            assert until(lambda: plan.calls("token") == 1)
            assert not asked.done()
        finally:
            plan.hurry.set()
        assert asked.result(HANG).json["openid"] == wechat.openid("alice")


def test_drip_sends_byte_by_byte(wechat: WeChat, client: Client) -> None:
    wechat.plan(for_all=True, token="drip")
    connection = client.connect(timeout=0.3)
    connection.request("GET", client.exchange_path(wechat.code_for("alice", STATE)))
    response = connection.getresponse()
    with pytest.raises(TimeoutError):
        response.read()
    connection.close()


@pytest.mark.parametrize("snapshot", ["flagged", "unflagged", "flag_on_real"])
def test_snapshot_pages(wechat: WeChat, client: Client, snapshot: str) -> None:
    wechat.plan(for_all=True, snapshot=snapshot)
    first = exchange(wechat, client, "snsapi_userinfo").json
    second = exchange(wechat, client, "snsapi_userinfo").json
    assert ("is_snapshotuser" in first) == (snapshot != "unflagged")
    real = wechat.openid("alice")
    if snapshot == "flag_on_real":
        assert first["openid"] == real
    else:
        assert len({first["openid"], second["openid"], real}) == 3
        assert first["unionid"] == second["unionid"] != wechat.unionid("alice")
    assert client.userinfo(first["access_token"], first["openid"]).errcode == 48001


def test_life_and_length_of_a_code(wechat: WeChat, client: Client) -> None:
    wechat.plan(for_all=True, code_life=0, code_length=512)
    code = wechat.code_for("alice")
    assert re.fullmatch(r"[0-9A-Za-z_-]{512}", code)
    assert client.exchange(code).errcode == 40029


def test_plans_find_their_login(wechat: WeChat, client: Client, site: Site) -> None:
    phone = Phone(wechat, "alice")

    def errcode() -> int:
        phone.sign_in(site.link)
        return client.exchange(site.calls[-1].code).errcode

    wechat.plan(for_all=True, token=-1)
    wechat.plan(token=40029)
    assert errcode() == 40029  # the queue's, once
    assert errcode() == -1
    wechat.plan(token=40029)
    wechat.plan(state=STATE, token=40226)
    assert errcode() == errcode() == 40226  # the state's own, as often as it comes
    wechat.clear_plans()
    phone.sign_in(site.link)
    assert "openid" in client.exchange(site.calls[-1].code).json


@pytest.mark.parametrize("number", errors.PAGES)
def test_error_pages_can_be_planned(wechat: WeChat, site: Site, number: int) -> None:
    plan = wechat.plan(page=number)
    phone = Phone(wechat, "alice", language="en")
    assert phone.sign_in(site.link) is None
    assert phone.page is not None and str(number) in phone.page.text
    assert plan.taken.is_set() and site.calls == []
