"""common/character.c is what character.py makes of Unicode."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from types import ModuleType

from harness.site import REPOSITORY

FOLDER = REPOSITORY / "pam_wechat/common"
TABLE = (FOLDER / "character.c").read_text()


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("character", FOLDER / "character.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def characters(ranges: list[tuple[int, int]]) -> set[int]:
    return {character for first, last in ranges for character in range(first, last + 1)}


def test_the_table_is_what_the_script_writes() -> None:
    """What was assigned once stays so: another version of Unicode has more of them, or fewer."""
    version = re.search(r"from Unicode ([0-9.]+):", TABLE)
    assert version is not None
    if version[1] == unicodedata.unidata_version:
        assert TABLE == script().source()
        return
    there = characters([(int(first, 16), int(last, 16)) for first, last
                        in re.findall(r"\{0x(\w+), 0x(\w+)\}", TABLE)])
    ours = characters(script().ranges())
    newer = number(unicodedata.unidata_version) > number(version[1])
    assert there < ours if newer else ours < there
