"""pam-wechat users: the users table shown, changed and judged."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.command import PROGRAM, Command
from harness.directory import Directory

ALICE = "oAlice-0000000000000000000_A"
BOB = "oBob---0000000000000000000_B"
CAROL = "oCarol-0000000000000000000_C"
TABLE = f"""\
# by hand
  {BOB}\tbob   # Bob, 网
{ALICE} alice,gone
"""
AS_ALICE = ("setpriv", "--reuid=61001", "--regid=61001", "--clear-groups")


@pytest.fixture()
def table(command: Command) -> Path:
    command.site.write_users(TABLE)
    return command.site.users_file


@contextmanager
def account(name: str, entry: str, shadow: str) -> Iterator[None]:
    """A user of this machine, for as long as it is needed (the sandbox's files are nobody's)."""
    files = {Path("/etc/passwd"): f"{name}:x:{entry}\n", Path("/etc/shadow"): f"{name}:{shadow}\n"}
    before = {path: path.read_text() for path in files}
    try:
        for path, line in files.items():
            path.write_text(before[path] + line)
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)


def findings(command: Command) -> list[tuple[str, str | None, str]]:
    done = command.run("users", "check", "--json")
    report = json.loads(done.stdout)
    found = [(one["severity"], one["user"], one["problem"]) for one in report["findings"]]
    severities = {severity for severity, _, _ in found}
    assert done.returncode == (2 if "error" in severities else 1 if found else 0)
    shown = command.run("users", "check")
    assert shown.returncode == done.returncode
    for severity, user, problem in found:
        assert f"{severity}: {user + ': ' if user else ''}{problem}\n" in shown.stdout
    return found


def test_list_shows_the_table_in_its_order(command: Command, table: Path) -> None:
    done = command.run("users", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{BOB}  bob    uid 61002     # Bob, 网\n"
        f"{ALICE}  alice  uid 61001\n"
        f"{ALICE}  gone   no such user\n"
    )


def test_list_for_programs(command: Command, table: Path) -> None:
    done = command.run("users", "list", "--json")
    assert json.loads(done.stdout) == {"bindings": [
        {"openid": BOB, "user": "bob", "exists": True, "uid": 61002, "comment": "Bob, 网"},
        {"openid": ALICE, "user": "alice", "exists": True, "uid": 61001, "comment": None},
        {"openid": ALICE, "user": "gone", "exists": False, "comment": None},
    ]}


def test_list_sends_nothing_to_the_terminal_that_moves_its_cursor(
    command: Command, table: Path
) -> None:
    table.write_bytes(f"{BOB} bob\udc80 # a\u009b\u202eb\n".encode(errors="surrogateescape"))
    assert command.run("users", "list").stdout == f"{BOB}  bob?  no such user  # ab\n"


def test_list_of_an_empty_table_says_how_to_begin(command: Command, table: Path) -> None:
    table.write_text("# nobody\n")
    done = command.run("users", "list")
    assert done.stdout == f"{table} binds nobody: pam-wechat users add OPENID USER\n"
    assert json.loads(command.run("users", "list", "--json").stdout) == {"bindings": []}


def test_add_binds_on_a_new_line_and_on_an_old_one(command: Command, table: Path) -> None:
    done = command.run("users", "add", CAROL, "carol", "--comment", "Carol")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"added {CAROL} carol:61003\n", "")
    line = f"{CAROL}    carol:61003      # Carol\n"
    assert table.read_text() == TABLE + line
    done = command.run("users", "add", BOB, "alice,carol", "root", "--force")
    assert done.stdout == \
        f"added {BOB} alice:61001\nadded {BOB} carol:61003\nadded {BOB} root:0\n"
    assert table.read_text() == \
        TABLE.replace("\tbob", "\tbob,alice:61001,carol:61003,root:0") + line


def test_add_takes_the_uid_of_this_machine_or_wants_force(command: Command, table: Path) -> None:
    assert command.run("users", "add", CAROL, "carol:61003").returncode == 0
    done = command.run("users", "add", BOB, "carol:7")
    assert done.returncode == 1
    assert "carol: it has uid 61003 on this machine, not 7; to bind the name all the same, add " \
        "--force" in done.stderr
    assert table.read_text() == TABLE + f"{CAROL}    carol:61003\n"
    assert command.run("users", "add", BOB, "carol:7,ghost:8", "--force").returncode == 0
    assert table.read_text() == \
        TABLE.replace("\tbob", "\tbob,carol:7,ghost:8") + f"{CAROL}    carol:61003\n"


LOOKS_PLAIN = {
    "zero width space": TABLE.replace("alice", "ali\u200bce"),
    "no-break space": TABLE.replace(f"{ALICE} ", f"{ALICE}\u00a0"),
    "ideographic space": TABLE.replace("\t", "\u3000"),
    "two of a kind": TABLE.replace("alice", "\u200bali\u200bce"),
    "full-width comma": TABLE.replace("alice,", "alice，"),
    "ideographic comma": TABLE.replace("alice,", "alice、"),
    "semicolon": TABLE.replace("alice,", "alice;"),
    "semicolon twice": TABLE.replace("alice,gone", "alice;gone;"  "carol"),
    "full-width colon": TABLE.replace("alice,", "alice：61001,"),
    "carriage returns": TABLE.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + TABLE,
    "mark and carriage returns": "\ufeff" + TABLE.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["plain", *LOOKS_PLAIN])
def test_what_only_looks_plain_is_named_with_a_command_that_mends_it(
    command: Command, table: Path, name: str, encoding: str
) -> None:
    """Some need two. Comments keep what they have, and nobody else may read the table meanwhile."""
    text = ("" if name == "plain" else "# 王小明，bob；\u3000\u00a0;\n") + LOOKS_PLAIN.get(name, TABLE)
    if name in ("byte order mark", "mark and carriage returns"):
        text = "\ufeff" + text.replace("\ufeff", "")
    table.write_bytes(text.encode(encoding))
    said = command.run("users", "list").stderr
    for _ in range(3):
        if said == "":
            break
        mend = re.search(f"^pam-wechat users: {table}:\\d+: .*; for the whole file: (.*)$", said)
        assert mend is not None, said
        subprocess.run(["sh", "-c", mend[1].replace("FILE", str(table))], check=True,
                       env={"PATH": "/usr/bin:/bin"})
        said = command.run("users", "list").stderr
    assert said == ""
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    comment = "" if name == "plain" else "# 王小明，bob；\u3000\u00a0;\n"
    expected = {"semicolon twice": "alice,gone,carol", "full-width colon": "alice:61001,gone"}
    assert table.read_text().replace("\t", " ") == \
        comment + TABLE.replace("alice,gone", expected.get(name, "alice,gone")).replace("\t", " ")


def test_letters_that_look_alike_are_told_apart(command: Command, table: Path) -> None:
    done = command.run("users", "add", CAROL, "\u0430lice")
    assert done.returncode == 1
    assert "\u0430lice (\\xd0\\xb0lice): this machine has no such user" in done.stderr
    table.write_text(f"{CAROL} \u0430lice\n")
    assert findings(command) == [
        ("warning", "\u0430lice", "this machine has no such user: \\xd0\\xb0lice")]
    done = command.run("users", "add", CAROL, "alice，bob", "--force")
    assert (done.returncode, "holds U+FF0C in the place of" in done.stderr) == (1, True)


@pytest.mark.parametrize("users", ["root", "root:0", "alice,root", "toor"])
def test_add_of_root_wants_force(command: Command, table: Path, users: str) -> None:
    with account("toor", "0:0::/root:/bin/sh", "*:::::::"):
        done = command.run("users", "add", CAROL, users)
        name = users.split(",")[-1].split(":")[0]
        assert done.returncode == 1
        assert f"{name}: whoever holds that phone would be root; --force if" in done.stderr
        assert table.read_text() == TABLE
        assert command.run("users", "add", CAROL, users, "--force").returncode == 0


PAM = Path("/etc/pam.d")


@contextmanager
def service(command: Command, options: str) -> Iterator[str]:
    path = PAM / "x-second-factor"
    path.write_text("auth required pam_unix.so\n"
                    + command.site.line("[success=ok ignore=ignore default=die]", options))
    try:
        yield str(path)
    finally:
        path.unlink()


@pytest.mark.parametrize("words", [(BOB,), ("--user", "bob"), (BOB, "bob")])
def test_the_last_binding_of_a_user_stays_where_others_are_let_in(
    command: Command, table: Path, words: tuple[str, ...]
) -> None:
    with service(command, "unlisted=ignore") as path:
        done = command.run("users", "remove", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.search(rf"bob would have no WeChat account .* x-second-factor \({path}:2\) asks "
                         "him no more for WeChat, .*; --force", done.stderr)
        assert table.read_text() == TABLE
        # Who has another, or is named by nobody else's table, is no matter.
        assert command.run("users", "add", CAROL, "bob").returncode == 0
        assert command.run("users", "remove", BOB).returncode == 0
        assert command.run("users", "remove", CAROL).returncode == 1
        assert command.run("users", "remove", CAROL, "--force").returncode == 0
        assert "bob" not in table.read_text()
        table.write_text(f"{ALICE} alice\n")
        done = command.run("users", "remove", ALICE)
        assert (done.returncode, "lets nobody in by an empty table" in done.stderr) == (1, True)


def test_a_binding_may_go_where_nobody_is_let_in_by_that(command: Command, table: Path) -> None:
    with service(command, ""):
        assert command.run("users", "remove", BOB).returncode == 0
    command.site.write_conf(unlisted="ignore")
    with service(command, "unlisted=refuse"):
        assert command.run("users", "remove", ALICE, "gone").returncode == 0
    with service(command, ""):
        assert command.run("users", "remove", ALICE).returncode == 1
    other = command.site.folder / "other.conf"
    other.write_text(command.site.conf_file.read_text().replace(str(table), f"{table}-2"))
    other.chmod(0o600)
    with service(command, "") as path:
        text = Path(path).read_text()
        Path(path).write_text(text.replace(str(command.site.conf_file), str(other)))
        assert command.run("users", "remove", ALICE).returncode == 0


def test_add_makes_the_table_if_there_is_none(command: Command, table: Path) -> None:
    table.unlink()
    assert command.run("users", "add", ALICE, "alice").returncode == 0
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert table.stat().st_uid == 0
    assert table.read_text().startswith("# Which WeChat account may sign in as which local user")
    assert f"{ALICE}  alice:61001  uid 61001\n" == command.run("users", "list").stdout
    assert findings(command) == []


def test_a_user_whom_the_machine_does_not_know_wants_force(command: Command, table: Path) -> None:
    done = command.run("users", "add", ALICE, "ghost")
    assert done.returncode == 1
    assert "ghost: this machine has no such user; to bind the name all the same, add --force" \
        in done.stderr
    assert table.read_text() == TABLE
    done = command.run("users", "add", ALICE, "ghost", "--force")
    assert done.returncode == 0
    assert "ghost: this machine has no such user\n" in done.stderr
    assert table.read_text() == TABLE.replace("alice,gone", "alice,gone,ghost")


@pytest.mark.parametrize(("words", "why"), [
    (("short", "alice"), "this is not an openid (6 to 64 of 0-9 A-Z a-z _ -)"),
    ((f"{CAROL}\n{CAROL}", "alice"), "this is not an openid"),
    ((CAROL, "alice bob"), '"alice bob": this cannot be the name of a local user'),
    ((CAROL, "bob\noMallory root"), '"boboMallory root": this cannot be the name of a local user'),
    ((CAROL, "alice,,bob"), "an empty name"),
    ((CAROL, "alice,bob", "alice"), "the user alice is named twice"),
    ((BOB, "alice,bob"), "bob is bound to this openid already"),
    ((CAROL, "alice", *["x" * 250] * 20), "these are too many names for one line"),
])
def test_what_cannot_be_bound_is_refused(
    command: Command, table: Path, words: tuple[str, ...], why: str
) -> None:
    done = command.run("users", "add", *words)
    assert done.returncode == 1
    assert done.stderr.startswith("pam-wechat users: ") and why in done.stderr
    assert done.stdout == ""
    assert table.read_text() == TABLE


def test_a_user_has_at_most_32_openids(command: Command, table: Path) -> None:
    text = "".join(f"openid{number:02} alice\n" for number in range(32))
    table.write_text(text)
    done = command.run("users", "add", ALICE, "alice")
    assert done.returncode == 1
    assert "alice has 32 openids already" in done.stderr
    assert table.read_text() == text


@pytest.mark.parametrize("words", [("add", CAROL, "carol"), ("remove", BOB), ("list",)])
def test_a_table_that_the_module_would_not_take_is_left_alone(
    command: Command, table: Path, words: tuple[str, ...]
) -> None:
    for text, mode, why in (
        (TABLE + "nonsense\n", 0o600, f"{table}:4: "),
        (TABLE.replace("\n", "\r\n"), 0o600, f"{table}:1: the line ends as on Windows, with a carriage return; for the whole file: "),
        (TABLE, 0o644, f"{table}: others may read it: chmod 600"),
    ):
        table.write_text(text, newline="")
        table.chmod(mode)
        done = command.run("users", *words)
        assert done.returncode == 2
        assert why in done.stderr
        assert table.read_bytes() == text.encode()


def test_remove_takes_users_and_lines_and_says_so(command: Command, table: Path) -> None:
    done = command.run("users", "remove", ALICE, "gone")
    assert (done.returncode, done.stdout) == (0, f"removed {ALICE} gone\n")
    assert table.read_text() == TABLE.replace(",gone", "")
    done = command.run("users", "remove", BOB)
    assert done.stdout == f"removed {BOB} bob\nits comment went with the line: # Bob, 网\n"
    assert table.read_text() == f"# by hand\n{ALICE} alice\n"


def test_remove_says_which_name_was_not_there(command: Command, table: Path) -> None:
    done = command.run("users", "remove", ALICE, "alice", "goen")
    assert (done.returncode, done.stdout) == (0, f"removed {ALICE} alice\n")
    assert f"goen was not bound to {ALICE}" in done.stderr


def test_remove_takes_a_user_from_all_lines(command: Command, table: Path) -> None:
    table.write_text(f"{ALICE} alice,bob\n{BOB} bob\n# end\n")
    done = command.run("users", "remove", "--user", "bob")
    assert done.stdout == f"removed {ALICE} bob\nremoved {BOB} bob\n"
    assert table.read_text() == f"{ALICE} alice\n# end\n"


def test_remove_knows_users_by_name_or_by_name_and_uid(command: Command, table: Path) -> None:
    text = f"{ALICE} alice:1,bob\n{BOB} alice:2,bob\n{CAROL} alice\n"
    for words, left in (
        (("--user", "alice:2"), text.replace("alice:2,", "")),
        (("--user", "alice"), f"{ALICE} bob\n{BOB} bob\n"),
        ((ALICE, "alice"), text.replace("alice:1,", "")),
        ((BOB, "alice:2"), text.replace("alice:2,", "")),
    ):
        table.write_text(text)
        assert command.run("users", "remove", *words).returncode == 0
        assert table.read_text() == left
    table.write_text(text)
    for wrong in (("--user", "alice:3"), (ALICE, "alice:2")):
        assert command.run("users", "remove", *wrong).returncode == 1
        assert table.read_text() == text


@pytest.mark.parametrize("words", [(CAROL,), (ALICE, "bob"), ("--user", "carol")])
def test_removing_nothing_is_told(command: Command, table: Path, words: tuple[str, ...]) -> None:
    done = command.run("users", "remove", *words)
    assert done.returncode == 1
    assert f"{table}: no line binds " in done.stderr
    assert table.read_text() == TABLE
    table.unlink()
    done = command.run("users", "remove", *words)
    assert done.returncode == 1
    assert f"{table}: there is no such table" in done.stderr
    assert not table.exists()


@pytest.mark.parametrize("words", [
    (), ("add",), ("add", CAROL), ("remove",), ("remove", ALICE, "--user", "alice"),
    ("list", "more"), ("check", "more"), ("list", "--force"), ("list", "--uids"),
    ("uids", "--uids"), ("uids", "--json"), ("add", CAROL, "bob", "--json"),
    ("add", CAROL, "bob", "--user", "bob"), ("remove", ALICE, "--comment", "x"), ("nonsense",),
])
def test_wrong_usage_changes_nothing(
    command: Command, table: Path, words: tuple[str, ...]
) -> None:
    done = command.run("users", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr != ""
    assert table.read_text() == TABLE


UIDS = f"""\
# by hand
  {BOB}\tbob:61002   # Bob, 网
{ALICE} alice:61001,gone
"""


def test_uids_are_written_for_the_whole_table(command: Command, table: Path) -> None:
    done = command.run("users", "uids")
    assert (done.returncode, done.stdout, done.stderr) == (
        1, f"set {BOB} bob:61002\nset {ALICE} alice:61001\n",
        "pam-wechat users: gone: this machine has no such user\n")
    assert table.read_text() == UIDS
    assert command.run("users", "remove", ALICE, "gone").returncode == 0
    done = command.run("users", "uids")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to change\n", "")


def test_a_uid_that_differs_is_written_for_who_is_named_alone(
    command: Command, table: Path
) -> None:
    text = UIDS.replace("61001,gone", "7,carol")
    table.write_text(text)
    done = command.run("users", "uids", "bob")
    assert (done.returncode, done.stdout) == (0, "nothing to change\n")
    done = command.run("users", "uids")
    assert done.returncode == 1
    assert done.stdout == f"set {ALICE} carol:61003\n"
    assert done.stderr == (
        "pam-wechat users: alice: the table says uid 7, and this machine 61001. If it is the "
        "same person: pam-wechat users uids alice\n")
    done = command.run("users", "uids", "alice")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"set {ALICE} alice:61001\n", "")
    assert table.read_text() == text.replace("alice:7,carol", "alice:61001,carol:61003")


def test_uids_of_whom_the_table_does_not_name_are_not_written(
    command: Command, table: Path
) -> None:
    done = command.run("users", "uids", "carol", "bob")
    assert (done.returncode, done.stdout) == (1, f"set {BOB} bob:61002\n")
    assert done.stderr == "pam-wechat users: carol: no line binds this user\n"
    table.unlink()
    done = command.run("users", "uids")
    assert done.returncode == 1 and f"{table}: there is no such table" in done.stderr
    assert not table.exists()


def test_300_users_get_their_uids_in_one_step(
    command: Command, table: Path, tmp_path: Path
) -> None:
    with Directory(tmp_path / "directory") as directory:
        directory.set({f"user{number}": 20000 + number for number in range(300)})
        through = ("env", *(f"{name}={value}" for name, value in directory.environment))
        table.write_text("".join(
            f"openid{number:03} user{number} # {number}\n" for number in range(300)))
        assert command.run("users", "check", through=through).returncode == 0
        done = command.run("users", "check", "--uids", through=through)
        assert done.returncode == 1 and len(done.stdout.splitlines()) == 300
        done = command.run("users", "uids", through=through)
        assert (done.returncode, done.stderr) == (0, "")
        assert table.read_text() == "".join(
            f"openid{number:03} user{number}:{20000 + number} # {number}\n"
            for number in range(300))
        assert command.run("users", "check", "--uids", through=through).returncode == 0


@pytest.mark.parametrize("manner", ["unavailable", "tryagain"])
def test_a_directory_that_is_away_is_not_taken_for_one_without_users(
    command: Command, table: Path, tmp_path: Path, manner: str
) -> None:
    text = UIDS.replace("gone", "dora,dory:7")
    table.write_text(text)
    with Directory(tmp_path / "directory", "files directory") as directory:
        directory.set({"dora": 7, "dory": 7}, manner)
        through = ("env", *(f"{name}={value}" for name, value in directory.environment))
        done = command.run("users", "uids", through=through)
        assert (done.returncode, table.read_text()) == (1, text)
        assert "dora: " in done.stderr and "no such user" not in done.stderr
        for words in (("list",), ("check",), ("check", "--uids")):
            done = command.run("users", *words, through=through)
            assert "no such user" not in done.stdout and "dora" in done.stdout
        assert command.run("users", "add", CAROL, "dora", through=through).returncode == 1
        directory.behave("here")
        assert command.run("users", "uids", through=through).returncode == 0
    assert table.read_text() == text.replace("dora", "dora:7")


def test_check_compares_uids(command: Command, table: Path) -> None:
    table.write_text(f"{ALICE} alice:61001,bob:7,carol\n{BOB} bob:61002,gone:5\n")
    assert findings(command) == [
        ("warning", "bob",
         "line 1 names uid 7, and this machine has uid 61002: nobody gets in by it. If it is the "
         "same person, pam-wechat users uids; if not, pam-wechat users remove"),
        ("warning", "gone", "this machine has no such user"),
    ]
    done = command.run("users", "check", "--uids")
    assert "warning: carol: line 1 names no uid: pam-wechat users uids writes uid 61003\n" \
        in done.stdout


def test_list_says_which_uid_differs(command: Command, table: Path) -> None:
    table.write_text(f"{BOB} bob:7,alice:61001\n")
    assert command.run("users", "list").stdout == (
        f"{BOB}  bob:7        uid 61002, not 7\n{BOB}  alice:61001  uid 61001\n")
    (bob, alice) = json.loads(command.run("users", "list", "--json").stdout)["bindings"]
    assert (bob["user"], bob["uid"], bob["bound_uid"]) == ("bob", 61002, 7)
    assert (alice["user"], alice["uid"], alice["bound_uid"]) == ("alice", 61001, 61001)


def test_check_finds_nothing_in_a_good_table(command: Command, table: Path) -> None:
    table.write_text(f"{ALICE} alice\n{BOB} bob\n")
    assert findings(command) == []
    done = command.run("users", "check")
    assert done.stdout == f"{table}: 2 bindings, nothing to mend\n"


def test_check_warns_of_users_who_are_not_what_they_seem(command: Command, table: Path) -> None:
    table.write_text(f"{ALICE} alice,ghost,root\n{BOB} alicia,ghost\n")
    assert findings(command) == [
        ("warning", "ghost", "this machine has no such user"),
        ("warning", "root", "uid 0: whoever has this WeChat account has this machine"),
        ("warning", "alicia", "has uid 61001, as alice has: two names, one user"),
    ]


@pytest.mark.parametrize(("shell", "shadow", "why"), [
    ("/usr/sbin/nologin", "*:19000:0:99999:7:::", "the shell /usr/sbin/nologin lets nobody in"),
    ("/bin/false", "*:19000:0:99999:7:::", "the shell /bin/false lets nobody in"),
    ("/bin/sh", "!$6$salt$hash:19000:0:99999:7:::",
     "the password is locked, which does not stop a login by WeChat"),
    ("/bin/sh", "*:19000:0:99999:7::1:", "the account has expired"),
    ("/bin/sh", "*:19000:0:99999:7::99999:", None),
    ("/bin/sh", "!:19000:0:99999:7:::", None),
    ("/bin/sh", "!*:19000:0:99999:7:::", None),
    ("/bin/sh", "!!:19000:0:99999:7:::", None),
])
def test_check_warns_of_users_who_are_shut_out_elsewhere(
    command: Command, table: Path, shell: str, shadow: str, why: str | None
) -> None:
    table.write_text(f"{ALICE} dora\n")
    with account("dora", f"61099:61099::/:{shell}", shadow):
        found = findings(command)
    assert [(severity, user) for severity, user, _ in found] == \
        ([] if why is None else [("warning", "dora")])
    assert why is None or found[0][2].startswith(why)


def test_check_warns_of_a_table_that_binds_nobody(command: Command, table: Path) -> None:
    table.write_text("# nobody yet\n")
    assert findings(command) == [
        ("warning", None,
         f"{table}: binds nobody, so nobody gets in: pam-wechat users add OPENID USER"),
    ]


def test_check_refuses_what_the_module_refuses(command: Command, table: Path) -> None:
    table.write_text(TABLE + "nonsense\n")
    (severity, _, problem), = findings(command)
    assert (severity, problem.startswith(f"{table}:4: ")) == ("error", True)
    table.write_text(TABLE)
    table.chmod(0o640)
    assert findings(command) == [("error", None, f"{table}: others may read it: chmod 600")]
    table.unlink()
    (severity, _, problem), = findings(command)
    assert severity == "error"
    assert problem.endswith("No such file or directory: pam-wechat users add OPENID USER makes it")
    table.write_text("".join(f"openid{number:02} alice\n" for number in range(33)))
    table.chmod(0o600)
    assert findings(command) == [
        ("error", "alice", "has 33 openids, and nobody with more than 32 gets in: remove some"),
    ]


def test_who_lacks_the_rights_is_told(command: Command, table: Path) -> None:
    for mode in (0o600, 0o644):
        command.site.conf_file.chmod(mode)
        for words in (("list",), ("remove", BOB)):
            done = command.run("users", *words, through=AS_ALICE)
            assert done.returncode == 1
            assert "Permission denied: run this as root" in done.stderr
    assert table.read_text() == TABLE


@pytest.mark.parametrize(("words", "status"), [
    (("users", "list"), 2), (("enroll", "alice"), 2), (("status",), 1),
    (("doctor", "--offline"), 2),
])
def test_a_configuration_s_name_that_is_too_long_is_told(
    words: tuple[str, ...], status: int
) -> None:
    """It is not cut: another file may have the shorter name."""
    done = subprocess.run([PROGRAM, *words, "--conf", "/" + "a" * 4200], capture_output=True,
                          text=True)
    assert done.returncode == status
    assert "--conf: the name is too long" in done.stdout + done.stderr


def test_a_bad_configuration_is_told_with_its_line(command: Command, table: Path) -> None:
    command.site.conf_file.write_text("users_file = /nowhere\nnonsense\n")
    done = command.run("users", "list")
    assert done.returncode == 2
    assert f"{command.site.conf_file}:2: " in done.stderr


@pytest.mark.parametrize("verb", ["list", "check"])
def test_programs_are_told_of_a_bad_configuration_in_json(
    command: Command, table: Path, verb: str
) -> None:
    command.site.conf_file.write_text("users_file = /nowhere\nnonsense\n")
    done = command.run("users", verb, "--json")
    assert done.returncode == 2
    (error,) = json.loads(done.stdout).items()
    assert error[0] == "error" and error[1].startswith(f"{command.site.conf_file}:2: ")
    assert error[1] in done.stderr
    assert command.run("users", verb).stdout == ""


def test_programs_are_told_of_a_bad_table_in_json(command: Command, table: Path) -> None:
    table.write_text("nonsense\n")
    done = command.run("users", "list", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"].startswith(f"{table}:1: ")


def test_what_nobody_can_read_is_not_done(command: Command, table: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(command.line("users", "list"), stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"standard output" in done.stderr
