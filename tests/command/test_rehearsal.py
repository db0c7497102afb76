"""pam-wechat enable --try: a change that takes itself back, and what keeps it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.processes import running
from harness.rehearsals import Rehearsals, holder_of, is_on_trial
from harness.services import BACKUP, FOLDER, Services, shipped
from harness.sshd import Sshd, make_key
from harness.strace import disturbed
from harness.system_log import SystemLog
from harness.terminal import Terminal
from harness.waiting import HANG, until
from simulator import Phone, WeChat

FORMS: dict[str, tuple[str, ...]] = {"alone": (), "second factor": ("--second-factor",)}
TAKEN_BACK = "pam-wechat.*: nobody has kept what was on trial: /etc/pam.d/{}"
STAYS = "pam-wechat.*: what was on trial could not be taken back, and stays: /etc/pam.d/{}"


@pytest.fixture()
def rehearsals(services: Services) -> Iterator[Rehearsals]:
    with Rehearsals(services) as made:
        yield made


@pytest.fixture()
def live_rehearsals(live_services: Services) -> Iterator[Rehearsals]:
    with Rehearsals(live_services) as made:
        yield made


def snapshot() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


def unfolded(text: str) -> str:
    return " ".join(text.split())


def keep(services: Services, service: str) -> subprocess.CompletedProcess[str]:
    """In this session, which began before everything."""
    return services.command.run("enable", service, "--keep")


def findings(services: Services) -> list[dict[str, Any]]:
    done = services.command.run("doctor", "--offline", "--json")
    return [one for one in json.loads(done.stdout)["findings"] if one["id"].startswith("pam-trial")]


# -- taken back


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("service", ["sshd", "login", "su", "sudo"])
def test_it_is_taken_back_when_its_time_is_over(
    rehearsals: Rehearsals, system_log: SystemLog, service: str, form: str
) -> None:
    before, mark = snapshot(), system_log.mark()
    done = rehearsals.run(service, *FORMS[form])
    assert (done.returncode, done.stderr) == (0, "")
    assert f"    pam-wechat enable {service} --keep\n" in done.stdout
    assert "On trial until 20" in done.stdout
    lines = (FOLDER / service).read_text().splitlines()
    assert sum("pam_wechat.so" in line for line in lines) == 1
    rehearsals.let_time_pass()
    assert snapshot() == before
    system_log.wait_for(TAKEN_BACK.format(service) + " is as it was before", mark)


def test_it_is_taken_back_by_the_clock(services: Services) -> None:
    started = time.monotonic()
    before = snapshot()
    services.enable("sshd", "--try", "30")
    assert is_on_trial("sshd") and snapshot() != before
    assert until(lambda: running(services.command.program) == [], 2 * HANG)
    assert snapshot() == before
    assert time.monotonic() - started >= 30


def test_it_is_taken_back_though_the_terminal_was_closed(rehearsals: Rehearsals) -> None:
    before = snapshot()
    with Terminal(["/bin/sh"], rehearsals.environment | {"PS1": "$ "}) as terminal:
        terminal.wait_for("$ ")
        terminal.type(" ".join(rehearsals.line("sshd")) + "; echo status $?.")
        terminal.wait_for("status 0.")
        shell = terminal.process.pid
        holder = holder_of("sshd")
        assert os.getsid(holder) == holder != os.getsid(shell)
        terminal.process.close(force=True)
    assert holder in rehearsals.holders()
    rehearsals.let_time_pass()
    assert snapshot() == before


def test_no_signal_that_a_session_ends_with_ends_it(rehearsals: Rehearsals) -> None:
    before = snapshot()
    holder = rehearsals.begin("sshd")
    for number in sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}):
        os.kill(holder, number)
    os.kill(holder, signal.SIGCONT)
    assert holder in rehearsals.holders()
    rehearsals.let_time_pass()
    assert snapshot() == before


CGROUPS = [path for path in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
           if (path / "cgroup.controllers").exists() and os.access(path / "cgroup.procs", os.W_OK)]


@pytest.fixture()
def session_scope() -> Iterator[Path]:
    """A cgroup as logind makes one for a session."""
    if not CGROUPS:
        pytest.skip("there is no cgroup2 that may be changed")
    scope = CGROUPS[0] / f"pam_wechat-{os.getpid()}.scope"
    scope.mkdir()
    yield scope
    assert until(lambda: (scope / "cgroup.procs").read_text() == "")
    scope.rmdir()


def test_no_end_of_a_session_s_processes_ends_it(
    rehearsals: Rehearsals, session_scope: Path
) -> None:
    """By KillUserProcesses=yes systemd kills whatever is in the session's cgroup."""
    before = snapshot()
    script = 'echo 0 >"$1/cgroup.procs"; shift; "$@"; echo $?; exec cat'
    with subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", str(session_scope), *rehearsals.line("sshd")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=rehearsals.environment,
    ) as session:
        assert session.stdout is not None
        # Its exit status is the last line.
        while (line := session.stdout.readline()) not in (b"0\n", b""):
            continue
        assert line and is_on_trial("sshd")
        pids = [int(pid) for pid in (session_scope / "cgroup.procs").read_text().split()]
        assert session.pid in pids and holder_of("sshd") not in pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    rehearsals.let_time_pass()
    assert snapshot() == before


def test_it_has_nothing_of_whoever_has_begun_it(rehearsals: Rehearsals) -> None:
    before = Path("/proc/self/cwd").readlink()
    holder = Path(f"/proc/{rehearsals.begin('sshd')}")
    files = {str(file.readlink()) for file in (holder / "fd").iterdir()}
    # The fifo is the test's.
    assert files - {"/dev/null", str(rehearsals.fifo)} == set()
    assert (holder / "cwd").readlink() == Path("/") != before
    assert (holder / "stat").read_text().rpartition(")")[2].split()[4] == "0"  # its terminal
    rehearsals.let_time_pass()


CALLS = ("clone", "fchown", "fchmod", "fsync", "renameat", "unlinkat", "write")


@pytest.mark.parametrize("name", ["KILL", "TERM", "HUP"])
def test_a_sudden_end_leaves_the_old_file_or_one_that_is_taken_back(
    rehearsals: Rehearsals, name: str
) -> None:
    before = snapshot()
    seen = set()
    for call in CALLS:
        for count in range(1, 40):
            done = rehearsals.run(
                "sshd", through=disturbed(call, f"signal={name}", count))
            seen.add(changed := (FOLDER / "sshd").read_bytes() != shipped("sshd"))
            if changed:
                assert holder_of("sshd") in rehearsals.holders()
            if rehearsals.holders():
                rehearsals.let_time_pass()
            # A copy of a file that is the old one again is left where its maker was killed.
            for path in FOLDER.iterdir():
                if path.name.startswith((".", f"sshd{BACKUP}")):
                    path.unlink()
            assert snapshot() == before
            if done.returncode == 0:
                break
    # The other signals have to wait until the file is changed.
    assert seen == ({False, True} if name == "KILL" else {True})


def test_what_is_not_sure_to_be_taken_back_is_not_changed(rehearsals: Rehearsals) -> None:
    before = snapshot()
    through = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=setsid:error=EPERM")
    done = rehearsals.run("sshd", through=through)
    assert done.returncode == 1
    assert "nothing would take the change back" in unfolded(done.stderr)
    assert snapshot() == before and rehearsals.holders() == []


# -- kept


@pytest.fixture()
def root_sshd(rehearsals: Rehearsals) -> Iterator[Sshd]:
    """Lets root in by a key, and has the file of Debian's service."""
    with Sshd(rehearsals.services.site, "sshd-try", "") as made:
        (FOLDER / "sshd-try").write_bytes(shipped("sshd"))
        key = make_key(made.folder / "key")
        made.keys.write_bytes(key.with_suffix(".pub").read_bytes())
        yield made


def over_ssh(
    sshd: Sshd, *command: str, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    line = sshd.client("root", *command, options=("-i", str(sshd.folder / "key"), *options))
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=HANG)


def test_a_new_sign_in_keeps_it(
    rehearsals: Rehearsals, root_sshd: Sshd, system_log: SystemLog
) -> None:
    rehearsals.begin("sshd-try")
    mark = system_log.mark()
    on_trial = (FOLDER / "sshd-try").read_text()
    words = rehearsals.services.command.line("enable", "sshd-try", "--keep")
    done = over_ssh(root_sshd, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "/etc/pam.d/sshd-try is kept" in done.stdout
    kept = (FOLDER / "sshd-try").read_text()
    assert on_trial.splitlines(keepends=True)[4].startswith("# on trial until ")
    assert kept.splitlines() == [
        line for line in on_trial.splitlines() if not line.startswith("# on trial")]
    rehearsals.let_time_pass()
    assert (FOLDER / "sshd-try").read_text() == kept
    assert not [line for line in system_log.since(mark) if "on trial" in line]
    # It is as if there had been no trial.
    assert "nothing is on trial there" in keep(rehearsals.services, "sshd-try").stderr
    assert "is as it was" in rehearsals.services.disable("sshd-try")
    assert (FOLDER / "sshd-try").read_bytes() == shipped("sshd")


def test_a_session_in_an_older_connection_does_not(
    rehearsals: Rehearsals, root_sshd: Sshd
) -> None:
    shared = ("-o", f"ControlPath={root_sshd.folder}/shared")
    first = over_ssh(root_sshd, "true", options=(*shared, "-o", "ControlMaster=yes",
                                                 "-o", "ControlPersist=yes"))
    assert first.returncode == 0
    try:
        rehearsals.begin("sshd-try")
        before = snapshot()
        words = rehearsals.services.command.line("enable", "sshd-try", "--keep")
        done = over_ssh(root_sshd, *words, options=shared)
        assert done.returncode == 1
        assert "no sshd of this service that began after the change" in unfolded(done.stderr)
        assert snapshot() == before
        assert over_ssh(root_sshd, *words).returncode == 0
    finally:
        over_ssh(root_sshd, options=(*shared, "-O", "exit"))


def test_whoever_has_begun_it_does_not(rehearsals: Rehearsals) -> None:
    for service, reason in (
        ("sshd", "no sshd of this service"), ("login", "no login that let somebody in"),
        ("su", "no call of this service's program"), ("sudo", "no call of this service's program"),
    ):
        rehearsals.begin(service)
        before = snapshot()
        done = keep(rehearsals.services, service)
        assert (done.returncode, done.stdout) == (1, "")
        assert reason in unfolded(done.stderr)
        # A session of its own is no sign-in.
        done = rehearsals.services.command.run(
            "enable", service, "--keep", through=("setsid", "-w"))
        assert (done.returncode, snapshot()) == (1, before)


def test_the_terminal_that_has_begun_it_does_not(rehearsals: Rehearsals) -> None:
    (FOLDER / "other-login").write_bytes(shipped("login"))
    words = " ".join(rehearsals.services.command.line("enable", "other-login", "--keep"))
    with Terminal(["/bin/sh"], rehearsals.environment | {"PS1": "$ "}) as terminal:
        terminal.wait_for("$ ")
        terminal.type(" ".join(rehearsals.line("other-login")) + "; echo status $?.")
        terminal.wait_for("status 0.")
        terminal.type(f"{words} 2>&1; echo status $?.")
        assert "this is the terminal in which" in unfolded(terminal.wait_for("status 1.").text)
    # This is a service of which nobody knows the program: a terminal from after the change.
    with Terminal(["/bin/sh"], rehearsals.environment | {"PS1": "$ "}) as terminal:
        terminal.wait_for("$ ")
        terminal.type(f"{words}; echo status $?.")
        terminal.wait_for("status 0.")
    assert not is_on_trial("other-login")


def test_sudo_by_wechat_keeps_sudo(live_rehearsals: Rehearsals, wechat: WeChat) -> None:
    services = live_rehearsals.services
    live_rehearsals.begin("sudo")
    words = services.command.line("enable", "sudo", "--keep")
    done = subprocess.run(["sudo", *words], capture_output=True, text=True, timeout=HANG,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and is_on_trial("sudo"), "root is asked for nothing"
    as_bob = ["/usr/bin/setpriv", "--reuid=bob", "--regid=bob", "--clear-groups", "--"]
    with Terminal([*as_bob, "/bin/sh", "-c", f"sudo {' '.join(words)}; echo status $?."],
                  {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8"}) as terminal:
        pin = Phone(wechat, "bob").sign_in(terminal.wait_for_login().picture)
        terminal.type(pin or "")
        assert "/etc/pam.d/sudo is kept" in terminal.wait_for("status 0.").text
    kept = (FOLDER / "sudo").read_bytes()
    live_rehearsals.let_time_pass()
    assert (FOLDER / "sudo").read_bytes() == kept != shipped("sudo")


def test_only_root_keeps_anything(rehearsals: Rehearsals) -> None:
    rehearsals.begin("sshd")
    done = rehearsals.services.command.run("enable", "sshd", "--keep", through=(
        "setpriv", "--reuid=61001", "--regid=61001", "--clear-groups", "--"))
    assert done.returncode == 1 and "only root may change it" in unfolded(done.stderr)


def test_what_is_not_on_trial_can_t_be_kept(services: Services) -> None:
    done = keep(services, "sshd")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pam-wechat enable: /etc/pam.d/sshd: nothing is on trial there\n"


# -- in between


def test_a_second_one_is_refused_while_one_runs(rehearsals: Rehearsals) -> None:
    holder = rehearsals.begin("sshd")
    before = snapshot()
    for words in (("--try", "30"), ("--try", "30", "--second-factor"), ()):
        done = rehearsals.services.command.run("enable", "sshd", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "WeChat is asked here already, on trial" in unfolded(done.stderr)
    assert snapshot() == before and rehearsals.holders() == [holder]
    # Another service is another matter.
    other = rehearsals.begin("sudo")
    assert sorted(rehearsals.holders()) == sorted([holder, other])
    rehearsals.let_time_pass()
    assert not is_on_trial("sshd") and not is_on_trial("sudo")


def test_an_older_one_does_not_end_a_later_one(rehearsals: Rehearsals) -> None:
    rehearsals.begin("sshd")
    assert "is as it was" in rehearsals.services.disable("sshd")
    assert (FOLDER / "sshd").read_bytes() == shipped("sshd")
    rehearsals.services.enable("sshd", "--second-factor")
    before = snapshot()
    rehearsals.let_time_pass()
    assert snapshot() == before


def test_an_older_trial_does_not_end_a_later_trial(rehearsals: Rehearsals) -> None:
    first = rehearsals.begin("sshd")
    rehearsals.services.disable("sshd")
    rehearsals.fifo = rehearsals.services.site.folder / "second"
    os.mkfifo(rehearsals.fifo)
    old_fifo = rehearsals.environment["HOURGLASS"]
    rehearsals.environment["HOURGLASS"] = str(rehearsals.fifo)
    second = rehearsals.begin("sshd")
    before = snapshot()
    with open(old_fifo, "wb"):
        pass
    assert until(lambda: rehearsals.holders() == [second])
    assert first != second and snapshot() == before
    rehearsals.let_time_pass()
    assert (FOLDER / "sshd").read_bytes() == shipped("sshd")


def test_what_somebody_changed_beside_it_stays(
    rehearsals: Rehearsals, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    rehearsals.begin("sshd")
    path = FOLDER / "sshd"
    path.write_text("# mine\n" + path.read_text() + "session optional pam_umask.so\n")
    rehearsals.let_time_pass()
    assert path.read_bytes() == b"# mine\n" + shipped("sshd") + b"session optional pam_umask.so\n"
    said = system_log.wait_for(TAKEN_BACK.format("sshd"), mark)
    assert "The rest was changed" in said and f"{path}{BACKUP}" in said
    assert (FOLDER / f"sshd{BACKUP}").read_bytes() == shipped("sshd")


def test_what_somebody_wrote_into_it_is_his(
    rehearsals: Rehearsals, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    rehearsals.begin("sshd")
    path = FOLDER / "sshd"
    path.write_text(path.read_text().replace("# END", "auth required pam_access.so\n# END"))
    before = snapshot()
    rehearsals.let_time_pass()
    assert snapshot() == before
    number = path.read_text().splitlines().index("auth required pam_access.so") + 1
    assert f"sshd:{number}: " in system_log.wait_for(STAYS.format("sshd"), mark)
    (found,) = findings(rehearsals.services)
    assert (found["id"], found["severity"]) == ("pam-trial-over", "warning")
    # "disable" would not do it, either.
    assert found["mend"]["elsewhere"] == "choice" and "command" not in found["mend"]
    assert f"sshd:{number}: " in found["mend"]["text"]
    assert found["mend"]["text"].endswith("; then pam-wechat disable sshd")


def test_a_file_that_somebody_has_put_in_its_place_stays(
    rehearsals: Rehearsals, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    rehearsals.begin("sshd")
    (FOLDER / "new").write_bytes(b"# of the configuration management\n" + shipped("sshd"))
    (FOLDER / "new").rename(FOLDER / "sshd")
    before = snapshot()
    rehearsals.let_time_pass()
    assert snapshot() == before
    assert not [line for line in system_log.since(mark) if "on trial" in line]


def test_it_waits_for_whoever_is_changing_the_file(rehearsals: Rehearsals) -> None:
    """The time is over while another call has the file's lock, and that one writes nothing."""
    before = snapshot()
    rehearsals.begin("sshd")
    lock = FOLDER / ".sshd.lock"
    holding = subprocess.Popen(["flock", str(lock), "cat"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    assert holding.stdin is not None and holding.stdout is not None
    holding.stdin.write(b"held\n")
    holding.stdin.flush()
    assert holding.stdout.readline() == b"held\n"
    changed = snapshot()
    # Somebody tries to open it: its time is over.
    assert until(rehearsals.turn)
    (holder,) = rehearsals.holders()
    assert until(lambda: any(str(file.readlink()) == str(FOLDER)
                             for file in Path(f"/proc/{holder}/fd").iterdir()))
    assert snapshot() == changed
    lock.unlink()
    holding.communicate(timeout=HANG)
    assert until(lambda: rehearsals.holders() == [])
    assert snapshot() == before


# -- known


def test_the_doctor_knows_what_is_on_trial(rehearsals: Rehearsals) -> None:
    assert findings(rehearsals.services) == []
    rehearsals.begin("sshd")
    (found,) = findings(rehearsals.services)
    assert (found["id"], found["severity"]) == ("pam-trial", "note")
    assert "sshd: on trial until 20" in found["what"]
    assert "pam-wechat enable sshd --keep" in found["mend"]["text"]
    assert found["mend"]["elsewhere"] == "choice"
    assert (found["file"], found["line"]) == ("/etc/pam.d/sshd", 5)
    rehearsals.let_time_pass()
    assert findings(rehearsals.services) == []


def change_mark(pattern: str, by: str) -> None:
    path = FOLDER / "sshd"
    text, count = re.subn(r"(?m)^(# on trial until .*)" + pattern, r"\g<1>" + by, path.read_text())
    assert count == 1
    path.write_text(text)


@pytest.mark.parametrize(("how", "why"), [
    ("kill", "the process that was to take it back is gone"),
    ("boot", "the machine was started again since"),
    ("time", "its time has passed"),
    ("line", "its line has been changed"),
])
def test_the_doctor_finds_one_that_nobody_ends(
    rehearsals: Rehearsals, how: str, why: str
) -> None:
    before = snapshot()
    holder = rehearsals.begin("sshd")
    if how == "kill":
        os.kill(holder, signal.SIGKILL)
        assert until(lambda: rehearsals.holders() == [])
    elif how == "boot":
        change_mark(r" [0-9a-f]{8}-", " 00000000-")
    elif how == "time":
        change_mark(r"\[\d+ ", "[1700000000 ")
    else:
        change_mark(r"\]$", "")
    (found,) = findings(rehearsals.services)
    assert (found["id"], found["severity"]) == ("pam-trial-over", "warning")
    assert found["what"].endswith(f", and was not taken back: {why}")
    assert found["mend"]["command"] == "pam-wechat disable sshd"
    rehearsals.services.disable("sshd")
    assert snapshot() == before
    assert findings(rehearsals.services) == []


def test_one_that_nobody_ends_may_still_be_kept(rehearsals: Rehearsals, root_sshd: Sshd) -> None:
    os.kill(rehearsals.begin("sshd-try"), signal.SIGKILL)
    words = rehearsals.services.command.line("enable", "sshd-try", "--keep")
    assert over_ssh(root_sshd, *words).returncode == 0
    assert not is_on_trial("sshd-try")


def test_one_whose_line_was_changed_can_t_be_kept(rehearsals: Rehearsals) -> None:
    rehearsals.begin("sshd")
    change_mark(r"\]$", "")
    done = keep(rehearsals.services, "sshd")
    assert done.returncode == 1
    assert "sshd:5: this line has been changed: pam-wechat disable sshd" in unfolded(done.stderr)


@pytest.mark.parametrize("words", [
    ("--try", "29"), ("--try", "3601"), ("--try", "soon"), ("--try", ""), ("--try", "60s"),
    ("--keep", "--try", "60"), ("--keep", "--second-factor"), ("--try",), ("--keep=yes",),
    ("--keep", "--sshd-config"), ("--keep", "--force"), ("--try", "60", "--sshd-config"),
])
def test_wrong_usage_is_explained(services: Services, words: tuple[str, ...]) -> None:
    before = snapshot()
    done = services.command.run("enable", "sshd", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pam-wechat enable: ")
    assert snapshot() == before
