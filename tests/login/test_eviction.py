"""A flood of logins by ssh, and whose login it ends: in a network of the test's own."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.private_network import far_end, private_network
from harness.site import Site, free_port
from harness.sshd import Sshd
from harness.status_socket import read_number
from harness.terminal import Terminal
from harness.waiting import HANG, until
from simulator import Phone, WeChat

CAP = 16
MANY = CAP + 8
OPTIONS = ("AuthenticationMethods keyboard-interactive", "MaxStartups 200")
STRANGER, VICTIM, PHONE = "127.0.0.66", "127.0.0.9", "127.0.0.200"
NEAR, FAR_STRANGER, FAR_VICTIM = "fe80::1", "fe80::66", "fe80::9"

# What ssh calls in the place of a person, who sees the prompt and goes away.
ASKED = """\
#!/bin/sh
printf '%s' "$1" >"$ASKED/$$.part" && mv "$ASKED/$$.part" "$ASKED/$$"
exec tail --pid=$PPID -f /dev/null
"""


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@pytest.fixture()
def site(folder: Path, wechat: WeChat) -> Iterator[Site]:
    """Nobody looks for leaked links: ssh tells its askpass program the prompt as an argument."""
    (folder / "site").mkdir()
    with Site(folder / "site", wechat) as made:
        made.link_people("alice", "bob")
        made.start_helper()
        yield made


@dataclass
class Way:
    """How people come to sshd: where from, and what it says of that."""

    stranger: str
    victim: str
    sshd: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    through: tuple[str, ...] = ()  # a command that runs ssh elsewhere


class Flood:
    """Clients of one address that ask for a user, see the prompt and say nothing."""

    def __init__(self, site: Site, sshd: Sshd, way: Way) -> None:
        self.site, self.sshd, self.way = site, sshd, way
        self.clients: list[subprocess.Popen[bytes]] = []
        self.folder = sshd.folder / "asked"
        self.folder.mkdir()
        self.program = sshd.folder / "askpass"
        self.program.write_text(ASKED)
        self.program.chmod(0o755)

    def __enter__(self) -> Flood:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.kill()
            client.wait()

    def begin(self, count: int, user: str = "nosuch") -> None:
        """Until all of them are registered."""
        before = self._registered()
        command = self.sshd.client(user, options=("-b", self.way.stranger, *self.way.client))
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.sshd.folder),
                       "LC_ALL": "C.UTF-8", "ASKED": str(self.folder),
                       "SSH_ASKPASS": str(self.program), "SSH_ASKPASS_REQUIRE": "force"}
        for _ in range(count):
            self.clients.append(subprocess.Popen(
                [*self.way.through, *command], env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        assert until(lambda: self._registered() == before + count), self.sshd.log_text()

    def _registered(self) -> int:
        return read_number(self.site.status_socket, "logins_started_total")

    def links(self) -> list[str]:
        """Of all that were begun; each prompt is there a moment after its registration."""
        assert until(lambda: len(self._prompts()) == len(self.clients))
        return [word for path in self._prompts() for word in path.read_text().split()
                if word.startswith("http")]

    def _prompts(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.suffix != ".part"]


def approve_all(wechat: WeChat, links: list[str]) -> None:
    """As far as a script gets without WeChat; those that had to go are over."""
    for link in links:
        phone = Phone(wechat, "mallory", address=STRANGER)
        page = phone.open(link)
        if page.status == 200:
            form, name = page.form_with("continue")
            assert phone.post(link, dict(form.fields) | {name: "continue"}).status == 303


def victims_terminal(sshd: Sshd, way: Way) -> Terminal:
    command = sshd.client("alice", "id", "-un", options=("-b", way.victim, *way.client))
    return Terminal([*way.through, *command], {
        "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "TERM": "xterm",
        "HOME": str(sshd.folder)})


def is_in(terminal: Terminal, pin: str | None) -> bool:
    terminal.type(pin or "")
    return terminal.rest().strip().splitlines()[-1] == "alice" and terminal.status == 0


@contextmanager
def by_name() -> Iterator[Way]:
    """sshd says "stranger.example", by UseDNS."""
    hosts = Path("/etc/hosts")
    before = hosts.read_text()
    hosts.write_text(f"{before}\n{STRANGER} stranger.example\n{VICTIM} victim.example\n")
    try:
        yield Way(STRANGER, VICTIM, ("UseDNS yes",))
    finally:
        hosts.write_text(before)


@contextmanager
def by_link() -> Iterator[Way]:
    """Another machine on the same wire, which knows no addresses but those of the link."""
    with far_end("near0", NEAR, "far0", FAR_STRANGER, FAR_VICTIM) as through:
        yield Way(f"{FAR_STRANGER}%far0", f"{FAR_VICTIM}%far0", (f"ListenAddress {NEAR}%near0",),
                  ("-o", f"HostName={NEAR}%%far0"), through)


@contextmanager
def by_address(stranger: str = STRANGER, victim: str = VICTIM) -> Iterator[Way]:
    yield Way(stranger, victim)


WAYS_APART = {"by address": by_address, "by name": by_name}
WAYS_TOGETHER = {
    "through a tunnel": lambda: by_address("127.0.0.1", "127.0.0.1"),
    "from one link": by_link,
}


@contextmanager
def flooded(way: Way, site: Site) -> Iterator[tuple[Sshd, Flood]]:
    with Sshd(site, "sshd-flooded", site.line(), *OPTIONS, *way.sshd) as sshd:
        with Flood(site, sshd, way) as flood:
            yield sshd, flood


@pytest.mark.parametrize("how", WAYS_APART)
def test_a_flood_from_elsewhere_ends_no_login(site: Site, wechat: WeChat, how: str) -> None:
    """Nobody has opened it yet."""
    with WAYS_APART[how]() as way, flooded(way, site) as (sshd, flood):
        with victims_terminal(sshd, way) as terminal:
            shown = terminal.wait_for_login()
            flood.begin(MANY)
            approve_all(wechat, flood.links())
            flood.begin(MANY)
            assert site.pending() == CAP + 1
            page = Phone(wechat, "alice", language="en", address=PHONE).open(shown.link)
            rows = page.text.splitlines()
            assert rows[rows.index("From") + 1] == (
                "victim.example" if how == "by name" else VICTIM)
            pin = Phone(wechat, "alice", address=PHONE).sign_in(shown.link)
            assert is_in(terminal, pin)


@pytest.mark.parametrize("how", WAYS_TOGETHER)
@pytest.mark.parametrize("stage", ["opened", "asked about", "matched"])
def test_a_flood_from_the_same_place_ends_no_login_that_a_phone_has_opened(
    site: Site, wechat: WeChat, how: str, stage: str
) -> None:
    with ExitStack() as stack:
        way = stack.enter_context(WAYS_TOGETHER[how]())
        sshd, flood = stack.enter_context(flooded(way, site))
        flood.begin(CAP - 1)
        approve_all(wechat, flood.links())
        terminal = stack.enter_context(victims_terminal(sshd, way))
        link = terminal.wait_for_login().link
        phone = Phone(wechat, "alice", address=PHONE)
        phone.open(link)
        if stage == "opened":
            flood.begin(MANY)
        plan = wechat.plan(delay=15)
        pins: list[str | None] = []
        honest = threading.Thread(target=lambda: pins.append(phone.tap("continue").pin))
        honest.start()
        assert until(lambda: plan.calls("token") == 1)
        if stage == "asked about":
            flood.begin(MANY)
            approve_all(wechat, flood.links())
        plan.hurry.set()
        honest.join()
        if stage == "matched":
            flood.begin(MANY)
            approve_all(wechat, flood.links())
            assert phone.reload().pin == pins[0]
        assert site.pending() == CAP
        assert is_in(terminal, pins[0])


def test_a_flood_from_the_same_place_ends_one_that_nobody_has_opened(site: Site) -> None:
    """What remains, as SECURITY.md says; and the next one gets its place at once."""
    with by_address("127.0.0.1", "127.0.0.1") as way, flooded(way, site) as (sshd, flood):
        with victims_terminal(sshd, way) as terminal:
            link = terminal.wait_for_login().link
            flood.begin(CAP - 1)
            phone = Phone(site.wechat, "alice", address=PHONE)
            assert Phone(site.wechat, "alice", user_agent="curl").open(link).status == 200
            flood.begin(1)
            assert phone.open(link).status == 404
        with victims_terminal(sshd, way) as terminal:
            assert is_in(terminal, phone.sign_in(terminal.wait_for_login().link))


@contextmanager
def inetd(sshd: Sshd) -> Iterator[int]:
    """
    Starts sshd for each connection to a socket of both families, as inetd does: it sees addresses
    of IPv4 mapped into IPv6. Yields the port.
    """
    listener = socket.create_server(("", free_port()), family=socket.AF_INET6, dualstack_ipv6=True)
    started: list[subprocess.Popen[bytes]] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, (sshd.folder / "inetd.log").open("ab") as log:
                started.append(subprocess.Popen(
                    [sshd.program, "-i", "-e", "-f", sshd.config], stdin=connection,
                    stdout=connection, stderr=log))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()
        for process in started:
            process.wait(HANG)  # each ends with its client


def test_ipv4_in_ipv6_is_an_address_of_its_own(site: Site, wechat: WeChat) -> None:
    with Sshd(site, "sshd-flooded", site.line(), *OPTIONS) as sshd, inetd(sshd) as port:
        way = Way(STRANGER, VICTIM, client=("-o", f"Port={port}"))
        sshd.port = port
        with Flood(site, sshd, way) as flood, victims_terminal(sshd, way) as terminal:
            link = terminal.wait_for_login().link
            flood.begin(MANY)
            assert site.pending() == CAP + 1
            assert is_in(terminal, Phone(wechat, "alice", address=PHONE).sign_in(link))
