"""Hosts of every kind: what they do about SIGCHLD, and with threads at work."""

from __future__ import annotations

import pytest

from harness.host import Host
from harness.processes import children_of, running
from harness.site import Site
from simulator import Phone, WeChat


def sign_in(site: Site, wechat: WeChat, *options: str) -> Host:
    with Host(site, "alice", options=(*options, "--linger")) as host:
        link = host.link()
        assert len(running(site.exchange)) == 1
        assert host.type(Phone(wechat, "alice").sign_in(link) or "") == "PAM_SUCCESS"
        # Nothing is left of the child, not even to be reaped.
        assert children_of(host.process.pid) == []
        assert running(site.exchange) == []
    return host


@pytest.mark.parametrize("manner", ["ignore", "reap", "block"])
def test_whatever_the_host_does_about_sigchld(site: Site, wechat: WeChat, manner: str) -> None:
    sign_in(site, wechat, "--sigchld", manner)


@pytest.mark.parametrize("manner", ["ignore", "reap", "block"])
def test_a_refusal_stays_one_whatever_the_host_does_about_sigchld(
    site: Site, wechat: WeChat, manner: str
) -> None:
    with Host(site, "alice", options=("--sigchld", manner)) as host:
        link = host.link()
        phone = Phone(wechat, "bob")
        phone.open(link)
        phone.tap("continue")
        assert host.type("1234") == "PAM_MAXTRIES"


def test_a_host_with_threads_at_work(site: Site, wechat: WeChat) -> None:
    for _ in range(5):
        sign_in(site, wechat, "--threads")


def test_a_host_with_threads_that_reaps_everything(site: Site, wechat: WeChat) -> None:
    for _ in range(5):
        sign_in(site, wechat, "--threads", "--sigchld", "reap")
