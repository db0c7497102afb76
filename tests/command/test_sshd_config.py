"""pam-wechat enable sshd --sshd-config: sshd's own options, written, checked and taken back."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.paragraph import unfolded
from harness.services import FOLDER, Services, shipped
from harness.site import REPOSITORY, free_port
from harness.sshd import Sshd
from harness.terminal import Terminal
from harness.waiting import HANG
from simulator import Phone, WeChat

FILE = Path("/etc/ssh/sshd_config.d/10-pam-wechat.conf")
SAMPLE = REPOSITORY / "conf/sshd_config.d" / FILE.name
SSHD = "/usr/sbin/sshd"
# As Debian has it, and a cloud's image.
DEBIANS = """\
Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""
CLOUD = "PasswordAuthentication yes\n"
METHODS = {"--alone": "keyboard-interactive", "--after-key": "publickey,keyboard-interactive"}


@pytest.fixture()
def folder_of_sshd(ssh: Path) -> Iterator[Path]:
    folder = ssh / "sshd_config.d"
    (folder / "50-cloud-init.conf").write_text(CLOUD)
    yield folder
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()


@pytest.fixture()
def config(services: Services, ssh: Path, folder_of_sshd: Path) -> Path:
    path = ssh / "sshd_config"
    path.write_text(DEBIANS)
    return path


def options() -> dict[str, str]:
    done = subprocess.run([SSHD, "-T"], check=True, capture_output=True, text=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in [*FOLDER.iterdir(), *folder.iterdir()]
            if path.is_file()}


def test_the_file_is_the_sample(
    services: Services, config: Path, folder_of_sshd: Path
) -> None:
    before = snapshot(folder_of_sshd)
    output = services.enable("sshd", "--sshd-config")
    assert FILE.read_bytes() == SAMPLE.read_bytes()
    status = FILE.stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o644, 0, 0)
    found = options()
    assert (found["usepam"], found["kbdinteractiveauthentication"],
            found["passwordauthentication"], found["authenticationmethods"]
            ) == ("yes", "yes", "no", "any")
    # What is still to do.
    assert str(FILE) in output and "When that works: sshd -t && systemctl reload ssh" in output
    assert "lacks" not in output and "If sshd_config was changed" not in output
    output = unfolded(services.disable("sshd"))
    assert f"{FILE} was removed, then:\n    sshd -t && systemctl reload ssh" in output
    assert "Take what was added" not in output
    assert snapshot(folder_of_sshd) == before


@pytest.mark.parametrize("form", METHODS)
def test_a_form_is_the_sample_with_its_line(services: Services, config: Path, form: str) -> None:
    line = f"AuthenticationMethods {METHODS[form]}\n"
    sample = SAMPLE.read_text()
    assert sample.count(f"{form}: ") == 1 and sample.count(f"#{line}") == 1
    services.enable("sshd", "--sshd-config", form, "--yes")
    assert FILE.read_text() == sample.replace(f"#{line}", line)
    assert options()["authenticationmethods"] == METHODS[form]
    assert "was removed" in unfolded(services.disable("sshd"))
    assert not FILE.exists()


def ask(services: Services, answer: str, *words: str) -> subprocess.CompletedProcess[str]:
    done = services.command.run("enable", "sshd", "--sshd-config", *words, text=answer)
    done.stdout, done.stderr = unfolded(done.stdout), unfolded(done.stderr)
    return done


@pytest.mark.parametrize("form", METHODS)
def test_whom_it_shuts_out_is_said_before(
    services: Services, config: Path, folder_of_sshd: Path, form: str
) -> None:
    before = snapshot(folder_of_sshd)
    for answer in ("n\n", "\n", "", "yesterday\n"):
        done = ask(services, answer, form)
        assert (done.returncode, snapshot(folder_of_sshd)) == (1, before)
        assert "nothing was changed" in done.stderr
    (names,) = re.findall(r"That shuts out ([^:]*): the users table does not name them\.",
                          " ".join(done.stdout.split()))
    shut_out = names.split(", ")
    assert {"carol", "alicia"} <= set(shut_out)
    assert not {"root", "alice", "bob", "daemon", "nobody", "sync"} & set(shut_out)
    assert "That shuts out root: PermitRootLogin is without-password." in done.stdout
    assert ("no key" in done.stdout) == (form == "--after-key")
    done = ask(services, "y\n", form)
    said = " ".join(done.stdout.split())
    assert (done.returncode, said.count(f"That shuts out {names}: ")) == (0, 1)
    assert FILE.exists()


def test_by_a_password_who_has_none_is_shut_out(services: Services, config: Path) -> None:
    done = ask(services, "n\n", "--alone", "--second-factor")
    (names,) = re.findall(r"That shuts out ([^:]*): they have no password\.",
                          " ".join(done.stdout.split()))
    assert "alicia" in names.split(", ")
    assert not {"alice", "bob", "carol"} & set(names.split(", "))
    # It is what PAM asks that counts, whoever wrote it there.
    services.enable("sshd", "--second-factor", "--sshd-config")
    assert "they have no password" in ask(services, "n\n", "--alone").stdout


@pytest.mark.parametrize(("permit", "user", "is_shut_out"), [
    ("no", "alice", False), ("prohibit-password", "root", True), ("yes", "root", False),
    ("yes", "alice", True),
])
def test_root_is_shut_out_where_sshd_takes_his_key_alone(
    services: Services, config: Path, permit: str, user: str, is_shut_out: bool
) -> None:
    services.site.write_users(f"{services.site.wechat.openid('alice')} {user}\n")
    config.write_text(f"{DEBIANS}PermitRootLogin {permit}\n")
    said = ask(services, "n\n", "--alone").stdout
    assert (re.search(r"shuts out (.*, )?root[,:]", said) is not None) == is_shut_out
    assert ("PermitRootLogin is " in said) == (permit == "prohibit-password")


def test_without_keys_nobody_is_asked_anything(services: Services, config: Path) -> None:
    assert "[y/N]" not in ask(services, "").stdout


@pytest.mark.parametrize(("name", "text", "form", "keyword"), [
    ("01-ours.conf", "# ours\nChallengeResponseAuthentication no\n", "",
     "KbdInteractiveAuthentication yes"),
    ("01-ours.conf", "Port 22\nkbdinteractiveauthentication=no\n", "",
     "KbdInteractiveAuthentication yes"),
    ("05-image.conf", "\npasswordauthentication yes\n", "", "PasswordAuthentication no"),
    ("00-first.conf", "# ours\nUsePAM no\n", "", "UsePAM yes"),
    ("09-last.conf", "# ours\nAuthenticationMethods publickey\n", "--alone",
     "AuthenticationMethods keyboard-interactive"),
])
def test_the_line_that_wins_is_named_and_nothing_stays(
    services: Services, config: Path, folder_of_sshd: Path, name: str, text: str, form: str,
    keyword: str,
) -> None:
    path = folder_of_sshd / name
    path.write_text(text)
    before = snapshot(folder_of_sshd)
    done = ask(services, "", *([form, "--yes"] if form else []))
    assert done.returncode == 2
    assert f"/etc/ssh/sshd_config.d/{name}:2: this line wins over {FILE}: " in done.stderr
    assert f'write "{keyword}" there' in done.stderr
    assert snapshot(folder_of_sshd) == before
    lines = text.splitlines()
    path.write_text("\n".join([lines[0], keyword, ""]))
    assert ask(services, "", *([form, "--yes"] if form else [])).returncode == 0


def test_what_sshd_itself_refuses_is_named(
    services: Services, config: Path, folder_of_sshd: Path
) -> None:
    config.write_text(f"{DEBIANS}AuthenticationMethods password\n")
    before = snapshot(folder_of_sshd)
    done = ask(services, "")
    assert done.returncode == 2
    assert f"/etc/ssh/sshd_config:{len(DEBIANS.splitlines()) + 1}: sshd refuses" in done.stderr
    config.write_text(f"{DEBIANS}NoSuchOption yes\n")
    assert "Bad configuration option: NoSuchOption" in ask(services, "").stderr
    assert snapshot(folder_of_sshd) == before


@pytest.mark.parametrize("include", ["", "Match User carol\nInclude /etc/ssh/sshd_config.d/*.conf\n"],
                         ids=["none", "for one user"])
def test_without_an_include_the_lines_are_shown(
    services: Services, config: Path, folder_of_sshd: Path, include: str
) -> None:
    rest = DEBIANS.split("\n", 1)[1]
    config.write_text(f"{rest}{include}")
    before = snapshot(folder_of_sshd)
    done = ask(services, "")
    lines = re.findall(r"^    (\w+ [\w-]+)$", done.stdout, re.MULTILINE)
    assert lines == ["KbdInteractiveAuthentication yes", "PasswordAuthentication no"]
    assert "Put this at the top of /etc/ssh/sshd_config:" in done.stdout
    # sshd is not fit for it yet.
    assert done.returncode == 2 and "KbdInteractiveAuthentication is no" in done.stderr
    assert snapshot(folder_of_sshd) == before
    config.write_text("\n".join([*lines, f"{rest}{include}"]))
    done = ask(services, "")
    assert done.returncode == 0 and "Put this" not in done.stdout
    assert not FILE.exists()


def test_without_the_folder_the_lines_are_shown(
    services: Services, config: Path, folder_of_sshd: Path
) -> None:
    (folder_of_sshd / "50-cloud-init.conf").unlink()
    folder_of_sshd.rmdir()
    done = ask(services, "", "--after-key", "--yes")
    assert "    AuthenticationMethods publickey,keyboard-interactive\n" in done.stdout
    assert done.returncode == 2 and not folder_of_sshd.exists()


def test_a_file_of_somebody_else_stays(services: Services, config: Path) -> None:
    FILE.write_text("X11Forwarding no\n")
    done = ask(services, "")
    assert done.returncode == 1
    assert f"{FILE}: it is not as pam-wechat wrote it" in done.stderr
    assert FILE.read_text() == "X11Forwarding no\n"
    FILE.unlink()
    services.enable("sshd", "--sshd-config")
    FILE.write_text(FILE.read_text() + "X11Forwarding no\n")
    assert f"{FILE}: it is not as pam-wechat wrote it" in unfolded(services.disable("sshd"))
    assert FILE.read_text().endswith("X11Forwarding no\n")
    assert (FOLDER / "sshd").read_bytes() == shipped("sshd")


def test_where_pam_is_not_changed_neither_is_sshd(
    services: Services, config: Path, folder_of_sshd: Path
) -> None:
    table = services.site.users_file.read_text()
    before = snapshot(folder_of_sshd)
    services.site.write_users("")
    done = ask(services, "")
    assert done.returncode == 2 and "it binds nobody" in done.stderr
    assert snapshot(folder_of_sshd) == before
    # One that was there before stays.
    services.site.write_users(table)
    FILE.write_bytes(SAMPLE.read_bytes())
    services.site.write_users("")
    assert ask(services, "", "--alone", "--yes").returncode == 2
    assert FILE.read_bytes() == SAMPLE.read_bytes()


def test_it_can_be_written_later_and_in_another_form(services: Services, config: Path) -> None:
    services.enable("sshd", "--sshd-config")
    enabled = (FOLDER / "sshd").read_bytes()
    output = services.enable("sshd", "--sshd-config", "--after-key", "--yes")
    assert "/etc/pam.d/sshd asks WeChat already." in output
    assert "sshd -t && systemctl reload ssh" in output
    assert options()["authenticationmethods"] == METHODS["--after-key"]
    services.enable("sshd", "--sshd-config")
    assert FILE.read_bytes() == SAMPLE.read_bytes()
    assert (FOLDER / "sshd").read_bytes() == enabled


def test_it_stays_where_sshd_would_not_start_without_it(services: Services, config: Path) -> None:
    services.enable("sshd", "--sshd-config")
    config.write_text(f"{DEBIANS}AuthenticationMethods keyboard-interactive\n")
    output = unfolded(services.disable("sshd"))
    assert f"{FILE} stays: without it sshd would not start: /etc/ssh/sshd_config:8: " in output
    assert FILE.read_bytes() == SAMPLE.read_bytes()
    assert subprocess.run([SSHD, "-t"]).returncode == 0


@pytest.mark.parametrize("words", [
    ("sshd", "--alone"), ("sshd", "--after-key"), ("sshd", "--yes"), ("su", "--sshd-config"),
    ("sshd-wechat", "--sshd-config"), ("sshd", "--sshd-config", "--alone", "--after-key"),
])
def test_options_that_do_not_go_together_are_wrong_usage(
    services: Services, config: Path, folder_of_sshd: Path, words: tuple[str, ...]
) -> None:
    before = snapshot(folder_of_sshd)
    done = services.command.run("enable", *words)
    assert (done.returncode, done.stdout, snapshot(folder_of_sshd)) == (2, "", before)
    assert done.stderr.startswith("pam-wechat enable: --")


def test_only_root_may(services: Services, config: Path, folder_of_sshd: Path) -> None:
    before = snapshot(folder_of_sshd)
    done = services.command.run("enable", "sshd", "--sshd-config", through=(
        "setpriv", "--reuid=61001", "--regid=61001", "--clear-groups", "--"))
    assert done.returncode == 1 and "only root may change it" in unfolded(done.stderr)
    assert snapshot(folder_of_sshd) == before


def test_sshd_signs_in_with_it(
    live_services: Services, wechat: WeChat, ssh: Path, folder_of_sshd: Path
) -> None:
    """By the command that is shown, on another port."""
    (ssh / "sshd_config").write_text(f"{DEBIANS}ListenAddress 127.0.0.1\n")
    output = live_services.enable("sshd", "--sshd-config", "--alone", "--yes")
    (tried,) = re.findall(rf"^    ({SSHD} .*)$", output, re.MULTILINE)
    sshd = Sshd(live_services.site, "unused", "")
    sshd.port = free_port()
    process = subprocess.Popen(tried.replace("2222", str(sshd.port)).split(),
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                               env={"PATH": os.environ["PATH"]})
    try:
        assert process.stderr is not None
        assert "listening on" in process.stderr.readline()
        with sshd.login("alice", "id", "-un") as terminal:
            sign_in(wechat, terminal)
    finally:
        process.terminate()
        process.communicate(timeout=HANG)


def sign_in(wechat: WeChat, terminal: Terminal) -> None:
    pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
    terminal.type(pin or "1234")
    assert terminal.rest().strip().splitlines()[-1] == "alice"
    assert terminal.status == 0
