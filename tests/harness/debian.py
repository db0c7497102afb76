"""A minimal Debian 12 in a folder: everything in it is as debootstrap leaves it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

RELEASE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
# debootstrap knows of the first alone; Debian's installer writes all three.
SOURCES = f"""\
deb {MIRROR} {RELEASE} main
deb {MIRROR} {RELEASE}-updates main
deb {MIRROR}-security {RELEASE}-security main
"""
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "xterm", "DEBIAN_FRONTEND": "noninteractive",
}
# Whatever leads to the packages from here leads to them from there.
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy")

_AT_MOST_S = 2400  # all suites of tests/run take less than half of that


class Failed(Exception):
    """A command that did not do what it should; its output is the message."""


class Debian:
    """Needs root and a mount namespace of its own, which takes the mounts along when it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entered: tuple[str, ...] = ()  # what enters the namespaces of a booted one
        folder.mkdir(mode=0o755)
        # A mount of its own: tests inside make mount namespaces, for which it has to be one.
        run("mount", "--bind", str(folder), str(folder))
        run("tar", "-xpf", str(_base()), "-C", str(folder))
        for source, place in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "dev/shm"),
                              ("tmpfs", "run")):
            run("mount", "-t", source, source, str(folder / place))
        (folder / "dev/ptmx").unlink()
        (folder / "dev/ptmx").symlink_to("pts/ptmx")
        run("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620,gid=5", "devpts",
            str(folder / "dev/pts"))
        for name in ("etc/resolv.conf", "etc/hosts"):
            (folder / name).write_bytes((Path("/") / name).read_bytes())
        # Nothing listens but what the tests start.
        policy = folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        (folder / "etc/apt/sources.list").write_text(SOURCES)
        self.run("apt-get", "update", "-qq")
        self.run("apt-get", "upgrade", "-qq", "-y")

    def command(self, *words: str, user: str = "root", folder: str = "/") -> list[str]:
        """What runs these words inside."""
        environment = ENVIRONMENT | {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        if user != "root":
            environment["HOME"] = f"/home/{user}"
        return [*self.entered,
                "/usr/sbin/chroot", f"--userspec={user}", str(self.folder), "/usr/bin/env", "-i",
                f"--chdir={folder}", *(f"{key}={value}" for key, value in environment.items()),
                *words]

    def run(self, *words: str, user: str = "root", folder: str = "/") -> str:
        """All that it printed. Raises Failed if its exit status is not 0."""
        return run(*self.command(*words, user=user, folder=folder))

    def refuses(self, *words: str) -> str:
        """What it printed; its exit status must not be 0."""
        done = _start(self.command(*words))
        if done.returncode == 0:
            raise Failed(f"{' '.join(words)}: should have failed\n{done.stdout}")
        return done.stdout

    def install(self, *packages: str) -> str:
        """Names, or paths of packages inside."""
        return self.run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages)

    def path(self, inside: str) -> Path:
        return self.folder / inside.lstrip("/")


def run(*words: str) -> str:
    done = _start(words)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def _start(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=_AT_MOST_S)
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        raise Failed(f"{' '.join(words)}: not done in {_AT_MOST_S} s\n{output}") from None


def _base() -> Path:
    """The archive of a minimal system, made if the cache has none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pam_wechat"
    architecture = run("dpkg", "--print-architecture").strip()
    archive = cache / f"{RELEASE}-{architecture}.tar"
    if archive.exists():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        root = Path(name) / "root"
        root.mkdir(mode=0o755)
        run("debootstrap", "--variant=minbase", RELEASE, str(root), MIRROR)
        made = Path(name) / "made.tar"
        run("tar", "-cpf", str(made), "--exclude=./var/cache/apt/archives/*.deb", "-C", str(root),
            ".")
        # All at once: another run may be about to do the same.
        made.rename(archive)
    return archive
