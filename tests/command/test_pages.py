"""pam-wechat pages: the helper's own pages, to be changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.command import PROGRAM
from harness.site import HELPER, REPOSITORY
from harness.waiting import HANG

PAGES = {path.name: path.read_text() for path in (REPOSITORY / "helper/pages").iterdir()
         if path.suffix in (".html", ".css")}


@pytest.fixture()
def program(folder: Path) -> Path:
    """The command with the helper beside it, as both are installed."""
    for source in (PROGRAM, HELPER):
        shutil.copy(source, folder / source.name)
        (folder / source.name).chmod(0o755)
    return folder / PROGRAM.name


def run(program: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, "pages", *words], capture_output=True, text=True, cwd=cwd,
                          timeout=HANG)


def test_the_pages_are_what_the_helper_takes(folder: Path, program: Path) -> None:
    target = folder / "pages"
    done = run(program, str(target))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"pages_dir = {target}\n" in done.stdout
    assert len(PAGES) > 8
    assert {path.name: path.read_text() for path in target.iterdir()} == PAGES
    assert target.stat().st_mode & 0o7777 == 0o755
    assert {path.stat().st_mode & 0o7777 for path in target.iterdir()} == {0o644}
    conf = folder / "helper.conf"
    conf.write_text(f"public_url = https://a.example\npages_dir = {target}\n")
    checked = subprocess.run([HELPER, "-t", "-c", conf], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_relative_directory_is_named_in_full(folder: Path, program: Path) -> None:
    done = run(program, "pages", cwd=folder)
    assert done.returncode == 0
    assert f"pages_dir = {folder}/pages\n" in done.stdout
    assert (folder / "pages/ask.html").exists()


def test_nothing_is_written_over_a_page(folder: Path, program: Path) -> None:
    target = folder / "pages"
    target.mkdir()
    (target / "gone.html").write_text("mine")
    done = run(program, str(target))
    assert done.returncode == 1
    assert f"{target}/gone.html: is there already" in done.stderr
    assert [path.name for path in target.iterdir()] == ["gone.html"]
    assert (target / "gone.html").read_text() == "mine"


def test_no_helper_no_pages(folder: Path, program: Path) -> None:
    (folder / HELPER.name).unlink()
    done = run(program, str(folder / "pages"))
    assert done.returncode == 1
    assert f"{folder}/{HELPER.name} is not installed" in done.stderr


def test_a_helper_that_others_may_change_is_not_run(folder: Path, program: Path) -> None:
    (folder / HELPER.name).chmod(0o777)
    done = run(program, str(folder / "pages"))
    assert done.returncode == 1
    assert "others may write to it" in done.stderr
    assert not (folder / "pages").exists()


def test_a_directory_is_needed(program: Path) -> None:
    assert run(program).returncode == 2
    assert run(program, "a", "b").returncode == 2


def test_others_may_write_where_they_may(folder: Path, program: Path) -> None:
    alice = ["setpriv", "--reuid=alice", "--regid=alice", "--clear-groups", program, "pages"]
    done = subprocess.run([*alice, folder / "pages"], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{folder}/pages: Permission denied" in done.stderr
    home = Path("/home/alice/pages")
    assert subprocess.run([*alice, home], capture_output=True).returncode == 0
    assert home.stat().st_uid == 61001
    shutil.rmtree(home)
    assert os.listdir("/home/alice") == []
