"""pam-wechat doctor and the sshd that runs: does it offer what its files say?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.machine import Finding, Machine, replaced
from harness.site import free_port
from harness.sshd import Sshd
from harness.waiting import HANG, until

KEYBOARD = "AuthenticationMethods keyboard-interactive"
KEY_FIRST = "publickey,keyboard-interactive"


def of_running(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one["id"] in ("sshd-older", "sshd-silent")]


def run_sshd(machine: Machine, *options: str) -> Sshd:
    """One that has read these options; the machine's files say that it listens there."""
    sshd = Sshd(machine.site, "sshd-that-runs", machine.line("required"), *options)
    machine.services.add(sshd.service.name)
    machine.write_sshd(Port=str(sshd.port))
    return sshd


def test_one_that_has_read_its_files_is_sound(machine: Machine) -> None:
    with run_sshd(machine, KEYBOARD) as sshd:
        status, findings = machine.doctor()
        assert (status, of_running(findings)) == (0, [])
        assert until(lambda: "Connection closed" in sshd.log_text())
        assert sshd.log_text().count("Connection from ") == 2  # the harness looks whether it listens


@pytest.mark.parametrize(("runs_with", "offers"), [
    ("AuthenticationMethods publickey", "publickey"),
    ("KbdInteractiveAuthentication no", "publickey"),
    ("AuthenticationMethods any", "publickey,keyboard-interactive"),
])
def test_one_that_has_not_is_named(machine: Machine, runs_with: str, offers: str) -> None:
    with run_sshd(machine, runs_with) as sshd:
        status, findings = machine.doctor("--offline")
        (found,) = of_running(findings)
        assert (status, found["severity"], found["id"]) == (2, "error", "sshd-older")
        assert found["what"] == (f"sshd offers {offers} at 127.0.0.1, port {sshd.port}, and its "
                                 "files say keyboard-interactive")
        assert found["mend"]["command"] == "sshd -t && systemctl reload ssh"
        # Which does this.
        sshd.config.write_text(f"{KEYBOARD}\n{sshd.config.read_text().replace(runs_with, '')}")
        sshd.process.send_signal(signal.SIGHUP)
        assert until(lambda: of_running(machine.doctor()[1]) == [])


@pytest.mark.parametrize("methods", [KEY_FIRST, f"{KEY_FIRST} hostbased", "publickey keyboard-interactive"])
def test_the_first_of_several_methods_is_what_it_offers(machine: Machine, methods: str) -> None:
    extra = ("HostbasedAuthentication yes",) if "hostbased" in methods else ()
    with run_sshd(machine, f"AuthenticationMethods {methods}", *extra) as sshd:
        machine.write_sshd(Port=str(sshd.port), AuthenticationMethods=methods,
                           HostbasedAuthentication="yes" if extra else "no")
        assert of_running(machine.doctor()[1]) == []


def test_who_asks_may_have_a_match_of_his_own(machine: Machine) -> None:
    match = "Match User nobody Address 127.0.0.1\n  AuthenticationMethods publickey\n"
    with run_sshd(machine, KEYBOARD) as sshd:
        config = machine.ssh / "sshd_config"
        config.write_text(config.read_text() + match)
        (found,) = of_running(machine.doctor()[1])
        assert "offers keyboard-interactive" in found["what"] and "say publickey" in found["what"]
    sshd.config.write_text(sshd.config.read_text() + match)
    with sshd:
        assert of_running(machine.doctor()[1]) == []


def test_it_is_asked_where_it_listens(machine: Machine) -> None:
    with run_sshd(machine, "ListenAddress 127.0.0.7", KEYBOARD) as sshd:
        machine.write_sshd(Port=str(sshd.port), ListenAddress="127.0.0.7")
        assert of_running(machine.doctor()[1]) == []
    machine.write_sshd(ListenAddress=f"[::1]:{free_port()}")
    (found,) = of_running(machine.doctor()[1])
    assert (found["id"], found["severity"]) == ("sshd-silent", "note")
    assert found["what"].startswith("no sshd answers at ::1, port ")


NEWER_SSHD = """\
#!/bin/sh
cat <<end
debug1: sshd version OpenSSH_RELEASE, OpenSSL 3.5.0
debug3: /etc/ssh/sshd_config:1 setting UsePAM yes
listenaddress 127.0.0.1:PORT
usepam yes
kbdinteractiveauthentication yes
authenticationmethods keyboard-interactive
logingracetime 120
maxauthtries 6
permitrootlogin no
pamservicename sshd
persourcepenalties crash:90 authfail:5 noauth:1 grace-exceeded:10
end
"""


@pytest.mark.parametrize(("release", "is_asked"), [
    ("9.2p1", True), ("9.7p1", True), ("9.8p1", False), ("10.0p2", False), ("10.3", False),
])
def test_one_with_penalties_is_asked_from_a_terminal_alone(
    machine: Machine, folder: Path, release: str, is_asked: bool
) -> None:
    script = folder / "sshd"
    script.write_text(NEWER_SSHD.replace("RELEASE", release).replace("PORT", str(free_port())))
    script.chmod(0o755)
    with replaced(script, Path("/usr/sbin/sshd")):
        assert (len(of_running(machine.doctor()[1])) == 1) == is_asked
        main, terminal = os.openpty()
        done = subprocess.run(machine.command.line("doctor", "--json"), stdin=terminal,
                              capture_output=True, text=True, timeout=HANG,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        os.close(main)
        os.close(terminal)
        assert len(of_running(json.loads(done.stdout)["findings"])) == 1
