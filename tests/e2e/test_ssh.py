"""Logins over Debian's own sshd and ssh: what a person sees, scans, types and gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.site import Site
from harness.sshd import Sshd, make_key
from harness.system_log import SystemLog
from harness.terminal import COLUMNS, ROWS
from simulator import Phone, WeChat, camera


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_scanning_and_typing_the_code_signs_in(
    site: Site, wechat: WeChat, system_log: SystemLog, lang: str
) -> None:
    mark = system_log.mark()
    service = site.line(options=f"lang={lang}")
    with Sshd(site, "sshd-only", service, "AuthenticationMethods keyboard-interactive") as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            shown = terminal.wait_for_login()
            assert max(map(len, shown.screen)) <= COLUMNS
            assert len(shown.screen) <= ROWS
            assert shown.link in "\n".join(shown.screen)
            assert camera.read_with_zbar(shown.picture) == shown.link
            assert camera.read_with_wechat(shown.picture) == shown.link

            phone = Phone(wechat, "alice")
            pin = phone.sign_in(shown.picture)
            assert pin is not None
            terminal.type(pin)
            assert terminal.rest().strip().splitlines()[-1] == "alice"
            assert terminal.status == 0
    line = system_log.wait_for(r"login=\w{6} service=sshd-only user=alice .*result=ok", mark)
    assert "rhost=127.0.0.1" in line
    assert wechat.exchanges() == 1
