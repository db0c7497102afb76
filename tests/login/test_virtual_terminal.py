"""login on a virtual terminal of the kernel's: the machine's own console, and no pty."""

from __future__ import annotations

import os
import re
import signal
import stat
from collections.abc import Iterator

import pytest

from harness import sanitizer
from harness.console_font import ConsoleFont
from harness.doors import DOORS
from harness.site import Site
from harness.system_log import SystemLog
from harness.virtual_terminal import END_OF_FILE, INTERRUPT, NoVirtualTerminal, VirtualTerminal
from simulator import Phone, WeChat, camera

LOGIN = DOORS["login"]
TAP = r"^Scan with WeChat and tap Continue on your phone: that signs you in here\."
QUESTION = "Code on your phone:$"
SHELL = r"^\$$"
ROWS_OF_PICTURE, ROWS_OF_ART = 17, 33
HIGH = 40  # rows: room for ASCII art
# Debian's own choice has no half blocks.
WITHOUT_BLOCKS = "Lat15-Fixed16"


@pytest.fixture()
def terminal(request: pytest.FixtureRequest) -> Iterator[VirtualTerminal]:
    try:
        made = VirtualTerminal(*getattr(request, "param", ())).__enter__()
    except NoVirtualTerminal as error:
        pytest.skip(str(error))
    with made:
        yield made


def begin(terminal: VirtualTerminal, site: Site, options: str = "") -> None:
    """Starts login, and waits for what it shows: the link stands below the rest."""
    LOGIN.write_service(site, options)
    terminal.start([*LOGIN.command[:-1], "-p", LOGIN.account], {
        "PATH": "/usr/bin:/bin", "TERM": "linux", "LC_ALL": "C.UTF-8",
        **sanitizer.environment(leaks=False),
    })
    terminal.wait_for(r"^https?://\S+/l/\w{12}\b")


def whoami(terminal: VirtualTerminal) -> list[str]:
    """What the shell says about its terminal and its user; ends it."""
    terminal.wait_for(SHELL)
    terminal.type("clear; tty; id -un; echo over\r")
    terminal.wait_for(r"^over$")
    said = terminal.text.splitlines()
    terminal.type("exit\r")
    assert terminal.wait_for_end() == 0
    return said[:2]


def rows_of_picture(terminal: VirtualTerminal, characters: str) -> int:
    return sum(bool(row.strip()) and set(row) <= set(characters + " ") for row in terminal.screen)


def test_it_is_no_pty(terminal: VirtualTerminal) -> None:
    made = os.stat(terminal.path)
    assert stat.S_ISCHR(made.st_mode)
    assert (os.major(made.st_rdev), os.minor(made.st_rdev)) == (4, terminal.number)


def test_a_tap_signs_in_on_the_console(
    site: Site, wechat: WeChat, terminal: VirtualTerminal
) -> None:
    """As the shipped example comes, without an option: nothing is typed."""
    begin(terminal, site)
    terminal.wait_for(TAP)
    phone = Phone(wechat, LOGIN.account, language="en")
    assert phone.sign_in(terminal.picture) is None
    assert whoami(terminal) == [f"/dev/tty{terminal.number}", LOGIN.account]


def test_the_ask_page_names_the_console(
    site: Site, wechat: WeChat, terminal: VirtualTerminal
) -> None:
    begin(terminal, site)
    page = Phone(wechat, LOGIN.account, language="en").open(terminal.link)
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.html))
    assert facts["How"] == "at the console (login)"
    assert facts["From"] == f"/dev/tty{terminal.number}"


def test_the_code_signs_in_on_the_console(
    site: Site, wechat: WeChat, terminal: VirtualTerminal
) -> None:
    begin(terminal, site, "confirm=code")
    terminal.wait_for(QUESTION)
    pin = Phone(wechat, LOGIN.account).sign_in(terminal.picture)
    assert pin is not None
    terminal.type(f"{pin}\r")
    assert whoami(terminal) == [f"/dev/tty{terminal.number}", LOGIN.account]


@pytest.mark.parametrize("options", ["", "confirm=code"], ids=["by a tap", "by a code"])
def test_the_whole_picture_stands_on_80x25(
    site: Site, terminal: VirtualTerminal, options: str
) -> None:
    """The kernel's own font, which a console has until another is loaded, has all blocks."""
    begin(terminal, site, options)
    assert rows_of_picture(terminal, "█▀▄") == ROWS_OF_PICTURE
    assert camera.read_with_wechat(terminal.picture) == terminal.link
    assert camera.read_with_zbar(terminal.picture) == terminal.link


@pytest.mark.parametrize("terminal", [(HIGH,)], indirect=True, ids=[f"in {HIGH} rows"])
def test_a_font_without_half_blocks_gets_ascii_art(
    site: Site, wechat: WeChat, terminal: VirtualTerminal
) -> None:
    terminal.has_font(ConsoleFont.load(WITHOUT_BLOCKS))
    begin(terminal, site)
    assert rows_of_picture(terminal, "@") == ROWS_OF_ART
    assert rows_of_picture(terminal, "█▀▄") == 0
    assert camera.read_with_wechat(terminal.picture) == terminal.link
    Phone(wechat, LOGIN.account).sign_in(terminal.picture)
    assert whoami(terminal) == [f"/dev/tty{terminal.number}", LOGIN.account]


def test_80x25_without_half_blocks_keep_the_link(
    site: Site, wechat: WeChat, terminal: VirtualTerminal
) -> None:
    """The picture's top has scrolled away: no camera reads it, the link opens in WeChat."""
    terminal.has_font(ConsoleFont.load(WITHOUT_BLOCKS))
    begin(terminal, site)
    assert 0 < rows_of_picture(terminal, "@") < ROWS_OF_ART
    assert camera.read_with_wechat(terminal.picture) is None
    Phone(wechat, LOGIN.account).sign_in(terminal.link)
    assert whoami(terminal) == [f"/dev/tty{terminal.number}", LOGIN.account]


def test_another_wechat_does_not_sign_in_by_a_tap(
    site: Site, wechat: WeChat, terminal: VirtualTerminal
) -> None:
    """The login goes on: whose it is can still tap."""
    begin(terminal, site)
    other, owner = Phone(wechat, "bob", language="en"), Phone(wechat, LOGIN.account)
    assert other.sign_in(terminal.picture) is None
    assert other.page is not None and "may not sign in here" in other.page.text
    assert site.pending() == 1
    owner.sign_in(terminal.picture)
    assert whoami(terminal) == [f"/dev/tty{terminal.number}", LOGIN.account]


def test_another_wechat_does_not_sign_in_by_a_code(
    site: Site, wechat: WeChat, system_log: SystemLog, terminal: VirtualTerminal
) -> None:
    mark = system_log.mark()
    begin(terminal, site, "confirm=code")
    terminal.wait_for(QUESTION)
    assert Phone(wechat, "bob").sign_in(terminal.picture) is None
    terminal.type("1234\r")
    system_log.wait_for(r"service=login user=alice .*result=refused reason=not-linked", mark)
    terminal.wait_for("^Refused: this WeChat is not linked to this user")
    terminal.wait_for("^Maximum number of tries exceeded")
    terminal.wait_for_end()


def test_ctrl_c_ends_login(
    site: Site, system_log: SystemLog, terminal: VirtualTerminal
) -> None:
    """Which getty then starts again."""
    mark = system_log.mark()
    begin(terminal, site)
    assert site.pending() == 1
    terminal.type(INTERRUPT)
    assert terminal.wait_for_end() == -signal.SIGINT
    terminal.wait_for("^.CWeChat sign-in given up")
    system_log.wait_for(r"service=login user=alice .*result=refused reason=interrupted", mark)
    assert site.wait_for_pending(0)


def test_an_end_of_file_gives_up(
    site: Site, system_log: SystemLog, terminal: VirtualTerminal
) -> None:
    mark = system_log.mark()
    begin(terminal, site)
    assert site.pending() == 1
    terminal.type(END_OF_FILE)
    system_log.wait_for(r"service=login user=alice .*result=refused reason=interrupted", mark)
    terminal.wait_for("^Login incorrect$")
    assert site.wait_for_pending(0)
