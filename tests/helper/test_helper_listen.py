"""Where the helper listens: an address that comes later than the helper."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from harness.fake_exchange import PROGRAM
from harness.waiting import until

# Addresses for documentation (RFC 5737, RFC 3849): no machine has one.
NOT_THERE = ["192.0.2.7:0", "[2001:db8::7]:0"]


def start(folder: Path, listen: str) -> tuple[subprocess.Popen[bytes], Path]:
    conf, log = folder / "helper.conf", folder / "helper.log"
    conf.write_text(f"listen = {listen}\npublic_url = http://127.0.0.1:9\n"
                    f"socket = {folder}/helper.sock\nuser = nobody\n"
                    f"peer_user = {'root' if os.geteuid() == 0 else 'nobody'}\n")
    conf.chmod(0o644)
    with log.open("wb") as errors:
        return subprocess.Popen([PROGRAM, "-c", conf], stderr=errors), log


@pytest.mark.parametrize("address", NOT_THERE)
def test_an_address_that_is_not_there_yet_is_listened_on(folder: Path, address: str) -> None:
    """At boot: systemd would give up after five tries, and nobody could sign in."""
    helper, log = start(folder, address)
    try:
        until(lambda: "listening on http://" in log.read_text() or helper.poll() is not None)
        assert helper.poll() is None, log.read_text()
        assert (f"listen: {address}: this machine does not have this address yet\n"
                in log.read_text())
    finally:
        helper.terminate()
        assert helper.wait() == 0


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        helper, log = start(folder, address)
        assert helper.wait() != 0
    assert f"listen: {address}: Address already in use" in log.read_text()
    assert "does not have this address" not in log.read_text()
