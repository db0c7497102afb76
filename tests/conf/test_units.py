"""systemd's own tools about the units, users and directories that are shipped."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from harness.site import BUILD, HELPER, REPOSITORY

SYSTEMD = REPOSITORY / "conf/systemd"
SERVICE = BUILD / "conf/pam-wechat-helper.service"
SOCKET = BUILD / "conf/pam-wechat-helper.socket"


def units(folder: Path) -> list[Path]:
    """The units, with the helper where this build has it."""
    service = SERVICE.read_text()
    assert "ExecStart=/usr/sbin/pam-wechat-helper\n" in service
    made = folder / SERVICE.name
    made.write_text(service.replace("/usr/sbin/pam-wechat-helper", str(HELPER)))
    return [made, Path(shutil.copy(SOCKET, folder))]


def test_units_verify_without_a_word(folder: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units(folder)],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_verifying_finds_a_wrong_line(folder: Path) -> None:
    service, socket = units(folder)
    service.write_text(service.read_text() + "\n[Service]\nNoSuchKey=1\n")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", service, socket],
                          capture_output=True, text=True)
    assert "NoSuchKey" in done.stderr


def test_the_service_is_hardly_exposed(folder: Path) -> None:
    service = units(folder)[0]
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--json=short", "--threshold=20", service],
        capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    exposed = {row["name"] for row in json.loads(done.stdout) if row.get("exposure") not in
               (None, "", "0.0")}
    # What a server on the network, reached by peers with uids of this machine, has to keep.
    assert "PrivateUsers=" in exposed


def test_both_units_wait_for_a_configuration() -> None:
    """The service alone would be started again and again by whoever connects to the socket."""
    for unit in (SERVICE, SOCKET):
        assert "\nConditionPathExists=/etc/pam_wechat/helper.conf\n" in unit.read_text()


def test_systemd_never_gives_up() -> None:
    """Five failures within ten seconds would end both units for good."""
    for unit in (SERVICE, SOCKET):
        assert "\nStartLimitIntervalSec=0\n" in unit.read_text().split("\n\n")[0] + "\n"
    assert "\nRestart=on-failure\nRestartSec=2\n" in SERVICE.read_text()


def test_the_helper_can_make_its_status_socket() -> None:
    """It runs as a user who can't write to /run."""
    sample = (REPOSITORY / "conf/helper.conf").read_text()
    assert "\nRuntimeDirectory=pam-wechat-helper\n" in SERVICE.read_text()
    assert "\n#status_socket = /run/pam-wechat-helper/status.sock\n" in sample


def test_system_users_and_directory_are_made(folder: Path) -> None:
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    subprocess.run(["systemd-sysusers", f"--root={root}", SYSTEMD / "sysusers.conf"], check=True,
                   capture_output=True)
    passwd = (root / "etc/passwd").read_text()
    assert sorted(line.split(":")[0] for line in passwd.splitlines()) == [
        "pam-wechat", "pam-wechat-exchange",
    ]
    assert all(line.endswith(":/usr/sbin/nologin") for line in passwd.splitlines())
    subprocess.run(["systemd-tmpfiles", "--create", f"--root={root}", SYSTEMD / "tmpfiles.conf"],
                   check=True, capture_output=True)
    status = (root / "run/pam_wechat").stat()
    assert (status.st_mode & 0o7777, status.st_uid) == (0o755, 0)
