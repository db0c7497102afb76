"""The module as a library: what it exports, and that loading it again and again costs nothing."""

from __future__ import annotations

import subprocess

from harness.site import BUILD, MODULE


def test_a_thousand_loads_leave_nothing_behind() -> None:
    done = subprocess.run([BUILD / "tests/pam/pam-reload", MODULE], check=True,
                          stdout=subprocess.PIPE, text=True)
    early, late = ([int(word) for word in line.split()] for line in done.stdout.splitlines())
    # Bytes on the heap: the loader's own blocks differ a bit, whatever would leak does it each time.
    assert late[0] - early[0] < 1000
    assert late[1:] == early[1:]  # descriptors, mappings


def test_two_functions_are_exported_and_no_others() -> None:
    done = subprocess.run(["nm", "-D", "--defined-only", MODULE], check=True,
                          stdout=subprocess.PIPE, text=True)
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [
        "pam_sm_authenticate", "pam_sm_setcred",
    ]
