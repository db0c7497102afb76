"""Other clients, and OpenSSH's versions: what each makes of our bytes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.display import Display, Program
from harness.terminal import PROMPTS, Terminal
from harness.waiting import until
from simulator import camera
from terminals import openssh
from terminals.drawing import CHARSETS, LANGS, draw, link_of
from terminals.place import Place

LARGE = {"columns": 80, "rows": 40}


def fingerprint(key: Path) -> str:
    return subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split()[1]


def putty(place: Place, display: Display, ambiguous_wide: bool, rows: int) -> Program:
    home = place.folder / "home"
    sessions = home / ".putty/sessions"
    sessions.mkdir(parents=True, exist_ok=True)
    (sessions / "test").write_text("".join(f"{key}={value}\n" for key, value in {
        "HostName": "127.0.0.1", "PortNumber": place.sshd.port, "Protocol": "ssh",
        "UserName": "alice", "TryAgent": 0, "LineCodePage": "UTF-8", "WarnOnClose": 0,
        "CJKAmbigWide": int(ambiguous_wide), "TermWidth": 80, "TermHeight": rows,
        "FontName": "client:DejaVu Sans Mono 12",
    }.items()))
    return Program(display, ["putty", "-load", "test", "-hostkey",
                             fingerprint(place.sshd.host_key)],
                   {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)})


def read_from(display: Display) -> str | None:
    return camera.read_with_wechat(display.settled(display.window("putty")[1]))


def waits(place: Place) -> bool:
    return place.site.wait_for_pending(1)


def test_putty_shows_it_whole_in_24_rows(place: Place) -> None:
    place.offer()
    with Display() as display, putty(place, display, False, 24):
        assert waits(place)
        assert until(lambda: read_from(display) is not None)


def test_putty_with_wide_ambiguous_characters_needs_an_empty_answer(place: Place) -> None:
    place.offer()
    with Display() as display, putty(place, display, True, 40):
        assert waits(place)
        window, box = display.window("putty")
        blank = display.picture((0, 0, 8, 8)).getextrema()
        assert until(lambda: display.picture(box).getextrema() != blank)
        assert read_from(display) is None
        display.do("windowfocus", "--sync", window)
        display.do("key", "Return")
        assert until(lambda: (read_from(display) or "").startswith("http"))


@pytest.mark.parametrize(("locale", "is_read"), [("C.UTF-8", True), ("C", False)])
def test_plink(place: Place, locale: str, is_read: bool) -> None:
    place.offer()
    command = ["plink", "-ssh", "-P", str(place.sshd.port), "-l", "alice", "-hostkey",
               fingerprint(place.sshd.host_key), "127.0.0.1", "true"]
    environment = {"LC_ALL": locale, "PATH": os.environ["PATH"], "TERM": "xterm",
                   "HOME": str(place.folder)}
    with Terminal(command, environment) as terminal:
        shown = terminal.wait_for_login()
        assert (camera.read_with_wechat(shown.picture) == shown.link) == is_read
        assert shown.link in "\n".join(shown.screen)
        assert shown.screen[0].startswith(("-- Keyboard", "| "))


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("locale", "codeset"), [("C.UTF-8", "UTF-8"), ("C", "ANSI_X3.4-1968")])
def test_debians_ssh_shows_what_its_source_says(
    place: Place, charset: str, lang: str, locale: str, codeset: str
) -> None:
    """Byte by byte, in each rendering. That it dies in a GBK locale is in test_locales.py."""
    place.offer(f"charset={charset} lang={lang}")
    with place.sshd.login("alice", "true", locale=locale, **LARGE) as terminal:
        for answers in range(4):
            prompts = [openssh.question(prompt.encode(), codeset) or b"" for prompt in PROMPTS]
            shown = terminal.wait_for(*(prompt.decode() for prompt in prompts))
            expected = openssh.question(draw(shown.link, charset, False, lang, answers), codeset)
            assert expected is not None
            assert shown.data.partition(b"(alice@127.0.0.1) ")[2].replace(b"\r", b"") == expected
            terminal.type("")


def test_debians_ssh_shows_remarks_as_its_source_says(folder: Path) -> None:
    """By another line that goes through the same function: what a server says before its name."""
    line = b"\x1b[1m\\ \x7f\t" + "█▀▄ 扫码 é".encode() + b"\xe9 |"
    assert len(line) * 40 > 1024
    for text in (line, line * 40):
        file = folder / "server"
        file.write_bytes(text + b"\r\n")
        done = subprocess.run(
            ["ssh", "-v", "-F", "/dev/null", "-o",
             # It stays until ssh has said its name: otherwise ssh may fail by that.
             f"ProxyCommand=sh -c 'cat {file}; head -c 1 >/dev/null'", "nowhere"],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        )
        said = b"debug1: kex_exchange_identification: banner line 0: " + text
        found = next(one for one in done.stderr.split(b"\n") if one.startswith(said[:40]))
        assert found + b"\n" == openssh.remark_until_10_2(said)


def test_every_version_shows_the_question_whole_in_utf8() -> None:
    for charset in CHARSETS:
        for lang in LANGS:
            prompt = draw(link_of(53), charset, False, lang)
            assert openssh.question(prompt, "UTF-8") == prompt
            if prompt.isascii():
                assert openssh.question(prompt, "GBK") == prompt
            else:
                assert openssh.question(prompt, "GBK") is None
    assert openssh.question(b"\x1b[7m \x07\n", "UTF-8") == b"\\033[7m \\007\n"
    assert openssh.question("café\n".encode(), "ANSI_X3.4-1968") == b"caf\\303\\251\n"


def test_as_a_remark_the_picture_would_be_lost_up_to_10_2() -> None:
    """Why the picture is part of the question."""
    prompt = draw(link_of(53))
    remark = openssh.remark_until_10_2(prompt)
    assert remark.isascii() and len(remark) < 1024 and b"http" not in remark
    assert openssh.question(prompt, "UTF-8") == prompt
