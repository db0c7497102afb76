"""The doors of a machine besides sshd: login, su and sudo, run by one of its users in a pty."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from harness import sanitizer
from harness.site import REPOSITORY, Site
from harness.terminal import Terminal
from harness.waiting import HANG

PAM_FOLDER = Path("/etc/pam.d")
EXAMPLES = REPOSITORY / "conf/pam.d"
STARTS = 3


@dataclass(frozen=True)
class Door:
    """`user` goes through it, and has to prove to be `account`; then `becomes` is who he is."""

    service: str
    command: tuple[str, ...]
    user: str
    account: str
    becomes: str
    example: str

    def open(self, site: Site, options: str = "", timeout: float = HANG) -> Terminal:
        """Starts the program with the shipped example as its service."""
        self.write_service(site, options)
        return self.start(timeout)

    def start(self, timeout: float = HANG) -> Terminal:
        """Starts the program with whatever its service is."""
        command = list(self.command)
        if self.user != "root":
            ids = pwd.getpwnam(self.user)
            command = ["/usr/bin/setpriv", f"--reuid={ids.pw_uid}", f"--regid={ids.pw_gid}",
                       "--clear-groups", "--", *command]
        environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8",
                       **sanitizer.environment(leaks=False)}
        terminal = Terminal(command, environment, timeout=timeout)
        if self.service == "login":
            # util-linux's exits now and then before its first byte, whatever its service is.
            for _ in range(STARTS - 1):
                if terminal.says_something():
                    break
                terminal.process.close(force=True)
                terminal = Terminal(command, environment, timeout=timeout)
        return terminal

    def write_service(self, site: Site, options: str) -> None:
        lines = (EXAMPLES / self.example).read_text()
        ours = f"{site.module} conf={site.conf_file} {options}"
        assert "pam_wechat.so\n" in lines
        lines = lines.replace("pam_wechat.so\n", f"{ours}\n")
        (PAM_FOLDER / self.service).write_text(
            f"{lines}account required pam_permit.so\nsession required pam_permit.so\n"
        )


DOORS = {
    "login": Door("login", ("/usr/bin/login", "alice"), "root", "alice", "alice", "login"),
    "su": Door("su", ("/usr/bin/su", "alice", "-c", "id -un"), "bob", "alice", "alice", "su"),
    "su -": Door("su-l", ("/usr/bin/su", "-", "alice", "-c", "id -un"), "bob", "alice", "alice",
                 "su"),
    "sudo": Door("sudo", ("/usr/bin/sudo", "id", "-un"), "bob", "bob", "root", "sudo"),
    "sudo -i": Door("sudo-i", ("/usr/bin/sudo", "-i", "id", "-un"), "bob", "bob", "root", "sudo"),
}


def whoami(door: Door, terminal: Terminal) -> str:
    """Who one is behind the door; ends the program."""
    if door.service == "login":
        terminal.wait_for("$ ")
        terminal.type("id -un; exit")
    # The shell's "$ " may come behind the echo of what was typed.
    lines = terminal.rest().replace("\r", "").replace("$ ", "\n").split("\n")
    return next((line for line in reversed(lines) if line in ("alice", "bob", "root")), "nobody")


