"""A server that runs a booted Debian, its administrator, and people who sign in to it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

from harness import file_tree
from harness.booted import Booted
from harness.debian import ENVIRONMENT, Debian
from harness.private_network import private_network
from harness.site import free_port
from harness.sshd import make_key
from harness.terminal import Terminal
from simulator import Phone, WeChat

NAMES = ("libpam-wechat", "pam-wechat-helper")
SERVICE, SOCKET = "pam-wechat-helper.service", "pam-wechat-helper.socket"
CONF = "/etc/pam_wechat/pam_wechat.conf"
HELPER_CONF = "/etc/pam_wechat/helper.conf"
SYSTEM = ("systemd-sysv", "dbus", "openssh-server", "ca-certificates")


class Server:
    """All of it is gone when it is closed, its network included."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self.folder = folder / "administrator"
        self.folder.mkdir(mode=0o700)
        self.debian = Debian(folder / "installed")
        self.debian.install(*SYSTEM)
        self.debian.run("useradd", "--create-home", "--shell", "/bin/bash", "alice")
        self.debian.path("/packages").mkdir()
        for name in NAMES:
            (package,) = packages.glob(f"{name}_*.deb")
            shutil.copy(package, self.debian.path("/packages"))
        # What they depend on: from the booted system no mirror can be reached.
        self.debian.install("--download-only", *self.package_files())
        self.port = 0  # of the helper
        with ExitStack() as running:
            running.enter_context(private_network())
            self.wechat = running.enter_context(WeChat(self.folder))
            self.booted = running.enter_context(Booted(self.debian, folder))
            self.port = free_port()
            self.before = file_tree.read(self.debian.folder)
            self._running = running.pop_all()

    def close(self) -> None:
        self._running.close()

    # -- the administrator

    def run(self, *words: str) -> str:
        return self.debian.run(*words)

    def packages(self) -> list[Path]:
        return sorted(self.debian.path("/packages").glob("*.deb"))

    def package_files(self) -> list[str]:
        """Their names inside."""
        return [f"/packages/{path.name}" for path in self.packages()]

    def terminal(self, *words: str) -> Terminal:
        return Terminal(self.debian.command(*words), {"PATH": ENVIRONMENT["PATH"]})

    def ask_doctor(self) -> list[str]:
        """The names of its errors and warnings."""
        done = subprocess.run(self.debian.command("pam-wechat", "doctor", "--json"),
                              capture_output=True, text=True)
        found = json.loads(done.stdout)
        for finding in found["findings"]:
            print(f"   | {finding['severity']}: {finding['id']}: {finding['what']}")
        return [finding["id"] for finding in found["findings"] if finding["severity"] != "note"]

    def pam_files(self, files: file_tree.Files | None = None) -> file_tree.Files:
        return {name: what
                for name, what in (files or file_tree.read(self.debian.folder)).items()
                if name.startswith("etc/pam.d/")}

    def module(self) -> Path:
        (module,) = self.debian.path("/usr/lib").glob("*/security/pam_wechat.so")
        return module

    # -- the units

    def helper_pid(self) -> int:
        """0 if it does not run."""
        return self.booted.main_pid(SERVICE)

    def is_running(self) -> bool:
        return self.booted.is_active(SERVICE) and self.helper_pid() != 0

    # -- the people

    def phone(self, person: str = "alice") -> Phone:
        return Phone(self.wechat, person, language="en")

    def ssh(self, port: int = 22, source: str = "127.0.0.1") -> Terminal:
        """With a key that helps nobody: it is the doors' that are tried."""
        key = self.folder / "key"
        if not key.exists():
            make_key(key)
        return Terminal(
            ["/usr/bin/ssh", "-F", "/dev/null", "-p", str(port), "-b", source, "-i", str(key),
             "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={self.folder}/known",
             "-o", "IdentityAgent=none",
             "-o", "NumberOfPasswordPrompts=1", "-o", "PasswordAuthentication=no",
             "alice@127.0.0.1", 'echo "$(id -un) is in"'],
            {"PATH": ENVIRONMENT["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm"},
        )

    def sign_in(self, port: int = 22) -> None:
        """A whole login, from the picture to the shell."""
        with self.ssh(port) as terminal:
            self.finish(terminal, self.phone(), terminal.wait_for_login().picture)

    def finish(self, terminal: Terminal, phone: Phone, where: object) -> None:
        """What is left of a login, once the terminal asks; `where` is as for Phone.sign_in()."""
        terminal.type(phone.sign_in(where) or "no code")
        assert "alice is in" in terminal.rest(), terminal.text
        assert terminal.status == 0


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False
