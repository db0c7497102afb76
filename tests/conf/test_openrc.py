"""OpenRC's script, run by a plain shell with programs of ours in the place of OpenRC's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness.site import BUILD, HELPER, REPOSITORY

SCRIPT = BUILD / "conf/pam-wechat-helper.openrc"
CALLED = ("checkpath", "ebegin", "eend", "need", "start-stop-daemon", "use")


def test_it_is_a_script_of_a_plain_shell() -> None:
    assert SCRIPT.read_text().startswith("#!/sbin/openrc-run\n")
    done = subprocess.run(["dash", "-n", SCRIPT], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_starts_what_the_unit_starts() -> None:
    unit = (BUILD / "conf/pam-wechat-helper.service").read_text()
    start = re.search(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    assert start is not None
    assert f'\ncommand="{start[1]}"\n' in SCRIPT.read_text()


def run(folder: Path, function: str, command: Path) -> tuple[int, list[str]]:
    """Calls a function of the script; returns its status, and what it called."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in CALLED:
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*"\n')
        (tools / name).chmod(0o755)
    done = subprocess.run(
        ["dash", "-u", "-c", '. "$1"; command=$2; "$3"', "openrc", SCRIPT, command, function],
        env={"PATH": f"{tools}:/usr/bin:/bin", "RC_SVCNAME": "pam-wechat-helper"},
        capture_output=True, text=True,
    )
    return done.returncode, done.stdout.splitlines()


def test_it_makes_the_directory_that_tmpfiles_would_make(folder: Path) -> None:
    tmpfiles = (REPOSITORY / "conf/systemd/tmpfiles.conf").read_text()
    made = re.search(r"^d (\S+) (\d+) (\w+) (\w+) -$", tmpfiles, re.MULTILINE)
    assert made is not None
    path, mode, owner, group = made.groups()
    assert run(folder, "start_pre", Path("/bin/true")) == (
        0, [f"checkpath --directory --owner {owner}:{group} --mode {mode} {path}"])


@pytest.mark.parametrize("program", [HELPER, Path("/bin/false")])
def test_it_does_not_start_a_helper_without_a_configuration(folder: Path, program: Path) -> None:
    assert not Path("/etc/pam_wechat/helper.conf").exists()
    assert run(folder, "start_pre", program)[0] == 1


def test_it_reloads_as_the_unit_does(folder: Path) -> None:
    unit = (BUILD / "conf/pam-wechat-helper.service").read_text()
    assert "\nExecReload=/bin/kill -HUP $MAINPID\n" in unit
    status, calls = run(folder, "reload", Path("/bin/true"))
    assert status == 0
    assert calls[1] == "start-stop-daemon --signal HUP --pidfile /run/pam-wechat-helper.pid"


def test_it_waits_for_network_and_log(folder: Path) -> None:
    assert run(folder, "depend", Path("/bin/true")) == (0, ["use net logger"])
