"""The maps of pam_wechat/ and helper/ name every folder of code, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conf.test_arrows import ROOMS
from harness.site import REPOSITORY

PARTS = ["pam_wechat", "helper"]
CODE = {".c", ".h", ".html"}


def map_of(part: str) -> str:
    return (REPOSITORY / part / "README.md").read_text()


def folders_of(top: Path) -> set[str]:
    """Those that hold code, as a map writes them: `command/io/`."""
    found = {path.parent.relative_to(top) for path in top.rglob("*") if path.suffix in CODE}
    return {f"{folder}/" for folder in found if folder != Path(".")}


def named_in(text: str) -> set[str]:
    """The folders in the first column of the map's table of folders."""
    return set(re.findall(r"^\| `([\w/]+/)` \|", text, re.MULTILINE))


def differences(top: Path, text: str) -> list[str]:
    there, named = folders_of(top), named_in(text)
    return [*(f"not in the map: {name}" for name in sorted(there - named)),
            *(f"no such folder: {name}" for name in sorted(named - there))]


@pytest.mark.parametrize("part", PARTS)
def test_a_map_names_every_folder_and_no_other(part: str) -> None:
    assert len(folders_of(REPOSITORY / part)) >= 7
    assert differences(REPOSITORY / part, map_of(part)) == []


@pytest.mark.parametrize("part", PARTS)
def test_every_folder_in_a_row_exists(part: str) -> None:
    rows = re.findall(r"^\| `[\w/]+/` \|.*", map_of(part), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w/]+/)`", row)}
    assert named <= folders_of(REPOSITORY / part)


def test_the_map_says_who_may_use_whom() -> None:
    """As test_arrows.py has it, which is what the sources are held against."""
    rows = re.findall(r"^\| `([\w/]+/)` \|.*\| (.*) \|$", map_of("pam_wechat"), re.MULTILINE)
    said = {f"pam_wechat/{name[:-1]}": set(re.findall(r"`([\w/]+)/`", uses)) - {"common"}
            for name, uses in rows}
    table = {name: set(uses.split()) - {"common"} for name, uses in ROOMS.items()
             if name.startswith("pam_wechat/")}
    # "the rows below but" one
    (but,) = re.findall(r"the rows below but `([\w/]+)/`", map_of("pam_wechat"))
    said["pam_wechat/command"] |= {name.removeprefix("pam_wechat/") for name in said
                                   if name.startswith("pam_wechat/command/")}
    said["pam_wechat/command"].remove(but)
    assert said == table


@pytest.mark.parametrize("part", PARTS)
def test_a_map_is_a_page(part: str) -> None:
    assert len(map_of(part).splitlines()) <= 90


def test_a_folder_that_is_missing_or_gone_is_found(folder: Path) -> None:
    (folder / "new").mkdir()
    (folder / "new/noun.c").touch()
    (folder / "words").mkdir()
    (folder / "words/about.md").touch()
    assert differences(folder, "| `old/` | what it did |\n") == [
        "not in the map: new/", "no such folder: old/"]
