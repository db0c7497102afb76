"""
The replacement of a file: whatever happens in the middle of it, the file is the old one or the new
one, nothing is lost, and nothing is left behind. `users add` is the update that is looked at.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import stat
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.command import Command
from harness.processes import children_of
from harness.strace import calls_in, disturbed, ends
from harness.waiting import HANG, until

ALICE = "oAlice-0000000000000000000_A"
BOB = "oBob---0000000000000000000_B"
OLD = f"# the old table\n{ALICE}    alice  # A.\n"
NEW = OLD + f"{BOB}    bob:61002\n"


@pytest.fixture()
def table(command: Command) -> Path:
    """In a directory of its own, where a stray file would be seen."""
    site = command.site
    path = site.folder / "etc/users"
    path.parent.mkdir(mode=0o755)
    site.write_conf(users_file=str(path))
    reset(path)
    return path


def reset(table: Path) -> None:
    for path in table.parent.iterdir():
        path.unlink()
    table.write_text(OLD)
    table.chmod(0o600)


def files(table: Path) -> list[str]:
    return sorted(os.listdir(table.parent))


def add_bob(command: Command, *through: str) -> subprocess.CompletedProcess[str]:
    return command.run("users", "add", BOB, "bob", through=through)


@contextmanager
def mounted(table: Path, *options: str) -> Iterator[None]:
    """A small file system of its own where the table lies."""
    where = str(table.parent)
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(("mode=755", *options)), "tmpfs", where],
                   check=True)
    try:
        reset(table)
        yield
    finally:
        subprocess.run(["umount", where], check=True)


def calls(command: Command, table: Path) -> list[tuple[str, str]]:
    """Each system call of an update, and what strace -y writes of it, in their order."""
    trace = command.site.folder / "trace"
    reset(table)
    done = command.run("users", "add", BOB, "bob", through=("strace", "-y", "-o", str(trace)))
    assert done.returncode == 0, done.stderr
    return calls_in(trace)


@pytest.mark.parametrize("sent", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_signal_at_any_system_call_leaves_the_old_table_or_the_new_one(
    command: Command, table: Path, sent: str
) -> None:
    made = calls(command, table)
    seen = set()
    for name, number in ends(made[1:-1], table.parent):
        reset(table)
        done = add_bob(command, *disturbed(name, f"signal={sent}", number))
        text = table.read_text()
        left = tuple(files(table))
        assert text in (OLD, NEW), (name, number)
        assert done.returncode != 0, (name, number)
        seen.add((text == NEW, left))
        if sent != "SIGKILL":
            assert left == ("users",), (name, number)
        again = command.run("users", "add", "oCarol", "carol")
        assert again.returncode == 0, again.stderr
        assert table.read_text().startswith(text)
        assert files(table) == ["users"], (name, number)
    # Each stage of an update was hit.
    assert {(False, ("users",)), (True, ("users",))} <= seen
    if sent == "SIGKILL":
        assert (False, (".users.lock", "users")) in seen
        assert (False, (".users.lock", ".users.new", "users")) in seen
        assert (True, (".users.lock", "users")) in seen


FAILING = {
    "openat .users.lock": "No space left on device",
    "openat .users.new": "Permission denied",
    "write .users.new": "No space left on device",
    "fchown .users.new": "Operation not permitted",
    "fchmod .users.new": "Operation not permitted",
    "fsync .users.new": "Input/output error",
    "close .users.new": "Disk quota exceeded",
    "renameat .users.new": "Read-only file system",
}
ERRORS = {
    "No space left on device": "ENOSPC", "Permission denied": "EACCES",
    "Operation not permitted": "EPERM", "Input/output error": "EIO",
    "Disk quota exceeded": "EDQUOT", "Read-only file system": "EROFS",
}


def number_of(made: list[tuple[str, str]], name: str, argument: str) -> int:
    """The place of a call among those of its name, from 1."""
    same = [arguments for call, arguments in made if call == name]
    return next(i for i, arguments in enumerate(same, 1) if argument in arguments)


@pytest.mark.parametrize("call", FAILING)
def test_a_call_that_fails_leaves_the_old_table_and_says_why(
    command: Command, table: Path, call: str
) -> None:
    name, file = call.split()
    number = number_of(calls(command, table), name, file)
    reset(table)
    done = add_bob(command, *disturbed(name, f"error={ERRORS[FAILING[call]]}", number))
    assert done.returncode == 1, done
    assert str(table) in done.stderr and FAILING[call] in done.stderr
    assert table.read_text() == OLD
    assert files(table) == ["users"]


def test_the_contents_are_on_the_disk_before_the_name_and_the_name_before_the_end(
    command: Command, table: Path
) -> None:
    made = calls(command, table)
    folder = str(table.parent)
    steps = [
        next(i for i, (name, arguments) in enumerate(made) if name == call and part in arguments)
        for call, part in (
            ("write", f"<{folder}/.users.new>"),
            ("fchmod", f"<{folder}/.users.new>"),
            ("fsync", f"<{folder}/.users.new>"),
            ("renameat", '".users.new"'),
            ("fsync", f"<{folder}>"),
            ("unlinkat", '".users.lock"'),
        )
    ]
    assert steps == sorted(steps)


def test_a_directory_that_does_not_reach_the_disk_is_told(command: Command, table: Path) -> None:
    number = number_of(calls(command, table), "fsync", f"<{table.parent}>")
    reset(table)
    done = add_bob(command, *disturbed("fsync", "error=EIO", number))
    assert done.returncode == 1
    assert "a power failure may bring the old one back: Input/output error" in done.stderr
    assert table.read_text() == NEW
    assert files(table) == ["users"]


@pytest.mark.parametrize("options", [("size=8k",), ("nr_inodes=4",)])
def test_a_full_disk_leaves_the_old_table(
    command: Command, table: Path, options: tuple[str, ...]
) -> None:
    with mounted(table, *options):
        filler = table.parent / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(1024))
                if "nr_inodes=4" in options:
                    (table.parent / "another").touch()
                    (table.parent / "one more").touch()
        there = files(table)
        done = add_bob(command)
        assert done.returncode == 1
        assert f"{table}: " in done.stderr and "No space left on device" in done.stderr
        assert table.read_text() == OLD
        assert files(table) == there
        for name in set(there) - {"users"}:
            (table.parent / name).unlink()
        assert add_bob(command).returncode == 0
        assert table.read_text() == NEW


def test_a_read_only_file_system_is_told(command: Command, table: Path) -> None:
    with mounted(table):
        subprocess.run(["mount", "-o", "remount,ro", str(table.parent)], check=True)
        done = add_bob(command)
        assert done.returncode == 1
        assert f"{table}: it cannot be changed: Read-only file system" in done.stderr
        assert table.read_text() == OLD


def test_updates_at_once_lose_nothing(command: Command, table: Path) -> None:
    openids = [f"openid-{number}" for number in range(8)]
    started = [
        subprocess.Popen(command.line("users", "add", openid, "alice"), stdout=subprocess.DEVNULL)
        for openid in openids
    ]
    assert [process.wait(HANG) for process in started] == [0] * 8
    assert sorted(re.findall(r"^openid-\d", table.read_text(), re.MULTILINE)) == openids
    assert files(table) == ["users"]


def test_an_update_waits_for_the_one_before(command: Command, table: Path) -> None:
    lock = table.parent / ".users.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen(command.line("users", "add", BOB, "bob"))
        assert until(lambda: str(lock) not in opened(process.pid) and sleeps(process.pid))
        assert table.read_text() == OLD
        # Ctrl-C ends it while it waits.
        process.terminate()
        assert process.wait(HANG) == -signal.SIGTERM
        assert files(table) == [".users.lock", "users"]
        process = subprocess.Popen(command.line("users", "add", BOB, "bob"),
                                   stdout=subprocess.DEVNULL)
        assert until(lambda: sleeps(process.pid))
        lock.unlink()
    assert process.wait(HANG) == 0
    assert table.read_text() == NEW
    assert files(table) == ["users"]


def test_a_lock_that_was_removed_meanwhile_locks_nothing(command: Command, table: Path) -> None:
    lock = table.parent / ".users.lock"
    number = number_of(calls(command, table), "openat", ".users.lock")
    reset(table)
    # It stops when it has opened the lock, and before it locks it.
    stopping = disturbed("openat", "signal=SIGSTOP", number)
    strace = subprocess.Popen([*stopping, *command.line("users", "add", "oCarol", "carol")],
                              stdout=subprocess.DEVNULL)
    try:
        assert until(lock.exists)
        assert add_bob(command).returncode == 0
        assert not lock.exists()
        (stopped,) = children_of(strace.pid)
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            os.kill(stopped, signal.SIGCONT)
            assert until(lambda: sleeps(stopped))
            assert table.read_text() == NEW
    finally:
        for pid in children_of(strace.pid):
            os.kill(pid, signal.SIGCONT)
        assert strace.wait(HANG) == 0
    assert "oCarol" in table.read_text() and BOB in table.read_text()
    assert files(table) == ["users"]


def opened(pid: int) -> set[str]:
    return {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}


def sleeps(pid: int) -> bool:
    """Whether it is in the pause between two attempts to lock."""
    return Path(f"/proc/{pid}/wchan").read_text().endswith("nanosleep")


def test_a_lock_that_nobody_gives_up_is_told(command: Command, table: Path) -> None:
    lock = table.parent / ".users.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        done = add_bob(command)
        assert 9 < time.monotonic() - began
    assert done.returncode == 1
    assert "somebody else has been changing it for 10 seconds: try again" in done.stderr
    assert table.read_text() == OLD


def test_nobody_else_can_hold_an_update_up(command: Command, table: Path) -> None:
    """A lock on the directory, or on a file that anyone may open, would be anyone's."""
    made = calls(command, table)
    lock = made[[".users.lock" in arguments for _, arguments in made].index(True)][1]
    assert "O_CREAT" in lock and re.search(r", 0600\) = ", lock)
    reset(table)
    descriptor = os.open(table.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        done = add_bob(command)
    finally:
        os.close(descriptor)
    assert done.returncode == 0, done.stderr


def test_owner_group_and_mode_are_kept(command: Command, table: Path) -> None:
    os.chown(table, 0, 61002)
    table.chmod(0o400)
    assert add_bob(command).returncode == 0
    status = table.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 61002, 0o400)
    assert table.read_text() == NEW


def access_control_list(uid: int) -> bytes:
    """As acl(5) has it in the attribute: the owner may, and what this user may its mask takes."""
    entries = [(0x01, 6, 2**32 - 1), (0x02, 4, uid), (0x04, 0, 2**32 - 1), (0x10, 0, 2**32 - 1),
               (0x20, 0, 2**32 - 1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def test_access_control_list_and_other_attributes_are_kept(command: Command, table: Path) -> None:
    attributes = {"system.posix_acl_access": access_control_list(61001), "trusted.note": b"\0\xff"}
    for name, value in attributes.items():
        os.setxattr(table, name, value)
    assert add_bob(command).returncode == 0
    assert {name: os.getxattr(table, name) for name in attributes} == attributes
    assert stat.S_IMODE(table.stat().st_mode) == 0o600  # the table is the owner's alone


def test_who_lacks_the_rights_changes_nothing(command: Command, table: Path) -> None:
    alice = ("setpriv", "--reuid=61001", "--regid=61001", "--clear-groups")
    for mode in (0o600, 0o644):
        command.site.conf_file.chmod(mode)
        done = command.run("users", "add", BOB, "bob", through=alice)
        assert done.returncode == 1
        assert "Permission denied: run this as root" in done.stderr
        assert (table.read_text(), files(table)) == (OLD, ["users"])


def test_a_symbolic_link_is_not_followed(command: Command, table: Path) -> None:
    real = table.rename(table.parent / "real")
    table.symlink_to(real)
    done = add_bob(command)
    assert done.returncode == 1
    assert f"{table}: a symbolic link is not followed" in done.stderr
    assert real.read_text() == OLD and table.is_symlink()


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_directory_that_others_may_write_to_is_refused(
    command: Command, table: Path, mode: int
) -> None:
    table.parent.chmod(mode)
    done = add_bob(command)
    assert done.returncode == 1
    assert "chmod go-w" in done.stderr
    assert (table.read_text(), files(table)) == (OLD, ["users"])
