"""
The arrows of the house: which room of the product may use which. An arrow is an include, or a call
that the linker sees; it runs downward, from a room to those below it, and never in a circle.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from harness.site import BUILD, REPOSITORY

PROGRAMS = ("pam_wechat", "helper")

# From the bottom up. Each room may use those that stand behind it, all of which are above in this
# table. A folder is a room; where a file is one by itself, its folder is the room of the others.
ROOMS = {
    "pam_wechat/common": "",
    "pam_wechat/qr": "",
    "pam_wechat/files": "common",
    "pam_wechat/terminal": "files qr common",
    "pam_wechat/request": "files common",
    "pam_wechat/module": "request terminal files qr common",
    "pam_wechat/exchange": "common",
    "pam_wechat/command/io": "exchange files common",
    "pam_wechat/command/daemon": "command/io common",
    "pam_wechat/command/pam": "command/io common",
    "pam_wechat/command/sshd": "command/io common",
    "pam_wechat/command/doctor": "command/daemon command/pam command/sshd command/io request"
                                 " exchange files common",
    "pam_wechat/command/enable": "command/doctor command/pam command/sshd command/io files common",
    "pam_wechat/command/enroll": "command/io request terminal files qr common",
    "pam_wechat/command/setup": "command/io files common",
    "pam_wechat/command/users": "command/pam command/io files common",
    "pam_wechat/command": "command/doctor command/enable command/enroll command/setup command/users"
                          " command/daemon command/pam command/io terminal files qr common",
    "helper/log": "common",
    "helper/http": "log common",
    "helper/pages": "qr common",
    "helper/login": "pages log common",
    "helper/state": "login http pages common",
    "helper/phone": "state login http pages log common",
    "helper/child": "phone state login log common",
    "helper/daemon": "child phone state login http log common",
    "helper": "daemon state pages log common",
}
SHARED = ("common", "qr")  # of pam_wechat/, for both programs

Arrow = tuple[str, str, str]  # a file, the other, and what tells so: "file:line: text"


def room(file: str) -> str:
    noun = file.rpartition(".")[0]
    return noun if noun in ROOMS else file.rpartition("/")[0]


def may_use(name: str) -> set[str]:
    """The rooms by their whole names."""
    program = name.partition("/")[0]
    return {f"pam_wechat/{word}" if word in SHARED else f"{program}/{word}"
            for word in ROOMS[name].split()}


@dataclass(frozen=True)
class Tree:
    """Sources by their path below `root`."""

    root: Path

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for program in PROGRAMS
                      for path in (self.root / program).rglob("*.[ch]"))

    def includes(self) -> Iterator[Arrow]:
        files = self.files()
        for file in files:
            for number, line in enumerate((self.root / file).read_text().splitlines(), 1):
                included = re.match(r'#include "(.*)"', line)
                header = included and self._find(files, file, included[1])
                if header:
                    yield file, header, f"{file}:{number}: {line}"

    @staticmethod
    def _find(files: list[str], file: str, name: str) -> str | None:
        """As the compiler does: beside the file, or in its program, or in what both share."""
        program = file.partition("/")[0]
        for start in (file.rpartition("/")[0], program, "pam_wechat"):
            found = [other for other in files
                     if other.startswith(f"{start}/") and other.endswith(f"/{name}")]
            if found:
                assert len(found) == 1, f"{file} may mean any of {found}"
                return found[0]
        return None  # made by the build, or a library's


def calls(build: Path, files: list[str]) -> Iterator[Arrow]:
    """From the symbols of the objects: who needs what somebody else defines."""
    sources = {made: source for program in PROGRAMS for made in (build / program).rglob("*.o")
               if (source := _source(files, build, made))}
    symbols = subprocess.run(["nm", "--print-file-name", "--format=posix", *sources], check=True,
                             text=True, stdout=subprocess.PIPE).stdout
    defined: dict[tuple[str, str], str] = {}
    needed: list[tuple[str, str]] = []
    for line in symbols.splitlines():
        made, name, kind = line.split()[:3]
        source = sources[Path(made.removesuffix(":"))]
        if kind == "U":
            needed.append((source, name))
        elif kind.isupper():
            defined[source.partition("/")[0], name] = source
    assert {source for source, _ in needed} >= {"helper/main.c", "pam_wechat/command/main.c"}
    for source, name in needed:
        other = defined.get((source.partition("/")[0], name)) or defined.get(("pam_wechat", name))
        if other is not None and other != source:
            yield source, other, f"{source}: {name}(), which is {other}'s"


def _source(files: list[str], build: Path, made: Path) -> str | None:
    """
    Meson names an object after its source's path below the folder of the meson.build. None: of a
    source that the build made, or that is not there any more.
    """
    folder = str(made.parent.parent.relative_to(build))
    found = [file for file in files if file.startswith(f"{folder}/")
             and file.removeprefix(f"{folder}/").replace("/", "_") == made.name[:-2]]
    return found[0] if found else None


def violations(arrows: Iterable[Arrow]) -> list[str]:
    return [line for file, other, line in arrows
            if room(other) not in {room(file), *may_use(room(file))}]


def circles(arrows: Iterable[Arrow]) -> list[str]:
    """Nouns that can't be understood one after the other; a noun is a source with its header."""
    uses: dict[str, set[str]] = {}
    for file, other, _ in arrows:
        here, there = file.rpartition(".")[0], other.rpartition(".")[0]
        if here != there:
            uses.setdefault(here, set()).add(there)

    @cache
    def below(noun: str) -> frozenset[str]:
        found: set[str] = set()
        pending = [noun]
        while pending:
            new = uses.get(pending.pop(), set()) - found
            found |= new
            pending += new
        return frozenset(found)

    return sorted(noun for noun in uses if noun in below(noun))


TREE = Tree(REPOSITORY)


@pytest.fixture(scope="module")
def called() -> list[Arrow]:
    return list(calls(BUILD, TREE.files()))


def test_all_rooms_exist_and_every_file_is_in_one() -> None:
    assert {room(file) for file in TREE.files()} == set(ROOMS)


def test_the_table_runs_downward() -> None:
    above: set[str] = set()
    for name in ROOMS:
        assert may_use(name) <= above, name
        above.add(name)


def test_no_include_but_the_table_s() -> None:
    assert violations(TREE.includes()) == []


def test_no_call_but_the_table_s(called: list[Arrow]) -> None:
    assert violations(called) == []


def test_no_arrow_of_the_table_is_unused(called: list[Arrow]) -> None:
    used = {(room(file), room(other)) for file, other, _ in [*TREE.includes(), *called]}
    assert [(name, other) for name in ROOMS for other in sorted(may_use(name))
            if (name, other) not in used] == []


def test_no_nouns_include_each_other_in_a_circle() -> None:
    assert circles(TREE.includes()) == []


@pytest.mark.parametrize("file, other, found", [
    ("helper/http/new.c", "helper/phone/web.h", True),  # upward
    ("helper/phone/new.c", "helper/http/query.h", False),
    ("pam_wechat/exchange/new.c", "pam_wechat/files/settings.h", True),  # not in the table
    ("helper/pages/new.c", "helper/log.h", True),
])
def test_a_violation_is_named_by_its_line(
    tmp_path: Path, file: str, other: str, found: bool
) -> None:
    for name, text in ((file, f'/* */\n#include "{Path(other).name}"\n'), (other, "")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert violations(Tree(tmp_path).includes()) == [f'{file}:2: #include "{Path(other).name}"'] * found


def test_a_circle_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "helper/http"
    folder.mkdir(parents=True)
    for name, text in (("one.h", ""), ("one.c", '#include "two.h"\n'), ("three.c", ""),
                       ("two.h", '#include "three.h"\n'), ("three.h", '#include "one.h"\n')):
        (folder / name).write_text(text)
    assert circles(Tree(tmp_path).includes()) == [
        f"helper/http/{noun}" for noun in ("one", "three", "two")]
