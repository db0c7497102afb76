"""tests/run: builds into build-tests/ and passes the suites."""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"
BUILD = REPOSITORY / "build-tests"
BUILD_ASAN = REPOSITORY / "build-asan"

# Tests that may be skipped, with all or some of their parameters, each with its reason. Any other skipped test counts as failed.
_NEEDS_CHOWN = "makes files of other users: run by root only"
_NEEDS_CONSOLE = "needs virtual terminals: containers and some machines have none"
_NEEDS_CGROUPS = "needs a cgroup of its own: containers have none that may be changed"
MAY_BE_SKIPPED = {
    "test_a_strangers_file_is_refused": _NEEDS_CHOWN,
    "test_a_strangers_directory_is_refused": _NEEDS_CHOWN,
    "test_files_of_root_and_of_the_effective_user_are_trusted": _NEEDS_CHOWN,
    "test_a_strangers_socket_is_refused": _NEEDS_CHOWN,
    "command.test_rehearsal.test_no_end_of_a_session_s_processes_ends_it": _NEEDS_CGROUPS,
    **{f"login.test_virtual_terminal.{name}": _NEEDS_CONSOLE for name in (
        "test_it_is_no_pty",
        "test_a_tap_signs_in_on_the_console",
        "test_the_ask_page_names_the_console",
        "test_the_code_signs_in_on_the_console",
        "test_the_whole_picture_stands_on_80x25",
        "test_a_font_without_half_blocks_gets_ascii_art",
        "test_80x25_without_half_blocks_keep_the_link",
        "test_another_wechat_does_not_sign_in_by_a_tap",
        "test_another_wechat_does_not_sign_in_by_a_code",
        "test_ctrl_c_ends_login",
        "test_an_end_of_file_gives_up",
    )},
    **{f"login.test_console.{name}": _NEEDS_CONSOLE for name in (
        "test_a_virtual_terminal_waits",
        "test_the_same_terminal_asks_for_the_code_otherwise",
        "test_no_other_service_waits_there",
        "test_the_name_of_another_terminal_is_not_believed",
        "test_a_pty_beside_the_real_terminal_is_not_it",
        "test_a_pty_in_the_place_of_the_real_terminal_is_not_it",
        "test_a_login_that_anybody_can_start_asks_for_the_code",
    )},
}


# Of what a failed test said, in the list at the end: of a long run no more may be kept.
LINES_OF_A_MESSAGE = 12


_keep_output = threading.Event()


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
    unknown = {name for name in arguments.suites if name not in SUITES and not is_script(name)}
    if unknown:
        print(f"tests/run: no suite {' '.join(sorted(unknown))}; see tests/run --list",
              file=sys.stderr)
        return 2
    _refuse(orphan_scripts())
    build(BUILD, "gcc")
    _refuse(orphan_programs())
    total = Count()
    wanted = arguments.suites or list(SUITES)
    beside = [name for name in BESIDE if name in wanted]
    if len(beside) < 2:
        beside = []
    for name in wanted:
        if name not in beside:
            _add(total, run_suite(name))
    for count in run_beside(beside):
        _add(total, count)
    for failure in total.failures:
        print(f"FAILED {failure}")
    print(f"{total.passed} passed, {len(total.failures)} failed")
    return 1 if total.failures or total.passed == 0 else 0


def run_suite(name: str) -> Count:
    """A suite, or a file of one. Its failures bear its name."""
    print(f"== {name}{': ' + SUITES[name][0] if name in SUITES else ''}", flush=True)
    began = time.monotonic()
    count = SUITES[name][1]() if name in SUITES else run_script(name)
    print(f"== {name}: {count.passed} passed, {len(count.failures)} failed, "
          f"{time.monotonic() - began:.0f} s", flush=True)
    return Count(count.passed, [f"{name}: {failure}" for failure in count.failures])


def run_beside(names: list[str]) -> list[Count]:
    """Three at a time: each waits more than it computes. What one says is shown when it is over."""
    if names and os.getuid() != 0 and shutil.which("sudo") is not None:
        subprocess.run(["sudo", "-v"])  # once, and not by each
    _keep_output.set()
    with ThreadPoolExecutor(3) as pool:
        counts = list(pool.map(run_suite, names))
    _keep_output.clear()
    return counts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/run", description="Passes the tests.")
    parser.add_argument("--list", action="store_true", help="list the suites")
    parser.add_argument("suites", nargs="*", metavar="SUITE",
                        help="default: all; or a file of one: login/test_ssh.py")
    return parser


def is_script(name: str) -> bool:
    """Whether it names a file of a suite, as `login/test_ssh.py`."""
    suite, _, file = name.partition("/")
    return (suite in SUITES and re.fullmatch(r"test_\w+\.py", file) is not None
            and (TESTS / name).is_file())


def run_script(name: str) -> Count:
    return run_pytest(name, sandboxed=name.partition("/")[0] not in WITHOUT_SANDBOX)


def orphan_scripts() -> list[str]:
    """Tests in Python that no suite runs: a suite has those that lie in the folder of its name."""
    folders = [TESTS / name for name in SUITES if name not in WITHOUT_SCRIPTS]
    return [f"{path.relative_to(REPOSITORY)}: in the folder of no suite"
            for path in sorted(TESTS.rglob("test_*.py")) if path.parent not in folders]


def orphan_programs() -> list[str]:
    """Tests and fuzzers in C that Meson doesn't run."""
    tests, targets = (
        json.loads(subprocess.run(["meson", "introspect", what, BUILD], check=True,
                                  stdout=subprocess.PIPE, text=True).stdout)
        for what in ("--tests", "--targets")
    )
    needed = {target for test in tests for target in test["depends"]}
    sources = {Path(source) for target in targets if target["id"] in needed
               for group in target["target_sources"] for source in group.get("sources", ())}
    return [f"{path.relative_to(REPOSITORY)}: in no test() of a meson.build"
            for pattern in ("test_*.c", "fuzz_*.c")
            for path in sorted(TESTS.rglob(pattern)) if path not in sources]


def _refuse(orphans: list[str]) -> None:
    if orphans:
        sys.exit("\n".join(f"tests/run: no suite runs {orphan}" for orphan in orphans))


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


def run_unit(build_folder: Path = BUILD, environment: dict[str, str] | None = None,
             timeout_factor: int = 1) -> Count:
    """Each program of Meson's test list speaks TAP, or is one test by its exit status."""
    logs = build_folder / "meson-logs"
    for name in ("testlog.json", "testlog.junit.xml"):
        (logs / name).unlink(missing_ok=True)
    done = subprocess.run(
        ["meson", "test", "--no-rebuild", f"--timeout-multiplier={timeout_factor}",
         "-C", build_folder],
        env=os.environ | (environment or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )
    if not (logs / "testlog.junit.xml").exists():
        print(done.stdout)
        return Count(failures=[f"meson test did not run (exit status {done.returncode})"])
    count = _read_report(logs / "testlog.junit.xml")
    # What became of a program as a whole: the report has its tests alone, and no timeouts.
    with (logs / "testlog.json").open() as lines:
        programs = [json.loads(line) for line in lines]
    for program in programs:
        if program["result"] in ("OK", "SKIP"):
            continue
        print(program.get("stdout", ""), program.get("stderr", ""))
        if not any(f".{program['name']}." in f"{failure.partition(chr(10))[0]}."
                   for failure in count.failures):
            count.failures.append(f"{program['name']}: {program['result']}, "
                                  f"exit status {program['returncode']}")
    if done.returncode != 0 and not count.failures:
        print(done.stdout)
        count.failures.append(f"meson test: exit status {done.returncode}")
    return count


def run_clang() -> Count:
    """A second compiler's warnings, as errors."""
    with tempfile.TemporaryDirectory(prefix="pam_wechat-clang-") as folder:
        build(Path(folder), "clang")
    return Count(passed=1)


def run_pytest(*paths: str, sandboxed: bool, environment: dict[str, str] | None = None,
               options: Sequence[str] = ()) -> Count:
    for path in paths:
        assert (TESTS / path).exists(), path
    with tempfile.TemporaryDirectory(prefix="pam_wechat-run-") as folder:
        report = Path(folder) / "report.xml"
        command = ["/usr/bin/python3", "-B", "-m", "pytest", "-q", "--tb=short",
                   f"--junit-xml={report}", *options,
                   *(str(TESTS / path) for path in paths)]
        environment = {"BUILD_DIR": str(BUILD)} | (environment or {})
        if sandboxed:
            command = [*_as_root(environment), str(TESTS / "harness/sandbox"), *command]
        done = subprocess.run(command, cwd=TESTS, env=os.environ | environment,
                              stdout=subprocess.PIPE if _keep_output.is_set() else None)
        print((done.stdout or b"").decode(errors="replace"), end="", flush=True)
        if not report.exists():
            return Count(failures=[f"pytest did not run (exit status {done.returncode})"])
        return _read_report(report)


# Tests that a build with sanitizers can't pass, each with its reason.
NOT_SANITIZED = {
    "pam/test_exports.py": "the module needs the sanitizers' libraries as well",
    "pam/test_failures.py": "its malloc and ASan's exclude each other",
    "pam/test_reload.py": "the sanitizers' own mappings grow",
    "pam/test_samples.py": "pam_unix loads libcrypt, whose crypt() ASan does not find then",
    "pam/test_samples_down.py": "likewise",
    "pam/test_processes.py::test_the_child_inherits_nothing": "its standard error is our FIFO",
    "pam/test_processes.py::test_no_secret_stays_in_the_host_s_memory": "20 TB of shadow memory",
    "pam/test_processes.py::test_a_host_holds_no_secret_while_its_login_waits": "likewise",
    "pam/test_requester.py::test_no_name_is_resolved": "LeakSanitizer and strace exclude each other",
    "pam/test_processes.py::test_no_descriptor_could_be_inherited_and_no_send_could_kill": "likewise",
    "pam/test_processes.py::test_whoever_called_su_cannot_signal_the_child": "likewise",
    "pam/test_processes.py::test_the_host_s_limits_are_not_the_child_s": "ASan needs address space",
    "pam/test_processes.py::test_a_caller_who_leaves_too_little_finds_no_other_way_in": "likewise",
}
# sshd's and login's way into the module; su and sudo drop preloads.
SANITIZED_LOGINS = [
    "login/test_ssh.py::test_scanning_and_typing_the_code_signs_in",
    "login/test_ssh.py::test_the_shipped_lines_for_wechat_alone_refuse_another_wechat",
    "login/test_ssh.py::test_a_key_and_then_wechat_sign_in",
    "login/test_ssh.py::test_empty_answers_show_the_login_in_four_ways_in_turn_and_eight_times_at_most",
    "login/test_ssh.py::test_a_mistyped_code_may_be_typed_again",
    "login/test_ssh.py::test_the_third_wrong_code_ends_it_and_ssh_does_not_begin_again",
    "login/test_ssh.py::test_killing_ssh_takes_the_login_away_and_leaves_no_process",
    "login/test_ssh.py::test_this_isnt_me_ends_the_login",
    "login/test_doors.py::test_the_code_opens_the_door[login]",
    "login/test_doors.py::test_a_tap_opens_the_door_that_waits[login]",
    "login/test_doors.py::test_another_wechat_does_not_open_the_door[login-]",
    "login/test_doors.py::test_another_wechat_does_not_open_the_door[login-confirm=wait]",
]


def run_asan() -> Count:
    """Reports come from files and, the exchange being let to write none, from a FIFO."""
    # As for a debugger: a read past the end whose value decides nothing is gone otherwise.
    build(BUILD_ASAN, "gcc", "-Db_sanitize=address,undefined", "-Db_lundef=false",
          "-Doptimization=g")
    count = Count()
    fifo = BUILD_ASAN / "reports"
    if not fifo.is_fifo():
        os.mkfifo(fifo)
    fifo.chmod(0o622)
    pipe = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    reports: list[bytes] = []
    ended = threading.Event()
    reader = threading.Thread(target=_collect, args=(pipe, ended, reports))
    reader.start()
    with tempfile.TemporaryDirectory(prefix="pam_wechat-asan-") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        options = f"log_path={folder}/report:disable_coredump=1:abort_on_error=1"
        environment = {
            "BUILD_DIR": str(BUILD_ASAN),
            "SANITIZER_PRELOAD": str(_runtime()),
            "ASAN_OPTIONS": f"{options}:detect_stack_use_after_return=1:strict_string_checks=1",
            "UBSAN_OPTIONS": f"{options}:halt_on_error=1:print_stacktrace=1",
        }
        try:
            _add(count, run_unit(BUILD_ASAN, environment, timeout_factor=4))
            left_out = [word for test in NOT_SANITIZED for word in ("--deselect", test)]
            with ThreadPoolExecutor() as pool:
                for part in [
                    pool.submit(run_pytest, "pam", sandboxed=True, environment=environment,
                                options=left_out),
                    pool.submit(run_pytest, "helper", "exchange", sandboxed=True,
                                environment=environment, options=SANITIZED_LOGINS),
                ]:
                    _add(count, part.result())
        finally:
            ended.set()
            reader.join()
            os.close(pipe)
        for file in sorted(folder.iterdir()):
            count.failures.append(f"a sanitizer's report of process {file.suffix[1:]}")
            print(file.read_text(errors="replace"))
    if reports:
        count.failures.append("a sanitizer's report of an exchange")
        print(b"".join(reports).decode(errors="replace"))
    return count


def _collect(pipe: int, ended: threading.Event, reports: list[bytes]) -> None:
    while select.select([pipe], [], [], 0.2)[0] or not ended.is_set():
        with suppress(BlockingIOError):
            reports.append(os.read(pipe, 65536))


def _runtime() -> Path:
    """The library that the module was linked with, which has to come first in its hosts."""
    output = subprocess.run(["ldd", BUILD_ASAN / "pam_wechat/pam_wechat.so"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"libasan\.so\.\d+ => (\S+)", output)
    if found is None:
        sys.exit("tests/run: build-asan/ is not built with AddressSanitizer")
    return Path(found[1])


def _add(total: Count, part: Count) -> None:
    total.passed += part.passed
    total.failures += part.failures


# Of the unit tests those of the exchange's code, which cannot be put under valgrind in a login.
EXCHANGE_UNITS = ["test_answer", "test_codes", "test_errcode", "test_exchange"]


def run_valgrind() -> Count:
    count = run_pytest("valgrind", sandboxed=True)
    for name in EXCHANGE_UNITS:
        done = subprocess.run(
            ["valgrind", "--quiet", "--leak-check=full", "--child-silent-after-fork=yes",
             "--error-exitcode=99", BUILD / "tests/unit" / name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=BUILD,
        )
        if done.returncode == 0:
            count.passed += 1
        else:
            print(done.stdout.decode(errors="replace"))
            count.failures.append(f"{name} under valgrind: exit status {done.returncode}")
    return count


def run_terminals() -> Count:
    """The screenshots beside all else."""
    others = [f"terminals/{path.name}" for path in sorted((TESTS / "terminals").glob("test_*.py"))
              if path.name != "test_pictures.py"]
    count = Count()
    with ThreadPoolExecutor() as pool:
        for part in [
            pool.submit(run_pytest, "terminals/test_pictures.py", sandboxed=True),
            pool.submit(run_pytest, *others, sandboxed=True),
        ]:
            _add(count, part.result())
    return count


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
        said = [child.get("message") or "" for child in case if child.tag in ("failure", "error")]
        if said:
            lines = [line for text in said for line in text.splitlines()][:LINES_OF_A_MESSAGE]
            count.failures.append("\n    ".join([name, *lines]))
        elif "skipped" not in outcomes:
            count.passed += 1
        else:
            # cmocka has a skipped test's name where TAP has the reason.
            _skip(count, case.findtext("system-out") or name)
    if count.passed == 0 and not count.failures:
        count.failures.append("no test was found")
    return count


def _skip(count: Count, name: str) -> None:
    reason = MAY_BE_SKIPPED.get(name) or MAY_BE_SKIPPED.get(name.partition("[")[0])
    if reason is not None:
        print(f"skipped {name}: {reason}")
    else:
        count.failures.append(f"{name}: skipped")


def _pytest(suite: str) -> Callable[[], Count]:
    return lambda: run_pytest(suite, sandboxed=suite not in WITHOUT_SANDBOX)


SUITES: dict[str, tuple[str, Callable[[], Count]]] = {
    "unit": ("every noun and parser by itself; the fuzzers' corpora", run_unit),
    "clang": ("a build by clang without a warning", run_clang),
    "simulator": ("the simulated WeChat, phone and camera", _pytest("simulator")),
    "conf": ("the samples, units and examples that are shipped", _pytest("conf")),
    "exchange": ("the exchange's calls of WeChat's API", _pytest("exchange")),
    "command": ("pam-wechat, the administrator's command (root)", _pytest("command")),
    "helper": ("the helper by itself (root)", _pytest("helper")),
    "hostile": ("the helper attacked (root)", _pytest("hostile")),
    "pam": ("return codes through libpam (root)", _pytest("pam")),
    "login": ("whole logins by sshd, login, su and sudo (root)", _pytest("login")),
    "pages": ("the phone's pages in Chromium (root)", _pytest("pages")),
    "terminals": ("what is readable on real terminals, by whom (root)", run_terminals),
    "asan": ("unit, pam, helper, sshd and login with ASan and UBSan (root)", run_asan),
    "valgrind": ("ten logins without a leak or an uninitialised read (root)", run_valgrind),
}
# Those that may run beside each other, the longest first. The others use the machine by themselves.
BESIDE = ("asan", "command", "login", "pages", "pam", "conf", "helper", "exchange", "simulator",
          "valgrind")
WITHOUT_SANDBOX = {"simulator", "exchange"}
# Those that have no tests in Python, or those of other suites.
WITHOUT_SCRIPTS = {"unit", "clang", "asan"}


if __name__ == "__main__":
    sys.exit(main())
