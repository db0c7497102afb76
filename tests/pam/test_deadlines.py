"""A login's time: when it is up nobody gets in, and nothing of it stays."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.host import Host
from harness.site import BUILD
from harness.waiting import ample, until
from pam.login import GOOD, Installation, Login, logged, scan
from pam.wire import Listener
from simulator import Page, Phone

LEAST, MOST = 5, 300  # seconds that `timeout` may be
RELAY = BUILD / "tests/pam/exchange-relay"


@dataclass
class Late:
    """Logins whose time is up: one had been proved, the others had not."""

    seconds: int
    begun: float
    mark: int
    stubborn: Host  # its exchange ends by no means of its own
    proved: Host
    page: Page
    phone: Phone
    empty: Host
    wrong: Host
    opened: Phone
    approved: Phone
    approving: Host


@contextmanager
def with_stubborn_exchange(installed: Installation, login: Login) -> Iterator[Host]:
    installed.write(login)
    program = installed.site.folder / "exchange/pam-wechat-exchange"
    shutil.copyfile(RELAY, program)
    with Listener(program.with_name(program.name + ".sock")) as exchange:
        with installed.start(login) as host:
            _, told = exchange.receive()
            exchange.send("READY", link=told["link"])
            host.link()
            yield host


def is_zombie(pid: str) -> bool:
    """Its host sits in the conversation and cannot reap it."""
    return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()


def was_killed(pid: str) -> bool:
    """Of a zombie: whether a signal ended it."""
    return os.WIFSIGNALED(int(Path(f"/proc/{pid}/stat").read_text().split()[-1]))


def children(host: Host) -> list[str]:
    path = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children")
    return path.read_text().split()


@contextmanager
def begun_logins(installed: Installation, seconds: int) -> Iterator[Late]:
    login = replace(GOOD, words=f"timeout={seconds}")
    with ExitStack() as stack:
        begun = time.monotonic()
        stubborn = stack.enter_context(with_stubborn_exchange(installed, login))
        hosts = []
        for _ in range(4):
            hosts.append(stack.enter_context(installed.host(login)))
            hosts[-1].prompt()
        mark = installed.log.mark()
        phone, opened, approved = (installed.phone() for _ in range(3))
        page = scan(phone, hosts[0].messages[0].link or "")
        opened.open(hosts[1].messages[0].link or "")
        approved.open(hosts[3].messages[0].link or "")
        yield Late(seconds, begun, mark, stubborn, hosts[0], page, phone, hosts[1], hosts[2],
                   opened, approved, hosts[3])


@pytest.fixture(scope="module")
def late(installed: Installation) -> Iterator[Late]:
    """The same is done before, to see how long it takes on this machine now."""
    with begun_logins(installed, MOST) as early:
        seconds = ample(time.monotonic() - early.begun, LEAST)
    with begun_logins(installed, seconds) as made:
        time.sleep(seconds + 0.5)
        yield made


def test_the_helper_forgets_them(installed: Installation, late: Late) -> None:
    assert installed.site.wait_for_pending(0)


def descriptors(pid: str) -> list[str]:
    links = Path(f"/proc/{pid}/fd").iterdir()
    return [os.readlink(link) for link in links if int(link.name) > 2]


def test_their_exchanges_keep_nothing_but_their_hosts(late: Late) -> None:
    """Whose end has to be told to the helper."""
    for host in (late.proved, late.empty, late.wrong, late.approving):
        child, = children(host)
        assert until(lambda: len(descriptors(child)) == 1)
        assert descriptors(child)[0].startswith("socket:")
        assert not is_zombie(child)


def test_the_kernel_ends_an_exchange_that_does_not(late: Late) -> None:
    child, = children(late.stubborn)
    lived = not is_zombie(child)
    assert lived or time.monotonic() > late.begun + late.seconds + 1
    assert until(lambda: is_zombie(child)) and was_killed(child)


def test_the_right_code_comes_too_late(installed: Installation, late: Late) -> None:
    assert late.page.pin is not None
    assert late.proved.type(late.page.pin) == "PAM_MAXTRIES"
    assert late.proved.messages[-1].text == "WeChat sign-in: time is up. Start again."
    line = logged("refused reason=expired phone=returned")
    installed.log.wait_for(re.escape(line[8:]), late.mark)


def test_an_empty_answer_comes_too_late(late: Late) -> None:
    assert late.empty.type("") == "PAM_MAXTRIES"


def test_a_wrong_code_comes_too_late(late: Late) -> None:
    assert late.wrong.type("0000") == "PAM_MAXTRIES"


def test_the_phone_comes_too_late(late: Late) -> None:
    assert late.opened.reload().status == 404
    assert late.approved.tap("continue").status == 404
    assert late.phone.reload().pin is None


@pytest.mark.parametrize("service, words, seconds", [
    ("test", "", 90), ("test", "timeout=300", 300), ("test", "timeout=30", 30),
    ("sshd", "", 90), ("login", "", 50), ("login", "timeout=300", 50), ("login", "timeout=51", 50),
    ("login", "timeout=50", 50), ("login", "timeout=30", 30), ("login2", "", 90),
])
def test_a_login_lives_as_long_as_is_set_but_never_longer_than_login_s_own_limit(
    installed: Installation, service: str, words: str, seconds: int
) -> None:
    before = datetime.datetime.now()
    with installed.host(replace(GOOD, service=service, words=words)) as host:
        page = installed.phone().open(host.link())
    after = datetime.datetime.now()
    found = re.search(r"\b(\d\d):(\d\d):(\d\d)\b", page.text)
    assert found is not None
    end = before.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3]))
    assert seconds - 1 < (end - before).total_seconds() % 86400
    assert (end - after).total_seconds() % 86400 <= seconds + 1


def test_waiting_for_the_person_costs_no_time_of_another_login(installed: Installation) -> None:
    with installed.host() as waiting:
        waiting.prompt()
        login: Login = GOOD
        with installed.start(login) as host:
            page = scan(installed.phone(), host.link())
            assert host.type(page.pin or "") == "PAM_SUCCESS"

