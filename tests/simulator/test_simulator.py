"""The two servers: their endpoints, the order of their checks, and what they keep to themselves."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from simulator import Authority, Phone, WeChat, errors, plan
from simulator.authority import KINDS
from simulator.browser import USER_AGENTS
from simulator.server import TLS_VERSIONS

from .conftest import STATE, Client, Site, authorize_url

CALLBACK = "http://site.example:8080/callback"


def test_people_have_ids_that_stay(wechat: WeChat, folder: Path) -> None:
    twin = WeChat(folder / "twin", appid=wechat.appid)
    other = WeChat(folder / "other")
    assert wechat.openid("alice") == twin.openid("alice") != wechat.openid("bob")
    assert wechat.openid("alice") != other.openid("alice")
    assert wechat.unionid("alice") == other.unionid("alice")
    assert re.fullmatch(r"o[0-9A-Za-z_-]{27}", wechat.openid("alice"))


def test_code_is_exchanged_once(wechat: WeChat, client: Client) -> None:
    code = wechat.code_for("alice", STATE)
    assert re.fullmatch(r"[0-9A-Za-z]{32}", code)
    answer = client.exchange(code)
    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert answer.json["openid"] == wechat.openid("alice")
    assert answer.json["expires_in"] == 7200 and answer.json["scope"] == "snsapi_base"
    assert 86 <= len(answer.json["access_token"]) <= 150
    assert client.exchange(code).errcode == 40163
    assert wechat.exchanges(STATE) == wechat.exchanges() == 2
    assert wechat.exchanges("other") == 0


def test_code_dies_after_five_minutes(wechat: WeChat, client: Client) -> None:
    code, late = wechat.code_for("alice"), wechat.code_for("alice")
    wechat.advance(299)
    assert "openid" in client.exchange(code).json
    wechat.advance(2)
    assert client.exchange(late).errcode == 40029
    wechat.expired_code_errcode = 42003
    assert client.exchange(late).errcode == 42003


def test_case_of_a_code_matters(wechat: WeChat, client: Client) -> None:
    code = wechat.code_for("alice")
    assert client.exchange(code.swapcase()).errcode == 40029


def test_access_token_checks_come_in_their_order(wechat: WeChat, client: Client) -> None:
    used = wechat.code_for("alice")
    client.exchange(used)
    fresh = wechat.code_for("alice")
    wrong = {"appid": "wx0000000000000000", "secret": "0" * 32}
    assert client.exchange("", appid="", secret="").errcode == 41002
    assert client.exchange("", secret="").errcode == 41004
    assert client.exchange("").errcode == 41008
    assert client.exchange("made-up", **wrong).errcode == 40013
    assert client.exchange("made-up", secret=wrong["secret"]).errcode == 40029
    assert client.exchange(used, secret=wrong["secret"]).errcode == 40163
    assert client.exchange(fresh, secret=wrong["secret"]).errcode == 40125
    assert client.exchange(fresh, grant_type="code").errcode == 40002
    assert "openid" in client.exchange(fresh).json  # none of the errors burnt it
    wechat.secret_before_code = True
    assert client.exchange("made-up", secret=wrong["secret"]).errcode == 40125


def test_api_wants_get_and_each_parameter_once(wechat: WeChat, client: Client) -> None:
    assert client.raw("POST", "/sns/oauth2/access_token?appid=a").errcode == 43001
    assert client.raw("GET", "/sns/auth?openid=a&openid=b").errcode == 40035
    assert client.raw("GET", "/nowhere").status == 404
    head = client.raw("HEAD", "/anything")
    assert (head.status, head.body) == (200, b"")
    assert wechat.exchanges() == 0 and wechat.requests[-1].endpoint == "warm"


def test_refresh_token(wechat: WeChat, client: Client) -> None:
    first = client.exchange(wechat.code_for("alice")).json
    answer = client.refresh(first["refresh_token"])
    assert next(iter(answer.json)) == "openid"
    assert answer.json["refresh_token"] == first["refresh_token"]
    assert answer.json["openid"] == first["openid"]
    assert client.refresh(first["refresh_token"], appid="").errcode == 41002
    assert client.refresh("").errcode == 41003
    assert client.refresh("made-up", appid="wx0000000000000000").errcode == 40013
    assert client.refresh("made-up").errcode == 40030
    wechat.revoke("alice")
    assert client.refresh(first["refresh_token"]).errcode == 42007
    wechat.advance(30 * 86400 + 1)
    assert client.refresh(first["refresh_token"]).errcode == 42002


def test_a_refresh_keeps_a_token_that_lives(wechat: WeChat, client: Client) -> None:
    first = client.exchange(wechat.code_for("alice")).json
    openid = first["openid"]
    wechat.advance(7000)
    assert client.refresh(first["refresh_token"]).json["access_token"] == first["access_token"]
    wechat.advance(7000)  # its life has begun anew
    assert client.auth(first["access_token"], openid).errcode == 0
    wechat.advance(300)
    second = client.refresh(first["refresh_token"]).json["access_token"]
    assert second != first["access_token"]
    assert client.auth(first["access_token"], openid).errcode == 40001
    assert client.auth(second, openid).errcode == 0


def test_stable_token_tells_appid_secret_and_ip_list_apart(wechat: WeChat, client: Client) -> None:
    answer = client.stable_token()
    assert answer.json.keys() == {"access_token", "expires_in"} and answer.json["expires_in"] == 7200
    assert client.stable_token(force_refresh=None).json["access_token"] == answer.json["access_token"]
    assert client.stable_token(force_refresh=True).json["access_token"] != \
        answer.json["access_token"]
    assert client.stable_token(grant_type="authorization_code").errcode == 40002
    assert client.stable_token(grant_type=None).errcode == 40002
    assert client.stable_token(appid=None).errcode == 41002
    assert client.stable_token(secret="").errcode == 41004
    assert client.stable_token(force_refresh="no").errcode == 47001
    wrong = {"appid": "wx0000000000000000", "secret": "0" * 32}
    wechat.ip_listed = False
    assert client.stable_token(**wrong).errcode == 40013
    assert client.stable_token(secret=wrong["secret"]).errcode == 40125
    assert client.stable_token().errcode == 40164
    assert client.exchange(wechat.code_for("alice")).errcode == 40164
    wechat.secret_frozen = True
    assert client.stable_token().errcode == 40243
    assert client.exchange(wechat.code_for("alice")).errcode == 40243
    assert {record.endpoint for record in wechat.requests} == {"stable_token", "access_token"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"a"', b"grant_type=client_credential",
                                  b'{"appid":"a","appid":"b"}', b"\xff"])
def test_stable_token_wants_a_json_object(wechat: WeChat, client: Client, body: bytes) -> None:
    assert client.raw("POST", "/cgi-bin/stable_token", body).errcode == 47001
    assert client.raw("GET", "/cgi-bin/stable_token").errcode == 43002


def test_the_accounts_own_token_is_no_persons(wechat: WeChat, client: Client) -> None:
    token = client.stable_token().json["access_token"]
    assert client.auth(token, wechat.openid("alice")).errcode == 40001
    assert ("access_token", token) in wechat.grants.issued()


def test_userinfo(wechat: WeChat, client: Client) -> None:
    base = client.exchange(wechat.code_for("alice")).json
    assert client.userinfo(base["access_token"], base["openid"]).errcode == 48001
    tokens = client.exchange(wechat.code_for("alice", scope="snsapi_userinfo")).json
    token, openid = tokens["access_token"], tokens["openid"]
    assert tokens["unionid"] == wechat.unionid("alice")
    answer = client.userinfo(token, openid, "en")
    assert answer.json["openid"] == openid and answer.json["nickname"] == "alice"
    assert rb"https:\/\/" in answer.body
    assert client.userinfo(token, openid, "de").errcode == 40035
    assert client.userinfo("", openid).errcode == 41001
    assert client.userinfo(token, "").errcode == 41009
    assert client.userinfo("made-up", openid).errcode == 40001
    assert client.userinfo(token, wechat.openid("bob")).errcode == 40003
    wechat.expire_tokens()
    assert client.userinfo(token, openid).errcode == 42001


def test_auth(wechat: WeChat, client: Client) -> None:
    tokens = client.exchange(wechat.code_for("alice")).json
    token, openid = tokens["access_token"], tokens["openid"]
    assert client.auth(token, openid).json == {"errcode": 0, "errmsg": "ok"}
    assert client.auth(token, "no").errcode == 40003
    assert client.auth(token, wechat.openid("bob")).errcode == 40003
    assert client.auth("#", openid).errcode == 40014
    assert client.auth("x" * 86, openid).errcode == 40001
    wechat.expire_tokens()
    assert client.auth(token, openid).errcode == 42001


def test_authorize_goes_on_to_the_callback(wechat: WeChat) -> None:
    phone = Phone(wechat, "alice")
    page = phone.get(authorize_url(wechat, CALLBACK))
    assert page.status == 302
    location = page.header("Location") or ""
    assert re.fullmatch(re.escape(CALLBACK) + rf"\?code=[0-9A-Za-z]{{32}}&state={STATE}", location)
    page = phone.get(authorize_url(wechat, CALLBACK + "?a=1", connect_redirect="1"))
    assert (page.header("Location") or "").startswith(CALLBACK + "?a=1&code=")


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"appid": ""}, 10012),
        ({"redirect_uri": ""}, 10011),
        ({"scope": ""}, 10010),
        ({"state": ""}, 10013),
        ({"redirect_uri": "http://elsewhere.example/"}, 10003),
        ({"scope": "snsapi_login"}, 10005),
    ],
)
def test_authorize_shows_the_documented_error(
    wechat: WeChat, changes: dict[str, str], number: int
) -> None:
    wechat.redirect_hosts = ["site.example:8080"]
    page = Phone(wechat, "alice").open(authorize_url(wechat, CALLBACK, **changes))
    assert page.status == 200 and str(number) in page.text
    assert wechat.requests[-1].outcome == f"page {number}"


def test_an_account_that_is_not_verified_shows_its_error(wechat: WeChat) -> None:
    wechat.verified = False
    page = Phone(wechat, "alice").open(authorize_url(wechat, CALLBACK))
    assert "10016" in page.text and "未认证" in page.text
    assert wechat.requests[-1].outcome == "page 10016"


def test_a_state_may_be_left_out(wechat: WeChat) -> None:
    url = authorize_url(wechat, CALLBACK).replace(f"&state={STATE}", "")
    location = Phone(wechat, "alice").get(url).header("Location") or ""
    assert re.fullmatch(re.escape(CALLBACK) + r"\?code=[0-9A-Za-z]{32}&state=", location)
    assert wechat.requests[-1].state == ""


@pytest.mark.parametrize(("value", "flagged"), [("true", True), ("false", False)])
@pytest.mark.parametrize("scope", ["snsapi_base", "snsapi_userinfo"])
def test_wechats_own_switch_makes_a_snapshot_page(
    wechat: WeChat, client: Client, site: Site, scope: str, value: str, flagged: bool
) -> None:
    url = authorize_url(wechat, site.url + "/callback", scope=scope)
    phone = Phone(wechat, "alice")
    phone.open(url.replace("#", f"&forceSnapShot={value}#"))
    if scope == "snsapi_userinfo":
        phone.tap("allow")
    answer = client.exchange(site.calls[0].code).json
    assert ("is_snapshotuser" in answer) == flagged
    assert (answer["openid"] == wechat.openid("alice")) != flagged


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wx", "wx0"),
        ("&state=", "&forceSnapShot=true&state="),
        ("#wechat_redirect", "&forceSnapShot=1#wechat_redirect"),
        ("&response_type=code&scope=snsapi_base", "&scope=snsapi_base&response_type=code"),
        ("response_type=code", "response_type=token"),
        ("%3A", "%253A"),
        ("http%3A%2F%2F", "http://"),
        (STATE, STATE + "-"),
        (STATE, "a" * 129),
        ("#wechat_redirect", "&forcePopup=true#wechat_redirect"),
    ],
)
def test_authorize_wants_the_link_exactly(wechat: WeChat, old: str, new: str) -> None:
    url = authorize_url(wechat, CALLBACK)
    assert old in url
    page = Phone(wechat, "alice").open(url.replace(old, new))
    assert page.status == 200 and "链接错误" in page.text


def test_a_redirect_must_carry_the_fragment(wechat: WeChat, site: Site) -> None:
    phone = Phone(wechat, "alice")
    phone.open(site.authorize.partition("#")[0])
    assert len(site.calls) == 1 and phone.notes  # scanned: it works, and is noted

    class WithoutFragment(Site):
        @property
        def authorize(self) -> str:
            return super().authorize.partition("#")[0]

    with WithoutFragment(wechat) as careless:
        phone.open(careless.link)
        assert "#wechat_redirect" in phone.tap("continue").text
        assert careless.calls == []


def test_other_browsers_are_sent_to_wechat(wechat: WeChat) -> None:
    safari = Phone(wechat, "alice", user_agent=USER_AGENTS["safari"])
    assert "请在微信客户端打开链接" in safari.open(authorize_url(wechat, CALLBACK)).text


def test_played_by_hand_the_page_asks_who_one_is(folder: Path, authority: Authority) -> None:
    with WeChat(folder, authority=authority, by_hand=True) as wechat:
        wechat.openid("alice")
        # Another origin for WeChat: so this phone doesn't say who its person is.
        browser = Phone("http://127.0.0.1:9", "", user_agent=USER_AGENTS["safari"])
        page = browser.open(authorize_url(wechat, CALLBACK))
        assert page.buttons == ["allow", "refuse", "close"] and "alice" in page.text
        assert "已取消" in browser.tap("close").text
        browser.open(authorize_url(wechat, CALLBACK))
        form, _ = browser.page.form_with("allow")
        target = browser.page.target(form)
        reply = browser.post(target, dict(form.fields) | {"choice": "allow"})
        assert (reply.header("Location") or "").startswith(CALLBACK + "?code=")
        assert wechat.requests[-1].person == "alice"


@pytest.mark.parametrize("kind", KINDS)
def test_certificates(wechat: WeChat, client: Client, kind: str) -> None:
    wechat.certificate_kind = kind
    if kind == "good":
        assert client.raw("HEAD", "/").status == 200
    else:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.raw("HEAD", "/")
    assert wechat.connections == 1 and wechat.first_connection is not None


def versions_of(wechat: WeChat) -> list[str]:
    """The versions of TLS that the API speaks, tried one by one."""
    address = ("127.0.0.1", int(wechat.api_url.rpartition(":")[2]))
    spoken = []
    for name, version in TLS_VERSIONS.items():
        context = ssl.create_default_context(cafile=wechat.ca_file)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        with socket.create_connection(address) as plain, suppress(ssl.SSLError, OSError):
            with context.wrap_socket(plain, server_hostname="localhost"):
                spoken.append(name)
    return spoken


def test_api_speaks_one_version_of_tls(wechat: WeChat) -> None:
    assert versions_of(wechat) == ["1.3"]
    assert wechat.connections == len(TLS_VERSIONS)
    for version in TLS_VERSIONS:
        wechat.tls_version = version
        assert versions_of(wechat) == [version]


def test_a_change_of_tls_keeps_the_certificate_and_the_other_way_round(
    wechat: WeChat, client: Client
) -> None:
    wechat.certificate_kind = "expired"
    wechat.tls_version = "1.2"
    with pytest.raises(ssl.SSLCertVerificationError):
        client.raw("HEAD", "/")
    wechat.certificate_kind = "good"
    assert client.raw("HEAD", "/").status == 200
    assert versions_of(wechat) == ["1.2"]


@pytest.mark.parametrize("device", sorted(set(USER_AGENTS) - {"safari"}))
def test_wechats_clients_are_known(wechat: WeChat, site: Site, device: str) -> None:
    agent = USER_AGENTS[device].format(language="zh_CN")
    assert Phone(wechat, "alice", user_agent=agent).sign_in(site.link) == "1234"
    assert wechat.requests[0].user_agent == agent


def test_log_holds_no_secret(wechat: WeChat, client: Client, site: Site, log: list[str]) -> None:
    phone = Phone(wechat, "alice")
    assert phone.sign_in(site.link) == "1234"
    code = site.calls[0].code
    tokens = client.exchange(code).json
    client.refresh(tokens["refresh_token"])
    client.auth(tokens["access_token"], tokens["openid"])
    text = "\n".join(log) + repr(wechat.requests)
    assert "access_token" in text and "alice" in text
    for secret in (code, STATE, wechat.secret, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in text and secret[:6] not in text


def test_every_class_of_errors_has_its_texts() -> None:
    for codes in errors.CLASSES.values():
        assert set(codes) <= set(errors.TEXTS)


def test_plan_refuses_what_it_does_not_know(wechat: WeChat) -> None:
    for options in ({"token": "nonsense"}, {"deny": "politely"}, {"double": "thrice"}):
        with pytest.raises(ValueError):
            wechat.plan(**options)
    with pytest.raises(TypeError):
        wechat.plan(nonsense=1)
    assert plan.parse(["token=-1,good", "delay=0.5", "deny=nothing"]) == {
        "token": [-1, "good"], "delay": 0.5, "deny": "nothing",
    }


def test_command_line_lists_the_faults() -> None:
    folder = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, folder, "faults"], capture_output=True, text=True)
    assert done.returncode == 0 and "openid_twice_real_last" in done.stdout
