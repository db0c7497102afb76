"""tests/fresh: a newcomer on a fresh Debian 12, step by step."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

import pexpect  # noqa: E402

from harness.debian import Debian, Failed, run  # noqa: E402
from harness import packaged, packaged_keys, packaged_log, packaged_units  # noqa: E402
from harness.administered import Server  # noqa: E402

REPOSITORY = TESTS.parent
CLONE = "/home/newcomer/pam_wechat"
# What tests/run has shown on the machine that runs this isn't shown a second time, but for a file of
# each suite that needs more of a machine than the others do: browser, terminals, valgrind.
NOT_AGAIN = {"hostile", "terminals", "asan", "valgrind", "pages"}
INSTEAD = ("pages/test_page_contrast.py", "terminals/test_clients.py", "terminals/test_tmux.py",
           "valgrind/test_ten_logins.py")


class Steps:
    """Runs, names, times and counts them. After one that failed its successors can't be."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self._broken = False

    def begin(self, part: str) -> None:
        """One that the others don't depend on."""
        print(f"== {part}", flush=True)
        self._broken = False

    def run(self, name: str, step: Callable[[], Any]) -> Any:
        """What the step returns; None if it failed or was not reached."""
        if self._broken:
            self.failed += 1
            print(f"-- {name}: not reached", flush=True)
            return None
        print(f"-- {name}", flush=True)
        began = time.monotonic()
        made = None
        try:
            made = step()
            self.passed += 1
            verdict = "ok"
        except (Failed, AssertionError, OSError, LookupError, subprocess.TimeoutExpired,
                pexpect.ExceptionPexpect):
            traceback.print_exc(file=sys.stdout)
            self.failed += 1
            self._broken = True
            verdict = "FAILED"
        print(f"   {verdict}, {time.monotonic() - began:.0f} s", flush=True)
        return made


def main() -> int:
    arguments = _parser().parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        print(f"tests/fresh: no part {' '.join(sorted(unknown))}; there are: {' '.join(PARTS)}",
              file=sys.stderr)
        return 2
    steps = Steps()
    for name in arguments.parts or PARTS:
        steps.begin(name)
        PARTS[name](steps, arguments.folder)
    print(f"{steps.passed} passed, {steps.failed} failed")
    return 1 if steps.failed or steps.passed == 0 else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/fresh", description="What a newcomer does, on a Debian 12 in a chroot."
    )
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"default: all of {' '.join(PARTS)}")
    return parser


def _clone(debian: Debian, user: str = "root") -> None:
    """What was committed, as everybody gets it."""
    place = debian.path(CLONE)
    run("git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(place))
    if user != "root":
        debian.run("chown", "-R", f"{user}:{user}", str(Path(CLONE).parent))


# ---- The README's two commands -----------------------------------------------------------------


def _make_newcomers(folder: Path) -> Debian:
    debian = Debian(folder)
    _clone(debian)
    return debian


def _run_demo(debian: Debian) -> None:
    output = debian.run("tests/demo", "--auto", folder=CLONE)
    if not output.endswith("\nSigned in as root\n"):
        raise Failed(output)


def _run_suites(debian: Debian) -> None:
    listed = debian.run("tests/run", "--list", folder=CLONE).splitlines()
    names = [line.split()[0] for line in listed]
    assert NOT_AGAIN < set(names), names
    output = debian.run("tests/run", *(name for name in names if name not in NOT_AGAIN), *INSTEAD,
                        folder=CLONE)
    counted = re.search(r"^(\d+) passed, 0 failed\n\Z", output, re.MULTILINE)
    if counted is None or int(counted[1]) < 1000:
        raise Failed(output)
    print("".join(f"   {line}\n" for line in output.splitlines()
                  if re.match(r"== .* passed", line)), end="")


def _run_readme(steps: Steps, folder: Path) -> None:
    debian = steps.run("a minimal Debian 12, and a clone",
                       lambda: _make_newcomers(folder / "readme"))
    steps.run("tests/demo --auto", lambda: _run_demo(debian))
    steps.run("tests/run, what depends on the machine", lambda: _run_suites(debian))


# ---- The packages --------------------------------------------------------------------------------


def _make_builders(folder: Path) -> Debian:
    """It holds what debian/control asks for, and no more."""
    debian = Debian(folder)
    debian.install("dpkg-dev")
    debian.run("useradd", "--create-home", "newcomer")
    _clone(debian, "newcomer")
    debian.run("apt-get", "build-dep", "-qq", "-y", "--no-install-recommends", CLONE)
    return debian


def _check_packages(debian: Debian) -> None:
    debian.install("lintian")
    (changes,) = debian.path(CLONE).parent.glob("*.changes")
    print(debian.run("lintian", "--fail-on", "error,warning", "--show-overrides", changes.name,
                     folder=str(Path(CLONE).parent), user="newcomer"), end="")


def _run_packages(steps: Steps, folder: Path) -> None:
    builders = steps.run("a minimal Debian 12 with what the packages are built from",
                         lambda: _make_builders(folder / "build"))
    steps.run("dpkg-buildpackage", lambda: builders.run("dpkg-buildpackage", "-us", "-uc",
                                                        user="newcomer", folder=CLONE))
    steps.run("lintian: no error, no warning", lambda: _check_packages(builders))
    server = steps.run("a minimal Debian 12 with sshd and a user, booted",
                       lambda: Server(folder, builders.path(CLONE).parent))
    try:
        for name, step in (packaged.ARRIVAL | packaged_units.STEPS | packaged_keys.STEPS
                           | packaged_log.STEPS | packaged.DEPARTURE).items():
            steps.run(name, lambda step=step: step(server))
    finally:
        if server is not None:
            server.close()


PARTS = {"readme": _run_readme, "packages": _run_packages}

if __name__ == "__main__":
    sys.exit(main())
