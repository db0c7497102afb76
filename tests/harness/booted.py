"""A real systemd, booted in a Debian's folder."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from harness.debian import Debian, Failed, run
from harness.waiting import until

BOOT = Path(__file__).with_name("boot")
# They would reach for the kernel, for disks, for terminals, or for the network.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service",
    "container-getty@.service", "dev-hugepages.mount", "dev-mqueue.mount", "e2scrub_all.timer",
    "e2scrub_reap.service", "fstrim.timer", "getty@.service", "kmod-static-nodes.service",
    "modprobe@.service", "proc-sys-fs-binfmt_misc.automount", "serial-getty@.service",
    "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount", "systemd-binfmt.service", "systemd-modules-load.service",
    "systemd-networkd.service", "systemd-remount-fs.service", "systemd-resolved.service",
    "systemd-sysctl.service", "systemd-timesyncd.service", "systemd-udevd.service",
)
# The network is shared with the tests: see private_network().
NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--cgroup")

_AT_MOST_S = 90


class Booted:
    """
    Runs while the block lasts; meanwhile the commands of `debian` run inside. It needs systemd-sysv
    and dbus, and a mount namespace of ours. Its cgroup is named like `folder`: tests/fresh takes
    both away.
    """

    def __init__(self, debian: Debian, folder: Path) -> None:
        self.debian = debian
        self.log = folder / "boot.log"  # what it says before there is a journal
        self.pid = 0  # of systemd
        self._unshare: subprocess.Popen[bytes] | None = None
        self._cgroup = _make_cgroup(folder)
        # From here on the units are started by whoever installs them.
        debian.path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
        for unit in MASKED:
            debian.path(f"/etc/systemd/system/{unit}").symlink_to("/dev/null")

    def __enter__(self) -> Booted:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when all is started. Raises Failed if anything did not start."""
        flags = [*NAMESPACES, "--propagation", "private", "--fork", "--kill-child"]
        join = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"'
        with self.log.open("ab") as log:
            self._unshare = subprocess.Popen(
                ["/bin/sh", "-ec", join, "sh", str(self._cgroup), "unshare", *flags, "--",
                 str(BOOT), str(self.debian.folder)],
                # A session of its own: ^C is for the tests, which end it.
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """At once, like a machine whose power is cut. Nothing of it is left but its disk."""
        self.debian.entered = ()
        if self._unshare is None:
            return
        if self.pid != 0:
            # The kernel ends all its processes before it is gone itself.
            os.kill(self.pid, signal.SIGKILL)
        else:
            self._unshare.kill()
        self._unshare.wait(20)
        self._unshare = None
        self.pid = 0

    def path(self, inside: str) -> Path:
        """As its processes see it: with its own /run, /tmp and /dev."""
        return Path(f"/proc/{self.pid}/root") / inside.lstrip("/")

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.debian.run("systemctl", "show", "--value", "-p", name, unit).rstrip("\n")

    def is_active(self, unit: str) -> bool:
        return self.show(unit, "ActiveState") == "active"

    def main_pid(self, unit: str) -> int:
        """As we see it: inside it has another number. 0 if there is none."""
        inside = self.show(unit, "MainPID")
        processes = self._cgroup / self.show(unit, "ControlGroup").lstrip("/") / "cgroup.procs"
        if inside == "0" or not processes.exists():
            return 0
        found = [pid for pid in processes.read_text().split() if _inner_pid(pid) == inside]
        return int(found[0]) if found else 0

    def journal(self, unit: str) -> str:
        """What a unit has said since this boot."""
        self.debian.run("journalctl", "--sync")
        return self.debian.run("journalctl", "-q", "-b", "-o", "cat", "-u", unit)

    def _wait_until_up(self) -> None:
        if not until(self._finds_systemd, _AT_MOST_S) or self.pid == 0:
            raise Failed("systemd does not boot: it needs namespaces, cgroup2, and mounts\n"
                         + self.log.read_text(errors="replace"))
        # The commands of Debian's come from the machine's nsenter, and then from its chroot.
        self.debian.entered = ("/usr/bin/nsenter", f"--target={self.pid}",
                               *(flag for flag in NAMESPACES), "--")
        state = ""

        def is_up() -> bool:
            nonlocal state
            state = _output(self.debian.command("systemctl", "is-system-running", "--wait"))
            return state in ("running", "degraded")

        if not until(is_up, _AT_MOST_S) or state != "running":
            failed = _output(self.debian.command("systemctl", "--failed", "--no-legend"))
            raise Failed(f"systemd is {state or 'not reached'}\n{failed}\n"
                         + self.log.read_text(errors="replace"))

    def _finds_systemd(self) -> bool:
        """Whether the child of unshare has become systemd, or never will."""
        assert self._unshare is not None
        if self._unshare.poll() is not None:
            return True
        pid = self._unshare.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                self.pid = int(child)
        return self.pid != 0


def _inner_pid(pid: str) -> str:
    """The number of a process in its own namespace; none if it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    (numbers,) = [line for line in status.splitlines() if line.startswith("NSpid:")]
    return numbers.split()[-1]


def _make_cgroup(folder: Path) -> Path:
    """Below our own, so that this systemd rules no other; wherever the machine has its mount."""
    place = folder / "cgroup"
    place.mkdir()
    run("mount", "-t", "cgroup2", "cgroup2", str(place))
    (own,) = [line.removeprefix("0::/") for line in
              Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::/")]
    made = place / own / folder.name
    made.mkdir(exist_ok=True)
    return made


def _output(command: list[str]) -> str:
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout.strip()
