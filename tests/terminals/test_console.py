"""The machine's own console: what login shows there, drawn with the console's fonts."""

from __future__ import annotations

import gzip
import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.console_font import FOLDER, ConsoleFont
from harness.doors import DOORS
from harness.host import Host
from harness.pty_pair import a_pty
from harness.site import BUILD, Site
from harness.terminal import Terminal
from simulator import Phone, WeChat, camera
from terminals.cells import DEBIAN_S, FULL, FULL_LARGE

MEDDLE = BUILD / "tests/pam/meddle.so"
TTY = Path("/dev/tty9")
HALF_BLOCKS, ART = "▀", "@@"


@pytest.fixture()
def tty() -> Iterator[str]:
    """A console in the sandbox's /dev; what its ioctl says comes from the font's own table."""
    assert not TTY.exists()
    TTY.touch()
    yield TTY.name
    TTY.unlink()


def message(
    site: Site, folder: Path, font: ConsoleFont | None, words: str, tty: str,
    service: str = "login", device: str = "9",
) -> str:
    """What the service shows there first, if the kernel says that it is this virtual terminal."""
    site.write_service(service, site.line(options=words))
    environment = {"LD_PRELOAD": f"libpam_wrapper.so {MEDDLE}", "MEDDLE_CONSOLE": device}
    if font is not None:
        (folder / "unimap").write_bytes(font.unimap())
        environment["MEDDLE_UNIMAP"] = str(folder / "unimap")
    with a_pty() as (_, path):
        options = ("--terminal", path, "--tty", tty)
        with Host(site, "alice", service, options, environment=environment) as host:
            text = host.message().text
            host.kill()  # nobody answers, and its terminal lasts longer than it
            return text


@pytest.mark.parametrize("name", [DEBIAN_S, FULL, FULL_LARGE])
def test_the_font_s_table_is_read_as_kbd_reads_it(folder: Path, name: str) -> None:
    (folder / "font").write_bytes(gzip.decompress((FOLDER / f"{name}.psf.gz").read_bytes()))
    told = subprocess.run(["psfgettable", folder / "font"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    pairs = {(int(character, 16), int(line.split()[0], 16)) for line in told.splitlines()
             if line.startswith("0x") for character in re.findall(r"U\+([0-9a-f]{4})\b", line)}
    table = ConsoleFont.load(name).unimap()
    assert len(pairs) > 200 and set(struct.iter_unpack("=HH", table)) == pairs


@pytest.mark.parametrize(("family", "has_them"), [
    ("Lat15", False), ("FullCyrSlav", True), ("FullCyrAsia", True), ("FullGreek", True),
    ("CyrKoi", True),
])
def test_which_of_debians_fonts_have_half_blocks(family: str, has_them: bool) -> None:
    """As TERMINALS.md says."""
    fonts = [ConsoleFont.load(path.name.removesuffix(".psf.gz"))
             for path in FOLDER.glob(f"{family}-*.psf.gz")]
    assert len(fonts) > 20
    for font in fonts:
        for block in "▀▄█":
            font.glyph(block)
        assert font.missing == (set() if has_them else {"▀", "▄"})


@pytest.mark.parametrize(("name", "drawn", "rows"), [
    (DEBIAN_S, ART, 40), (FULL, HALF_BLOCKS, 25), (FULL_LARGE, HALF_BLOCKS, 25),
])
def test_the_picture_is_one_that_the_consoles_font_can_draw(
    site: Site, folder: Path, tty: str, name: str, drawn: str, rows: int
) -> None:
    font = ConsoleFont.load(name)
    text = message(site, folder, font, "lang=zh", tty)
    assert drawn in text
    screen = camera.screen(text.encode(), 80, rows)
    picture = font.picture(screen)
    assert font.missing == set()
    assert camera.read_with_wechat(picture) == text.splitlines()[-1]


@pytest.mark.parametrize(("words", "service"), [
    ("confirm=code", "login"), ("", "su"), ("lang=zh", "sudo"), ("charset=ascii", "login"),
])
def test_a_question_at_the_console_is_drawn_for_its_font_as_well(
    site: Site, folder: Path, tty: str, words: str, service: str
) -> None:
    text = message(site, folder, ConsoleFont.load(DEBIAN_S), words, tty, service)
    assert ART in text and text.isascii()


def test_chinese_is_not_shown_where_no_font_has_it(site: Site, folder: Path, tty: str) -> None:
    font = ConsoleFont.load(FULL)
    text = message(site, folder, font, "lang=zh", tty, "su")
    assert HALF_BLOCKS in text and "Code on your phone" in text


def test_a_window_on_the_console_is_not_the_console(
    site: Site, folder: Path, tty: str
) -> None:
    text = message(site, folder, ConsoleFont.load(DEBIAN_S), "lang=zh", tty, "gdm-password")
    assert HALF_BLOCKS in text and "手机上的验证码" in text


@pytest.mark.parametrize("device", ["0", "64", "255"])
def test_what_has_a_consoles_name_alone_is_no_console(
    site: Site, folder: Path, tty: str, device: str
) -> None:
    """Whichever is in front, a serial line, and the last of those."""
    text = message(site, folder, ConsoleFont.load(DEBIAN_S), "lang=zh", tty, "su", device)
    assert HALF_BLOCKS in text and "手机上的验证码" in text


def test_the_link_alone_stays_the_link_alone(site: Site, folder: Path, tty: str) -> None:
    text = message(site, folder, ConsoleFont.load(DEBIAN_S), "charset=none", tty)
    assert text.isascii() and ART not in text and "http" in text


def test_a_console_that_says_nothing_gets_half_blocks(site: Site, folder: Path, tty: str) -> None:
    assert HALF_BLOCKS in message(site, folder, None, "", tty)


@pytest.mark.parametrize("options", ["confirm=wait", "confirm=code"])
def test_logins_own_bytes_are_read_off_an_80x25_console(
    site: Site, wechat: WeChat, options: str
) -> None:
    font = ConsoleFont.load(FULL)
    with DOORS["login"].open(site, options) as terminal:
        shown = _shown(terminal, options)
        picture = font.picture(camera.screen(shown, 80, 25))
        assert font.missing == set()
        phone = Phone(wechat, "alice")
        pin = phone.sign_in(picture)
        if pin is not None:
            terminal.type(pin)
        terminal.wait_for("$ ")


def _shown(terminal: Terminal, options: str) -> bytes:
    if options == "confirm=wait":
        return terminal.wait_for_message().data
    return terminal.wait_for_login().data
