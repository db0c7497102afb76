"""su, set-user-ID, called by somebody who prepares everything a caller can prepare."""

from __future__ import annotations

import dataclasses
import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from harness.doors import DOORS, PAM_FOLDER, Door, whoami
from harness.site import BUILD, Site
from harness.system_log import SystemLog
from harness.terminal import Terminal
from harness.waiting import HANG, until
from simulator import Phone, WeChat

# What the caller does before su: a line of Python each.
PREPARATIONS = {
    "nothing": "",
    "every signal blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))",
    "SIGCHLD ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "SIGPIPE ignored": "signal.signal(signal.SIGPIPE, signal.SIG_IGN)",
    "8 files": "resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))",
    "no files written": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "core files wanted": "resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))",
    "one process": "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))",
    "little address space": "lower(resource.RLIMIT_AS, 40_000_000)",
    "little data": "lower(resource.RLIMIT_DATA, 2_000_000)",
    "a small stack": "lower(resource.RLIMIT_STACK, 200_000)",
    "little processor time": "lower(resource.RLIMIT_CPU, 20)",
    "closed output": "os.close(1)",
    "closed input": "os.close(0)",
    "closed errors": "os.close(2)",
    "closed streams": "os.closerange(0, 3)",
    "an odd folder": "os.chdir('/proc/self/fd')",
    "an odd mask": "os.umask(0o777)",
    "many descriptors": "[os.dup2(0, fd) for fd in range(3, 200)]",
}
# su itself needs files, and its input.
DENIED = {"8 files", "closed input", "closed streams"}
# su asks on its standard error: it asks, and nobody sees it.
UNSEEN = "closed errors"


def prepared(preparation: str) -> tuple[str, ...]:
    lines = (
        "import os, resource, signal, sys",
        "def lower(what, to): resource.setrlimit(what, (to, resource.getrlimit(what)[1]))",
        preparation, "os.execv(sys.argv[1], sys.argv[1:])",
    )
    return ("/usr/bin/python3", "-c", "\n".join(lines))


def door_of(name: str) -> Door:
    su = DOORS["su"]
    return dataclasses.replace(su, command=(*prepared(PREPARATIONS[name]), *su.command))


def assert_denied(terminal: Terminal, name: str) -> None:
    """su ends by itself, and says no: it is not killed, and nobody has to wait for ever."""
    if name == UNSEEN:
        # What is typed before su asks may be thrown away.
        deadline = time.monotonic() + terminal.process.timeout
        while not until(terminal.has_ended, 0.5) and time.monotonic() < deadline:
            terminal.type("0000")
    terminal.rest()
    assert (terminal.status, terminal.process.signalstatus) == (1, None), terminal.text


@pytest.mark.parametrize(("module", "seconds", "found"), [
    ("aborting", HANG, AssertionError), ("sleeping", 2, pexpect.TIMEOUT),
], ids=["aborting", "sleeping"])
@pytest.mark.parametrize("name", sorted(DENIED | {UNSEEN}))
def test_a_broken_module_is_not_taken_for_one_that_denies(
    site: Site, name: str, module: str, seconds: float, found: type[Exception]
) -> None:
    (PAM_FOLDER / "su").write_text(f"auth required {BUILD}/tests/pam/{module}.so\n"
                                   "account required pam_permit.so\n")
    with door_of(name).start(timeout=seconds) as terminal:
        with pytest.raises(found):
            assert_denied(terminal, name)


@pytest.mark.parametrize("name", PREPARATIONS)
def test_su_works_or_denies_cleanly(
    site: Site, wechat: WeChat, system_log: SystemLog, name: str
) -> None:
    mark = system_log.mark()
    door = door_of(name)
    with door.open(site) as terminal:
        if name in DENIED or name == UNSEEN:
            assert_denied(terminal, name)
            return
        pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().link)
        terminal.type(pin or "no code")
        # Who closed his output, or may have no more processes, does not see who he is now.
        me = whoami(door, terminal)
        assert me == "alice" or name in ("closed output", "one process")
    system_log.wait_for(r"user=alice .*result=ok", mark)
    assert site.wait_for_pending(0)


class Trap:
    """A proxy that nobody may ask."""

    def __enter__(self) -> Trap:
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(handler) -> None:  # noqa: N805
                self.asked += 1
                handler.close_connection = True

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture()
def bait(folder: Path) -> Iterator[Path]:
    """A folder where anybody may write, so that whatever is written is seen."""
    path = folder / "bait"
    path.mkdir()
    path.chmod(0o1777)
    (path / "openssl.cnf").write_text("openssl_conf = x\n[x]\nengines = y\n[y]\nz = w\n[w]\n"
                                      "dynamic_path = /nonexistent.so\ninit = 1\n")
    yield path


def test_nothing_is_taken_from_the_callers_environment(
    site: Site, wechat: WeChat, bait: Path
) -> None:
    with Trap() as trap:
        environment = {
            "SSLKEYLOGFILE": str(bait / "keys"), "OPENSSL_CONF": str(bait / "openssl.cnf"),
            "https_proxy": trap.url, "HTTPS_PROXY": trap.url, "ALL_PROXY": trap.url,
            "all_proxy": trap.url, "CURL_CA_BUNDLE": str(bait / "ca"),
            "SSL_CERT_FILE": str(bait / "ca"), "SSL_CERT_DIR": str(bait),
            "LD_PRELOAD": str(bait / "evil.so"), "LD_LIBRARY_PATH": str(bait),
            "LD_DEBUG": "all", "LD_DEBUG_OUTPUT": str(bait / "debug"), "CURL_HOME": str(bait),
            "HOME": str(bait), "TMPDIR": str(bait), "MALLOC_TRACE": str(bait / "trace"),
            "GCONV_PATH": str(bait), "NLSPATH": str(bait / "%N"), "LC_ALL": "zh_CN.GB18030",
            "TZ": str(bait / "zone"), "RES_OPTIONS": "debug", "HOSTALIASES": str(bait / "hosts"),
            "PAM_WECHAT_CONF": str(bait / "conf"),
        }
        before = sorted(path.name for path in bait.iterdir())
        words = [f"{name}={value}" for name, value in environment.items()]
        su = DOORS["su"]
        door = dataclasses.replace(su, command=("/usr/bin/env", *words, *su.command))
        with door.open(site) as terminal:
            shown = terminal.wait_for_login()
            pin = Phone(wechat, "alice").sign_in(shown.link)
            assert pin is not None
            terminal.type(pin)
            terminal.rest()
            assert terminal.status == 0
        assert trap.asked == 0
        assert wechat.exchanges() == 1
    # id, run by su at the end, is alice's own; LD_DEBUG may speak of that.
    new = {path for path in bait.iterdir() if path.name not in before}
    assert all(path.name.startswith("debug") and path.stat().st_uid == 61001 for path in new)
