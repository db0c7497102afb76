"""Who asks and from where: shown and logged, bounded and clean, and never believed."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.host import Host
from pam.login import GOOD, Installation, Login, logged, scan

NASTY = "evil\n\x1b[31m\x07\r\x00host".replace("\0", "")


@pytest.mark.parametrize("rhost, shown", [
    ("203.0.113.7", "203.0.113.7"),
    ("2001:db8::1", "2001:db8::1"),
    ("host.example", "host.example"),
    ("", ""),
    ("a b", "a?b"),
    ("x result=ok", "x?result?ok"),
    ("\"x\"", "?x?"),
    (NASTY, "evil[31mhost"),
    ("x\u202ey\u200b\u2066z", "xyz"),
    ("主机", "主机"),
    ("x" * 127, "x" * 127),
    ("x" * 128, "x" * 127),
    ("x" * 5000, "x" * 127),
    ("主" * 50, "主" * 42),
])
def test_rhost_in_the_log(installed: Installation, rhost: str, shown: str) -> None:
    outcome = installed.run(replace(GOOD, options=("--rhost", rhost)))
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.lines == [logged("ok", rhost=shown)]


def test_rhost_that_is_no_utf8_is_logged_as_such(installed: Installation) -> None:
    installed.write()
    mark = installed.log.mark()
    with Host(installed.site, "alice", options=("--rhost", "a\udcff\udcc0b")) as host:
        page = scan(installed.phone(), host.link())
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    assert installed.module_lines(mark) == [logged("ok", rhost="a??b")]


@pytest.mark.parametrize("user", ["a=b", "a\"b", "ü", "x" * 200])
def test_a_listed_user_s_name_in_the_log(installed: Installation, user: str) -> None:
    outcome = installed.run(replace(GOOD, user=user, users="{alice} " + user + "\n"))
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.lines == [logged("ok", user=user.replace("=", "?").replace("\"", "?")[:127])]


@pytest.mark.parametrize("user", ["carol", "hunter2", "correct horse battery staple", "root"])
def test_an_unlisted_user_s_name_is_not_logged(installed: Installation, user: str) -> None:
    mark = installed.log.mark()
    login = replace(GOOD, user=user, words="debug")
    with installed.host(login) as host:
        scan(installed.phone(), host.link())
        assert host.type("0000") == "PAM_MAXTRIES"
    assert user not in "\n".join(installed.raw_lines(mark))
    assert user not in installed.site.helper_log()


def test_items_that_change_meanwhile_are_those_of_the_beginning(installed: Installation) -> None:
    """A host may set them during the conversation, which frees what was there."""
    login = replace(GOOD, options=("--rhost", "203.0.113.7", "--change", "alice"))
    outcome = installed.run(login)
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.lines == [logged("ok", rhost="203.0.113.7")]


@pytest.mark.parametrize("person, name", [("alice", "bob"), ("bob", "bob"), ("alice", "Alice")])
def test_nobody_gets_in_as_another_than_the_phone_has_seen(
    installed: Installation, person: str, name: str
) -> None:
    outcome = installed.run(replace(GOOD, person=person, options=("--change", name)))
    assert outcome.result != "PAM_SUCCESS"
    assert not [line for line in outcome.lines if "result=ok" in line]
    if person == "alice":
        assert outcome.result == "PAM_AUTH_ERR"
        assert outcome.lines == ["PAM_USER was changed while the login waited",
                                 logged("refused reason=internal phone=returned")]


def ask_page(installed: Installation, login: Login = GOOD) -> str:
    with installed.host(login) as host:
        return installed.phone().open(host.link()).text


def test_the_page_names_user_host_service_and_source(installed: Installation) -> None:
    text = ask_page(installed, replace(GOOD, options=("--rhost", "203.0.113.7", "--tty", "ssh")))
    for word in ("alice", "web1", "203.0.113.7"):
        assert re.search(rf"\b{re.escape(word)}\b", text), text
    assert "远程登录（test）" in text
    assert "uid" not in text


def test_what_root_asks_for_comes_from_the_machine_and_its_terminal(
    installed: Installation,
) -> None:
    text = ask_page(installed, replace(GOOD, options=("--tty", "tty1")))
    assert "由主机上的程序 test 发起" in text
    assert re.search(r"来自\s*tty1", text)
    assert "uid" not in text


def test_without_terminal_and_remote_host_it_comes_from_this_machine(
    installed: Installation,
) -> None:
    assert re.search(r"来自\s*本机", ask_page(installed))


@pytest.mark.parametrize("user", [
    "x y", "x" * 65, "王" * 65, "<b>", "a\u202eb", "", "a\nb", "a/b", "a\u3000b", "a\u00a0b",
    "a\ue000b", "a\u0378b", "\u3164", "a»«b",
])
def test_an_unusual_name_is_called_so(installed: Installation, user: str) -> None:
    text = ask_page(installed, replace(GOOD, user=user))
    assert re.search(r"用户\s*\(unusual name\)$", text, re.MULTILINE)


@pytest.mark.parametrize("user", [
    r"CORP\alice", r"corp.example\Alice+admin", "alice@corp.example", "ünlü", "王小明", r"公司\王小明",
    "иван", "שלום", "x" * 64, "王" * 64,
])
def test_names_of_directories_are_shown_as_they_are(installed: Installation, user: str) -> None:
    text = ask_page(installed, replace(GOOD, user=user))
    assert re.search(rf"用户\s*«{re.escape(user)}»$", text, re.MULTILINE)


@pytest.mark.parametrize(("name", "shown"), [
    (r"CORP\mallory", r"«CORP\mallory»"), ("王" * 64, f"«{'王' * 64}»"), ("王" * 65, "(unusual name)"),
])
def test_who_asks_is_shown_likewise(installed: Installation, name: str, shown: str) -> None:
    table = Path("/etc/passwd")
    before = table.read_text()
    table.write_text(f"{before}{name}:x:61099:61099::/:/bin/sh\n")
    try:
        text = ask_page(installed, replace(GOOD, options=("--ruid", "61099", "--tty", "pts/3")))
    finally:
        table.write_text(before)
    assert f"成为 «alice»，请求者为本机用户 {shown} (uid 61099, pts/3)" in text


@pytest.mark.parametrize("option", ["--rhost", "--tty"])
def test_a_nasty_source_is_clean_on_the_page(installed: Installation, option: str) -> None:
    source = "<script>alert(1)</script>\x1b[31m\u202e&amp;"
    with installed.host(replace(GOOD, options=(option, source))) as host:
        page = installed.phone().open(host.link())
    assert "<script>alert(1)</script>[31m&amp;" in page.text
    assert "<script" not in page.html
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", page.html)


def test_who_shows_that_it_is_them_becomes_nobody_else(installed: Installation) -> None:
    """As for sudo, whose PAM_USER is who calls it."""
    installed.write()
    service = Path("/etc/pam.d/pam_wechat-sudo")
    service.write_text((installed.site.folder / "pam.d/test").read_text())
    through = ("setpriv", "--ruid=61001", "--euid=0")
    with Host(installed.site, "alice", "pam_wechat-sudo", ("--tty", "pts/3"),
              through=through) as host:
        text = installed.phone().open(host.link()).text
    assert "pam_wechat-sudo，请求者为本机用户 «alice» (uid 61001, pts/3)" in text
    assert "成为" not in text


def test_su_s_user_is_named_and_its_exchange_is_nobody_s_but_its_own(
    installed: Installation,
) -> None:
    """The real user is alice and the effective one root, as in su and sudo."""
    installed.write()
    # Where the two differ nothing is preloaded: the service file lies in the sandbox's /etc/pam.d.
    service = Path("/etc/pam.d/pam_wechat-su")
    service.write_text((installed.site.folder / "pam.d/test").read_text())
    through = ("setpriv", "--ruid=61001", "--euid=0")
    with Host(installed.site, "bob", "pam_wechat-su", ("--tty", "pts/3"), through=through) as host:
        link = host.link()
        text = installed.phone().open(link).text
        assert "通过 pam_wechat-su 成为 «bob»，请求者为本机用户 «alice» (uid 61001, pts/3)" in text
        child = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text()
        status = Path(f"/proc/{child.strip()}/status").read_text()
        assert re.search(r"^Uid:\t61012\t61012\t61012\t61012$", status, re.MULTILINE)
        page = scan(installed.phone("bob"), link)
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    service.unlink()


def test_a_host_without_root_is_told_that_it_cannot_read_the_configuration(
    installed: Installation,
) -> None:
    mark = installed.log.mark()
    through = ("setpriv", "--reuid=61001", "--regid=61001", "--clear-groups")
    with installed.host(replace(GOOD, through=through)) as host:
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    assert installed.module_lines(mark) == [f"{installed.conf_file}: Permission denied"]


def test_no_name_is_resolved(installed: Installation) -> None:
    """rhost may be under an attacker's control: no resolver is asked about it."""
    installed.write(replace(GOOD, options=("--rhost", "host.example")))
    trace = installed.site.folder / "trace"
    strace = subprocess.run(["sh", "-c", "command -v strace"], capture_output=True, text=True)
    if strace.returncode != 0:
        pytest.skip("strace is not installed")
    through = ("strace", "-f", "-e", "trace=connect,openat", "-o", str(trace))
    with Host(installed.site, "alice", options=("--rhost", "host.example"),
              through=through) as host:
        host.link()
    assert "resolv.conf" not in trace.read_text()
