"""pam-wechat test: a login through a service's own PAM file, and what it says of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

import pytest

from harness.services import FOLDER, Services
from harness.terminal import Terminal
from simulator import Phone, WeChat

STRANGER = ("setpriv", "--reuid=61001", "--regid=61001", "--clear-groups", "--")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def start(services: Services, user: str, *words: str, through: Sequence[str] = ()) -> Terminal:
    return Terminal([*through, *services.command.line("test", user, *words)], ENVIRONMENT)


def step(name: str, result: str) -> str:
    return rf"{name}: {result} in \d+\.\d s: \w.*\r\n"


@pytest.fixture()
def enabled(live_services: Services) -> Services:
    live_services.enable("sshd")
    return live_services


@pytest.mark.parametrize("service", [None, "login", "su", "sudo"])
def test_a_login_that_works_is_said_to(
    live_services: Services, wechat: WeChat, service: str | None
) -> None:
    live_services.enable(service or "sshd")
    words = () if service is None else ("--service", service)
    # Root needs no proof for su: so that it is asked, the line goes.
    path = FOLDER / (service or "sshd")
    path.write_text(re.sub(r"(?m)^auth +sufficient.*\n", "", path.read_text()))
    with start(live_services, "alice", *words) as terminal:
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        terminal.type(pin or "")
        terminal.rest()
        assert terminal.status == 0
    assert f"by {path}; no session is opened" in terminal.text
    both = step("pam_authenticate", "PAM_SUCCESS") + step("pam_acct_mgmt", "PAM_SUCCESS")
    assert re.search(both, terminal.text)


def test_the_phone_is_told_of_this_terminal(enabled: Services, wechat: WeChat) -> None:
    with start(enabled, "alice") as terminal:
        page = Phone(wechat, "alice", language="en").open(terminal.wait_for_login().link)
        facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.html))
        assert facts["User"] == "«alice»"
        assert re.search(r"pts/\d+", facts["From"])


def test_a_refusal_is_explained(enabled: Services, wechat: WeChat) -> None:
    with start(enabled, "alice") as terminal:
        assert Phone(wechat, "bob").sign_in(terminal.wait_for_login().picture) is None
        terminal.type("1234")
        terminal.rest()
        assert terminal.status == 1
    assert re.search(step("pam_authenticate", "PAM_MAXTRIES") + "The log says more: journalctl",
                     terminal.text)
    assert "pam_acct_mgmt" not in terminal.text


def test_an_account_that_may_not_be_used_is_explained(enabled: Services, wechat: WeChat) -> None:
    path = FOLDER / "sshd"
    path.write_text("account requisite pam_deny.so\n" + path.read_text())
    with start(enabled, "alice") as terminal:
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        terminal.type(pin or "")
        terminal.rest()
        assert terminal.status == 1
    both = step("pam_authenticate", "PAM_SUCCESS") + step("pam_acct_mgmt", "PAM_AUTH_ERR")
    assert re.search(both + "The log says more: journalctl", terminal.text)


def test_the_helper_being_down_is_explained(enabled: Services) -> None:
    enabled.site.stop_helper()
    with start(enabled, "alice") as terminal:
        terminal.rest()
        assert terminal.status == 1
    assert re.search(step("pam_authenticate", "PAM_AUTHINFO_UNAVAIL"), terminal.text)


def test_a_password_is_asked_for_and_not_shown(live_services: Services, wechat: WeChat) -> None:
    live_services.enable("sshd", "--second-factor")
    with start(live_services, "alice") as terminal:
        terminal.wait_for("Password: ")
        terminal.type("alice")
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        terminal.type(pin or "")
        terminal.rest()
        assert terminal.status == 0
    after = terminal.text.partition("Password: ")[2]
    # The link may hold these letters.
    assert "alice" not in re.sub(r"https?://\S+", "", after)
    # What can be seen of a person's own answers is shown.
    assert pin is not None and pin in after


@pytest.mark.parametrize("end", ["interrupt", "end of file"])
def test_giving_up_ends_it_and_leaves_the_terminal_as_it_was(
    live_services: Services, end: str
) -> None:
    shell = ("sh", "-c", 'trap : INT; "$@"; echo status $?; stty -a', "sh")
    with start(live_services, "alice", through=shell) as terminal:
        terminal.wait_for("Password: ")
        if end == "interrupt":
            terminal.process.sendintr()
        else:
            terminal.process.sendeof()
        terminal.rest()
    # Which of the two is pam_unix's choice.
    assert re.search(step("pam_authenticate", "PAM_(CONV_ERR|AUTH_ERR)"), terminal.text)
    assert "status 1" in terminal.text
    assert re.search(r"[ ;]echo\b", terminal.text)


def test_a_wait_for_a_tap_can_be_given_up(enabled: Services) -> None:
    path = FOLDER / "login"
    enabled.enable("login")
    path.write_text(path.read_text().replace("pam_wechat.so", "pam_wechat.so confirm=wait"))
    with start(enabled, "alice", "--service", "login") as terminal:
        terminal.wait_for_message()
        terminal.process.sendintr()
        terminal.rest()
        assert terminal.status == 1
    assert re.search(step("pam_authenticate", "PAM_AUTH_ERR"), terminal.text)


def test_without_a_terminal_it_reads_its_input(live_services: Services) -> None:
    through = ("setsid", "--wait")
    done = live_services.command.run("test", "carol", through=through, text="carol\nrest\n")
    assert done.returncode == 0
    assert "Password: " in done.stdout
    assert "pam_acct_mgmt: PAM_SUCCESS" in done.stdout
    done = live_services.command.run("test", "carol", through=through, text="carol")
    assert done.returncode == 1
    assert re.search(r"pam_authenticate: PAM_(CONV|AUTH)_ERR", done.stdout)  # likewise


def test_only_root_may(services: Services) -> None:
    done = services.command.run("test", "alice", through=STRANGER)
    assert (done.returncode, done.stdout) == (1, "")
    assert "only root can" in done.stderr


def test_a_service_that_is_not_there_is_not_taken_for_another(services: Services) -> None:
    done = services.command.run("test", "alice", "--service", "gdm")
    assert (done.returncode, done.stdout) == (1, "")
    assert "/etc/pam.d/gdm: No such file" in done.stderr


USAGE, SERVICE = "usage: pam-wechat test USER", "a service is the name"


@pytest.mark.parametrize(("words", "what"), [
    ((), USAGE), (("alice", "bob"), USAGE), (("alice", "--service", "../sshd"), SERVICE),
    (("alice", "--service", ""), SERVICE), (("alice", "--sevrice", "su"), USAGE),
])
def test_wrong_usage_is_explained(
    services: Services, words: tuple[str, ...], what: str
) -> None:
    done = services.command.run("test", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr


def test_nothing_is_opened_or_set(live_services: Services, wechat: WeChat) -> None:
    live_services.enable("sshd")
    path = FOLDER / "sshd"
    mark = live_services.site.folder / "session"
    path.write_text(path.read_text() + f"session optional pam_exec.so /usr/bin/touch {mark}\n")
    with start(live_services, "alice") as terminal:
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        terminal.type(pin or "")
        terminal.rest()
        assert terminal.status == 0
    assert not mark.exists()
    # The line does make a session leave a mark.
    subprocess.run(["pamtester", "sshd", "alice", "open_session"], check=True, capture_output=True)
    assert mark.exists()
