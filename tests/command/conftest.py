"""A site whose helper does not run, and one whose PAM services may be changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.command import Command
from harness.machine import SSHD_CONFIG, Machine, make_ssh_folder, mounted
from harness.services import Services
from harness.site import Site
from simulator import Authority, WeChat


@pytest.fixture()
def quiet_site(folder: Path, wechat: WeChat) -> Site:
    (folder / "site").mkdir()
    site = Site(folder / "site", wechat)
    site.write_conf()
    return site


@pytest.fixture()
def command(quiet_site: Site) -> Command:
    return Command(quiet_site)


@pytest.fixture(scope="module")
def ssh() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        folder = make_ssh_folder(Path(name))
        with mounted(folder, "/etc/ssh"):
            yield folder


@pytest.fixture()
def machine(site: Site, wechat: WeChat, authority: Authority, ssh: Path) -> Iterator[Machine]:
    machine = Machine(site, wechat, authority, ssh)
    yield machine
    machine.close()


@pytest.fixture()
def services(quiet_site: Site, ssh: Path) -> Iterator[Services]:
    (ssh / "sshd_config").write_text(SSHD_CONFIG)
    quiet_site.link_people("alice", "bob")
    quiet_site.start_helper()
    with Services(quiet_site) as made:
        yield made
    quiet_site.stop_helper()


@pytest.fixture()
def live_services(site: Site, ssh: Path) -> Iterator[Services]:
    """As `services`, for whole logins."""
    (ssh / "sshd_config").write_text(SSHD_CONFIG)
    with Services(site) as made:
        yield made
