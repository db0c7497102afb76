"""SECURITY.md: each of its claims names the tests that show it, and they exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from harness.site import REPOSITORY

FILE = REPOSITORY / "SECURITY.md"
ATTACKERS = {
    "The person at the terminal", "A phisher with a QR code", "A stranger on the Internet",
    "A stranger at the sshd port", "A local user", "An intruder in a user's shell",
    "A stolen helper", "Another site with the same appid", "A WeChat account thief",
    "A curious administrator",
}
SAID_OF_EACH = ("**He can**", "**Left to you:**", "**In vain:**")


def names_of_tests(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    text = path.read_text()
    if path.suffix == ".c":
        found = re.findall(r"^static void (test_\w+)\(void \*\*state\)", text, re.MULTILINE)
        return {name for name in found if len(re.findall(rf"\b{name}\b", text)) > 1}
    return {node.name for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def faults_of(text: str) -> list[str]:
    """What SECURITY.md lacks."""
    faults = []
    _, *parts = re.split(r"^#+ ", text, flags=re.MULTILINE)
    sections = {part.partition("\n")[0]: part for part in parts}
    for name, section in sections.items():
        _, *claims = re.split(r"^- ", section, flags=re.MULTILINE)
        faults += [f"no test: {claim}" for claim in claims if "::test_" not in claim]
        if name in ATTACKERS:
            said = " ".join(section.split())
            faults += [f"{name}: no {words}" for words in SAID_OF_EACH if words not in said]
            faults += [f"{name}: no claim"] * (not claims)
    faults += [f"no section: {name}" for name in ATTACKERS - set(sections)]
    for path, name in re.findall(r"([^\s`\[]*)::(\w+)", text):
        if name not in names_of_tests(REPOSITORY / path):
            faults.append(f"no such test: {path}::{name}")
    return faults


def test_every_claim_names_tests_that_exist() -> None:
    text = FILE.read_text()
    assert faults_of(text) == []
    assert text.count("::test_") > 40


@pytest.mark.parametrize(("was", "is_now", "fault"), [
    ("test_no_log_holds_a_secret", "test_no_log_holds_a_secre", "no such test: tests/pam/test_log"),
    ("tests/pam/test_log.py", "tests/pam/test_log.c", "no such test: tests/pam/test_log.c"),
    ("tests/pam/test_log.py", "test_log.py", "no such test: test_log.py"),
    ("::test_login_ends_as_the_table_says`", "`", "no test: No fail-open switch"),
    ("\n### A local user\n", "\n### A user\n", "no section: A local user"),
    ("**He can** ask for pages.", "", "A stranger on the Internet: no **He can**"),
    ("\n- ", "\n* ", "A stolen helper: no claim"),
])
def test_what_is_missing_is_found(was: str, is_now: str, fault: str) -> None:
    text = FILE.read_text()
    assert was in text
    assert any(one.startswith(fault) for one in faults_of(text.replace(was, is_now)))


def test_a_test_in_c_has_to_be_defined_and_run(folder: Path) -> None:
    path = folder / "test_x.c"
    path.write_text("static void test_a(void **state)\n{\n}\n\nstatic void test_b(void **state)\n"
                    "{\n}\n\ncmocka_unit_test(test_a), cmocka_unit_test(test_c),\n")
    assert names_of_tests(path) == {"test_a"}


def test_success_is_assigned_on_one_line() -> None:
    """Comparisons apart, and pam_sm_setcred(), which has nothing to set."""
    # All that the module is linked from.
    sources = sorted(path for path in (REPOSITORY / "pam_wechat").rglob("*.c")
                     if path.relative_to(REPOSITORY).parts[1] not in ("command", "exchange"))
    lines = [(path.name, line.strip()) for path in sources
             for line in path.read_text().splitlines()]
    assert [line for line in lines if re.search(r"\bproved [|&]?= ", line[1])] == [
        ("verdict.c", "login->proved = true;"),
    ]
    # What asks libpam for something hands its PAM_SUCCESS on; sign_in.c says it to libpam.
    said = [line for line in lines if re.search(r"(?<![!=]=)(?<![!=]= )PAM_SUCCESS\b", line[1])]
    assert [line for line in said if line[0] not in ("conversation.c", "requester.c")] == [
        ("pam_wechat.c", "return PAM_SUCCESS;"),
        ("sign_in.c", "rv = login->proved ? PAM_SUCCESS : PAM_AUTH_ERR;"),
    ]
