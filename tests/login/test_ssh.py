"""Logins over Debian's own sshd and ssh: what a person sees, scans, types and gets."""

from __future__ import annotations

import signal
import time

import pytest

from harness import processes
from harness.site import Site
from harness.sshd import Sshd, make_key
from harness.system_log import SystemLog
from harness.terminal import COLUMNS, PROMPTS, ROWS, Shown
from harness.waiting import HANG, ample, until
from simulator import Phone, WeChat, camera

KEYBOARD = "AuthenticationMethods keyboard-interactive"
# ASCII art has 33 rows, the picture of an authorize URL 57 columns and 29 rows.
LARGE = {"columns": 100, "rows": 42}


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_scanning_and_typing_the_code_signs_in(
    site: Site, wechat: WeChat, system_log: SystemLog, lang: str
) -> None:
    mark = system_log.mark()
    with Sshd(site, "sshd-plain", site.line(options=f"lang={lang}"), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            shown = terminal.wait_for_login()
            assert shown.text.endswith(PROMPTS[lang == "zh"])
            assert max(map(len, shown.screen)) <= COLUMNS
            assert len(shown.screen) <= ROWS
            assert shown.link in "\n".join(shown.screen)
            assert camera.read_with_zbar(shown.picture) == shown.link
            assert camera.read_with_wechat(shown.picture) == shown.link

            phone = Phone(wechat, "alice")
            pin = phone.sign_in(shown.picture)
            assert pin is not None
            terminal.type(pin)
            assert last_line(terminal.rest()) == "alice"
            assert terminal.status == 0
    line = system_log.wait_for(r"login=\w{6} service=sshd-plain user=alice .*result=ok", mark)
    assert "rhost=127.0.0.1" in line
    assert wechat.exchanges() == 1


def test_the_whole_picture_is_on_an_80x24_screen_while_the_prompt_waits(site: Site) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "true") as terminal:
            shown = terminal.wait_for_login()
            rows = camera.visible_at_prompt(shown.data, PROMPTS[0], COLUMNS, ROWS)
    picture = [row.strip() for row in rows if set(row.strip()) & set("█▀▄")]
    assert len(picture) == 17 and max(map(len, picture)) == 33
    assert camera.read_with_zbar(camera.picture(rows)) == shown.link


def test_the_shipped_lines_for_wechat_alone_sign_in(site: Site, wechat: WeChat) -> None:
    with Sshd(site, "sshd-only", site.shipped_lines("sshd-only"), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            terminal.type(pin or "")
            assert last_line(terminal.rest()) == "alice"


def test_the_shipped_lines_for_wechat_alone_refuse_another_wechat(
    site: Site, wechat: WeChat
) -> None:
    with Sshd(site, "sshd-only", site.shipped_lines("sshd-only"), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            assert Phone(wechat, "bob").sign_in(terminal.wait_for_login().picture) is None
            terminal.type("1234")
            assert "Permission denied" in terminal.rest()
            assert terminal.status == 255


def test_a_key_and_then_wechat_sign_in(site: Site, wechat: WeChat) -> None:
    methods = "AuthenticationMethods publickey,keyboard-interactive"
    with Sshd(site, "sshd-key", site.shipped_lines("sshd-only"), methods) as sshd:
        key = make_key(sshd.folder / "id")
        sshd.keys.write_text(key.with_suffix(".pub").read_text())
        with sshd.login("alice", "id", "-un", options=("-i", str(key))) as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            terminal.type(pin or "")
            assert last_line(terminal.rest()) == "alice"


def test_without_the_key_wechat_is_not_even_asked(site: Site) -> None:
    methods = "AuthenticationMethods publickey,keyboard-interactive"
    with Sshd(site, "sshd-key", site.shipped_lines("sshd-only"), methods) as sshd:
        wrong = make_key(sshd.folder / "wrong")
        with sshd.login("alice", "id", "-un", options=("-i", str(wrong))) as terminal:
            text = terminal.rest()
            assert "Permission denied (publickey)" in text and "http" not in text
    assert site.pending() == 0


def test_a_key_alone_is_not_enough(site: Site, wechat: WeChat) -> None:
    methods = "AuthenticationMethods publickey,keyboard-interactive"
    with Sshd(site, "sshd-key", site.shipped_lines("sshd-only"), methods) as sshd:
        key = make_key(sshd.folder / "id")
        sshd.keys.write_text(key.with_suffix(".pub").read_text())
        with sshd.login("alice", "id", "-un", options=("-i", str(key))) as terminal:
            assert Phone(wechat, "bob").sign_in(terminal.wait_for_login().picture) is None
            terminal.type("1234")
            assert "Permission denied" in terminal.rest()
            assert terminal.status == 255


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_picture_of_wechats_own_address_asks_before_it_signs_in(
    site: Site, wechat: WeChat, lang: str
) -> None:
    service = site.line(options=f"qr=authorize lang={lang}")
    with Sshd(site, "sshd-authorize", service, KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un", **LARGE) as terminal:
            shown = terminal.wait_for_login()
            address = camera.read_with_wechat(shown.picture)
            assert address == camera.read_with_zbar(shown.picture)
            assert address is not None and address.startswith(wechat.authorize_url + "?appid=")
            assert address.endswith("#wechat_redirect")

            phone = Phone(wechat, "alice")
            page = phone.scan(shown.picture)
            assert page.buttons == ["continue", "refuse"] and page.pin is None
            assert wechat.exchanges() == 0
            page = phone.tap("continue")
            assert page.pin is not None
            terminal.type(page.pin)
            assert last_line(terminal.rest()) == "alice"
    assert wechat.exchanges() == 1


def test_a_link_typed_in_signs_in_without_any_picture(site: Site, wechat: WeChat) -> None:
    with Sshd(site, "sshd-link", site.line(options="charset=none"), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            shown = terminal.wait_for_login()
            assert shown.data.isascii() and camera.read_with_wechat(shown.picture) is None
            terminal.type(Phone(wechat, "alice").sign_in(shown.link) or "")
            assert last_line(terminal.rest()) == "alice"


def test_a_client_in_the_c_locale_gets_ascii_art_for_an_empty_answer(
    site: Site, wechat: WeChat
) -> None:
    with Sshd(site, "sshd-plain", site.line(options="lang=zh"), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un", locale="C", **LARGE) as terminal:
            # ssh writes the bytes of everything outside ASCII as octal numbers.
            octal = "".join(f"\\{byte:03o}" for byte in "▄".encode())
            assert octal in terminal.wait_for("http:").text
            terminal.type("")
            shown = terminal.wait_for("Code on your phone: ")
            art = shown.text.partition("@@")[2]
            assert art.isascii() and "\\342" not in art
            assert camera.read_with_wechat(shown.picture) == shown.link
            terminal.type(Phone(wechat, "alice").sign_in(shown.picture) or "")
            assert last_line(terminal.rest()) == "alice"


def test_empty_answers_show_the_login_in_four_ways_in_turn_and_eight_times_at_most(
    site: Site,
) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un", **LARGE) as terminal:
            ways = []
            for _ in range(8):
                shown = terminal.wait_for_login()
                ways.append(shown)
                assert shown.text.count(shown.link) == 1
                terminal.type("")
            assert "Permission denied" in terminal.rest()
            assert terminal.status == 255
    for half_blocks, ascii_art, inverted, link_alone in (ways[:4], ways[4:]):
        link = half_blocks.link
        assert link == ascii_art.link == inverted.link == link_alone.link
        assert camera.read_with_zbar(half_blocks.picture) == link
        assert camera.read_with_wechat(half_blocks.picture) == link
        assert "@@" in ascii_art.text and ascii_art.data.isascii()
        assert camera.read_with_wechat(ascii_art.picture) == link
        # For a light terminal, where this is the one that every scanner reads.
        assert camera.read_with_zbar(camera.picture(inverted.screen, dark=False)) == link
        assert camera.read_with_zbar(camera.picture(half_blocks.screen, dark=False)) is None
        assert camera.read_with_wechat(link_alone.picture) is None


def test_the_code_counts_whatever_way_the_login_is_shown(site: Site, wechat: WeChat) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un", **LARGE) as terminal:
            first = terminal.wait_for_login()
            terminal.type("")
            terminal.wait_for_login()
            pin = Phone(wechat, "alice").sign_in(first.picture)
            terminal.type("")
            assert terminal.wait_for_login().link == first.link
            terminal.type(pin or "")
            assert last_line(terminal.rest()) == "alice"


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10000:04}"


def test_a_mistyped_code_may_be_typed_again(site: Site, wechat: WeChat) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            assert pin is not None
            for _ in range(2):
                terminal.type(wrong(pin))
                assert "That is not the code" in terminal.wait_for_login().text
            terminal.type(pin)
            assert last_line(terminal.rest()) == "alice"


def test_the_third_wrong_code_ends_it_and_ssh_does_not_begin_again(
    site: Site, wechat: WeChat
) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            assert pin is not None
            for _ in range(2):
                terminal.type(wrong(pin))
                terminal.wait_for_login()
            terminal.type(wrong(pin))
            rest = terminal.rest()
            assert "Permission denied" in rest and "http" not in rest
            assert terminal.status == 255


def test_the_password_that_ssh_asks_for_after_a_refusal_lets_nobody_in(
    site: Site, wechat: WeChat
) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        options = ("-o", "PasswordAuthentication=yes")
        with sshd.login("alice", "id", "-un", options=options) as terminal:
            assert Phone(wechat, "bob").sign_in(terminal.wait_for_login().picture) is None
            terminal.type("1234")
            terminal.wait_for("password: ")
            terminal.type("alice")
            assert "Permission denied" in terminal.wait_for("password: ").text


def test_killing_ssh_takes_the_login_away_and_leaves_no_process(site: Site) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            terminal.wait_for_login()
            assert site.pending() == 1
            assert len(processes.running(site.exchange)) == 1
            assert processes.children_of(sshd.process.pid) != []
            terminal.process.kill(signal.SIGKILL)
            assert site.wait_for_pending(0)
            assert until(lambda: processes.running(site.exchange) == [])
            assert until(lambda: processes.children_of(sshd.process.pid) == [])


def test_a_closed_terminal_takes_the_login_away(site: Site) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            terminal.wait_for_login()
            assert site.pending() == 1
            terminal.process.close(force=True)
            assert site.wait_for_pending(0)
            assert until(lambda: processes.running(site.exchange) == [])


def test_a_finished_login_leaves_no_process(site: Site, wechat: WeChat) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "sleep", "60") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            terminal.type(pin or "")
            # The session lasts; what belonged to the login does not.
            assert until(lambda: "Starting session" in sshd.log_text())
            assert site.wait_for_pending(0)
            assert processes.running(site.exchange) == []
            assert processes.children_of(sshd.process.pid) != []


def test_root_gets_in_where_sshd_permits_it(site: Site, wechat: WeChat) -> None:
    site.write_users(f"{wechat.openid('alice')} alice,root\n")
    with Sshd(site, "sshd-root", site.line(), KEYBOARD, "PermitRootLogin yes") as sshd:
        with sshd.login("root", "id", "-un") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            terminal.type(pin or "")
            assert last_line(terminal.rest()) == "root"


@pytest.mark.parametrize("permit", ["no", "prohibit-password"])
def test_root_is_refused_even_with_the_right_code_where_sshd_does_not_permit_it(
    site: Site, wechat: WeChat, permit: str
) -> None:
    site.write_users(f"{wechat.openid('alice')} alice,root\n")
    with Sshd(site, "sshd-root", site.line(), KEYBOARD, f"PermitRootLogin {permit}") as sshd:
        with sshd.login("root", "id", "-un") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            assert pin is not None
            for _ in range(2):
                terminal.type(pin)
                terminal.wait_for_login()
            terminal.type(pin)
            assert "Permission denied" in terminal.rest()
            assert terminal.status == 255
        # Refused by an answer that was replaced, not by a program that gave up.
        assert "fatal" not in sshd.log_text()


def test_this_isnt_me_ends_the_login(site: Site, wechat: WeChat, system_log: SystemLog) -> None:
    mark = system_log.mark()
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            phone = Phone(wechat, "alice")
            phone.scan(terminal.wait_for_login().picture)
            phone.tap("refuse")
            terminal.type("1234")
            assert "Permission denied" in terminal.rest()
    system_log.wait_for(r"result=refused reason=reported", mark)


def test_time_that_is_up_ends_the_login_at_the_next_answer(
    site: Site, wechat: WeChat, system_log: SystemLog
) -> None:
    with Sshd(site, "sshd-plain", site.line(), KEYBOARD) as sshd:
        began = time.monotonic()
        with sshd.login("alice", "id", "-un") as terminal:
            Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
        seconds = ample(time.monotonic() - began, 5)
        sshd.write_service(site.line(options=f"timeout={seconds}"))
        mark = system_log.mark()
        with sshd.login("alice", "id", "-un") as terminal:
            pin = Phone(wechat, "alice").sign_in(terminal.wait_for_login().picture)
            assert site.wait_for_pending(0, seconds + HANG)
            terminal.type(pin or "")
            assert "Permission denied" in terminal.rest()
            assert terminal.status == 255
    system_log.wait_for(r"result=refused reason=expired", mark)


@pytest.mark.parametrize("view", ["scanned", "opened"])
def test_the_phone_asks_in_the_words_of_this_login(
    site: Site, wechat: WeChat, view: str
) -> None:
    with Sshd(site, "sshd-plain", site.line(options="brand=Example"), KEYBOARD) as sshd:
        with sshd.login("alice", "id", "-un") as terminal:
            shown: Shown = terminal.wait_for_login()
            phone = Phone(wechat, "alice", language="en")
            page = phone.scan(shown.picture) if view == "scanned" else phone.open(shown.link)
    rows = page.text.splitlines()
    for name, value in (("User", "«alice»"), ("Host", "web1"), ("From", "127.0.0.1"),
                        ("How", "remote login (sshd-plain)")):
        assert rows[rows.index(name) + 1] == value
    assert rows[0] == "Example"
