"""One installation for a whole file of tests: each login finds it in the same good state."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.leaks import Watch
from harness.site import Site
from harness.system_log import SystemLog
from pam.login import Installation
from pam.proxy import Proxy
from simulator import Authority, WeChat


@pytest.fixture(scope="module")
def installed(authority: Authority, system_log: SystemLog) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        (folder / "wechat").mkdir()
        (folder / "site").mkdir()
        with WeChat(folder / "wechat", authority=authority) as wechat, Proxy() as proxy:
            with Site(folder / "site", wechat) as site:
                with Watch(site, folder, system_log) as watch:
                    site.start_helper()
                    yield Installation(site, system_log, proxy, watch)


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Searches the installation for secrets after every test."""
    used = "installed" in request.fixturenames
    watch = request.getfixturevalue("installed").watch if used else None
    yield
    if watch is not None:
        watch.check()
