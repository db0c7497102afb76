"""
Where sudo and su put what they show: a file that holds the command's output holds nothing else, and
whoever shows one line of the question shows the link.
"""

from __future__ import annotations

import os
import pwd
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import sanitizer
from harness.askpass import Askpass
from harness.doors import DOORS
from harness.leaks import note_output
from harness.site import Site
from harness.sshd import Sshd
from harness.terminal import PROMPTS, Terminal
from harness.waiting import HANG
from simulator import Phone, WeChat, camera

QUESTION = PROMPTS[0]
OTHER_QUESTION = "Say it: "
SUDOERS = Path("/etc/sudoers")
OVERRIDE = f'Defaults passprompt_override, passprompt="{OTHER_QUESTION}"\n'
LINK = r"https?://\S+/l/\w{12}\b"


@dataclass(frozen=True)
class Way:
    """How bob has a command run, and what is asked at the end."""

    command: str  # behind it: what is to be run
    door: str = "sudo"
    question: str = QUESTION
    defaults: str = ""
    on_stdin: bool = False  # where the answer is read from without a terminal


WAYS = {
    "sudo": Way("sudo"),
    "sudo -S": Way("sudo -S", on_stdin=True),
    "sudo -p": Way(f"sudo -p '{OTHER_QUESTION}'", question=OTHER_QUESTION),
    "sudo -S -p": Way(f"sudo -S -p '{OTHER_QUESTION}'", question=OTHER_QUESTION, on_stdin=True),
    "passprompt_override": Way("sudo -S", question=OTHER_QUESTION, defaults=OVERRIDE,
                               on_stdin=True),
    "sudo -i": Way("sudo -S -i", door="sudo -i", on_stdin=True),
    "su": Way("su alice -c", door="su", on_stdin=True),
    "su -": Way("su - alice -c", door="su -", on_stdin=True),
}
SAID = {"sudo": "root", "sudo -i": "root", "su": "alice", "su -": "alice"}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8",
               **sanitizer.environment(leaks=False)}
THROUGH_WHAT = pytest.mark.parametrize("name", WAYS)


@contextmanager
def sudoers(defaults: str) -> Iterator[None]:
    before = SUDOERS.read_text()
    SUDOERS.write_text(f"{defaults}{before}")
    try:
        yield
    finally:
        SUDOERS.write_text(before)


def as_bob(command: str) -> list[str]:
    bob = pwd.getpwnam("bob")
    return ["/usr/bin/setpriv", f"--reuid={bob.pw_uid}", f"--regid={bob.pw_gid}", "--clear-groups",
            "--", "/bin/sh", "-c", command]


def run(way: Way, output: Path) -> list[str]:
    """The command's own output is two lines, of which one goes where errors go."""
    command = "'id -un; echo error >&2'" if way.door.startswith("su ") or way.door == "su" else (
        "sh -c 'id -un; echo error >&2'")
    return as_bob(f"exec {way.command} {command} >{output}")


@contextmanager
def without_terminal(
    command: list[str], environment: dict[str, str], stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Nothing waits for it if the test fails."""
    process = subprocess.Popen(command, env=environment, start_new_session=True, stdin=stdin,
                               stdout=stdout, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture()
def output(folder: Path) -> Path:
    path = folder / "output"
    path.write_text("")
    path.chmod(0o666)
    return path


def account(way: Way) -> str:
    return DOORS[way.door].account


def link_in(text: str) -> str:
    found = re.search(LINK, text)
    assert found is not None, text
    return found[0]


@THROUGH_WHAT
def test_a_file_gets_the_command_s_output_alone(
    site: Site, wechat: WeChat, output: Path, name: str
) -> None:
    """In a terminal: all of the login is on it, whatever asks the question in the end."""
    way = WAYS[name]
    DOORS[way.door].write_service(site, "")
    with sudoers(way.defaults), Terminal(run(way, output), ENVIRONMENT) as terminal:
        shown = terminal.wait_for(way.question)
        assert "Scan with WeChat" in shown.text
        assert camera.read_with_wechat(shown.picture) == shown.link
        terminal.type(Phone(wechat, account(way)).sign_in(shown.link) or "")
        assert terminal.rest().replace("\r", "").endswith("\nerror\n")
        assert terminal.status == 0
    assert output.read_text() == f"{SAID[way.door]}\n"


class Errors:
    """What a program that has no terminal says on its standard error."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        self.fd = process.stderr.fileno()
        self.text = ""

    def read_to(self, end: str) -> str:
        while not self.text.endswith(end):
            assert select.select([self.fd], [], [], HANG)[0], self.text
            read = os.read(self.fd, 65536)
            assert read, self.text
            self.text += read.decode()
        note_output(self.text)
        return self.text


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.on_stdin])
def test_so_it_does_without_a_terminal(
    site: Site, wechat: WeChat, output: Path, name: str
) -> None:
    way = WAYS[name]
    DOORS[way.door].write_service(site, "")
    with sudoers(way.defaults), without_terminal(
        run(way, output), ENVIRONMENT, stdin=subprocess.PIPE
    ) as process:
        errors = Errors(process)
        text = errors.read_to(way.question)
        assert "Scan with WeChat" in text and "▀" in text
        assert process.stdin is not None
        process.stdin.write(f"{Phone(wechat, account(way)).sign_in(link_in(text))}\n".encode())
        process.stdin.flush()
        assert errors.read_to("error\n")
        assert process.wait(HANG) == 0
    assert output.read_text() == f"{SAID[way.door]}\n"


@pytest.mark.parametrize("name", ["sudo", "sudo -i", "su", "su -"])
def test_waiting_leaves_nothing_in_the_file(
    site: Site, wechat: WeChat, output: Path, name: str
) -> None:
    way = WAYS[name]
    DOORS[way.door].write_service(site, "confirm=wait")
    with Terminal(run(way, output), ENVIRONMENT) as terminal:
        shown = terminal.wait_for_message()
        Phone(wechat, account(way)).sign_in(shown.picture)
        assert terminal.rest().replace("\r", "").endswith("error\n")
    assert output.read_text() == f"{SAID[way.door]}\n"


@pytest.mark.parametrize("name", ["su", "su -"])
def test_the_greeting_is_not_in_the_file(
    site: Site, wechat: WeChat, output: Path, name: str
) -> None:
    way = WAYS[name]
    site.write_conf(scope="snsapi_userinfo")
    wechat.people.nicknames["alice"] = "Alice"
    DOORS[way.door].write_service(site, "")
    with Terminal(run(way, output), ENVIRONMENT) as terminal:
        shown = terminal.wait_for_login()
        terminal.type(Phone(wechat, "alice").sign_in(shown.link) or "")
        assert "Signed in with WeChat as Alice" in terminal.rest()
    assert output.read_text() == "alice\n"


@pytest.mark.parametrize("name", ["sudo", "sudo -S", "su"])
def test_a_refusal_leaves_the_file_empty(
    site: Site, wechat: WeChat, output: Path, name: str
) -> None:
    way = WAYS[name]
    DOORS[way.door].write_service(site, "")
    with Terminal(run(way, output), ENVIRONMENT) as terminal:
        shown = terminal.wait_for_login()
        Phone(wechat, "carol").sign_in(shown.link)
        terminal.type("1234")
        # sudo never shows why, and asks anew.
        terminal.wait_for("not linked to this user", QUESTION)
        terminal.process.sendintr()
        terminal.rest()
    assert output.read_text() == ""


# -- one line of the question

@pytest.mark.parametrize("options", ["", "lang=zh", "charset=ascii", "charset=none"])
def test_sudo_s_question_is_one_line_with_the_link(
    site: Site, wechat: WeChat, output: Path, folder: Path, options: str
) -> None:
    """sudo -A hands on the question and nothing else."""
    DOORS["sudo"].write_service(site, options)
    command = as_bob(f"exec sudo -A id -un >{output}")
    with Askpass(folder) as askpass:
        environment = ENVIRONMENT | {"SUDO_ASKPASS": str(askpass.program)}
        with without_terminal(command, environment) as process:
            question = askpass.question()
            link = link_in(question)
            assert question == f"{link} {PROMPTS[options == 'lang=zh']}"
            assert link in Errors(process).read_to(f"{link}\n")
            askpass.answer(Phone(wechat, "bob").sign_in(link) or "")
            assert process.wait(HANG) == 0
    assert output.read_text() == "root\n"


@pytest.mark.parametrize(("host", "is_one_line"), [("web1", True), ("w" * 9, True),
                                                   ("w" * 10, False)])
def test_ssh_s_askpass_gets_the_link_in_the_last_line_where_it_fits(
    site: Site, wechat: WeChat, folder: Path, host: str, is_one_line: bool
) -> None:
    site.write_conf(host_name=host)
    with Sshd(site, "sshd-plain", site.line(), "AuthenticationMethods keyboard-interactive") as sshd:
        with Askpass(folder) as askpass:
            environment = ENVIRONMENT | {"SSH_ASKPASS": str(askpass.program),
                                         "SSH_ASKPASS_REQUIRE": "force", "HOME": str(folder)}
            command = sshd.client("alice", "id", "-un")
            with without_terminal(command, environment, stdout=subprocess.PIPE) as process:
                lines = askpass.question().split("\n")
                link = link_in("\n".join(lines))
                # A person who says "web1" for the host has this in front of one line.
                assert lines[0] == "(alice@127.0.0.1) "
                assert lines[-1 if is_one_line else -2:] == (
                    [f"{link} {QUESTION}"] if is_one_line else [link, QUESTION])
                assert len(f"(alice@{host}) {link} {QUESTION}1234") <= 80 or not is_one_line
                askpass.answer(Phone(wechat, "alice").sign_in(link) or "")
                assert process.stdout is not None
                assert process.stdout.read() == b"alice\n"
                assert process.wait(HANG) == 0


def test_sudo_that_may_not_ask_shows_nothing(site: Site, output: Path) -> None:
    """Scripts try whether they may."""
    DOORS["sudo"].write_service(site, "")
    done = subprocess.run(as_bob(f"sudo -n id -un >{output}"), env=ENVIRONMENT,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "sudo: a password is required\n"
    assert output.read_text() == ""
    assert site.pending() == 0
