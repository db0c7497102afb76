"""The helper's options other than running: what is in force, its version, its pages."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.fake_exchange import PROGRAM, REPOSITORY
from harness.waiting import HANG

PAGES = {path.name: path.read_bytes() for path in (REPOSITORY / "helper/pages").iterdir()
         if path.suffix in (".html", ".css")}
URL = "public_url = https://login.example.com\n"
DEFAULTS = """\
listen = 127.0.0.1:8080
public_url = https://login.example.com
socket = /run/pam_wechat/helper.sock
user = pam-wechat
peer_user = pam-wechat-exchange
lang = en
max_pending = 10000
origin_pending = 16
max_connections = 4000
request_seconds = 20
"""


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=HANG)


def write(folder: Path, text: str) -> Path:
    path = folder / "helper.conf"
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_all_that_is_in_force_is_shown_with_defaults(folder: Path) -> None:
    done = run("-T", "-c", write(folder, f"# short\n{URL}"))
    assert (done.returncode, done.stdout, done.stderr) == (0, DEFAULTS, "")


def test_what_is_shown_is_a_configuration_that_says_the_same(folder: Path) -> None:
    """Every key of the table is set to something else than its default."""
    verify = [folder / f"MP_verify_{letter}.txt" for letter in "ab"]
    for path in verify:
        path.write_text("x")
    text = (
        "listen = [::1]:1\npublic_url = http://10.0.0.1/sso\nsocket = /a\nuser = u\n"
        "peer_user = p\nlang = zh\nbrand = Two  words = one\ntrusted_proxy = 10.0.0.0/8\n"
        f"trusted_proxy = ::1\nverify_file = {verify[0]}\nverify_file = {verify[1]}\n"
        f"pages_dir = {folder}\nstatus_socket = /b\nmax_pending = 1\norigin_pending = 4\n"
        "max_connections = 2\nrequest_seconds = 3\n"
    )
    source = (REPOSITORY / "helper/state/settings.c").read_text()
    keys = re.findall(r"^\tKEY\((\w+),", source, re.MULTILINE)
    assert set(keys) == set(re.findall(r"^(\w+) =", text, re.MULTILINE))
    shuffled = "".join(f"\t{line} \n" for line in reversed(text.splitlines()))
    # A list keeps its order, and everything else gets the table's.
    shown = run("-T", "-c", write(folder, shuffled)).stdout
    assert sorted(shown.splitlines()) == sorted(text.splitlines())
    assert run("-T", "-c", write(folder, shown)).stdout == shown
    assert run("-T", "-c", write(folder, text)).stdout == text


def test_a_bad_configuration_is_shown_by_its_fault_alone(folder: Path) -> None:
    done = run("-c", write(folder, f"{URL}colour = red\n"), "-T")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'{folder}/helper.conf:2: unknown key "colour"\n'


def test_what_can_not_be_shown_is_an_error(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "-T", "-c", write(folder, URL)], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "No space left" in done.stderr


def test_the_version_is_the_projects() -> None:
    found = re.search(r"version: '([\d.]+)'", (REPOSITORY / "meson.build").read_text())
    assert found is not None
    done = run("-V")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{found[1]}\n", "")


@pytest.mark.parametrize("words", [["-x"], ["-c"], ["-p"], ["word"], ["-T", "word"]])
def test_wrong_usage_is_told_how_it_is_used(words: list[str]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    for option in ("-c", "-t", "-T", "-V", "-p"):
        assert f"{option} " in done.stderr or f"{option}]" in done.stderr


@pytest.mark.parametrize("is_there", [False, True], ids=["made", "there"])
def test_the_pages_are_written_as_they_were_built_in(folder: Path, is_there: bool) -> None:
    target = folder / "pages"
    if is_there:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    done = subprocess.run(["sh", "-c", 'umask 077; exec "$@"', "sh", PROGRAM, "-p", target],
                          capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = {path.name: path for path in target.iterdir()}
    assert (found.pop("mine.txt", None) is not None) == is_there
    assert {name: path.read_bytes() for name, path in found.items()} == PAGES
    assert {path.stat().st_mode & 0o7777 for path in found.values()} == {0o644}
    assert is_there or target.stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_page_is_written_over(folder: Path, name: str) -> None:
    target = folder / "pages"
    target.mkdir()
    (target / name).symlink_to(folder / "elsewhere")
    done = run("-p", target)
    assert done.returncode == 1
    assert f"{target}/{name}: is there already" in done.stderr
    assert os.listdir(target) == [name]
    assert not (folder / "elsewhere").exists()


def test_a_full_disk_keeps_no_half_of_the_pages(folder: Path) -> None:
    target = folder / "disk"
    target.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12k,mode=755", "tmpfs", target], check=True)
    try:
        done = run("-p", target / "pages")
        assert done.returncode == 1 and "No space left" in done.stderr
        assert os.listdir(target) == []
    finally:
        subprocess.run(["umount", target], check=True)


def test_a_directory_that_can_not_be_made_is_named(folder: Path) -> None:
    done = run("-p", folder / "a/b")
    assert done.returncode == 1
    assert f"{folder}/a/b: No such file or directory" in done.stderr
    (folder / "file").write_text("")
    done = run("-p", folder / "file")
    assert done.returncode == 1 and "Not a directory" in done.stderr
