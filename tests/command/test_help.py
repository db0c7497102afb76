"""What pam-wechat says of itself: --help, and usage that is wrong."""

from __future__ import annotations

import json
import subprocess

import pytest

from command.test_manual import COMMANDS, run
from harness.cell_width import too_wide, width
from harness.command import PROGRAM


def say(*words: str, locale: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, encoding="utf-8",
                          env={"LC_ALL": locale})


def test_widths_are_those_of_terminals() -> None:
    assert (width("a"), width("é"), width("e\u0301"), width("认证"), width("…")) == (1, 1, 1, 4, 1)
    assert too_wide("认" * 40 + "\n" + "认" * 41) == ["认" * 41]


@pytest.mark.parametrize("words", [
    (), *([command] for command in COMMANDS if command not in ("doctor", "setup", "status", "qr")),
    ["nothing"], ["users", "junk"], ["enable", "a", "b"], ["doctor", "--online"],
], ids=" ".join)
def test_wrong_usage_fits_eighty_cells(words: list[str]) -> None:
    done = say(*words)
    assert done.returncode in (1, 2)
    assert too_wide(done.stdout + done.stderr) == []


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_eighty_cells(command: str) -> None:
    assert too_wide(run(*command.split(), "--help")) == []


@pytest.mark.parametrize(("command", "words"), [
    ("users", ("list", "add", "remove", "uids", "check")), ("completion", ("bash",)),
])
def test_a_command_without_its_word_says_which_there_are(
    command: str, words: tuple[str, ...]
) -> None:
    done = say(command)
    assert (done.returncode, done.stdout) == (2, "")
    for word in words:
        assert f"\n{word} " in done.stderr or f" {word}" in done.stderr
    assert "too few" not in done.stderr


@pytest.mark.parametrize("words", [
    ("-1",), ("-1", "--json"), ("--json", "-1"), ("--", "-1"), ("--conf", "/nowhere", "-1"),
])
def test_a_negative_number_is_no_option(words: tuple[str, ...]) -> None:
    done = say("doctor", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "WeChat is busy" in done.stdout


@pytest.mark.parametrize("words", [("-1x",), ("-",), ("-1", "-1"), ("-x",), ("--1",)])
def test_what_looks_like_one_and_is_none_is_refused(words: tuple[str, ...]) -> None:
    assert say("doctor", *words).returncode == 2


def test_the_value_of_an_option_may_be_negative() -> None:
    done = say("doctor", "40029", "--conf", "-1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("locale", ["C", "zh_CN.GBK", "de_DE@euro"])
@pytest.mark.parametrize("words", [
    (), ("users",), ("enable", "/"), ("doctor", "10003"), ("qr",),
    *((command, "--help") for command in COMMANDS),
], ids=" ".join)
def test_another_locale_than_utf_8_is_told_in_ascii(words: tuple[str, ...], locale: str) -> None:
    done = say(*words, locale=locale)
    assert done.stdout + done.stderr != ""
    assert (done.stdout + done.stderr).isascii()
    assert "?" not in (done.stdout + done.stderr).replace("done?", "").replace("?t=sandbox", "")
    assert done.returncode == say(*words).returncode


def test_programs_are_told_in_utf_8_whatever_the_locale() -> None:
    told = [say("doctor", "10003", "--json", locale=locale).stdout for locale in ("C", "C.UTF-8")]
    assert told[0] == told[1] and "网页授权域名" in json.loads(told[0])["mend"]["text"]


def test_what_is_asked_for_by_name_is_drawn_in_any_locale() -> None:
    assert say("qr", "--charset", "utf8", locale="C").stdout == say("qr").stdout
    assert say("qr", locale="C").stdout == say("qr", "--charset", "ascii").stdout


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_what_cannot_be_written_was_not_done(locale: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env={"LC_ALL": locale})
    assert (done.returncode, "standard output" in done.stderr) == (1, True)
