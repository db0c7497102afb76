"""Include guards: one form, and none twice. And how the code is laid out."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from harness.site import REPOSITORY

HEADERS = sorted(
    path for part in ("pam_wechat", "helper") for path in (REPOSITORY / part).rglob("*.h")
)
GUARD = re.compile(r"^#ifndef (\w+)\n#define \1\n", re.MULTILINE)


def guard_of(path: Path) -> str:
    return f"PAM_WECHAT_{path.parent.name}_{path.stem}_H".upper()


def test_each_header_is_guarded_by_its_folder_and_name() -> None:
    assert len(HEADERS) > 90
    for path in HEADERS:
        found = GUARD.search(path.read_text())
        assert found is not None and found[1] == guard_of(path), path


def test_no_guard_is_there_twice() -> None:
    """A header whose guard is another's is empty for whoever includes both."""
    guards = [guard_of(path) for path in HEADERS]
    assert sorted(set(guards)) == sorted(guards)


def test_the_code_is_formatted() -> None:
    files = [path for part in ("pam_wechat", "helper", "tests")
             for path in (REPOSITORY / part).rglob("*.[ch]")]
    assert len(files) > 250
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], stderr=subprocess.PIPE,
                          text=True)
    assert done.returncode == 0, done.stderr
