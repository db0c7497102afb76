"""ssh in the locales that people have: what they see, and how they get in all the same."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.terminal import Terminal
from simulator import Phone, camera
from terminals.place import Place

GB = ("zh_CN.GBK", "zh_CN.GB18030")
LARGE = {"columns": 80, "rows": 40}
# Of a locale ssh asks for the character set alone.
SOURCE = 'comment_char %\nescape_char /\nLC_CTYPE\ncopy "zh_CN"\nEND LC_CTYPE\n'


@pytest.fixture(scope="module")
def locales() -> Iterator[Path]:
    """A folder for LOCPATH with the two that the machine need not have."""
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        folder = Path(name)
        (folder / "source").write_text(SOURCE)
        made = [
            # Its exit status counts the categories that are not there.
            subprocess.Popen(["localedef", "--quiet", "--no-archive", "-c", "-i", folder / "source",
                              "-f", locale.partition(".")[2], folder / locale],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for locale in GB
        ]
        for process in made:
            process.wait(60)
        for locale in GB:
            assert (folder / locale / "LC_CTYPE").exists()
        yield folder


def login(place: Place, locale: str, locales: Path, **size: int) -> Terminal:
    """ssh itself finds LC_CTYPE; LC_ALL would ask for categories that were not made."""
    environment = {"LC_ALL": "", "LC_CTYPE": locale, "LOCPATH": str(locales)}
    return place.sshd.login("alice", "id", "-un", environment=environment, **size)


@pytest.mark.parametrize("locale", GB)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_in_gbk_ssh_dies_of_the_default(
    place: Place, locales: Path, locale: str, lang: str
) -> None:
    place.offer(f"lang={lang}")
    with login(place, locale, locales) as terminal:
        assert "asmprintf failed" in terminal.rest()
        assert terminal.status == 255
    assert place.site.wait_for_pending(0)


@pytest.mark.parametrize("locale", GB)
def test_in_gbk_ascii_art_signs_in_and_is_in_english(
    place: Place, locales: Path, locale: str
) -> None:
    place.offer("charset=ascii lang=zh")
    with login(place, locale, locales, **LARGE) as terminal:
        shown = terminal.wait_for_login()
        assert shown.data.isascii() and "Scan with WeChat" in shown.text
        pin = Phone(place.site.wechat, "alice").sign_in(shown.picture)
        terminal.type(pin or "")
        assert terminal.rest().strip().splitlines()[-1] == "alice"


@pytest.mark.parametrize("locale", GB)
def test_in_gbk_the_link_alone_signs_in(place: Place, locales: Path, locale: str) -> None:
    place.offer("charset=none lang=zh")
    with login(place, locale, locales) as terminal:
        shown = terminal.wait_for_login()
        terminal.type(Phone(place.site.wechat, "alice").sign_in(shown.link) or "")
        assert terminal.rest().strip().splitlines()[-1] == "alice"


@pytest.mark.parametrize("locale", GB)
def test_in_gbk_another_locale_for_ssh_alone_is_a_cure(
    place: Place, locales: Path, locale: str
) -> None:
    place.offer("lang=zh")
    command = ["/usr/bin/env", "LC_ALL=C.UTF-8", *place.sshd.client("alice", "id", "-un")]
    environment = {"LC_ALL": "", "LC_CTYPE": locale, "LOCPATH": str(locales), "TERM": "xterm",
                   "PATH": os.environ["PATH"], "HOME": str(place.folder)}
    with Terminal(command, environment) as terminal:
        shown = terminal.wait_for_login()
        assert camera.read_with_wechat(shown.picture) == shown.link


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.UTF-8"])  # the last one is not installed
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_in_ascii_the_link_and_an_empty_answer_are_left(
    place: Place, locales: Path, locale: str, lang: str
) -> None:
    """test_ssh.py signs in this way."""
    place.offer(f"lang={lang}")
    with login(place, locale, locales, **LARGE) as terminal:
        octal = "".join(f"\\{byte:03o}" for byte in "： ".encode()[:-1]) + " "
        first = terminal.wait_for(octal if lang == "zh" else "Code on your phone: ")
        assert first.data.isascii() and "\\342\\226\\210" in first.text
        assert camera.read_with_wechat(first.picture) is None
        assert first.link in "\n".join(first.screen)
        terminal.type("")
        shown = terminal.wait_for("Code on your phone: ")
        assert "\\" not in shown.text
        assert camera.read_with_wechat(shown.picture) == first.link == shown.link


def test_in_utf8_everything_is_shown(place: Place) -> None:
    place.offer("lang=zh")
    with place.sshd.login("alice", "true", locale="C.UTF-8") as terminal:
        shown = terminal.wait_for_login()
        assert camera.read_with_wechat(shown.picture) == shown.link
        assert "请用微信扫码" in shown.text and "\\" not in shown.text
