"""A site whose helper does not run: what the subcommands read and write are files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.command import Command
from harness.services import Services
from harness.site import Site
from simulator import WeChat


@pytest.fixture()
def quiet_site(folder: Path, wechat: WeChat) -> Site:
    (folder / "site").mkdir()
    site = Site(folder / "site", wechat)
    site.write_conf()
    return site


@pytest.fixture()
def command(quiet_site: Site) -> Command:
    return Command(quiet_site)


@pytest.fixture()
def services(quiet_site: Site) -> Iterator[Services]:
    quiet_site.link_people("alice", "bob")
    with Services(quiet_site) as made:
        yield made


@pytest.fixture()
def live_services(site: Site) -> Iterator[Services]:
    """As `services`, with a helper that runs."""
    with Services(site) as made:
        yield made
