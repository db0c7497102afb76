"""The keys of both configuration files, as the programs are compiled."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.site import BUILD, REPOSITORY

PROGRAMS = {
    "pam_wechat.conf": (BUILD / "tests/conf/module-keys", "conf={}"),
    "helper.conf": (BUILD / "tests/conf/helper-keys", "{}"),
}


@dataclass(frozen=True)
class Key:
    values: str  # "5 to 300", "yes|no", "link|authorize"; "text"; "list" of texts
    on_pam_line: bool
    is_required: bool
    default: str | None


@dataclass(frozen=True)
class Table:
    path: str  # of the file, where nobody names another
    keys: dict[str, Key]


def sample_settings(name: str) -> dict[str, str]:
    """All keys of a sample, those that are commented out as well."""
    sample = (REPOSITORY / "conf" / name).read_text()
    return dict(re.findall(r"^#?(\w+) = (.+)$", sample, re.MULTILINE))


def run_keys(name: str, folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What the program makes of a file, and of words on the PAM line."""
    program, argument = PROGRAMS[name]
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return subprocess.run([program, argument.format(path), *words], capture_output=True, text=True)


def read_table(name: str, folder: Path) -> Table:
    """Gives the program one after the other what it says is missing: the rest has a default."""
    sample = sample_settings(name)
    required: dict[str, str] = {}
    while True:
        done = run_keys(name, folder, "".join(f"{k} = {v}\n" for k, v in required.items()))
        if done.returncode == 0:
            break
        missing = re.search(r": (\w+) is missing\n$", done.stderr)
        assert missing is not None and missing[1] not in required, done.stderr
        required[missing[1]] = sample[missing[1]]
    head, _, tail = done.stdout.partition("\n\n")
    path, *rows = head.splitlines()
    # A list has one default at most.
    defaults = dict(line.split(" = ", 1) for line in tail.splitlines())
    assert len(defaults) == len(tail.splitlines())
    keys = {}
    for row in rows:
        key, values, place = row.split("\t")
        keys[key] = Key(values, place == "line", key in required,
                        None if key in required else defaults.pop(key, None))
    assert set(defaults) == set(required)
    return Table(path, keys)
