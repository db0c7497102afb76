"""What is logged: one line a login, in its exact shape, and never what must stay secret."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.host import Host
from pam.login import GOOD, Installation, Login, scan
from simulator import Page, Phone

TIME = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
RID = r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"


def played(installed: Installation, login: Login) -> tuple[Host, Phone, Page]:
    """One whole login; typed is the phone's code, or 0000."""
    phone = installed.phone(login.person)
    with installed.host(login) as host:
        page = scan(phone, host.link(), login.phone)
        host.type(page.pin or "0000")
    return host, phone, page


def lines_of(installed: Installation, login: Login) -> tuple[list[str], str]:
    """The module's lines as they are, and the link's last part."""
    mark = installed.log.mark()
    host, _, _ = played(installed, login)
    lines = [line for line in installed.raw_lines(mark) if "pam_wechat(" in line]
    link = host.messages[0].link
    assert link is not None
    return lines, link.rpartition("/")[2]


def test_the_line_of_a_success(installed: Installation) -> None:
    login = replace(GOOD, service="sshd", options=("--rhost", "203.0.113.7"))
    lines, identifier = lines_of(installed, login)
    assert len(lines) == 1
    assert re.fullmatch(
        TIME + r" pam-host: pam_wechat\(sshd:auth\): login=" + identifier[:6] +
        r" service=sshd user=alice rhost=203\.0\.113\.7 result=ok openid=[\w-]+", lines[0])


def test_the_line_of_a_refusal(installed: Installation) -> None:
    login = replace(GOOD, service="sshd", options=("--rhost", "203.0.113.7"),
                    plan=("token", 40226))
    lines, identifier = lines_of(installed, login)
    assert len(lines) == 1
    assert re.fullmatch(
        TIME + r" pam-host: pam_wechat\(sshd:auth\): login=" + identifier[:6] +
        r" service=sshd user=alice rhost=203\.0\.113\.7 result=refused reason=risk phone=returned"
        r" errcode=40226"
        rf" rid={RID}: WeChat's risk control has blocked this person", lines[0])


@pytest.mark.parametrize("form, rid", [
    ("rid", rf" rid={RID}"), ("errmsg_first", rf" rid={RID}"), ("hints", ""), ("plain", ""),
])
def test_the_rid_is_logged_where_there_is_one(
    installed: Installation, form: str, rid: str
) -> None:
    installed.write()
    installed.wechat.plan(token=40029, error_form=form)
    mark = installed.log.mark()
    with installed.start() as host:
        scan(installed.phone(), host.link())
        host.type("0000")
    line, = (line for line in installed.raw_lines(mark) if "pam_wechat(" in line)
    why = "the code is not valid"
    assert re.search(rf" reason=code phone=returned errcode=40029{rid}: {why}", line)


def test_debug_adds_steps(installed: Installation) -> None:
    lines, identifier = lines_of(installed, replace(GOOD, words="debug"))
    texts = [line.partition("): ")[2] for line in lines]
    assert texts == [
        f"login={identifier[:6]} is ready",
        f"login={identifier[:6]} service=test user=alice rhost= result=ok"
        f" openid={installed.wechat.openid('alice')}",
    ]



SECRETIVE = [
    GOOD,
    replace(GOOD, person="bob"),
    replace(GOOD, phone="refuse"),
    replace(GOOD, user="nosuchuser"),
    replace(GOOD, plan=("token", 40029)),
    replace(GOOD, plan=("token", 40125)),
    replace(GOOD, plan=("token", "html_502")),
    replace(GOOD, plan=("token", "redirect_302")),
    replace(GOOD, plan=("token", "cut_short")),
    replace(GOOD, plan=("snapshot", "flagged")),
    replace(GOOD, certificate="expired"),
    replace(GOOD, key=("api_url", "https://127.0.0.1:1")),
    replace(GOOD, key=("scope", "snsapi_userinfo"), plan=("userinfo", "openid_other")),
]


@pytest.mark.parametrize("login", SECRETIVE, ids=lambda login: str(
    login.plan or login.key or (login.person, login.user, login.phone, login.certificate)))
def test_no_log_holds_a_secret(installed: Installation, login: Login) -> None:
    login = replace(login, words="debug")
    mark = installed.log.mark()
    helper_mark = len(installed.site.helper_log())
    host, phone, page = played(installed, login)
    link = host.messages[0].link or ""
    urls = [step.url for step in phone.history]
    secrets = {
        "the app secret": installed.wechat.secret,
        "the link's address": link.rpartition("/")[0] + "/",
        "the link": link.rpartition("/")[2],
        "an authorize URL": "connect/oauth2",
        "an API's path": "sns/",
    }
    for name in ("state", "code"):
        for url in urls:
            for value in re.findall(rf"[?&]{name}=([0-9A-Za-z_-]{{16,}})", url):
                secrets[f"{name} {value}"] = value
    if login.phone == "continue":
        assert any(what.startswith("state ") for what in secrets)
    for cookie in re.findall(r"[0-9a-f]{32}", " ".join(
            value for step in phone.history for value in step.all_headers("Set-Cookie"))):
        secrets[f"the cookie {cookie}"] = cookie
    for token in re.findall(r'name="token" value="(\w+)"', "".join(
            step.html for step in phone.history)):
        secrets[f"the form's token {token}"] = token
    log = "\n".join(installed.raw_lines(mark)) + installed.site.helper_log()[helper_mark:]
    assert link.rpartition("/")[2][:6] in log
    assert [what for what, secret in secrets.items() if secret in log] == []
    if page.pin is not None:
        times_removed = re.sub(TIME, "", log)
        assert re.search(rf"(?<!\d){page.pin}(?!\d)", times_removed) is None


def test_nothing_is_sent_to_wechat_before_the_link_is_opened(installed: Installation) -> None:
    before = installed.wechat.connections
    with installed.host() as host:
        link = host.link()
        for answer in ("", "0000", "", "1111"):
            assert host.type(answer) is None
        assert installed.wechat.connections == before
        installed.phone().open(link)
        page = scan(installed.phone(), link)
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    assert installed.wechat.connections == before + 1


def test_a_login_asks_wechat_once_and_follows_no_redirect(installed: Installation) -> None:
    for plan in (None, ("token", "redirect_301"), ("token", "redirect_302"),
                 ("token", "redirect_307"), ("token", "redirect_plain")):
        before = installed.wechat.exchanges()
        played(installed, replace(GOOD, plan=plan))
        assert installed.wechat.exchanges() == before + 1
    assert installed.wechat.redirects_followed == 0
