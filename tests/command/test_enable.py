"""pam-wechat enable and disable: the files of PAM services before, between and after."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.machine import mounted, replaced
from harness.services import BACKUP, COMMON, FOLDER, MODULE, Services, shipped
from harness.site import REPOSITORY
from harness.strace import calls_in, disturbed
from harness.waiting import HANG

SERVICES = ("sshd", "login", "su", "sudo", "sudo-i")
FORMS: dict[str, tuple[str, ...]] = {"alone": (), "second factor": ("--second-factor",)}
STRANGER = ("setpriv", "--reuid=61001", "--regid=61001", "--clear-groups", "--")


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def is_refused(services: Services, reason: str, *words: str, status: int = 1) -> bool:
    """By `enable` and with this reason, with all files as they were."""
    before = snapshot()
    done = services.command.run("enable", *words)
    assert re.search(reason, unfolded(done.stderr)), done.stderr
    assert snapshot() == before
    return (done.returncode, done.stdout) == (status, "")


def unfolded(text: str) -> str:
    """What is said on lines of 80 cells, on one."""
    return " ".join(text.split())


def snapshot() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


def test_the_files_of_these_tests_are_those_of_debians_packages() -> None:
    output = subprocess.run(["dpkg-query", "-W", "-f", "${Conffiles}\n"], check=True,
                            capture_output=True, text=True).stdout
    sums = dict(re.findall(r"^ /etc/pam\.d/(\S+) ([0-9a-f]{32})$", output, re.MULTILINE))
    for service in (*SERVICES, "su-l"):
        assert hashlib.md5(shipped(service)).hexdigest() == sums[service]


@pytest.mark.parametrize("service", SERVICES)
def test_disable_restores_the_file_byte_for_byte(
    services: Services, service: str, form: str
) -> None:
    path = FOLDER / service
    path.chmod(0o640)
    os.chown(path, 0, 42)
    services.enable(service, *FORMS[form])
    assert path.read_bytes() != shipped(service)
    copy = FOLDER / (service + BACKUP)
    assert copy.read_bytes() == shipped(service)
    assert f"{path} is as it was" in services.disable(service)
    assert path.read_bytes() == shipped(service)
    assert (path.stat().st_mode & 0o7777, path.stat().st_gid) == (0o640, 42)
    assert not copy.exists()


@pytest.mark.parametrize("service", SERVICES)
def test_the_lines_are_those_that_are_shipped(
    services: Services, service: str, form: str
) -> None:
    names = {"sshd": "sshd-only", "sudo-i": "sudo"}
    name = "sshd-second-factor" if FORMS[form] else names.get(service, service)
    example = (REPOSITORY / "conf/pam.d" / name).read_text().splitlines()[-1]
    services.enable(service, *FORMS[form])
    lines = (FOLDER / service).read_text().splitlines()
    ours = [line for line in lines if "pam_wechat.so" in line]
    assert ours == [f"{example} conf={services.site.conf_file}"]
    live = [line for line in lines if line == "@include common-auth"]
    assert len(live) == (1 if FORMS[form] else 0)
    # Nothing else has gone, or has been moved.
    rest = [line for line in shipped(service).decode().splitlines()
            if line != "@include common-auth"]
    assert [line for line in lines if line in rest] == rest


def test_only_the_block_is_taken_out_of_a_file_that_was_changed(
    services: Services, form: str
) -> None:
    services.enable("sshd", *FORMS[form])
    path = FOLDER / "sshd"
    path.write_text("# mine\n" + path.read_text() + "session optional pam_umask.so\n")
    output = services.disable("sshd")
    assert f"{path}{BACKUP}" in output and "stays" in output
    expected = b"# mine\n" + shipped("sshd") + b"session optional pam_umask.so\n"
    assert path.read_bytes() == expected
    assert (FOLDER / f"sshd{BACKUP}").read_bytes() == shipped("sshd")


def test_no_copy_is_lost_to_a_later_one(services: Services) -> None:
    path = FOLDER / "sshd"
    copies = [FOLDER / f"sshd{BACKUP}{number}" for number in ("", ".2")]
    services.enable("sshd")
    changed = path.read_bytes().replace(b"# PAM configuration", b"# Our PAM configuration")
    path.write_bytes(changed)
    services.disable("sshd")
    changed = path.read_bytes()
    assert changed != shipped("sshd")
    assert f"As it was:  {copies[1]}\n" in services.enable("sshd")
    assert [copy.read_bytes() for copy in copies] == [shipped("sshd"), changed]
    assert f"{path} is as it was" in services.disable("sshd")
    # Only what is there again is not needed any more.
    assert path.read_bytes() == changed and copies[0].read_bytes() == shipped("sshd")
    assert not copies[1].exists()


def test_options_that_somebody_added_are_said_when_they_go(services: Services) -> None:
    services.enable("sshd")
    path = FOLDER / "sshd"
    line = f"auth    required    pam_wechat.so conf={services.site.conf_file} timeout=60"
    assert (text := path.read_text()).count(line.removesuffix(" timeout=60")) == 1
    path.write_text(text.replace(line.removesuffix(" timeout=60"), line))
    output = services.disable("sshd")
    assert f"{path} is as it was" in output
    assert f"This went with it:\n    {unfolded(line)}\n" in output
    assert path.read_bytes() == shipped("sshd")


def test_a_foreign_line_in_the_block_is_not_lost(services: Services) -> None:
    services.enable("sshd")
    path = FOLDER / "sshd"
    text = path.read_text().replace("# END", "auth required pam_access.so\n# END")
    path.write_text(text)
    done = services.command.run("disable", "sshd")
    line = text.splitlines().index("auth required pam_access.so") + 1
    assert done.returncode == 1
    assert f"{path}:{line}: " in done.stderr
    assert path.read_text() == text


def test_shared_files_are_never_changed(services: Services) -> None:
    before = snapshot()
    for service in SERVICES:
        services.enable(service)
    assert {name: snapshot()[name] for name in COMMON} == {name: before[name] for name in COMMON}
    for name in (*COMMON, "other", f"sshd{BACKUP}", f"sshd{BACKUP}.2"):
        assert is_refused(services, rf"{name}: (all services|this )", name)
        assert services.command.run("disable", name).returncode == 1


@pytest.mark.parametrize("name", ["", "../x", "/etc/pam.d/sshd", ".", "..", ".hidden", "a b",
                                  "sshd\n", "x" * 201])
def test_a_wrong_name_is_wrong_usage(services: Services, name: str) -> None:
    assert is_refused(services, "a service is the name of a file in /etc/pam.d", name, status=2)
    assert services.command.run("disable", name).returncode == 2


def test_wrong_usage_is_explained(services: Services) -> None:
    for words in ((), ("sshd", "su"), ("sshd", "--third-factor")):
        assert is_refused(services, "usage: pam-wechat enable SERVICE", *words, status=2)


def test_a_service_that_is_not_there_is_refused(services: Services) -> None:
    assert is_refused(services, "/etc/pam.d/gdm: there is no such file", "gdm")


def test_a_service_of_a_package_s_own_folder_is_to_be_copied_first(
    services: Services, folder: Path
) -> None:
    (folder / "gdm").write_bytes(shipped("sshd"))
    folder.chmod(0o755)
    with mounted(folder, "/usr/lib/pam.d"):
        done = services.command.run("enable", "gdm")
        assert done.returncode == 1
        command = re.search(r"there is only /usr/lib/pam\.d/gdm, .*: (cp \S+ \S+),",
                            unfolded(done.stderr))
        assert command is not None, done.stderr
        subprocess.run(command[1].split(), check=True)
    services.enable("gdm")
    services.disable("gdm")
    assert (FOLDER / "gdm").read_bytes() == shipped("sshd")


def test_a_second_time_is_refused_with_the_line(services: Services, form: str) -> None:
    services.enable("sshd", *FORMS[form])
    for words in FORMS.values():
        assert is_refused(services, r"/etc/pam\.d/sshd:[45]: WeChat is asked here already", "sshd",
                          *words)


def test_disable_of_what_is_not_enabled_is_refused(services: Services) -> None:
    done = services.command.run("disable", "sshd")
    assert done.returncode == 1
    assert "/etc/pam.d/sshd: there is no block of pam-wechat's" in done.stderr


def test_a_line_put_there_by_hand_is_refused_with_its_place(services: Services) -> None:
    path = FOLDER / "sshd"
    path.write_text("# mine\nauth required pam_wechat.so\n" + path.read_text())
    assert is_refused(services, r"/etc/pam\.d/sshd:2: pam_wechat\.so stands here already", "sshd")


def test_a_service_that_asks_through_another_file_is_refused(services: Services) -> None:
    assert is_refused(services, r"su-l: its auth lines are those of su: pam-wechat enable su",
                      "su-l")
    services.enable("su")
    where = r"/etc/pam\.d/su:\d+: WeChat is asked here already"
    assert is_refused(services, where, "su-l")
    (FOLDER / "mine").write_text("auth include su\n@include common-auth\n")
    assert is_refused(services, where, "mine")


def test_a_way_past_wechat_is_refused(services: Services) -> None:
    path = FOLDER / "common-auth"
    path.write_text("auth sufficient pam_unix.so\n")
    assert is_refused(services, r"/etc/pam\.d/common-auth:1: .* without WeChat", "sshd",
                      "--second-factor")
    # In its place there is no way past it.
    services.enable("sshd")
    path = FOLDER / "sudo"
    path.write_text(path.read_text() + "auth [default=reset] pam_permit.so\n"
                    "auth required pam_unix.so\n")
    line = len(shipped("sudo").splitlines()) + 4
    assert is_refused(services, rf"/etc/pam\.d/sudo:{line}: .* without WeChat", "sudo")


@pytest.mark.parametrize(
    ("form", "jump"),
    [("alone", 1), ("alone", 3), ("alone", 9), ("second factor", 5), ("second factor", 9)],
)
def test_a_line_that_would_skip_other_lines_is_refused(
    services: Services, form: str, jump: int
) -> None:
    """One that led to pam_deny, in common-auth, would lead past WeChat."""
    (FOLDER / "sudo").write_text(
        f"auth [success={jump} default=ignore] pam_succeed_if.so user = bob\n"
        "@include common-auth\nauth required pam_permit.so\nauth required pam_permit.so\n")
    assert is_refused(services, r"/etc/pam\.d/sudo:1: the lines that this one skips", "sudo",
                      *FORMS[form])


def test_a_line_that_leads_to_wechat_is_not(services: Services, form: str) -> None:
    (FOLDER / "sudo").write_text(
        "auth [success=1 default=ignore] pam_succeed_if.so user = bob\n"
        "auth required pam_env.so\n@include common-auth\n")
    services.enable("sudo", *FORMS[form])


def test_whom_the_services_own_file_lets_in_before_is_said(services: Services) -> None:
    assert "lets in before: line 6 (pam_rootok.so)." in services.enable("su")
    assert "lets in before" not in services.enable("sshd")
    path = FOLDER / "sudo"
    path.write_text("auth sufficient pam_u2f.so\nauth [success=1] pam_wheel.so\n"
                    "auth required pam_env.so\n" + path.read_text())
    assert "lets in before: line 1 (pam_u2f.so)." in services.enable("sudo")


def test_a_file_that_is_not_there_is_refused_with_the_line(services: Services) -> None:
    path = FOLDER / "sshd"
    path.write_text("@include gone\n" + path.read_text())
    assert is_refused(services, r"/etc/pam\.d/sshd:1: gone: No such file", "sshd")


def test_screen_lockers_that_take_their_lines_from_it_are_named(services: Services) -> None:
    (FOLDER / "swaylock").write_text("auth include login\n")
    (FOLDER / "vlock").write_text("@include common-auth\n")
    (FOLDER / "gdm-password").write_text("auth include login\n")
    said = services.enable("login")
    assert re.findall(r"^Warning: (\S+) (.*), and runs as", said, re.MULTILINE) == [
        ("swaylock", "takes its lines from this file")]
    assert "Warning: " not in services.enable("sshd")
    (FOLDER / "swaylock").write_text("@include common-auth\n")
    assert "Warning: swaylock asks WeChat, and runs as" in services.enable("swaylock")


def test_only_root_may(services: Services) -> None:
    services.enable("su")
    before = snapshot()
    for command, service in (("enable", "sshd"), ("disable", "su")):
        done = services.command.run(command, service, through=STRANGER)
        assert done.returncode == 1
        assert f"/etc/pam.d/{service}: only root may change it" in done.stderr
    assert snapshot() == before


def test_nothing_is_changed_while_something_would_lock_everybody_out(services: Services) -> None:
    site = services.site
    table = site.users_file.read_text()
    site.write_users("")
    assert is_refused(services, "users: it binds nobody", "sshd", status=2)
    site.write_users("nonsense\n")
    assert is_refused(services, "users:1: ", "sshd", status=2)
    site.write_users(table)
    site.stop_helper()
    assert is_refused(services, r"\(socket-\w+\)", "sshd", status=2)
    site.start_helper()
    site.write("pam_wechat.conf", "nonsense\n", 0o600)
    assert is_refused(services, r"pam_wechat\.conf:1: ", "sshd", status=2)
    site.write_conf()
    MODULE.write_bytes(b"")
    assert is_refused(services, f"{MODULE}: file too short", "sshd")
    MODULE.unlink()
    assert is_refused(services, f"{MODULE}: No such file", "sshd")


def test_a_file_by_which_nobody_gets_in_is_refused(services: Services) -> None:
    path = FOLDER / "sshd"
    path.write_text("-auth requisite pam_gone.so\n" + path.read_text())
    assert is_refused(services, r"/etc/pam\.d/sshd:1: nobody gets in without this module: "
                                rf"{MODULE.parent}/pam_gone\.so: No such file", "sshd")
    path.write_text("auth optional pam_gone.so\n@include common-auth\nauth requisite pam_deny.so\n")
    assert is_refused(services, r"/etc/pam\.d/sshd:\d+: nobody gets in, even with", "sshd")
    path.write_text("auth optional pam_gone.so\n@include common-auth\n")
    services.enable("sshd")


def test_a_service_is_not_changed_while_nobody_gets_in_by_another(services: Services) -> None:
    (FOLDER / "vsftpd").write_text(
        f"auth required pam_gone.so\n{services.site.line('required')}")
    assert is_refused(services, r"/etc/pam\.d/vsftpd:1: .*pam-other-lost", "sshd", status=2)


def test_sshd_is_not_changed_before_its_options_let_it_ask(services: Services, ssh: Path) -> None:
    path = ssh / "sshd_config"
    path.write_text("UsePAM yes\nLoginGraceTime 120\nKbdInteractiveAuthentication no\n")
    assert is_refused(services, r"sshd_config:3: KbdInteractiveAuthentication is no", "sshd",
                      status=2)
    # That is nobody else's business.
    services.enable("sudo")


def test_sshd_is_not_changed_while_its_options_are_not_known(services: Services) -> None:
    folder = Path("/run/sshd")
    folder.rmdir()
    try:
        assert is_refused(services, r"mkdir -m 755 /run/sshd; ", "sshd", status=2)
        # That is nobody else's business.
        services.enable("sudo")
    finally:
        folder.mkdir(mode=0o755)


def test_another_configuration_has_to_fit_into_a_pam_line(services: Services) -> None:
    odd = services.site.folder / "a b.conf"
    odd.write_text(services.site.conf_file.read_text())
    odd.chmod(0o600)
    assert is_refused(services, "absolute path without blanks", "sshd", "--conf", str(odd))


def test_a_full_disk_changes_nothing(services: Services) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", FOLDER], check=True)
    try:
        for name in (*COMMON, "sshd"):
            (FOLDER / name).write_bytes(shipped(name))
        with suppress(OSError), (FOLDER / "filling").open("wb", buffering=0) as filling:
            while filling.write(b"x" * 4096) > 0:
                pass
        assert is_refused(services, "No space left on device", "sshd")
    finally:
        subprocess.run(["umount", FOLDER], check=True)


@pytest.mark.parametrize(("call", "number", "error", "written"), [
    ("openat .sshd.new", 1, "EACCES", False),
    ("renameat .sshd.new", 1, "EROFS", False),
    ("fsync /etc/pam.d>", 1, "EIO", False),  # of the copy
    ("fsync /etc/pam.d>", 2, "EIO", True),
])
def test_a_copy_stays_only_if_the_file_has_changed(
    services: Services, folder: Path, call: str, number: int, error: str, written: bool
) -> None:
    trace = folder / "trace"
    name, argument = call.split()
    before = snapshot()
    done = services.command.run("enable", "sshd", through=("strace", "-y", "-o", str(trace)))
    assert done.returncode == 0
    services.disable("sshd")
    assert snapshot() == before
    made = [arguments for called, arguments in calls_in(trace) if called == name]
    place = [i for i, arguments in enumerate(made, 1) if argument in arguments][number - 1]
    done = services.command.run(
        "enable", "sshd", through=disturbed(name, f"error={error}", place))
    assert done.returncode == 1
    if written:
        assert "a power failure may bring the old one back" in unfolded(done.stderr)
        assert (FOLDER / f"sshd{BACKUP}").read_bytes() == shipped("sshd")
        assert snapshot()["sshd"] != before["sshd"]
    else:
        assert snapshot() == before


CALLS = ("flock", "write", "fchown", "fchmod", "fsync", "renameat", "unlinkat")


@pytest.mark.parametrize("command", ["enable", "disable"])
def test_a_sudden_end_leaves_the_old_file_or_the_new_one(services: Services, command: str) -> None:
    path, copy, old = FOLDER / "sshd", FOLDER / f"sshd{BACKUP}", shipped("sshd")
    services.enable("sshd")
    new = path.read_bytes()
    seen = []
    for call in CALLS:
        for count in range(1, 20):
            path.write_bytes(old if command == "enable" else new)
            copy.unlink(missing_ok=True)
            if command == "disable":
                copy.write_bytes(old)
            done = services.command.run(
                command, "sshd", through=disturbed(call, "signal=KILL", count))
            if done.returncode == 0:
                break
            seen.append(path.read_bytes())
            assert seen[-1] in (old, new)
            assert seen[-1] == old or copy.read_bytes() == old
            # Whatever was left behind is in nobody's way.
            (services.enable if seen[-1] == old else services.disable)("sshd")
        assert count > 1, call
    assert set(seen) == {old, new}


def test_of_two_at_once_one_wins(services: Services) -> None:
    line = services.command.line("enable", "sshd")
    both = [subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]
    outputs = [process.communicate(timeout=HANG) for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    assert "WeChat is asked here already" in "".join(error for _, error in outputs)
    services.disable("sshd")
    assert (FOLDER / "sshd").read_bytes() == shipped("sshd")


def test_it_says_what_is_left_to_do(services: Services, form: str) -> None:
    output = services.enable("sshd", *FORMS[form])
    assert "pam-wechat disable sshd" in output and f"/etc/pam.d/sshd{BACKUP}" in output
    (tried,) = re.findall(r"^    (.*)$", output, re.MULTILINE)
    assert tried == "/usr/sbin/sshd -D -e -p 2222"
    assert subprocess.run([*tried.split(), "-t"]).returncode == 0
    assert "If sshd_config was changed since sshd was started: sshd -t && systemctl reload" in output


def test_it_says_what_sshd_lacks(services: Services, ssh: Path) -> None:
    path = ssh / "sshd_config"
    path.write_text("UsePAM yes\nLoginGraceTime 120\nKbdInteractiveAuthentication yes\n")
    output = services.enable("sshd")
    assert re.findall(r"^    (\w+ [\w-]+)$", output, re.MULTILINE) == ["PasswordAuthentication no"]
    assert "pam-wechat enable sshd --sshd-config" in output


def test_the_running_sshd_is_not_asked(services: Services, ssh: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        path = ssh / "sshd_config"
        path.write_text(f"{path.read_text()}Port {listening.getsockname()[1]}\n")
        services.enable("sshd")
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_it_says_who_can_get_in(services: Services) -> None:
    said = "only those get in whom the users table names: "
    openids = [services.site.wechat.openid(name) for name in ("alice", "bob")]
    services.site.write_users(f"{openids[0]} alice,bob\n{openids[1]} bob\n")
    found = re.search(f"{said}(.*?)\\.", unfolded(services.enable("login")))
    assert found is not None and sorted(found[1].split(", ")) == ["alice", "bob"]
    many = ",".join(f"somebody{number}" for number in range(99))
    services.site.write_users(f"{openids[0]} {many}\n")
    text = unfolded(services.enable("su"))
    shown, more = re.split(r" and (\d+) more\. ", text.split(said)[1])[:2]
    assert len(shown.split(", ")) + int(more) == 99
    assert said not in unfolded(services.enable("sudo", "--second-factor"))


@pytest.fixture()
def shadow() -> Iterator[Path]:
    """Root has a password."""
    path = Path("/etc/shadow")
    before = path.read_text()
    path.write_text(re.sub(r"^root:[^:]*:", "root:$6$x$y:", before, flags=re.MULTILINE))
    yield path
    path.write_text(before)


def test_root_s_console_is_not_shut_unasked(services: Services, shadow: Path) -> None:
    run = services.command.run
    login = (FOLDER / "login").read_bytes()
    done = run("enable", "login")
    assert (done.returncode, done.stdout) == (1, "")
    for word in ("as root at the console", "enroll root --force", "--second-factor", ": --force"):
        assert word in done.stderr
    assert (FOLDER / "login").read_bytes() == login and not list(FOLDER.glob("login.*"))
    assert run("enable", "login", "--force").returncode == 0
    services.disable("login")
    # It asks those for WeChat whom the table names, and root is asked for the password.
    assert run("enable", "login", "--second-factor").returncode == 0
    assert run("enable", "su").returncode == 0


@pytest.mark.parametrize("way", ["listed", "no password", "locked", "another line"])
def test_where_root_s_console_stays_as_it_is_nothing_is_asked(
    services: Services, shadow: Path, way: str
) -> None:
    if way == "listed":
        services.site.write_users(f"{services.site.wechat.openid('alice')} alice,root\n")
    elif way == "another line":
        path = FOLDER / "login"
        path.write_text("auth sufficient pam_u2f.so\n" + path.read_text())
    else:
        mark = {"no password": "*", "locked": "!$6$x$y"}[way]
        shadow.write_text(shadow.read_text().replace("root:$6$x$y:", f"root:{mark}:"))
    done = services.command.run("enable", "login")
    assert (done.returncode, done.stderr) == (0, "")


def test_it_says_how_to_try_a_service_of_its_own(services: Services) -> None:
    (FOLDER / "sshd-wechat").write_bytes(shipped("sshd"))
    link = Path("/usr/local/sbin/sshd-wechat")
    output = services.enable("sshd-wechat")
    assert "pam-wechat disable sshd-wechat" in output
    assert sshd_lines(output)[0] == f"ln -s /usr/sbin/sshd {link}"
    assert sshd_lines(output)[1].startswith(f"{link} -D -e -p 2222 -o UsePAM=yes ")
    assert subprocess.run(["/usr/sbin/sshd", *sshd_lines(output)[1].split()[1:], "-t"]
                          ).returncode == 0
    assert "pam-wechat enable sudo-i" in services.enable("sudo")
    assert "pam-wechat test USER --service login" in services.enable("login")


def sshd_lines(output: str) -> list[str]:
    return re.findall(r"^    (\S.*)$", re.sub(r"\\\n +", "", output), re.MULTILINE)


def test_what_is_done_is_not_said_again(services: Services, folder: Path) -> None:
    (FOLDER / "sshd-wechat").write_bytes(shipped("sshd"))
    (folder / "sshd-wechat").symlink_to("/usr/sbin/sshd")
    with mounted(folder, "/usr/local/sbin"):
        (tried,) = sshd_lines(services.enable("sshd-wechat"))
    assert tried.startswith("/usr/local/sbin/sshd-wechat -D ")


LATER_SSHD = """\
#!/bin/sh
[ "$1" != -t ] || echo "$*" >>FOLDER/asked
[ "$1 $2 $3" != "-t -o PAMServiceName=sshd" ] || exit 0
exit 1
"""


def test_an_sshd_that_takes_the_name_of_its_service_needs_no_link(
    services: Services, folder: Path
) -> None:
    """OpenSSH 10's service is sshd, by whatever name it is started."""
    (FOLDER / "sshd-wechat").write_bytes(shipped("sshd"))
    script = folder / "sshd"
    script.write_text(LATER_SSHD.replace("FOLDER", str(folder)))
    script.chmod(0o755)
    with replaced(script, Path("/usr/sbin/sshd")):
        (tried,) = sshd_lines(services.enable("sshd-wechat"))
    assert tried.startswith("/usr/sbin/sshd -D -e -p 2222 -o PAMServiceName=sshd-wechat -o UsePAM=yes ")
    assert (folder / "asked").read_text() == "-t -o PAMServiceName=sshd\n"


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def check_width(text: str, services: Services) -> None:
    """A word may be too long for any line: only the tests' folder has such a long name."""
    text = text.replace(f" conf={services.site.conf_file}", "")
    wide = [line for line in text.splitlines() if cells(line) > 80]
    assert not [line for line in wide if str(services.site.folder) not in line]


@pytest.mark.parametrize("words", [
    ("sshd",), ("sshd-wechat",), ("login",), ("su",), ("sudo",), ("sudo-i",), ("gone",),
    ("common-auth",), ("su-l",), ("a b",), ("open",), ("twice",), ("jump",), ("sshd", "--try", "1"),
    ("sshd", "--keep"), ("sshd", "--keep", "--try", "30"), ("sshd", "--try", "30", "--sshd-config"),
    ("sshd", "--sshd-config"), ("sshd", "--sshd-config", "--alone", "--yes"), ("--help",), (), ("sshd", "--nonsense"),
])
def test_what_it_says_fits_80_cells(services: Services, words: tuple[str, ...], form: str) -> None:
    for name in ("sshd-wechat", "open", "twice", "jump"):
        (FOLDER / name).write_bytes(shipped("sshd"))
    (FOLDER / "open").write_text("auth sufficient pam_permit.so\n@include common-auth\n")
    (FOLDER / "twice").write_text("@include common-auth\n@include common-auth\n")
    (FOLDER / "jump").write_text("auth [success=3 default=ignore] pam_succeed_if.so user = bob\n"
                                 "@include common-auth\n")
    openids = [services.site.wechat.openid(name) for name in ("alice", "bob")]
    services.site.write_users("".join(f"{openid} {name}{number}\n" for openid, name, number in zip(
        openids, ("alice", "王小明"), (1, 2))).replace(" ", " " + ",".join(
            f"u{number}" for number in range(70)) + ",", 1))
    for command in ("enable", "disable"):
        given = (*words, *FORMS[form]) if command == "enable" else words[:1]
        done = services.command.run(command, *given)
        assert done.stdout + done.stderr != ""
        check_width(done.stdout + done.stderr, services)


def test_what_a_broken_machine_makes_it_say_fits_80_cells(services: Services) -> None:
    services.site.write("pam_wechat.conf", "nonsense\n", 0o600)
    done = services.command.run("enable", "sshd")
    assert done.returncode == 2 and "mend: " in done.stderr
    check_width(done.stderr, services)
