"""AppArmor's profiles, as its own parser reads them: they can't be enforced here."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.host import Host
from harness.site import BUILD, EXCHANGE, HELPER, REPOSITORY, Site
from harness.waiting import until
from simulator import Phone

FOLDER = REPOSITORY / "conf/apparmor"
PROFILES = {"exchange": FOLDER / "pam-wechat-exchange", "helper": FOLDER / "pam-wechat-helper"}
SERVICE = BUILD / "conf/pam-wechat-helper.service"
PARSER = "/usr/sbin/apparmor_parser"
# Nothing is loaded and nothing cached; and the kernel that it is compiled for is Debian's, whatever
# runs here.
DRY = (PARSER, "--skip-kernel-load", "--skip-cache", "--quiet", "--kernel-features",
       "/usr/share/apparmor-features/features")
EXEC, WRITE, READ, MMAP = 0x1, 0x2, 0x4, 0x40


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    deny: bool
    permissions: int


@dataclass(frozen=True)
class Profile:
    attachments: list[Rule]
    rules: list[Rule]
    text: str  # includes and all

    def allows(self, path: str, permission: int) -> bool:
        """Of a file that belongs to somebody else, as `owner` rules see it."""
        matching = [rule for rule in self.rules if rule.pattern.fullmatch(path)]
        if any(rule.deny and rule.permissions & permission for rule in matching):
            return False
        return any(rule.permissions & permission for rule in matching)

    def networks(self) -> set[str]:
        return set(re.findall(r"^\s*network (\w+ \w+),", self.text, re.MULTILINE))

    def capabilities(self) -> set[str]:
        return set(re.findall(r"^\s*capability (\w+),", self.text, re.MULTILINE))

    def unix_types(self, permission: str) -> set[str]:
        """The types of sockets that a `unix` rule of the profile itself names."""
        found = re.findall(r"^\s*unix \(([\w, ]+)\) type=(\w+)", self.text, re.MULTILINE)
        return {kind for words, kind in found if permission in re.split(r",\s*", words)}


def parse(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DRY, *options, path], capture_output=True, text=True)


def read_profile(path: Path) -> Profile:
    """The rules of paths as they are compiled: `rule: REGEX  ->  REGEX [deny ](BITS/…)`."""
    dumped = parse(path, "-D", "rule-exprs")
    assert dumped.returncode == 0, dumped.stderr
    rules, attachments = [], []
    for match in re.finditer(r"^rule: (\(?/.+)  ->  .+? (deny )?\((0x[0-9a-f]+)/",
                             dumped.stdout + dumped.stderr, re.MULTILINE):
        # The bits of those who do not own the file follow those of the owner.
        permissions = int(match[3], 16)
        rule = Rule(re.compile(match[1]), match[2] is not None, permissions >> 14 & 0x7f)
        # What a profile is attached to has no bits but this.
        if permissions == EXEC:
            attachments.append(Rule(rule.pattern, False, EXEC))
        else:
            rules.append(rule)
    text = parse(path, "--preprocess")
    assert text.returncode == 0, text.stderr
    return Profile(attachments, rules, text.stdout)


@pytest.fixture(scope="module")
def profiles() -> dict[str, Profile]:
    return {name: read_profile(path) for name, path in PROFILES.items()}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("options", [(), ("--Complain",)], ids=["enforced", "in complain mode"])
def test_profiles_are_parsed_without_a_word(name: str, options: tuple[str, ...]) -> None:
    done = parse(PROFILES[name], *options)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", PROFILES)
def test_parsing_finds_a_wrong_line(folder: Path, name: str) -> None:
    profile = folder / name
    text = PROFILES[name].read_text()
    profile.write_text(text.replace("include <abstractions/base>", "capability everything,"))
    done = parse(profile)
    assert done.returncode != 0
    assert "everything" in done.stderr


def compiled_path(name: str) -> str:
    found = re.search(rf'#define {name} "(.+)"', (BUILD / "pam_wechat/paths.h").read_text())
    assert found is not None
    return found[1]


def test_the_exchange_s_profile_is_attached_to_the_installed_program(
    profiles: dict[str, Profile]
) -> None:
    path = compiled_path("PATH_EXCHANGE")
    (attachment,) = profiles["exchange"].attachments
    assert attachment.pattern.fullmatch(path)
    assert not attachment.pattern.fullmatch(path + "2")


def test_the_unit_asks_for_the_helper_s_profile(profiles: dict[str, Profile]) -> None:
    """It has no path: `pam-wechat pages` runs the same program for the administrator."""
    (name,) = parse(PROFILES["helper"], "--names").stdout.split()
    assert f"\nAppArmorProfile=-{name}\n" in SERVICE.read_text()
    assert profiles["helper"].attachments == []


@pytest.mark.parametrize("name", PROFILES)
def test_secrets_are_denied_and_no_program_may_be_run(
    profiles: dict[str, Profile], name: str
) -> None:
    profile = profiles[name]
    assert profile.rules
    for file in ("secret", "users", "pam_wechat.conf"):
        path = f"/etc/pam_wechat/{file}"
        assert not profile.allows(path, READ)
        assert any(rule.deny and rule.pattern.fullmatch(path) for rule in profile.rules)
    for path in ("/etc/pam_wechat/.users.lock", "/etc/pam_wechat/secret.old", "/etc/shadow"):
        assert not profile.allows(path, READ)
    assert not profile.allows("/etc/ssl/private/ssl-cert-snakeoil.key", READ)
    assert not profile.allows("/home/alice/.ssh/id_ed25519", READ)
    assert [rule for rule in profile.rules if rule.permissions & EXEC and not rule.deny] == []


@pytest.mark.parametrize("name", PROFILES)
def test_nothing_but_sockets_and_devices_may_be_written(
    profiles: dict[str, Profile], name: str
) -> None:
    written = [rule.pattern.pattern for rule in profiles[name].rules
               if rule.permissions & WRITE and not rule.deny]
    sockets = re.compile(r"sock\b|/dev/(null|zero|full|log)$|dev-log$|stdout$|notify$|"
                         r"io\\\.systemd\\\.Resolve$|/socket$")
    assert [pattern for pattern in written if not sockets.search(pattern)] == []


# What a login does ----------------------------------------------------------------------------

TRACED = "openat,open,connect,bind,socket,sendto,setgroups,setresgid,setresuid,fchownat,unlinkat"
CAPABILITY_OF = {"setgroups": "setgid", "setresgid": "setgid", "setresuid": "setuid",
                 "fchownat": "chown"}


@dataclass
class Trace:
    opened: set[tuple[str, int]]
    sockets: set[tuple[str, str]]
    capabilities: set[str]


def tracing(file: Path) -> tuple[str, ...]:
    # -D: who is started is the program itself, and gets its signals. -y: descriptors by path.
    return ("strace", "-D", "-f", "-y", "-q", "-s", "0", "-o", str(file), "-e",
            f"trace={TRACED},execve,execveat")


def whole_trace(file: Path) -> list[str]:
    """All lines, once the end of every process and thread is among them."""
    def is_whole() -> bool:
        lines = file.read_text().splitlines()
        ended = [line for line in lines if " +++ " in line]
        return len(ended) == len({line.split()[0] for line in lines}) > 0
    assert until(is_whole)
    return file.read_text().splitlines()


def whole_calls(lines: list[str]) -> Iterator[str]:
    """A call that another thread's came into stands on two lines."""
    begun: dict[str, str] = {}
    for line in lines:
        pid = line.split()[0]
        resumed = re.match(r"\d+ +<\.\.\. \w+ resumed>(.*)$", line)
        if line.endswith(" <unfinished ...>"):
            begun[pid] = line.removesuffix(" <unfinished ...>")
        elif resumed is not None:
            yield begun.pop(pid, "") + resumed[1]
        else:
            yield line


def read_trace(lines: list[str], real_place: dict[str, str]) -> Trace:
    """`real_place`: where a file of the test is when pam_wechat is installed."""
    trace = Trace(set(), set(), set())
    for line in whole_calls(lines):
        call = re.match(r"\d+ +(\w+)\((.*)\) += (-?\d+)(.*)$", line)
        if call is None or "ENOENT" in call[4]:
            continue
        name, arguments, result = call[1], call[2], int(call[3])
        if name in ("openat", "open") and "O_PATH" not in arguments:
            path = re.match(r"<(.+)>", call[4])
            assert path is not None and "O_WRONLY" not in arguments, line
            trace.opened.add((path[1], READ | (WRITE if "O_RDWR" in arguments else 0)))
            if ".so" in path[1]:
                trace.opened.add((path[1], MMAP))
        elif name in ("connect", "bind", "sendto"):
            path = re.search(r'sun_path="([^"]+)"', arguments)
            if path is not None:
                trace.opened.add((path[1], WRITE))
        elif name == "unlinkat":
            path = re.search(r'<(.+?)>, "(.+)"', arguments)
            assert path is not None, line
            trace.opened.add((f"{path[1]}/{path[2]}", WRITE))
        elif name == "socket":
            kind = re.match(r"AF_(\w+), SOCK_(\w+)", arguments)
            assert kind is not None, line
            trace.sockets.add((kind[1].lower(), kind[2].lower()))
        elif name in CAPABILITY_OF and result == 0:
            trace.capabilities.add(CAPABILITY_OF[name])
    trace.opened = {(_installed(path, real_place), how) for path, how in trace.opened}
    return trace


def _installed(path: str, real_place: dict[str, str]) -> str:
    for ours, real in real_place.items():
        if path == ours or path.startswith(ours + "/"):
            return real + path[len(ours):]
    return path


def not_allowed(profile: Profile, trace: Trace) -> list[str]:
    missing = [f"{path} {how:#x}" for path, how in sorted(trace.opened)
               for bit in (READ, WRITE, MMAP) if how & bit and not profile.allows(path, bit)]
    for family, kind in sorted(trace.sockets):
        # An abstraction lets sockets of any Unix type be made: what the profile adds to it are
        # types to talk by. Streams are glibc's, to nscd, whose path is a rule.
        if family == "unix":
            fits = (family, kind) == ("unix", "stream") or kind in profile.unix_types("send")
        else:
            fits = f"{family} {kind}" in profile.networks()
        if not fits:
            missing.append(f"socket {family} {kind}")
    return missing + sorted(trace.capabilities - profile.capabilities())


NAME = "api.wechat.test"


@pytest.fixture()
def hosts() -> Iterator[None]:
    """
    NAME is this machine, in the sandbox alone, and has two addresses, so that glibc has to sort
    them. (libcurl knows what localhost is by itself.)
    """
    assert "PAM_WECHAT_SANDBOX" in os.environ, "run this test by tests/run, as root"
    file = Path("/etc/hosts")
    before = file.read_bytes()
    file.write_text(f"127.0.0.1 localhost {NAME}\n127.0.0.2 {NAME}\n")
    yield
    file.write_bytes(before)


@pytest.fixture()
def exchanges(site: Site, folder: Path, hosts: None) -> list[str]:
    """Of a login that works, and of one that looks for WeChat by name and for the system's CAs."""
    lines: list[str] = []
    by_name = site.wechat.api_url.replace("127.0.0.1", NAME)
    assert NAME in by_name
    for number, changes in enumerate([{}, {"ca_file": None, "api_url": by_name}]):
        site.write_conf(**changes)
        file = folder / f"host{number}.trace"
        with Host(site, "alice", through=tracing(file)) as host:
            pin = Phone(site.wechat, "alice").sign_in(host.link())
            assert (host.type(pin or "0000") == "PAM_SUCCESS") == (number == 0)
        text = whole_trace(file)
        (began,) = [at for at, line in enumerate(text) if " execveat(" in line]
        # The child, and the threads that come later; the host is the one that was there before.
        hosts_pids = {line.split()[0] for line in text[:began]} - {text[began].split()[0]}
        lines += [line for line in text[began:] if line.split()[0] not in hosts_pids]
    return lines


def test_what_the_exchange_does_is_allowed(
    site: Site, exchanges: list[str], profiles: dict[str, Profile]
) -> None:
    trace = read_trace(exchanges, {
        str(site.ca_file): "/etc/pam_wechat/ca.pem",
        str(site.exchange): compiled_path("PATH_EXCHANGE"),
        str(site.folder / "run"): "/run/pam_wechat",
    })
    # The test has seen what it is about.
    assert {("/etc/pam_wechat/ca.pem", READ), ("/run/pam_wechat/helper.sock", WRITE),
            ("/etc/hosts", READ)} <= trace.opened
    assert any(path.startswith("/etc/ssl/certs/") or path.endswith("openssl.cnf")
               for path, _ in trace.opened)
    assert {("unix", "seqpacket"), ("inet", "stream"), ("netlink", "raw")} <= trace.sockets
    assert not_allowed(profiles["exchange"], trace) == []
    assert trace.capabilities == profiles["exchange"].capabilities()


@pytest.fixture()
def helpers(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From start to end, with all that helper.conf can name, and a reload."""
    site.stop_helper()
    pages = site.folder / "pages"
    pages.mkdir(mode=0o755)
    subprocess.run([HELPER, "-p", pages], check=True)
    verify = site.write("MP_verify_0123456789abcdef.txt", "0123456789abcdef", 0o644)
    figures = site.folder / "figures"
    figures.mkdir(mode=0o755)
    site.helper_conf |= {"pages_dir": str(pages), "verify_file": str(verify),
                         "status_socket": str(figures / "status.sock")}
    file = folder / "helper.trace"
    site.helper_through = tracing(file)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(folder / "notify"))
        (folder / "notify").chmod(0o666)
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        site.start_helper()
        assert site.process is not None
        site.process.send_signal(signal.SIGHUP)
        assert until(lambda: "read anew" in site.helper_log())
        with Host(site, "alice") as host:
            pin = Phone(site.wechat, "alice").sign_in(host.link())
            assert host.type(pin or "") == "PAM_SUCCESS"
        site.stop_helper()
    site.helper_through = ()
    return whole_trace(file)


def test_what_the_helper_does_is_allowed(
    site: Site, folder: Path, helpers: list[str], profiles: dict[str, Profile]
) -> None:
    conf = {str(site.folder / name): f"/etc/pam_wechat/{name}"
            for name in ("helper.conf", "pages", "MP_verify_0123456789abcdef.txt")}
    trace = read_trace(helpers, conf | {
        str(HELPER): "/usr/sbin/pam-wechat-helper",
        str(site.folder / "run"): "/run/pam_wechat",
        str(site.folder / "figures"): "/run/pam-wechat-helper",
        str(folder / "notify"): "/run/systemd/notify",
    })
    assert {("/etc/pam_wechat/helper.conf", READ), ("/etc/pam_wechat/pages", READ),
            ("/etc/pam_wechat/pages/ask.html", READ), ("/run/pam_wechat/helper.sock", WRITE),
            ("/run/pam-wechat-helper/status.sock", WRITE), ("/run/systemd/notify", WRITE)} <= trace.opened
    trace.opened = {(path + "/" if path.endswith("/pages") else path, how)
                    for path, how in trace.opened}
    assert not_allowed(profiles["helper"], trace) == []
    # More open files than the hard limit has is what the trace does not show.
    assert trace.capabilities | {"sys_resource"} == profiles["helper"].capabilities()


# What a login on this machine does not show -----------------------------------------------------

def test_addresses_are_of_both_versions_and_only_the_exchange_resolves_names(
    profiles: dict[str, Profile]
) -> None:
    streams = {"inet stream", "inet6 stream"}
    assert profiles["helper"].networks() == streams
    assert profiles["exchange"].networks() == streams | {"inet dgram", "inet6 dgram", "netlink raw"}


@pytest.mark.parametrize("name, path, permission", [
    ("exchange", "/run/systemd/resolve/stub-resolv.conf", READ),
    ("exchange", "/run/systemd/resolve/resolv.conf", READ),
    ("exchange", "/run/systemd/resolve/io.systemd.Resolve", WRITE),
    ("exchange", "/run/NetworkManager/resolv.conf", READ),
    ("exchange", "/run/avahi-daemon/socket", WRITE),
    ("exchange", "/etc/mdns.allow", READ),
    ("exchange", "/run/nscd/socket", WRITE),
    ("exchange", "/etc/gnutls/config", READ),
    ("exchange", "/etc/ssl/certs/0a1b2c3d.0", READ),
    ("exchange", "/usr/share/ca-certificates/mozilla/Some_CA.crt", READ),
    ("exchange", "/var/lib/ca-certificates/openssl/0a1b2c3d.0", READ),
    ("exchange", "/usr/libexec/pam_wechat/pam-wechat-exchange", MMAP),
    ("helper", "/run/nscd/socket", WRITE),
    ("helper", "/usr/sbin/pam-wechat-helper", MMAP),
    ("helper", "/usr/bin/pam-wechat-helper", MMAP),
])
def test_what_other_machines_have_is_allowed(
    profiles: dict[str, Profile], name: str, path: str, permission: int
) -> None:
    assert profiles[name].allows(path, permission)


def test_sockets_have_the_types_that_the_programs_make(profiles: dict[str, Profile]) -> None:
    exchange, helper = profiles["exchange"], profiles["helper"]
    assert exchange.unix_types("connect") == exchange.unix_types("create") == {"seqpacket"}
    assert exchange.unix_types("bind") == exchange.unix_types("accept") == set()
    # To the module, through a pair of sockets without a name.
    assert re.search(r"^\s*unix \(send, receive\) type=seqpacket peer=\(addr=none\),$",
                     exchange.text, re.MULTILINE)
    # To exchanges, to who asks for figures, to systemd.
    assert helper.unix_types("accept") == {"seqpacket", "stream"}
    assert helper.unix_types("create") == {"seqpacket", "stream", "dgram"}


@pytest.mark.parametrize("name, signals", [
    ("exchange", {"kill"}), ("helper", {"hup", "term", "int", "kill"})])
def test_signals_arrive_from_whoever_may_send_them(
    profiles: dict[str, Profile], name: str, signals: set[str]
) -> None:
    found = re.search(r"^\s*signal \(receive\) set=\(([\w, ]+)\),$", profiles[name].text,
                      re.MULTILINE)
    assert found is not None
    assert set(found[1].split(", ")) == signals | {"exists"}


@pytest.mark.parametrize("name", PROFILES)
def test_administrators_can_add_what_is_different_on_their_machine(name: str) -> None:
    text = PROFILES[name].read_text()
    assert f"\n  include if exists <local/{PROFILES[name].name}>\n}}\n" in text
    assert f"/etc/apparmor.d/local/{PROFILES[name].name}" in text
