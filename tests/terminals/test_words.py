"""pam_wechat/MESSAGES.md is what the code says."""

from __future__ import annotations

import re
import subprocess
import unicodedata

from harness.site import BUILD, REPOSITORY

PROGRAM = BUILD / "tests/terminals/terminal-words"


def made() -> str:
    return subprocess.run([PROGRAM], check=True, stdout=subprocess.PIPE, text=True).stdout


def test_the_committed_table_is_the_codes_own() -> None:
    """tests/terminals/table writes it."""
    assert (REPOSITORY / "pam_wechat/MESSAGES.md").read_text() == made()


def test_no_sentence_is_missing() -> None:
    table = made()
    code = (REPOSITORY / "pam_wechat/terminal/messages.c").read_text()
    sentences = re.findall(r'"((?:[^"\\]|\\.)+)"', code.replace('#include "messages.h"', ""))
    assert len(sentences) > 50
    for sentence in set(sentences) - {"Signed in.", "已登录。"}:  # said at no end
        assert sentence in table, sentence
    assert "(null)" not in table


def test_every_end_says_what_to_do() -> None:
    ends = made().partition("## When it ends")[2]
    rows = [row.split(" | ") for row in ends.splitlines() if row.startswith("| ")][1:]
    assert len(rows) == 24
    for _, _, english, chinese in rows:
        # What happened, and then what to do: a second sentence, or a second half.
        assert re.search(r"(again|administrator|later|Look in WeChat).*\.$", english), english
        assert re.search("(请|可随时).+。", chinese), chinese


def test_chinese_is_punctuated_as_chinese() -> None:
    for row in made().splitlines():
        chinese = row.rstrip(" |").rpartition(" | ")[2]
        if row.startswith("| ") and not chinese.isascii():
            assert not set(chinese) & set(",;?!()"), chinese
            assert re.search(r"帐|ascii", chinese) is None
            assert all(unicodedata.category(char)[0] in "LPNZ" for char in chinese), chinese
