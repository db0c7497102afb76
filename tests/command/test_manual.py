"""The manual page pam-wechat(8) and the compiled table of commands say the same."""

from __future__ import annotations

import re
import subprocess

import pytest

from harness.command import PROGRAM
from harness.manual import entries, part, plain
from harness.mending import ELSEWHERE
from harness.site import BUILD, HELPER, REPOSITORY

PAGE = "pam-wechat(8)"


def run(*words: str) -> str:
    return subprocess.run([PROGRAM, *words], check=True, capture_output=True, text=True).stdout


def options_in(text: str) -> dict[str, str]:
    """Name: argument, of the lines that begin an entry."""
    lines = re.findall(r"^\*--([a-z-]+)\*(?: (\S+))?$", text, re.MULTILINE)
    return {name: plain(argument) for name, argument in lines}


def sections() -> dict[str, str]:
    pieces = re.split(r"^## (\S+)\n", part(PAGE, "COMMANDS"), flags=re.MULTILINE)
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
    common = options_in(part(PAGE, "COMMON OPTIONS"))
    assert common.keys() == {"conf", "help"}
    assert options_in(sections()[command]) | common == help_options(command)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_is_used_as_its_help_says(command: str) -> None:
    assert sections()[command].strip().splitlines()[0].replace("*", "") == usage_of(command)


def test_the_options_without_a_command_are_those_of_the_usage() -> None:
    told = re.findall(r"^\*(--[a-z]+)\*, \*(-[a-zA-Z])\*$", part(PAGE, "WITHOUT A COMMAND"),
                      re.MULTILINE)
    assert [long for long, _ in told] == re.findall(r"--[a-z]+", run("--help").split("\n\n")[0])
    for long, short in told:
        assert run(long) == run(short) != ""


def test_the_version_is_the_helper_s() -> None:
    version = run("--version")
    assert re.fullmatch(r"\d+(\.\d+)+\S*\n", version)
    assert version == subprocess.run([HELPER, "-V"], check=True, capture_output=True,
                                     text=True).stdout


@pytest.mark.parametrize("command", sections())
def test_each_option_is_explained(command: str) -> None:
    """scdoc would put an entry without a text below it into the paragraph before."""
    lines = sections()[command].splitlines()
    for number, line in enumerate(lines):
        if line.startswith("*--"):
            assert lines[number - 1] == "" and re.match(r"\t\S", lines[number + 1]), line


def test_the_page_explains_what_no_program_can_mend() -> None:
    source = (REPOSITORY / "pam_wechat/command/doctor/doctor_mend.c").read_text()
    words = set(re.findall(r'^\t\[MEND_\w+\] = "([a-z-]+)",$', source, re.MULTILINE))
    explained = re.findall(r"(?<=[\s.])_([a-z-]+)_: ", sections()["doctor"])
    assert words == set(explained) == ELSEWHERE
    assert len(explained) == len(words)


def kinds() -> dict[str, set[str]]:
    """The ids of all findings, as doctor_*.c have them, with their severities."""
    found: dict[str, set[str]] = {}
    for path in (REPOSITORY / "pam_wechat/command/doctor").glob("*.c"):
        for name, severity in re.findall(r'\{\s*"([a-z0-9-]+)",\s*SEVERITY_([A-Z]+),',
                                         path.read_text()):
            found.setdefault(name, set()).add(severity.lower())
    assert len(found) > 100
    return found


def test_the_page_has_every_finding_with_its_severity_and_no_other() -> None:
    heads = [head.split(", ", 1) for head in entries(part(PAGE, "FINDINGS"))]
    assert {plain(name): set(severities.split(", ")) for name, severities in heads} == kinds()


def test_each_finding_is_told_by_a_meaning_and_a_mend() -> None:
    for head, text in entries(part(PAGE, "FINDINGS")).items():
        assert len(re.findall(r"[.](?= |$)", text)) >= 2, head


def test_the_page_has_every_pam_module_in_its_class() -> None:
    made = subprocess.run([BUILD / "tests/command/modules"], check=True, capture_output=True, text=True)
    classes = {name: set(modules.split()) for name, modules in
               (line.split(":") for line in made.stdout.splitlines())}
    told: dict[str, set[str]] = {}
    for head, text in entries(part(PAGE, "PAM MODULES")).items():
        # The last paragraph: above it others may be named.
        told[plain(head)] = set(re.findall(r"pam_\w+", text.rpartition(".")[2]))
    assert told == classes
    assert all(classes.values())
