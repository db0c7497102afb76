"""Both READMEs say the same, and what they name exists."""

from __future__ import annotations

import re
import subprocess
from itertools import zip_longest

import pytest

from harness.command import PROGRAM
from harness.site import REPOSITORY

ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
QUOTED = {ENGLISH: r'"([^"]+)"', CHINESE: r"“([^“”]+)”"}


def headings_of(text: str) -> list[str]:
    return re.findall(r"^#+(?= )", text, re.MULTILINE)


def blocks_of(text: str) -> list[list[str]]:
    """The lines of each code block, without comments."""
    found = re.findall(r"(?<=\n\n)(?: {4}.*\n)(?:(?: {4}.*)?\n)*", text)
    return [[re.sub(r"#.*", "", line).rstrip() for line in block.rstrip().split("\n")]
            for block in found]


def spans_of(text: str) -> list[str]:
    return sorted(set(re.findall(r"`([^`]+)`", text)))


def tables_of(text: str) -> list[list[list[str]]]:
    """What is code in the first column of each row of each table: spans, numbers, constants."""
    code = re.compile(r"`[^`]+`|\b\d{3,}\b|\b[A-Z]+_\w+\b", re.ASCII)
    return [[code.findall(row.split("|")[1]) for row in table.splitlines()]
            for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]


def links_of(text: str) -> list[str]:
    return re.findall(r'(?:\]\(|<img src=")([^)"]+)', text)


def targets_of(text: str) -> list[str]:
    """Whatever the language of pictures, and without the way to the other README."""
    found = {re.sub(r"-(en-light|zh-dark|zh)\.png$", ".png", link) for link in links_of(text)}
    return sorted(found - {ENGLISH, CHINESE})


def differences(english: str, chinese: str) -> list[str]:
    faults = []
    for what, of in [("heading", headings_of), ("code block", blocks_of), ("table", tables_of),
                     ("code", spans_of), ("link", targets_of)]:
        pairs = list(zip_longest(of(english), of(chinese)))
        assert len(pairs) >= 5, what
        faults += [f"{what}: {a} is {b}" for a, b in pairs if a != b][:1]
    return faults


def messages() -> set[tuple[str, str]]:
    """All that terminal and phone say: English, Chinese."""
    module = (REPOSITORY / "pam_wechat/MESSAGES.md").read_text()
    helper = re.sub(r'"\s+"', "", (REPOSITORY / "helper/pages/messages.c").read_text())
    return {*re.findall(r"\| ([^|]+) \| ([^|]+) \|$", module, re.MULTILINE),
            *re.findall(r'TEXT\(\w+,\s+"(.+)",\s+"(.+)"\)', helper)}


def faults_of(name: str, text: str) -> list[str]:
    """What it names that does not exist."""
    known = messages()
    usage = subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True).stdout
    commands = re.findall(r"^  (\w+)  ", usage, re.MULTILINE)
    assert len(known) > 90 and len(commands) > 8
    prose = re.sub(r"<img[^>]*>|`[^`]+`|^ {4}.*", "", text, flags=re.MULTILINE)
    code = "\n".join([*spans_of(text), *(line for block in blocks_of(text) for line in block)])
    faults = [f"no message: {said}" for said in re.findall(QUOTED[name], prose)
              if not any(said in one for pair in known for one in pair)]
    faults += [f"another message: {said}"  # the Chinese, with the English beside it
               for said, english in re.findall(r'“([^“”]+)”（"([^"]+)"）', prose)
               if not any(english in en and said in zh for en, zh in known)]
    ours = r"(?<!\S)(?:conf|debian|helper|pam_wechat|tests)/\S*"
    faults += [f"no such file: {path}" for path in links_of(text) + re.findall(ours, code)
               if not (REPOSITORY / path).exists()]
    faults += [f"no such command: {word}" for word in
               re.findall(r"(?<!\S)pam-wechat ([a-z]+)", code) if word not in commands]
    return faults


def both() -> tuple[str, str]:
    return (REPOSITORY / ENGLISH).read_text(), (REPOSITORY / CHINESE).read_text()


def test_both_say_the_same() -> None:
    assert differences(*both()) == []


def test_what_they_name_exists() -> None:
    assert [faults_of(name, text) for name, text in zip(QUOTED, both())] == [[], []]


@pytest.mark.parametrize(("was", "is_now", "fault"), [
    ("\n### 用户表", "\n## 用户表", "heading: ### is ##"),
    ("-o AuthenticationMethods", "-o Methods", "code block: "),
    ("| 10009 |", "| 10008 |", "table: "),
    ("`charset = ascii`", "`charset = asci`", "code: "),
    ("(pam_wechat/TERMINALS.md)", "(pam_wechat/MESSAGES.md)", "link: "),
    ("(LICENSE)", "(LICENCE)", "no such file: LICENCE"),
    ("`tests/demo --auto`", "`tests/dem --auto`", "no such file: tests/dem"),
    ("“此页面已失效”", "“此页面失效”", "no message: 此页面失效"),
    ("“微信登录已超时”", "“微信登录暂时不可用”", "another message: 微信登录暂时不可用"),
    ("**`pam-wechat setup`**", "**`pam-wechat set`**", "no such command: set"),
])
def test_what_is_wrong_is_found(was: str, is_now: str, fault: str) -> None:
    english, chinese = both()
    assert was in chinese
    changed = chinese.replace(was, is_now)
    found = differences(english, changed) + faults_of(CHINESE, changed)
    assert any(one.startswith(fault) for one in found)
