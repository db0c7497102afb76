"""Applies to the letter what `pam-wechat doctor --json` says of a mend."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.machine import Machine
from harness.waiting import HANG

Mend = dict[str, Any]

# What a mend says that no program can apply (pam-wechat(8)).
ELSEWHERE = {
    "again", "certificate", "choice", "directory", "dns", "firewall", "package", "person", "policy",
    "value", "web-server", "wechat",
}
# What there is none of on a machine of the tests': the call is written down, and played.
PLAYED = ("systemctl", "timedatectl")
WANTS = Path("/run/systemd/system/multi-user.target.wants")


def apply(machine: Machine, mend: Mend) -> bool:
    """Whether there is something to apply; it is done then."""
    forms = [name for name in ("file", "command", "elsewhere") if name in mend]
    assert mend["text"] and len(forms) == 1, mend
    if forms == ["elsewhere"]:
        assert mend["elsewhere"] in ELSEWHERE
        return False
    if "file" in mend:
        change(mend)
    for command in (mend.get("command"), mend.get("then")):
        if command is not None:
            _run(machine, command)
    return True


def change(mend: Mend) -> None:
    path = Path(mend["file"])
    lines = path.read_bytes().decode().split("\n")
    if lines[-1] == "":
        lines.pop()
    old = mend["old"].split("\n") if mend["old"] else []
    begin = len(lines) if mend["line"] is None else mend["line"] - 1
    assert lines[begin:begin + len(old)] == old, (mend, lines)
    lines[begin:begin + len(old)] = [] if mend["new"] is None else mend["new"].split("\n")
    path.write_bytes("".join(line + "\n" for line in lines).encode())


def _run(machine: Machine, command: str) -> None:
    folder = machine.site.folder / "played"
    calls = machine.site.folder / "calls"
    calls.write_text("")
    folder.mkdir(exist_ok=True)
    for name in PLAYED:
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{calls}\n')
        (folder / name).chmod(0o755)
    subprocess.run(["/bin/sh", "-c", command], check=True, timeout=HANG, stdin=subprocess.DEVNULL,
                   env={"PATH": f"{folder}:{machine.site.folder}:/usr/sbin:/usr/bin:/sbin:/bin"})
    for call in calls.read_text().splitlines():
        _play(machine, call.split())


def _play(machine: Machine, words: list[str]) -> None:
    if words[0] == "timedatectl":
        assert words[1:] == ["set-ntp", "true"]
        machine.set_clock()
        return
    units = [word for word in words[2:] if not word.startswith("-")]
    if words[1] == "enable":
        _enable(units)
    if words[1] in ("restart", "reload") and any("helper" in unit for unit in units):
        machine.restart_helper()
    assert words[1] in ("enable", "restart", "reload", "daemon-reload"), words


def _enable(units: Iterable[str]) -> None:
    for unit in units:
        if WANTS.is_dir() and not (WANTS / unit).is_symlink():
            (WANTS / unit).symlink_to(WANTS.parent / unit)


def another_service_lets_in(machine: Machine) -> bool:
    """Alice becomes bob by his password: su(1), and what all services share."""
    assert "su" not in machine.services
    machine.write_pam("su", "@include common-auth\n",
                      "account required pam_permit.so\nsession required pam_permit.so\n")
    done = subprocess.run(
        ["setpriv", "--reuid=61001", "--regid=61001", "--clear-groups", "su", "bob", "-c", "id -un"],
        input="bob\n", capture_output=True, text=True, timeout=HANG,
        env={"PATH": "/usr/bin:/bin"})
    return (done.returncode, done.stdout) == (0, "bob\n")
