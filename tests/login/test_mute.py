"""A name server, a proxy or an API that says nothing: person, phone and host are answered."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from harness import processes
from harness.host import Host
from harness.mute import Full, Mute, NameServer
from harness.site import Site
from harness.system_log import SystemLog
from harness.waiting import HANG, until
from simulator import Page, Phone, WeChat
from simulator.journal import Record
from simulator.plan import Plan

REMOTE = ("--rhost", "203.0.113.7")
ASKING = "WeChat is being asked. Your phone shows the code when WeChat has answered."
NAME = "api.wechat.example"  # is in the certificate


def named(wechat: WeChat) -> str:
    """WeChat's API by a name that a name server has to be asked for."""
    return wechat.api_url.replace("127.0.0.1", NAME)


@pytest.fixture()
def name_server(site: Site, wechat: WeChat) -> Iterator[NameServer]:
    with NameServer() as made:
        site.write_conf(api_url=named(wechat))
        yield made


def impatient(wechat: WeChat) -> Phone:
    """A phone that shows each page, and goes on by itself only when it is told to."""
    phone = Phone(wechat, "alice", language="en")
    phone.browser.refreshes = False
    return phone


def is_asking(page: Page) -> bool:
    return page.status == 200 and page.refresh is not None and "Asking WeChat" in page.text


def patient(phone: Phone, link: str) -> Page:
    """What is shown in the end."""
    phone.browser.refreshes = True
    return phone.open(link)


# ---- Each thing that may hang, and answers in the end ---------------------------------------------


@contextmanager
def mute_api(site: Site, wechat: WeChat) -> Iterator[Callable[[], None]]:
    plan = wechat.plan(delay=600)
    yield plan.hurry.set


@contextmanager
def mute_name_server(site: Site, wechat: WeChat) -> Iterator[Callable[[], None]]:
    with NameServer() as server:
        site.write_conf(api_url=named(wechat))
        yield server.speak


@contextmanager
def mute_second_call(site: Site, wechat: WeChat) -> Iterator[Callable[[], None]]:
    site.write_conf(scope="snsapi_userinfo")
    plan = wechat.plan(userinfo_delay=600)
    yield plan.hurry.set


Hanging = Callable[[Site, WeChat], AbstractContextManager[Callable[[], None]]]
HANGING: dict[str, Hanging] = {
    "the name server": mute_name_server, "the API": mute_api, "its second call": mute_second_call,
}


@pytest.fixture(params=HANGING.values(), ids=HANGING.keys())
def go_on(
    request: pytest.FixtureRequest, site: Site, wechat: WeChat
) -> Iterator[Callable[[], None]]:
    with request.param(site, wechat) as made:
        yield made


def tap(phone: Phone, link: str) -> Page:
    page = phone.open(link)
    for choice in ("continue", "allow"):
        if choice in page.buttons:
            page = phone.tap(choice)
    return page


def test_phone_and_terminal_are_told_that_wechat_is_asked_and_then_what_it_said(
    site: Site, wechat: WeChat, go_on: Callable[[], None]
) -> None:
    with Host(site, "alice", options=REMOTE) as host:
        link = host.link()
        phone = impatient(wechat)
        page = tap(phone, link)
        assert is_asking(page) and page.buttons == ["refuse"]
        assert page.refresh is not None and page.refresh[1] == link
        assert host.type("1234") is None
        assert ASKING in host.messages[-1].text
        assert is_asking(phone.open(link))
        go_on()
        assert host.type(patient(phone, link).pin or "") == "PAM_SUCCESS"


def test_where_a_tap_is_enough_the_host_waits_on(
    site: Site, wechat: WeChat, go_on: Callable[[], None]
) -> None:
    site.write_service("login", site.line(options="confirm=wait"))
    with Host(site, "alice", "login", options=("--tty", "tty1")) as host:
        link = next(line for line in host.message().text.splitlines() if "://" in line)
        phone = impatient(wechat)
        assert is_asking(tap(phone, link))
        assert host.process.poll() is None
        go_on()
        host.prompt()
    assert host.result == "PAM_SUCCESS"


def test_refusing_on_the_phone_is_heard_meanwhile(
    site: Site, wechat: WeChat, go_on: Callable[[], None]
) -> None:
    with Host(site, "alice", options=REMOTE) as host:
        link = host.link()
        phone = impatient(wechat)
        assert is_asking(tap(phone, link))
        assert "Refused" in phone.tap("refuse").text
        assert host.type("1234") == "PAM_MAXTRIES"
        assert host.messages[-1].text.startswith("Refused on the phone.")
    go_on()


def test_a_connection_that_is_not_needed_any_more_is_given_up(site: Site, wechat: WeChat) -> None:
    with Mute() as mute:
        site.write_conf(api_url=f"https://127.0.0.1:{mute.port}")
        with Host(site, "alice", options=REMOTE) as host:
            phone = Phone(wechat, "alice", language="en")
            phone.open(host.link())
            assert until(lambda: len(mute.connections) == 1)
            phone.tap("refuse")
            assert mute.hangs_up(0)
            assert host.type("1234") == "PAM_MAXTRIES"
        assert len(mute.connections) == 1


# ---- A name server that never answers -------------------------------------------------------------


def test_the_child_answers_while_one_request_after_the_other_waits_for_the_name_server(
    site: Site, wechat: WeChat, name_server: NameServer
) -> None:
    with Host(site, "alice", options=REMOTE) as host:
        link = host.link()
        phone = impatient(wechat)
        phone.open(link)
        name_server.wait_until_asked(1)
        assert is_asking(phone.tap("continue"))
        # The first request was given up: the next one asks, or its thread asks once more.
        name_server.wait_until_asked(2)
        assert host.type("1234") is None and ASKING in host.messages[-1].text
        name_server.wait_until_asked(3)
        assert host.type("1234") is None and ASKING in host.messages[-1].text
        name_server.speak()
        assert host.type(patient(phone, link).pin or "") == "PAM_SUCCESS"
    assert wechat.exchanges() == 1


def test_a_waiting_host_outlives_requests_that_wait_for_the_name_server(
    site: Site, wechat: WeChat, name_server: NameServer
) -> None:
    site.write_service("login", site.line(options="confirm=wait"))
    with Host(site, "alice", "login", options=("--tty", "tty1")) as host:
        link = next(line for line in host.message().text.splitlines() if "://" in line)
        phone = impatient(wechat)
        assert is_asking(tap(phone, link))
        name_server.wait_until_asked(3)
        assert host.process.poll() is None
        name_server.speak()
        host.prompt()
    assert host.result == "PAM_SUCCESS"


def child_of(host: Host) -> int:
    child, = processes.children_of(host.process.pid)
    return child


def status_of(pid: int) -> int | None:
    """Of a process that has ended and that its parent has not reaped: what wait() would say."""
    state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(rest[-1]) if state == "Z" else None


def is_pending(pid: int, number: int) -> bool:
    words = Path(f"/proc/{pid}/status").read_text().split()
    return bool(int(words[words.index("ShdPnd:") + 1], 16) >> (number - 1) & 1)


@contextmanager
def asking_in_vain(site: Site, wechat: WeChat, name_server: NameServer) -> Iterator[int]:
    """The child of a login of five seconds, which waits for the name server."""
    with Host(site, "alice", options=REMOTE, service="short") as host:
        Phone(wechat, "alice").open(host.link())
        name_server.wait_until_asked(1)
        yield child_of(host)


def sockets_of(pid: int) -> int:
    return sum(os.readlink(fd).startswith("socket:") for fd in Path(f"/proc/{pid}/fd").iterdir())


def test_the_child_gives_up_at_its_deadline_whatever_it_waits_for(
    site: Site, wechat: WeChat, name_server: NameServer
) -> None:
    site.write_service("short", site.line(options="timeout=5"))
    with asking_in_vain(site, wechat, name_server) as child:
        assert sockets_of(child) > 1
        # The module's is left: it ends with that.
        assert until(lambda: sockets_of(child) == 1)
        assert status_of(child) is None
    assert until(lambda: not Path(f"/proc/{child}").exists())


def test_libcurl_leaves_the_childs_alarm_alone(
    site: Site, wechat: WeChat, name_server: NameServer
) -> None:
    site.write_service("short", site.line(options="timeout=5"))
    with asking_in_vain(site, wechat, name_server) as child:
        os.kill(child, signal.SIGSTOP)
        assert until(lambda: status_of(child) is not None or is_pending(child, signal.SIGALRM))
        os.kill(child, signal.SIGCONT)
        assert until(lambda: status_of(child) is not None)
        assert status_of(child) == signal.SIGALRM


# ---- What never answers ---------------------------------------------------------------------------


def visits_of(wechat: WeChat) -> list[Record]:
    return [record for record in wechat.requests if record.endpoint == "authorize"]


class Given:
    """A login whose phone has tapped Continue, and waits for the end."""

    def __init__(self, site: Site, wechat: WeChat, stack: ExitStack) -> None:
        self.host = stack.enter_context(Host(site, "alice", options=REMOTE))
        link = self.host.link()
        self.phone = Phone(wechat, "alice", language="en")
        self.phone.open(link)
        self.thread = threading.Thread(target=self.phone.tap, args=("continue",))
        visits = len(visits_of(wechat))
        self.thread.start()
        # A plan for the next one that comes by is not taken by this one.
        assert until(lambda: len(visits_of(wechat)) > visits)

    def page(self) -> Page:
        self.thread.join(HANG)
        assert not self.thread.is_alive() and self.phone.page is not None
        return self.phone.page


def test_what_never_answers_is_given_up_and_the_log_says_what_it_was(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    """All of them at once, because each takes its time."""
    given: list[tuple[Given, str]] = []
    with ExitStack() as stack:
        name_server, mute, full = (stack.enter_context(kind()) for kind in (NameServer, Mute, Full))

        def begin(expected: str, plan: Plan | None = None, **conf: str | None) -> None:
            site.write_conf(**{"api_url": wechat.api_url, "proxy": None} | conf)
            given.append((Given(site, wechat, stack), expected))
            if plan is not None:
                assert until(lambda: plan.calls("token") == 1)

        begin("the name server does not answer: check DNS", api_url=named(wechat))
        begin("no connection to WeChat's API: check the firewall, or set proxy",
              api_url=f"https://127.0.0.1:{full.port}")
        begin("no connection to WeChat's API: check the firewall, or set proxy",
              api_url=f"https://127.0.0.1:{mute.port}")
        begin("no connection to WeChat's API through the proxy: check both",
              proxy=f"http://127.0.0.1:{mute.port}")
        begin("no connection to WeChat's API through the proxy: check both",
              proxy=f"http://127.0.0.1:{full.port}")
        begin("WeChat's API did not answer in time", wechat.plan(delay=600))
        for login, expected in given:
            assert "WeChat can't be reached" in login.page().text
            assert any(is_asking(page) for page in login.phone.history)
            mark = system_log.mark()
            assert login.host.type("1234") == "PAM_AUTH_ERR"
            system_log.wait_for(
                rf"result=refused reason=unreachable phone=returned: {expected}$", mark)
    assert name_server.asked > 1 and len(mute.connections) > 2
    assert wechat.exchanges() == 1


def test_an_answer_that_trickles_keeps_nobody_waiting(site: Site, wechat: WeChat) -> None:
    plan = wechat.plan(token="drip")
    with Host(site, "alice", options=REMOTE) as host:
        link = host.link()
        assert is_asking(tap(impatient(wechat), link))
        assert plan.calls("token") == 1
        assert host.type("1234") is None and ASKING in host.messages[-1].text


def test_two_codes_of_one_phone_are_given_up_together(site: Site, wechat: WeChat) -> None:
    """The second has waited as long as the first: it is not asked about for as long again."""
    wechat.plan(delay=600, double="two_codes", gap=0.0)
    with Host(site, "alice", options=REMOTE) as host:
        phone = Phone(wechat, "alice", language="en")
        phone.open(host.link())
        page = phone.tap("continue")
        assert "WeChat can't be reached" in page.text
    assert wechat.exchanges() == 1
