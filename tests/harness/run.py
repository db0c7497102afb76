"""tests/run: builds into build-tests/ and passes the suites."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"
BUILD = REPOSITORY / "build-tests"

# Tests that may be skipped, each with its reason. Any other skipped test counts as failed.
_NEEDS_CHOWN = "makes files of other users: run by root only"
MAY_BE_SKIPPED = {
    "test_a_strangers_file_is_refused": _NEEDS_CHOWN,
    "test_a_strangers_directory_is_refused": _NEEDS_CHOWN,
    "test_files_of_root_and_of_the_effective_user_are_trusted": _NEEDS_CHOWN,
    "test_a_strangers_socket_is_refused": _NEEDS_CHOWN,
}


@dataclass
class Count:
    passed: int = 0
    failures: list[str] = field(default_factory=list)


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.list:
        for name, (what, _) in SUITES.items():
            print(f"{name:10} {what}")
        return 0
    unknown = set(arguments.suites) - set(SUITES)
    if unknown:
        print(f"tests/run: no suite {' '.join(sorted(unknown))}; see tests/run --list",
              file=sys.stderr)
        return 2
    build(BUILD, "gcc")
    total = Count()
    for name in arguments.suites or SUITES:
        print(f"== {name}: {SUITES[name][0]}", flush=True)
        began = time.monotonic()
        count = SUITES[name][1]()
        print(f"== {name}: {count.passed} passed, {len(count.failures)} failed, "
              f"{time.monotonic() - began:.0f} s", flush=True)
        total.passed += count.passed
        total.failures += [f"{name}: {failure}" for failure in count.failures]
    for failure in total.failures:
        print(f"FAILED {failure}")
    print(f"{total.passed} passed, {len(total.failures)} failed")
    return 1 if total.failures or total.passed == 0 else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/run", description="Passes the tests.")
    parser.add_argument("--list", action="store_true", help="list the suites")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="default: all")
    return parser


def build(folder: Path, compiler: str, *options: str) -> None:
    if not (folder / "build.ninja").exists():
        _build_step("meson", "setup", folder, REPOSITORY, "-Dwerror=true", *options,
                    environment={"CC": compiler})
    _build_step("ninja", "-C", folder)


def _build_step(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=os.environ | (environment or {}), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout)
        sys.exit(f"tests/run: {command[0]} failed")


def run_unit() -> Count:
    """Each program of Meson's test list speaks TAP, or is one test by its exit status."""
    count = Count()
    listed = subprocess.run(["meson", "introspect", "--tests", BUILD], check=True,
                            stdout=subprocess.PIPE, text=True)
    environment = os.environ | {"CMOCKA_MESSAGE_OUTPUT": "TAP"}
    for test in json.loads(listed.stdout):
        try:
            done = subprocess.run(test["cmd"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=environment | test["env"], timeout=test["timeout"],
                                  cwd=test["workdir"] or BUILD)
        except subprocess.TimeoutExpired:
            count.failures.append(f"{test['name']}: took too long")
            continue
        output = done.stdout.decode(errors="replace")
        lines = re.findall(r"^(ok|not ok) \d+ (-|# SKIP) (\S+)$", output, re.MULTILINE)
        skipped = [name for _, mark, name in lines if mark == "# SKIP"]
        failed = [name for ok, mark, name in lines if ok != "ok" and mark == "-"]
        count.passed += len(lines) - len(failed) - len(skipped)
        for name in skipped:
            _skip(count, name)
        count.failures += [f"{test['name']}: {name}" for name in failed]
        if not lines and done.returncode == 0:
            count.passed += 1
        if done.returncode != 0 and not failed:
            count.failures.append(f"{test['name']}: exit status {done.returncode}")
        if done.returncode != 0:
            print(output)
    return count


def run_clang() -> Count:
    """A second compiler's warnings, as errors."""
    with tempfile.TemporaryDirectory(prefix="pam_wechat-clang-") as folder:
        build(Path(folder), "clang")
    return Count(passed=1)


def run_pytest(*paths: str, sandboxed: bool) -> Count:
    for path in paths:
        assert list(TESTS.glob(path)), path
    with tempfile.TemporaryDirectory(prefix="pam_wechat-run-") as folder:
        report = Path(folder) / "report.xml"
        command = ["/usr/bin/python3", "-B", "-m", "pytest", "-q", "--tb=short",
                   f"--junit-xml={report}",
                   *(str(found) for path in paths for found in sorted(TESTS.glob(path)))]
        environment = {"BUILD_DIR": str(BUILD)}
        if sandboxed:
            command = [*_as_root(environment), str(TESTS / "harness/sandbox"), *command]
        status = subprocess.run(command, cwd=TESTS, env=os.environ | environment).returncode
        if not report.exists():
            return Count(failures=[f"pytest did not run (exit status {status})"])
        return _read_report(report)


def _as_root(environment: dict[str, str]) -> list[str]:
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") is None:
        sys.exit("tests/run: this suite needs root: run it as root, or install sudo")
    print("This suite needs root: asking sudo.", flush=True)
    return ["sudo", *(f"{name}={value}" for name, value in environment.items())]


def _read_report(report: Path) -> Count:
    count = Count()
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            count.failures.append(name)
        elif "skipped" not in outcomes:
            count.passed += 1
        else:
            _skip(count, name)
    if count.passed == 0 and not count.failures:
        count.failures.append("no test was found")
    return count


def _skip(count: Count, name: str) -> None:
    if name in MAY_BE_SKIPPED:
        print(f"skipped {name}: {MAY_BE_SKIPPED[name]}")
    else:
        count.failures.append(f"{name}: skipped")


def _pytest(*paths: str, sandboxed: bool = False) -> Callable[[], Count]:
    return lambda: run_pytest(*paths, sandboxed=sandboxed)


SUITES: dict[str, tuple[str, Callable[[], Count]]] = {
    "unit": ("every noun and parser by itself; the fuzzers' corpora", run_unit),
    "clang": ("a build by clang without a warning", run_clang),
    "simulator": ("the simulated WeChat, phone and camera", _pytest("simulator")),
    "conf": ("the samples, units and examples that are shipped", _pytest("conf", sandboxed=True)),
    "exchange": ("the exchange's calls of WeChat's API", _pytest("exchange")),
    "helper": ("the helper by itself (root)", _pytest("e2e/test_helper*.py", sandboxed=True)),
    "hostile": ("the helper attacked (root)", _pytest("e2e/test_hostile*.py", sandboxed=True)),
    "pam": ("return codes through libpam (root)", _pytest("pam", sandboxed=True)),
    "login": ("whole logins by sshd, login, su and sudo (root)",
              _pytest("e2e/test_[!h]*.py", "e2e/test_hygiene.py", sandboxed=True)),
}


if __name__ == "__main__":
    sys.exit(main())
