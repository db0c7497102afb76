"""The module as a file: what it offers to libpam and what it drags into its host."""

from __future__ import annotations

import re
import subprocess

from harness.site import MODULE


def test_two_entry_points_are_exported() -> None:
    output = subprocess.run(["nm", "-D", "--defined-only", MODULE], stdout=subprocess.PIPE,
                            text=True, check=True).stdout
    names = [line.split()[-1].partition("@")[0] for line in output.splitlines()]
    assert sorted(names) == ["pam_sm_authenticate", "pam_sm_setcred"]


def test_three_libraries_are_needed() -> None:
    output = subprocess.run(["readelf", "-d", MODULE], stdout=subprocess.PIPE, text=True,
                            check=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.+?)\.so", output)
    assert sorted(needed) == ["libc", "libpam", "libqrencode"]


def test_nothing_is_called_that_a_guest_must_not_call() -> None:
    output = subprocess.run(["nm", "-D", "--undefined-only", MODULE], stdout=subprocess.PIPE,
                            text=True, check=True).stdout
    called = {line.split()[-1].partition("@")[0] for line in output.splitlines()}
    forbidden = {
        "exit", "abort", "umask", "setlocale", "openlog", "setlogmask", "closelog", "signal",
        "getenv", "secure_getenv", "setenv", "putenv", "pthread_create", "printf", "puts",
        "system", "popen", "strtok", "strtok_r", "sscanf", "atoi", "strcpy", "strncpy", "sprintf",
        "getpwnam", "getpwuid", "gethostbyname", "getaddrinfo", "rand", "srand", "random",
        "pam_putenv", "pam_set_item", "crypt",
    }
    assert called & forbidden == set()
    assert {"pam_get_user", "fork", "fexecve"} <= called


def test_nothing_of_the_module_ever_changes() -> None:
    """A host may run it in several threads, and load it again: tables are constant."""
    output = subprocess.run(["nm", "--format=sysv", MODULE], stdout=subprocess.PIPE, text=True,
                            check=True).stdout
    columns = [[column.strip() for column in line.split("|")] for line in output.splitlines()]
    objects = {row[0]: row[6] for row in columns if len(row) == 7 and row[3] in ("OBJECT", "TLS")}
    assert objects["refusals"] == ".data.rel.ro"
    writable = [name for name, section in objects.items()
                if re.match(r"\.(t?data(?!\.rel\.ro)|t?bss)", section)]
    # The compiler's own.
    assert set(writable) <= {"completed.0", "__dso_handle", "__TMC_END__"}
