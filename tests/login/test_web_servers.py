"""Whole logins through Debian's web servers with the shipped samples, and what they log."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from harness.host import Host
from harness.leaks import Watch
from harness.site import Site
from harness.upstream import CLAIMED, CLAIMS, Upstream
from harness.waiting import until
from harness.web_servers import (
    PATH_URLS, ROOT_URL, SERVERS, Caddy, Nginx, WebServer, publish, uncommented,
)
from simulator import Authority, Page, Phone, WeChat

ADDRESS = "127.0.0.9"
CALLED_BACK = {"nginx": '"GET /callback HTTP/1.1" ', "caddy": '"uri":"/callback?..."',
               "apache": '"GET /callback HTTP/1.1" ', "haproxy": '"GET /callback HTTP/1.1"'}
WEB1, WEB2 = PATH_URLS
VERIFY = "MP_verify_0123456789abcdef.txt"


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> type[WebServer]:
    return SERVERS[request.param]


@pytest.fixture()
def server(kind: type[WebServer], site: Site, authority: Authority) -> Iterator[WebServer]:
    """In front of https://login.example.com."""
    publish(site, ROOT_URL)
    with kind(site.folder, authority, site) as running:
        yield running


@pytest.fixture()
def below(kind: type[WebServer], site: Site, authority: Authority) -> Iterator[WebServer]:
    """In front of https://corp.example.com/web1."""
    site.write(VERIFY, "0123456789abcdef", 0o644)
    publish(site, WEB1, verify_file=str(site.folder / VERIFY))
    with kind(site.folder, authority, site, sample=for_paths(kind)) as running:
        yield running


def for_paths(kind: type[WebServer]) -> str:
    return uncommented(kind.file.read_text())


def refuse(site: Site, phone: Phone) -> str:
    """"This isn't me", with an address that the phone claims: the helper's line about it."""
    with Host(site, "alice") as login:
        page = phone.open(login.link())
        form, name = page.form_with("refuse")
        phone.post(page.target(form), dict(form.fields) | {name: "refuse"}, headers=CLAIMS)
        assert login.type("1234") == "PAM_MAXTRIES"
    (line,) = [line for line in site.helper_log().splitlines() if "refused" in line]
    return line


def continue_without_a_helper(site: Site, wechat: WeChat, phone: Phone) -> Page:
    """
    Taps Continue; the helper dies while WeChat looks who it is. As browsers do, the phone's looks
    for an icon of the page that it sees, and says of which.
    """
    plan = wechat.plan(page_delay=60)
    tapping = threading.Thread(target=phone.tap, args=("continue",))
    tapping.start()
    assert until(lambda: any(record.endpoint == "authorize" for record in wechat.requests))
    site.stop_helper(signal.SIGKILL)
    plan.hurry.set()
    tapping.join()
    page = phone.page
    assert page is not None and "/callback?code=" in page.url
    if page.header("Referrer-Policy") != "no-referrer":
        phone.get(urljoin(page.url, "/favicon.ico"), headers={"Referer": page.url})
    return page


# -- logins, and the phone's address


def test_a_login_goes_through(
    server: WebServer, site: Site, wechat: WeChat, watch: Watch
) -> None:
    with Host(site, "alice") as login:
        link = login.link()
        assert link.startswith(f"{ROOT_URL}/l/")
        phone = server.phone(wechat, "alice")
        pin = phone.sign_in(link)
        assert login.type(pin or "") == "PAM_SUCCESS"
    assert [cookie.name.startswith("__Host-") for cookie in phone.cookies] == [True]
    assert {"code", "state", "cookie", "form's token", "pin"} <= watch.secrets.kinds()
    assert until(lambda: CALLED_BACK[server.name] in server.log("access"))
    assert "/l/" in server.log("access")
    assert server.finds(watch, "access") | server.finds(watch, "error") == set()


@pytest.mark.parametrize("trusted, seen", [
    ("127.0.0.1", ADDRESS), ("127.0.0.0/8", ADDRESS), (None, "127.0.0.1"),
    ("203.0.113.0/24", "127.0.0.1"),
])
def test_a_refusal_names_the_address_that_a_trusted_server_saw(
    kind: type[WebServer], site: Site, authority: Authority, wechat: WeChat, trusted: str | None,
    seen: str,
) -> None:
    publish(site, ROOT_URL, trusted_proxy=trusted)
    with kind(site.folder, authority, site) as server:
        line = refuse(site, server.phone(wechat, "alice", address=ADDRESS))
    assert line.endswith(f" from {seen}")
    assert CLAIMED not in site.helper_log()


@pytest.mark.parametrize("name, protection, instead", [
    ("nginx", "$remote_addr;", "$proxy_add_x_forwarded_for;"),
    ("nginx", "proxy_set_header X-Forwarded-For $remote_addr;", ""),
    ("apache", "RequestHeader set X-Forwarded-For", "#"),
    ("haproxy", "http-request set-header X-Forwarded-For %[src]", ""),
], ids=["nginx adds", "nginx hands on", "apache hands on", "haproxy hands on"])
def test_without_the_samples_line_the_client_would_be_believed(
    site: Site, authority: Authority, wechat: WeChat, name: str, protection: str, instead: str
) -> None:
    kind = SERVERS[name]
    sample = kind.file.read_text()
    assert protection in sample
    publish(site, ROOT_URL, trusted_proxy="127.0.0.0/8")
    with kind(site.folder, authority, site, sample=sample.replace(protection, instead)) as server:
        line = refuse(site, server.phone(wechat, "alice", address=ADDRESS))
    assert line.endswith(f" from {CLAIMED}")


PASSED_ON = {ROOT_URL: ("/", "/l/x", "/callback", "/MP_verify_x.txt"),
             WEB1.removesuffix("/web1"): (
                 "/web1/", "/web1/l/x", "/web1/callback", "/web1/MP_verify_x.txt", "/web2/",
                 "/web2/l/x", "/web2/callback", "/MP_verify_x.txt")}


def test_no_location_passes_on_what_a_client_says_of_itself(
    kind: type[WebServer], folder: Path, authority: Authority, wechat: WeChat
) -> None:
    sample = for_paths(kind)
    locations = re.findall(r"location (?:= )?(/\S*) {", sample) + [
        path for paths in re.findall(r"@\w+ path (.*)|path_beg (.*) }", sample)
        for path in "".join(paths).split()] + re.findall(r"ProxyPass(?:Match)? \^?\(?([^[ ]*)", sample)
    tried = [path for paths in PASSED_ON.values() for path in paths]
    assert locations and all(any(path.startswith(location.rstrip("*")) for path in tried)
                             for location in locations), locations
    with Upstream() as first, Upstream() as second:
        with kind(folder, authority, first, second, sample=sample) as server:
            phone = server.phone(wechat, "alice", address=ADDRESS)
            for origin, paths in PASSED_ON.items():
                for path in paths:
                    phone.get(origin + path, headers=CLAIMS)
    seen = first.seen + second.seen
    assert sorted(path for path, _ in seen) == sorted(tried)
    assert [one for one in seen if one[1] != [ADDRESS]] == []


# -- what is logged


def test_a_helper_that_is_away_leaves_no_code_in_the_logs(
    server: WebServer, site: Site, wechat: WeChat, watch: Watch
) -> None:
    with Host(site, "alice") as login:
        phone = server.phone(wechat, "alice")
        phone.open(login.link())
        assert continue_without_a_helper(site, wechat, phone).status == server.gone
        assert {"code", "state"} <= watch.secrets.kinds()
        # Other pages' errors are not lost. Those two note them in the line of the request.
        phone.get(f"{ROOT_URL}/other")
        log = "access" if server.name in ("apache", "haproxy") else "error"
        assert until(lambda: "/other" in server.log(log))
        assert server.finds(watch, "access") | server.finds(watch, "error") == set()

        site.start_helper()
        assert site.wait_for_pending(1)
        phone.reload()
        pin = phone.tap("continue").pin
        assert login.type(pin or "") == "PAM_SUCCESS"
    assert server.finds(watch, "access") | server.finds(watch, "error") == set()


BOTH = {"code", "state"}


@pytest.mark.parametrize("name, protection, instead, leaked", [
    ("nginx", " without_query;", ";", {"access": BOTH}),
    ("nginx", "error_log /dev/null crit;", "", {"error": BOTH}),
    ("nginx", "add_header Referrer-Policy no-referrer always;", "", {"error": BOTH}),
    ("caddy", "request>headers>Referer delete", "", {"access": BOTH, "error": BOTH}),
    ("caddy", "request>uri regexp", "request>nothing regexp", {"access": BOTH, "error": BOTH}),
    ("caddy", "resp_headers>Location delete", "", {"access": {"state"}}),
    ("caddy", "log default {\n\t\timport without_secrets", "log default {", {"error": BOTH}),
    ("caddy", ".log\n\t\timport without_secrets", ".log", {"access": BOTH}),
    ("apache", "%m %U %H", "%m %U%q %H", {"access": BOTH}),
    ("apache", "ErrorLogFormat \"", "#\"", {"error": BOTH}),
    ("haproxy", "%HM %HP %HV", "%HM %HU %HV", {"access": BOTH}),
], ids=["nginx access", "nginx error", "nginx Referer", "caddy Referer", "caddy uri",
        "caddy Location", "caddy error", "caddy access", "apache access", "apache error",
        "haproxy access"])
def test_without_the_samples_lines_code_and_state_would_be_logged(
    site: Site, wechat: WeChat, authority: Authority, watch: Watch, name: str, protection: str,
    instead: str, leaked: dict[str, set[str]],
) -> None:
    kind = SERVERS[name]
    sample = kind.file.read_text()
    assert protection in sample
    publish(site, ROOT_URL)
    with kind(site.folder, authority, site, sample=sample.replace(protection, instead)) as server:
        with Host(site, "alice") as login:
            phone = server.phone(wechat, "alice")
            phone.open(login.link())
            continue_without_a_helper(site, wechat, phone)
        for log in ("access", "error"):
            expected = leaked.get(log, set())
            assert until(lambda log=log, expected=expected: server.finds(watch, log) == expected)
    found = list(watch.finds())
    for log in leaked:
        left = server.folder / f"{log}.log"
        assert any(str(left).endswith(find.partition(":")[0]) for find in found)
        left.unlink()


def test_a_referer_with_the_state_is_not_logged(
    server: WebServer, site: Site, wechat: WeChat, watch: Watch
) -> None:
    """An old browser tells the whole address of WeChat's page, which holds it."""
    phone, url = called_back(server, site, wechat)
    assert phone.get(url, headers={"Referer": url}).header("Referrer-Policy") == "no-referrer"
    site.stop_helper()
    assert phone.get(url, headers={"Referer": url}).status == server.gone
    assert server.finds(watch, "access") | server.finds(watch, "error") == set()


# -- what is not passed on


# Caddy says 502 if it is still sending when the helper has refused and hung up; and a server may
# have hung up (None) before the phone has sent all and looks for the answer.
CUT = {"nginx": {None}, "caddy": {502, None}, "apache": {502, None}, "haproxy": {502, None}}
# Of so many headers of 6,000 bytes.
REFUSALS = {
    "nginx": {10: 400, 200: 400},
    "caddy": {10: 431, 200: 431},
    "apache": {10: 431, 200: 400},
    "haproxy": {10: 400, 200: 400},
}


def status_of(ask: Callable[[], Page]) -> int | None:
    try:
        return ask().status
    except OSError:
        return None


def called_back(server: WebServer, site: Site, wechat: WeChat) -> tuple[Phone, str]:
    """A phone, and the callback's address that it has called."""
    with Host(site, "alice") as login:
        phone = server.phone(wechat, "alice")
        phone.sign_in(login.link())
    (url,) = [page.url for page in phone.history if "/callback?" in page.url]
    return phone, url


def headers_of_6000_bytes(count: int) -> dict[str, str]:
    return {f"X-{number}": "a" * 6_000 for number in range(count)}


def test_headers_of_a_shared_host_name_are_read(
    server: WebServer, site: Site, wechat: WeChat
) -> None:
    """As many as nginx passes on: cookies of other sites, mostly."""
    phone, url = called_back(server, site, wechat)
    assert phone.get(url, headers_of_6000_bytes(3)).status == 200


@pytest.mark.parametrize("count", [10, 200])
def test_headers_that_are_too_large_are_refused_and_their_address_not_logged(
    server: WebServer, site: Site, wechat: WeChat, watch: Watch, count: int
) -> None:
    """By the helper, or by the server that has not even come to its locations."""
    phone, url = called_back(server, site, wechat)
    assert status_of(lambda: phone.get(url, headers_of_6000_bytes(count))) in {
        REFUSALS[server.name][count], *CUT[server.name]}
    assert wechat.exchanges() == 1
    assert server.finds(watch, "access") | server.finds(watch, "error") == set()


@pytest.mark.parametrize("size", [5_000, 20_000])
def test_bodies_that_are_too_large_are_refused(
    server: WebServer, site: Site, wechat: WeChat, size: int
) -> None:
    with Host(site, "alice") as login:
        phone = server.phone(wechat, "alice")
        page = phone.open(login.link())
        form, name = page.form_with("continue")
        fields = dict(form.fields) | {name: "continue", "more": "a" * size}
        status = status_of(lambda: phone.post(page.target(form), fields))
        assert status in {413, *CUT[server.name]}
        assert phone.tap("continue").pin is not None


def test_http_2_reaches_the_helper_through_caddy(site: Site, authority: Authority) -> None:
    publish(site, ROOT_URL)
    with Caddy(site.folder, authority, site) as server:
        host = f"{urlsplit(ROOT_URL).hostname}:443:127.0.0.1:{server.port}"
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--http2", "--cacert", server.ca_file,
             "--connect-to", host, "--write-out", "%{http_version}", f"{ROOT_URL}/healthz"],
            capture_output=True, text=True)
    assert re.fullmatch(r"ok [0-9a-f]{16}\n2", done.stdout) and done.stderr == ""


def test_nginx_itself_refuses_a_body_that_no_page_needs(
    site: Site, authority: Authority, wechat: WeChat
) -> None:
    publish(site, ROOT_URL)
    with Nginx(site.folder, authority, site) as server:
        phone = server.phone(wechat, "alice")
        url = f"{ROOT_URL}/l/aaBBccDDeeFF"
        bodies = [phone.post(url, {"more": "a" * size}) for size in (5_000, 20_000)]
    assert [page.status for page in bodies] == [413, 413]
    assert ["<center>nginx" in page.html for page in bodies] == [False, True]


# -- below a path


def test_a_login_below_a_path_stays_below_it(
    below: WebServer, site: Site, wechat: WeChat, watch: Watch
) -> None:
    with Host(site, "alice") as login:
        link = login.link()
        assert link.startswith(f"{WEB1}/l/")
        phone = below.phone(wechat, "alice")
        page = phone.open(link)
        form, _ = page.form_with("continue")
        assert page.target(form) == link
        assert form.action.startswith("/web1/l/")
        pin = phone.tap("continue").pin
        assert login.type(pin or "") == "PAM_SUCCESS"
    ours = [page.url for page in phone.history if not page.url.startswith(wechat.open_url)]
    assert len(ours) > 2 and all(url.startswith(f"{WEB1}/") for url in ours)
    assert [cookie.host for cookie in phone.cookies] == [urlsplit(WEB1).hostname]
    assert below.finds(watch, "access") | below.finds(watch, "error") == set()


def test_what_lies_below_a_path_and_what_at_the_root(
    below: WebServer, site: Site, wechat: WeChat
) -> None:
    phone = below.phone(wechat, "alice")
    root = WEB1.removesuffix("/web1")
    for place in (root, WEB1):
        page = phone.get(f"{place}/{VERIFY}")
        assert (page.status, page.text) == (200, "0123456789abcdef")
    # Nobody outside learns how many log in.
    assert re.fullmatch(r"ok [0-9a-f]{16}", phone.get(f"{WEB1}/healthz").text)
    assert phone.get(f"{WEB1}/l/aaBBccDDeeFF").status == 404
    assert phone.get(f"{WEB1}/nothing").status == 404
    with Host(site, "alice") as login:
        assert "continue" not in phone.get(login.link().replace("/web1/", "/")).buttons


def test_a_callback_below_a_path_without_a_helper_is_not_logged(
    below: WebServer, site: Site, wechat: WeChat, watch: Watch
) -> None:
    with Host(site, "alice") as login:
        phone = below.phone(wechat, "alice")
        phone.open(login.link())
        assert continue_without_a_helper(site, wechat, phone).status == below.gone
    assert {"code", "state"} <= watch.secrets.kinds()
    assert below.finds(watch, "access") | below.finds(watch, "error") == set()


def test_two_helpers_behind_one_name_do_not_disturb_each_other(
    kind: type[WebServer], site: Site, authority: Authority, wechat: WeChat, folder: Path
) -> None:
    (folder / "second").mkdir()
    with ExitStack() as stack:
        second = stack.enter_context(Site(folder / "second", wechat))
        second.link_people("alice")
        second.conf["host_name"] = "web2"
        second.start_helper()
        second.write_service("test")
        publish(site, WEB1)
        publish(second, WEB2)
        server = stack.enter_context(
            kind(site.folder, authority, site, second, sample=for_paths(kind)))
        phone = server.phone(wechat, "alice")
        logins = [stack.enter_context(Host(one, "alice")) for one in (site, second)]
        links = [login.link() for login in logins]
        for link, other in ((links[0], "/web2/"), (links[1], "/web1/")):
            assert phone.get(f"https://corp.example.com{other}l/{link[-12:]}").status == 404
        asked = [phone.open(link) for link in links]
        assert "web1" in asked[0].text and "web2" in asked[1].text
        pins = []
        for page in asked:
            phone.page = page
            pins.append(phone.tap("continue").pin)
        # A callback that has gone astray is neither known nor used up.
        first = next(page.url for page in phone.history if "/web1/callback?" in page.url)
        assert phone.get(first.replace("/web1/", "/web2/")).status == 404
        assert [login.type(pin or "") for login, pin in zip(logins, pins)] == ["PAM_SUCCESS"] * 2
