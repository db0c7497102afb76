"""pam-wechat setup: three answers become four files, all of them or none."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import termios
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from harness.cell_width import too_wide
from harness.command import PROGRAM
from harness.host import Host
from harness.machine import mounted
from harness.site import HELPER, REPOSITORY, Site, free_port
from harness.strace import calls_in, disturbed, ends
from harness.terminal import Terminal
from harness.upstream import CLAIMS, Upstream
from harness.waiting import HANG, until
from simulator import Phone, WeChat

APPID = "wx0123456789abcdef"
SECRET = "5ecre7" + "0123456789ABCDEF" + "ghijklmnop"
URL = "https://login.example.com"
TEST_URL = "http://192.168.1.5:8080"
MODES = {"pam_wechat.conf": 0o600, "helper.conf": 0o644, "secret": 0o600, "users": 0o600}
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
PROMPTS = {"appid": "AppID: ", "secret": "App secret: ", "url": "Address: "}


class Setup:
    """The command and the directory it writes into, which is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "pam-wechat"
        shutil.copy(PROGRAM, self.program)
        self.program.chmod(0o755)
        self.directory = folder / "etc/pam_wechat"
        self.directory.parent.mkdir(mode=0o755)
        self.secret_file = folder / "given"
        self.secret_file.write_text(SECRET + "\n")
        self.secret_file.chmod(0o600)

    def line(self, *words: str) -> list[str]:
        return [str(self.program), "setup", "--dir", str(self.directory), *words]

    def run(
        self, *words: str, text: str = "", through: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*through, *self.line(*words)], input=text, capture_output=True,
                              text=True, timeout=HANG, env=ENVIRONMENT)

    def options(
        self, appid: str = APPID, secret: str | None = None, url: str = URL
    ) -> list[str]:
        if secret is not None:
            self.secret_file.write_text(secret)
        return ["--appid", appid, "--secret-file", str(self.secret_file), "--url", url, "--yes"]

    def files(self) -> dict[str, tuple[int, str]]:
        return {
            str(path.relative_to(self.directory)): (stat.S_IMODE(path.stat().st_mode),
                                                    path.read_text())
            for path in self.directory.rglob("*")
        } if self.directory.exists() else {}

    def make(self, **contents: str) -> None:
        """Files that somebody else has made before."""
        self.directory.mkdir(mode=0o755, exist_ok=True)
        for name, text in contents.items():
            path = self.directory / name.replace("_conf", ".conf")
            path.write_text(text)
            path.chmod(0o600)

    def values(self, name: str) -> dict[str, str]:
        text = (self.directory / name).read_text()
        return dict(re.findall(r"^(\w+) = (.+)$", text, re.MULTILINE))

    def taken_by_helper(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([HELPER, "-t", "-c", self.directory / "helper.conf"],
                              capture_output=True, text=True, timeout=HANG)

    def taken_by_module(self) -> subprocess.CompletedProcess[str]:
        """The users' command reads the configuration as the module does."""
        conf = str(self.directory / "pam_wechat.conf")
        return subprocess.run([self.program, "users", "list", "--conf", conf],
                              capture_output=True, text=True, timeout=HANG)


@pytest.fixture()
def setup(folder: Path) -> Setup:
    return Setup(folder)


# -- what is written


def assert_written(setup: Setup, url: str = URL) -> None:
    assert {name: mode for name, (mode, _) in setup.files().items()} == MODES
    assert stat.S_IMODE(setup.directory.stat().st_mode) == 0o755
    assert setup.files()["secret"][1] == SECRET + "\n"
    conf = setup.values("pam_wechat.conf")
    assert (conf["appid"], conf["public_url"]) == (APPID, url)
    assert setup.values("helper.conf")["public_url"] == url
    for done in (setup.taken_by_helper(), setup.taken_by_module()):
        assert (done.returncode, done.stderr) == (0, "")


def test_options_alone_write_four_files(setup: Setup) -> None:
    done = setup.run(*setup.options())
    assert (done.returncode, done.stderr) == (0, "")
    assert_written(setup)
    assert "AppID" not in done.stdout


def test_three_lines_of_a_pipe_are_the_answers(setup: Setup) -> None:
    done = setup.run(text=f"  {APPID} \r\n{SECRET}\n{URL}")
    assert (done.returncode, done.stderr) == (0, "")
    assert_written(setup)


def test_an_umask_takes_no_rights_away(setup: Setup) -> None:
    done = setup.run(*setup.options(), through=["sh", "-c", 'umask 077; exec "$@"', "sh"])
    assert done.returncode == 0
    assert_written(setup)


def test_what_is_given_is_not_asked_for(setup: Setup) -> None:
    done = setup.run("--appid", APPID, "--url", URL, text=f"{SECRET}\n")
    assert done.returncode == 0
    assert "App secret: " in done.stdout
    assert "AppID: " not in done.stdout and "Address: " not in done.stdout
    assert_written(setup)


def test_each_key_written_stands_below_a_comment_and_there_are_few(setup: Setup) -> None:
    setup.run(*setup.options())
    for name in ("pam_wechat.conf", "helper.conf"):
        text = setup.files()[name][1]
        assert text.count("\n") < 16
        for block in text.strip().split("\n\n"):
            assert block.startswith("# "), block


def test_behind_a_web_server_its_word_is_believed(setup: Setup) -> None:
    setup.run(*setup.options())
    assert setup.values("helper.conf") == {"public_url": URL, "trusted_proxy": "127.0.0.1"}


@pytest.mark.parametrize(
    ("url", "listen"),
    [
        (TEST_URL, "192.168.1.5:8080"),
        ("http://10.0.0.1:65535/a/b", "10.0.0.1:65535"),
        ("http://localhost:8081", "127.0.0.1:8081"),
        ("http://[fd00::1]:1024", "[fd00::1]:1024"),
    ],
)
def test_a_test_account_reaches_the_helper_itself(setup: Setup, url: str, listen: str) -> None:
    done = setup.run(*setup.options(url=url))
    assert done.returncode == 0
    assert setup.values("helper.conf") == {"public_url": url, "listen": listen}
    assert_written(setup, url)
    assert "listens on" in done.stdout and "plain http" in done.stdout
    assert "nginx" not in done.stdout and "MP_verify" not in done.stdout


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com/sso",
        "https://Login.Example.com/a/b-c_d~e",
        "https://login.example.com/!$&'()*+=:@",
        "https://login.example.com:8443",
        "https://192.0.2.1",
        "https://" + "a" * 30,
    ],
)
def test_what_is_accepted_is_accepted_by_module_and_helper(setup: Setup, url: str) -> None:
    done = setup.run(*setup.options(url=url))
    assert done.returncode == 0, done.stderr
    assert_written(setup, url)
    assert ("without a port" in done.stdout) == (":8443" in url)


def test_secret_and_users_are_those_of_the_directory(setup: Setup) -> None:
    setup.run(*setup.options())
    assert setup.values("pam_wechat.conf")["secret_file"] == f"{setup.directory}/secret"
    assert setup.values("pam_wechat.conf")["users_file"] == f"{setup.directory}/users"


# -- wrong answers


def str_id(value: str) -> str:
    return value[:30]



WRONG_APPIDS = {
    "": '"wx" and 16',
    "wx0123456789abcde": '"wx" and 16',
    "WX0123456789abcdef": '"wx" and 16',
    "wx0123456789abcdeg": '"wx" and 16',
    "wx" + "0" * 2000: "too long",
}
WRONG_SECRETS = {
    "": "16 to 64 letters and digits",
    "0123456789abcde": "16 to 64",
    "0" * 65: "16 to 64",
    "0123456789abcdef-": "16 to 64",
    "0123456789abcdef 0": "16 to 64",
}
WRONG_URLS = {
    "": "must look like",
    "login.example.com": "must look like",
    "https://login.example.com/": "without a slash at the end",
    "https://login.example.com/a?b": "'?'",
    "http://login.example.com": "must begin with https://",
    "http://203.0.113.1:8080": "must begin with https://",
    "http://192.168.1.5": "a port from 1024 on",
    "http://192.168.1.5:1023": "a port from 1024 on",
    "https://login.example.com/a%20b": "in its path",
    "https://login.example.com/a;b": "in its path",
    "https://login.example.com/a,b": "in its path",
    "https://" + "a" * 31: "the QR code would not fit 80x24",
    "http://192.168.1.5:8080/0123456789abcdef": "the QR code would not fit 80x24",
}


@pytest.mark.parametrize(("value", "what"), WRONG_APPIDS.items(), ids=str_id)
def test_a_wrong_appid_is_refused(setup: Setup, value: str, what: str) -> None:
    done = setup.run(*setup.options(appid=value))
    assert done.returncode == 2 and done.stderr.startswith("pam-wechat setup: --appid: ")
    assert 'must be "wx" and 16 hexadecimal digits in lower case' in done.stderr
    assert setup.files() == {}
    asked = setup.run(text=f"{value}\n{APPID}\n{SECRET}\n{URL}\n")
    assert asked.returncode == 0 and what in " ".join(asked.stdout.split())
    assert_written(setup)


@pytest.mark.parametrize(("value", "what"), WRONG_SECRETS.items(), ids=str_id)
def test_a_wrong_secret_is_refused_and_not_shown(setup: Setup, value: str, what: str) -> None:
    done = setup.run(*setup.options(secret=value))
    assert done.returncode == 2
    assert (what if value else "is empty") in done.stderr
    assert value == "" or value not in done.stderr
    assert setup.files() == {}
    asked = setup.run(text=f"{APPID}\n{value}\n{SECRET}\n{URL}\n")
    assert asked.returncode == 0 and what in " ".join(asked.stdout.split())
    assert value == "" or value not in asked.stdout
    setup.secret_file.write_text(SECRET)
    assert_written(setup)


@pytest.mark.parametrize(("value", "what"), WRONG_URLS.items(), ids=str_id)
def test_a_wrong_address_is_refused(setup: Setup, value: str, what: str) -> None:
    done = setup.run(*setup.options(url=value))
    assert done.returncode == 2 and what in done.stderr
    assert setup.files() == {}
    asked = setup.run(text=f"{APPID}\n{SECRET}\n{value}\n{URL}\n")
    assert asked.returncode == 0 and what in " ".join(asked.stdout.split())
    assert_written(setup)


def test_the_same_question_is_asked_again_as_often_as_it_takes(setup: Setup) -> None:
    done = setup.run(text="x\n" * 50 + f"{APPID}\n{SECRET}\n{URL}\n")
    assert done.returncode == 0
    assert done.stdout.count("AppID: ") == 51


@pytest.mark.parametrize("left_out", ["--appid", "--secret-file", "--url"])
def test_yes_asks_nothing(setup: Setup, left_out: str) -> None:
    options = setup.options()
    place = options.index(left_out)
    done = setup.run(*options[:place], *options[place + 2:], text=f"{APPID}\n{SECRET}\n{URL}\n")
    assert done.returncode == 2
    assert f"{left_out} is missing" in done.stderr
    assert setup.files() == {}


@pytest.mark.parametrize("answers", ["", f"{APPID}\n", f"{APPID}\n{SECRET}\n", "wrong\n"])
def test_a_pipe_that_ends_too_early_writes_nothing(setup: Setup, answers: str) -> None:
    done = setup.run(text=answers)
    assert done.returncode == 1
    assert "no answer; nothing was written" in done.stderr
    assert not setup.directory.exists()


def test_a_secret_file_that_is_not_there_is_named(setup: Setup) -> None:
    setup.secret_file.unlink()
    done = setup.run(*setup.options())
    assert done.returncode == 2
    assert f"{setup.secret_file}: No such file" in done.stderr


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--dir", "etc"], "absolute"),
        (["--dir", "/tmp/"], "slash"),
        (["--dir", "/tmp/a\nb"], "ends of lines"),
        (["--conf", "/tmp/x.conf"], "--dir DIR"),
        (["--secret", SECRET], "no such option"),
        ([f"--secret={SECRET}"], "no such option"),
        (["word"], "too many"),
    ],
)
def test_wrong_usage(setup: Setup, words: list[str], what: str) -> None:
    done = setup.run(*words)
    assert done.returncode == 2 and what in done.stderr
    assert SECRET not in done.stderr
    assert not setup.directory.exists()


# -- at a terminal


@pytest.fixture()
def terminal(setup: Setup) -> Iterator[Terminal]:
    """The command in a shell that says in the end how the terminal was left behind."""
    line = " ".join(setup.line())
    script = f"trap : INT QUIT TERM HUP; {line}; echo status=$?; stty -a"
    with Terminal(["/bin/sh", "-c", script], ENVIRONMENT) as made:
        yield made


def assert_echo_is_on(rest: str) -> None:
    assert re.search(r"[ ]echo[ ]", rest.replace(";", " "))
    assert "susp = ^Z" in rest


def test_three_questions_at_a_terminal(setup: Setup, terminal: Terminal) -> None:
    shown = terminal.wait_for(PROMPTS["appid"]).text
    assert "nothing else" in shown and "认证服务号" in shown and "接口测试号" in shown
    assert " https://developers.weixin.qq.com/platform\n" in shown.replace("\r", "")
    assert "https://mp.weixin.qq.com/debug/cgi-bin/sandbox?t=sandbox/login\n" \
        in shown.replace("\r", "")
    terminal.type("nonsense")
    assert "Once more" in terminal.wait_for(PROMPTS["appid"]).text
    terminal.type(APPID)
    terminal.wait_for(PROMPTS["secret"])
    assert not terminal.process.getecho()
    terminal.type(SECRET)
    assert "网页授权" in terminal.wait_for(PROMPTS["url"]).text
    assert terminal.process.getecho()
    terminal.type(URL)
    rest = terminal.rest()
    assert "status=0" in rest
    assert_echo_is_on(rest)
    assert SECRET not in terminal.text
    assert_written(setup)


def test_a_wrong_secret_is_asked_for_again_without_echo(setup: Setup, terminal: Terminal) -> None:
    terminal.wait_for(PROMPTS["appid"])
    terminal.type(APPID)
    for typed in ("too-short-secret", SECRET):
        terminal.wait_for(PROMPTS["secret"])
        assert not terminal.process.getecho()
        terminal.type(typed)
    terminal.wait_for(PROMPTS["url"])
    assert "too-short-secret" not in terminal.text and SECRET not in terminal.text
    terminal.type(URL)
    assert "status=0" in terminal.rest()


def go_to(terminal: Terminal, question: str) -> None:
    for name, answer in (("appid", APPID), ("secret", SECRET), ("url", URL)):
        terminal.wait_for(PROMPTS[name])
        if name == question:
            return
        terminal.type(answer)


def end_by_signal(number: signal.Signals) -> Callable[[Terminal], None]:
    def send(terminal: Terminal) -> None:
        children = f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children"
        (child,) = Path(children).read_text().split()
        os.kill(int(child), number)

    return send


@pytest.mark.parametrize("question", PROMPTS)
@pytest.mark.parametrize(
    ("end", "what"),
    [
        (lambda terminal: terminal.process.sendintr(), "given up"),
        (lambda terminal: terminal.process.send("abc\x03"), "given up"),
        (lambda terminal: terminal.process.sendeof(), "no answer"),
        (lambda terminal: terminal.process.send("\x1c"), "given up"),
        (end_by_signal(signal.SIGTERM), "given up"),
        (end_by_signal(signal.SIGHUP), "given up"),
    ],
    ids=["Ctrl-C", "Ctrl-C in a line", "Ctrl-D", "Ctrl-\\", "SIGTERM", "SIGHUP"],
)
def test_whoever_gives_up_finds_everything_as_it_was(
    setup: Setup, terminal: Terminal, question: str, end: Callable[[Terminal], None], what: str
) -> None:
    go_to(terminal, question)
    end(terminal)
    rest = terminal.rest()
    assert f"{what}; nothing was written" in rest
    assert "status=1" in rest
    assert_echo_is_on(rest)
    assert not setup.directory.exists()
    assert SECRET not in terminal.text


def test_no_stop_leaves_a_shell_without_echo(setup: Setup, terminal: Terminal) -> None:
    """Ctrl-Z means nothing while the echo is off."""

    def stop_key() -> bytes:
        return termios.tcgetattr(terminal.process.child_fd)[6][termios.VSUSP]

    go_to(terminal, "secret")
    assert stop_key() == b"\0"
    terminal.type(SECRET)
    terminal.wait_for(PROMPTS["url"])
    assert stop_key() == b"\x1a"


# -- files that are there


@pytest.mark.parametrize("name", ["pam_wechat_conf", "helper_conf", "secret"])
def test_what_is_there_is_not_replaced(setup: Setup, name: str) -> None:
    setup.make(**{name: "old\n"})
    before = setup.files()
    for done in (setup.run(*setup.options()), setup.run(text=f"{APPID}\n{SECRET}\n{URL}\n")):
        assert done.returncode == 1
        assert f"{setup.directory}/{name.replace('_conf', '.conf')} is there already" in done.stderr
        assert "--force" in done.stderr
        # Nobody is asked what is not going to be used.
        assert done.stdout == ""
    assert setup.files() == before


def test_the_users_table_is_kept(setup: Setup) -> None:
    setup.make(users="oXy1z2AbCdEfGhIjKlMnOpQrStUv alice\n")
    for words in ((), ("--force",)):
        assert setup.run(*setup.options(), *words).returncode == 0
        assert setup.files()["users"] == (0o600, "oXy1z2AbCdEfGhIjKlMnOpQrStUv alice\n")
    assert "users.before-setup" not in setup.files()


def test_force_keeps_copies(setup: Setup) -> None:
    setup.make(pam_wechat_conf="old conf\n", helper_conf="old helper\n", secret="old secret\n")
    # The modes that they should have had.
    (setup.directory / "secret").chmod(0o644)
    (setup.directory / "pam_wechat.conf").chmod(0o640)
    assert setup.run(*setup.options(), "--force").returncode == 0
    files = setup.files()
    assert {name: files[name][0] for name in MODES} == MODES
    assert files["pam_wechat.conf.before-setup"] == (0o600, "old conf\n")
    assert files["helper.conf.before-setup"][1] == "old helper\n"
    assert files["secret.before-setup"] == (0o600, "old secret\n")
    assert len(files) == 7
    assert setup.taken_by_helper().returncode == 0


def test_openids_of_another_account_are_said_to_be_of_no_use(setup: Setup) -> None:
    old, new = "wx0000000000000001", "wx0000000000000002"
    assert setup.run(*setup.options(appid=old)).returncode == 0
    # Nobody is enrolled yet.
    done = setup.run(*setup.options(appid=new), "--force")
    assert (done.returncode, "Enrol everybody anew" in done.stdout) == (0, False)
    table = setup.directory / "users"
    table.write_text(table.read_text() + "oAlice00000 alice,root\n")
    done = setup.run(*setup.options(appid=new), "--force")
    assert (done.returncode, "Enrol everybody anew" in done.stdout) == (0, False)
    done = setup.run(*setup.options(appid=old), "--force")
    assert done.returncode == 0
    said = " ".join(done.stdout.split())
    assert f"AppID {new}: another account has others for the same people, and none of the 2 " \
        "bindings lets anybody in. Enrol everybody anew: pam-wechat enroll USER" in said
    assert "oAlice00000 alice,root" in table.read_text()


def test_no_copy_is_lost_to_a_later_one(setup: Setup) -> None:
    old = {"pam_wechat.conf": "by hand\n", "helper.conf": "by hand, too\n", "secret": "old\n"}
    setup.make(**{name.replace(".conf", "_conf"): text for name, text in old.items()})
    for suffix in (".before-setup", ".before-setup.2", ".before-setup.3"):
        before = setup.files()
        done = setup.run(*setup.options(appid=f"wx{len(suffix):016}"), "--force")
        assert done.returncode == 0
        said = lines_between(done.stdout, "As they were before:\n", "\n\n").splitlines()[1:]
        assert sorted(said) == sorted(f"{setup.directory}/{name}{suffix}" for name in old)
        files = setup.files()
        assert before.items() - {(name, before[name]) for name in old} <= files.items()
        assert {name: files[name + suffix][1] for name in old} == {
            name: before[name][1] for name in old}
    assert {name: setup.files()[f"{name}.before-setup"][1] for name in old} == old


# -- what can go wrong


def test_others_may_not_set_up(setup: Setup) -> None:
    alice = ["setpriv", "--reuid=alice", "--regid=alice", "--clear-groups"]
    done = setup.run(*setup.options(), through=alice)
    assert done.returncode == 1 and "run this as root" in done.stderr
    default = subprocess.run([*alice, setup.program, "setup"], input="", capture_output=True,
                             text=True, timeout=HANG, env=ENVIRONMENT)
    assert default.returncode == 1
    assert "/etc" in default.stderr and "run this as root" in default.stderr
    assert default.stdout == ""
    assert setup.files() == {}


def test_a_directory_that_others_may_write_to_is_refused(setup: Setup) -> None:
    setup.make()
    setup.directory.chmod(0o777)
    done = setup.run(*setup.options())
    assert done.returncode == 1 and "chmod go-w" in done.stderr
    assert setup.files() == {}


def test_a_directory_in_place_of_a_file_stays(setup: Setup) -> None:
    setup.make()
    (setup.directory / "users").mkdir()
    done = setup.run(*setup.options())
    assert done.returncode == 1 and "not a regular file" in done.stderr
    assert [path.name for path in setup.directory.iterdir()] == ["users"]


def test_symbolic_links_are_not_followed(setup: Setup) -> None:
    setup.make()
    target = setup.folder / "target"
    target.write_text("precious\n")
    (setup.directory / "secret").symlink_to(target)
    done = setup.run(*setup.options(), "--force")
    assert done.returncode == 1 and "symbolic link" in done.stderr
    assert target.read_text() == "precious\n"
    assert [path.name for path in setup.directory.iterdir()] == ["secret"]


@pytest.mark.parametrize("forced", [False, True], ids=["fresh", "forced"])
def test_a_full_disk_leaves_everything_as_it_was(setup: Setup, forced: bool) -> None:
    """Disks of all sizes: whichever file is the first that does not fit, none is there."""
    outcomes = set()
    setup.directory.mkdir(mode=0o755)
    for pages in range(1, 16):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * 4}k,mode=755", "tmpfs",
                        setup.directory], check=True)
        try:
            if forced:
                try:
                    setup.make(pam_wechat_conf="old conf\n", helper_conf="old helper\n",
                               secret="old secret\n", users="# old\n")
                except OSError:
                    continue
                (setup.directory / "helper.conf").chmod(0o644)
            before = setup.files()
            done = setup.run(*setup.options(), *(["--force"] if forced else []))
            if done.returncode == 0:
                assert set(MODES) <= set(setup.files())
                assert setup.taken_by_module().returncode == 0
            else:
                assert "No space left" in done.stderr and "nothing was written" in done.stderr
                assert setup.files() == before, pages
            outcomes.add((done.returncode, done.stderr.split(": ")[1] if done.stderr else ""))
        finally:
            subprocess.run(["umount", setup.directory], check=True)
    # It was seen to fail at more places than one, and to fit in the end.
    assert len(outcomes) > 2 and (0, "") in outcomes


OLD = {"pam_wechat.conf": "old conf\n", "helper.conf": "old helper\n",
       "secret": "0ldSecret0ldSecret\n", "users": "# old\n"}


def begin_anew(setup: Setup, forced: bool) -> None:
    shutil.rmtree(setup.directory, ignore_errors=True)
    if forced:
        setup.make(**{name.replace(".conf", "_conf"): text for name, text in OLD.items()})
        (setup.directory / "helper.conf").chmod(0o644)


@pytest.mark.parametrize("forced", [False, True], ids=["fresh", "forced"])
def test_a_sudden_end_at_any_system_call_leaves_whole_files(setup: Setup, forced: bool) -> None:
    words = [*setup.options(), *(["--force"] if forced else [])]
    trace = setup.folder / "trace"
    begin_anew(setup, forced)
    assert setup.run(*words, through=["strace", "-o", str(trace)]).returncode == 0
    new = {name: setup.files()[name] for name in MODES}
    made = calls_in(trace)
    seen, mended = set(), []
    for name, number in ends(made[1:-1], setup.directory):
        begin_anew(setup, forced)
        before = setup.files()
        done = setup.run(*words, through=disturbed(name, "signal=KILL", number))
        assert done.returncode != 0, (name, number)
        left = setup.files()
        whole = {file for file in MODES if left.get(file) == new[file]}
        assert all(left.get(file) == before.get(file) for file in MODES.keys() - whole), (
            name, number)
        # The module reads nothing new before all of it is there.
        assert "pam_wechat.conf" not in whole or whole == MODES.keys(), (name, number)
        for file, (mode, text) in left.items():
            assert mode == 0o600 or not {SECRET, OLD["secret"].strip()} & set(text.split()), file
        kept = {text for _, text in left.values()}
        assert not forced or set(OLD.values()) <= kept, (name, number)
        seen.add(frozenset(whole - {"users"} if forced else whole))
        if left in mended:
            continue
        mended.append(left)
        again = setup.run(*setup.options(), "--force")
        assert again.returncode == 0, again.stderr
        files = setup.files()
        assert {file: files[file] for file in MODES} == new, (name, number)
        assert not [file for file in files if file.startswith(".")], (name, number)
    # It was ended between any two files.
    assert len(seen) == (4 if forced else 5)


def test_a_directory_made_for_nothing_is_taken_away(setup: Setup) -> None:
    """As no file can be made in it: not even by root, below /proc."""
    setup.directory = Path("/proc/pam_wechat")
    done = setup.run(*setup.options())
    assert done.returncode == 1 and "nothing was written" in done.stderr


def test_of_two_setups_at_once_one_is_whole(setup: Setup) -> None:
    def begin(number: int) -> subprocess.CompletedProcess[str]:
        secret = setup.folder / f"secret{number}"
        secret.write_text(f"{number:032}\n")
        return setup.run("--appid", f"wx{number:016}", "--secret-file", str(secret), "--url",
                         f"https://{number}.example.com", "--yes", *force)

    for force in ([], ["--force"]):
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(begin, range(8)))
        winners = [number for number in range(8) if done[number].returncode == 0]
        assert len(winners) == (8 if force else 1), [one.stderr for one in done]
        number = int(setup.files()["secret"][1])
        assert number in winners
        assert setup.values("pam_wechat.conf")["appid"] == f"wx{number:016}"
        assert setup.values("pam_wechat.conf")["public_url"] == f"https://{number}.example.com"
        assert setup.values("helper.conf")["public_url"] == f"https://{number}.example.com"
        assert not [name for name in setup.files() if name.startswith(".")]


def test_what_somebody_else_makes_meanwhile_is_not_replaced(setup: Setup) -> None:
    setup.make()
    lock = setup.directory / ".helper.conf.lock"  # the first of the locks
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen(setup.line(*setup.options()), stderr=subprocess.PIPE, text=True)
        wchan = Path(f"/proc/{process.pid}/wchan")
        # It has looked at the files, and pauses between two attempts to lock.
        assert until(lambda: wchan.read_text().endswith("nanosleep"))
        setup.make(secret="theirs\n")
        (setup.directory / "secret").chmod(0o640)
        lock.unlink()
    _, complaint = process.communicate(timeout=HANG)
    assert process.returncode == 1
    assert f"{setup.directory}/secret has just been made by somebody else" in complaint
    assert setup.files() == {"secret": (0o640, "theirs\n")}


# -- what is said in the end


def lines_between(text: str, begin: str, end: str) -> str:
    return text[text.index(begin):].split(end)[0]


@pytest.mark.parametrize("path", ["", "/web1"])
def test_the_lines_for_web_servers_are_taken_by_them(setup: Setup, path: str) -> None:
    said = setup.run(*setup.options(url=URL + path)).stdout
    config = setup.folder / "nginx.conf"
    server = lines_between(said, "    location", "\nor Caddy")
    assert f"location {path}/ {{" in server
    config.write_text(f"pid {setup.folder}/pid;\nevents {{}}\nhttp {{\nserver {{\n"
                      f"listen 127.0.0.1:{free_port()};\n{server}}}\n}}\n")
    checked = subprocess.run(["/usr/sbin/nginx", "-t", "-q", "-c", config, "-e", "/dev/null"],
                             capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    caddyfile = setup.folder / "Caddyfile"
    caddyfile.write_text(lines_between(said, "    login.example.com {", "\nor Apache"))
    adapted = subprocess.run(["caddy", "adapt", "--config", caddyfile, "--adapter", "caddyfile"],
                             capture_output=True, text=True,
                             env={"PATH": os.environ["PATH"], "HOME": str(setup.folder)})
    assert adapted.returncode == 0, adapted.stderr
    assert "127.0.0.1:8080" in adapted.stdout
    for example in ("nginx/pam_wechat.conf", "caddy/Caddyfile", "apache/pam_wechat.conf",
                    "haproxy/pam_wechat.cfg"):
        assert f"/examples/{example}" in said
        assert (REPOSITORY / "conf" / example).exists()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@pytest.mark.parametrize("path", ["", "/web1"])
def test_nginx_hands_on_nothing_by_these_lines_that_a_client_says_of_itself(
    setup: Setup, path: str
) -> None:
    said = setup.run(*setup.options(url=URL + path)).stdout
    lines = lines_between(said, "    location", "\nor Caddy")
    paths = [f"{path}/", f"{path}/l/x", f"{path}/callback", "/MP_verify_x.txt"]
    locations = re.findall(r"location (?:= )?(\S+) {", lines)
    assert all(any(one.startswith(location) for one in paths) for location in locations)
    port = free_port()
    config = setup.folder / "nginx.conf"
    with Upstream() as upstream:
        lines = lines.replace("127.0.0.1:8080", f"127.0.0.1:{upstream.port}")
        config.write_text(
            f"daemon off;\nuser root;\npid {setup.folder}/pid;\nevents {{}}\nhttp {{\n"
            f"access_log off;\nserver {{\nlisten 127.0.0.1:{port};\n{lines}}}\n}}\n")
        nginx = subprocess.Popen(["/usr/sbin/nginx", "-c", config, "-e", "/dev/null"])
        try:
            assert until(lambda: listens(port))
            for one in paths:
                request = Request(f"http://127.0.0.1:{port}{one}", headers=CLAIMS)
                assert urlopen(request, timeout=HANG).status == 204
        finally:
            nginx.terminate()
            nginx.wait(HANG)
    assert upstream.seen == [(one, ["127.0.0.1"]) for one in paths]


def test_a_web_server_of_its_own_port_is_told_it(setup: Setup) -> None:
    said = setup.run(*setup.options(url=URL + ":8443")).stdout
    assert f"\n    {URL.removeprefix('https://')}:8443 {{\n" in said


def test_what_comes_next_is_said(setup: Setup) -> None:
    said = setup.run(*setup.options()).stdout
    assert f"verify_file = {setup.directory}/MP_verify_….txt" in said
    assert SECRET not in said
    assert "systemctl" not in said and "reads nothing but /etc/pam_wechat:" in said
    # These are run by hand, and doctor understands what it is told to.
    helper, doctor = re.findall(r"^    (pam-wechat.*)$", said, re.MULTILINE)[-2:]
    assert helper == f"pam-wechat-helper -c {setup.directory}/helper.conf"
    assert doctor == f"pam-wechat doctor --conf {setup.directory}/pam_wechat.conf"
    done = subprocess.run([setup.program, *doctor.split()[1:], "--offline"], capture_output=True,
                          text=True, timeout=HANG, env=ENVIRONMENT)
    assert f"{setup.directory}/users" in done.stdout and "conf-missing" not in done.stdout
    assert "has to be started anew" not in said
    assert "has to be started anew" in setup.run(*setup.options(), "--force").stdout


@pytest.mark.parametrize("url", [
    URL, URL + ":8443", URL + "/a-path", "https://a-host-of-thirty-bytes.example", TEST_URL,
])
def test_all_that_is_said_fits_eighty_cells(setup: Setup, url: str) -> None:
    """By questions, and by options in the place of what was there."""
    with mounted(setup.directory.parent, "/etc"):
        for answers, words in ((f"junk\n{APPID}\n{SECRET}\njunk\n{url}\n", ()),
                               ("", (*setup.options(url=url), "--force"))):
            done = subprocess.run([setup.program, "setup", *words], text=True, input=answers,
                                  capture_output=True, timeout=HANG, env=ENVIRONMENT)
            assert (done.returncode, done.stderr) == (0, "")
            assert too_wide(done.stdout) == []


def test_a_terminal_that_is_not_utf_8_is_told_in_ascii(setup: Setup) -> None:
    for url in (URL, TEST_URL):
        done = subprocess.run(
            setup.line("--force"), text=True, input=f"junk\n{APPID}\n{SECRET}\n{url}\n",
            capture_output=True, timeout=HANG, env=ENVIRONMENT | {"LC_ALL": "zh_CN.GBK"})
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii() and "web authorization" in done.stdout
        assert "?" not in done.stdout.replace("?t=sandbox", "").replace("'?'", "")


def test_what_comes_next_for_the_files_of_the_unit_is_said(setup: Setup) -> None:
    with mounted(setup.directory.parent, "/etc"):
        done = [subprocess.run([setup.program, "setup", *setup.options(), *words], text=True,
                               capture_output=True, timeout=HANG, env=ENVIRONMENT)
                for words in ((), ("--force",))]
    assert set(setup.files()) >= set(MODES)
    unit = "    systemctl enable --now pam-wechat-helper.socket pam-wechat-helper\n"
    restart = "    systemctl restart pam-wechat-helper\n"
    assert done[0].stdout.endswith(f"{unit}    pam-wechat doctor\n")
    assert done[1].stdout.endswith(f"{unit}{restart}    pam-wechat doctor\n")
    assert "--conf" not in done[0].stdout + done[1].stdout


# -- and it works


def test_somebody_signs_in_with_what_was_written(setup: Setup, wechat: WeChat) -> None:
    site_folder = setup.folder / "site"
    site_folder.mkdir(mode=0o755)
    site = Site(site_folder, wechat)
    site.port = free_port()
    setup.directory = site_folder / "etc"
    done = setup.run(*setup.options(wechat.appid, wechat.secret, f"http://127.0.0.1:{site.port}"))
    assert done.returncode == 0, done.stderr
    own = {key: value for key, value in site.settings().items()
           if key not in ("appid", "secret_file", "public_url", "users_file")}
    # What differs from a real installation: WeChat, and where programs and sockets are.
    add(setup.directory / "pam_wechat.conf", own)
    add(setup.directory / "helper.conf", {"socket": own["socket"]})
    add_text(setup.directory / "users", f"{wechat.openid('alice')} alice\n")
    site.write("pam_wechat.conf", (setup.directory / "pam_wechat.conf").read_text(), 0o600)
    site.write_service("test")
    with (site_folder / "helper.log").open("wb") as log:
        helper = subprocess.Popen([HELPER, "-c", setup.directory / "helper.conf"], stderr=log)
    try:
        assert until(lambda: "listening on" in site.helper_log()), site.helper_log()
        with Host(site, "alice") as host:
            pin = Phone(wechat, "alice").sign_in(host.link())
            assert host.type(pin or "") == "PAM_SUCCESS"
    finally:
        helper.terminate()
        helper.wait(HANG)


def add(path: Path, settings: dict[str, str | None]) -> None:
    add_text(path, "".join(f"{key} = {value}\n" for key, value in settings.items()))


def add_text(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
