"""The module is a guest in its host, and its child belongs to nobody else."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from harness.host import Host, wrapper_environment
from harness.site import MODULE
from harness.stopwatch import Stopwatch
from harness.terminal import Terminal
from harness.waiting import until
from pam.login import GOOD, Installation, Login, logged, scan

EXCHANGE_UID = 61012
CAP_SYS_RESOURCE = 24
OTHERS = ("libcurl", "libssl", "libcrypto", "libcjson", "libevent", "libnghttp2", "libgnutls")


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def child_of(host: Host) -> int:
    child, = children(host.process.pid)
    return child


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def descriptors(pid: int) -> dict[int, str]:
    folder = Path(f"/proc/{pid}/fd")
    return {int(entry.name): os.readlink(entry) for entry in folder.iterdir()}


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has reaped yet has ended, too."""
    try:
        return status(pid)["State"].startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return True


def maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_the_host_loads_neither_tls_nor_json_nor_events(installed: Installation) -> None:
    installed.write()
    environment = wrapper_environment(installed.site)
    command = ["/usr/bin/pamtester", "test", "alice", "authenticate"]
    with Terminal(command, environment) as terminal:
        shown = terminal.wait_for_login()
        page = scan(installed.phone(), shown.link)
        host = terminal.process.pid
        exchange, = children(host)
        assert MODULE.name in maps(host)
        assert "libqrencode" in maps(host)
        assert [name for name in OTHERS if name in maps(host)] == []
        assert "libcurl" in maps(exchange)
        assert "libpam" not in maps(exchange)
        terminal.type(page.pin or "")
        terminal.rest()
        assert terminal.status == 0


@pytest.fixture()
def meddled(folder: Path) -> Login:
    """A host whose caller has prepared everything that a child would inherit."""
    script = (
        "umask 000; cd {folder}; exec 5</etc/passwd 7>/dev/null 9</etc/shadow "
        "2>/dev/null; ulimit -c unlimited; ulimit -n 200; exec \"$@\""
    )
    return replace(GOOD, through=(
        "env", "--block-signal=ALRM,TERM,HUP", "--ignore-signal=PIPE,INT,CHLD,ALRM", "sh", "-c",
        script, "sh",
    ))


def test_the_child_inherits_nothing(installed: Installation, meddled: Login) -> None:
    with installed.host(meddled) as host:
        link = host.link()
        child = child_of(host)
        assert Path(f"/proc/{child}/environ").read_bytes() == b""
        assert Path(f"/proc/{child}/cmdline").read_bytes() == \
            b"pam-wechat-exchange\x0061012\x0061012\x00"
        seen = status(child)
        uids = "\t".join([str(EXCHANGE_UID)] * 4)
        assert (seen["Uid"], seen["Gid"], seen["Groups"]) == (uids, uids, "")
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb", "SigBlk", "SigIgn"):
            assert int(seen[name], 16) == 0, name
        assert seen["NoNewPrivs"] == "1"
        assert seen["Threads"] == "1"
        assert os.readlink(f"/proc/{child}/cwd") == "/"
        # Not dumpable: its own user's other processes may neither read nor trace it.
        assert Path(f"/proc/{child}/environ").stat().st_uid == 0
        assert os.getsid(child) == child
        limits = Path(f"/proc/{child}/limits").read_text()
        for name in ("Max core file size", "Max file size"):
            assert re.search(rf"^{name}\s+0\s", limits, re.MULTILINE), limits
        assert re.search(r"^Max open files\s+64\s", limits, re.MULTILINE), limits
        before = descriptors(child)
        page = scan(installed.phone(), link)
        after = descriptors(child)
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    assert {fd: before[fd] for fd in (0, 1, 2)} == dict.fromkeys((0, 1, 2), "/dev/null")
    kinds = sorted(re.sub(r":.*", "", what) for fd, what in before.items() if fd > 2)
    assert kinds == ["socket", "socket"]  # the module and the helper
    assert set(after.values()) >= set(before.values())
    others = [what for fd, what in after.items() if before.get(fd) != what]
    assert [what for what in others if not what.startswith(("socket:", "anon_inode:", "pipe:"))] \
        == []
    assert len(others) <= 4


def test_the_host_keeps_no_descriptor_and_no_change(
    installed: Installation, folder: Path
) -> None:
    """Compared with the same host whose stack holds pam_permit alone."""
    seen = []
    errors = folder / "errors"
    through = ("sh", "-c", f"exec \"$@\" 2>{errors}", "sh")
    for login in (GOOD, replace(GOOD, service="permit")):
        login = replace(login, options=("--linger",), through=through,
                        environment=(("LC_ALL", "C.UTF-8"),))
        installed.write(login)
        if login.service == "permit":
            installed.site.write_service("permit", "auth required pam_permit.so\n")
        with installed.start(login) as host:
            prompt = host.prompt()
            if prompt is not None:
                page = scan(installed.phone(), prompt.link or "")
                host.type(page.pin or "")
            assert host.result == "PAM_SUCCESS"
            pid = host.process.pid
            state = status(pid)
            seen.append((
                {name: state[name] for name in ("SigBlk", "SigIgn", "SigCgt", "Threads", "Umask",
                                                "Uid", "Gid", "NoNewPrivs")},
                os.readlink(f"/proc/{pid}/cwd"), children(pid),
                [fd for fd, what in descriptors(pid).items() if what != "/dev/log"],
                "locale" in maps(pid), errors.read_text(),
                Path(f"/proc/{pid}/limits").read_text(),
            ))
    assert seen[0] == seen[1]
    assert seen[0][2] == []
    assert seen[0][5] == ""


OPENING = ("open", "openat", "socket", "socketpair", "accept", "accept4", "dup", "dup2", "dup3",
           "fcntl", "epoll_create1", "eventfd2", "pipe", "pipe2")
SENDING = ("sendto", "sendmsg", "sendmmsg")


def test_no_descriptor_could_be_inherited_and_no_send_could_kill(
    installed: Installation, folder: Path
) -> None:
    """Another thread of the host may fork at any time; and SIGPIPE would end the host."""
    trace = folder / "trace"
    strace = ("strace", "-qq", "-o", str(trace), "-e", f"trace={','.join(OPENING + SENDING)}")
    with installed.host(replace(GOOD, through=strace)) as host:
        page = scan(installed.phone(), host.link())
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    # Before the configuration is read it is libpam that opens files, and at last pam_wrapper.
    ours = trace.read_text().partition(f'"{installed.conf_file.name}"')[2].splitlines()[1:]
    opened = [line for line in ours if line.startswith(OPENING) and '"/tmp/pam.' not in line
              and (not line.startswith("fcntl") or "F_DUPFD" in line)]
    sent = [line for line in ours if line.startswith(SENDING)]
    assert any(line.startswith("socketpair") for line in opened) and len(sent) >= 2
    assert [line for line in opened if "CLOEXEC" not in line] == []
    assert [line for line in sent if "MSG_NOSIGNAL" not in line] == []


def memory(pid: int) -> bytes:
    found = b""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in maps(pid).splitlines():
            span, modes = line.split()[:2]
            if not modes.startswith("rw") or "[v" in line:
                continue
            begin, end = (int(number, 16) for number in span.split("-"))
            file.seek(begin)
            found += file.read(end - begin)
    return found


@pytest.mark.parametrize("change", [
    {}, {"person": "bob"}, {"plan": ("token", 40029)}, {"phone": "refuse"},
    {"key": ("public_url", "http://127.0.0.1:9")},
], ids=["ok", "not-linked", "code", "reported", "rejected"])
def test_no_secret_stays_in_the_host_s_memory(
    installed: Installation, change: dict[str, object]
) -> None:
    login = replace(GOOD, options=("--linger",), **change)
    with installed.host(login) as host:
        prompt = host.prompt()
        state = ""
        if prompt is not None:
            assert prompt.link is not None
            phone = installed.phone(login.person)
            page = scan(phone, prompt.link, login.phone)
            urls = " ".join(one.url for one in phone.history)
            found = re.search(r"state=([0-9a-f]{32})", urls)
            state = found[1] if found else ""
            host.type(page.pin or "0000")
        assert host.result is not None
        left = memory(host.process.pid)
    assert b"pam_wechat" in left  # it was looked at
    assert installed.wechat.secret.encode() not in left
    if state:
        assert state.encode() not in left


def test_a_host_holds_no_secret_while_its_login_waits(installed: Installation) -> None:
    """The child has it. State and link are there, so that this can fail."""
    with installed.host() as host:
        link = host.link()
        left = memory(host.process.pid)
        (child,) = children(host.process.pid)
        assert link.encode() in left
        assert installed.wechat.secret.encode() not in left
        assert installed.wechat.secret.encode() in memory(child)


def test_a_host_that_ignores_its_children_s_end_signs_in(installed: Installation) -> None:
    login = replace(GOOD, through=("env", "--ignore-signal=CHLD"), options=("--linger",))
    with installed.host(login) as host:
        page = scan(installed.phone(), host.link())
        assert int(status(host.process.pid)["SigIgn"], 16) & 1 << (signal.SIGCHLD - 1)
        assert host.type(page.pin or "") == "PAM_SUCCESS"
        assert children(host.process.pid) == []


@pytest.mark.parametrize("change, result", [
    ({"person": "bob"}, "PAM_MAXTRIES"), ({"plan": ("token", -1)}, "PAM_AUTH_ERR"),
    ({"files": "cp /bin/true {exchange}"}, "PAM_SYSTEM_ERR"),
    ({"typed": ("",) * 8}, "PAM_MAXTRIES"),
], ids=["not-linked", "busy", "dead", "nobody"])
def test_ignored_children_do_not_change_a_verdict(
    installed: Installation, change: dict[str, object], result: str
) -> None:
    login = replace(GOOD, through=("env", "--ignore-signal=CHLD"), **change)
    assert installed.run(login).result == result


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_a_login_whose_host_is_killed(
    installed: Installation, number: signal.Signals
) -> None:
    with installed.host() as host:
        link = host.link()
        child = child_of(host)
        assert installed.site.pending() == 1
        host.process.send_signal(number)
        assert until(lambda: is_gone(child))
        assert installed.site.wait_for_pending(0)
        assert installed.phone().open(link).status == 404
        host.kill()


def test_nothing_is_left_when_the_conversation_fails(installed: Installation) -> None:
    with installed.host(replace(GOOD, options=("--linger",))) as host:
        host.link()
        child = child_of(host)
        host.fail()
        assert host.prompt() is None
        assert host.result == "PAM_AUTH_ERR"
        assert not Path(f"/proc/{child}").exists()
        assert children(host.process.pid) == []
        assert installed.site.wait_for_pending(0)


STUCK = [
    "the exchange of this login is gone or stuck", logged("refused reason=internal"),
]


def test_an_exchange_killed_meanwhile_lets_nobody_in(installed: Installation) -> None:
    mark = installed.log.mark()
    with installed.host() as host:
        page = scan(installed.phone(), host.link())
        os.kill(child_of(host), signal.SIGKILL)
        assert host.type(page.pin or "") == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == STUCK


def test_a_stuck_exchange_is_killed(installed: Installation) -> None:
    mark = installed.log.mark()
    with installed.host(replace(GOOD, options=("--linger",))) as host:
        page = scan(installed.phone(), host.link())
        child = child_of(host)
        os.kill(child, signal.SIGSTOP)
        watch = Stopwatch(host.process.pid)
        assert host.type(page.pin or "") == "PAM_AUTH_ERR"
        assert watch.seconds() < 4
        assert not Path(f"/proc/{child}").exists()
    assert installed.module_lines(mark) == STUCK


def test_too_few_descriptors_are_a_system_error(installed: Installation) -> None:
    outcome = installed.run(replace(GOOD, through=("prlimit", "--nofile=7")))
    assert outcome.result == "PAM_SYSTEM_ERR"
    assert outcome.lines == ["socketpair: Too many open files", logged("refused reason=internal")]


# What the host has, and what the child gets.
LIMITS = {
    "core": ("unlimited", "Max core file size", "0"),
    "fsize": ("1000000", "Max file size", "0"),
    "nofile": ("10", "Max open files", "64"),
    "stack": ("300000", "Max stack size", str(8 * 1024 * 1024)),
    "as": ("50000000", "Max address space", "unlimited"),
    "data": ("2000000", "Max data size", "unlimited"),
    "rss": ("1000000", "Max resident set", "unlimited"),
    "cpu": ("5", "Max cpu time", "unlimited"),
    "nproc": ("1", "Max processes", "unlimited"),
    "locks": ("0", "Max file locks", "unlimited"),
    "memlock": ("0", "Max locked memory", "unlimited"),
    "sigpending": ("0", "Max pending signals", "unlimited"),
    "rttime": ("1", "Max realtime timeout", "unlimited"),
}
WITHOUT_RIGHT = ("setpriv", "--bounding-set=-sys_resource")


def limits_of(pid: int, name: str) -> tuple[str, str]:
    found = re.search(rf"^{name}\s+(\S+)\s+(\S+)", Path(f"/proc/{pid}/limits").read_text(), re.M)
    assert found is not None
    return found[1], found[2]


def least(*limits: str) -> str:
    return min(limits, key=lambda limit: float("inf") if limit == "unlimited" else int(limit))


def may_raise_limits() -> bool:
    """Root of some containers and virtual machines may not."""
    return bool(int(status(os.getpid())["CapEff"], 16) >> CAP_SYS_RESOURCE & 1)


@pytest.mark.parametrize("limit", LIMITS)
def test_the_host_s_limits_are_not_the_child_s(installed: Installation, limit: str) -> None:
    """su and sudo pass on what their caller has set."""
    value, name, wanted = LIMITS[limit]
    if limit == "core" and limits_of(os.getpid(), name)[1] == "0" and not may_raise_limits():
        value = "0"
    with installed.host(replace(GOOD, through=("prlimit", f"--{limit}={value}:"))) as host:
        link = host.link()
        soft, hard = limits_of(host.process.pid, name)
        assert soft == value
        assert limits_of(child_of(host), name)[0] == \
            (wanted if may_raise_limits() else least(wanted, hard))
        assert host.type(scan(installed.phone(), link).pin or "") == "PAM_SUCCESS"


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("right", [(), WITHOUT_RIGHT], ids=["as root", "without the right"])
def test_a_caller_who_leaves_too_little_finds_no_other_way_in(
    installed: Installation, limit: str, right: tuple[str, ...]
) -> None:
    """Some stacks go on to another line after PAM_AUTHINFO_UNAVAIL."""
    value, name, wanted = LIMITS[limit]
    through = ("prlimit", f"--{limit}={least(value, limits_of(os.getpid(), name)[1])}", *right)
    with installed.host(replace(GOOD, through=through)) as host:
        if host.prompt() is None:
            assert host.result == "PAM_SYSTEM_ERR"
            assert right or not may_raise_limits()
            return
        found = limits_of(child_of(host), name)
        if may_raise_limits() and not right:
            assert found == (wanted, wanted)
        else:
            assert found[0] == least(wanted, limits_of(host.process.pid, name)[1])
        page = scan(installed.phone(), host.messages[-1].link or "")
        # A child without memory or descriptors is refused by its phone, if it gets that far.
        if page.pin is not None:
            assert host.type(page.pin) == "PAM_SUCCESS"
        else:
            assert right or not may_raise_limits()


def first(calls: list[str], pattern: str) -> int:
    return next(index for index, call in enumerate(calls) if re.match(pattern, call))


def test_whoever_called_su_cannot_signal_the_child(
    installed: Installation, folder: Path
) -> None:
    """The real user is alice and the effective one root: until it is root alone, nothing comes."""
    installed.write()
    service = Path("/etc/pam.d/pam_wechat-su")
    service.write_text((installed.site.folder / "pam.d/test").read_text())
    trace = folder / "trace"
    through = ("strace", "-ff", "-qq", "-o", str(trace), "setpriv", "--ruid=61001", "--euid=0")
    with Host(installed.site, "alice", "pam_wechat-su", through=through) as host:
        host.link()
    service.unlink()
    one, other = (path.read_text().splitlines() for path in folder.glob("trace.*"))
    host_s, child_s = (one, other) if one[0].startswith("execve(") else (other, one)
    forked = first(host_s, r"(clone|fork|vfork)\d*\(")
    assert re.match(r"rt_sigprocmask\(SIG_SETMASK, ~\[", host_s[forked - 1])
    changed = first(child_s, r"setresuid\(0, 0, 0\) += 0")
    assert changed < first(child_s, "rt_sigprocmask") < first(child_s, "execve")


def test_the_exchange_runs_what_was_judged(installed: Installation) -> None:
    with installed.host() as host:
        host.link()
        child = child_of(host)
        assert os.readlink(f"/proc/{child}/exe") == installed.places()["exchange"]


def test_the_exchange_ends_without_a_module(installed: Installation, folder: Path) -> None:
    """Started by anybody, by hand, it does nothing."""
    program = installed.places()["exchange"]
    installed.write()
    for arguments in ([], ["61012"], ["0", "0"], ["-", "-"], ["65534", "65534"], ["61012", "x"],
                      ["61012", "61012", "more"], ["-1", "-1"], ["61012", "0"]):
        assert os.spawnv(os.P_WAIT, program, [program, *arguments]) == 1, arguments
