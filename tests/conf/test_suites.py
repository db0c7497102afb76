"""tests/run: a test that lies in a suite's folder runs, and one that lies in none is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.site import REPOSITORY

PROGRAM = "int main(void)\n{\n\treturn 0;\n}\n"
SCRIPT = "def test_it() -> None:\n    pass\n"
MESON = """project('planted', 'c')
test('unit', find_program('env'), args: executable('test_listed', 'tests/unit/test_listed.c'))
test('fuzz', executable('fuzz_listed', 'tests/fuzz/fuzz_listed.c'))
executable('unlisted', 'tests/unit/unlisted.c')
"""


@pytest.fixture()
def planted(folder: Path) -> Path:
    """A small repository that is in order."""
    for name, text in {
        "meson.build": MESON,
        "tests/unit/test_listed.c": PROGRAM,
        "tests/unit/unlisted.c": PROGRAM,
        "tests/fuzz/fuzz_listed.c": PROGRAM,
        "tests/simulator/test_listed.py": SCRIPT,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "tests/harness").mkdir()
    shutil.copy(REPOSITORY / "tests/harness/run.py", folder / "tests/harness")
    return folder


def run(repository: Path, *suites: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        ["/usr/bin/python3", "-B", repository / "tests/harness/run.py", *suites],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return done.returncode, done.stdout.splitlines()


def test_what_lies_in_a_suites_folder_runs(planted: Path) -> None:
    status, lines = run(planted, "unit", "simulator")
    assert (status, lines[-1]) == (0, "3 passed, 0 failed")
    (planted / "tests/simulator/test_new.py").write_text(SCRIPT)
    status, lines = run(planted, "unit", "simulator")
    assert (status, lines[-1]) == (0, "4 passed, 0 failed")


def test_a_file_of_a_suite_runs_by_its_name(planted: Path) -> None:
    (planted / "tests/simulator/test_new.py").write_text(SCRIPT)
    status, lines = run(planted, "simulator/test_listed.py")
    assert (status, lines[-1]) == (0, "1 passed, 0 failed")
    for name in ("simulator/test_none.py", "simulator/../simulator/test_listed.py", "simulator/",
                 "harness/run.py", "unit/test_listed.c"):
        status, lines = run(planted, name)
        assert (status, lines) == (2, [f"tests/run: no suite {name}; see tests/run --list"])


@pytest.mark.parametrize(("name", "text", "why"), [
    ("tests/test_new.py", SCRIPT, "in the folder of no suite"),
    ("tests/new/test_new.py", SCRIPT, "in the folder of no suite"),
    ("tests/unit/test_new.py", SCRIPT, "in the folder of no suite"),
    ("tests/simulator/more/test_new.py", SCRIPT, "in the folder of no suite"),
    ("tests/unit/test_new.c", PROGRAM, "in no test() of a meson.build"),
    ("tests/simulator/test_new.c", PROGRAM, "in no test() of a meson.build"),
    ("tests/fuzz/fuzz_new.c", PROGRAM, "in no test() of a meson.build"),
])
def test_an_orphan_fails_the_run(planted: Path, name: str, text: str, why: str) -> None:
    (planted / name).parent.mkdir(exist_ok=True)
    (planted / name).write_text(text)
    assert run(planted, "simulator") == (1, [f"tests/run: no suite runs {name}: {why}"])


def test_a_program_that_is_built_and_not_run_is_an_orphan(planted: Path) -> None:
    (planted / "tests/unit/unlisted.c").rename(planted / "tests/unit/test_unlisted.c")
    meson = planted / "meson.build"
    meson.write_text(meson.read_text().replace("unit/unlisted.c", "unit/test_unlisted.c"))
    assert run(planted, "simulator") == (1, [
        "tests/run: no suite runs tests/unit/test_unlisted.c: in no test() of a meson.build",
    ])
