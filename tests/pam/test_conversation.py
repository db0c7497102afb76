"""What the person sees and types: one prompt at a time, whoever asks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.host import Host, Message
from pam.login import GOOD, Installation, Login, logged, pins, scan, write

HALF, ASCII = set("▀▄█ "), set("@ ")


def picture(prompt: Message) -> list[str]:
    """The lines of the QR code."""
    lines = prompt.text.split("\n")
    assert lines[0] == ""  # ssh writes "(user@host) " there
    return [line for line in lines[1:] if line and set(line) <= HALF | ASCII]


def views(host: Host, rounds: int) -> list[Message]:
    prompts = [host.prompt()]
    for _ in range(rounds - 1):
        host.answer("")
        prompts.append(host.prompt())
    assert None not in prompts
    return [prompt for prompt in prompts if prompt is not None]


def opposite(lines: list[str]) -> list[str]:
    return [line.translate(str.maketrans("█ ▀▄", " █▄▀")) for line in lines]


def test_an_empty_answer_shows_the_login_another_way(installed: Installation) -> None:
    with installed.host() as host:
        prompts = views(host, 8)
    pictures = [picture(prompt) for prompt in prompts]
    assert [len(lines) for lines in pictures] == [17, 33, 17, 0] * 2
    assert pictures[4:] == pictures[:4]
    assert set("".join(pictures[0])) == HALF
    assert set("".join(pictures[1])) == ASCII
    # The last line of half blocks has a lower half of its own: no row of modules is there.
    assert pictures[2][:-1] == opposite(pictures[0])[:-1]
    assert len({prompt.link for prompt in prompts}) == 1
    for prompt in prompts[1:2] + prompts[3:4]:
        assert prompt.text.isascii()


def test_ascii_is_ascii_in_every_view(installed: Installation) -> None:
    with installed.host(replace(GOOD, words="charset=ascii lang=zh")) as host:
        prompts = views(host, 8)
    assert [len(picture(prompt)) for prompt in prompts] == [33, 33, 0] * 2 + [33, 33]
    assert picture(prompts[0]) != picture(prompts[1])
    assert all(prompt.text.isascii() for prompt in prompts)


def test_none_shows_the_link_alone(installed: Installation) -> None:
    with installed.host(replace(GOOD, words="charset=none")) as host:
        prompts = views(host, 8)
    assert [picture(prompt) for prompt in prompts] == [[]] * 8
    assert all(prompt.link for prompt in prompts)
    assert len({prompt.text for prompt in prompts}) == 1


@pytest.mark.parametrize("words", ["", "lang=zh", "charset=ascii", "charset=none", "qr=authorize"])
def test_every_message_of_a_good_login_is_one_prompt_that_echoes(
    installed: Installation, words: str
) -> None:
    outcome = installed.run(replace(GOOD, words=words))
    assert outcome.result == "PAM_SUCCESS"
    assert [prompt.style for prompt in outcome.prompts] == ["prompt"]
    assert outcome.remarks == []
    text = outcome.prompts[0].text
    assert text.startswith("\n") and not text.endswith("\n")
    assert "\x1b" not in text and "\t" not in text
    question = "手机上的验证码： " if words == "lang=zh" else "Code on your phone: "
    assert text.split("\n")[-1] == f"{outcome.prompts[0].link} {question}"


def test_a_wrong_code_before_any_phone_finished_changes_nothing(installed: Installation) -> None:
    mark = installed.log.mark()
    with installed.host() as host:
        link = host.link()
        assert host.type("1234") is None
        assert "That is not the code." in host.messages[-1].text
        assert host.messages[-1].link == link
        page = scan(installed.phone(), link)
        assert host.type(pins(page.pin)["wrong"]) is None
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    assert installed.module_lines(mark) == [logged("ok")]


@pytest.mark.parametrize("user", ["alice", "carol", "nosuchuser", "alicia", "root"])
@pytest.mark.parametrize("typed", [
    ("0000", "0000", "0000"), ("", "0000", "", "x" * 400, "1"), ("",) * 8, ("x" * 512,),
    ("\x08\n\r\x7fINCORRECT", "a", "b"),  # sshd's junk
], ids=["codes", "mixed", "empty", "oversized", "junk"])
def test_who_is_enrolled_does_not_show(
    installed: Installation, user: str, typed: tuple[str, ...]
) -> None:
    """Until a phone has finished, what is said depends on the lengths of the answers alone."""
    outcome = installed.run(replace(GOOD, user=user, phone="nothing", typed=typed))
    like = installed.run(replace(GOOD, phone="nothing", typed=tuple("9" * len(t) for t in typed)))
    assert outcome.result == like.result
    assert [masked(one) for one in outcome.prompts] == [masked(one) for one in like.prompts]
    assert outcome.remarks == like.remarks


def masked(prompt: Message) -> tuple[int, list[str]]:
    """What does not differ from link to link."""
    words = [line for line in prompt.text.split("\n") if line and not set(line) <= HALF | ASCII]
    return len(picture(prompt)), [re.sub(r"/l/\w{12}\b", "/l/*", line) for line in words]


def test_the_phone_sees_the_same_page_for_unknown_users(installed: Installation) -> None:
    pages = []
    for user in ("alice", "nosuchuser"):
        with installed.host(replace(GOOD, user=user)) as host:
            page = installed.phone().open(host.link())
            text = re.sub(r"\d+ 秒，至 \d\d:\d\d:\d\d", "*", page.text).replace(user, "*")
            pages.append((page.status, text, page.buttons))
    assert pages[0] == pages[1]


def test_a_report_from_another_phone_ends_a_login_that_was_proved(
    installed: Installation,
) -> None:
    mark = installed.log.mark()
    with installed.host() as host:
        link = host.link()
        other = installed.phone("bob")
        other.open(link)
        page = scan(installed.phone(), link)
        assert page.pin is not None
        other.tap("refuse")
        assert host.type(page.pin) == "PAM_MAXTRIES"
        assert [message.text for message in host.messages[1:]] == \
            ["Refused on the phone. If that was by mistake, start again."]
    assert installed.module_lines(mark) == [logged("refused reason=reported phone=returned")]


def test_an_openid_taken_out_meanwhile_is_refused(installed: Installation) -> None:
    mark = installed.log.mark()
    with installed.host() as host:
        page = scan(installed.phone(), host.link())
        users = f"{installed.wechat.openid('bob')} bob\n"
        write(installed.site.folder / "users/users", users, 0o600)
        assert host.type(page.pin or "") == "PAM_MAXTRIES"
    assert installed.module_lines(mark) == [logged("refused reason=not-linked phone=returned")]


def test_an_openid_moved_to_another_user_meanwhile_is_refused(installed: Installation) -> None:
    with installed.host() as host:
        page = scan(installed.phone(), host.link())
        users = f"{installed.wechat.openid('alice')} bob\n"
        write(installed.site.folder / "users/users", users, 0o600)
        assert host.type(page.pin or "") == "PAM_MAXTRIES"


def test_an_openid_added_meanwhile_is_too_late(installed: Installation) -> None:
    """The exchange was told who may pass when the login began."""
    with installed.host(replace(GOOD, user="carol")) as host:
        link = host.link()
        users = f"{installed.wechat.openid('carol')} carol\n"
        write(installed.site.folder / "users/users", users, 0o600)
        page = scan(installed.phone("carol"), link)
        assert page.pin is None
        assert host.type("0000") == "PAM_MAXTRIES"


@pytest.mark.parametrize("command, problem", [
    ("chmod 644 {users_file}", "{users_file}: others may read it: chmod 600"),
    ("rm {users_file}", "{users_file}: No such file or directory"),
    ("echo oAbc carol >>{users_file}",
     "{users_file}:3: the first column is not an openid (6 to 64 of 0-9 A-Z a-z _ -)"),
    ("echo oAbcdefgh >>{users_file}", "{users_file}:3: no user stands behind the openid"),
])
def test_a_table_spoilt_meanwhile_lets_nobody_in(
    installed: Installation, command: str, problem: str
) -> None:
    mark = installed.log.mark()
    with installed.host() as host:
        page = scan(installed.phone(), host.link())
        installed.shell(command)
        assert host.type(page.pin or "") == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [
        problem.format_map(installed.places()), logged("refused reason=setup phone=returned"),
    ]


SILENT = ("--silent",)


@pytest.mark.parametrize("login", [
    replace(GOOD, phone="refuse"), replace(GOOD, person="bob"), replace(GOOD, secret=""),
    replace(GOOD, typed=("",) * 8), replace(GOOD, words="nonsense"),
], ids=["reported", "not-linked", "setup", "nobody", "line"])
def test_silence_drops_remarks_but_not_the_prompt(installed: Installation, login: Login) -> None:
    loud, silent = installed.run(login), installed.run(replace(login, options=SILENT))
    assert [remark.style for remark in loud.remarks] == ["error"]
    assert silent.remarks == []
    assert [masked(one) for one in silent.prompts] == [masked(one) for one in loud.prompts]
    assert silent.result == loud.result
    assert silent.lines == loud.lines


def test_silence_does_not_keep_anybody_out(installed: Installation) -> None:
    assert installed.run(replace(GOOD, options=SILENT)).result == "PAM_SUCCESS"


@pytest.mark.parametrize("rhost, remark", [
    ("", "手机上已拒绝此次登录。如系误操作，请重新登录。"),
    # ssh would show it in octal.
    ("192.0.2.7", "Refused on the phone. If that was by mistake, start again."),
])
def test_remarks_to_remote_people_are_ascii(
    installed: Installation, rhost: str, remark: str
) -> None:
    login = replace(GOOD, phone="refuse", words="lang=zh", options=("--rhost", rhost))
    assert [one.text for one in installed.run(login).remarks] == [remark]


@pytest.mark.parametrize("login", [GOOD, replace(GOOD, words="nonsense"),
                                   replace(GOOD, user="nosuchuser")],
                         ids=["good", "wrong options", "unknown user"])
def test_setcred_succeeds_and_does_nothing(installed: Installation, login: Login) -> None:
    mark = installed.log.mark()
    with installed.host(replace(login, options=("--setcred",))) as host:
        assert host.prompt() is None
        assert host.result == "PAM_SUCCESS"
        assert host.messages == []
    assert installed.module_lines(mark) == []


@pytest.mark.parametrize("typed", ["{pin}", " {pin}", "{spaced}", "{wide}", "{mixed}", "{pin}\t",
                                   "\u3000{wide}\u3000"])
def test_blanks_and_wide_digits_do_not_matter(installed: Installation, typed: str) -> None:
    assert installed.run(replace(GOOD, typed=(typed,))).result == "PAM_SUCCESS"


def test_codes_differ_from_login_to_login(installed: Installation) -> None:
    shown = set()
    for _ in range(4):
        with installed.host() as host:
            shown.add((scan(installed.phone(), host.link()).pin, host.messages[0].link))
    assert len({link for _, link in shown}) == 4
    assert len({pin for pin, _ in shown}) > 1


def test_giving_up_counts_from_the_moment_that_the_link_is_seen(installed: Installation) -> None:
    login = replace(GOOD, service="su", words="confirm=wait", options=("--interrupt",))
    mark = installed.log.mark()
    with installed.host(login) as host:
        host.message()
        assert host.prompt() is None
    assert host.result == "PAM_AUTH_ERR"
    assert installed.module_lines(mark) == [
        logged("refused reason=interrupted phone=none", service="su")]
