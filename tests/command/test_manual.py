"""The manual page pam-wechat(8) and the compiled table of commands say the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness.command import PROGRAM
from harness.site import BUILD, REPOSITORY

SOURCE = REPOSITORY / "pam_wechat/command/pam-wechat.8.scd"


def run(*words: str) -> str:
    return subprocess.run([PROGRAM, *words], check=True, capture_output=True, text=True).stdout


def plain(text: str) -> str:
    """Without scdoc's marks."""
    return re.sub(r"\\(.)|[*_]", lambda found: found[1] or "", text)


def options_in(text: str) -> dict[str, str]:
    """Name: argument, of the lines that begin an entry."""
    lines = re.findall(r"^\*--([a-z-]+)\*(?: (\S+))?$", text, re.MULTILINE)
    return {name: plain(argument) for name, argument in lines}


def part(name: str) -> str:
    """All below a heading of the first level."""
    found = re.search(rf"^# {name}\n(.*?)(?=^# |\Z)", SOURCE.read_text(),
                      re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def sections() -> dict[str, str]:
    pieces = re.split(r"^## (\S+)\n", part("COMMANDS"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2]))


COMMANDS = re.findall(r"^  ([a-z-]+) ", run("--help"), re.MULTILINE)


def help_options(command: str) -> dict[str, str]:
    """Name: argument."""
    lines = re.findall(r"^  --([a-z-]+)(?: ([A-Z]+))? ", run(command, "--help"), re.MULTILINE)
    return dict(lines)


def usage_of(command: str) -> str:
    return run(command, "--help").splitlines()[0].removeprefix("usage: ")


def test_the_page_has_every_command_and_no_other() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_has_its_options_and_no_others(command: str) -> None:
    common = options_in(part("COMMON OPTIONS"))
    assert common.keys() == {"conf", "help"}
    assert options_in(sections()[command]) | common == help_options(command)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_is_used_as_its_help_says(command: str) -> None:
    assert sections()[command].strip().splitlines()[0].replace("*", "") == usage_of(command)


@pytest.mark.parametrize("command", sections())
def test_each_option_is_explained(command: str) -> None:
    """scdoc would put an entry without a text below it into the paragraph before."""
    lines = sections()[command].splitlines()
    for number, line in enumerate(lines):
        if line.startswith("*--"):
            assert lines[number - 1] == "" and re.match(r"\t\S", lines[number + 1]), line


def without_date(page: str) -> str:
    return re.sub(r"^\.TH .*$", "", page, flags=re.MULTILINE)


def test_scdoc_renders_it_without_a_warning(folder: Path) -> None:
    with SOURCE.open() as page:
        done = subprocess.run(["scdoc"], stdin=page, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    built = (BUILD / "pam_wechat/command/pam-wechat.8").read_text()
    assert without_date(built) == without_date(done.stdout)
    # A tab in place of blanks is what scdoc complains about.
    broken = SOURCE.read_text().replace("\n\tFor programs.", "\n    For programs.")
    done = subprocess.run(["scdoc"], input=broken, capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr != ""

