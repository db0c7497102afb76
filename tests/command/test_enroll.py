"""Linking a WeChat to a user: the administrator's terminal, the person's phone, the table."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from time import monotonic, sleep

import pytest

from harness.attacker import Attacker, guesses_in_vain, wrong
from harness.command import Command
from harness.enrolling import DIGITS, LINK, Enrolling
from harness.host import Host
from harness.site import BUILD, Site
from harness.waiting import ample, until
from pam.wire import Listener, pack
from simulator import Phone, WeChat

ASKED = "Link this WeChat to carol?"
WAITING_FOR_DIGITS = "the phone shows the digits now"


@pytest.fixture()
def phone(wechat: WeChat) -> Phone:
    return Phone(wechat, "carol", language="en")


@pytest.fixture()
def table(site: Site, wechat: WeChat) -> str:
    """What the table holds before: comments, and two others than carol."""
    text = f"# ours\n{wechat.openid('alice')}\talice\n\n{wechat.openid('bob')} bob # Bob\n"
    site.write_users(text)
    return text


def lines_added(site: Site, table: str) -> list[str]:
    """What was added to the table, without comments; the rest must be as it was."""
    text = site.users_file.read_text()
    assert text.startswith(table)
    return [" ".join(line.partition("#")[0].split()) for line in text[len(table):].splitlines()]


def finish_on(phone: Phone, link: str) -> str:
    pin = phone.sign_in(link)
    assert pin is not None
    return pin


def processes_of(site: Site) -> list[str]:
    """The exchanges of this site that run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "exe") == str(site.exchange):
                found.append(folder.name)
        except OSError:
            continue
    return found


def expect_nothing_left(site: Site) -> None:
    assert site.wait_for_pending(0)
    assert until(lambda: processes_of(site) == [])
    assert sorted(path.name for path in site.folder.glob(".*")) == []


# ---- One person -----------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["snsapi_base", "snsapi_userinfo"])
def test_a_scan_and_the_digits_read_out_link_a_wechat(
    site: Site, wechat: WeChat, phone: Phone, table: str, scope: str
) -> None:
    site.write_conf(scope=scope)
    with Enrolling(site, "carol") as terminal:
        pin = finish_on(phone, terminal.link())
        terminal.wait_for(WAITING_FOR_DIGITS)
        terminal.type(pin)
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert f"WeChat named    {wechat.openid('carol')}\n" in terminal.shown
    nickname = f"{wechat.people.nickname('carol')}  (as WeChat shows it; proves nothing)"
    assert (nickname in terminal.shown) == (scope == "snsapi_userinfo")
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]
    assert site.users_file.stat().st_mode & 0o777 == 0o600
    expect_nothing_left(site)
    with Host(site, "carol") as host:
        assert host.type(finish_on(phone, host.link())) == "PAM_SUCCESS"


@pytest.mark.parametrize("language, asked, how, told, caution", [
    ("en", "Link your WeChat to «carol» on web1?", "the administrator links your WeChat (pam-wechat)",
     "Read these digits to the administrator", "nobody but an administrator whom you know"),
    ("zh_CN", "将您的微信关联到 web1 的用户 «carol»？", "由管理员关联您的微信（pam-wechat）",
     "请把这些数字读给管理员", "您认识的管理员"),
])
def test_the_page_says_what_is_linked_and_to_whom_the_digits_are_read(
    site: Site, wechat: WeChat, language: str, asked: str, how: str, told: str, caution: str
) -> None:
    with Enrolling(site, "carol") as terminal:
        phone = Phone(wechat, "carol", language=language)
        page = phone.open(terminal.link())
        assert asked in page.text.splitlines() and how in page.text.splitlines()
        assert "signing in" not in page.text and "登录吗" not in page.text
        assert page.buttons == ["continue", "refuse"]
        page = phone.tap("continue")
        assert page.pin is not None and told in page.text and caution in page.text
        assert "terminal" not in page.text and "终端" not in page.text


def test_the_table_is_made_if_there_is_none(site: Site, wechat: WeChat, phone: Phone) -> None:
    site.users_file.unlink()
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert re.search(rf"^{wechat.openid('carol')} +carol:61003 ", site.users_file.read_text(), re.M)
    assert site.users_file.stat().st_mode & 0o777 == 0o600


def test_whatever_is_not_yes_links_nothing(site: Site, phone: Phone, table: str) -> None:
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.agree(ASKED, "")
        assert terminal.end() == 1
    assert site.users_file.read_text() == table


def test_three_wrong_digits_end_it(site: Site, phone: Phone, table: str) -> None:
    with Enrolling(site, "carol") as terminal:
        pin = finish_on(phone, terminal.link())
        terminal.wait_for(WAITING_FOR_DIGITS)
        for _ in range(2):
            terminal.wait_for(DIGITS)
            terminal.type(wrong(pin))
            terminal.wait_for("Those are not the digits on the phone.")
        terminal.wait_for(DIGITS)
        terminal.type(wrong(pin))
        assert terminal.end() == 1
    assert site.users_file.read_text() == table
    expect_nothing_left(site)


def test_mistyped_digits_may_be_typed_again(site: Site, phone: Phone, table: str) -> None:
    with Enrolling(site, "carol") as terminal:
        pin = finish_on(phone, terminal.link())
        terminal.type(wrong(pin))
        terminal.wait_for("Those are not the digits on the phone.")
        terminal.type(f" {pin[:2]} {pin[2:]} ")
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert len(lines_added(site, table)) == 1


def test_digits_count_only_when_a_phone_has_finished(site: Site, phone: Phone) -> None:
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        for _ in range(4):
            terminal.type("0000")
            terminal.wait_for("No phone has got that far yet.")
        terminal.type(finish_on(phone, link))
        terminal.agree(ASKED)
        assert terminal.end() == 0


@pytest.mark.parametrize("mistyped", [False, True], ids=["at-once", "mistyped-before"])
def test_digits_that_come_together_with_the_news_are_taken(
    site: Site, phone: Phone, mistyped: bool
) -> None:
    """The terminal learns of both in the same moment."""
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        os.kill(terminal.terminal.pid, signal.SIGSTOP)
        pin = finish_on(phone, link)
        if mistyped:
            terminal.type(str((int(pin) + 1) % 10000).zfill(4))
        terminal.type(pin)
        os.kill(terminal.terminal.pid, signal.SIGCONT)
        terminal.agree(ASKED)
        assert terminal.end() == 0
        assert "No phone has got that far yet." not in terminal.shown


def test_enter_shows_it_another_way(site: Site) -> None:
    with Enrolling(site, "carol") as terminal:
        terminal.link()
        assert "█" in terminal.shown and "@@" not in terminal.shown
        terminal.type("")
        terminal.link()
        assert "@@" in terminal.shown and "farther away" in terminal.shown


def test_this_isnt_me_ends_it(site: Site, phone: Phone, table: str) -> None:
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        phone.open(link)
        phone.tap("refuse")
        assert terminal.end() == 1
    assert "Refused on the phone" in terminal.shown and ASKED not in terminal.shown
    assert site.users_file.read_text() == table


def test_this_isnt_me_after_the_digits_were_shown_makes_them_worthless(
    site: Site, phone: Phone, table: str
) -> None:
    with Enrolling(site, "carol") as terminal:
        pin = finish_on(phone, terminal.link())
        phone.tap("refuse")
        terminal.type(pin)
        assert terminal.end() == 1
    assert "Refused on the phone" in terminal.shown and ASKED not in terminal.shown


@pytest.mark.parametrize("scope", ["snsapi_base", "snsapi_userinfo"])
@pytest.mark.parametrize("snapshot", ["flagged", "unflagged", "flag_on_real"])
def test_a_snapshot_names_nobody_and_a_tap_afterwards_does(
    site: Site, wechat: WeChat, phone: Phone, table: str, scope: str, snapshot: str
) -> None:
    site.write_conf(scope=scope)
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        wechat.plan(snapshot=snapshot)
        phone.open(link)
        page = phone.tap("continue")
        if "allow" in page.buttons:
            page = phone.tap("allow")
        if snapshot == "unflagged" and scope == "snsapi_base":
            # Nobody can tell, as in a login: it is another openid, which signs carol in never.
            assert page.pin is not None
            terminal.type(page.pin)
            terminal.agree(ASKED, "n")
            assert terminal.end() == 1
            named = re.search(r"^WeChat named    (\S+)$", terminal.shown, re.MULTILINE)
            assert named is not None and named[1] != wechat.openid("carol")
            assert site.users_file.read_text() == table
            return
        assert page.pin is None
        terminal.wait_for("WeChat opened a snapshot")
        terminal.type("1234")
        terminal.wait_for("No phone has got that far yet.")
        terminal.type(finish_on(phone, link))
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]


@pytest.mark.parametrize("errcode, status, sentence", [
    (40226, 1, "WeChat has restricted this account."),
    (40125, 2, "WeChat sign-in is not set up correctly."),
])
def test_what_wechat_refuses_for_good_ends_it_with_its_code(
    site: Site, wechat: WeChat, phone: Phone, errcode: int, status: int, sentence: str
) -> None:
    wechat.plan(token=errcode)
    with Enrolling(site, "carol") as terminal:
        phone.sign_in(terminal.link())
        assert terminal.end() == status
    assert sentence in terminal.shown
    assert f"WeChat's error code {errcode}. WeChat's request id " in terminal.shown


def test_when_time_is_up_it_ends(site: Site, table: str) -> None:
    site.write_conf(timeout="5")
    with Enrolling(site, "carol") as terminal:
        terminal.link()
        terminal.wait_for("time is up")
        assert terminal.end() == 1
    assert site.users_file.read_text() == table


def test_a_link_alone_comes_without_a_picture_and_with_a_warning(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    with Enrolling(site, "carol", "--link") as terminal:
        link = terminal.link()
        assert "█" not in terminal.shown and "by telephone" in terminal.shown
        assert "Whoever opens it first can answer." in terminal.shown
        terminal.type(finish_on(phone, link))
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]


def test_a_link_alone_has_a_longer_life_than_a_login(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    """It has to reach somebody first."""
    site.write_conf(timeout="5")
    with Enrolling(site, "carol", "--link") as terminal:
        began = datetime.now()
        link = terminal.link()
        told = re.search(r"works for 5 minutes, until (\d\d:\d\d:\d\d);", terminal.shown)
        assert told is not None
        end = datetime.combine(began, time.fromisoformat(told[1]))
        assert 299 <= (end - began).total_seconds() % 86400
        assert (end - datetime.now()).total_seconds() % 86400 <= 301
        # A login of this configuration is over then, for its child and the helper as well.
        sleep(6)
        terminal.type(finish_on(phone, link))
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert "time is up" not in terminal.shown
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]


# ---- The table --------------------------------------------------------------------------------


def test_a_wechat_that_is_linked_already_is_told(site: Site, wechat: WeChat, table: str) -> None:
    with Enrolling(site, "bob") as terminal:
        terminal.wait_for("bob has 1 WeChat account already; this will be one more.")
        terminal.type(finish_on(Phone(wechat, "bob"), terminal.link()))
        terminal.wait_for("This WeChat is linked to bob already")
        assert terminal.end() == 0
    assert site.users_file.read_text() == table


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 1)])
def test_somebody_else_s_wechat_needs_a_second_yes(
    site: Site, wechat: WeChat, table: str, answer: str, status: int
) -> None:
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(Phone(wechat, "bob"), terminal.link()))
        terminal.agree(ASKED)
        terminal.wait_for(f"{wechat.openid('bob')} is linked to bob already.")
        terminal.agree("Add carol to that line?", answer)
        assert terminal.end() == status
    text = site.users_file.read_text()
    if status == 0:
        assert text.startswith(table.replace("bob # Bob", "bob,carol:61003 # Bob").rstrip("\n"))
    else:
        assert text == table


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 1)])
def test_a_name_that_was_somebody_else_s_gets_its_new_uid_by_a_second_yes(
    site: Site, wechat: WeChat, phone: Phone, answer: str, status: int
) -> None:
    bound = f"{wechat.openid('bob')} carol:7\n{wechat.openid('carol')}  bob,carol:7 # Carol\n"
    site.write_users(bound)
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.agree(ASKED)
        terminal.wait_for("It is linked to a carol with uid 7")
        terminal.agree("Write the new uid?", answer)
        assert terminal.end() == status
    assert "already; this will be one more" not in terminal.shown
    assert site.users_file.read_text() == \
        (bound.replace("bob,carol:7", "bob,carol:61003") if status == 0 else bound)
    with Host(site, "carol") as host:
        pin = phone.sign_in(host.link())
        assert (pin is not None) == (status == 0)
        assert host.type(pin or "1234") == ("PAM_SUCCESS" if status == 0 else "PAM_MAXTRIES")


def test_a_batch_does_not_take_somebody_else_of_the_same_name_for_linked(
    site: Site, wechat: WeChat, phone: Phone
) -> None:
    site.write_users(f"{wechat.openid('bob')} bob:61002,carol:7\n")
    with Enrolling(site, "--batch", write_batch(site, "bob\ncarol\n")) as terminal:
        terminal.wait_for("bob is linked already.")
        terminal.type(finish_on(phone, terminal.link()))
        terminal.agree(ASKED)
        terminal.wait_for("1 linked, 1 linked before, 0 left out")
        assert terminal.end() == 0


def test_what_somebody_else_changes_meanwhile_stays(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.wait_for(ASKED)
        changed = table + "oSomebodyElse00 dave\n"
        site.write_users(changed)
        terminal.type("y")
        assert terminal.end() == 0
    assert lines_added(site, changed) == [f"{wechat.openid('carol')} carol:61003"]


def test_a_wechat_that_becomes_somebody_else_s_meanwhile_is_asked_about_again(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.wait_for(ASKED)
        site.write_users(f"{table}{wechat.openid('carol')} dave\n")
        terminal.type("y")
        terminal.wait_for("The table was changed in the meantime.")
        terminal.agree(ASKED)
        terminal.wait_for("is linked to dave already.")
        terminal.agree("Add carol to that line?", "n")
        assert terminal.end() == 1
    assert site.users_file.read_text() == f"{table}{wechat.openid('carol')} dave\n"


@contextmanager
def small_disk(site: Site) -> Iterator[Path]:
    """A file system of two pages, one of which the table fills."""
    where = site.folder / "small"
    where.mkdir(mode=0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=8k", "tmpfs", where], check=True)
    try:
        users = where / "users"
        users.touch(0o600)
        users.write_text("# ours\n")
        site.write_conf(users_file=str(users))
        yield users
    finally:
        subprocess.run(["umount", where], check=True)


def test_a_full_disk_leaves_the_old_table(site: Site, phone: Phone) -> None:
    with small_disk(site) as users:
        with (users.parent / "filler").open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(1024))
        with Enrolling(site, "carol") as terminal:
            terminal.type(finish_on(phone, terminal.link()))
            terminal.agree(ASKED)
            assert terminal.end() == 1
        assert f"{users}: " in terminal.shown and "No space left on device" in terminal.shown
        assert users.read_text() == "# ours\n"
        assert sorted(path.name for path in users.parent.iterdir()) == ["filler", "users"]


@pytest.mark.parametrize("change, words", [
    (lambda site: site.write_users("no openid\n"), ":1: "),
    (lambda site: site.users_file.chmod(0o644), "users: "),
    (lambda site: site.write_conf(users_file="/nowhere/users"), "/nowhere"),
    (lambda site: site.write_conf(colour="red"), "colour"),
    (lambda site: (site.folder / "secret").unlink(), "secret: "),
], ids=["broken table", "table that others read", "no folder", "unknown key", "no secret"])
def test_what_is_set_up_wrongly_is_told_before_anybody_scans(
    site: Site, change: object, words: str
) -> None:
    assert callable(change)
    change(site)
    done = Command(site).run("enroll", "carol")
    assert done.returncode == 2 and words in done.stderr
    assert LINK.search(done.stdout) is None


# ---- Who may, and whom ------------------------------------------------------------------------


def test_only_root_enrols(site: Site, table: str) -> None:
    done = Command(site).run("enroll", "carol", through=("setpriv", "--reuid", "alice"))
    assert done.returncode == 1 and "only root may change the users table" in done.stderr
    assert done.stdout == "" and site.users_file.read_text() == table


@pytest.mark.parametrize("words, told", [
    ((), "not both"), (("alice", "bob"), "usage: pam-wechat enroll"),
    (("alice", "--batch", "/dev/null"), "not both"),
])
def test_wrong_usage_is_told(site: Site, words: tuple[str, ...], told: str) -> None:
    done = Command(site).run("enroll", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize("user, words", [
    ("dave", "there is no such user on this machine"), ("root", "would be root"),
    ("a,b", "cannot be the name of a local user"), ("", "cannot be the name of a local user"),
])
def test_who_cannot_be_enrolled_is_refused(site: Site, user: str, words: str) -> None:
    done = Command(site).run("enroll", "--", user)
    assert done.returncode == 1 and words in done.stderr and LINK.search(done.stdout) is None


@pytest.mark.parametrize("user, bound, warns", [
    ("dave", "dave", False), ("root", "root:0", True),
])
def test_force_enrols_root_and_who_is_still_to_come(
    site: Site, wechat: WeChat, phone: Phone, table: str, user: str, bound: str, warns: bool
) -> None:
    with Enrolling(site, user, "--force") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.agree(f"Link this WeChat to {user}?")
        assert terminal.end() == 0
    assert ("will be root on this machine" in terminal.shown) == warns
    assert lines_added(site, table) == [f"{wechat.openid('carol')} {bound}"]


def test_without_a_helper_it_says_what_to_start(site: Site) -> None:
    site.stop_helper()
    done = Command(site).run("enroll", "carol")
    assert done.returncode == 1
    assert "systemctl start pam-wechat-helper" in done.stderr
    assert str(site.folder / "run/helper.sock") in done.stderr


# ---- Given up ---------------------------------------------------------------------------------


# The signal that each ends it by.
KEYS = {"\x03": signal.SIGINT, "\x1c": signal.SIGQUIT, "\x04": None}


@pytest.mark.parametrize("key", KEYS, ids=["ctrl-c", "ctrl-backslash", "ctrl-d"])
@pytest.mark.parametrize("when", ["before the digits", "at the question"])
def test_giving_up_leaves_nothing(
    site: Site, phone: Phone, table: str, key: str, when: str
) -> None:
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        before = termios.tcgetattr(terminal.terminal.child_fd)
        if when == "at the question":
            terminal.type(finish_on(phone, link))
            terminal.wait_for(ASKED)
        else:
            assert site.pending() == 1
        terminal.terminal.send(key)
        end = 1 if key == "\x04" else None
        assert (terminal.end(), terminal.terminal.signalstatus) == (end, KEYS[key])
        assert termios.tcgetattr(terminal.terminal.child_fd) == before
    assert site.users_file.read_text() == table
    expect_nothing_left(site)


# ---- Many -------------------------------------------------------------------------------------


def write_batch(site: Site, text: str) -> str:
    return str(site.write("people", text, 0o644))


def test_a_batch_goes_on_without_who_never_scans(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    began = monotonic()
    with Enrolling(site, "carol") as terminal:
        finish_on(phone, terminal.link())
    site.write_conf(timeout=str(ample(monotonic() - began, 5)))
    batch = write_batch(site, "# new\nbob\nalicia # again\n\n  carol\t\n")
    with Enrolling(site, "--batch", batch) as terminal:
        terminal.wait_for("bob is linked already.")
        terminal.wait_for("alicia (2 of 3)")
        for answer in ("x", "r"):
            if answer == "x":
                terminal.link()
            terminal.wait_for("alicia: [r]etry, [s]kip, [q]uit? ")
            terminal.type(answer)
        terminal.link()
        terminal.wait_for("alicia: [r]etry, [s]kip, [q]uit? ")
        terminal.type("s")
        terminal.wait_for("carol (3 of 3)")
        terminal.type(finish_on(phone, terminal.link()))
        terminal.agree(ASKED)
        terminal.wait_for("1 linked, 1 linked before, 1 left out: alicia")
        assert terminal.end() == 1
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]
    expect_nothing_left(site)


def test_a_batch_that_is_quit_says_who_is_left(site: Site, phone: Phone, table: str) -> None:
    batch = write_batch(site, "carol\nalicia\nbob")
    with Enrolling(site, "--batch", batch) as terminal:
        phone.open(terminal.link())
        phone.tap("refuse")
        terminal.wait_for("carol: [r]etry, [s]kip, [q]uit? ")
        terminal.type("q")
        terminal.wait_for("0 linked, 0 linked before, 3 left out: carol alicia bob")
        assert terminal.end() == 1
    assert site.users_file.read_text() == table


def test_all_wrong_lines_of_a_batch_are_told_before_the_first_enrolment(
    site: Site, table: str
) -> None:
    batch = write_batch(site, "carol\ndave\ncarol\nalice bob\n#\nroot\na,b\n")
    done = Command(site).run("enroll", "--batch", batch)
    assert done.returncode == 2 and done.stdout == ""
    assert [line.split(": ")[1:3] for line in done.stderr.splitlines()] == [
        [f"{batch}:2", "dave"], [f"{batch}:3", "carol stands here twice"],
        [f"{batch}:4", "one user on each line, and nothing else"], [f"{batch}:6", "root"],
        [f"{batch}:7", '"a,b" cannot be the name of a local user'],
    ]


@pytest.mark.parametrize("text, words", [
    ("", "it names nobody"), ("carol\r\n", ":1: "), ("x" * 5000, ":1: "), (None, "No such file"),
])
def test_a_batch_that_is_no_list_is_refused(site: Site, text: str | None, words: str) -> None:
    batch = str(site.folder / "people") if text is None else write_batch(site, text)
    done = Command(site).run("enroll", "--batch", batch)
    assert done.returncode == 2 and f"{batch}" in done.stderr and words in done.stderr


# ---- An attacker's view -----------------------------------------------------------------------


def test_an_enrolment_s_link_signs_nobody_in(site: Site, wechat: WeChat) -> None:
    """Even alice herself, whom both are about: neither pin opens the other."""
    phone = Phone(wechat, "alice", language="en")
    with Enrolling(site, "alice") as terminal, Host(site, "alice") as host:
        host.link()
        assert host.type(finish_on(phone, terminal.link())) is None
        assert guesses_in_vain(host)


def test_a_login_s_link_enrols_nobody(site: Site, wechat: WeChat, table: str) -> None:
    phone = Phone(wechat, "alice", language="en")
    with Enrolling(site, "carol") as terminal, Host(site, "alice") as host:
        terminal.link()
        pin = finish_on(phone, host.link())
        terminal.type(pin)
        terminal.wait_for("No phone has got that far yet.")
        assert host.type(pin) == "PAM_SUCCESS"
    assert site.users_file.read_text() == table


def test_whoever_finishes_first_is_meant_and_nobody_else_sees_the_digits(
    site: Site, wechat: WeChat, phone: Phone
) -> None:
    """With a stranger's phone first, the person has no digits to read out."""
    attacker = Attacker(wechat)
    with Enrolling(site, "carol", "--link") as terminal:
        link = terminal.link()
        assert attacker.sign_in(link) is not None
        assert phone.sign_in(link) is None
        assert "Another phone is finishing" in (phone.page.text if phone.page else "")


def test_a_restarted_helper_does_not_let_another_phone_have_the_same_digits(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    """The helper forgets who won; the digits would stand for whoever came last."""
    attacker = Attacker(wechat)
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        pin = finish_on(phone, link)
        site.stop_helper()
        site.start_helper()
        assert site.wait_for_pending(1)
        attacker.open(link)
        assert "Another phone is finishing" in attacker.tap("continue").text
        assert not attacker.saw_a_pin(pin)
        assert finish_on(phone, link) == pin
        terminal.type(pin)
        terminal.wait_for(f"WeChat named    {wechat.openid('carol')}")


def test_the_person_at_the_first_phone_is_linked_whatever_comes_later(
    site: Site, wechat: WeChat, phone: Phone, table: str
) -> None:
    attacker = Attacker(wechat)
    with Enrolling(site, "carol") as terminal:
        link = terminal.link()
        attacker.open(link)
        pin = finish_on(phone, link)
        attacker.sign_in(link)
        assert not attacker.saw_a_pin(pin)
        terminal.type(pin)
        terminal.agree(ASKED)
        assert terminal.end() == 0
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]


def test_the_helper_never_learns_the_openid(site: Site, wechat: WeChat, table: str) -> None:
    site.write_conf(scope="snsapi_userinfo")
    site.stop_helper()
    socket = site.folder / "run/helper.sock"
    socket.unlink(missing_ok=True)
    heard: list[str] = []
    with Listener(socket, group="pam-wechat-exchange") as helper:
        with Enrolling(site, "carol") as terminal:
            verb, register = helper.receive()
            assert verb == "REGISTER" and register["occasion"] == "enroll"
            assert register["user"] == "carol" and register["host"] == "web1"
            heard += register.values()
            helper.send("REGISTERED")
            terminal.link()
            code = wechat.code_for("carol", register["state"], scope="snsapi_userinfo")
            helper.send("CODE", ticket="1", code=code)
            verb, result = helper.receive()
            assert (verb, result["reason"]) == ("RESULT", "none")
            heard += result.values()
            terminal.type(result["pin"])
            terminal.agree(ASKED)
            assert terminal.end() == 0
    assert lines_added(site, table) == [f"{wechat.openid('carol')} carol:61003"]
    assert wechat.openid("carol") not in " ".join(heard)
    assert wechat.secret not in " ".join(heard)


@pytest.mark.parametrize("reply", [
    pack("IDENTITY", openid="oCarol0000"), pack("NAMED"), pack("NAMED", openid="short"),
    pack("NAMED", openid="oCarol0000 x"), pack("REFUSED", reason="none"), pack("READY", link="x"),
    b"x" * 9000, b"",
], ids=["IDENTITY", "no openid", "short openid", "no openid at all", "refused for no reason",
        "READY", "junk", "hangs up"])
def test_an_exchange_that_says_anything_else_enrols_nobody(
    site: Site, table: str, reply: bytes
) -> None:
    shutil.copyfile(BUILD / "tests/pam/exchange-relay", site.exchange)
    with Listener(site.exchange.with_name(site.exchange.name + ".sock")) as exchange:
        with Enrolling(site, "carol") as terminal:
            verb, login = exchange.receive()
            assert verb == "LOGIN" and login["occasion"] == "enroll" and login["openids"] == ""
            exchange.send("READY", link=login["link"])
            terminal.link()
            assert exchange.receive() == ("VERDICT?", {})
            if reply:
                exchange.send_raw(reply)
            else:
                exchange.hang_up()
            assert terminal.end() == 1
    assert ASKED not in terminal.shown and site.users_file.read_text() == table


def test_it_cannot_be_dumped_when_it_reads_the_secret(site: Site) -> None:
    site.stop_helper()
    calls = site.folder / "calls"
    strace = ("strace", "-qq", "-o", str(calls), "-e", "trace=prctl,openat")
    assert Command(site).run("enroll", "carol", through=strace).returncode == 1
    told = calls.read_text()
    assert "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in told[: told.index('"secret"')]


def test_a_hostile_nickname_does_not_move_the_cursor(
    site: Site, wechat: WeChat, phone: Phone
) -> None:
    site.write_conf(scope="snsapi_userinfo")
    wechat.plan(userinfo="nickname_control")
    with Enrolling(site, "carol") as terminal:
        terminal.type(finish_on(phone, terminal.link()))
        terminal.wait_for(ASKED)
        assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", terminal.shown) is None


def test_two_enrolments_at_once_are_both_linked(site: Site, wechat: WeChat, table: str) -> None:
    with Enrolling(site, "carol") as one, Enrolling(site, "alicia") as other:
        for terminal, person in ((one, "carol"), (other, "alicia")):
            terminal.type(finish_on(Phone(wechat, person), terminal.link()))
        one.wait_for(ASKED)
        other.wait_for("Link this WeChat to alicia?")
        senders = [threading.Thread(target=terminal.type, args=("y",)) for terminal in (one, other)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert (one.end(), other.end()) == (0, 0)
    assert sorted(lines_added(site, table)) == sorted(
        [f"{wechat.openid('carol')} carol:61003", f"{wechat.openid('alicia')} alicia:61001"])
