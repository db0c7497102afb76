"""The system's log: one line for each login, and no secrets at any level."""

from __future__ import annotations

import re

import pytest

from harness import log_format
from harness.host import Host
from harness.site import Site
from harness.sshd import Sshd
from harness.system_log import SystemLog
from harness.waiting import until
from simulator import Phone, WeChat

NOTICE, WARNING = 5, 4
REMOTE = ("--rhost", "203.0.113.7")


def lines_of(system_log: SystemLog, mark: int) -> list[re.Match[str]]:
    """The module's lines about logins, each of which must have the documented format."""
    assert until(lambda: any("result=" in line for line in system_log.lines[mark:]))
    found = []
    for line in system_log.lines[mark:]:
        if "pam_wechat(" in line:
            match = log_format.documented().match(line.partition(":auth): ")[2])
            assert match is not None, line
            found.append(match)
    return found


def test_a_login_over_ssh_is_one_line(site: Site, wechat: WeChat, system_log: SystemLog) -> None:
    methods = "AuthenticationMethods keyboard-interactive"
    mark = system_log.mark()
    with Sshd(site, "sshd-logged", site.line(), methods) as sshd:
        with sshd.login("alice", "true") as terminal:
            shown = terminal.wait_for_login()
            terminal.type("")
            terminal.wait_for_login()
            terminal.type("12345")
            terminal.wait_for_login()
            terminal.type(Phone(wechat, "alice").sign_in(shown.link) or "")
            terminal.rest()
            assert terminal.status == 0
    (line,) = lines_of(system_log, mark)
    assert line["name"] == shown.link.rpartition("/")[2][:6]
    assert (line["service"], line["user"], line["host"]) == ("sshd-logged", "alice", "127.0.0.1")
    assert line[0].endswith(f" result=ok openid={wechat.openid('alice')}")


@pytest.mark.parametrize(("user", "plan", "scans", "reason", "errcode"), [
    ("alice", {}, "nobody", "nobody-scanned", None),
    ("alice", {}, "bob", "not-linked", None),
    ("alice", {"snapshot": "flagged"}, "alice", "snapshot", None),
    ("alice", {"token": 40226}, "alice", "risk", "40226"),
    ("alice", {"token": 40125}, "alice", "setup", "40125"),
    ("alice", {"token": 40029}, "alice", "code", "40029"),
    ("alice", {"token": "html_502"}, "alice", "bad-answer", None),
    ("mallory", {}, "alice", "not-linked", None),
    ("carol", {}, "nobody", "nobody-scanned", None),
])
def test_a_refusal_is_one_line_with_its_reason(
    site: Site, wechat: WeChat, system_log: SystemLog, user: str, plan: dict[str, object],
    scans: str, reason: str, errcode: str | None,
) -> None:
    mark = system_log.mark()
    wechat.plan(**plan, for_all=True)
    with Host(site, user, options=REMOTE) as login:
        link = login.link()
        if scans != "nobody":
            phone = Phone(wechat, scans)
            phone.open(link)
            assert phone.tap("continue").pin is None
        while login.result is None:
            login.type("1234")
    (line,) = lines_of(system_log, mark)
    assert line["user"] == ("alice" if user == "alice" else "(unlisted)")
    assert line["phone"] == ("none" if scans == "nobody" else "returned")
    assert (line["host"], line["reason"]) == ("203.0.113.7", reason)
    assert line["number"] == errcode
    assert (line["rid"] is None) == (errcode is None)


@pytest.mark.parametrize(("typed", "phone", "reason"), [
    (("{wrong}",) * 3, "sign in", "wrong-digits"),
    (("1234",) * 3, "nothing", "nobody-scanned"),
    (("1234",) * 3, "open", "unfinished"),
    (("",) * 8, "sign in", "unfinished"),
    ((None,), "nothing", "no-answer"),
    (("{wrong}", None), "sign in", "wrong-digits"),
])
def test_who_guesses_is_told_from_who_does_not_come(
    site: Site, wechat: WeChat, system_log: SystemLog, typed: tuple[str | None, ...], phone: str,
    reason: str,
) -> None:
    mark = system_log.mark()
    with Host(site, "alice", options=REMOTE) as login:
        link, pin = login.link(), "0000"
        if phone == "open":
            Phone(wechat, "alice").open(link)
        elif phone == "sign in":
            pin = Phone(wechat, "alice").sign_in(link) or ""
        wrong = f"{(int(pin) + 1) % 10000:04}"
        for answer in typed:
            assert login.result is None
            login.answer(answer and answer.format(wrong=wrong))
            login.prompt()
        assert login.result in ("PAM_MAXTRIES", "PAM_AUTH_ERR")
    (line,) = lines_of(system_log, mark)
    came = {"nothing": "none", "open": "opened", "sign in": "returned"}[phone]
    assert (line["reason"], line["phone"]) == (reason, came)
    (priority,) = (system_log.priorities[place] for place in range(mark, len(system_log.lines))
                   if line["name"] in system_log.lines[place])
    assert priority == (WARNING if reason == "wrong-digits" else NOTICE)


def test_what_an_attacker_chooses_cannot_forge_a_line(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    site.write_users(f"{wechat.openid('alice')} alice\n")
    rhost = "evil result=ok\nlogin=AAAAAA user=root\x1b[2J\u202e"
    with Host(site, "alice", options=("--rhost", rhost)) as login:
        login.link()
        while login.result is None:
            login.type("1234")
    (line,) = lines_of(system_log, mark)
    assert line["reason"] == "nobody-scanned" and not set("\n\x1b\u202e =") & set(line["host"])


def test_a_name_that_the_table_does_not_hold_is_in_no_log(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    """It may be a password, typed at the wrong prompt."""
    mark = system_log.mark()
    with Host(site, "hunter2", options=REMOTE) as login:
        Phone(wechat, "bob").sign_in(login.link())
        login.type("1234")
    lines_of(system_log, mark)
    assert "hunter2" not in "\n".join(system_log.lines[mark:]) + site.helper_log()


COMMENTS = [
    ("", None),
    ("Alice Wang", "Alice Wang"),
    ('the "boss" of C:\\', r"the \"boss\" of C:\\"),
    ("王小明，运维", "王小明，运维"),
    ("x" * 65, "x" * 64),
    ("王" * 65, "王" * 64),
    ('"' * 65, r"\"" * 64),
    ("a\u202eb\u200bc\ue000", "abc"),
]


@pytest.mark.parametrize(("comment", "who"), COMMENTS)
def test_a_success_says_who_it_was(
    site: Site, wechat: WeChat, system_log: SystemLog, comment: str, who: str | None
) -> None:
    """Of two who share a user as well."""
    site.write_users(f"{wechat.openid('bob')} alice # Bob Li\n"
                     f"{wechat.openid('alice')} alice" + f" # {comment}\n" * bool(comment))
    mark = system_log.mark()
    for person in ("alice", "bob"):
        with Host(site, "alice", options=REMOTE) as login:
            login.type(Phone(wechat, person).sign_in(login.link()) or "")
            assert login.result == "PAM_SUCCESS"
    system_log.mark()
    one, other = lines_of(system_log, mark)
    assert (one["openid"], one["comment"]) == (wechat.openid("alice"), who)
    assert (other["openid"], other["comment"]) == (wechat.openid("bob"), "Bob Li")


def test_bytes_that_are_no_text_do_not_reach_the_log(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    table = f"{wechat.openid('alice')} alice # ".encode() + b"caf\xe9 \xff\xfe\n"
    site.users_file.write_bytes(table)
    mark = system_log.mark()
    with Host(site, "alice", options=REMOTE) as login:
        login.type(Phone(wechat, "alice").sign_in(login.link()) or "")
    (line,) = lines_of(system_log, mark)
    assert line["comment"] == "caf? ??"


def test_a_wechat_that_is_not_linked_is_named_so_that_it_can_be(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    mark = system_log.mark()
    with Host(site, "alice", options=REMOTE) as login:
        Phone(wechat, "carol").sign_in(login.link())
        login.type("1234")
    (line,) = lines_of(system_log, mark)
    assert (line["reason"], line["openid"]) == ("not-linked", wechat.openid("carol"))


@pytest.mark.parametrize("plan", [{"token": 40226}, {"snapshot": "flag_on_real"}])
def test_who_is_refused_otherwise_is_not_named(
    site: Site, wechat: WeChat, system_log: SystemLog, plan: dict[str, object]
) -> None:
    mark = system_log.mark()
    wechat.plan(**plan, for_all=True)
    with Host(site, "alice", options=REMOTE) as login:
        Phone(wechat, "alice").sign_in(login.link())
        login.type("1234")
    (line,) = lines_of(system_log, mark)
    assert line["reason"] in ("risk", "snapshot")
    assert wechat.openid("alice") not in "\n".join(system_log.lines[mark:])


@pytest.mark.parametrize("person", ["alice", "carol"])
def test_log_openid_no_names_nobody(
    site: Site, wechat: WeChat, system_log: SystemLog, person: str
) -> None:
    site.write_conf(log_openid="no", debug="yes")
    site.write_users(f"{wechat.openid('alice')} alice # Alice Wang\n")
    mark = system_log.mark()
    with Host(site, "alice", options=REMOTE) as login:
        login.type(Phone(wechat, person).sign_in(login.link()) or "1234")
        assert login.result is not None
    system_log.wait_for("result=", mark)
    text = "\n".join(system_log.lines[mark:]) + site.helper_log()
    assert wechat.openid(person) not in text and "Alice Wang" not in text and "who=" not in text


@pytest.mark.parametrize("scope", ["snsapi_base", "snsapi_userinfo"])
def test_debug_adds_steps_and_no_secrets(
    site: Site, wechat: WeChat, system_log: SystemLog, scope: str
) -> None:
    site.write_conf(scope=scope)
    site.write_service("debug", site.line(options="debug"))
    mark = system_log.mark()
    phone = Phone(wechat, "alice")
    with Host(site, "alice", "debug", REMOTE) as login:
        link = login.link()
        pin = phone.sign_in(link)
        assert pin is not None
        assert login.type(wrong_length := "0" * 7) is None
        assert login.type(pin) == "PAM_SUCCESS"
    system_log.wait_for("result=ok", mark)
    lines = [line for line in system_log.lines[mark:] if "pam_wechat(" in line]
    name = link.rpartition("/")[2]
    assert len(lines) > 1 and all(f"login={name[:6]} " in line for line in lines)
    text = "\n".join(system_log.lines[mark:]) + site.helper_log()
    # A time of day may hold any four digits.
    words = set(re.split(r"[^0-9A-Za-z_-]+", re.sub(r"\d\d:\d\d:\d\d", "", text)))
    assert pin not in words and wrong_length not in text
    urls = " ".join(f"{page.url} {page.header('Location')}" for page in phone.history)
    secrets = {
        "link": name, "app secret": wechat.secret,
        "state": re.findall(r"state=(\w{32})", urls)[0],
        "code": re.findall(r"code=(\w{32})", urls)[0],
        **{f"cookie {cookie.name}": cookie.value for cookie in phone.cookies},
    }
    for what, secret in secrets.items():
        assert secret not in text, what
    assert "http://" not in text.replace(f"listening on http://127.0.0.1:{site.port}", "")


def test_the_helper_logs_a_report_and_no_user(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    with Host(site, "alice", options=REMOTE) as login:
        link = login.link()
        phone = Phone(wechat, "alice", address="127.0.0.9")
        phone.open(link)
        phone.tap("refuse")
    (line,) = [line for line in site.helper_log().splitlines() if "refused" in line]
    assert f"login={link.rpartition('/')[2][:6]} " in line and "127.0.0.9" in line
    assert "alice" not in site.helper_log()
