"""An administrator who installs both packages, sets them up, upgrades and purges them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.debian import ENVIRONMENT, Debian, Failed, run
from harness.enrolling import DIGITS
from harness.played_systemd import REAL, SERVICE, SOCKET, PlayedSystemd
from harness.site import free_port
from harness.sshd import make_key
from harness.terminal import Terminal
from harness.waiting import until
from simulator import Phone, WeChat

NAMES = ("libpam-wechat", "pam-wechat-helper")
CONF = "/etc/pam_wechat/pam_wechat.conf"
SSHD_CONF = "/etc/ssh/sshd_config.d/pam_wechat.conf"
# What conf/pam.d/sshd-only asks for, and the doctor.
SSHD_OPTIONS = """\
KbdInteractiveAuthentication yes
PasswordAuthentication no
AuthenticationMethods keyboard-interactive
LoginGraceTime 150
PermitRootLogin no
"""
# No part of the system: made by whatever runs, or apt's and dpkg's own books.
PASSING = ("proc", "sys", "dev", "tmp", "run", "packages", "var/cache", "var/log", "var/lib/apt",
           "var/lib/dpkg", "etc/ld.so.cache")
# What useradd and userdel keep of the files as they were before.
SPARE = ("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/.pwd.lock")


class Packaged:
    """Each step is a method, in the order of STEPS; each needs those before it."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self.folder = folder / "administrator"
        self.folder.mkdir(mode=0o700)
        self.debian = Debian(folder / "installed")
        # A server as it is before: with systemd, sshd, certificates and people.
        self.debian.install("systemd", "openssh-server", "ca-certificates")
        self.debian.run("useradd", "--create-home", "--shell", "/bin/bash", "alice")
        self.debian.path("/packages").mkdir()
        for package in packages.glob("*.deb"):
            shutil.copy(package, self.debian.path("/packages"))
        self._played = ExitStack()
        self.wechat = self._played.enter_context(WeChat(self.folder))
        self.systemd = self._played.enter_context(PlayedSystemd(self.debian))
        self.port = free_port()
        self.before = self._files()

    def close(self) -> None:
        self._played.close()

    # -- the steps

    def install(self) -> None:
        self.debian.install(*(f"/packages/{path.name}" for path in self._packages()))
        told = self.systemd.told()
        for unit in (SERVICE, SOCKET):
            assert any(words.endswith(f" start {unit}") for words in told), told
        for unit in (SERVICE, SOCKET):
            assert self.debian.run(REAL, "is-enabled", unit) == "enabled\n"
        assert not self.systemd.is_running
        assert "not running" in self.debian.refuses("pam-wechat", "status")
        for user in ("pam-wechat", "pam-wechat-exchange"):
            assert self.debian.run("getent", "passwd", user).endswith("/usr/sbin/nologin\n")
        status = self.debian.path("/run/pam_wechat").stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o755, 0)
        assert self._pam_files() == self._pam_files(self.before)
        # One of ours would end in common-auth.
        profiles = [path.name for path in self.debian.path("/usr/share/pam-configs").iterdir()]
        assert profiles and not [name for name in profiles if "wechat" in name], profiles

    def set_up(self) -> None:
        secret = self.debian.path("/root/secret")
        secret.write_text(self.wechat.secret + "\n")
        secret.chmod(0o600)
        said = self.debian.run(
            "pam-wechat", "setup", "--yes", "--appid", self.wechat.appid,
            "--secret-file", "/root/secret", "--url", f"http://127.0.0.1:{self.port}",
        )
        secret.unlink()
        # WeChat is played: here it has other addresses, and a certificate of its own.
        certificate = self.debian.path("/etc/pam_wechat/ca.pem")
        shutil.copy(self.wechat.ca_file, certificate)
        certificate.chmod(0o644)
        with self.debian.path(CONF).open("a") as conf:
            conf.write(f"api_url = {self.wechat.api_url}\n"
                       f"authorize_url = {self.wechat.authorize_url}\n"
                       "ca_file = /etc/pam_wechat/ca.pem\n")
        # The next command that it names.
        (command,) = re.findall(r"^    (systemctl enable .*)$", said, re.MULTILINE)
        self.debian.run(*command.split())
        assert self.systemd.is_running

    def ask_doctor(self) -> None:
        """Nothing is wrong but what the next step mends."""
        assert self._ask_doctor() == ["users-empty", "pam-unused"]

    def enroll(self) -> None:
        with self._terminal("pam-wechat", "enroll", "alice") as terminal:
            pin = self._phone("alice").sign_in(terminal.wait_for(DIGITS).picture)
            terminal.type(pin or "no digits")
            terminal.wait_for("[y/N] ")
            terminal.type("y")
            terminal.rest()
            assert terminal.status == 0, terminal.text
        listed = self.debian.run("pam-wechat", "users", "list")
        assert "alice" in listed and self.wechat.openid("alice") in listed, listed

    def refuse_to_enable(self) -> None:
        """As sshd is, nobody could sign in any more."""
        self.debian.path("/run/sshd").mkdir(mode=0o755)  # it is running
        said = self.debian.refuses("pam-wechat", "enable", "sshd")
        assert "KbdInteractiveAuthentication" in said, said
        assert self._pam_files() == self._pam_files(self.before)

    def enable(self) -> None:
        self.debian.path(SSHD_CONF).write_text(SSHD_OPTIONS)
        self.debian.run("pam-wechat", "enable", "sshd")
        assert self._pam_files() != self._pam_files(self.before)
        assert self._ask_doctor() == []

    def sign_in(self) -> None:
        with self._sshd() as port, self._ssh(port) as terminal:
            pin = self._phone("alice").sign_in(terminal.wait_for_login().picture)
            terminal.type(pin or "no code")
            assert "alice is in" in terminal.rest(), terminal.text
            assert terminal.status == 0

    def be_refused(self) -> None:
        """Somebody else's WeChat."""
        with self._sshd() as port, self._ssh(port) as terminal:
            phone = self._phone("mallory")
            assert phone.sign_in(terminal.wait_for_login().picture) is None
            terminal.type("0000")
            assert "alice is in" not in terminal.rest()
            assert terminal.status == 255

    def upgrade(self) -> None:
        """Somebody has opened the page, and taps when both programs are others."""
        module = self._module()
        old_module, old_helper = module.stat().st_ino, self._helper_pid()
        with self._sshd() as port, self._ssh(port) as terminal:
            phone = self._phone("alice")
            page = phone.scan(terminal.wait_for_login().picture)
            self.systemd.told()
            looks = self._install_newer(module)
            assert looks > 10, looks
            told = self.systemd.told()
            assert any(words.endswith(f" restart {SERVICE}") for words in told), told
            assert module.stat().st_ino != old_module
            assert self._helper_pid() != old_helper
            terminal.type(phone.sign_in(page.url) or "no code")
            assert "alice is in" in terminal.rest(), terminal.text
        print(f"   the module was there each of {looks} times that somebody looked")

    def refuse_to_leave(self) -> None:
        """While sshd asks, it would lock people out to remove any of the two."""
        for names in (NAMES, NAMES[1:]):
            said = self.debian.refuses("apt-get", "remove", "-qq", "-y", *names)
            assert "pam-wechat disable sshd" in said, said
        self.sign_in()

    def disable(self) -> None:
        self.debian.run("pam-wechat", "disable", "sshd")
        self.debian.path(SSHD_CONF).unlink()
        assert self._pam_files() == self._pam_files(self.before)

    def remove(self) -> None:
        """Configuration and users table stay for whoever installs it again."""
        self.debian.run("apt-get", "remove", "-qq", "-y", *NAMES)
        assert not self.systemd.is_running
        assert self.wechat.openid("alice") in self.debian.path("/etc/pam_wechat/users").read_text()
        assert not [path for path in self.debian.path("/usr/lib").rglob("pam_wechat.so")]

    def purge(self) -> None:
        self.debian.run("apt-get", "purge", "-qq", "-y", *NAMES)
        # What it brought goes as well, even where something else merely suggests it.
        self.debian.run("apt-get", "autoremove", "--purge", "-qq", "-y",
                        "-o", "APT::AutoRemove::SuggestsImportant=false")
        after = self._files()
        changed = [path for path in sorted(self.before.keys() | after.keys())
                   if self.before.get(path) != after.get(path) and path not in SPARE]
        assert changed == [], changed
        named = [str(path) for path in self.debian.path("/run").rglob("*wechat*")]
        assert named == [], named

    STEPS = {
        "apt-get install both packages: the helper waits for its configuration": install,
        "pam-wechat setup --yes, and the command that it names": set_up,
        "pam-wechat doctor": ask_doctor,
        "pam-wechat enroll alice": enroll,
        "pam-wechat enable sshd is refused while sshd asks no questions": refuse_to_enable,
        "pam-wechat enable sshd": enable,
        "ssh alice@…": sign_in,
        "ssh alice@… by another WeChat: refused": be_refused,
        "upgrade both while a login waits": upgrade,
        "apt-get remove is refused while sshd asks": refuse_to_leave,
        "pam-wechat disable sshd": disable,
        "apt-get remove: the configuration stays": remove,
        "apt-get purge: nothing stays": purge,
    }

    # -- and what they do

    def _packages(self) -> list[Path]:
        found = [path for path in self.debian.path("/packages").glob("*.deb")
                 if path.name.split("_")[0] in NAMES]
        assert len(found) == len(NAMES), found
        return found

    def _phone(self, person: str) -> Phone:
        return Phone(self.wechat, person, language="en")

    def _terminal(self, *words: str) -> Terminal:
        return Terminal(self.debian.command(*words), {"PATH": ENVIRONMENT["PATH"]})

    def _ask_doctor(self) -> list[str]:
        """The names of its errors and warnings."""
        done = subprocess.run(self.debian.command("pam-wechat", "doctor", "--json"),
                              capture_output=True, text=True)
        found = json.loads(done.stdout)
        for finding in found["findings"]:
            print(f"   | {finding['severity']}: {finding['id']}: {finding['what']}")
        return [finding["id"] for finding in found["findings"] if finding["severity"] != "note"]

    @contextmanager
    def _sshd(self) -> Iterator[int]:
        """Debian's own, with its own configuration; on a free port of this machine's."""
        port = free_port()
        log = (self.folder / "sshd.log").open("ab")
        sshd = subprocess.Popen(
            self.debian.command("/usr/sbin/sshd", "-D", "-e", "-p", str(port), "-o",
                                "ListenAddress=127.0.0.1"), stderr=log,
        )
        try:
            if not until(lambda: _listens(port) or sshd.poll() is not None, 10):
                raise Failed("sshd does not listen")
            assert sshd.poll() is None, (self.folder / "sshd.log").read_text()
            yield port
        finally:
            sshd.terminate()
            sshd.wait(10)
            log.close()

    def _ssh(self, port: int) -> Terminal:
        """With a key that helps nobody: it is the doors' that are tried."""
        key = self.folder / "key"
        if not key.exists():
            make_key(key)
        return Terminal(
            ["/usr/bin/ssh", "-F", "/dev/null", "-p", str(port), "-i", str(key),
             "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={self.folder}/known",
             "-o", "IdentityAgent=none", "-o", "LogLevel=ERROR",
             "-o", "NumberOfPasswordPrompts=1", "-o", "PasswordAuthentication=no",
             "alice@127.0.0.1", 'echo "$(id -un) is in"'],
            {"PATH": ENVIRONMENT["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm"},
        )

    def _module(self) -> Path:
        (module,) = self.debian.path("/usr/lib").glob("*/security/pam_wechat.so")
        return module

    def _helper_pid(self) -> int:
        assert self.systemd.service is not None
        return self.systemd.service.pid

    def _install_newer(self, module: Path) -> int:
        """Returns how often the module was looked for meanwhile, and found."""
        for path in self._packages():
            run("dpkg-deb", "--raw-extract", str(path), str(self.folder / path.stem))
            control = self.folder / path.stem / "DEBIAN/control"
            version = run("dpkg-deb", "--field", str(path), "Version").strip()
            # Its own, and that of the other package, which it depends on.
            control.write_text(control.read_text().replace(version, f"{version}.1"))
            run("dpkg-deb", "--root-owner-group", "--build", str(self.folder / path.stem),
                str(path))
        looks = 0
        done = threading.Event()

        def look() -> None:
            nonlocal looks
            while not done.wait(0.001):
                module.stat()
                looks += 1

        looking = threading.Thread(target=look)
        looking.start()
        self.debian.install(*(f"/packages/{path.name}" for path in self._packages()))
        done.set()
        looking.join()
        return looks

    def _files(self) -> dict[str, tuple[int, int, str]]:
        """Mode, owner and contents of everything that is no passing thing."""
        found = {}
        root = self.debian.folder
        pending = [root]
        while pending:
            for path in pending.pop().iterdir():
                name = str(path.relative_to(root))
                if name in PASSING:
                    continue
                status = path.lstat()
                if stat.S_ISDIR(status.st_mode):
                    pending.append(path)
                found[name] = (status.st_mode, status.st_uid, _contents(path, status.st_mode))
        return found

    def _pam_files(self, files: dict[str, tuple[int, int, str]] | None = None) -> dict[str, object]:
        return {name: what for name, what in (files or self._files()).items()
                if name.startswith("etc/pam.d/")}


def _contents(path: Path, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return str(path.readlink())
    if stat.S_ISREG(mode):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False
