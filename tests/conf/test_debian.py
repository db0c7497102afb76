"""What Debian's package says when it is installed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from command.test_manual import COMMANDS
from harness.site import REPOSITORY

SCRIPT = REPOSITORY / "debian/libpam-wechat.postinst"
CONF = "/etc/pam_wechat/pam_wechat.conf"


def configure(folder: Path, *words: str) -> str:
    """Without a shell's environment, as by dpkg; CONF is another one, in the folder."""
    script = folder / "postinst"
    text = SCRIPT.read_text()
    assert CONF in text
    script.write_text(text.replace(CONF, str(folder / "pam_wechat.conf")))
    return subprocess.run(["/bin/sh", script, *words], check=True, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin"}).stdout


def test_a_new_installation_is_told_what_comes_next(folder: Path) -> None:
    commands = re.findall(r"^    pam-wechat (\w+)", configure(folder, "configure", ""), re.MULTILINE)
    assert commands == ["setup", "doctor"]
    assert set(commands) <= set(COMMANDS)


@pytest.mark.parametrize("words", [
    ("configure", "0.1.0-1"), ("abort-upgrade", "0.1.0-1"), ("abort-remove",), ("triggered", "x"),
])
def test_nothing_else_is_told(folder: Path, words: tuple[str, ...]) -> None:
    assert configure(folder, *words) == ""


def test_who_has_configured_it_is_told_nothing(folder: Path) -> None:
    (folder / "pam_wechat.conf").write_text("")
    assert configure(folder, "configure", "") == ""
