"""pam-wechat status: one screen about what runs and what it runs with."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.command import Command
from harness.host import Host
from harness.machine import mounted
from harness.site import HELPER, Site, free_port
from harness.waiting import HANG, until
from simulator import Phone

ALICE = ["setpriv", "--reuid=alice", "--regid=alice", "--clear-groups"]
PAM = Path("/etc/pam.d")


@pytest.fixture()
def running(quiet_site: Site) -> Iterator[Site]:
    with quiet_site as site:
        site.link_people("alice", "bob")
        site.start_helper()
        site.write_service("test")
        yield site


@pytest.fixture()
def status(quiet_site: Site, command: Command) -> Status:
    return Status(command)


class Status:
    """The command with the helper beside it, as both are installed."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.helper = command.site.folder / "pam-wechat-helper"
        shutil.copy(HELPER, self.helper)
        self.helper.chmod(0o755)

    def lines(self, status: int = 0, through: Sequence[str] = ()) -> dict[str, str]:
        """What is said by its name; of several lines with one name, the first."""
        done = self.command.run("status", through=through)
        assert (done.returncode, done.stderr) == (status, ""), done
        shown = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
        assert len(done.stdout.splitlines()) <= 24
        return {line[:16].strip(): line[17:] for line in reversed(shown)}

    def report(self, status: int = 0, through: Sequence[str] = ()) -> dict[str, Any]:
        done = self.command.run("status", "--json", through=through)
        assert (done.returncode, done.stderr) == (status, ""), done
        return json.loads(done.stdout)


def test_a_helper_that_runs(running: Site, status: Status) -> None:
    lines = status.lines()
    assert lines["helper"].startswith("running")
    assert lines["pending logins"] == "0"
    assert lines["users"] == "2, by 2 WeChat accounts"
    for name in ("pam_wechat.conf", "helper.conf", "secret"):
        assert lines[name] == f"{running.folder / name}: good"


def test_pending_logins_are_counted(running: Site, status: Status) -> None:
    with Host(running, "alice") as first, Host(running, "bob") as second:
        first.link(), second.link()
        assert status.report()["pending"] == 2
    assert until(lambda: status.report()["pending"] == 0)


@pytest.mark.parametrize(("body", "pending", "version"), [
    (b"# HELP x\npam_wechat_pending_logins 4711\n", 4711, None),
    (b"\npam_wechat_helper_info{version=\"9.8.7\"} 1\npam_wechat_pending_logins 1\n", 1, "9.8.7"),
    (b"\npam_wechat_helper_info{version=\"9.8.7\"} 1\n", None, None),
    (b"<html>version=1", None, None),
], ids=["an older helper", "another helper", "no helper", "a web server"])
def test_the_status_socket_alone_tells_figures_and_version(
    running: Site, status: Status, body: bytes, pending: int | None, version: str | None
) -> None:
    for group in (0, grp.getgrnam("daemon").gr_gid):
        with listening(running.status_socket, group) as figures:
            thread = threading.Thread(target=answer, args=(
                figures, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body))
            thread.start()
            report = status.report()
            thread.join()
            assert (report["running"], report["pending"], report["version"]) == (
                True, pending, version)


def test_without_a_status_socket_no_figures_are_known(quiet_site: Site, status: Status) -> None:
    with quiet_site as site:
        site.helper_conf["status_socket"] = None
        site.start_helper()
        report = status.report()
        assert (report["running"], report["pending"], report["version"]) == (True, None, None)
        assert "status_socket" in status.lines()["pending logins"]


@contextlib.contextmanager
def listening(path: Path, group: int) -> Iterator[socket.socket]:
    """A Unix socket in the place of what was there, for its group."""
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        os.chown(path, -1, group)
        path.chmod(0o660)
        listener.listen()
        yield listener


def answer(listener: socket.socket, text: bytes) -> None:
    listener.settimeout(HANG)
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(text)


def test_no_helper(quiet_site: Site, status: Status) -> None:
    conf = "public_url = http://127.0.0.1:9\nlisten = 127.0.0.1:9\n"
    quiet_site.write("helper.conf", conf, 0o644)
    lines = status.lines(1)
    assert lines["helper"].startswith("not running: ")
    assert "/healthz: no connection" in lines["helper"]
    assert "systemctl restart" in status.command.run("status").stdout
    report = status.report(1)
    assert (report["running"], report["version"], report["pending"]) == (False, None, None)
    assert "/healthz" in report["problem"]


def test_a_socket_alone_is_no_helper(quiet_site: Site, status: Status) -> None:
    """As systemd listens to it while the service can't start."""
    with quiet_site as site:
        site.start_helper()
        site.stop_helper()
    path = quiet_site.folder / "run/helper.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen()
        assert status.report(1)["running"] is False


def test_figures_alone_are_a_helper(running: Site, status: Status) -> None:
    """Its web address may be one that this machine can't reach."""
    text = (running.folder / "helper.conf").read_text()
    running.write("helper.conf", text.replace(f"listen = 127.0.0.1:{running.port}",
                                              f"listen = 127.0.0.1:{free_port()}"), 0o644)
    assert status.report()["running"] is True


def test_when_a_sign_in_last_succeeded_and_failed_is_said(running: Site, status: Status) -> None:
    none = "none since the helper started"
    lines, report = status.lines(), status.report()
    assert (lines["last sign-in"], lines["last failure"]) == (none, none)
    assert {report[name] for name in ("last_sign_in", "last_failure", "last_failure_reason")} == {
        None}
    began = int(time.time())
    with Host(running, "alice") as login:
        assert Phone(running.wechat, "bob").sign_in(login.link()) is None
        while login.result is None:
            login.type("1234")
    assert until(lambda: status.report()["last_failure"] is not None)
    report = status.report()
    assert (report["last_failure_reason"], report["last_sign_in"]) == ("not-linked", None)
    assert began <= report["last_failure"] <= time.time()
    with Host(running, "alice") as login:
        login.type(Phone(running.wechat, "alice").sign_in(login.link()) or "")
        assert login.result == "PAM_SUCCESS"
    assert until(lambda: status.report()["last_sign_in"] is not None)
    lines, report = status.lines(), status.report()
    assert began <= report["last_failure"] <= report["last_sign_in"] <= time.time()
    moment = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \S+"
    assert re.fullmatch(moment, lines["last sign-in"])
    assert re.fullmatch(f"{moment}, reason=not-linked", lines["last failure"])


def test_a_helper_that_was_killed(running: Site, status: Status) -> None:
    assert status.report()["running"] is True
    assert running.process is not None
    running.process.kill()
    running.process.wait()
    running.process = None
    assert (running.folder / "run/helper.sock").exists()
    assert status.report(1)["running"] is False


def test_a_server_that_says_nothing_is_not_waited_for(quiet_site: Site, status: Status) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        quiet_site.write("helper.conf", f"public_url = http://127.0.0.1:9\n"
                         f"listen = 127.0.0.1:{listener.getsockname()[1]}\n", 0o644)
        done = subprocess.run(status.command.line("status"), capture_output=True, timeout=HANG)
        assert done.returncode == 1


def test_what_is_wrong_with_each_file_is_said(running: Site, status: Status) -> None:
    running.write("helper.conf", "colour = red\n", 0o644)
    running.write("secret", "x\n", 0o600)
    running.write("users", "junk\n", 0o600)
    lines = status.lines(1)
    assert lines["helper.conf"].startswith(f"{running.folder}/helper.conf:1: unknown key")
    # Where it listens stands there.
    assert lines["helper"] == f"not known: {lines['helper.conf']}"
    assert "no app secret" in lines["secret"]
    assert lines["users"] == "not known"
    report = status.report(1)
    assert report["running"] is None
    assert [(file["file"], file["good"]) for file in report["files"]] == [
        ("pam_wechat.conf", True), ("helper.conf", False), ("secret", False), ("users", False)]
    assert report["files"][3]["problem"].startswith(f"{running.folder}/users:1: ")
    assert report["users"] is None
    running.write("secret", running.wechat.secret + "\n", 0o644)
    assert "others may read it: chmod 600" in status.lines(1)["secret"]


def test_a_bad_pam_wechat_conf_is_named_with_its_line(running: Site, status: Status) -> None:
    running.write("pam_wechat.conf", "\ncolour = red\n", 0o600)
    lines = status.lines(0)
    assert lines["pam_wechat.conf"].startswith(f"{running.folder}/pam_wechat.conf:2: unknown key")


def test_a_helper_that_is_not_installed_is_said_to_be(running: Site, status: Status) -> None:
    status.helper.unlink()
    assert f"{status.helper} is not installed" in status.lines(1)["helper.conf"]


def test_users_are_counted_once(running: Site, status: Status) -> None:
    running.write_users("oAlice alice,bob\noBobby bob\noCarol alice\n")
    report = status.report()
    assert (report["users"], report["bindings"]) == (2, 4)


def test_services_that_name_the_module_are_listed(running: Site, status: Status) -> None:
    files = {
        "x-wechat-1": "auth required pam_wechat.so debug\n",
        "x-wechat-2": "# WeChat\n-auth [success=1 default=ignore] /lib/security/pam_wechat.so\n",
        "x-wechat-3": "@include x-wechat-1\n",
        "x-comment": "# auth required pam_wechat.so\nauth required pam_unix.so # pam_wechat.so\n",
        "x-other": "auth required pam_wechat.so.bak\nauth required not_pam_wechat.so\n",
        "x-empty": "",
        **{name: "auth required pam_wechat.so\n" for name in (
            "x-wechat-1~", "x-wechat-1.dpkg-old", "x-wechat-1.rpmsave", ".x-wechat-1.swp",
            "x-wechat-1.before-pam-wechat.2")},
    }
    try:
        for name, text in files.items():
            (PAM / name).write_text(text)
        services = [item["service"] for item in status.report()["services"]]
        assert [name for name in services if name in files] == ["x-wechat-1", "x-wechat-2",
                                                                  "x-wechat-3"]
        shown = status.command.run("status").stdout
        assert re.search(r"^PAM services +x-wechat-1\n +x-wechat-2\n +x-wechat-3$", shown, re.MULTILINE)
    finally:
        for name in files:
            (PAM / name).unlink()
    assert "pam-wechat enable" in status.lines()["PAM services"]


def test_scripts_are_told_the_services_alone_with_their_lines(
    quiet_site: Site, status: Status, folder: Path
) -> None:
    """Whatever is wrong: a package's script asks before it removes the module."""
    quiet_site.conf_file.unlink()
    files = {
        "x-own": "# mine\nauth required pam_wechat.so\n",
        "x-common": "auth required pam_unix.so\nauth required pam_wechat.so\n",
        "x-included": "auth include x-common\n",
        "x-session": "session optional pam_wechat.so\n",
        "x-none": "# pam_wechat.so\nauth required pam_unix.so\n",
        "x-broken": "auth required \\\n# pam_wechat.so\nauth required pam_wechat.so\n",
    }
    folder.chmod(0o755)
    (folder / "x-shipped").write_text("auth substack x-common\n")
    (folder / "x-none").write_text("auth required pam_wechat.so\n")
    try:
        for name, text in files.items():
            (PAM / name).write_text(text)
        with mounted(folder, "/usr/lib/pam.d"):
            done = status.command.run("status", "--services")
            listed = [item["service"] for item in status.report(1)["services"]]
    finally:
        for name in files:
            (PAM / name).unlink()
    assert (done.returncode, done.stderr) == (0, "")
    found = [line for line in done.stdout.splitlines() if line.startswith("x-")]
    assert found == [f"x-broken {PAM}/x-broken:3", f"x-common {PAM}/x-common:2",
                     f"x-included {PAM}/x-common:2", f"x-own {PAM}/x-own:2",
                     f"x-session {PAM}/x-session:1", f"x-shipped {PAM}/x-common:2"]
    assert [name for name in listed if name.startswith("x-")] == [
        line.split()[0] for line in found]


def test_others_are_told_what_others_may_know(running: Site, status: Status) -> None:
    lines = status.lines(0, through=ALICE)
    assert lines["helper"].startswith("running")
    assert "Permission denied" in lines["pam_wechat.conf"]
    assert lines["users"] == "not known"
    running.stop_helper()
    assert status.lines(1, through=ALICE)["helper"].startswith("not running")


def test_looking_disturbs_nobody(running: Site, status: Status) -> None:
    before = running.helper_log()
    for _ in range(3):
        status.report()
    assert running.helper_log() == before
    secret = running.wechat.secret
    done = status.command.run("status")
    assert secret not in done.stdout + done.stderr
