"""Debian's own sshd and ssh, with a configuration, host key and PAM service of the test's."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from harness import sanitizer
from harness.site import Site, free_port
from harness.terminal import COLUMNS, ROWS, Terminal
from harness.waiting import HANG

PAM_FOLDER = Path("/etc/pam.d")


class Sshd:
    """
    Needs the sandbox. sshd up to 9.9 takes its PAM service's name from the name it was started
    by: a link of that name.
    """

    def __init__(self, site: Site, name: str, service: str, *options: str) -> None:
        self.site = site
        self.folder = site.folder / name
        self.folder.mkdir(mode=0o755)
        self.port = free_port()
        self.program = self.folder / name
        self.program.symlink_to("/usr/sbin/sshd")
        self.host_key = make_key(self.folder / "host_key")
        self.keys = self.folder / "authorized_keys"
        self.keys.write_text("")
        self.service = PAM_FOLDER / name
        self.write_service(service)
        self.config = self.folder / "sshd_config"
        self.config.write_text("\n".join([
            *options, f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.host_key}",
            "UsePAM yes", "KbdInteractiveAuthentication yes", "PasswordAuthentication no",
            "StrictModes no", f"AuthorizedKeysFile {self.keys}", "PidFile none",
            "UseDNS no", "LogLevel VERBOSE", "",
        ]))

    def write_service(self, lines: str) -> None:
        """What the next login finds as its PAM service."""
        self.service.write_text(lines + "account required pam_permit.so\n"
                                "session required pam_permit.so\n")

    def __enter__(self) -> Sshd:
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [self.program, "-D", "-e", "-f", self.config], stderr=self.log,
            stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | sanitizer.environment(leaks=False),
        )
        deadline = time.monotonic() + HANG
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)
        raise RuntimeError("sshd does not listen")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(HANG)
        self.log.close()

    def log_text(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def client(self, user: str, *command: str, options: tuple[str, ...] = ()) -> list[str]:
        # After PAM_MAXTRIES sshd's list of methods may be empty, and then ssh tries all of its
        # own: a password, too, which this sshd never takes.
        return [
            "/usr/bin/ssh", "-F", "/dev/null", "-p", str(self.port), *options,
            "-o", "PasswordAuthentication=no",
            "-o", f"UserKnownHostsFile={self.folder}/known_hosts",
            "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
            "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
            f"{user}@127.0.0.1", *command,
        ]

    def login(
        self, user: str, *command: str, options: tuple[str, ...] = (), locale: str = "C.UTF-8",
        columns: int = COLUMNS, rows: int = ROWS, environment: dict[str, str] | None = None,
    ) -> Terminal:
        environment = {"LC_ALL": locale, "PATH": os.environ["PATH"], "TERM": "xterm",
                       "HOME": str(self.folder)} | (environment or {})
        return Terminal(self.client(user, *command, options=options), environment,
                        columns=columns, rows=rows)


def make_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path
