"""A C library that fails: nobody gets in by that, and the code says what it was."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.site import BUILD
from pam.login import GOOD, Installation, Login, logged

LIBRARY = BUILD / "tests/pam/meddle.so"


def meddled(login: Login, name: str, value: str) -> Login:
    return replace(login, environment=(
        ("LD_PRELOAD", f"libpam_wrapper.so {LIBRARY}"), (name, value),
    ))


# Before there is a link, and from then on.
LACKS = ("PAM_BUF_ERR", "PAM_AUTH_ERR")
ALLOCATIONS = 60  # more than a login makes


def test_no_allocation_that_fails_lets_anybody_in_who_may_not(installed: Installation) -> None:
    wrong = replace(GOOD, person="bob")
    for number in range(1, ALLOCATIONS):
        outcome = installed.run(meddled(wrong, "MEDDLE_ALLOCATION", str(number)))
        # Some are of remarks that a login does without; and the last numbers are never reached.
        assert outcome.result in (*LACKS, "PAM_MAXTRIES"), number
        assert not any("result=ok" in line for line in outcome.lines)
    assert outcome.result == "PAM_MAXTRIES"


def test_an_allocation_that_fails_is_told_as_such(installed: Installation) -> None:
    outcomes = [
        installed.run(meddled(GOOD, "MEDDLE_ALLOCATION", str(number)))
        for number in range(1, ALLOCATIONS)
    ]
    failed = [outcome for outcome in outcomes if outcome.result != "PAM_SUCCESS"]
    assert len(failed) > 20
    assert outcomes[-1].result == "PAM_SUCCESS"
    results = [outcome.result for outcome in failed]
    assert results == sorted(results, key=LACKS.index) and set(results) == set(LACKS)
    for outcome in failed:
        assert outcome.result in LACKS, outcome.lines
        for line in outcome.lines:
            if " result=" in line:
                assert re.search(r" result=refused reason=memory( phone=[a-z]+)?$", line)


def test_a_directory_s_own_spelling_of_a_listed_name_is_not_ignored(
    installed: Installation,
) -> None:
    login = replace(GOOD, words="unlisted=ignore", user="ALICE")
    assert installed.run(login).result == "PAM_IGNORE"
    outcome = installed.run(meddled(login, "MEDDLE_SPELLING", "1"))
    assert outcome.result == "PAM_MAXTRIES"
    assert outcome.lines == [logged("refused reason=not-linked phone=returned", user="(unlisted)")]
