"""A site whose helper does not run: what the subcommands read and write are files."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.command import Command
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
