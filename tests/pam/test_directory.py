"""Names, uids and a directory that knows them: what is looked up, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.directory import Directory
from harness.waiting import until
from pam.login import GOOD, IGNORED, Installation, Login, logged, scan

IGNORE = replace(GOOD, words="unlisted=ignore")
PEOPLE = {"dora": 7001, "dory": 7001, "emil": 7002, "fay": 7003}


@pytest.fixture()
def directory(installed: Installation, tmp_path: Path) -> Iterator[Directory]:
    """Before the machine's files: it hears of each look-up."""
    yield from make(installed, tmp_path, "directory files")


@pytest.fixture()
def behind(installed: Installation, tmp_path: Path) -> Iterator[Directory]:
    """Behind the machine's files: what it can't tell nobody tells."""
    yield from make(installed, tmp_path, "files directory")


def make(installed: Installation, tmp_path: Path, order: str) -> Iterator[Directory]:
    with Directory(tmp_path / "directory", order) as made:
        made.set(PEOPLE)
        yield made
    installed.memory.clear()


def run(installed: Installation, directory: Directory, login: Login) -> tuple[str, list[str]]:
    """What it returned, and what the directory was asked."""
    installed.memory.clear()
    directory.forget()
    outcome = installed.run(replace(login, environment=directory.environment))
    return outcome.result, directory.calls()


def ends(installed: Installation, directory: Directory, login: Login) -> tuple[str, list[str]]:
    """What it returned, and what was logged."""
    installed.memory.clear()
    outcome = installed.run(replace(login, environment=directory.environment))
    return outcome.result, outcome.lines


def numbered(count: int, bound: bool = True) -> str:
    return "".join(f"o{number:027} user{number}{f':{20000 + number}' if bound else ''}\n"
                   for number in range(count))


# ---- How often somebody is looked up -----------------------------------------------------------


@pytest.mark.parametrize("words", ["unlisted=ignore", "unlisted=refuse"])
@pytest.mark.parametrize("user", [
    "emil", "nosuchuser", "EMIL", "dory", "user1", "root", "alicia", "alice",
])
def test_as_many_look_ups_for_10_users_as_for_10000(
    installed: Installation, directory: Directory, words: str, user: str
) -> None:
    asked = [
        run(installed, directory, replace(
            GOOD, words=words, user=user, users=numbered(count) + "{alice} dora:7001,alice:61001\n"))
        for count in (10, 10_000)
    ]
    assert asked[0] == asked[1]
    # Once in the beginning, and once more if it came so far that it could succeed; the exchange's
    # user is another.
    assert asked[0][1].count(user) == (2 if user == "alice" else 1)
    assert set(asked[0][1]) <= {user, "pam-wechat-exchange"}


@pytest.mark.parametrize("user", ["emil", "nosuchuser", "carol"])
@pytest.mark.parametrize("count", [10, 300])
def test_who_is_unknown_takes_as_many_look_ups_as_who_is_not(
    installed: Installation, directory: Directory, user: str, count: int
) -> None:
    """Users without a uid are looked up, each once."""
    users = numbered(count, bound=False) + "{alice} user0,fay,fay2:5\n{bob} user0:20000,fay\n"
    result, calls = run(installed, directory, replace(IGNORE, user=user, users=users))
    assert result == "PAM_IGNORE"
    assert calls == [user] + sorted(["fay"] + [f"user{number}" for number in range(count)])


# ---- Whose account it is -----------------------------------------------------------------------


@pytest.mark.parametrize("users", [
    "{alice} dora:7001\n", "{alice} dora\n", "{alice} other:7001\n", "{alice} alice,dora\n",
    "{bob} bob\n{alice} alice:61001,dora\n",
])
@pytest.mark.parametrize("user, result", [
    ("dory", "PAM_MAXTRIES"), ("emil", "PAM_IGNORE"), ("nosuchuser", "PAM_IGNORE"),
])
def test_two_names_of_one_account_are_one_account(
    installed: Installation, directory: Directory, users: str, user: str, result: str
) -> None:
    assert run(installed, directory, replace(IGNORE, user=user, users=users))[0] == result


@pytest.mark.parametrize("users", ["{alice} dora:7001\n", "{alice} dora\n", "{alice} Dora\n"])
@pytest.mark.parametrize("user, result", [
    ("DORA", "PAM_MAXTRIES"), ("DORY", "PAM_MAXTRIES"), ("EMIL", "PAM_IGNORE"),
])
def test_a_directory_that_knows_no_case_lets_nobody_step_aside(
    installed: Installation, directory: Directory, users: str, user: str, result: str
) -> None:
    directory.behave("caseless")
    assert run(installed, directory, replace(IGNORE, user=user, users=users))[0] == result


@pytest.mark.parametrize("words", ["unlisted=ignore", ""])
@pytest.mark.parametrize("users", ["{alice} dora:7001\n", "{alice} emil,dora:7001\n{bob} dora:9\n"])
def test_a_binding_with_the_account_s_uid_signs_in(
    installed: Installation, directory: Directory, words: str, users: str
) -> None:
    login = replace(GOOD, user="dora", users=users, words=words)
    assert run(installed, directory, login)[0] == "PAM_SUCCESS"


OTHER = ("refused reason=other-uid phone=returned: the users table names uid 7001, and {}: "
         "pam-wechat users check")


@pytest.mark.parametrize("words", ["unlisted=ignore", ""])
@pytest.mark.parametrize("people, why", [
    ({"dora": 7009}, "the account has uid 7009"),
    ({"dora": 0}, "the account has uid 0"),
    ({"emil": 7001}, "there is no such account"),
])
def test_a_name_that_was_given_to_somebody_else_is_not_bound(
    installed: Installation, directory: Directory, words: str, people: dict[str, int], why: str
) -> None:
    directory.set(people)
    login = replace(GOOD, user="dora", users="{alice} dora:7001\n{bob} bob\n", words=words)
    assert ends(installed, directory, login) == (
        "PAM_MAXTRIES", [logged(OTHER.format(why), user="dora")])
    assert ends(installed, directory, replace(login, person="bob")) == (
        "PAM_MAXTRIES", [logged("refused reason=not-linked phone=returned openid=*", user="dora")])


def test_who_has_the_uid_of_a_listed_user_is_asked(
    installed: Installation, directory: Directory
) -> None:
    """Whatever the name: perhaps it was dora's until today."""
    directory.set({"dora": 7009, "gus": 7001})
    login = replace(IGNORE, user="gus", users="{alice} dora:7001\n")
    assert ends(installed, directory, login) == (
        "PAM_MAXTRIES", [logged("refused reason=not-linked phone=returned openid=*",
                                user="(unlisted)")])


def test_a_binding_without_a_uid_goes_by_the_name_alone(
    installed: Installation, directory: Directory
) -> None:
    login = replace(GOOD, user="dora", users="{alice} dora\n")
    for people in (PEOPLE, {"dora": 7009}, {}):
        directory.set(people)
        assert run(installed, directory, login)[0] == "PAM_SUCCESS"


@pytest.mark.parametrize("people, manner, why", [
    ({"dora": 7009}, "here", "the account has uid 7009"),
    ({}, "here", "there is no such account"),
    (PEOPLE, "tryagain", "the account cannot be looked up: Resource temporarily unavailable"),
])
def test_an_account_that_changes_in_the_meantime_is_not_bound(
    installed: Installation, behind: Directory, people: dict[str, int], manner: str, why: str
) -> None:
    mark = installed.log.mark()
    login = replace(GOOD, user="dora", users="{alice} dora:7001\n",
                    environment=behind.environment)
    with installed.host(login) as host:
        page = scan(installed.phone(), host.link())
        behind.set(people, manner)
        assert host.type(page.pin or "") == "PAM_MAXTRIES"
    assert installed.module_lines(mark) == [logged(OTHER.format(why), user="dora")]


# ---- A directory that is away, or slow ---------------------------------------------------------

AWAY = {"unavailable": "Input/output error", "tryagain": "Resource temporarily unavailable"}


@pytest.mark.parametrize("manner", AWAY)
@pytest.mark.parametrize("users", ["{alice} dora:7001\n", "{alice} dora\n", "{bob} bob\n"])
@pytest.mark.parametrize("user", ["dory", "emil", "nosuchuser"])
def test_who_cannot_be_looked_up_is_not_ignored(
    installed: Installation, behind: Directory, manner: str, users: str, user: str
) -> None:
    behind.behave(manner)
    assert ends(installed, behind, replace(IGNORE, user=user, users=users)) == ("PAM_SYSTEM_ERR", [
        f"unlisted=ignore: users cannot be looked up: {AWAY[manner]}",
        logged("refused reason=internal", user="(unlisted)", login=""),
    ])


@pytest.mark.parametrize("manner", AWAY)
@pytest.mark.parametrize("users, result", [
    ("{alice} dora:7001\n", "PAM_IGNORE"),
    ("{bob} bob\n", "PAM_IGNORE"),
    ("{alice} dora\n", "PAM_SYSTEM_ERR"),  # it may be carol's other name
])
def test_who_is_known_here_is_ignored_unless_a_listed_user_cannot_be_looked_up(
    installed: Installation, behind: Directory, manner: str, users: str, result: str
) -> None:
    behind.behave(manner)
    assert ends(installed, behind, replace(IGNORE, user="carol", users=users))[0] == result


@pytest.mark.parametrize("manner", AWAY)
def test_a_binding_with_a_uid_does_not_count_while_the_account_cannot_be_looked_up(
    installed: Installation, behind: Directory, manner: str
) -> None:
    behind.behave(manner)
    login = replace(GOOD, user="dora", users="{alice} dora:7001\n")
    why = f"the account cannot be looked up: {AWAY[manner]}"
    assert ends(installed, behind, login) == (
        "PAM_MAXTRIES", [logged(OTHER.format(why), user="dora")])
    assert ends(installed, behind, replace(login, users="{alice} dora\n"))[0] == "PAM_SUCCESS"
    assert ends(installed, behind, replace(login, user="alice", users="{alice} alice:61001\n"))[0] \
        == "PAM_SUCCESS"


@pytest.mark.parametrize("user", ["emil", "nosuchuser", "carol"])
def test_a_slow_directory_is_waited_for_as_long_for_everybody(
    installed: Installation, directory: Directory, user: str
) -> None:
    login = replace(IGNORE, user=user, users="{alice} dora,fay:7003\n{bob} bob\n",
                    environment=directory.environment)
    directory.shut()
    asked = [user, "bob", "dora"]
    with installed.host(login) as host:
        for number in range(len(asked)):
            assert until(lambda: len(directory.calls()) > number)
            assert directory.calls() == asked[:number + 1]
            assert host.process.poll() is None
            directory.answer()
        assert host.prompt() is None
        assert (host.result, host.messages[-1]) == IGNORED
    assert directory.calls() == asked


def test_a_slow_directory_does_not_take_the_person_s_time(
    installed: Installation, directory: Directory
) -> None:
    """The deadline begins when the account is known."""
    login = replace(GOOD, user="dora", users="{alice} dora:7001\n", words="timeout=30",
                    environment=directory.environment)
    directory.shut()
    with installed.host(login) as host:
        assert until(lambda: directory.calls() == ["dora"])
        # Until then nobody else has been told of the login.
        assert installed.site.pending() == 0
        directory.answer(3)  # dora, the exchange's user, and dora again in the end
        page = scan(installed.phone(), host.link())
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    assert directory.calls() == ["dora", "pam-wechat-exchange", "dora"]
