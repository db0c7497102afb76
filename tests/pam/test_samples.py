"""
The samples of conf/pam.d as shipped: what libpam makes of each code that the module may return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.site import REPOSITORY
from pam.login import FAIL, GOOD, Installation, Login, pins, scan

SAMPLES = REPOSITORY / "conf/pam.d"
COMMON_AUTH = Path("/etc/pam.d/common-auth")
BOB = 61002  # who asks su for alice: root, who needs no proof, is another case
PASSWORD = "alice"

# How alice's sign-in has to go for the module to return this.
CODES = {
    "PAM_SUCCESS": GOOD,
    "PAM_MAXTRIES": replace(GOOD, person="bob"),
    "PAM_AUTH_ERR": replace(GOOD, typed=(None,)),
    "PAM_AUTHINFO_UNAVAIL": replace(GOOD, secret="short\n"),
    "PAM_SYSTEM_ERR": replace(GOOD, files="cp /bin/true {exchange}"),
}
SERVICES = {"login": "login", "sshd-only": "sshd", "sshd-second-factor": "sshd", "su": "su",
            "sudo": "sudo"}
# These ask for a password first.
WITH_PASSWORD = ("sshd-second-factor",)


def lines(installed: Installation, name: str, pattern: str = r"^(auth .*)$") -> str:
    """With the module and the configuration of this installation."""
    found = re.findall(pattern, (SAMPLES / name).read_text(), re.MULTILINE)
    assert found and any("pam_wechat.so" in line for line in found), found
    module = f"{installed.site.module} conf={installed.conf_file}"
    return "".join(f"{line.replace('pam_wechat.so', module)}\n" for line in found)


def alternative(installed: Installation) -> str:
    """The other lines that the sample for login has in its comments."""
    return lines(installed, "login", r"^#   (auth .*|@include .*)$")


def sign_in(installed: Installation, text: str, login: Login, password: str = "") -> str:
    """
    What pam_authenticate() returned. The password is typed where one is asked for, and has to be:
    "" where nobody may ask.
    """
    installed.write(login)
    installed.site.write_service(login.service, text)
    asked = False
    page = None
    with installed.start(login) as host:
        typed = iter(login.typed)
        prompt = host.prompt()
        while prompt is not None:
            if prompt.text == "Password: ":
                assert not asked
                asked = True
                host.answer(password)
            else:
                assert prompt.link is not None, prompt.text
                if page is None:
                    page = scan(installed.phone(login.person), prompt.link)
                answer = next(typed, "")
                if answer == FAIL:
                    host.fail()
                else:
                    host.answer(answer and answer.format_map(pins(page.pin)))
            prompt = host.prompt()
    assert asked == bool(password)
    assert host.result is not None
    return host.result


@pytest.fixture()
def common_auth() -> Iterator[None]:
    """As Debian has it, as far as it matters here. pam_wrapper looks for included files in /etc."""
    COMMON_AUTH.write_text("auth required pam_unix.so\n")
    yield
    COMMON_AUTH.unlink()


def test_all_samples_are_tried() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == set(SERVICES)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", SERVICES)
def test_what_the_module_returns_is_what_the_service_gets(
    installed: Installation, name: str, code: str
) -> None:
    login = replace(CODES[code], service=SERVICES[name], options=("--ruid", str(BOB)))
    password = PASSWORD if name in WITH_PASSWORD else ""
    assert sign_in(installed, lines(installed, name), login, password) == code


@pytest.mark.parametrize("code", CODES)
def test_a_wrong_password_is_mended_by_nothing(installed: Installation, code: str) -> None:
    """libpam returns what the first line that failed has said."""
    login = replace(CODES[code], service="sshd")
    result = sign_in(installed, lines(installed, "sshd-second-factor"), login, "wrong")
    assert result == "PAM_AUTH_ERR"


@pytest.mark.parametrize("password, result", [("carol", "PAM_SUCCESS"), ("wrong", "PAM_AUTH_ERR")])
def test_whom_the_table_does_not_name_needs_the_password_alone(
    installed: Installation, password: str, result: str
) -> None:
    login = replace(GOOD, user="carol", service="sshd")
    assert sign_in(installed, lines(installed, "sshd-second-factor"), login, password) == result


def test_root_becomes_anybody_without_being_asked(installed: Installation) -> None:
    mark = installed.log.mark()
    login = replace(GOOD, service="su")
    assert sign_in(installed, lines(installed, "su"), login) == "PAM_SUCCESS"
    assert installed.module_lines(mark) == []


@pytest.mark.parametrize("code", CODES)
def test_login_asks_for_the_password_where_wechat_is_out_of_reach_and_only_then(
    installed: Installation, common_auth: None, code: str
) -> None:
    login = replace(CODES[code], service="login")
    away = code == "PAM_AUTHINFO_UNAVAIL"
    result = sign_in(installed, alternative(installed), login, PASSWORD if away else "")
    assert result == ("PAM_SUCCESS" if away else code)


def test_a_wrong_password_opens_nothing_where_wechat_is_out_of_reach(
    installed: Installation, common_auth: None
) -> None:
    login = replace(CODES["PAM_AUTHINFO_UNAVAIL"], service="login")
    assert sign_in(installed, alternative(installed), login, "wrong") == "PAM_AUTH_ERR"
