"""Where the helper listens: an address that comes later than the helper."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from harness.fake_exchange import PROGRAM, FakeExchange, Helper

# Addresses for documentation (RFC 5737, RFC 3849): no machine has one.
NOT_THERE = ["192.0.2.7:0", "[2001:db8::7]:0"]


@pytest.mark.parametrize("address", NOT_THERE)
def test_an_address_that_is_not_there_yet_is_listened_on(folder: Path, address: str) -> None:
    """At boot: systemd would give up after five tries, and nobody could sign in."""
    with Helper(folder, listen=address) as helper:
        FakeExchange(helper).register()
        assert f"listen: {address}: this machine does not have this address yet\n" in helper.log()


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        conf = folder / "helper.conf"
        conf.write_text(f"listen = {address}\npublic_url = http://127.0.0.1:9\n"
                        f"socket = {folder}/helper.sock\nuser = nobody\npeer_user = nobody\n")
        conf.chmod(0o644)
        done = subprocess.run([PROGRAM, "-c", conf], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert f"listen: {address}: Address already in use" in done.stderr
    assert "does not have this address" not in done.stderr
