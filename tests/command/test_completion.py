"""The shells' completions hold what --help holds, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

from harness.command import PROGRAM
from harness.site import BUILD
from harness.waiting import HANG

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
SHELLS = {"bash": "pam-wechat", "zsh": "_pam-wechat"}


@dataclass
class Help:
    """What --help says of one command."""

    verbs: list[str]
    options: dict[str, str | None]  # name: argument


def run(*words: str) -> str:
    return subprocess.run([PROGRAM, *words], check=True, capture_output=True, text=True).stdout


def commands() -> list[str]:
    return re.findall(r"^  ([a-z-]+) ", run("--help"), re.MULTILINE)


def help_of(command: str) -> Help:
    text = run(command, "--help")
    usage = text.splitlines()[0].split()[3:]
    verbs = usage[0].split("|") if usage and re.fullmatch(r"[a-z|]+", usage[0]) else []
    options = re.findall(r"^  --([a-z-]+)(?: ([A-Z]+))? ", text, re.MULTILINE)
    return Help(verbs, {f"--{name}": argument or None for name, argument in options})


COMMANDS = commands()

# The completing function is called as the shell calls it; it leaves its words in COMPREPLY.
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pam_wechat
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
autoload -U compinit bashcompinit; compinit -D -u; bashcompinit
source "$1"; shift
emulate -L sh; setopt kshglob noshglob braceexpand ksharrays
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pam_wechat
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Shell:
    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.file = folder / SHELLS[name]
        self.file.write_text(run("completion", name))
        self.folder = folder

    def complete(self, *words: str) -> list[str]:
        script, options = (BASH, ["--norc"]) if self.name == "bash" else (ZSH, ["-f"])
        done = subprocess.run(
            [self.name, *options, "-c", script, "-", self.file, "pam-wechat", *words],
            capture_output=True, text=True, cwd=self.folder, env=ENVIRONMENT, timeout=HANG)
        assert (done.returncode, done.stderr) == (0, "")
        found = [word.rstrip() for word in done.stdout.split("\n") if word.strip()]
        if self.name == "zsh":
            # It is given all words, and leaves out itself what has another beginning.
            found = [word for word in found if word.startswith(words[-1])]
        return sorted(found)


@pytest.fixture(params=SHELLS)
def shell(folder: Path, request: pytest.FixtureRequest) -> Shell:
    return Shell(request.param, folder)


def test_there_are_commands() -> None:
    assert {"setup", "status", "users", "completion"} <= set(COMMANDS)


def test_the_first_word_is_a_command(shell: Shell) -> None:
    assert shell.complete("") == sorted(COMMANDS)
    assert shell.complete("se") == ["setup"]
    assert shell.complete("nothing") == []


def test_without_a_command_there_are_options(shell: Shell) -> None:
    usage = run("--help").split("\n\n")[0]
    assert shell.complete("-") == re.findall(r"--[a-z]+", usage) == ["--help", "--version"]


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_those_of_the_help(shell: Shell, command: str) -> None:
    wanted = help_of(command)
    assert shell.complete(command, "-") == sorted(wanted.options)
    if wanted.verbs:
        assert shell.complete(command, wanted.verbs[0], "--") == sorted(wanted.options)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_next_word_is_one_of_its_words(shell: Shell, command: str) -> None:
    wanted = help_of(command)
    if wanted.verbs:
        assert shell.complete(command, "") == sorted(wanted.verbs)
    else:
        assert not set(shell.complete(command, "")) & {*wanted.options, *COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_after_an_option_comes_what_it_takes(shell: Shell, command: str) -> None:
    (shell.folder / "a_file").write_text("")
    (shell.folder / "a_folder").mkdir()
    found = {"FILE": ["a_file", "a_folder"], "DIR": ["a_folder"]}
    for option, argument in help_of(command).options.items():
        if argument in found:
            assert shell.complete(command, option, "a_") == found[argument], option
        elif argument == "USER":
            assert shell.complete(command, option, "alic") == ["alice", "alicia"]
        elif argument is not None:
            assert shell.complete(command, option, "") == [], option


def test_an_unknown_command_has_no_completions(shell: Shell) -> None:
    assert shell.complete("nothing", "") == []
    assert shell.complete("nothing", "-") == []


def test_directories_for_pages(shell: Shell) -> None:
    (shell.folder / "a_file").write_text("")
    (shell.folder / "a_folder").mkdir()
    assert shell.complete("pages", "a_") == ["a_folder"]


# -- in the shells themselves


@pytest.fixture(params=["sourced", "installed"])
def interactive(shell: Shell, request: pytest.FixtureRequest) -> Iterator[pexpect.spawn]:
    """A shell of somebody who has the completions, either way that --help and packages know."""
    home = shell.folder / "home"
    home.mkdir()
    bin_ = home / "bin"
    bin_.mkdir()
    shutil.copy(PROGRAM, bin_ / "pam-wechat")
    environment = ENVIRONMENT | {"HOME": str(home), "ZDOTDIR": str(home), "PS1": "$ ",
                                 "PATH": f"{bin_}:{ENVIRONMENT['PATH']}"}
    installed = request.param == "installed"
    line = f"source <(pam-wechat completion {shell.name})\n"
    if shell.name == "bash":
        if installed:
            data = home / "share/bash-completion/completions"
            data.mkdir(parents=True)
            shutil.copy(shell.file, data / shell.file.name)
            environment["XDG_DATA_HOME"] = str(home / "share")
            line = "source /usr/share/bash-completion/bash_completion\n"
        rc = home / "rc"
        rc.write_text(f"{line}PS1='$ '\nbind 'set enable-bracketed-paste off'\n")
        command = ["bash", "--noprofile", "--rcfile", str(rc), "-i"]
    else:
        if installed:
            functions = home / "functions"
            functions.mkdir()
            shutil.copy(shell.file, functions / shell.file.name)
            line = ""
        (home / ".zshrc").write_text(f"fpath=({home}/functions $fpath)\nautoload -U compinit\n"
                                     f"compinit -D -u\n{line}PS1='$ '\n"
                                     "unset zle_bracketed_paste\nunsetopt prompt_sp prompt_cr\n")
        command = ["zsh", "-i", "-d"]
    spawned = pexpect.spawn(command[0], command[1:], env=environment, cwd=str(home), timeout=HANG,
                            encoding="utf-8", dimensions=(50, 200))
    spawned.delaybeforesend = None
    spawned.ptyproc.delayafterclose = 0.01
    spawned.expect_exact("$ ")
    yield spawned
    spawned.close(force=True)


def test_a_tab_completes_a_line_that_runs(interactive: pexpect.spawn) -> None:
    """The very first tab, too, which has the file loaded."""
    interactive.send("pam-wechat compl\t")
    interactive.expect_exact("completion ")
    interactive.send("z\t")
    interactive.expect_exact("zsh ")
    interactive.send("--he\t")
    interactive.expect_exact("--help")
    interactive.send("\r")
    interactive.expect_exact("usage: pam-wechat completion bash|zsh")


# -- installed


@pytest.mark.parametrize("name", SHELLS)
def test_what_is_installed_is_what_the_program_prints(name: str) -> None:
    built = BUILD / "pam_wechat/command/completions" / SHELLS[name]
    assert built.read_text() == run("completion", name)


def test_other_shells_are_unknown() -> None:
    done = subprocess.run([PROGRAM, "completion", "fish"], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert os.path.basename(PROGRAM) in done.stderr
