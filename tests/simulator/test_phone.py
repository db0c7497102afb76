"""The phone does what WeChat's browser does, and calls back as oddly as WeChat does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import Authority, Phone, WeChat
from simulator.cookies import Cookie, Cookies
from simulator.page import Page
from simulator.server import Reply, Request, Server

from .conftest import STATE, Client, Site


def test_sign_in_reads_the_code(wechat: WeChat, site: Site) -> None:
    phone = Phone(wechat, "alice", language="en", address="127.0.0.7")
    assert phone.sign_in(site.link) == "1234"
    assert phone.page is not None and phone.page.language == "en"
    assert phone.page.title == "Sign in" and phone.page.text == "Your code: 12 34"
    assert [page.status for page in phone.history] == [200, 303, 302, 200]
    assert site.calls[0].address == "127.0.0.7" and site.calls[0].cookie == "b=1"
    assert wechat.requests[0].person == "alice" and phone.notes == []
    assert "MicroMessenger" in wechat.requests[0].user_agent


def test_phone_needs_but_the_origin_of_wechat(wechat: WeChat, site: Site) -> None:
    assert Phone(wechat.authorize_url, "alice").sign_in(site.link) == "1234"


def test_person_is_told_to_wechat_alone(wechat: WeChat, site: Site) -> None:
    seen: list[str] = []
    handle = site.server.handle
    site.server.handle = lambda request: seen.extend(request.headers) or handle(request)
    Phone(wechat, "alice").sign_in(site.link)
    assert seen and not any(name.startswith("x-wechat") for name in seen)


def test_refuse_and_reload(wechat: WeChat, site: Site) -> None:
    phone = Phone(wechat, "alice")
    assert phone.open(site.link).buttons == ["continue", "refuse"]
    assert phone.reload().buttons == ["continue", "refuse"]
    assert phone.tap("refuse").text == "Refused"
    with pytest.raises(LookupError):
        phone.tap("continue")


def test_a_page_that_refreshes_itself_is_followed(wechat: WeChat) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(f"{request.method} {request.path}")
        waits = len(asked) < 3
        return Reply(content_type="text/html; charset=utf-8", body=b"<p>Wait" if waits else b"<p>Done",
                     headers=[("Refresh", "0.1; url=/l/abc")] if waits else [])

    server = Server(answer)
    url = f"http://127.0.0.1:{server.port}"
    phone = Phone(wechat, "alice")
    phone.browser.refreshes = False
    page = phone.open(f"{url}/callback?code=x")
    assert (page.text, page.refresh, asked) == ("Wait", (0.1, f"{url}/l/abc"), ["GET /callback"])
    phone.browser.refreshes = True
    page = phone.reload()
    assert (page.text, page.refresh, page.url) == ("Done", None, f"{url}/l/abc")
    assert asked == ["GET /callback", "GET /callback", "GET /l/abc"]
    server.close()


def test_consent_page(wechat: WeChat, client: Client, site: Site) -> None:
    site.scope = "snsapi_userinfo"
    phone = Phone(wechat, "alice")
    phone.open(site.link)
    assert phone.tap("continue").buttons == ["allow", "refuse"]
    assert phone.tap("refuse").buttons == [] and site.calls == []
    assert phone.sign_in(site.link) == "1234"
    assert client.exchange(site.calls[0].code).json["scope"] == "snsapi_userinfo"


@pytest.mark.parametrize("scope", ["snsapi_base", "snsapi_userinfo"])
@pytest.mark.parametrize(
    ("deny", "query"),
    [
        ("nothing", None),
        ("state_only", {"state": [STATE]}),
        ("authdeny", {"state": [""], "code": ["authdeny"], "reason": [STATE]}),
    ],
)
def test_denials(
    wechat: WeChat, site: Site, deny: str, query: dict[str, list[str]] | None, scope: str
) -> None:
    site.scope = scope
    wechat.plan(deny=deny)
    Phone(wechat, "alice").sign_in(site.link)
    assert [call.query for call in site.calls] == ([] if query is None else [query])


@pytest.mark.parametrize("order", ["bare_last", "bare_first", "together"])
def test_same_code_from_two_clients(wechat: WeChat, site: Site, order: str) -> None:
    wechat.plan(double="same_code_two_clients", order=order, gap=0.2)
    phone = Phone(wechat, "alice")
    assert phone.sign_in(site.link) == "1234"
    first, second = site.calls
    assert first.code == second.code
    bare, own = (first, second) if first.address == "127.0.0.2" else (second, first)
    assert (bare.address, bare.cookie) == ("127.0.0.2", "")
    assert (own.address, own.cookie) == ("127.0.0.1", "b=1")
    if order != "together":
        assert (bare is first) == (order == "bare_first")
    assert len(phone.others) == 1


def test_two_codes_with_one_state(wechat: WeChat, site: Site) -> None:
    wechat.plan(double="two_codes", gap=0.1)
    Phone(wechat, "alice").sign_in(site.link)
    first, second = site.calls
    assert first.code != second.code
    assert first.query["state"] == second.query["state"] == [STATE]
    assert first.cookie == second.cookie == "b=1"


def test_same_code_again_while_the_first_answer_is_slow(wechat: WeChat, site: Site) -> None:
    site.slow = 0.5
    wechat.plan(double="again_later", gap=0.2)
    phone = Phone(wechat, "alice")
    assert phone.sign_in(site.link) == "1234"
    first, second = site.calls
    assert first.code == second.code and first.cookie == second.cookie
    assert second.time - first.time > 0.1


def test_a_plan_is_for_one_login(wechat: WeChat, site: Site) -> None:
    wechat.plan(double="two_codes", gap=0)
    for _ in range(2):
        Phone(wechat, "alice").sign_in(site.link)
    assert len(site.calls) == 3


def test_form_action_kills_the_button(wechat: WeChat, site: Site) -> None:
    site.csp = "default-src 'none'; form-action 'self'"
    phone = Phone(wechat, "alice")
    phone.open(site.link)
    assert phone.tap("continue").buttons == ["continue", "refuse"] and site.calls == []
    assert phone.notes == [f"form-action forbids {wechat.open_url}"]
    site.csp += f" {wechat.open_url}"
    assert phone.sign_in(site.link) == "1234"


def test_cookies_keep_the_rules() -> None:
    jar = Cookies()
    url = "https://a.example/l/x"
    assert jar.store(url, "lax=1; Path=/l; HttpOnly; SameSite=Lax; Secure") is not None
    assert jar.store(url, "strict=1; Path=/; SameSite=Strict") is not None
    assert jar.store(url, "__Host-ok=1; Path=/; Secure") is not None
    assert jar.store(url, "__Host-bad=1; Path=/l; Secure") is None
    assert jar.store("http://127.0.0.1/", "s=1; Secure") is None
    assert jar.header(url, "GET", False) == "lax=1; strict=1; __Host-ok=1"
    assert jar.header(url, "GET", True) == "lax=1; __Host-ok=1"
    assert jar.header(url, "POST", True) == ""
    assert jar.header("http://a.example/l/x", "GET", False) == "strict=1"
    assert jar.header("https://a.example/lx", "GET", False) == "strict=1; __Host-ok=1"
    assert jar.header("https://b.example/l/x", "GET", False) == ""
    jar.store(url, "lax=; Path=/l; Max-Age=0")
    assert jar.get("lax") is None
    twin = jar.copy()
    twin.put(Cookie("more", "1", "a.example"))
    assert len(twin) == len(jar) + 1


def test_page_reads_what_is_visible() -> None:
    html = (
        '<html lang="zh-CN"><head><title>T &amp; U</title><style>x{}</style></head><body>'
        '<p>One<br>two</p><p hidden>no</p><div id=pin><b>0</b><b>0 4</b>2</div>'
        "<script>alert(1)</script><form><button name=choice value=go>Go</button></form>"
    )
    page = Page(200, "http://x/", [("Content-Type", "text/html")], html.encode())
    assert page.text == "One\ntwo\n00 42\nGo"
    assert (page.title, page.pin, page.language) == ("T & U", "0042", "zh-CN")
    assert page.buttons == ["go"]


def test_phone_opens_https_by_name(wechat: WeChat, authority: Authority) -> None:
    port = int(wechat.api_url.rpartition(":")[2])
    phone = Phone(wechat, "alice", ca_file=authority.ca_file,
                  hosts={"localhost": ("127.0.0.1", port)})
    assert phone.open("https://localhost/nowhere").status == 404


def test_serve_and_phone_from_the_command_line(folder: Path) -> None:
    command = [sys.executable, str(Path(__file__).parent)]
    serve = subprocess.Popen(
        [*command, "serve", "--folder", str(folder), "--person", "alice"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        assert serve.stdout is not None
        told = json.loads(serve.stdout.readline())
        secret = Path(told["secret_file"])
        assert os.stat(secret).st_mode & 0o777 == 0o600
        assert set(told["openids"]) == {"alice"} and Path(told["ca_file"]).exists()
        # The site only needs to know where WeChat is and which appid it has.
        elsewhere = WeChat(folder, appid=told["appid"])
        elsewhere.authorize_url = told["authorize_url"]
        with Site(elsewhere) as site:
            phone = subprocess.run(
                [*command, "phone", "--person", "alice", "--url", site.link,
                 "--authorize-origin", told["authorize_url"]],
                capture_output=True, text=True,
            )
        assert (phone.returncode, phone.stdout, phone.stderr) == (0, "1234\n", "")
    finally:
        serve.send_signal(signal.SIGTERM)
        _, log = serve.communicate(timeout=60)
    assert serve.returncode == 0
    assert "person=alice" in log and "outcome=code" in log and STATE not in log
    assert secret.exists()
