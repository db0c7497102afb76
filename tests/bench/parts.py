"""The module and its child by themselves, measured by small programs in C."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from figures import Figure
from harness.site import BUILD, Site

LOAD = BUILD / "tests/bench/bench-load"
CHILD = BUILD / "tests/bench/bench-child"
OF_THE_C_LIBRARY = re.compile(r"lib(c|m|dl|rt|pthread|resolv)\.so\.\d+")


def measure_loading(site: Site, count: int) -> list[Figure]:
    times = []
    libraries: list[str] = []
    for number in range(count + 1):
        lines = _run(LOAD, site.module)
        if number > 0:  # the first one reads the files
            times.append(float(lines[0]))
        libraries = [Path(line).name for line in lines[2:]]
    others = [name for name in libraries if not OF_THE_C_LIBRARY.fullmatch(name)]
    own = [name for name in libraries if name not in others]
    note = ", ".join(others) + (f"; of the C library: {', '.join(own)}" if own else "")
    return [
        Figure("host.libraries", [float(len(others))], 1, note),
        Figure("host.load_ms", times, 2),
    ]


def measure_child(site: Site, person: str, count: int) -> list[Figure]:
    times = [float(line) for line in _run(CHILD, site.conf_file, person, str(count + 1))]
    return [Figure("child.ready_ms", times[1:], 8)]


def _run(*command: str | Path) -> list[str]:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()
