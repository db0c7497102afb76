"""Every row of the table of return codes, its twin, and that the table is whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from harness import log_format
from harness.site import REPOSITORY
from pam.login import GOOD, Installation, Login, logged
from pam.table import CONSENTS, HARMLESS, KEYS, ROWS, Row
from simulator import errors, faults


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_login_ends_as_the_table_says(installed: Installation, row: Row) -> None:
    outcome = installed.run(row.denied)
    assert outcome.result == row.result
    assert outcome.lines == [installed.expected(row.denied, line) for line in row.lines]
    for line in outcome.lines:
        if " result=" in line:
            assert log_format.documented().match(unstarred(line)) is not None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_a_login_that_did_not_begin_is_unavailable(installed: Installation, row: Row) -> None:
    """A stack may fall back on that: once a phone can open the link, whatever happens denies."""
    outcome = installed.run(row.denied)
    if outcome.has_begun:
        assert outcome.result in ("PAM_AUTH_ERR", "PAM_MAXTRIES")
    else:
        assert outcome.result != "PAM_SUCCESS"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_row_s_twin_succeeds(installed: Installation, row: Row) -> None:
    assert succeeds(installed, row.twin)


@pytest.mark.parametrize("login", HARMLESS, ids=lambda login: ": ".join(login.plan))
def test_an_odd_but_harmless_answer_signs_in(installed: Installation, login: Login) -> None:
    assert succeeds(installed, login)


def unstarred(line: str) -> str:
    """A line that may have stood in the log."""
    return line.replace("login=*", "login=Ab3dE9").replace("openid=*", "openid=oAbcdef")


def succeeds(installed: Installation, login: Login) -> bool:
    outcome = installed.run(login)
    ok = [line for line in outcome.lines if " result=" in line]
    assert ok == [logged("ok", user=login.user, service=login.service)], outcome
    return outcome.result == "PAM_SUCCESS"


def test_a_token_of_all_characters_that_it_may_have_is_carried_to_userinfo(
    installed: Installation
) -> None:
    grants = installed.wechat.grants
    grants.token_tail = "".join(chr(code) for code in range(0x21, 0x7f))
    try:
        assert succeeds(installed, replace(CONSENTS, words="timeout=89"))
    finally:
        grants.token_tail = ""


@pytest.mark.parametrize("scheme", ["HTTPS", "Https"])
def test_a_scheme_may_be_written_in_capitals(installed: Installation, scheme: str) -> None:
    """As RFC 3986 has it."""
    url = (installed.site.settings()["api_url"] or "").replace("https", scheme)
    assert succeeds(installed, replace(GOOD, key=("api_url", url)))


def test_no_two_rows_have_the_same_input_and_reason() -> None:
    counts = Counter((row.denied, row.lines) for row in ROWS)
    assert [pair for pair, count in counts.items() if count > 1] == []


def test_no_two_rows_have_the_same_name() -> None:
    counts = Counter(row.name for row in ROWS)
    assert [name for name, count in counts.items() if count > 1] == []


def test_rows_and_their_twins_differ_in_one_field() -> None:
    for row in ROWS:
        differences = [
            name for name in vars(GOOD) if getattr(row.denied, name) != getattr(row.twin, name)
        ]
        assert differences == [row.field], row.name


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_all_faults_and_error_codes_are_in_the_table(endpoint: str) -> None:
    tried = {login.plan[1] for login in [*HARMLESS, *(row.denied for row in ROWS)]
             if login.plan is not None and login.plan[0] == endpoint}
    wanted = set(faults.ENDPOINTS[endpoint]) | {
        number for numbers in errors.CLASSES.values() for number in numbers
    }
    assert wanted - tried == set()


def test_refused_faults_are_refused_and_accepted_ones_accepted() -> None:
    harmless = {(login.plan[0], login.plan[1]) for login in HARMLESS if login.plan}
    for endpoint in ("token", "userinfo"):
        for name, fault in faults.ENDPOINTS[endpoint].items():
            if fault.expect != "either":
                assert ((endpoint, name) in harmless) == (fault.expect == "accept"), name


def test_all_keys_of_the_sample_configuration_are_in_the_table() -> None:
    sample = (REPOSITORY / "conf/pam_wechat.conf").read_text()
    assert sorted(re.findall(r"^#?([a-z_]+) = ", sample, re.MULTILINE)) == sorted(KEYS)
