"""Pages of the administrator's own: pages_dir, looked at when the helper starts and at SIGHUP."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.fake_exchange import PROGRAM, Browser, FakeExchange, Helper

GONE = "<h1>{{heading}}</h1>\n<p>Call 4711. {{words}}</p>\n"


@pytest.fixture()
def pages(folder: Path) -> Path:
    path = folder / "pages"
    path.mkdir(mode=0o755)
    return path


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.write_text(text, encoding)
    path.chmod(0o644)


def test_a_page_of_ones_own_takes_the_place_of_the_one_built_in(folder: Path, pages: Path) -> None:
    write(pages / "gone.html", GONE)
    with Helper(folder, pages_dir=pages) as helper:
        answer = Browser(helper).get("/nowhere")
        assert answer.status == 404
        assert "<h1>This page is over</h1>\n<p>Call 4711. Start again" in answer.body
        login = FakeExchange(helper).register()
        assert Browser(helper).get(login.path).heading == "Is this you signing in?"


def test_a_style_sheet_of_ones_own_is_in_every_page(folder: Path, pages: Path) -> None:
    write(pages / "style.css", "h1 > b { color: red }\n")
    with Helper(folder, pages_dir=pages) as helper:
        login = FakeExchange(helper).register()
        for path in (login.path, "/nowhere"):
            body = Browser(helper).get(path).body
            assert re.search(r'<style nonce="\w+">h1 > b \{ color: red \}\n</style>', body)


def test_a_whole_login_goes_through_pages_of_ones_own(folder: Path, pages: Path) -> None:
    facts = "{{user}} {{host}} {{how}} {{from}} {{until}}"
    form = ('<form method="post" action="{{action}}"><input name="token" value="{{token}}">'
            '<button name="choice" value="continue">OK</button></form>')
    write(pages / "ask.html", f"<h1>Our own</h1>{facts}{form}")
    write(pages / "digits.html", f'<h1>Our digits</h1><p id="pin">{{{{pin}}}}</p>{facts}{form}')
    with Helper(folder, pages_dir=pages) as helper:
        login = FakeExchange(helper, user="<alice>").register()
        browser = Browser(helper)
        body = browser.get(login.path).body
        assert re.search("<h1>Our own</h1>«&lt;alice&gt;» web1 remote login \\(sshd\\) 203.0.113.7 for "
                         "another \\d+ seconds, until 14:32:10 UTC", body)
        answer = browser.finish(login)
        assert (answer.heading, answer.pin) == ("Our digits", login.pin)


def test_a_frame_of_ones_own_is_around_every_page(folder: Path, pages: Path) -> None:
    write(pages / "frame.html", '<style nonce="{{nonce}}">{{style}}</style><b>ACME</b>{{page}}')
    with Helper(folder, pages_dir=pages) as helper:
        login = FakeExchange(helper).register()
        for path, heading in ((login.path, "Is this you signing in?"), ("/", "This page is over")):
            answer = Browser(helper).get(path)
            assert "<b>ACME</b>" in answer.body and "<html" not in answer.body
            assert answer.heading == heading


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("gone.html", GONE.replace("words", "wrods"), "gone.html:2: {{wrods}} is unknown here"),
        ("gone.html", GONE + "{{token}}", "gone.html:3: {{token}} is unknown here"),
        ("digits.html", "{{pin}}\n", "digits.html:2: {{user}} is missing in the whole file"),
        ("ask.html", "x\n{{user", "ask.html:2: {{ has no }} behind a name"),
        ("error.html", "错误", "error.html:1: must be UTF-8"),
        ("error.html", "a" * 12289, "error.html: larger than"),
        ("style.css", "</style><script>", "style.css: must be a style sheet without '<' and '{{'"),
        ("aks.html", "", "aks.html: no page has this name; there are: ask.html again.html"),
    ],
)
def test_a_bad_page_is_named_with_file_and_line(
    folder: Path, pages: Path, name: str, text: str, what: str
) -> None:
    write(pages / name, text, "gbk")
    conf = folder / "checked.conf"
    write(conf, f"public_url = https://login.example.com\npages_dir = {pages}\n")
    done = subprocess.run([PROGRAM, "-t", "-c", conf], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{pages}/{what}")


@pytest.mark.parametrize(
    ("value", "what"),
    [("pages", "checked.conf:2: pages_dir must be an absolute path"),
     ("/etc/", "checked.conf:2: pages_dir must not end with a slash"),
     ("/nowhere/at/all", "/nowhere: No such file or directory")],
)
def test_a_bad_directory_is_named(folder: Path, value: str, what: str) -> None:
    conf = folder / "checked.conf"
    write(conf, f"public_url = https://login.example.com\npages_dir = {value}\n")
    done = subprocess.run([PROGRAM, "-t", "-c", conf], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert what in done.stderr


def test_pages_others_may_write_are_refused(folder: Path, pages: Path) -> None:
    write(pages / "gone.html", GONE)
    conf = folder / "checked.conf"
    write(conf, f"public_url = https://login.example.com\npages_dir = {pages}\n")
    pages.chmod(0o777)
    done = subprocess.run([PROGRAM, "-t", "-c", conf], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, "others may write" in done.stderr) == (1, True)


def test_a_hangup_reads_the_pages_anew(folder: Path, pages: Path) -> None:
    with Helper(folder, pages_dir=pages) as helper:
        write(pages / "gone.html", GONE)
        helper.process.send_signal(signal.SIGHUP)
        helper.wait_for_log("the configuration was read anew")
        assert "Call 4711" in Browser(helper).get("/nowhere").body

        write(pages / "gone.html", GONE.replace("words", "wrods").replace("4711", "0815"))
        helper.process.send_signal(signal.SIGHUP)
        helper.wait_for_log(r"the old configuration stays: .*/gone\.html:2: \{\{wrods\}\} is unknown")
        assert "Call 4711" in Browser(helper).get("/nowhere").body
