"""tests/fresh: a newcomer on a fresh Debian 12, step by step."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

import pexpect  # noqa: E402

from harness.debian import Debian, Failed, run  # noqa: E402
from harness.packaged import Packaged  # noqa: E402

REPOSITORY = TESTS.parent
CLONE = "/home/newcomer/pam_wechat"
NOT_IN_A_CHROOT = {"hostile": "the kernel makes no user namespaces there"}


class Steps:
    """Runs, names, times and counts them. After one that failed its successors can't be."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self._broken = False

    def run(self, name: str, step: Callable[[], object]) -> None:
        if self._broken:
            self.failed += 1
            print(f"-- {name}: not reached", flush=True)
            return
        print(f"-- {name}", flush=True)
        began = time.monotonic()
        try:
            step()
            self.passed += 1
            verdict = "ok"
        except (Failed, AssertionError, OSError, LookupError, pexpect.ExceptionPexpect):
            traceback.print_exc(file=sys.stdout)
            self.failed += 1
            self._broken = True
            verdict = "FAILED"
        print(f"   {verdict}, {time.monotonic() - began:.0f} s", flush=True)

    @contextmanager
    def part(self) -> Iterator[None]:
        """One that the others don't depend on."""
        self._broken = False
        yield


def main() -> int:
    arguments = _parser().parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        print(f"tests/fresh: no part {' '.join(sorted(unknown))}; there are: {' '.join(PARTS)}",
              file=sys.stderr)
        return 2
    steps = Steps()
    for name in arguments.parts or PARTS:
        print(f"== {name}", flush=True)
        with steps.part():
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


def _run_readme(steps: Steps, folder: Path) -> None:
    made: list[Debian] = []

    def begin() -> None:
        made.append(Debian(folder / "readme"))
        _clone(made[0])

    def demo() -> None:
        output = made[0].run("tests/demo", "--auto", folder=CLONE)
        if not output.endswith("\nSigned in as root\n"):
            raise Failed(output)

    def suites() -> None:
        listed = made[0].run("tests/run", "--list", folder=CLONE).splitlines()
        names = [line.split()[0] for line in listed]
        assert set(NOT_IN_A_CHROOT) < set(names), names
        output = made[0].run("tests/run", *[name for name in names if name not in NOT_IN_A_CHROOT],
                             folder=CLONE)
        counted = re.search(r"^(\d+) passed, 0 failed\n\Z", output, re.MULTILINE)
        if counted is None or int(counted[1]) < 1000:
            raise Failed(output)
        print("".join(f"   {line}\n" for line in output.splitlines()
                      if re.match(r"== .* passed", line)), end="")

    steps.run("a minimal Debian 12, and a clone", begin)
    steps.run("tests/demo --auto", demo)
    steps.run(f"tests/run, without {', '.join(NOT_IN_A_CHROOT)}", suites)


def _build(steps: Steps, folder: Path) -> Path:
    """In a system that holds what debian/control asks for, and no more."""
    made: list[Debian] = []
    packages = folder / "packages"

    def begin() -> None:
        debian = Debian(folder / "build")
        made.append(debian)
        debian.install("dpkg-dev")
        debian.run("useradd", "--create-home", "newcomer")
        _clone(debian, "newcomer")
        debian.run("apt-get", "build-dep", "-qq", "-y", "--no-install-recommends", CLONE)

    def build() -> None:
        made[0].run("dpkg-buildpackage", "-us", "-uc", user="newcomer", folder=CLONE)
        packages.mkdir()
        for package in made[0].path(CLONE).parent.glob("*.deb"):
            shutil.copy(package, packages)

    def check() -> None:
        made[0].install("lintian")
        (changes,) = made[0].path(CLONE).parent.glob("*.changes")
        print(made[0].run("lintian", "--fail-on", "error,warning", "--show-overrides", changes.name,
                          folder=str(Path(CLONE).parent), user="newcomer"), end="")

    steps.run("a minimal Debian 12 with what the packages are built from", begin)
    steps.run("dpkg-buildpackage", build)
    steps.run("lintian: no error, no warning", check)
    return packages


def _run_packages(steps: Steps, folder: Path) -> None:
    packages = _build(steps, folder)
    made: list[Packaged] = []

    def begin() -> None:
        made.append(Packaged(folder, packages))

    steps.run("a minimal Debian 12 with sshd and a user", begin)
    for name, step in Packaged.STEPS.items():
        steps.run(name, lambda step=step: step(made[0]))
    for packaged in made:
        packaged.close()


PARTS = {"readme": _run_readme, "packages": _run_packages}

if __name__ == "__main__":
    sys.exit(main())
