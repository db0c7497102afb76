"""The units as they are shipped, under a real systemd: started, confined, reloaded, killed."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from harness.administered import CONF, HELPER_CONF, SERVICE, SOCKET, Server
from harness.packaged_keys import changed_files, get, set_keys
from harness.private_network import add_address
from harness.waiting import until

# Private: over plain http a phone is led to no other.
LATE_ADDRESS = "10.99.0.7"
STARTS, RESTARTS = 6, 3


def activate(server: Server) -> None:
    """The helper sleeps until the first login connects to its socket."""
    server.run("systemctl", "stop", SERVICE)
    assert server.booted.is_active(SOCKET) and not server.is_running()
    assert server.helper_pid() == 0
    server.sign_in()
    assert server.is_running()
    (fd,) = [fd for fd in Path(f"/proc/{server.helper_pid()}/fd").iterdir() if fd.name == "3"]
    assert os.readlink(fd).startswith("socket:")


def be_confined(server: Server) -> None:
    """What the unit asks for is in force, and a whole login gets along with it."""
    server.sign_in()
    pid = server.helper_pid()
    status = dict(re.findall(r"^(\w+):\s*(.*)$", Path(f"/proc/{pid}/status").read_text(),
                             re.MULTILINE))
    user = server.run("id", "-u", "pam-wechat").strip()
    assert set(status["Uid"].split()) == {user} and user != "0"
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1"), status
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, (name, status)
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), limits
    assert re.search(r"^Max open files +\d+ +16384 ", limits, re.MULTILINE), limits
    seen = Path(f"/proc/{pid}/root")
    for name in ("etc", "usr", "var", "home"):
        assert os.statvfs(seen / name).f_flag & os.ST_RDONLY, name
    # alice has one: it isn't to be seen.
    assert server.booted.path("/home/alice").is_dir() and not (seen / "home/alice").exists()
    assert list((seen / "tmp").iterdir()) == []
    mounts = Path(f"/proc/{pid}/mountinfo").read_text()
    (proc,) = re.findall(r"^\S+ \S+ \S+ / /proc .*$", mounts, re.MULTILINE)
    assert "hidepid=invisible" in proc and "subset=pid" in proc, proc
    _compare_with_unit(server)


def _compare_with_unit(server: Server) -> None:
    """systemd has taken every line of the sandbox as it stands there."""
    unit = server.run("systemctl", "cat", SERVICE)
    for name, value in re.findall(r"^(\w+)=(\S+)$", unit, re.MULTILINE):
        if value not in ("yes", "strict", "invisible", "pid"):
            continue
        assert server.booted.show(SERVICE, name) == value, name
    assert server.booted.show(SERVICE, "CapabilityBoundingSet") == ""


def reload(server: Server) -> None:
    """What the manual says of SIGHUP."""
    unknown = f"http://127.0.0.1:{server.port}/l/none"
    with changed_files(server, HELPER_CONF) as (conf,):
        pid = server.helper_pid()
        set_keys(conf, {"brand": "Reloaded Ltd", "listen": "127.0.0.3:8080"})
        server.run("systemctl", "reload", SERVICE)
        assert until(lambda: "Reloaded Ltd" in get(unknown))
        said = server.booted.journal(SERVICE)
        assert "listen changes with the next restart only\n" in said, said
        assert "the configuration was read anew\n" in said, said
        set_keys(conf, {"brand": "Bad Ltd", "colour": "red"})
        server.run("systemctl", "reload", SERVICE)
        fault = re.compile(r"^the old configuration stays: "
                           rf'{re.escape(HELPER_CONF)}:\d+: unknown key "colour"$', re.MULTILINE)
        assert until(lambda: fault.search(server.booted.journal(SERVICE)) is not None)
        assert "Reloaded Ltd" in get(unknown)
        server.sign_in()
    server.run("systemctl", "reload", SERVICE)
    assert until(lambda: "Reloaded Ltd" not in get(unknown))
    assert (server.helper_pid(), server.booted.show(SERVICE, "NRestarts")) == (pid, "0")


def is_pending(server: Server, link: str) -> bool:
    """A browser that is not WeChat's is shown the link of a login that waits, and of no other."""
    return "<svg" in get(f"http://127.0.0.1:{server.port}{urlsplit(link).path}")


def be_killed(server: Server) -> None:
    """A login that waits comes back by itself; at worst somebody taps Continue once more."""
    pid = server.helper_pid()
    with server.ssh() as terminal:
        phone = server.phone()
        page = phone.scan(terminal.wait_for_login().picture)
        os.kill(pid, signal.SIGKILL)
        assert until(lambda: server.is_running() and server.helper_pid() != pid, 20)
        assert until(lambda: is_pending(server, page.url), 20)
        server.finish(terminal, phone, page.url)
    assert server.booted.show(SERVICE, "NRestarts") == "1"
    server.sign_in()


@contextmanager
def _taken_port(server: Server) -> Iterator[None]:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", server.port))
        taken.listen()
        yield


def wait_for_port(server: Server) -> None:
    """The helper is tried again for as long as it takes, whatever else calls for it meanwhile."""
    server.run("systemctl", "stop", SERVICE)
    with _taken_port(server):
        server.run("systemctl", "start", "--no-block", SERVICE)
        with server.ssh() as terminal:
            shown = terminal.wait_for("not available")
            assert "WeChat sign-in is not available" in shown.text, shown.text
        # So many starts in so short a time end a unit for good, by default.
        for _ in range(STARTS):
            server.debian.refuses("systemctl", "restart", SERVICE)
        assert until(lambda: int(server.booted.show(SERVICE, "NRestarts")) >= RESTARTS, 60)
        assert not server.is_running()
    assert until(server.is_running, 20)
    assert server.booted.is_active(SOCKET)
    server.sign_in()


def reboot(server: Server) -> None:
    """The network comes up after the helper, which listens on its address nevertheless."""
    at = f"{LATE_ADDRESS}:{server.port}"
    with changed_files(server, HELPER_CONF, CONF) as (helper_conf, conf):
        set_keys(helper_conf, {"listen": at, "public_url": f"http://{at}"})
        set_keys(conf, {"public_url": f"http://{at}"})
        server.booted.stop()
        server.booted.start()
        assert server.is_running() and server.booted.is_active(SOCKET)
        said = server.booted.journal(SERVICE)
        assert f"listen: {at}: this machine does not have this address yet\n" in said, said
        add_address(LATE_ADDRESS)
        server.sign_in()
    server.run("systemctl", "restart", SERVICE)
    server.sign_in()


STEPS: dict[str, Callable[[Server], None]] = {
    "the first login starts the helper by its socket": activate,
    "the sandbox of the unit is in force, and ssh alice@… works": be_confined,
    "systemctl reload": reload,
    "kill -9 of the helper while a login waits": be_killed,
    "the helper's port is taken for a while": wait_for_port,
    "reboot before the helper's address is there": reboot,
}
