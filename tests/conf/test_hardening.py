"""What is built can't be rewritten once it is loaded."""

from __future__ import annotations

import subprocess

import pytest

from harness.site import BUILD

BUILT = ["pam_wechat/pam_wechat.so", "pam_wechat/exchange/pam-wechat-exchange",
         "pam_wechat/command/pam-wechat", "helper/pam-wechat-helper"]


@pytest.mark.parametrize("name", BUILT)
def test_all_symbols_are_bound_at_the_start_and_read_only_then(name: str) -> None:
    said = subprocess.run(["readelf", "--wide", "--dynamic", "--segments", BUILD / name],
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    assert "BIND_NOW" in said
    assert "GNU_RELRO" in said


@pytest.mark.parametrize("name", BUILT)
def test_string_functions_are_checked(name: str) -> None:
    """_FORTIFY_SOURCE is in force: ours, or the distribution's."""
    said = subprocess.run(["nm", "--dynamic", "--undefined-only", BUILD / name], check=True,
                          text=True, stdout=subprocess.PIPE).stdout
    assert "_chk@" in said
