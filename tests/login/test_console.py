"""
Where a tap alone opens: at a virtual terminal of the kernel's that root's login sits at. Nothing
that is only called like one is taken for it, and the phone is told no more than is known.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect.fdpexpect
import pytest

from harness import sanitizer
from harness.doors import DOORS
from harness.host import Host
from harness.pty_pair import a_pty
from harness.site import Site
from harness.terminal import PROMPTS, Terminal
from harness.virtual_terminal import NoVirtualTerminal, VirtualTerminal
from harness.waiting import HANG
from simulator import Phone, WeChat

LOGIN = DOORS["login"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TERM": "linux", "LC_ALL": "C.UTF-8",
               **sanitizer.environment(leaks=False)}
TAP = "Scan with WeChat and tap Continue on your phone: that signs you in here."
SUDOERS = Path("/etc/sudoers")
# login lets nobody but root begin without an entry (utmp(5)) for its process and terminal.
BECOME_USER_OF_TERMINAL = """
import os, struct, sys
USER_PROCESS = 7
terminal, uid, *command = sys.argv[1:]
with open("/run/utmp", "wb") as table:
    table.write(struct.pack("=hxxi32s4s32s316x", USER_PROCESS, os.getpid(), terminal.encode(),
                            b"me", b"bob"))
os.setresuid(int(uid), int(uid), int(uid))
os.execv(command[0], command)
"""


@pytest.fixture()
def console() -> Iterator[VirtualTerminal]:
    try:
        made = VirtualTerminal().__enter__()
    except NoVirtualTerminal as error:
        pytest.skip(str(error))
    with made:
        yield made


@contextmanager
def mounted(path: str, place: Path) -> Iterator[Path]:
    """A device at another place, as containers have it."""
    made = not place.exists()
    if made:
        place.touch()
    subprocess.run(["mount", "--bind", path, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        if made:
            place.unlink()


def host(site: Site, service: str, options: str, *words: str | Path) -> Host:
    site.write_service(service, site.line(options=options))
    return Host(site, "alice", service=service, options=tuple(str(word) for word in words))


def waits(site: Site, *words: str | Path, service: str = "login") -> bool:
    """Whether a tap is enough where nothing says how it is confirmed."""
    with host(site, service, "", *words) as asked:
        message = asked.message()
        assert message.link is not None
        if TAP not in message.text:
            return False
        asked.kill()  # nobody answers, and its terminal lasts longer than it
        return True


def how(site: Site, wechat: WeChat, service: str, *words: str | Path) -> str:
    """What the ask page says."""
    with host(site, service, "confirm=code", *words) as asked:
        return how_at(wechat, asked.link())


def how_at(wechat: WeChat, link: str) -> str:
    page = Phone(wechat, "alice", language="en").open(link)
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.html))["How"]


# -- the console

@pytest.mark.parametrize("name", ["tty{}", "/dev/tty{}"])
@pytest.mark.parametrize("rhost", [(), ("--rhost", "")])
def test_a_virtual_terminal_waits(
    site: Site, wechat: WeChat, console: VirtualTerminal, name: str, rhost: tuple[str, ...]
) -> None:
    words = ("--terminal", console.path, "--tty", name.format(console.number), *rhost)
    with host(site, "login", "lang=zh", *words) as asked:
        message = asked.message()
        # The console's font has no Chinese characters.
        assert TAP in message.text
        Phone(wechat, "alice").sign_in(message.link or "")
        assert asked.prompt() is None
        assert asked.result == "PAM_SUCCESS"
    assert how(site, wechat, "login", *words) == "at the console (login)"


@pytest.mark.parametrize("words", [
    ("--rhost", "203.0.113.7"),
    ("--rhost", "localhost"),
    ("--ruid", "61002"),
    ("--tty", ""),
    ("--tty", "tty"),
    ("--tty", "tty0"),
    ("--tty", "tty64"),
    ("--tty", "ttyS0"),
    ("--tty", "pts/0"),
    ("--tty", ":0"),
    ("--tty", "console"),
], ids=" ".join)
def test_the_same_terminal_asks_for_the_code_otherwise(
    site: Site, wechat: WeChat, console: VirtualTerminal, words: tuple[str, str]
) -> None:
    everything = ("--terminal", console.path, "--tty", f"tty{console.number}", *words)
    assert not waits(site, *everything)
    assert not how(site, wechat, "login", *everything).startswith("at the console")


@pytest.mark.parametrize("service", ["su", "su-l", "sudo", "doas", "sshd", "remote", "test"])
def test_no_other_service_waits_there(
    site: Site, console: VirtualTerminal, service: str
) -> None:
    words = ("--terminal", console.path, "--tty", f"tty{console.number}")
    assert not waits(site, *words, service=service)


def test_the_name_of_another_terminal_is_not_believed(
    site: Site, wechat: WeChat, console: VirtualTerminal
) -> None:
    with a_pty() as (_, pty):
        for words in (
            ("--terminal", pty),  # the person is far away, and the name is all there is
            ("--terminal", console.path, "--input", pty),
            ("--terminal", pty, "--input", console.path),
            (),  # no terminal at all
        ):
            everything = (*words, "--tty", f"tty{console.number}")
            assert not waits(site, *everything)
            assert how(site, wechat, "login", *everything) == "on this machine, by login"


def test_a_pty_beside_the_real_terminal_is_not_it(
    site: Site, wechat: WeChat, console: VirtualTerminal
) -> None:
    with a_pty() as (_, pty), mounted(pty, Path("/dev/tty1")) as place:
        assert not waits(site, "--terminal", place, "--tty", "tty1")
        assert how(site, wechat, "login", "--terminal", place, "--tty", "/dev/tty1") == (
            "on this machine, by login")
        assert waits(site, "--terminal", console.path, "--tty", f"tty{console.number}")


def test_a_pty_in_the_place_of_the_real_terminal_is_not_it(
    site: Site, console: VirtualTerminal
) -> None:
    """Whichever of the two the person sits at."""
    words = ("--tty", f"tty{console.number}")
    with mounted(str(console.path), Path("/dev/tty-elsewhere")) as real:
        assert waits(site, "--terminal", real, *words)
        with a_pty() as (_, pty), mounted(pty, console.path) as place:
            assert not waits(site, "--terminal", real, *words)
            assert not waits(site, "--terminal", place, *words)


def test_login_in_a_container_asks_for_the_code(site: Site, wechat: WeChat) -> None:
    """Whose /dev/tty1 is a pty: nobody knows where its other end is."""
    LOGIN.write_service(site, "")
    with a_pty() as (other_end, pty), mounted(pty, Path("/dev/tty1")) as place:
        with place.open("r+b", buffering=0) as terminal:
            process = subprocess.Popen(
                ["/usr/bin/setsid", "-c", *LOGIN.command[:-1], "-p", LOGIN.account],
                env=ENVIRONMENT, stdin=terminal, stdout=terminal, stderr=terminal)
        try:
            shown = pexpect.fdpexpect.fdspawn(other_end, timeout=HANG)
            shown.expect_exact(PROMPTS[0].encode())
            link = re.search(rb"https?://\S+", shown.before)
            assert link is not None
            assert how_at(wechat, link[0].decode()) == "on this machine, by login"
        finally:
            process.kill()
            process.wait()


def test_a_login_that_anybody_can_start_asks_for_the_code(
    site: Site, wechat: WeChat, folder: Path, console: VirtualTerminal
) -> None:
    """A set-user-ID login, as some systems had: whoever broke into a shell is far away."""
    LOGIN.write_service(site, "")
    program = folder / "login"
    shutil.copy(LOGIN.command[0], program)
    program.chmod(0o4755)
    bob = pwd.getpwnam("bob")
    os.chown(console.path, bob.pw_uid, bob.pw_gid)
    console.start(["/usr/bin/python3", "-c", BECOME_USER_OF_TERMINAL, console.path.name,
                   str(bob.pw_uid), str(program), "-p", LOGIN.account], ENVIRONMENT)
    console.wait_for("Code on your phone:$")
    Path("/run/utmp").unlink()
    assert re.fullmatch(r"become «alice» by login, asked by local user «bob» \(uid 61002, .*tty\d+\)",
                        how_at(wechat, console.link))


# -- who asks elsewhere

@pytest.mark.parametrize(("service", "words"), [
    ("polkit-1", ()),
    ("xrdp-sesman", ("--tty", "xrdp-sesman")),
    ("xrdp-sesman", ("--tty", ":10")),
    ("gdm-password", ("--tty", "/dev/tty1")),
    ("su", ("--tty", "pts/1")),
    ("cups", ()),
])
def test_a_daemon_of_roots_is_not_said_to_be_the_console(
    site: Site, wechat: WeChat, service: str, words: tuple[str, ...]
) -> None:
    assert how(site, wechat, service, *words) == f"on this machine, by {service}"


@pytest.mark.parametrize("rhost", [(), ("--rhost", "web1"), ("--rhost", "203.0.113.7")])
@pytest.mark.parametrize(("service", "uid", "said"), [
    ("sudo", "61001", r"sudo, asked by local user «alice» (uid 61001, pts/1)"),
    ("polkit-1", "61002", r"become «alice» by polkit-1, asked by local user «bob» (uid 61002, pts/1)"),
    ("login", "61002", r"become «alice» by login, asked by local user «bob» (uid 61002, pts/1)"),
])
def test_a_user_who_asks_is_named_whatever_host_the_program_tells(
    site: Site, wechat: WeChat, service: str, uid: str, said: str, rhost: tuple[str, ...]
) -> None:
    assert how(site, wechat, service, "--ruid", uid, "--tty", "pts/1", *rhost) == said


def test_sudo_that_tells_a_host_names_who_asks(site: Site, wechat: WeChat) -> None:
    before = SUDOERS.read_text()
    SUDOERS.write_text(f"Defaults pam_rhost, pam_ruser\n{before}")
    try:
        with DOORS["sudo"].open(site) as terminal:
            said = how_at(wechat, terminal.wait_for_login().link)
    finally:
        SUDOERS.write_text(before)
    assert re.fullmatch(r"sudo, asked by local user «bob» \(uid 61002, (/dev/)?pts/\d+\)", said)


def test_su_of_roots_in_a_session_is_not_at_the_console(site: Site, wechat: WeChat) -> None:
    """As in an ssh session."""
    Path("/etc/pam.d/su").write_text(site.line() + "account required pam_permit.so\n")
    with Terminal(["/usr/bin/su", "alice", "-c", "true"], ENVIRONMENT) as terminal:
        assert how_at(wechat, terminal.wait_for_login().link) == "on this machine, by su"
