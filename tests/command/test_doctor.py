"""pam-wechat doctor: a sound machine, and one thing after another that breaks it."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.directory import Directory
from harness.machine import (
    ACCOUNT, COMMON_AUTH, After, Before, Machine, mounted, replaced,
)
from harness.mending import another_service_lets_in, apply
from harness.mute import Mute
from harness.pty_pair import a_pty
from harness.services import MODULE
from harness.site import BUILD, Site, free_port
from harness.waiting import HANG, until
from simulator import Authority, WeChat, errors
from simulator.server import Reply, Request

PLATFORM = "developers.weixin.qq.com/platform"
SANDBOX = "https://mp.weixin.qq.com/debug/cgi-bin/sandbox?t=sandbox/login"
YESTERDAY = "Fri, 01 Mar 2024 10:00:00 GMT"
MATCH = "Match Address 192.0.2.0/24\nPasswordAuthentication yes\n"
UNITS = ("pam-wechat-helper.socket", "pam-wechat-helper.service")
LATER = 4102444800  # in the year 2100
PICKS = "auth sufficient pam_succeed_if.so uid >= 60000\n"
LONG_PATH = "/a-path-that-makes-links-too-long"


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def in_turn(*changes: Callable[[Machine], None]) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        for one in changes:
            one(machine)
    return change


def add_setting(line: str) -> Callable[[Machine], None]:
    return lambda machine: append(machine.site.conf_file, line + "\n")


def set_conf(**changes: str | None) -> Callable[[Machine], None]:
    return lambda machine: machine.site.write_conf(**changes)


def set_helper(**changes: str | None) -> Callable[[Machine], None]:
    return lambda machine: machine.write_helper_conf(**changes)


def set_sshd(**changes: str | None) -> Callable[[Machine], None]:
    return lambda machine: machine.write_sshd(**changes)


def in_drop_in(text: str, name: str = "50-cloud-init.conf") -> Callable[[Machine], None]:
    return lambda machine: append(machine.ssh / "sshd_config.d" / name, text)


def in_match(text: str, who: str = "User alice,bob") -> Callable[[Machine], None]:
    return lambda machine: append(machine.ssh / "sshd_config", f"Match {who}\n  {text}\n")


def set_mode(name: str, mode: int) -> Callable[[Machine], None]:
    return lambda machine: (machine.site.folder / name).chmod(mode)


def remove(name: str) -> Callable[[Machine], None]:
    return lambda machine: (machine.site.folder / name).unlink()


def write(machine: Machine, name: str, text: str) -> None:
    (machine.site.folder / name).write_text(text)


def write_users(table: str) -> Callable[[Machine], None]:
    return lambda machine: machine.site.write_users(
        table.replace("OPENID", machine.wechat.openid("alice")))


def pam(*lines: str, service: str = "sshd") -> Callable[[Machine], None]:
    """The auth lines of a service: "CONTROL: OPTIONS" is a line of the module's."""
    def change(machine: Machine) -> None:
        machine.write_pam(service, "".join(
            machine.line(*line.split(": ", 1)) if ": " in line else line + "\n"
            for line in lines))
    return change


def shipped(service: str, text: str) -> Callable[[Machine], None]:
    """As a package brings it, in its own folder."""
    return lambda machine: machine.write_shipped_pam(service, text)


def open_folder(machine: Machine, folder: Path) -> None:
    """Until the machine is closed."""
    mode = folder.stat().st_mode & 0o7777
    machine.opened.callback(folder.chmod, mode)
    folder.chmod(0o777)


def lead_elsewhere(machine: Machine, mode: int) -> None:
    """The service's file is a link into a folder of this mode."""
    elsewhere = machine.site.folder / "elsewhere"
    elsewhere.mkdir()
    path = Path("/etc/pam.d/sshd")
    (elsewhere / "file").write_text(path.read_text())
    path.unlink()
    path.symlink_to(elsewhere / "file")
    elsewhere.chmod(mode)


def empty_password(*names: str, file: str = "/etc/shadow") -> Callable[[Machine], None]:
    """As `passwd -d` leaves them."""
    def change(machine: Machine) -> None:
        path = Path(file)
        text = path.read_text()
        machine.opened.callback(path.write_text, text)
        for name in names:
            text, count = re.subn(f"^{name}:[^:]*:", f"{name}::", text, flags=re.MULTILINE)
            assert count == 1
        path.write_text(text)
    return change


SECOND = "[success=ok ignore=ignore default=die]: unlisted=ignore"


def trial_line(numbers: str) -> Callable[[Machine], None]:
    """What "enable sudo --try" writes, with these numbers."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return pam("# BEGIN pam-wechat", f"# on trial until then [{numbers.format(boot=boot)}]",
               "[success=done ignore=ignore default=die]: ", "# END pam-wechat", service="sudo")


def on_trial(machine: Machine) -> None:
    """This process is the one that is to take it back."""
    began = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
    trial_line(f"9999999999 {{boot}} 1 {os.getpid()} {began} 0 0")(machine)


def kill_helper(machine: Machine) -> None:
    machine.site.stop_helper(signal.SIGKILL)


def open_socket(machine: Machine) -> None:
    (machine.site.folder / "run/helper.sock").chmod(0o666)


def close_socket(machine: Machine) -> None:
    """As systemd makes it for a peer_user that its unit does not know."""
    os.chown(machine.site.folder / "run/helper.sock", 0, 0)


def own_pages(machine: Machine, folder_mode: int, file_mode: int) -> None:
    folder = machine.site.folder / "pages"
    machine.command.run("pages", str(folder))
    (folder / "style.css").chmod(file_mode)
    folder.chmod(folder_mode)
    machine.write_helper_conf(pages_dir=str(folder))


def old_helper(machine: Machine) -> None:
    real = machine.helper.rename(machine.site.folder / "real-helper")
    machine.helper.write_text(f'#!/bin/sh\n[ "$1" != -V ] || {{ echo 0.0.1; exit; }}\n'
                              f'exec {real} "$@"\n')
    machine.helper.chmod(0o755)


def figures(*names: str) -> Callable[[Machine], None]:
    return lambda machine: machine.say_figures("".join(f"# HELP x\npam_wechat_{name} 1\n"
                                                       for name in names))


def logins_from(**counts: int) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        version = subprocess.run([machine.helper, "-V"], stdout=subprocess.PIPE, text=True)
        machine.say_figures("# figures\n" + f'pam_wechat_helper_info{{version="{version.stdout.strip()}"}} 1\n'
                            "pam_wechat_pending_logins 0\n" + "".join(
                                f"pam_wechat_logins_{name}_total {count}\n"
                                for name, count in counts.items()))
    return change


def unread_module(machine: Machine) -> None:
    machine.write_pam("sshd", "auth required pam_wechat.so\n")


def move_module(machine: Machine) -> None:
    append(Path("/etc/pam.d/common-auth"), machine.line("required"))
    machine.write_pam("sshd", "@include common-auth\n")


def account_line(machine: Machine) -> None:
    append(Path("/etc/pam.d/sshd"), machine.line("required").replace("auth", "account", 1))


def compile_into(path: Path, source: str, *flags: str) -> None:
    path.unlink(missing_ok=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, "-x", "c", "-", *flags], check=True,
                   input=source.encode())
    path.chmod(0o644)


def code(name: str, source: str) -> Callable[[Machine], None]:
    """A module of this name, where libpam looks for modules; or the site's own."""
    return lambda machine: compile_into(module_path(machine, name), source)


def bytes_of_module(name: str, content: bytes | None) -> Callable[[Machine], None]:
    """None: another architecture's."""
    def change(machine: Machine) -> None:
        path = module_path(machine, name)
        was = machine.site.module.read_bytes()
        path.write_bytes(was[:4] + b"\1" + was[5:] if content is None else content)
    return change


def module_path(machine: Machine, name: str) -> Path:
    if name == "pam_wechat.so":
        return machine.site.module
    machine.modules.add(name)
    return MODULE.parent / name


def with_gone_library(name: str) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        library = machine.site.folder / "libgone.so"
        compile_into(library, "int gone(void) { return 0; }")
        compile_into(module_path(machine, name),
                     "int gone(void); int pam_sm_authenticate(void) { return gone(); }",
                     f"-L{library.parent}", "-lgone")
        library.unlink()
    return change


AUTH = "int pam_sm_authenticate(void) { return 0; }"
ENDS = AUTH + "void exit(int); __attribute__((constructor)) static void end(void) { exit(0); }"
FALLS = AUTH + "void abort(void); __attribute__((constructor)) static void end(void) { abort(); }"


def wrong_api(errcode: int) -> Callable[[Machine], None]:
    return lambda machine: machine.site.write_conf(
        api_url=machine.say(errors.body(errcode).decode()))


def wrong_secret(before_code: bool) -> Callable[[Machine], None]:
    """WeChat looks at it before the code, or after it."""
    def change(machine: Machine) -> None:
        machine.wechat.secret_before_code = before_code
        machine.site.write("secret", "0123456789abcdef" * 2 + "\n", 0o600)
    return change


def expired_api(machine: Machine) -> None:
    machine.wechat.certificate_kind = "expired"


def units(installed: int, enabled: int) -> Callable[[Machine], None]:
    """The socket's unit is the first, the service's the second."""
    def change(machine: Machine) -> None:
        folder = Path("/run/systemd/system")
        wants = folder / "multi-user.target.wants"
        wants.mkdir(parents=True)
        for unit in UNITS[:installed]:
            (folder / unit).write_text("")
        for unit in UNITS[:enabled]:
            (wants / unit).symlink_to(folder / unit)
    return change


def web(before: Before | None = None, after: After | None = None) -> Callable[[Machine], None]:
    """A web server in front that does something of its own."""
    return lambda machine: machine.serve_url(machine.front(None, before, after))


def answer(path: str, status: int, method: str = "") -> Before:
    """Answers by itself what begins so."""
    def before(request: Request) -> Request | Reply:
        own = request.path.startswith(path) and request.method.startswith(method)
        return Reply(status) if own else request
    return before


def moved(request: Request) -> Request:
    """As nginx does by a proxy_pass that ends in a path, for all but one place."""
    if request.path == "/healthz":
        return request
    return replace(request, path=f"/wechat{request.path}")


def without_query(request: Request) -> Request:
    return replace(request, query="")


def without_cookies(request: Request) -> Request:
    return replace(request, headers={name: value for name, value in request.headers.items()
                                     if name.lower() != "cookie"})


def without(header: str) -> After:
    def after(reply: Reply) -> Reply:
        return replace(reply, headers=[pair for pair in reply.headers if pair[0] != header])
    return after


def redirected(reply: Reply) -> Reply:
    return replace(reply, headers=[
        (name, value.replace("?appid=", "?app=") if name == "Location" else value)
        for name, value in reply.headers])


def other_url(machine: Machine) -> None:
    """Both files name it, and the helper that runs has not read it."""
    url = machine.front(None)
    machine.site.write_conf(public_url=url)
    machine.write_helper_conf(public_url=url)


def other_exchange(program: Path) -> Callable[[Machine], None]:
    """This one in its place, and the right one as its FILE.real."""
    def change(machine: Machine) -> None:
        exchange = Path(machine.site.settings()["exchange"])
        exchange.rename(f"{exchange}.real")
        shutil.copy(program, exchange)
    return change


@dataclass(frozen=True)
class Break:
    id: str
    change: Callable[[Machine], None]
    mend: str  # is in what mends it
    name: str = ""
    status: int = 2
    place: str = ""  # the end of file:line


BREAKS = [
    Break("conf-missing", remove("pam_wechat.conf"), "pam-wechat setup --dir /"),
    Break("conf-untrusted", set_mode("pam_wechat.conf", 0o666), "chmod 600",
          place="pam_wechat.conf:None"),
    Break("conf-untrusted", set_mode(".", 0o733), "chmod go-w", "directory", place="site:None"),
    Break("conf-bad", add_setting("colour = red"), "line 12", place="pam_wechat.conf:12"),
    Break("conf-bad", set_conf(public_url="http://login.example.com"), "line 3", "plain-http",
          place="pam_wechat.conf:3"),
    Break("conf-mode", set_mode("pam_wechat.conf", 0o644), "chmod 600", status=1),
    Break("secret-missing", remove("secret"), "app secret"),
    Break("secret-untrusted", set_mode("secret", 0o644), "chmod 600"),
    Break("secret-bad", lambda machine: write(machine, "secret", "short\n"), "line 1",
          place="secret:1"),
    Break("exchange-missing", remove("pam-wechat-exchange"), "install pam_wechat again"),
    Break("exchange-untrusted", set_mode("pam-wechat-exchange", 0o777), "chmod 755"),
    Break("exchange-user", set_conf(exchange_user="nobody-of-that-name"),
          "exchange_user = pam-wechat-exchange"),
    Break("exchange-user", set_conf(exchange_user="root"), "remove line 7", "root"),
    Break("ca-file", lambda machine: write(machine, "ca.pem", ""), "line 11"),
    Break("link-long", lambda machine: machine.serve_url(
        machine.say("ok\n") + LONG_PATH), "shorter", status=1, place="pam_wechat.conf:3"),
    Break("users-missing", remove("users"), "pam-wechat enroll USER --conf /"),
    Break("users-bad", write_users("\nOPENID alice\u200b\n"), "LC_ALL=C sed -i ':a; s/", "unseen",
          place="users:2"),
    Break("users-bad", lambda machine: machine.site.users_file.write_bytes("oAlice alice\n".encode(
        "utf-16")), "iconv -f UTF-16 -t UTF-8 /", "utf-16", place="users:1"),
    Break("secret-bad", lambda machine: write(machine, "secret", machine.wechat.secret + "\r\n"),
          "sed -i 's/\\r//g' /", "windows", place="secret:1"),
    Break("conf-bad", add_setting("timeout\u3000= 60"), "\\xe3\\x80\\x80/\\1 /; ta' /", "unseen",
          place="pam_wechat.conf:12"),
    Break("helper-conf", set_helper(lang="zh\u200b"), "\\xe2\\x80\\x8b/\\1/; ta' /", "unseen",
          place="helper.conf:6"),
    Break("pam-broken", pam("\ufeffauth required pam_env.so", "required: debug"), "line 1", "mark",
          place="sshd:1"),
    Break("users-untrusted", set_mode("users", 0o644), "chmod 600"),
    Break("users-bad", write_users("# people\nOPENID alice bob\n"), "line 2", place="users:2"),
    Break("users-empty", write_users("# nobody\n"), "pam-wechat enroll USER"),
    Break("users-unknown", write_users("\nOPENID alice,dora # bob\n"), "dora", status=1,
          place="users:2"),
    Break("users-uid-differs", write_users("\nOPENID bob:61002,alice:7 # bob\n"),
          "if it is the same person", status=1, place="users:2"),
    Break("users-uid-differs", write_users("OPENID alice:61001\n\noOther00000 bob:61001\n"),
          "pam-wechat users remove --user bob:61001", status=1, place="users:3"),
    Break("users-unknown", write_users("# dora\n\n\n  OPENID\tbob,dora"), "dora", status=1,
          place="users:4"),

    Break("helper-missing", remove("pam-wechat-helper"), "install"),
    Break("helper-untrusted", set_mode("pam-wechat-helper", 0o777), "chmod 755"),
    Break("helper-version", old_helper, "one release", status=1),
    Break("helper-conf", set_helper(colour="red"), "pam-wechat-helper -t",
          place="helper.conf:8"),
    Break("helper-conf", remove("helper.conf"), "pam-wechat setup --dir /", "missing"),
    Break("helper-reads", set_mode("helper.conf", 0o600), "let user pam-wechat read it: chmod go+r",
          place="helper.conf:None"),
    Break("helper-reads", in_turn(
        lambda machine: machine.site.write("MP_verify_abc.txt", "abc", 0o600),
        lambda machine: machine.write_helper_conf(
            verify_file=f"{machine.site.folder}/MP_verify_abc.txt")), "pam-wechat-helper -t -c",
        "verify"),
    Break("helper-reads", lambda machine: own_pages(machine, 0o700, 0o644), "go+rx each directory",
          "pages"),
    Break("helper-reads", lambda machine: own_pages(machine, 0o755, 0o600), "chmod go+r", "a-page"),
    Break("helper-url", set_helper(public_url="http://127.0.0.1:9/other"), "public_url = http",
          place="helper.conf:2"),
    Break("helper-socket", set_helper(socket="/run/other.sock"), "socket = ",
          place="helper.conf:3"),
    Break("helper-user", set_helper(user="nobody-of-that-name"), "user = pam-wechat",
          place="helper.conf:4"),
    Break("helper-peer", set_helper(peer_user="pam-wechat"), "peer_user = pam-wechat-exchange",
          place="helper.conf:5"),
    Break("helper-proxy", in_turn(
        lambda machine: machine.serve_url(machine.front()), set_helper(trusted_proxy=None),
    ), "trusted_proxy", status=1),
    Break("helper-silent", kill_helper, "journalctl"),
    Break("helper-old", figures('helper_info{version="0.0.1"}', "pending_logins"),
          "systemctl restart", status=1),
    Break("helper-old", figures("pending_logins"), "systemctl restart", "unnamed", status=1),
    Break("socket-missing", remove("run/helper.sock"), "systemctl"),
    Break("socket-untrusted", open_socket, "systemctl"),
    Break("socket-untrusted", lambda machine: (machine.site.folder / "run").chmod(0o777), "go-w",
          "directory"),
    Break("socket-closed", close_socket, "systemctl restart"),
    Break("socket-closed", in_turn(units(installed=2, enabled=2), close_socket),
          "SocketGroup=61012", "by-systemd"),
    Break("socket-dead", kill_helper, "systemctl"),

    Break("pam-unused", lambda machine: Path("/etc/pam.d/sshd").unlink(), "enable", status=1),
    Break("pam-common", move_module, "move line 4", place="common-auth:4"),
    Break("pam-type", account_line, "line 3", place="sshd:3"),
    Break("pam-module-missing", unread_module, "install", place="sshd:1"),
    Break("pam-module-load", bytes_of_module("pam_wechat.so", b""), "install", "empty",
          place="sshd:1"),
    Break("pam-module-load", bytes_of_module("pam_wechat.so", None), "install", "architecture",
          place="sshd:1"),
    Break("pam-module-load", with_gone_library("pam_wechat.so"), "libraries", "library",
          place="sshd:1"),
    Break("pam-module-load", code("pam_wechat.so", "int pam_sm_setcred;"), "install", "function",
          place="sshd:1"),
    Break("pam-module-load", code("pam_wechat.so", ENDS), "install", "ends", place="sshd:1"),
    Break("pam-module-load", code("pam_wechat.so", FALLS), "install", "falls", place="sshd:1"),
    Break("pam-module-untrusted", set_mode("pam_wechat.so", 0o777), "chmod 644", place="sshd:1"),
    Break("pam-module-untrusted", in_turn(
        code("pam_corporate.so", AUTH), pam("auth optional pam_corporate.so", "required: debug"),
        lambda machine: module_path(machine, "pam_corporate.so").chmod(0o666)),
        "chmod 644 /usr/lib/", "another", place="sshd:1"),
    Break("pam-other-lost", pam("auth required pam_gone.so", "required: debug"),
          "has pam_gone.so, or correct its name in line 1", place="sshd:1"),
    Break("pam-other-lost", pam("-auth required pam_gone.so", "required: debug"), "line 1",
          "quiet", place="sshd:1"),
    Break("pam-other-lost", pam("required: debug", "auth [success=ok default=die] pam_gone.so"),
          "line 2",
          "bracket", place="sshd:2"),
    Break("pam-other-lost", in_turn(
        bytes_of_module("pam_corporate.so", b""),
        pam("auth requisite pam_corporate.so", "required: debug")), "line 1", "empty",
        place="sshd:1"),
    Break("pam-other-lost", in_turn(
        with_gone_library("pam_corporate.so"),
        pam("auth requisite pam_corporate.so", "required: debug")), "line 1", "library",
        place="sshd:1"),
    Break("pam-other-lost", lambda machine: machine.write_pam(
        "sshd", machine.line("required"), "account required pam_gone.so\n"), "line 2", "account",
        place="sshd:2"),
    Break("pam-other-lost", lambda machine: machine.write_pam(
        "sshd", machine.line("required"), ACCOUNT + "session requisite pam_gone.so\n"), "line 3",
        "session", place="sshd:3"),
    Break("pam-other-conf-bad", lambda machine: machine.write_pam(
        "su", machine.line("required").replace("conf=", "conf=/nowhere")), "at the end of line 1",
        place="su:1"),
    Break("pam-other-conf-bad", in_turn(
        lambda machine: append(machine.site.folder / "other.conf", "colour = red\n"),
        lambda machine: machine.write_pam("su", machine.line("required").replace(
            "pam_wechat.conf", "other.conf"))), "doctor --conf /", "broken", place="su:1"),
    Break("pam-options", pam("required: colour=red"), "line 1", place="sshd:1"),
    Break("pam-wait", pam("required: confirm=wait debug"), ".conf debug", place="sshd:1"),
    Break("pam-wait", set_conf(confirm="wait"), "remove line 12", "by-conf", place="sshd:1"),
    Break("pam-wait", pam("required: [confirm=wait]", service="xrdp-sesman"), ".conf\"", "window",
          place="xrdp-sesman:1"),
    Break("pam-denial-passes", pam("sufficient: debug", "@include common-auth"),
          "auth required", place="sshd:1"),
    Break("pam-denial-passes", pam("auth required pam_unix.so", "optional: debug"),
          "auth required", "optional", place="sshd:2"),
    Break("pam-denial-passes", pam("auth required pam_unix.so",
                                   "[success=ok default=ignore]: unlisted=ignore"),
          "auth required", "bracket", place="sshd:2"),
    Break("pam-unavailable-passes",
          pam("[success=done authinfo_unavail=ignore default=die]: debug", "@include common-auth"),
          "auth required", status=1, place="sshd:1"),
    Break("pam-ignore-opens", pam("[success=ok ignore=ignore default=die]: unlisted=ignore",
                                  "auth required pam_permit.so"),
          ".conf\"", place="sshd:1"),
    Break("pam-ignore-opens", in_turn(
        pam("[success=ok ignore=ignore default=die]: debug", "auth required pam_permit.so"),
        set_conf(unlisted="ignore")), "debug unlisted=refuse", "by-conf", place="sshd:1"),
    Break("pam-ignore-denies", pam("required: unlisted=ignore"), "auth required pam_unix.so",
          status=1, place="sshd:1"),
    Break("pam-never", pam("required: debug", "auth required pam_deny.so"), "remove line 2"),
    Break("pam-never", pam("auth [success=2 default=bad] pam_env.so", "required: debug"),
          "jumps", "jump"),
    Break("pam-open", pam("auth sufficient pam_permit.so", "required: debug"),
          "auth required pam_permit.so", place="sshd:1"),
    Break("pam-open", pam("auth [success=1] pam_env.so", "required: debug",
                          "auth required pam_permit.so"),
          "auth required pam_env.so", "by-a-jump", place="sshd:1"),
    Break("pam-open", pam("auth sufficient pam_rootok.so", "required: debug"),
          "remove line 1", "by-rootok", place="sshd:1"),
    Break("pam-open", pam("auth sufficient pam_rootok.so", "required: debug", service="sshd-2"),
          "remove line 1", "by-rootok-copied", place="sshd-2:1"),
    Break("pam-decides", pam("auth sufficient pam_succeed_if.so uid >= 1000", "required: debug"),
          "remove line 1", place="sshd:1"),
    # What other services share stays as it is.
    Break("pam-decides", in_turn(
        lambda machine: machine.write_pam("common-auth", PICKS + COMMON_AUTH, ""),
        pam("@include common-auth", "required: debug")), "auth substack common-auth", "shared",
        place="common-auth:1"),
    Break("pam-decides", in_turn(
        lambda machine: machine.write_pam("company", PICKS),
        pam("@include company", "required: debug")),
        '"auth substack company", "account include company"', "shared-by-the-company",
        place="company:1"),
    Break("pam-decides", in_turn(
        lambda machine: machine.write_pam("company", PICKS),
        lambda machine: machine.write_pam("offices", "@include company\n", ""),
        pam("auth include offices", "auth required pam_env.so", "required: debug")),
        "auth substack offices", "shared-by-levels", place="company:1"),
    Break("pam-decides", pam("auth sufficient pam_u2f.so nouserok cue", "required: debug"),
          'pam_u2f.so cue"', "by-an-excuse", place="sshd:1"),
    Break("pam-decides-here", pam("auth sufficient pam_access.so", "required: debug",
                                  service="login"),
          "remove line 1", status=1, place="login:1"),
    Break("pam-unknown", in_turn(
        code("pam_corporate.so", AUTH), pam("auth sufficient pam_corporate.so", "required: debug")),
        "auth required pam_corporate.so", status=1, place="sshd:1"),
    Break("pam-broken", pam("atuh required pam_env.so", "required: debug"), "line 1",
          place="sshd:1"),
    Break("pam-broken", pam("required: debug", "auth required"), "line 2", "no-module",
          place="sshd:2"),
    Break("pam-broken", pam("auth [success=okay] pam_env.so", "required: debug"), "line 1",
          "no-such-action", place="sshd:1"),
    Break("pam-aborts", pam("required: debug", "@include gone"), "line 2", place="sshd:2"),
    Break("pam-aborts", pam("required: debug", "session required .so"), "line 2", "no-name",
          place="sshd:2"),
    Break("pam-unclear", pam("#" + "-" * 1022, "required: debug"), "line 1", place="sshd:1"),
    Break("pam-unclear", pam("auth required \\\n\npam_env.so", "required: debug"), "line 1",
          "joined", place="sshd:1"),
    Break("pam-unclear", pam("required: debug", "auth required pam_env.so\r",
                             "auth required pam_env.so\r"), "sed -i", "windows",
          place="sshd:2"),
    Break("pam-unclear", pam("required: debug", *["auth required pam_env.so"] * 256), "line 257",
          "large", place="sshd:257"),

    Break("pam-empty-password", in_turn(
        empty_password("bob"), pam("auth sufficient pam_unix.so nullok", "required: debug",
                                   service="vsftpd")), "give bob a password", "before",
        place="vsftpd:1"),
    Break("pam-empty-password", in_turn(
        empty_password("bob", "carol", "alicia", "pam-wechat"),
        pam("@include common-auth", SECOND, service="vsftpd")), "awk", "second-factor",
        place="common-auth:1"),
    Break("pam-empty-password", in_turn(
        empty_password("carol", file="/etc/passwd"),
        pam("auth required pam_unix.so nullok_secure", SECOND, service="vsftpd")),
        "give carol a password", "in-passwd", place="vsftpd:1"),
    Break("pam-empty-password", in_turn(
        empty_password("carol"), set_sshd(PermitEmptyPasswords="yes"),
        pam("@include common-auth", SECOND)), "give carol", "sshd", place="common-auth:1"),
    Break("pam-empty-password-here", in_turn(
        empty_password("alice"),
        pam("[success=done authinfo_unavail=ignore default=die]: debug", "@include common-auth",
            service="login")), "give alice a password", "without-a-helper", status=1,
        place="common-auth:1"),
    Break("pam-file-untrusted", lambda machine: Path("/etc/pam.d/sshd").chmod(0o666),
          "chown root /etc/pam.d/sshd && chmod go-w /etc/pam.d/sshd", place="/etc/pam.d/sshd:None"),
    Break("pam-file-untrusted", lambda machine: os.chown("/etc/pam.d/sshd", 61001, 0),
          "chown root /etc/pam.d/sshd", "stranger", place="/etc/pam.d/sshd:None"),
    Break("pam-file-untrusted", in_turn(
        pam("auth required pam_env.so", service="mine"), pam("required: debug", "session include mine"),
        lambda machine: Path("/etc/pam.d/mine").chmod(0o620)), "/etc/pam.d/mine", "included",
        place="/etc/pam.d/mine:None"),
    Break("pam-file-untrusted", lambda machine: open_folder(machine, Path("/etc/pam.d")),
          "chmod go-w /etc/pam.d;", "folder", place="/etc/pam.d:None"),
    Break("pam-file-untrusted", lambda machine: lead_elsewhere(machine, 0o777), "chmod go-w /", "link",
          place="/elsewhere:None"),
    Break("sshd-file-untrusted", lambda machine: (machine.ssh / "sshd_config").chmod(0o666),
          "chmod go-w /etc/ssh/sshd_config", place="/etc/ssh/sshd_config:None"),
    Break("sshd-file-untrusted", in_turn(
        lambda machine: append(machine.ssh / "sshd_config.d/own.conf", "# ours\n"),
        lambda machine: os.chown(machine.ssh / "sshd_config.d/own.conf", 61001, 0)),
        "chown root /etc/ssh/sshd_config.d/own.conf", "included"),
    Break("sshd-file-untrusted", lambda machine: open_folder(machine, machine.ssh),
          "chmod go-w /etc/ssh;", "folder", place="/etc/ssh:None"),
    Break("pam-block-gone", in_turn(
        pam("@include common-auth", service="vsftpd"),
        pam("@include common-auth", service="vsftpd.before-pam-wechat"),
        pam("@include common-auth", service="vsftpd.before-pam-wechat.2")),
        "pam-wechat enable vsftpd; or, if it is right like this: rm /etc/pam.d/vsftpd.before-pam-wechat*",
        status=1),
    Break("pam-runs-as-user", in_turn(
        pam("required: debug", service="login"), pam("auth include login", service="swaylock")),
        'write "@include common-auth" in line 1 of /etc/pam.d/swaylock', "by-login", status=1,
        place="login:1"),
    Break("pam-runs-as-user", in_turn(
        pam("required: debug", service="login"), shipped("hyprlock", "# mine\nauth include login\n")),
        "cp /usr/lib/pam.d/hyprlock /etc/pam.d/hyprlock, and write \"@include common-auth\" in line 2 of"
        " /etc/pam.d/hyprlock", "shipped", status=1),
    Break("pam-runs-as-user", pam("required: debug", service="screen"), "pam-wechat disable screen",
          "itself", status=1, place="screen:1"),
    Break("pam-block-gone", in_turn(
        shipped("vsftpd", "auth required pam_unix.so\n"),
        pam("@include common-auth", service="vsftpd.before-pam-wechat")),
        "pam-wechat enable vsftpd", "shipped", status=1),
    Break("pam-twin", in_turn(
        pam("required: debug", service="sudo"), pam("@include common-auth", service="sudo-i")),
        "pam-wechat enable sudo-i", "sudo", status=1),
    Break("pam-twin", in_turn(
        pam("required: debug", service="su-l"), pam("@include common-auth", service="su")),
        "pam-wechat enable su", "su", status=1),
    Break("pam-twin", in_turn(
        pam("required: debug", service="sudo"), shipped("sudo-i", "auth required pam_unix.so\n")),
        "pam-wechat enable sudo-i", "shipped", status=1),
    Break("pam-never", in_turn(
        pam("required: debug", "auth required pam_deny.so", service="mine"),
        shipped("vsftpd", "auth include mine\naccount required pam_permit.so\n")),
        "/etc/pam.d/mine", "shipped", place="mine:1"),

    Break("pam-trial-over", trial_line("1700000000 {boot} 1 1 1 0 0"), "pam-wechat disable sudo",
          status=1, place="/etc/pam.d/sudo:2"),
    Break("pam-trial-over", trial_line("x"), "pam-wechat disable sudo", "changed", status=1,
          place="/etc/pam.d/sudo:2"),
    Break("sshd-config", set_sshd(NoSuchOption="yes"), "line 8",
          place="sshd_config:8"),
    Break("sshd-config", set_sshd(KbdInteractiveAuthentication="no"), "sshd -t", "no-method-left"),
    Break("sshd-usepam", set_sshd(UsePAM="no"), "line 2", place="sshd_config:2"),
    Break("sshd-keyboard-interactive", set_sshd(KbdInteractiveAuthentication="no",
                                                AuthenticationMethods=None), "line 3",
          place="sshd_config:3"),
    Break("sshd-methods", set_sshd(AuthenticationMethods="publickey"), "line 5",
          place="sshd_config:5"),
    Break("sshd-methods-around", set_sshd(AuthenticationMethods=None), "add", status=1,
          place="sshd_config:None"),
    Break("sshd-password", set_sshd(AuthenticationMethods=None, PasswordAuthentication="yes"),
          "line 4", status=1),
    Break("sshd-grace", set_sshd(LoginGraceTime="60"), "LoginGraceTime 120", place="sshd_config:6"),
    Break("sshd-grace", lambda machine: append(
        machine.ssh / "sshd_config.d/late.conf", "# ours\nlogingracetime=1m\n"), "line 2",
        "included", place="sshd_config.d/late.conf:2"),
    Break("sshd-grace-short", pam("required: timeout=100"), "LoginGraceTime 130", status=1),
    Break("sshd-tries", set_sshd(MaxAuthTries="1",
                                 AuthenticationMethods="publickey,keyboard-interactive"),
          "MaxAuthTries", status=1),
    Break("sshd-config", in_drop_in("# ours\nChallengeResponseAuthentication no\n"),
          '"KbdInteractiveAuthentication yes" in line 2', "an-older-spelling",
          place="50-cloud-init.conf:2"),
    Break("sshd-config", set_sshd(AuthenticationMethods="password,publickey"),
          '"AuthenticationMethods keyboard-interactive" in line 5', "another-method",
          place="sshd_config:5"),
    Break("sshd-keyboard-interactive", in_turn(
        set_sshd(AuthenticationMethods=None), in_drop_in("skeyauthentication=no\n")),
          '"KbdInteractiveAuthentication yes" in line 1', "the-oldest-spelling",
          place="50-cloud-init.conf:1"),
    Break("sshd-keyboard-interactive", in_match("kbdinteractiveauthentication no"),
          '"KbdInteractiveAuthentication yes" in line 10', "in-a-match", place="sshd_config:10"),
    Break("sshd-keyboard-interactive", in_turn(
        set_sshd(AuthenticationMethods=None, KbdInteractiveAuthentication=None),
        in_drop_in("KbdInteractiveAuthentication no\n", "b.conf"),
        in_drop_in("Match User carol\nKbdInteractiveAuthentication yes\n", "a.conf")),
          "in line 1", "in-the-second-file", place="b.conf:1"),
    Break("sshd-methods", in_match("AuthenticationMethods publickey", "Group alice,bob"),
          '"AuthenticationMethods publickey,keyboard-interactive" in line 10', "in-a-match",
          place="sshd_config:10"),
    Break("sshd-methods", in_match("AuthenticationMethods publickey", "User b*"), "in line 10",
          "for-one-of-two", status=1, place="sshd_config:10"),
    Break("sshd-methods-nowhere", set_sshd(
        AuthenticationMethods="password,keyboard-interactive", PasswordAuthentication="yes"),
          '"AuthenticationMethods keyboard-interactive" in line 5', place="sshd_config:5"),
    Break("sshd-methods-nowhere", set_sshd(
        AuthenticationMethods="publickey,password,keyboard-interactive",
        PasswordAuthentication="yes"),
          '"AuthenticationMethods publickey,keyboard-interactive" in line 5', "a-key-first"),
    Break("sshd-methods-nowhere", in_match(
        "PubkeyAuthentication no\n  AuthenticationMethods publickey,keyboard-interactive"),
          '"AuthenticationMethods keyboard-interactive" in line 11', "switched-off-in-a-match"),
    Break("sshd-barred", set_sshd(AllowUsers="carol root b?"), "add them to AllowUsers in line 8",
          place="sshd_config:8"),
    Break("sshd-barred", set_sshd(DenyUsers="bob ?lice"), "take them out of DenyUsers",
          "DenyUsers", place="sshd_config:8"),
    Break("sshd-barred", in_drop_in("AllowGroups sudo root\n"), "usermod -aG", "AllowGroups",
          place="50-cloud-init.conf:1"),
    Break("sshd-barred", set_sshd(DenyGroups="al* bob"), "take them out of DenyGroups", "DenyGroups"),
    Break("sshd-barred", in_match("DenyUsers *"), "take them out of DenyUsers in line 10",
          "in-a-match", place="sshd_config:10"),
    Break("sshd-barred", write_users("OPENID root\n"), "enroll USER", "root-alone",
          place="sshd_config:7"),
    Break("sshd-tries", set_sshd(MaxAuthTries="2",
                                 AuthenticationMethods="publickey,keyboard-interactive"),
          '"MaxAuthTries 6" in line 8', "two", status=1, place="sshd_config:8"),
    Break("sshd-tries", in_match("MaxAuthTries 1\n  AuthenticationMethods "
                                 "publickey,keyboard-interactive"),
          '"MaxAuthTries 6" in line 10', "in-a-match", status=1, place="sshd_config:10"),
    Break("sshd-password", in_turn(
        set_sshd(AuthenticationMethods=None), in_match("PasswordAuthentication yes")),
          '"PasswordAuthentication no" in line 9', "in-a-match", status=1,
          place="sshd_config:9"),
    Break("sshd-startups", set_sshd(MaxStartups="4"), '"MaxStartups 10:30:100" in line 8',
          status=1, place="sshd_config:8"),
    Break("sshd-startups", in_drop_in("persourcemaxstartups 1\n"), '"PerSourceMaxStartups none"',
          "of-one-address", status=1, place="50-cloud-init.conf:1"),
    Break("sshd-dns", set_sshd(UseDNS="yes"), "UseDNS no", status=1, place="sshd_config:8"),
    Break("sshd-tunnel", set_sshd(ListenAddress="127.0.0.1"), "origin_pending", "v4", status=1,
          place="sshd_config:8"),
    Break("sshd-tunnel", set_sshd(ListenAddress="[::1]:22"), "origin_pending", "v6", status=1),
    Break("sshd-tunnel", logins_from(loopback=20, remote=0), "origin_pending", "seen", status=1),

    Break("unit-missing", units(installed=1, enabled=1), "daemon-reload", status=1),
    Break("unit-disabled", units(installed=2, enabled=1),
          "systemctl enable --now pam-wechat-helper.service", status=1),

    Break("public-unreachable", lambda machine: machine.serve_url(
        f"http://127.0.0.1:{free_port()}"), "on a phone", status=1, place="pam_wechat.conf:3"),
    Break("public-other", lambda machine: machine.serve_url(machine.wechat.open_url),
          "pass", place="pam_wechat.conf:3"),
    Break("public-other", lambda machine: machine.serve_url(machine.say("ok\n")), "pass", "ok-alone",
          place="pam_wechat.conf:3"),
    Break("public-instance", lambda machine: machine.serve_url(machine.say("ok 0123456789abcdef\n")),
          "of this machine", place="pam_wechat.conf:3"),
    Break("public-page", web(before=answer("/l/", 404)), "/l/ and /callback"),
    Break("public-page", web(before=moved), "path unchanged", "moved"),
    Break("public-cookie", web(after=without("Set-Cookie")), "Set-Cookie"),
    Break("public-post", web(before=answer("/l/", 405, "POST")), "POST"),
    Break("public-post", web(before=without_cookies), "Cookie", "without-cookies"),
    Break("public-redirect", web(after=redirected), "Location"),
    Break("public-callback", web(before=answer("/callback", 404)), "/callback"),
    Break("public-callback", web(before=answer("/callback", 200)), "query", "a-page-of-its-own"),
    Break("public-callback", web(before=without_query), "query", "without-query"),
    Break("sign-in-refused", other_url, "systemctl restart"),
    Break("sign-in-refused", other_exchange(Path("/bin/true")), "install", "no-exchange"),
    Break("sign-in-api", other_exchange(BUILD / "tests/command/apart"), "AppArmor"),
    Break("public-certificate", lambda machine: machine.serve_url(machine.front("wrong_host")),
          "certificate", place="pam_wechat.conf:3"),
    Break("api-unreachable", lambda machine: machine.site.write_conf(
        api_url=f"https://127.0.0.1:{free_port()}"), "proxy", place="pam_wechat.conf:10"),
    Break("api-spare", lambda machine: append(
        machine.site.conf_file, f"api_url = https://127.0.0.1:{free_port()}\n"), "proxy", status=1),
    Break("api-certificate", expired_api, "clock"),
    Break("api-answer", lambda machine: machine.site.write_conf(
        api_url=machine.say("<html>", "502 Bad Gateway")), "api_url"),
    Break("api-appid", set_conf(appid="wx0000000000000000"), "line 1", place="pam_wechat.conf:1"),
    Break("api-address", wrong_api(40164), f"IP list at https://{PLATFORM}"),
    Break("api-address", wrong_api(61004), f"IP list at https://{PLATFORM}", "another number"),
    Break("api-secret", wrong_api(40243), f"unfreeze the app secret at https://{PLATFORM}",
          "frozen"),
    Break("api-secret", wrong_secret(before_code=True), "secret", place="secret:1"),
    Break("api-secret", wrong_secret(before_code=False), "secret", "behind-the-code",
          place="secret:1"),
    Break("api-busy", wrong_api(-1), "minute", status=1),
    Break("api-refused", wrong_api(48001), "doctor 48001"),
    Break("clock", lambda machine: machine.site.write_conf(
        api_url=machine.say(errors.body(40029).decode(), date=YESTERDAY)), "set-ntp", status=1),
    Break("clock", lambda machine: os.utime(machine.site.conf_file, (LATER, LATER)), "set-ntp",
          "by-a-file", status=1, place="pam_wechat.conf:None"),
    # Whose clock is two years back has a certificate that is not valid yet.
    Break("public-certificate", lambda machine: machine.serve_url(machine.front("not_yet")),
          "set-ntp", "not-yet"),
    Break("clock", lambda machine: machine.serve_url(machine.front("not_yet")), "set-ntp",
          "by-a-certificate", status=1),
    Break("public-certificate", in_turn(
        lambda machine: machine.serve_url(machine.front("expired")), expired_api),
        "set-ntp", "all-expired"),
    Break("api-certificate", in_turn(
        lambda machine: os.utime(machine.site.conf_file, (LATER, LATER)), expired_api),
        "set-ntp", "by-a-file"),
    Break("public-certificate", lambda machine: machine.serve_url(machine.front("expired")),
          "renew", "expired"),
]


def worst(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [finding for finding in findings if finding["severity"] != "note"]


def test_a_sound_machine_has_nothing_above_a_note(machine: Machine) -> None:
    status, findings = machine.doctor()
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0
    # WeChat was asked about the app secret, too.
    assert "api-secret-unknown" not in {finding["id"] for finding in findings}


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.id}-{broken.name}")
def test_what_is_broken_is_found_with_what_mends_it(machine: Machine, broken: Break) -> None:
    before = machine.doctor()
    broken.change(machine)
    status, findings = machine.doctor()
    found = [finding for finding in findings if finding["id"] == broken.id]
    assert worst(before[1]) == []
    assert len(found) == 1, findings
    assert broken.mend in found[0]["mend"]["text"]
    assert found[0]["severity"] == ("error" if broken.status == 2 else "warning")
    assert f"{found[0]['file']}:{found[0]['line']}".endswith(broken.place)
    assert found[0]["what"] and found[0]["why"]
    assert status >= broken.status
    check_mend(machine, found[0], findings)


def check_mend(
    machine: Machine, found: dict[str, Any], findings: list[dict[str, Any]]
) -> None:
    """Done to the letter it ends the finding, and does no harm."""
    if apply(machine, found["mend"]):
        after = machine.doctor()[1]
        assert found["id"] not in {finding["id"] for finding in after}, (found, after)
        new = {finding["id"] for finding in worst(after)} - {finding["id"] for finding in findings}
        assert not new, after
        assert another_service_lets_in(machine)




def test_sixty_findings_are_tried() -> None:
    assert len({broken.id for broken in BREAKS}) >= 60


SOUND = {
    "second-factor": lambda machine: machine.write_pam(
        "sshd", machine.site.shipped_lines("sshd-second-factor")),
    "second-factor-after-common-auth": pam(
        "@include common-auth", "[success=ok ignore=ignore default=die]: unlisted=ignore"),
    "su": lambda machine: machine.write_pam("su", machine.site.shipped_lines("su")),
    "sudo": lambda machine: machine.write_pam("sudo", machine.site.shipped_lines("sudo")),
    "login": lambda machine: machine.write_pam("login", machine.site.shipped_lines("login")),
    "a-group-is-excepted": pam(
        "auth [success=1 default=ignore] pam_succeed_if.so user ingroup backup",
        "required: debug", "@include common-auth"),
    "a-key-and-then-wechat": set_sshd(AuthenticationMethods="publickey,keyboard-interactive"),
    "a-file-that-is-a-link": lambda machine: lead_elsewhere(machine, 0o755),
    "files-of-other-services": lambda machine: [
        pam("@include common-auth", service="vsftpd")(machine), Path("/etc/pam.d/vsftpd").chmod(0o666)],
    "helper-s-own-pages": in_turn(
        lambda machine: own_pages(machine, 0o755, 0o644),
        lambda machine: machine.site.write("MP_verify_abc.txt", "abc", 0o644),
        lambda machine: append(
            machine.site.folder / "helper.conf",
            f"verify_file = {machine.site.folder}/MP_verify_abc.txt\n")),
    "an-empty-password-and-wechat": in_turn(
        empty_password("bob"), pam("@include common-auth", "required: debug", service="vsftpd")),
    "an-empty-password-of-somebody-listed": in_turn(
        empty_password("bob"), write_users("OPENID alice,bob\n"),
        pam("@include common-auth", SECOND, service="vsftpd")),
    "an-empty-password-that-is-not-taken": in_turn(
        empty_password("carol"), pam("auth required pam_unix.so", SECOND, service="vsftpd")),
    "an-empty-password-that-sshd-forbids": in_turn(
        empty_password("carol"), pam("@include common-auth", SECOND)),
    "a-locker-that-the-password-unlocks": in_turn(
        lambda machine: machine.write_pam("login", machine.site.shipped_lines("login").replace(
            "required", "[success=done authinfo_unavail=ignore default=die]")
            + "@include common-auth\n"),
        pam("auth include login", service="swaylock")),
    "a-locker-of-its-own": in_turn(
        pam("required: debug", service="login"), pam("@include common-auth", service="swaylock")),
    "root-s-hosts": in_turn(
        pam("required: debug", service="login"), pam("auth include login", service="remote"),
        pam("auth include login", service="gdm-password")),
    "all-twins": in_turn(
        pam("required: debug", service="sudo"), pam("auth include sudo", service="sudo-i"),
        pam("required: debug", service="su"), pam("auth substack su", service="su-l")),
    "a-block-that-is-there": in_turn(
        lambda machine: machine.write_pam("sshd.before-pam-wechat", "@include common-auth\n"),
        lambda machine: machine.write_pam("vsftpd.before-pam-wechat", "@include common-auth\n")),
    "a-shipped-file-that-is-hidden": in_turn(
        shipped("sudo", "auth required pam_wechat.so colour=red\n"),
        pam("required: debug", service="sudo")),
    "no-limit": set_sshd(LoginGraceTime="0"),
    "one-try-without-keys": set_sshd(MaxAuthTries="1"),
    "asked-by-a-match-alone": in_turn(
        set_sshd(KbdInteractiveAuthentication="no", AuthenticationMethods=None),
        in_match("KbdInteractiveAuthentication yes\n  AuthenticationMethods keyboard-interactive")),
    "from-one-network": set_sshd(AllowUsers="bob alice@192.0.2.*", DenyUsers="alice@10.*"),
    "a-group-of-several": set_sshd(AllowGroups="sudo ali?e", DenyGroups="bob"),
    "as-many-startups-as-usual": set_sshd(MaxStartups="10:30:100", PerSourceMaxStartups="3"),
    "a-device-of-pam's": set_sshd(AuthenticationMethods="keyboard-interactive:pam"),
    "where-it-stands-later-as-well": in_turn(
        in_drop_in("KbdInteractiveAuthentication yes\n"),
        set_sshd(KbdInteractiveAuthentication="no")),
    "modules-that-nobody-misses": pam(
        "-auth optional pam_gone.so", "auth [default=ignore] pam_gone.so", "required: debug"),
    "modules-by-a-link": in_turn(
        lambda machine: (machine.site.folder / "linked").symlink_to(MODULE.parent),
        lambda machine: machine.write_pam("sshd", "auth required " + str(
            machine.site.folder / "linked/pam_env.so") + "\n" + machine.line("required"))),
    "units": units(installed=2, enabled=2),
    "a-tunnel-with-places-for-all": in_turn(
        set_sshd(ListenAddress="127.0.0.1"), set_helper(origin_pending="200"),
        logins_from(loopback=1000, remote=0)),
    "loopback-and-another-address": lambda machine: append(
        machine.ssh / "sshd_config", "ListenAddress 127.0.0.1\nListenAddress 0.0.0.0\n"),
    "some-tries-on-the-machine-itself": logins_from(loopback=19, remote=0),
    "one-from-elsewhere": logins_from(loopback=1000, remote=1),
    "no-figures": set_helper(status_socket=None),
    "figures-that-are-none": figures("other"),
    "https": lambda machine: machine.serve_url(machine.front()),
    "sshd-does-not-ask": in_turn(
        pam("@include common-auth"), pam("required: debug", service="sudo"),
        set_sshd(UsePAM="no"),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_is_left_alone(machine: Machine, name: str) -> None:
    SOUND[name](machine)
    status, findings = machine.doctor()
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0


NOTES = {
    "url-plain": lambda machine: None,
    "pam-other-conf": in_turn(
        lambda machine: shutil.copy(machine.site.conf_file, machine.site.folder / "other.conf"),
        lambda machine: machine.write_pam("su", machine.line("required").replace(
            "pam_wechat.conf", "other.conf"))),
    "pam-other-missing": pam("auth optional pam_gone.so", "required: debug"),
    "pam-unavailable-console": pam(
        "[success=done authinfo_unavail=ignore default=die]: debug", "@include common-auth",
        service="login"),
    "pam-trial": on_trial,
    "pam-around": pam("auth sufficient pam_unix.so", "required: debug"),
    "sshd-methods-around": set_sshd(AuthenticationMethods="publickey keyboard-interactive"),
    "sshd-root": write_users("OPENID alice,root\n"),
    "users-uid-missing": write_users("OPENID alice:61001,bob\n"),
    "sshd-match": lambda machine: append(machine.ssh / "sshd_config", MATCH),
    "sshd-barred": set_sshd(AllowUsers="alice"),
    "sshd-silent": lambda machine: None,
    "public-ca": lambda machine: machine.serve_url(machine.front()),
}


def test_of_many_users_some_are_looked_at(machine: Machine) -> None:
    """Nothing is said of all that not all were looked at for."""
    names = [f"p{number}" for number in range(40)]
    write_users(f"OPENID {','.join(names)}\n")(machine)
    in_match("DenyUsers *", "User p1*,p2*,p3*,p4*,p5*,p6*,p7*,p8*,p9*,p0")(machine)
    found = {one["id"]: one for one in machine.doctor()[1]}
    assert "for 32 of the 40 users" in found["sshd-users"]["what"]
    assert found["sshd-barred"]["severity"] == "note"
    machine.write_sshd(AllowUsers="p39")
    found = {one["id"]: one for one in machine.doctor()[1]}
    assert "sshd-users" not in found and found["sshd-barred"]["severity"] == "note"
    machine.write_sshd(AllowUsers="p40")
    found = {one["id"]: one for one in machine.doctor()[1]}
    assert found["sshd-barred"]["severity"] == "error"
    assert found["sshd-barred"]["what"].startswith("AllowUsers keeps out p0, p1, ")


NOTES_OF_SSHD = {
    "root": in_match("AuthenticationMethods publickey", "User root"),
    "whom the users table does not name": in_turn(
        set_sshd(AuthenticationMethods=None),
        in_match("AuthenticationMethods keyboard-interactive")),
}


@pytest.mark.parametrize("whom", NOTES_OF_SSHD)
def test_who_is_not_in_the_table_may_sign_in_otherwise(machine: Machine, whom: str) -> None:
    NOTES_OF_SSHD[whom](machine)
    status, findings = machine.doctor()
    assert (status, worst(findings)) == (0, [])
    (found,) = [one for one in findings if one["id"] == "sshd-methods-around"]
    assert found["what"].endswith(f" for {whom}")


@pytest.mark.parametrize("name", NOTES)
def test_what_only_has_to_be_known_is_a_note(machine: Machine, name: str) -> None:
    NOTES[name](machine)
    status, findings = machine.doctor()
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0
    (found,) = [finding for finding in findings if finding["id"] == name]
    assert found["severity"] == "note"
    if found["mend"] is not None:
        check_mend(machine, found, findings)


def test_what_a_line_holds_is_told_to_programs_as_it_is_or_not_at_all(machine: Machine) -> None:
    path = Path("/etc/pam.d/sshd")
    ours = machine.line("required")
    for end, told in ((b"\t# \xc3\xa9\n", True), (b" # \xff\n", False)):
        path.write_bytes(b"auth\tsufficient pam_permit.so" + end + ours.encode())
        (found,) = worst(machine.doctor()[1])
        assert found["id"] == "pam-open"
        assert (found["mend"].get("elsewhere") is None) == told
        if told:
            assert found["mend"]["old"].encode() == path.read_bytes().split(b"\n")[0]
            assert apply(machine, found["mend"]) and not worst(machine.doctor()[1])
        else:
            assert not {"old", "new", "command"} & set(found["mend"])


def test_lines_that_belong_together_are_changed_together(machine: Machine) -> None:
    ours = machine.line("required").replace("required", "\\\n sufficient", 1)
    machine.write_pam("sshd", ours + "auth required pam_unix.so\n")
    (found,) = worst(machine.doctor()[1])
    assert (found["id"], found["mend"]["old"]) == ("pam-denial-passes", ours.removesuffix("\n"))
    assert apply(machine, found["mend"]) and not worst(machine.doctor()[1])


def test_two_holes_are_not_mended_by_halves(machine: Machine) -> None:
    pam("auth sufficient pam_permit.so", "auth sufficient pam_succeed_if.so uid >= 1000",
        "required: debug")(machine)
    (found,) = worst(machine.doctor()[1])
    assert found["mend"]["elsewhere"] == "choice"


def test_a_file_with_an_odd_name_is_mended(machine: Machine) -> None:
    folder = machine.site.folder / "it's a $(touch odd)"
    folder.mkdir()
    machine.site.write_conf(secret_file=str(folder / "secret"))
    shutil.copy(machine.site.folder / "secret", folder / "secret")
    (folder / "secret").chmod(0o644)
    (found,) = worst(machine.doctor()[1])
    assert found["id"] == "secret-untrusted"
    check_mend(machine, found, [found])


def test_a_user_who_is_missing_is_made(machine: Machine, folder: Path) -> None:
    names = ("passwd", "group", "shadow")
    before = {name: Path("/etc", name).read_bytes() for name in names}
    try:
        for name in names:
            lines = before[name].splitlines(keepends=True)
            Path("/etc", name).write_bytes(b"".join(
                line for line in lines if not line.startswith(b"pam-wechat-exchange:")))
        findings = machine.doctor()[1]
        (found,) = [one for one in findings if one["id"] == "exchange-user"]
        assert "useradd" in found["mend"]["command"]
        check_mend(machine, found, findings)
    finally:
        for name in names:
            Path("/etc", name).write_bytes(before[name])


def test_a_table_with_all_its_uids_is_sound(machine: Machine) -> None:
    write_users("OPENID alice:61001,bob:61002\n")(machine)
    assert [one for one in machine.doctor()[1] if one["id"].startswith("users")] == []
    write_users("# people\n\nOPENID alice:61001,bob\noOther00000 alice\n")(machine)
    (found,) = [one for one in machine.doctor()[1] if one["id"].startswith("users")]
    command = f"pam-wechat users uids --conf {machine.site.conf_file}"
    assert (found["what"], found["line"], found["mend"]) == (
        "2 of 3 bindings name no uid, the first in this line", 3,
        {"text": command, "command": command})


@pytest.mark.parametrize("manner", ["unavailable", "tryagain"])
def test_a_directory_that_is_away_is_said(machine: Machine, folder: Path, manner: str) -> None:
    write_users("OPENID alice:61001,dora:7\n")(machine)
    with Directory(folder / "directory", "files directory") as directory:
        directory.set({"dora": 7}, manner)
        through = ("env", *(f"{name}={value}" for name, value in directory.environment))
        found = [one for one in machine.doctor(through=through)[1]
                 if one["id"].startswith("users")]
        assert [one["id"] for one in found] == ["users-look-up"]
        assert str(found[0]["what"]).startswith("dora could not be looked up: ")
        directory.behave("here")
        assert [one for one in machine.doctor(through=through)[1]
                if one["id"].startswith("users")] == []


@pytest.mark.parametrize(("mode", "who"), [
    (0o640, "group"), (0o604, "everybody"), (0o644, "everybody"),
])
def test_who_may_read_the_configuration_is_said(machine: Machine, mode: int, who: str) -> None:
    machine.site.conf_file.chmod(mode)
    (found,) = [finding for finding in machine.doctor()[1] if finding["id"] == "conf-mode"]
    assert ("everybody" in found["why"]) == ("others" in found["what"]) == (who == "everybody")
    assert ("group" in found["why"]) == ("group" in found["what"]) == (who == "group")


def test_of_many_empty_passwords_a_few_are_named(machine: Machine) -> None:
    names = ("bob", "carol", "alicia", "pam-wechat", "pam-wechat-exchange")
    empty_password(*names)(machine)
    pam("@include common-auth", SECOND, service="vsftpd")(machine)
    (found,) = [one for one in machine.doctor()[1] if one["id"] == "pam-empty-password"]
    assert found["what"] == ("vsftpd: carol, alicia, pam-wechat and 1 more have an empty password, "
                             "and nullok lets that pass")


def test_where_everybody_gets_in_it_is_not_said_that_nobody_does(machine: Machine) -> None:
    pam("auth sufficient pam_permit.so", "required: debug")(machine)
    assert [finding["id"] for finding in worst(machine.doctor()[1])] == ["pam-open"]


def test_root_who_may_be_anybody_is_no_exception(machine: Machine) -> None:
    machine.write_pam("su", "auth sufficient pam_rootok.so\n" + machine.line("required"))
    assert not [finding for finding in machine.doctor()[1]
                if finding["id"].startswith(("pam-open", "pam-decides"))]


def test_a_pam_file_that_is_no_text_leaves_the_report_one(machine: Machine) -> None:
    path = Path("/etc/pam.d/sshd")
    sound = path.read_bytes()
    path.write_bytes(b"auth sufficient pam_\xff\xc2\x9b31mx.so\n" + sound)
    found = {finding["id"]: finding for finding in machine.doctor()[1]}
    assert found["pam-unknown"]["mend"]["text"].startswith(f"remove line 1 of {path}; ")
    assert found["pam-unknown"]["mend"]["elsewhere"] == "choice"
    path.write_bytes(b"a\x1b[31mx required pam_env.so\nauth \x1b[31mx pam_env.so\n" + sound)
    assert "\x1b" not in machine.command.run("doctor", "--offline").stdout


def test_logins_limit_is_looked_at_where_login_asks(machine: Machine, folder: Path) -> None:
    defs = folder / "login.defs"
    defs.write_text("# LOGIN_TIMEOUT 5\nLOGIN_TIMEOUT\t30\n")
    with replaced(defs, Path("/etc/login.defs")):
        assert "login-timeout" not in {finding["id"] for finding in machine.doctor()[1]}
        machine.write_pam("login", machine.site.shipped_lines("login"))
        findings = machine.doctor()[1]
        found = [finding for finding in findings if finding["id"] == "login-timeout"]
        check_mend(machine, found[0], findings)
    assert [(finding["file"], finding["line"]) for finding in found] == [("/etc/login.defs", 2)]


LATER_SSHD = """\
#!/bin/sh
cat <<end
usepam yes
kbdinteractiveauthentication yes
authenticationmethods keyboard-interactive
logingracetime 100
maxauthtries 6
permitrootlogin no
pamservicename SERVICE
persourcepenalties crash:90 authfail:5 noauth:1 grace-exceeded:10
end
"""


def run_as_sshd(folder: Path, text: str, mode: int = 0o755) -> AbstractContextManager[None]:
    script = folder / "sshd"
    script.write_text(text)
    script.chmod(mode)
    return replaced(script, Path("/usr/sbin/sshd"))


def test_a_later_sshd_tells_its_service_and_its_penalties(machine: Machine, folder: Path) -> None:
    with run_as_sshd(folder, LATER_SSHD.replace("SERVICE", "sshd")):
        status, findings = machine.doctor()
    assert status == 1
    assert [finding["id"] for finding in worst(findings)] == ["sshd-grace-short", "sshd-penalties"]


def test_an_sshd_whose_service_asks_nothing_is_left_alone(machine: Machine, folder: Path) -> None:
    with run_as_sshd(folder, LATER_SSHD.replace("SERVICE", "another")):
        assert worst(machine.doctor()[1]) == []


def test_an_sshd_that_is_not_there_is_a_note(machine: Machine, folder: Path) -> None:
    with run_as_sshd(folder, "", 0o644):
        status, findings = machine.doctor()
    assert status == 0
    assert "sshd-missing" in {finding["id"] for finding in findings}


def test_an_sshd_that_does_not_run_keeps_its_options_to_itself(machine: Machine) -> None:
    """So it is where ssh.socket starts it and nobody is connected."""
    folder = Path("/run/sshd")
    folder.rmdir()
    try:
        status, findings = machine.doctor()
        (found,) = [finding for finding in findings if finding["id"] == "sshd-unread"]
        check_mend(machine, found, findings)
    finally:
        folder.mkdir(mode=0o755, exist_ok=True)
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0
    assert found["mend"]["command"] == "mkdir -m 755 /run/sshd"


def test_what_confines_programs_is_a_note(machine: Machine, folder: Path) -> None:
    (folder / "fs/selinux").mkdir(parents=True)
    (folder / "fs/selinux/enforce").write_text("1")
    (folder / "module/apparmor/parameters").mkdir(parents=True)
    (folder / "module/apparmor/parameters/enabled").write_text("Y\n")
    with mounted(folder / "fs", "/sys/fs"), mounted(folder / "module", "/sys/module"):
        status, findings = machine.doctor("--offline")
    found = {finding["id"]: finding["severity"] for finding in findings}
    assert (status, found["selinux"], found["apparmor"]) == (0, "note", "note")


def end_children(process: subprocess.Popen[str]) -> None:
    """What the doctor waits for ends, and has said nothing."""
    for child in begun_by(process):
        os.kill(child, signal.SIGKILL)


def begun_by(process: subprocess.Popen[str]) -> list[int]:
    """Those that it has begun itself, in their order."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
def test_what_is_waited_for_is_said_on_a_terminal_and_what_never_comes_is_a_warning(
    machine: Machine, json_too: bool
) -> None:
    with Mute() as mute, a_pty() as (screen, terminal):
        machine.site.write_conf(api_url=f"http://127.0.0.1:{mute.port}")
        with open(terminal, "w") as errors:
            process = subprocess.Popen(
                machine.command.line("doctor", *(["--json"] if json_too else [])), text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        # The API was asked, by the sign-in and by the command itself, and does not answer.
        assert until(lambda: len(mute.connections) >= 2)
        shown = read_until(screen, "up to 20 seconds ...")
        end_children(process)
        shown += read_until(screen, "asking WeChat's API")
        output, _ = process.communicate(timeout=HANG)
        Path(terminal).write_text("END")
        shown += read_until(screen, "END").removesuffix("END")
    assert process.returncode == 1
    # Nothing of it stays, and there are no escapes.
    assert "\x1b" not in shown and on_screen(shown) == ""
    if json_too:
        found = [one["what"] for one in json.loads(output)["findings"]
                 if one["id"] == "not-finished"]
        assert [one.partition(":")[0] for one in found] == ["a sign-in that was tried", "http"]
    else:
        assert output.count("not-finished: ") == 2


def read_until(screen: int, text: str) -> str:
    shown = ""
    while text not in shown:
        ready, _, _ = select.select([screen], [], [], HANG)
        assert ready, shown
        shown += os.read(screen, 4096).decode()
    return shown


def on_screen(shown: str) -> str:
    """The last line, as carriage returns have left it."""
    cells: list[str] = []
    for line in shown.replace("\r\n", "\n").split("\n")[-1].split("\r"):
        cells[:len(line)] = line
    return "".join(cells).rstrip()


def test_no_process_outlives_the_doctor(machine: Machine) -> None:
    """Where the API can't be reached, nobody waits for what asks it about the app secret."""
    with Mute() as mute:
        machine.site.write_conf(api_url=f"http://127.0.0.1:{mute.port}")
        process = subprocess.Popen(machine.command.line("doctor", "--json"), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"})
        assert until(lambda: len(mute.connections) >= 3)
        begun = begun_by(process)
        for child in begun[:-1]:
            os.kill(child, signal.SIGKILL)
        process.communicate(timeout=HANG)
        assert len(begun) == 3
        assert until(lambda: not Path(f"/proc/{begun[-1]}").exists())


def test_offline_nothing_is_sent(machine: Machine) -> None:
    connections = machine.wechat.connections
    status, findings = machine.doctor("--offline")
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0
    left_out = [finding["what"] for finding in findings if finding["id"] == "not-checked"]
    assert len(left_out) == 1 and "WeChat's API" in left_out[0]
    assert machine.wechat.connections == connections


def test_who_is_not_root_is_told_what_was_not_looked_at(machine: Machine) -> None:
    status, findings = machine.doctor(
        through=("setpriv", "--reuid=61001", "--regid=61001", "--clear-groups"))
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0
    found = {finding["id"]: finding for finding in findings}
    assert "root" in found["conf-unread"]["mend"]["text"]
    assert "the users table" in found["not-checked"]["what"]
    assert "sshd" in found["not-checked"]["what"]


def test_people_read_errors_first_and_the_count_last(machine: Machine) -> None:
    machine.site.write("secret", "short\n", 0o600)
    machine.site.conf_file.chmod(0o644)
    done = machine.command.run("doctor", "--offline")
    lines = done.stdout.splitlines()
    assert done.returncode == 2
    assert lines[0] == "== Errors =="
    assert lines.index("== Errors ==") < lines.index("== Warnings ==") < lines.index("== Notes ==")
    assert f"secret-bad: {machine.site.folder}/secret:1: expected one line" in done.stdout
    assert f"    mend: chmod 600 {machine.site.conf_file}" in lines
    assert lines[-1].startswith("1 error, 1 warning, ")


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "helper.log":
            status = path.stat()
            found[str(path)] = (status.st_mode, status.st_mtime_ns,
                                hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def test_nothing_is_changed_and_no_login_is_left_behind(machine: Machine) -> None:
    folders = (machine.site.folder, machine.ssh, Path("/etc/pam.d"))
    before = [snapshot(folder) for folder in folders]
    machine.doctor()
    assert [snapshot(folder) for folder in folders] == before
    assert machine.site.pending() == 0


def test_the_environment_is_not_obeyed(machine: Machine, folder: Path) -> None:
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    keys = folder / "open/keys"
    status, findings = machine.doctor(through=(
        "env", f"SSLKEYLOGFILE={keys}", f"https_proxy=http://127.0.0.1:{free_port()}",
        f"HTTPS_PROXY=http://127.0.0.1:{free_port()}"))
    assert not worst(findings), json.dumps(worst(findings), indent=1)
    assert status == 0
    assert not keys.exists()


def test_wechat_is_asked_by_the_exchange_s_user(machine: Machine) -> None:
    """By the sign-in that is tried, and by the command itself; the code was never WeChat's."""
    trace = machine.site.folder / "trace"
    done = machine.command.run("doctor", "--json", through=(
        "strace", "-f", "-qq", "-e", "trace=setresuid,connect", "-o", str(trace)))
    assert done.returncode == 0
    calls = [record for record in machine.wechat.requests if record.endpoint == "access_token"]
    assert [record.errcode for record in calls] == [40029] * 2
    port = machine.site.settings()["api_url"].rpartition(":")[2]
    text = trace.read_text()
    askers = set(re.findall(rf"^(\d+) +connect\(.*htons\({port}\)", text, re.MULTILINE))
    uid = pwd.getpwnam("pam-wechat-exchange").pw_uid
    assert askers
    for pid in askers:
        calls_of = [line for line in text.splitlines() if line.split()[0] == pid]
        # Where another process runs meanwhile, strace ends the line before the parenthesis.
        became = [re.search(rf"setresuid\({uid}, {uid}, {uid}\b", line) is not None
                  for line in calls_of]
        connected = [f"htons({port})" in line for line in calls_of]
        assert True in became and became.index(True) < connected.index(True)


def test_a_ca_file_that_only_root_can_reach_fails_here_as_in_a_login(machine: Machine) -> None:
    machine.site.ca_file.chmod(0o600)
    os.chown(machine.site.ca_file, 0, 0)
    status, findings = machine.doctor()
    assert status == 2
    assert "ca.pem" in next(finding["what"] for finding in findings
                            if finding["id"] == "api-unreachable")


@pytest.mark.parametrize(("code", "words"), [
    ("10003", "public_url"), ("10006", "follow"), ("10016", "certified"),
    ("-1", "busy"), ("41001", "access token"), ("50005", "follow"),
    ("40013", "appid"), ("40164", "IP list"), ("48001", "web authorization"),
    ("10003", "https://mp.weixin.qq.com,"), ("10006", SANDBOX), ("10005", SANDBOX),
    ("40164", PLATFORM), ("61004", PLATFORM), ("40243", PLATFORM),
])
def test_a_number_of_wechats_is_explained(machine: Machine, code: str, words: str) -> None:
    done = machine.command.run("doctor", code)
    assert done.returncode == 0
    assert done.stdout.startswith(code) and words in done.stdout


@pytest.mark.parametrize(("code", "status"), [
    ("10014", 1), ("0", 1), ("99999", 1), ("4001x", 2), ("appid", 2), ("", 2),
])
def test_a_number_that_nobody_knows_is_said_so(machine: Machine, code: str, status: int) -> None:
    done = machine.command.run("doctor", code)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("pam-wechat doctor: ")


@pytest.mark.parametrize("words", [("1", "2"), ("--online",), ("--json=yes",)])
def test_wrong_usage_is_refused(machine: Machine, words: tuple[str, ...]) -> None:
    done = machine.command.run("doctor", *words)
    assert done.returncode == 2
    assert "usage: pam-wechat doctor" in done.stderr


def test_two_at_once_do_not_disturb_each_other(machine: Machine) -> None:
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(machine.doctor()[0]))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0, 0, 0]
    assert until(lambda: machine.site.pending() == 0)
