"""An administrator who installs both packages, sets them up, upgrades and purges them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from harness import file_tree
from harness.administered import CONF, NAMES, SERVICE, SOCKET, Server, listens
from harness.debian import run
from harness.enrolling import DIGITS
from harness.site import REPOSITORY
from harness.waiting import until

README = REPOSITORY / "README.md"
SSHD_CONF = "/etc/ssh/sshd_config.d/10-pam-wechat.conf"

Step = Callable[[Server], None]


def install(server: Server) -> None:
    server.debian.install(*server.package_files())
    for unit in (SERVICE, SOCKET):
        assert server.run("systemctl", "is-enabled", unit) == "enabled\n"
        # It was to start, and had nothing to do, which is no failure.
        assert server.booted.show(unit, "ConditionResult") == "no"
        assert server.booted.show(unit, "ConditionTimestamp") != ""
        assert server.booted.show(unit, "ActiveState") == "inactive"
    said = server.debian.refuses("pam-wechat", "status")
    assert "not known" in said and "helper.conf: No such file" in said
    for user in ("pam-wechat", "pam-wechat-exchange"):
        assert server.run("getent", "passwd", user).endswith("/usr/sbin/nologin\n")
    status = server.booted.path("/run/pam_wechat").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o755, 0)
    assert server.pam_files() == server.pam_files(server.before)
    # One of ours would end in common-auth.
    profiles = [path.name for path in server.debian.path("/usr/share/pam-configs").iterdir()]
    assert profiles and not [name for name in profiles if "wechat" in name], profiles


def set_up(server: Server) -> None:
    secret = server.debian.path("/root/secret")
    secret.write_text(server.wechat.secret + "\n")
    secret.chmod(0o600)
    said = server.run(
        "pam-wechat", "setup", "--yes", "--appid", server.wechat.appid,
        "--secret-file", "/root/secret", "--url", f"http://127.0.0.1:{server.port}",
    )
    secret.unlink()
    # WeChat is played: here it has other addresses, and a certificate of its own.
    certificate = server.debian.path("/etc/pam_wechat/ca.pem")
    shutil.copy(server.wechat.ca_file, certificate)
    certificate.chmod(0o644)
    with server.debian.path(CONF).open("a") as conf:
        conf.write(f"api_url = {server.wechat.api_url}\n"
                   f"authorize_url = {server.wechat.authorize_url}\n"
                   "ca_file = /etc/pam_wechat/ca.pem\n")
    # The next command that it names.
    (command,) = re.findall(r"^    (systemctl enable .*)$", said, re.MULTILINE)
    server.run(*command.split())
    assert server.is_running()


def ask_doctor(server: Server) -> None:
    """Nothing is wrong but what the next step mends."""
    assert server.ask_doctor() == ["users-empty", "pam-unused"]


def enroll(server: Server) -> None:
    with server.terminal("pam-wechat", "enroll", "alice") as terminal:
        pin = server.phone().sign_in(terminal.wait_for(DIGITS).picture)
        terminal.type(pin or "no digits")
        terminal.wait_for("[y/N] ")
        terminal.type("y")
        terminal.rest()
        assert terminal.status == 0, terminal.text
    listed = server.run("pam-wechat", "users", "list")
    assert "alice" in listed and server.wechat.openid("alice") in listed, listed


def try_another_sshd(server: Server) -> None:
    """The README's commands, word by word; and all that they have made is taken back."""
    block = re.search(r"\*\*Another sshd first\*\*.*\n\n((?: {8}.*\n)+)", README.read_text())
    assert block is not None
    *lines, daemon = block[1].replace("\\\n", "").splitlines()
    for line in lines:
        server.run("sh", "-ec", line)
    (port,) = [int(word) for word in re.findall(r"-p (\d+)", daemon)]
    sshd = subprocess.Popen(server.debian.command("sh", "-ec", f"exec {daemon.strip()}"),
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: listens(port) or sshd.poll() is not None, 20)
        assert sshd.poll() is None
        server.sign_in(port)
    finally:
        # It is the child of what has entered the system for it.
        for child in Path(f"/proc/{sshd.pid}/task/{sshd.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
        sshd.wait(20)
    server.run("pam-wechat", "disable", "sshd-wechat")
    server.run("rm", "/etc/pam.d/sshd-wechat", "/usr/local/sbin/sshd-wechat")


def refuse_to_enable(server: Server) -> None:
    """As sshd is, nobody could sign in any more."""
    said = server.debian.refuses("pam-wechat", "enable", "sshd")
    assert "KbdInteractiveAuthentication" in said, said
    assert server.pam_files() == server.pam_files(server.before)


def enable(server: Server) -> None:
    server.run("pam-wechat", "enable", "sshd", "--sshd-config", "--alone", "--yes")
    assert server.debian.path(SSHD_CONF).exists()
    # As the README has it.
    server.run("sshd", "-t")
    server.run("systemctl", "reload", "ssh")
    assert server.pam_files() != server.pam_files(server.before)
    assert server.ask_doctor() == []


def be_refused(server: Server) -> None:
    """Somebody else's WeChat."""
    with server.ssh() as terminal:
        assert server.phone("mallory").sign_in(terminal.wait_for_login().picture) is None
        terminal.type("0000")
        assert "alice is in" not in terminal.rest()
        assert terminal.status == 255


def upgrade(server: Server) -> None:
    """Somebody has opened the page, and taps when both programs are others."""
    module = server.module()
    old_module, old_helper = module.stat().st_ino, server.helper_pid()
    old_socket = server.booted.show(SOCKET, "InvocationID")
    with server.ssh() as terminal:
        phone = server.phone()
        page = phone.scan(terminal.wait_for_login().picture)
        looks = _install_newer(server)
        assert looks > 10, looks
        assert module.stat().st_ino != old_module
        assert server.helper_pid() not in (0, old_helper)
        # An upgrade leaves it open: whoever connects meanwhile waits.
        assert server.booted.show(SOCKET, "InvocationID") == old_socket
        server.finish(terminal, phone, page.url)
    print(f"   the module was there each of {looks} times that somebody looked")


def refuse_to_leave(server: Server) -> None:
    """While sshd asks, it would lock people out to remove any of the two."""
    for names in (NAMES, NAMES[1:]):
        said = server.debian.refuses("apt-get", "remove", "-qq", "-y", *names)
        assert "pam-wechat disable sshd" in said, said
    server.sign_in()


def disable(server: Server) -> None:
    server.run("pam-wechat", "disable", "sshd")
    assert not server.debian.path(SSHD_CONF).exists()
    server.run("systemctl", "reload", "ssh")
    assert server.pam_files() == server.pam_files(server.before)


def remove(server: Server) -> None:
    """Configuration and users table stay for whoever installs it again."""
    helper = server.helper_pid()
    assert helper != 0
    server.run("apt-get", "remove", "-qq", "-y", *NAMES)
    for unit in (SERVICE, SOCKET):
        assert server.booted.show(unit, "ActiveState") == "inactive"
    assert "pam-wechat-helper" not in server.run("ps", "-e", "-o", "args")
    assert not server.booted.path("/run/pam_wechat/helper.sock").exists()
    users = server.debian.path("/etc/pam_wechat/users").read_text()
    assert server.wechat.openid("alice") in users
    assert not [path for path in server.debian.path("/usr/lib").rglob("pam_wechat.so")]


def purge(server: Server) -> None:
    server.run("apt-get", "purge", "-qq", "-y", *NAMES)
    # What it brought goes as well, even where something else merely suggests it.
    server.run("apt-get", "autoremove", "--purge", "-qq", "-y",
               "-o", "APT::AutoRemove::SuggestsImportant=false")
    changed = file_tree.changes(server.before, file_tree.read(server.debian.folder))
    assert changed == [], changed
    named = [str(path) for place in ("/run", "/tmp", "/var/tmp")
             for path in server.booted.path(place).rglob("*wechat*")]
    assert named == [], named
    for unit in (SERVICE, SOCKET):
        assert server.booted.show(unit, "LoadState") == "not-found"
    assert server.run("systemctl", "is-system-running") == "running\n"


def _install_newer(server: Server) -> int:
    """Returns how often the module was looked for meanwhile, and found."""
    for path in server.packages():
        raw = server.folder / path.stem
        run("dpkg-deb", "--raw-extract", str(path), str(raw))
        control = raw / "DEBIAN/control"
        version = run("dpkg-deb", "--field", str(path), "Version").strip()
        # Its own, and that of the other package, which it depends on.
        control.write_text(control.read_text().replace(version, f"{version}.1"))
        run("dpkg-deb", "--root-owner-group", "--build", str(raw), str(path))
    module = server.module()
    looks = 0
    done = threading.Event()

    def look() -> None:
        nonlocal looks
        while not done.wait(0.001):
            module.stat()
            looks += 1

    looking = threading.Thread(target=look)
    looking.start()
    server.debian.install(*server.package_files())
    done.set()
    looking.join()
    return looks


ARRIVAL: dict[str, Step] = {
    "apt-get install both packages: the helper waits for its configuration": install,
    "pam-wechat setup --yes, and the command that it names": set_up,
    "pam-wechat doctor": ask_doctor,
    "pam-wechat enroll alice": enroll,
    "another sshd first, as the README has it": try_another_sshd,
    "pam-wechat enable sshd is refused while sshd asks no questions": refuse_to_enable,
    "pam-wechat enable sshd --sshd-config": enable,
    "ssh alice@…": Server.sign_in,
    "ssh alice@… by another WeChat: refused": be_refused,
}
DEPARTURE: dict[str, Step] = {
    "upgrade both while a login waits": upgrade,
    "apt-get remove is refused while sshd asks": refuse_to_leave,
    "pam-wechat disable sshd": disable,
    "apt-get remove: the configuration stays": remove,
    "apt-get purge: nothing stays": purge,
}
