"""The PAM files of other distributions: what enable says of them, and what the doctor does."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.services import FOLDER, MODULE, Services

STACKS = Path(__file__).with_name("stacks")
SERVICES = ("sshd", "login", "su", "su-l", "sudo", "sudo-i")
FORMS: dict[str, tuple[str, ...]] = {"alone": (), "second factor": ("--second-factor",)}
ALONE = "auth required pam_wechat.so"
SECOND = "auth [success=ok ignore=ignore default=die] pam_wechat.so unlisted=ignore"
ADVICE = re.compile(r"^(In|Behind) line (\d+) of /etc/pam\.d/([\w-]+), (in place of|which is):\n"
                    r"    (.*)\nwrite:\n((?:    .*\n)+)\nThen: pam-wechat doctor\n\Z", re.MULTILINE)

# Whose lines are whose: there enable names the other service.
BORROWED = {"rhel-7": {"su-l": "su", "sudo-i": "sudo"}, "rhel-9": {"su-l": "su", "sudo-i": "sudo"},
            "fedora-41": {"su-l": "su", "sudo-i": "sudo"}, "ubuntu-24.04": {"su-l": "su"}}
# Where enable writes the lines itself.
EDITED = ("opensuse-leap-15.6", "ubuntu-24.04")
# The line in whose place WeChat is asked, and the lines written there.
PLACES: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "rhel-7": {
        "sshd": ("auth substack password-auth", ()), "login": ("auth substack system-auth", ()),
        "su": ("auth substack system-auth", ()), "sudo": ("auth include system-auth", ()),
    },
    "rhel-9": {
        "sshd": ("auth substack password-auth", ()), "login": ("auth substack system-auth", ()),
        "su": ("auth substack system-auth", ()), "sudo": ("auth include system-auth", ()),
    },
    "fedora-41": {
        "sshd": ("auth substack password-auth", ()), "login": ("auth substack system-auth", ()),
        "su": ("auth substack system-auth", ()), "sudo": ("auth include system-auth", ()),
    },
    "arch-2024": {
        "sshd": ("auth include system-remote-login",
                 ("auth required pam_shells.so", "auth requisite pam_nologin.so")),
        "login": ("auth include system-local-login",
                  ("auth required pam_shells.so", "auth requisite pam_nologin.so")),
        "su": ("auth required pam_unix.so", ()), "su-l": ("auth required pam_unix.so", ()),
        "sudo": ("auth include system-auth", ()),
    },
    "alpine-3": {
        "sshd": ("auth include base-auth", ("auth required pam_nologin.so successok",)),
        "login": ("auth include base-auth", ("auth required pam_nologin.so successok",)),
        "su": ("auth include base-auth", ("auth required pam_nologin.so successok",)),
        "sudo": ("auth include base-auth", ("auth required pam_nologin.so successok",)),
    },
}
# Where a right password ends all lines, so that it has to end its own alone.
SUBSTACKS = {"rhel-7": ("sudo",), "rhel-9": ("sudo",), "fedora-41": ("sudo",)}

BY_HAND = [(release, service) for release, services in PLACES.items() for service in services]


def unfolded(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture()
def release(services: Services, request: pytest.FixtureRequest) -> Iterator[str]:
    """Its files, and modules for all names in them: whether one can be loaded is not asked here."""
    name = str(request.param)
    for path in FOLDER.iterdir():
        path.unlink()
    missing = set()
    for path in (STACKS / name).iterdir():
        shutil.copy(path, FOLDER / path.name)
        missing |= set(re.findall(r"\bpam_\w+\.so", path.read_text()))
    made = [MODULE.parent / module for module in missing if not (MODULE.parent / module).exists()]
    for module in made:
        shutil.copy(MODULE.parent / "pam_deny.so", module)
    yield name
    for module in made:
        module.unlink()


def pam_findings(services: Services) -> list[dict[str, Any]]:
    done = services.command.run("doctor", "--offline", "--json")
    # That su asks and "su -" does not is nothing that the lines could mend.
    return [one for one in json.loads(done.stdout)["findings"]
            if one["id"].startswith("pam-") and one["id"] != "pam-twin"]


def apply(advice: str, ours: str) -> list[str]:
    """Changes the file as it says. Returns what stands at its place now."""
    found = ADVICE.search(advice)
    assert found is not None, advice
    how, number, name, relation, quoted, written = found.groups()
    assert (how == "In") == (relation == "in place of")
    lines = (FOLDER / name).read_text().splitlines()
    assert unfolded(lines[int(number) - 1]) == quoted
    new = [line.removeprefix("    ") for line in written.splitlines()]
    assert new[-1] == ours
    at = int(number) - 1
    lines[at:at + 1] = made = new if how == "In" else [quoted, *new]
    (FOLDER / name).write_text("\n".join([*lines, ""]))
    return made


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("release", "service"), BY_HAND, indirect=["release"])
def test_the_lines_that_are_printed_do_it(
    services: Services, release: str, service: str, form: str
) -> None:
    before = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    done = services.command.run("enable", service, *FORMS[form])
    assert (done.returncode, done.stdout) == (1, "")
    assert before == {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    options = f" conf={services.site.conf_file}"
    ours = (SECOND if FORMS[form] else ALONE) + options
    place, gates = PLACES[release][service]
    made = apply(done.stderr, ours)
    found = ADVICE.search(done.stderr)
    assert found is not None and found[5] == place
    if not FORMS[form]:
        assert made == [*gates, ours]
    elif service in SUBSTACKS.get(release, ()):
        assert made == [place.replace("include", "substack"), ours]
    else:
        assert made == [place, ours]
    without = done.stderr.replace(options, "").splitlines()
    assert max(map(len, without)) <= 80
    # A sound stack is no cause for alarm.
    assert pam_findings(services) == []
    # And it is asked once.
    done = services.command.run("enable", service)
    assert re.search(rf"/etc/pam\.d/{service}:\d+: (WeChat is asked|pam_wechat\.so stands) here",
                     unfolded(done.stderr))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("release", EDITED, indirect=True)
def test_what_includes_common_auth_is_changed(
    services: Services, release: str, service: str, form: str
) -> None:
    if service in BORROWED.get(release, {}):
        return
    before = (FOLDER / service).read_bytes()
    services.enable(service, *FORMS[form])
    assert pam_findings(services) == []
    services.disable(service)
    assert (FOLDER / service).read_bytes() == before


@pytest.mark.parametrize(("release", "service"), [
    (release, service) for release, services in BORROWED.items() for service in services
], indirect=["release"])
def test_a_service_that_has_another_s_lines_names_that(
    services: Services, release: str, service: str
) -> None:
    other = BORROWED[release][service]
    done = services.command.run("enable", service)
    assert (done.returncode, unfolded(done.stderr)) == (1, (
        f"pam-wechat enable: /etc/pam.d/{service}: its auth lines are those of {other}: "
        f"pam-wechat enable {other}"))


@pytest.mark.parametrize("release", [path.name for path in STACKS.iterdir() if path.is_dir()],
                         indirect=True)
def test_files_that_do_not_ask_wechat_are_no_finding(services: Services, release: str) -> None:
    assert [one["id"] for one in pam_findings(services)] == ["pam-unused"]


def test_every_stack_is_tried() -> None:
    for folder in STACKS.iterdir():
        if folder.is_dir():
            there = {service for service in SERVICES if (folder / service).exists()}
            tried = {*PLACES.get(folder.name, {}), *BORROWED.get(folder.name, {})}
            assert there == (tried or there) or folder.name in EDITED, folder
            assert {"sshd", "login", "su", "sudo"} <= there
    assert f"`{folder.name}`" in (STACKS / "README.md").read_text()


@pytest.mark.parametrize("release", ["rhel-9"], indirect=True)
@pytest.mark.parametrize("lines", [
    # Whoever this picks is in without a proof.
    "auth sufficient pam_succeed_if.so user = bob\nauth substack password-auth\n",
    "auth sufficient pam_permit.so\nauth include system-auth\n",
    # More than one proof: which of them WeChat is for is not known here.
    "auth required pam_unix.so\nauth required pam_google_authenticator.so\n",
    "auth substack password-auth\nauth required pam_corporate.so\n",
    # It would skip other lines.
    "auth [success=2 default=ignore] pam_succeed_if.so user = bob\nauth substack password-auth\n"
    "auth required pam_deny.so\n",
    # No line of auth at all, and one over two lines.
    "account include system-auth\n", "auth substack \\\npassword-auth\n",
    "@include password-auth\n",
])
def test_what_is_not_sure_is_not_advised(
    services: Services, release: str, lines: str
) -> None:
    (FOLDER / "sshd").write_text(lines + "account required pam_permit.so\n")
    done = services.command.run("enable", "sshd")
    assert (done.returncode, done.stdout) == (1, "")
    assert "write the PAM line by hand" in unfolded(done.stderr)
    assert "pam_wechat.so" not in done.stderr


@pytest.mark.parametrize("release", ["rhel-9"], indirect=True)
def test_a_second_factor_comes_behind_the_password(services: Services, release: str) -> None:
    path = FOLDER / "sshd"
    path.write_text("auth required pam_env.so\nauth requisite pam_nologin.so\n"
                    "auth required pam_unix.so\nauth optional pam_group.so\n")
    done = services.command.run("enable", "sshd", "--second-factor")
    assert "Behind line 3 of /etc/pam.d/sshd" in done.stderr


@pytest.mark.parametrize("release", ["rhel-9"], indirect=True)
def test_what_would_move_a_cursor_is_not_shown(services: Services, release: str) -> None:
    (FOLDER / "sshd").write_text("auth substack password-auth # \u202eback\u009b2J\n")
    done = services.command.run("enable", "sshd")
    assert "in place of:\n    auth substack password-auth # back2J\nwrite:" in done.stderr
