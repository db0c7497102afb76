"""The manual pages say what the programs are compiled with: keys, options, values and defaults."""

from __future__ import annotations

import os
import re
import socket
import string
import subprocess
from pathlib import Path

import pytest

from harness.command import PROGRAM
from harness.keys import read_table, run_keys
from harness.manual import SOURCES, built, entries, examples, part, plain
from harness.site import BUILD, HELPER, REPOSITORY
from pam.table import ROWS

FILES = {"pam_wechat.conf(5)": "pam_wechat.conf", "pam-wechat-helper.conf(5)": "helper.conf"}
MODULE = "pam_wechat(8)"
DAEMON = "pam-wechat-helper(8)"
# Keys that the file alone may hold, and those that the PAM line may, too: where the page has them.
KEYS_OF = {
    "pam_wechat.conf(5)": {"KEYS OF THE FILE": False, "KEYS OF THE FILE AND THE PAM LINE": True},
    "pam-wechat-helper.conf(5)": {"KEYS": False},
}


def heads_of(text: str) -> dict[str, tuple[str, str]]:
    """Name: the value's form and the text, of entries such as `*lang* = *en*|*zh*`."""
    found = {}
    for head, body in entries(text).items():
        match = re.fullmatch(r"\*(\w+)\*(?: = |=)(\S+)", head)
        assert match is not None, head
        found[match[1]] = (plain(match[2]), plain(body))
    return found


def default_in(text: str) -> str | None:
    """What an entry says: one default, unless the key is required."""
    found = re.findall(r"Default: (.*?)[.;](?= |$)", text)
    if "Required." in text:
        assert found == [], text
        return None
    (default,) = found
    if default == "this machine's host name":
        return socket.gethostname()
    return None if default == "none" else default


def explained_in(page: str) -> dict[str, tuple[bool, str, str]]:
    """Name: whether the PAM line may hold it, the value's form, the text."""
    return {
        name: (on_pam_line, *entry)
        for heading, on_pam_line in KEYS_OF[page].items()
        for name, entry in heads_of(part(page, heading)).items()
    }


@pytest.mark.parametrize("page", FILES)
def test_a_page_has_every_key_and_no_other(page: str, folder: Path) -> None:
    keys = read_table(FILES[page], folder).keys
    assert len(keys) > 10
    assert set(explained_in(page)) == set(keys)


@pytest.mark.parametrize("page", FILES)
def test_a_page_has_each_key_s_values_default_and_place(page: str, folder: Path) -> None:
    keys = read_table(FILES[page], folder).keys
    for name, (on_pam_line, form, text) in explained_in(page).items():
        key = keys[name]
        assert on_pam_line == key.on_pam_line, name
        check_value(name, form, text, key.values)
        assert ("Required." in text) == key.is_required, name
        assert default_in(text) == key.default, name
        # The module looks at its one list as a whole: two at most.
        assert ("repeated" in text or "given twice" in text) == (key.values == "list"), name


def check_value(name: str, form: str, text: str, values: str) -> None:
    if " to " in values:
        assert f"from {values}" in text, name
    elif values in ("text", "list"):
        assert re.fullmatch(r"[A-Z]+(:PORT|\[/BITS\])?", form), name
    else:
        assert form == values, name


def test_the_module_s_page_has_every_option_of_the_pam_line_and_no_other(folder: Path) -> None:
    table = read_table("pam_wechat.conf", folder)
    options = heads_of(part(MODULE, "OPTIONS"))
    form, text = options.pop("conf")
    assert (form, default_in(text)) == ("PATH", table.path)
    assert set(options) == {name for name, key in table.keys.items() if key.on_pam_line}
    for name, (form, text) in options.items():
        check_value(name, form, text, table.keys[name].values)
        assert default_in(text) == table.keys[name].default, name


def test_the_pam_line_takes_the_options_of_the_page_alone(folder: Path) -> None:
    options = heads_of(part(MODULE, "OPTIONS"))
    needed = "appid = wx0123456789abcdef\npublic_url = https://login.example.com\n"
    for name, key in read_table("pam_wechat.conf", folder).keys.items():
        done = run_keys("pam_wechat.conf", folder, needed, f"{name}={key.default or 'x'}")
        assert (done.returncode == 0) == (name in options), name
        done = run_keys("pam_wechat.conf", folder, needed, name)
        assert (done.returncode == 0) == (name in options and key.values == "yes|no"), name


def is_option(letter: str, folder: Path) -> bool:
    """The question mark is its argument, or else a wrong option: nothing is started."""
    done = subprocess.run([HELPER, f"-{letter}?"], cwd=folder, capture_output=True, text=True)
    return f"invalid option -- '{letter}'" not in done.stderr


def test_the_helper_s_page_has_every_option_and_no_other(folder: Path) -> None:
    options = entries(part(DAEMON, "OPTIONS"))
    assert {head[2] for head in options} == {
        letter for letter in string.ascii_letters + string.digits if is_option(letter, folder)
    }
    usage = subprocess.run([HELPER, "-?"], capture_output=True, text=True).stderr
    synopsis = plain(part(DAEMON, "SYNOPSIS")).replace("++", "").strip()
    assert synopsis.splitlines() == re.findall(r"^(?:usage:)? +(.+)$", usage, re.MULTILINE)
    for head in options:
        assert plain(head) in synopsis
    assert read_table("helper.conf", folder).path in options["*-c* _file_"]


@pytest.mark.parametrize("page", FILES)
def test_a_file_s_page_names_the_file(page: str, folder: Path) -> None:
    path = read_table(FILES[page], folder).path
    assert plain(part(page, "SYNOPSIS")).strip() == path


def test_the_module_s_page_has_every_reason_with_the_code_it_ends_in() -> None:
    explained = re.findall(r"^\|.? +(\S+)\n:", part(MODULE, "LOGGING"), re.MULTILINE)
    assert explained.pop(0) == "*reason*"
    words = subprocess.run([BUILD / "tests/terminals/terminal-words"], check=True,
                           capture_output=True, text=True).stdout
    known = re.findall(r"^\|[^|]+\| ([a-z-]+) \|", words.partition("## When it ends")[2],
                       re.MULTILINE)
    # That one is told the phone alone: the exchange never hands it to the module.
    assert sorted([*explained, "too-many-codes"]) == sorted(known)
    returned = {
        (reason, head.strip("*"))
        for head, body in entries(part(MODULE, "RETURN VALUES")).items()
        for reason in re.findall(r"\*([a-z-]+)\*(?!\()", body)
    }
    assert {reason for reason, _ in returned} == set(explained)
    # What the suite pam sees happen.
    seen = {
        (reason, row.result)
        for row in ROWS for reason in re.findall(r"reason=([a-z-]+)", " ".join(row.lines))
    }
    assert len(seen) > 10 and seen <= returned


@pytest.mark.parametrize("page", FILES)
def test_the_examples_of_files_are_accepted(page: str, folder: Path) -> None:
    found = examples(page)
    assert len(found) == 2
    for text in found:
        done = run_keys(FILES[page], folder, text)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_example_of_a_users_table_is_accepted(folder: Path) -> None:
    text, = examples("pam_wechat.users(5)")
    table = folder / "users"
    table.write_text(text)
    table.chmod(0o600)
    (folder / "pam_wechat.conf").write_text(
        "appid = wx0123456789abcdef\npublic_url = https://login.example.com\n"
        f"users_file = {table}\n")
    done = subprocess.run([PROGRAM, "users", "list", "--conf", folder / "pam_wechat.conf"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"alice", "bob", "deploy"} <= set(re.findall(r"\w+", done.stdout))


def test_the_lines_for_pam_are_those_of_the_samples() -> None:
    shipped = {
        line.lstrip("# ") for path in (REPOSITORY / "conf/pam.d").iterdir()
        for line in path.read_text().splitlines()
    }
    lines = [line for text in examples(MODULE) for line in text.splitlines()]
    assert len(lines) == 5
    assert set(lines) <= shipped


PAGE_NAME = r"\b(pam[-_]wechat[\w.-]*)\*?\((\d)\)"


def mentioned(text: str) -> set[str]:
    return {f"{name}({section})" for name, section in re.findall(PAGE_NAME, text)}


def test_every_page_of_ours_that_is_mentioned_exists() -> None:
    texts = [REPOSITORY / "README.md", *(REPOSITORY / "conf").rglob("*"), *SOURCES.values()]
    found = {page for path in texts if path.is_file() for page in mentioned(path.read_text())}
    assert found == set(SOURCES)


@pytest.mark.parametrize("page", SOURCES)
def test_a_page_leads_to_pages_of_ours_and_not_to_itself(page: str) -> None:
    also = part(page, "SEE ALSO")
    assert mentioned(also) and page not in mentioned(also)
    # One that a text refers to stands at its end as well.
    assert mentioned(SOURCES[page].read_text()) - {page} == mentioned(also)
    assert len(re.findall(r"\(\d\)", also)) == len(set(re.findall(r"\*(\S+?)\*\(\d\)", also)))


@pytest.mark.parametrize("page", SOURCES)
def test_a_page_is_complete(page: str) -> None:
    text = SOURCES[page].read_text()
    headings = re.findall(r"^# ([A-Z ]+)$", text, re.MULTILINE)
    assert text.splitlines()[0] == page
    assert headings[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"]
    assert headings[-1] == "SEE ALSO" and "EXAMPLES" in headings
    assert re.fullmatch(rf"\s*{re.escape(page[:-3])} - \S.+\s*", part(page, "NAME"))
    # scdoc would put an entry without a text below it into the paragraph before.
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("\t") and not lines[number - 1].startswith(("\t", "```")):
            assert lines[number - 1] != "" or lines[number - 2].startswith("\t"), line


def without_date(page: str) -> str:
    return re.sub(r"^\.TH .*$", "", page, flags=re.MULTILINE)


@pytest.mark.parametrize("page", SOURCES)
def test_a_page_is_what_scdoc_makes_of_its_source(page: str) -> None:
    done = subprocess.run(["scdoc"], input=SOURCES[page].read_text(), capture_output=True,
                          text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert without_date(built(page).read_text()) == without_date(done.stdout)


def render(page: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["groff", "-K", "utf8", "-t", "-man", "-ww", "-T", "utf8", "-P", "-cbou", "-rLL=78n"],
        input=page, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"})


@pytest.mark.parametrize("page", SOURCES)
def test_groff_renders_a_page_without_a_warning(page: str) -> None:
    done = render(built(page).read_text())
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nSEE ALSO\n" in done.stdout and "*" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_groff_and_scdoc_do_complain() -> None:
    page = built(MODULE).read_text()
    assert render(page.replace(".RE\n", ".nosuch\n", 1)).stderr != ""
    # Blanks in place of a tab.
    broken = SOURCES[MODULE].read_text().replace("\n\tLog more.", "\n    Log more.")
    done = subprocess.run(["scdoc"], input=broken, capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr != ""
