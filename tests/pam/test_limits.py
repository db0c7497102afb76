"""Pending logins are limited by origin: a stranger pushes out himself alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from harness.host import Host
from pam.login import GOOD, Installation, logged, scan

LIMIT = 16


@contextmanager
def pending(installed: Installation, *rhosts: str) -> Iterator[list[Host]]:
    installed.write()
    with ExitStack() as stack:
        hosts = []
        for rhost in rhosts:
            login = replace(GOOD, options=("--rhost", rhost))
            hosts.append(stack.enter_context(installed.start(login)))
            hosts[-1].link()
        yield hosts
    assert installed.site.wait_for_pending(0)


def test_the_seventeenth_of_an_origin_ends_its_oldest(installed: Installation) -> None:
    mark = installed.log.mark()
    with pending(installed, *["203.0.113.7"] * (LIMIT + 1)) as hosts:
        assert installed.site.pending() == LIMIT
        assert installed.phone().open(hosts[0].messages[0].link or "").status == 404
        assert hosts[0].type("0000") == "PAM_MAXTRIES"
        assert installed.module_lines(mark) == [logged(
            "refused reason=full phone=none: too many logins are pending", rhost="203.0.113.7"
        )]
        assert hosts[0].messages[-1].text == \
            "WeChat sign-in: too many sign-ins are waiting. Try again in a moment."
        for host in (hosts[1], hosts[LIMIT]):
            page = scan(installed.phone(), host.messages[0].link or "")
            assert host.type(page.pin or "") == "PAM_SUCCESS"


def test_an_origin_does_not_push_out_another_s(installed: Installation) -> None:
    with pending(installed, "192.0.2.1", *["203.0.113.7"] * (LIMIT + 4)) as hosts:
        assert installed.site.pending() == LIMIT + 1
        page = scan(installed.phone(), hosts[0].messages[0].link or "")
        assert hosts[0].type(page.pin or "") == "PAM_SUCCESS"


def test_a_network_of_ipv6_is_one_origin(installed: Installation) -> None:
    addresses = [f"2001:db8:0:1::{number:x}" for number in range(1, LIMIT + 3)]
    with pending(installed, "2001:db8:0:2::1", *addresses):
        assert installed.site.pending() == LIMIT + 1


def test_names_are_no_origins_of_their_own(installed: Installation) -> None:
    """Whoever makes them up would have as many origins as he likes."""
    names = [f"host{number}.example" for number in range(LIMIT + 2)]
    with pending(installed, *names):
        assert installed.site.pending() == LIMIT


def test_a_local_user_is_one_origin_whoever_he_wants_to_become(installed: Installation) -> None:
    """The real user is alice and the effective one root, as in su."""
    installed.write()
    service = Path("/etc/pam.d/pam_wechat-su")
    service.write_text((installed.site.folder / "pam.d/test").read_text())
    with installed.start(GOOD) as roots, ExitStack() as stack:
        roots.link()
        for number in range(LIMIT + 2):
            stack.enter_context(Host(
                installed.site, f"user{number}", "pam_wechat-su", ("--tty", f"pts/{number}"),
                through=("setpriv", "--ruid=61001", "--euid=0"),
            )).link()
        assert installed.site.pending() == 1 + LIMIT
        page = scan(installed.phone(), roots.messages[0].link or "")
        assert roots.type(page.pin or "") == "PAM_SUCCESS"
    service.unlink()


def test_a_login_at_a_terminal_of_the_machine_shares_with_nobody(installed: Installation) -> None:
    """Not with remote callers, whatever they are called, and not with another terminal."""
    others = [("--rhost", "203.0.113.7"), ("--rhost", "nosuch.example"), ("--tty", "/dev/tty2")]
    installed.write()
    with ExitStack() as stack:
        console = stack.enter_context(
            installed.start(replace(GOOD, options=("--tty", "/dev/tty1"))))
        console.link()
        for options in others:
            for _ in range(LIMIT + 1):
                stack.enter_context(installed.start(replace(GOOD, options=options))).link()
        assert installed.site.pending() == 1 + len(others) * LIMIT
        page = scan(installed.phone(), console.messages[0].link or "")
        assert console.type(page.pin or "") == "PAM_SUCCESS"


def test_a_login_that_was_proved_before_it_had_to_go_still_succeeds(
    installed: Installation,
) -> None:
    with pending(installed, *["203.0.113.7"] * LIMIT) as hosts:
        page = scan(installed.phone(), hosts[0].messages[0].link or "")
        with installed.start(replace(GOOD, options=("--rhost", "203.0.113.7"))) as one_more:
            one_more.link()
            assert hosts[0].type(page.pin or "") == "PAM_SUCCESS"
