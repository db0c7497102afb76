"""What the documents say of the log: each journalctl line finds what it promises."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.administered import Server
from harness.debian import Failed
from harness.site import REPOSITORY

COMMAND = re.compile(r"journalctl( -[a-zA-Z](?: [\w.-]+)?)+")
PROMISES = {
    "journalctl -t sshd -t sshd-session": r"pam_wechat\(sshd:auth\): login=\w+ service=sshd "
                                          r"user=alice .*result=ok",
    "journalctl -t sshd-wechat -t sshd-session": r"pam_wechat\(sshd-wechat:auth\): login=\w+ "
                                                 r"service=sshd-wechat user=alice .*result=ok",
    "journalctl -u pam-wechat-helper": r"pam-wechat-helper\[\d+\]: listening on http://",
    "journalctl -t pam-wechat -n 20": r"pam-wechat\[\d+\]: pam_wechat\(\S+\): login=\w+ ",
}
# The kernel's log belongs to the machine, not to what is booted on it.
OF_THE_KERNEL = "journalctl -k"


def read_the_log(server: Server) -> None:
    _test(server)
    commands = {command for command in _documented() if not command.startswith(OF_THE_KERNEL)}
    # One that is new needs a line that tells what it is to find.
    assert PROMISES.keys() == commands, commands
    server.run("journalctl", "--sync")
    for command in PROMISES:
        found = server.run(*command.split())
        if re.search(PROMISES[command], found) is None:
            raise Failed(f"{command} does not find {PROMISES[command]}\n{found}")
        print(f"   | {command}: {len(found.splitlines())} lines")


def _documented() -> set[str]:
    """Of the READMEs, the manuals, and what the programs say."""
    found = set()
    for pattern in ("*.md", "*.scd", "*.conf", "*.c"):
        for path in REPOSITORY.rglob(pattern):
            if "tests" not in path.relative_to(REPOSITORY).parts:
                found |= {command[0] for command in COMMAND.finditer(path.read_text())}
    return found


def _test(server: Server) -> None:
    """The command that names the log of its own."""
    with server.terminal("pam-wechat", "test", "alice", "--service", "sshd") as terminal:
        terminal.type(server.phone().sign_in(terminal.wait_for_login().picture) or "no code")
        terminal.rest()
        assert terminal.status == 0, terminal.text


STEPS: dict[str, Callable[[Server], None]] = {
    "every journalctl line of the documents": read_the_log,
}
