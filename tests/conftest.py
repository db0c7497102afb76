"""Fixtures of the tests of whole programs. Those that need root run inside harness/sandbox."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
# Whoever runs the tests in the background or by nohup(1) hands on that these are ignored, and every
# program under test would ignore them, too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

from harness.leaks import Watch  # noqa: E402
from harness.site import Site  # noqa: E402
from harness.system_log import SystemLog  # noqa: E402
from simulator import Authority, WeChat  # noqa: E402


@pytest.fixture(scope="session")
def system_log() -> SystemLog:
    assert "PAM_WECHAT_SANDBOX" in os.environ, "run this test by tests/run, as root"
    return SystemLog()


@pytest.fixture()
def folder() -> Iterator[Path]:
    """Gone after the test, unlike pytest's tmp_path; users of daemons may come by."""
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        path = Path(name).resolve()
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        yield Authority(Path(name))


@pytest.fixture()
def wechat(folder: Path, authority: Authority) -> Iterator[WeChat]:
    (folder / "wechat").mkdir()
    with WeChat(folder / "wechat", authority=authority) as made:
        yield made


@pytest.fixture()
def watch(
    folder: Path, wechat: WeChat, request: pytest.FixtureRequest
) -> Iterator[Watch]:
    """A site that is searched for secrets when the test is over, and the helper with it."""
    in_sandbox = "PAM_WECHAT_SANDBOX" in os.environ
    log = request.getfixturevalue("system_log") if in_sandbox else None
    (folder / "site").mkdir()
    with Site(folder / "site", wechat) as site:
        with Watch(site, folder, log) as made:
            site.link_people("alice", "bob")
            site.start_helper()
            site.write_service("test")
            yield made
            site.stop_helper()
        made.check()


@pytest.fixture()
def site(watch: Watch) -> Site:
    """A running installation whose table binds alice and bob to themselves."""
    return watch.site
