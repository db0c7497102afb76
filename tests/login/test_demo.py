"""tests/demo, without its build: --auto plays the phone with a picture of the terminal."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest

from harness.site import BUILD, EXCHANGE, HELPER, MODULE, REPOSITORY
from harness.system_log import SystemLog
from harness.terminal import Terminal
from harness.waiting import HANG
from simulator import Phone, camera

PIN_SHOWN = r"The phone shows:? \d{4}\b"

Demo = Callable[..., subprocess.CompletedProcess[str]]


def run(
    tests: Path, build: Path, temporary: Path, *options: str, user: str = "root"
) -> subprocess.CompletedProcess[str]:
    """Runs the demo of a tree as one of the sandbox's users."""
    entry = pwd.getpwnam(user)
    command = [sys.executable, "-B", str(tests / "harness/demo.py"), *options]
    if user != "root":
        command = ["/usr/bin/setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                   "--clear-groups", *command]
    environment = {
        "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": entry.pw_dir,
        "BUILD_DIR": str(build), "TMPDIR": str(temporary),
    }
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, cwd="/", timeout=2 * HANG)


@pytest.fixture()
def temporary(folder: Path, system_log: SystemLog) -> Path:
    made = folder / "temporary"
    made.mkdir(mode=0o711)
    return made


@pytest.fixture()
def demo(temporary: Path) -> Demo:
    return lambda *options: run(REPOSITORY / "tests", BUILD, temporary, *options)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("options", [
    [], ["--lang", "en"], ["--lang", "zh"], ["--qr", "authorize"],
    ["--qr", "authorize", "--lang", "zh"],
], ids=lambda options: " ".join(options) or "alone")
def test_auto_signs_in(demo: Demo, temporary: Path, options: list[str]) -> None:
    done = demo("--auto", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_line(done) == "Signed in as root"
    assert "█" in done.stdout and re.search(PIN_SHOWN, done.stdout)
    assert ("微信扫码" in done.stdout) == ("zh" in options)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["--lang", "zh"]], ids=["en", "zh"])
def test_auto_signs_in_by_a_tap_alone(demo: Demo, temporary: Path, options: list[str]) -> None:
    done = demo("--auto", "--confirm", "wait", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_line(done) == "Signed in as root"
    assert "█" in done.stdout and not re.search(PIN_SHOWN, done.stdout)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["--qr", "authorize"], ["--confirm", "wait"]],
                         ids=["link", "authorize", "wait"])
def test_a_mutilated_picture_signs_nobody_in(
    demo: Demo, temporary: Path, options: list[str]
) -> None:
    done = demo("--auto", "--mutilate", *options)
    assert done.returncode == 1
    assert last_line(done) == "Not signed in"
    assert not re.search(PIN_SHOWN, done.stdout)
    assert list(temporary.iterdir()) == []


def test_the_picture_that_is_kept_is_the_one_that_was_scanned(
    demo: Demo, temporary: Path, folder: Path
) -> None:
    picture = folder / "picture.png"
    assert demo("--auto", "--picture", str(picture)).returncode == 0
    link = camera.read_with_zbar(picture)
    assert link is not None and "/l/" in link
    picture.unlink()
    assert demo("--auto", "--mutilate", "--picture", str(picture)).returncode == 1
    assert camera.read_with_zbar(picture) is None
    assert camera.read_with_wechat(picture) is None


def test_auto_signs_an_ordinary_user_in(folder: Path, temporary: Path) -> None:
    copy = folder / "copy"
    ignored = shutil.ignore_patterns("__pycache__", "test_*")
    for name in ("harness", "simulator"):
        shutil.copytree(REPOSITORY / "tests" / name, copy / "tests" / name, ignore=ignored)
    for program in (MODULE, EXCHANGE, HELPER):
        target = copy / "build" / program.relative_to(BUILD)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, target)
    shutil.chown(temporary, "alice", "alice")
    for options, status, last in (
        (["--auto"], 0, "Signed in as alice"),
        (["--auto", "--mutilate"], 1, "Not signed in"),
    ):
        done = run(copy / "tests", copy / "build", temporary, *options, user="alice")
        assert (done.returncode, last_line(done)) == (status, last), done.stdout + done.stderr
        assert list(temporary.iterdir()) == []


def test_an_interrupted_demo_leaves_nothing(temporary: Path) -> None:
    """Nobody answers the prompt: standard input has ended."""
    done = run(REPOSITORY / "tests", BUILD, temporary)
    assert done.returncode == 1 and last_line(done) == "Not signed in"
    assert list(temporary.iterdir()) == []


def test_the_phone_can_be_played_by_hand(temporary: Path) -> None:
    """As a person does: the link in any browser, Continue, who one is, and the digits typed."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "BUILD_DIR": str(BUILD),
                   "TMPDIR": str(temporary)}
    command = [sys.executable, "-B", str(REPOSITORY / "tests/harness/demo.py")]
    with Terminal(command, environment) as terminal:
        shown = terminal.wait_for_login()
        assert "open the link under the" in terminal.text
        # A browser that says nothing about who it is.
        phone = Phone("http://127.0.0.1:9", "nobody", user_agent="Mozilla/5.0 Firefox/140.0")
        phone.open(shown.link)
        page = phone.tap("continue")
        assert "root" in page.text and "allow" in page.buttons
        ticket = dict(page.forms[0].fields)
        where = urljoin(page.url, page.forms[0].action)
        answer = phone.post(where, ticket | {"person": "root", "choice": "allow"})
        page = phone.open(answer.header("location") or "")
        assert page.pin is not None
        terminal.type(page.pin)
        assert terminal.rest().strip().splitlines()[-1] == "Signed in as root"
        assert terminal.status == 0
    assert list(temporary.iterdir()) == []
