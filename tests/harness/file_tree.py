"""What lies in a system's folder, so that it can be compared with what lay there before."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

# No part of the system: made by whatever runs, or apt's and dpkg's own books.
PASSING = ("proc", "sys", "dev", "tmp", "run", "packages", "var/cache", "var/log", "var/tmp",
           "var/lib/apt", "var/lib/dpkg", "etc/ld.so.cache")
# What useradd and userdel keep of the files as they were before.
SPARE = ("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/.pwd.lock")

Files = dict[str, tuple[int, int, str]]


def read(root: Path) -> Files:
    """Mode, owner and contents of everything that is no passing thing."""
    found = {}
    pending = [root]
    while pending:
        for path in pending.pop().iterdir():
            name = str(path.relative_to(root))
            if name in PASSING:
                continue
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                pending.append(path)
            found[name] = (status.st_mode, status.st_uid, _contents(path, status.st_mode))
    return found


def changes(before: Files, after: Files) -> list[str]:
    return [path for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path) and path not in SPARE]


def _contents(path: Path, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return str(path.readlink())
    if stat.S_ISREG(mode):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""
