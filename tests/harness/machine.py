"""A sound machine for `pam-wechat doctor`, and servers that say what they are told to."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from harness.command import Command
from harness.front import pass_on
from harness.leaks import note_output
from harness.services import MODULE
from harness.site import HELPER, Site, free_port
from harness.sshd import make_key
from simulator import Authority, WeChat
from simulator.server import Reply, Request, Server, tls_context

PAM_FOLDER = Path("/etc/pam.d")
SHIPPED_FOLDER = Path("/usr/lib/pam.d")
ACCOUNT = "account required pam_permit.so\n"
COMMON_AUTH = """\
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
SSHD_CONFIG = """\
Include /etc/ssh/sshd_config.d/*.conf
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
AuthenticationMethods keyboard-interactive
LoginGraceTime 120
PermitRootLogin prohibit-password
"""
Finding = dict[str, Any]


def in_sandbox() -> bool:
    """Whether the system's files are the tests' own."""
    return "PAM_WECHAT_SANDBOX" in os.environ


Before = Callable[[Request], "Request | Reply"]
After = Callable[[Reply], Reply]


class Machine:
    """A site whose sshd asks for WeChat, with the files of the system that belong to that."""

    def __init__(self, site: Site, wechat: WeChat, authority: Authority, ssh: Path) -> None:
        self.site, self.wechat, self.authority, self.ssh = site, wechat, authority, ssh
        self.command = Command(site)
        self.helper = site.folder / "pam-wechat-helper"
        shutil.copy(HELPER, self.helper)
        self.helper.chmod(0o755)
        self.servers: list[Server | Canned] = []
        self.services: set[str] = set()
        self.sshd_port = free_port()
        self.modules: set[str] = set()  # beside libpam's own
        self.opened = ExitStack()
        self.write_pam("common-auth", COMMON_AUTH, "")
        self.write_pam("sshd", site.shipped_lines("sshd-only"))
        self.write_sshd()

    def close(self) -> None:
        self.opened.close()
        for server in self.servers:
            server.close()
        for name in self.services:
            (PAM_FOLDER / name).unlink(missing_ok=True)
        for name in self.modules:
            (MODULE.parent / name).unlink(missing_ok=True)
        for file in (self.ssh / "sshd_config.d").iterdir():
            file.unlink()
        shutil.rmtree("/run/systemd", ignore_errors=True)

    def write_pam(self, name: str, auth: str, rest: str = ACCOUNT) -> None:
        assert in_sandbox()
        self.services.add(name)
        (PAM_FOLDER / name).write_text(auth + rest)

    def write_shipped_pam(self, name: str, text: str) -> None:
        """In the folder that packages have for that."""
        folder = self.site.folder / "shipped-pam.d"
        if not folder.exists():
            shutil.copytree(SHIPPED_FOLDER, folder)
            self.opened.enter_context(mounted(folder, str(SHIPPED_FOLDER)))
        (folder / name).write_text(text)

    def line(self, control: str, options: str = "") -> str:
        return self.site.line(control, options)

    def write_sshd(self, **changes: str | None) -> None:
        """
        Writes sshd_config; a change to None leaves a keyword out. At its port nobody listens, unless
        a test lets somebody.
        """
        options = dict(line.split(" ", 1) for line in SSHD_CONFIG.splitlines())
        options |= changes
        options.setdefault("Port", str(self.sshd_port))
        lines = [f"{name} {value}\n" for name, value in options.items()
                 if value is not None]
        (self.ssh / "sshd_config").write_text("".join(lines))
        (self.ssh / "sshd_config").chmod(0o644)

    def write_helper_conf(self, **changes: str | None) -> None:
        path = self.site.folder / "helper.conf"
        settings = dict(line.split(" = ", 1) for line in path.read_text().splitlines())
        path.write_text("".join(f"{name} = {value}\n" for name, value in
                                (settings | changes).items() if value is not None))

    def serve_url(self, url: str) -> None:
        """Moves the site to another public_url: its files, and the helper that runs."""
        self.site.stop_helper()
        self.site.helper_conf |= {"public_url": url, "trusted_proxy": "127.0.0.1"}
        self.site.start_helper()
        self.site.write_conf(public_url=url)

    def restart_helper(self) -> None:
        """As systemd does: it reads its file anew, and its sockets are new ones."""
        for server in self.servers:
            if isinstance(server, Canned) and server.path is not None:
                server.path.unlink(missing_ok=True)
        self.site.stop_helper()
        self.site.run_helper()

    def set_clock(self) -> None:
        """From now on other machines, certificates and files tell of the same time as this one."""
        os.utime(self.site.conf_file)
        self.wechat.certificate_kind = "good"
        for server in self.servers:
            if isinstance(server, Canned):
                server.date = ""
            elif server.context is not None:
                server.context.load_cert_chain(*self.authority.certificate("front"))

    def say(self, body: str, status: str = "200 OK", date: str = "") -> str:
        """The URL of a server that answers everything by this."""
        self.servers.append(server := Canned(body, status, date))
        return f"http://127.0.0.1:{server.port}"

    def say_figures(self, body: str) -> None:
        """Whoever asks the helper's status socket is told this."""
        path = self.site.folder / "run/figures.sock"
        self.servers.append(Canned(body, "200 OK", "", path))
        self.write_helper_conf(status_socket=str(path))

    def front(
        self, kind: str | None = "good", before: Before | None = None, after: After | None = None
    ) -> str:
        """
        The URL of a web server in front of the helper, by a certificate of this kind or none. What
        `before` returns is passed on, or answered; what `after` returns is the answer.
        """
        def serve(request: Request) -> Reply:
            passed = request if before is None else before(request)
            if isinstance(passed, Reply):
                return passed
            reply = pass_on(passed, self.site.port, {"x-forwarded-for": passed.address})
            return reply if after is None else after(reply)
        context = kind and tls_context(*self.authority.certificate("front", kind))
        self.servers.append(server := Server(serve, context or None))
        return f"http{'s' if context else ''}://127.0.0.1:{server.port}"

    def doctor(self, *words: str, through: tuple[str, ...] = ()) -> tuple[int, list[Finding]]:
        """Exit status and findings."""
        done = self.command.run("doctor", "--json", *words, through=through)
        note_output(done.stdout + done.stderr)
        assert done.stderr == "", done.stderr
        return done.returncode, json.loads(done.stdout)["findings"]


class Canned:
    """Answers every request by the same, on a free port or at a Unix socket."""

    def __init__(self, body: str, status: str, date: str, path: Path | None = None) -> None:
        self.date = date
        self.path = path
        canned = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(65536)
                date = f"Date: {canned.date}\r\n" if canned.date else ""
                self.request.sendall(
                    f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
                    f"{date}\r\n{body}".encode())

        self.port = 0
        self._server: socketserver.BaseServer
        if path is None:
            self._server = server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
            self.port = server.server_address[1]
        else:
            self._server = socketserver.UnixStreamServer(str(path), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def replaced(file: Path, target: Path) -> Iterator[None]:
    """
    Another file in its place. Outside /etc, which is the sandbox's own, a copy of the whole folder
    is mounted: a file that is mounted by itself is gone when a package that is installed meanwhile
    renames another over it.
    """
    assert in_sandbox(), "run this test by tests/run, as root"
    if target.is_relative_to("/etc"):
        before = target.read_bytes()
        target.write_bytes(file.read_bytes())
        try:
            yield
        finally:
            target.write_bytes(before)
        return
    folder = file.parent / f"with-{target.name}"
    subprocess.run(["cp", "-a", target.parent, folder], check=True)
    (folder / target.name).unlink()
    shutil.copy(file, folder / target.name)
    with mounted(folder, str(target.parent)):
        yield


@contextmanager
def mounted(source: Path, target: str) -> Iterator[None]:
    """A folder in another's place. The sandbox has mounts of its own: nobody else sees this one."""
    assert in_sandbox(), "run this test by tests/run, as root"
    assert source.is_dir()
    subprocess.run(["mount", "--bind", source, target], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", target], check=True)


def make_ssh_folder(folder: Path) -> Path:
    (folder / "ssh/sshd_config.d").mkdir(parents=True)
    make_key(folder / "ssh/ssh_host_ed25519_key")
    return folder / "ssh"
