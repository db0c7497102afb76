"""pam-wechat qr: what a login's picture looks like in this terminal."""

from __future__ import annotations

import pytest

from harness.command import Command
from simulator import camera

TEXT = "https://login.example.com/l/qR5tUvWxYz01"


def read(shown: str, scanner: str = "wechat") -> str | None:
    rows = shown.splitlines()
    picture = camera.picture(rows)
    return {"wechat": camera.read_with_wechat, "zbar": camera.read_with_zbar}[scanner](picture)


@pytest.mark.parametrize("scanner", ["wechat", "zbar"])
@pytest.mark.parametrize("charset", [(), ("--charset", "utf8"), ("--charset", "ascii")])
def test_a_text_is_drawn_as_it_is(command: Command, charset: tuple[str, ...], scanner: str) -> None:
    done = command.run("qr", *charset, TEXT)
    assert (done.returncode, done.stderr) == (0, "")
    assert read(done.stdout, scanner) == TEXT


def test_half_blocks_are_as_small_as_in_a_login(command: Command) -> None:
    rows = command.run("qr", TEXT).stdout.splitlines()
    assert len(rows) == 17 and {len(row) for row in rows} == {33}
    assert command.run("qr", "--charset", "ascii", TEXT).stdout.isascii()


def test_without_a_text_it_draws_an_address_like_a_logins(command: Command) -> None:
    address = read(command.run("qr").stdout)
    assert address is not None and address.startswith("https://") and "/l/" in address


def test_inverted_the_dark_modules_are_drawn(command: Command) -> None:
    plain, inverted = (command.run("qr", *words, TEXT).stdout for words in ((), ("--invert",)))
    swap = str.maketrans("█▀▄ ", " ▄▀█")
    # The last row of a picture with an odd number of rows has no lower half.
    assert plain.splitlines()[:-1] == inverted.translate(swap).splitlines()[:-1]


def test_the_longest_text_that_fits_and_one_that_does_not(command: Command) -> None:
    assert command.run("qr", "a" * 2900).returncode == 0
    done = command.run("qr", "a" * 3000)
    assert (done.returncode, done.stdout) == (1, "")
    assert "too long for a QR code" in done.stderr


USAGE = "usage: pam-wechat qr"


@pytest.mark.parametrize(("words", "what"), [
    (("--charset", "gbk"), "utf8 or ascii"), (("--charset",), USAGE), (("a", "b"), USAGE),
    (("--colour",), USAGE),
])
def test_wrong_usage_is_explained(command: Command, words: tuple[str, ...], what: str) -> None:
    done = command.run("qr", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr
