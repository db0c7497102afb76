"""unlisted=ignore: who is not in the table is none of the module's business, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pam.login import GOOD, Installation, logged

IGNORE = replace(GOOD, words="unlisted=ignore")
PASSWD = Path("/etc/passwd")


@pytest.mark.parametrize("user", ["carol", "nosuchuser", "root", "", "alice ", "Alice", "alic"])
def test_who_is_not_in_the_table_is_ignored_at_once(installed: Installation, user: str) -> None:
    before = installed.wechat.connections
    outcome = installed.run(replace(IGNORE, user=user))
    assert outcome.result == "PAM_IGNORE"
    assert outcome.prompts == outcome.remarks == []
    assert outcome.lines == []
    assert installed.site.pending() == 0
    assert installed.wechat.connections == before


def test_who_is_in_the_table_is_asked(installed: Installation) -> None:
    assert installed.run(IGNORE).result == "PAM_SUCCESS"
    outcome = installed.run(replace(IGNORE, person="bob"))
    assert outcome.result == "PAM_MAXTRIES"
    assert outcome.lines == [logged("refused reason=not-linked phone=returned")]


def test_another_name_of_a_listed_account_is_not_ignored(installed: Installation) -> None:
    outcome = installed.run(replace(IGNORE, user="alicia"))
    assert outcome.result == "PAM_MAXTRIES"
    assert outcome.lines == [logged("refused reason=not-linked phone=returned", user="(unlisted)")]
    turned = replace(IGNORE, users="{alice} alicia\n")
    assert installed.run(turned).result == "PAM_MAXTRIES"
    assert installed.run(replace(turned, user="alicia")).result == "PAM_SUCCESS"


def test_listed_names_that_nobody_has_are_no_obstacle(installed: Installation) -> None:
    users = "{alice} gone,away,alice\n"
    assert installed.run(replace(IGNORE, users=users, user="alicia")).result == "PAM_MAXTRIES"
    assert installed.run(replace(IGNORE, users=users, user="carol")).result == "PAM_IGNORE"
    assert installed.run(replace(IGNORE, users="{alice} gone\n", user="carol")).result == \
        "PAM_IGNORE"


@contextmanager
def passwd_line(line: str) -> Iterator[None]:
    """In the sandbox's own /etc/passwd."""
    before = PASSWD.read_text()
    PASSWD.write_text(before + line + "\n")
    try:
        yield
    finally:
        PASSWD.write_text(before)


@pytest.mark.parametrize("length", [10, 5000, 100_000])
def test_a_long_entry_of_passwd_hides_nobody(installed: Installation, length: int) -> None:
    with passwd_line(f"alias:x:61001:61001:{'x' * length}:/:/bin/sh"):
        assert installed.run(replace(IGNORE, user="alias")).result == "PAM_MAXTRIES"
    installed.memory.clear()


def test_users_that_cannot_be_looked_up_are_not_ignored(installed: Installation) -> None:
    mark = installed.log.mark()
    with passwd_line(f"alias:x:61001:61001:{'x' * 2_000_000}:/:/bin/sh"):
        with installed.host(replace(IGNORE, user="alias")) as host:
            assert host.prompt() is None
            assert host.result == "PAM_SYSTEM_ERR"
    assert installed.module_lines(mark) == [
        "unlisted=ignore: users cannot be looked up: Numerical result out of range",
        logged("refused reason=internal", user="(unlisted)", login=""),
    ]


@pytest.mark.parametrize("users", ["", "\n", "# nobody yet\n"])
@pytest.mark.parametrize("user", ["alice", "carol", "nosuchuser"])
def test_an_empty_table_is_an_error_for_everybody(
    installed: Installation, users: str, user: str
) -> None:
    outcome = installed.run(replace(IGNORE, users=users, user=user))
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"
    table = installed.places()["users_file"]
    assert outcome.lines == [
        f"{table}: an empty table does not go with unlisted=ignore",
        logged("refused reason=setup", user="(unlisted)", login=""),
    ]


@pytest.mark.parametrize("command", [
    "rm {users_file}", "chmod 644 {users_file}", "chown carol {users_file}",
    "echo nonsense >>{users_file}", "echo '{alice} carol' >>{users_file}",
    "mv {users_file} {users_file}.old && ln -s {users_file}.old {users_file}",
    "chmod o+w {folder}/users", "rm {users_file} && mkfifo -m 600 {users_file}",
])
@pytest.mark.parametrize("user", ["alice", "carol", "nosuchuser"])
def test_a_table_that_cannot_be_trusted_ignores_nobody(
    installed: Installation, command: str, user: str
) -> None:
    outcome = installed.run(replace(IGNORE, files=command, user=user))
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"
    assert outcome.lines[-1] == logged("refused reason=setup", user="(unlisted)", login="")


@pytest.mark.parametrize("change", [
    {"line": "colour = red"}, {"words": "unlisted=ignore nonsense"}, {"key": ("appid", None)},
    {"files": "rm {conf}"}, {"files": "chmod o+w {conf}"},
], ids=["key", "word", "appid", "missing", "mode"])
def test_a_wrong_configuration_ignores_nobody(
    installed: Installation, change: dict[str, object]
) -> None:
    outcome = installed.run(replace(IGNORE, user="carol", **change))
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"


@pytest.mark.parametrize("key, words, result", [
    ("ignore", "", "PAM_IGNORE"), ("refuse", "", "PAM_MAXTRIES"),
    ("refuse", "unlisted=ignore", "PAM_IGNORE"), ("ignore", "unlisted=refuse", "PAM_MAXTRIES"),
])
def test_the_pam_line_wins(installed: Installation, key: str, words: str, result: str) -> None:
    login = replace(GOOD, user="carol", key=("unlisted", key), words=words)
    assert installed.run(login).result == result


def test_alone_in_a_stack_it_lets_nobody_in(installed: Installation) -> None:
    installed.write()
    for control in ("required", "requisite", "sufficient", "optional"):
        installed.site.write_service(
            "test", f"auth {control} {installed.site.module} conf={installed.conf_file} "
                    "unlisted=ignore\n"
        )
        with installed.start(replace(IGNORE, user="carol")) as host:
            assert host.prompt() is None
            assert host.result == "PAM_PERM_DENIED"
