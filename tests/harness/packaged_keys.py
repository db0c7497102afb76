"""Every key of helper.conf, in force under the unit."""

from __future__ import annotations

import re
import select
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.administered import CONF, HELPER_CONF, SERVICE, SOCKET, Server
from harness.debian import Failed
from harness.site import REPOSITORY, free_port
from harness.waiting import until

SAMPLE = REPOSITORY / "conf/helper.conf"
MANUAL = REPOSITORY / "helper/pam-wechat-helper.conf.5.scd"
ADDRESS = "127.0.0.2"
PEER = "wechat-peer"
VERIFIED = "MP_verify_0123456789abcdef.txt"
STATUS_SOCKET = "/run/pam-wechat-helper/status.sock"
UNUSED_SOCKET = "/run/pam-wechat-helper/unused.sock"
REQUEST_SECONDS = 5
DROP_IN = Path(f"/etc/systemd/system/{SOCKET}.d/override.conf")
CLIENT = "198.51.100.7"


def get(url: str, headers: dict[str, str] | None = None) -> str:
    """The page, whatever its status; nothing if nobody answers."""
    try:
        asked = urllib.request.Request(url, headers=headers or {})
        return urllib.request.urlopen(asked, timeout=10).read().decode()
    except urllib.error.HTTPError as page:
        return page.read().decode()
    except OSError:
        return ""


def set_keys(conf: Path, keys: dict[str, str]) -> None:
    """Each has this value and no other."""
    lines = [line for line in conf.read_text().splitlines()
             if line.partition("=")[0].strip() not in keys]
    conf.write_text("".join(f"{line}\n" for line in lines)
                    + "".join(f"{key} = {value}\n" for key, value in keys.items()))


@contextmanager
def changed_files(server: Server, *names: str) -> Iterator[list[Path]]:
    """They are as they were when the block has ended."""
    paths = [server.debian.path(name) for name in names]
    before = [path.read_bytes() for path in paths]
    try:
        yield paths
    finally:
        for path, contents in zip(paths, before):
            path.write_bytes(contents)


class Keys:
    """Each key's value, and how it is seen to be in force."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = free_port()
        self.url = f"http://{ADDRESS}:{self.port}/sso"
        self.values = {
            "listen": f"{ADDRESS}:{self.port}", "public_url": self.url, "socket": UNUSED_SOCKET,
            "user": "alice", "peer_user": PEER, "lang": "zh", "brand": "Example Ltd",
            "trusted_proxy": "127.0.0.1", "verify_file": f"/etc/pam_wechat/{VERIFIED}",
            "pages_dir": "/etc/pam_wechat/pages", "status_socket": STATUS_SOCKET,
            "max_pending": "2", "origin_pending": "1", "max_connections": "2",
            "request_seconds": str(REQUEST_SECONDS),
        }

    def prepare(self) -> None:
        """The files that they name, and the user; all of it goes when the package is purged."""
        server = self.server
        server.run("useradd", "--system", "--user-group", PEER)
        server.run("pam-wechat", "pages", "/etc/pam_wechat/pages")
        page = server.debian.path("/etc/pam_wechat/pages/gone.html")
        page.write_text(page.read_text() + "<p>A page of our own</p>\n")
        server.debian.path(f"/etc/pam_wechat/{VERIFIED}").write_text("verified")

    def let_peer_in(self) -> None:
        """As the manual and the doctor say: the unit knows nothing of peer_user."""
        server = self.server
        drop_in = server.debian.path(str(DROP_IN))
        drop_in.parent.mkdir()
        drop_in.write_text(f"[Socket]\nSocketGroup={PEER}\n")
        server.run("systemctl", "daemon-reload")

    def clean(self) -> None:
        drop_in = self.server.debian.path(str(DROP_IN))
        drop_in.unlink()
        drop_in.parent.rmdir()
        self.server.run("systemctl", "daemon-reload")
        self.server.run("userdel", PEER)

    def check(self) -> None:
        server = self.server
        pid = server.helper_pid()
        assert get(f"http://{ADDRESS}:{self.port}/healthz").startswith("ok")
        assert get(f"http://127.0.0.1:{server.port}/healthz") == ""
        # systemd hands the socket over, and has chosen the user.
        assert not server.booted.path(UNUSED_SOCKET).exists()
        assert str(Path(f"/proc/{pid}").stat().st_uid) == server.run("id", "-u",
                                                                     "pam-wechat").strip()
        unknown = get(f"{self.url}/l/none")
        assert 'lang="zh' in unknown and "Example Ltd" in unknown, unknown
        assert "A page of our own" in unknown, unknown
        assert get(f"http://{ADDRESS}:{self.port}/{VERIFIED}") == "verified"
        assert "pam_wechat" in self._ask_status_socket()
        self._fill_connections()
        self._be_slow()
        self._fill_logins()
        self._report()

    def _ask_status_socket(self) -> str:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.server.booted.path(STATUS_SOCKET)))
            asked.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            return asked.makefile().read()

    def _connect(self) -> socket.socket:
        return socket.create_connection((ADDRESS, self.port), 10)

    def _fill_connections(self) -> None:
        """The third takes the place of the first, while the second stays."""
        with self._connect() as first, self._connect() as second, self._connect() as third:
            ended = select.select([first, second, third], [], [], 2 * REQUEST_SECONDS)[0]
            assert ended == [first] and first.recv(1) == b""

    def _be_slow(self) -> None:
        with self._connect() as slow:
            began = time.monotonic()
            slow.settimeout(60)
            while slow.recv(1024):
                pass
            # 20 seconds, if it were as it is by default.
            assert REQUEST_SECONDS - 1 < time.monotonic() - began < 20

    def _fill_logins(self) -> None:
        """The third of all ends the first, and the second of an origin the other of it."""
        sources = ("127.0.0.1", "127.0.0.7", "127.0.0.8", "127.0.0.8")
        terminals, shown = [], []
        with ExitStack() as stack:
            for source in sources:
                terminals.append(stack.enter_context(self.server.ssh(source=source)))
                shown.append(terminals[-1].wait_for_login())
            for number in (0, 2):
                terminals[number].type("0000")
                rest = terminals[number].rest()
                assert "too many sign-ins are waiting" in rest, terminals[number].text
            for number in (1, 3):
                self.server.finish(terminals[number], self.server.phone(), shown[number].picture)

    def _report(self) -> None:
        """Of whoever says "This isn't me" the address is logged: the web server's client's."""
        with self.server.ssh() as terminal:
            link = terminal.wait_for_login().link
            assert link.startswith(f"{self.url}/l/"), link
            phone = self.server.phone()
            form, name = phone.open(link).form_with("refuse")
            phone.post(link, dict(form.fields) | {name: "refuse"}, {"X-Forwarded-For": CLIENT})
            told = f"\"This isn't me\", from {CLIENT}\n"
            assert until(lambda: told in self.server.booted.journal(SERVICE))


def documented_keys() -> set[str]:
    """Of the sample, which is to have those of the manual."""
    sample = set(re.findall(r"^#?(\w+) = ", SAMPLE.read_text(), re.MULTILINE))
    manual = set(re.findall(r"^\*(\w+)\* = ", MANUAL.read_text(), re.MULTILINE))
    if sample != manual:
        raise Failed(f"in the sample or in the manual alone: {sorted(sample ^ manual)}")
    return sample


def try_keys(server: Server) -> None:
    keys = Keys(server)
    assert set(keys.values) == documented_keys(), set(keys.values) ^ documented_keys()
    keys.prepare()
    with changed_files(server, HELPER_CONF, CONF) as (helper_conf, conf):
        set_keys(helper_conf, keys.values)
        set_keys(conf, {"public_url": keys.url, "exchange_user": PEER})
        server.run("systemctl", "restart", SOCKET, SERVICE)
        # The module's socket is the one that systemd has made.
        assert server.ask_doctor() == ["helper-socket", "socket-closed"]
        keys.let_peer_in()
        server.run("systemctl", "restart", SOCKET, SERVICE)
        assert server.is_running()
        server.sign_in()
        keys.check()
        assert server.ask_doctor() == ["helper-socket"]
    keys.clean()
    server.run("systemctl", "restart", SOCKET, SERVICE)
    server.sign_in()


STEPS: dict[str, Callable[[Server], None]] = {
    "every key of helper.conf, and ssh alice@…": try_keys,
}
