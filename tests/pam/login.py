"""One login as a test describes it: everything that it depends on, and what came of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.host import Host, Message
from harness.leaks import Watch
from harness.site import EXCHANGE, MODULE, Site
from harness.system_log import SystemLog
from pam.proxy import Proxy
from simulator import Page, Phone, WeChat

# Lets the host see the module's own return code. PAM_IGNORE never leaves libpam: there it goes on
# to a line that returns what the module does not.
STACK = (
    "auth [success=done ignore=ignore default=die] {module} conf={conf} {words}\n"
    "auth required pam_debug.so auth=abort\n"
)
IGNORED = ("PAM_ABORT", Message("info", "auth=abort"))


@dataclass(frozen=True)
class Login:
    """
    The defaults are the good login: alice's phone scans, and she types the code it shows.
    Texts may hold the places of Installation.places() in braces.
    """

    user: str = "alice"
    person: str = "alice"
    phone: str = "continue"  # what it taps: continue, refuse, or nothing at all
    typed: tuple[str | None, ...] = ("{pin}",)  # None: no answer; FAIL: a conversation that fails
    service: str = "test"
    words: str = ""  # more of the PAM line
    key: tuple[str, str | None] | None = None  # a key of pam_wechat.conf; None: left out
    line: str = ""  # one more line of pam_wechat.conf
    users: str = "{alice} alice\n{bob} bob\n"
    secret: str = "{secret}\n"
    files: str = ""  # a shell command that runs when all files are written
    plan: tuple[str, object] | None = None  # of the simulator
    certificate: str = "good"
    options: tuple[str, ...] = ()  # the host's
    environment: tuple[tuple[str, str], ...] = ()
    through: tuple[str, ...] = ()


GOOD = Login()
FAIL = "(fail)"


@dataclass
class Outcome:
    result: str
    lines: list[str]  # of the module in the log; login ids and rids are "*"
    prompts: list[Message]
    remarks: list[Message]
    has_begun: bool  # there was a link
    page: Page | None  # what the phone shows in the end


@dataclass
class Installation:
    """A site that every login finds in the same good state."""

    site: Site
    log: SystemLog
    proxy: Proxy
    watch: Watch
    broken: bool = False
    memory: dict[Login, Outcome] = field(default_factory=dict, repr=False)

    @property
    def wechat(self) -> WeChat:
        return self.site.wechat

    @property
    def conf_file(self) -> Path:
        return self.site.folder / "etc/pam_wechat.conf"

    def places(self, **more: str) -> dict[str, str]:
        settings = {key: str(value) for key, value in self.site.settings().items()}
        wechat = self.wechat
        return {
            "folder": str(self.site.folder),
            "conf": str(self.conf_file),
            "secret_file": settings["secret_file"],
            "users_file": settings["users_file"],
            "exchange": settings["exchange"],
            "ca_file": settings["ca_file"],
            "socket": settings["socket"],
            "proxy": self.proxy.url,
            "secret": wechat.secret,
            "alice": wechat.openid("alice"),
            "bob": wechat.openid("bob"),
            "carol": wechat.openid("carol"),
        } | more

    def conf_lines(self, login: Login) -> list[str]:
        places = self.places()
        settings = dict(self.site.settings())
        if login.key is not None:
            value = login.key[1]
            settings[login.key[0]] = None if value is None else value.format_map(places)
        lines = [f"{key} = {value}" for key, value in settings.items() if value is not None]
        return lines + ([login.line.format_map(places)] if login.line else [])

    def expected(self, login: Login, line: str) -> str:
        """A line of the log: {at} is where login.key stands, {last} the configuration's last."""
        lines = self.conf_lines(login)
        keys = [line.partition(" = ")[0] for line in lines]
        at = keys.index(login.key[0]) + 1 if login.key and login.key[0] in keys else 0
        return line.format_map(self.places(at=str(at), last=str(len(lines))))

    def reset(self) -> None:
        """Every file a directory of its own, everything as it has to be."""
        site = self.site
        for left in site.folder.glob("*.old"):
            _remove(left)
        for name, source, mode in (
            ("exchange", EXCHANGE, 0o755), ("module", MODULE, 0o755),
            ("ca", self.wechat.ca_file, 0o644),
        ):
            _fresh_directory(site.folder / name)
            copy = site.folder / name / Path(source).name
            shutil.copyfile(source, copy)
            copy.chmod(mode)
        for name in ("etc", "secret", "users"):
            _fresh_directory(site.folder / name)
        site.module = site.folder / "module" / MODULE.name
        site.conf = {
            "secret_file": str(site.folder / "secret/secret"),
            "users_file": str(site.folder / "users/users"),
            "exchange": str(site.folder / "exchange" / EXCHANGE.name),
            "ca_file": str(site.folder / "ca" / self.wechat.ca_file.name),
        }
        self.wechat.clear_plans()
        if self.wechat.certificate_kind != "good":
            self.wechat.certificate_kind = "good"
        if self.broken or site.process is None or site.process.poll() is not None:
            site.stop_helper()
            _fresh_directory(site.folder / "run")
            site.start_helper()
            self.broken = False

    def write(self, login: Login = GOOD) -> None:
        """Makes the installation what this login asks for."""
        self.reset()
        site = self.site
        places = self.places()
        write(self.conf_file, "".join(line + "\n" for line in self.conf_lines(login)), 0o600)
        write(site.folder / "users/users", login.users.format_map(places), 0o600)
        write(site.folder / "secret/secret", login.secret.format_map(places), 0o600)
        words = login.words.format_map(places)
        site.write_service(login.service, STACK.format(module=site.module, words=words, **places))
        if login.plan is not None:
            self.wechat.plan(**{login.plan[0]: login.plan[1]})
        if login.certificate != "good":
            self.wechat.certificate_kind = login.certificate
        if login.files:
            self.shell(login.files)

    def shell(self, command: str) -> None:
        command = command.format_map(self.places())
        self.broken = self.broken or str(self.site.folder / "run") in command
        subprocess.run(["sh", "-ec", command], check=True)

    @contextmanager
    def host(self, login: Login = GOOD) -> Iterator[Host]:
        """The login begun: files written, the host started."""
        self.write(login)
        with self.start(login) as host:
            yield host

    @contextmanager
    def start(self, login: Login = GOOD) -> Iterator[Host]:
        """The host started with the files as they are."""
        places = self.places()
        options = tuple(option.format_map(places) for option in login.options)
        through = tuple(word.format_map(places) for word in login.through)
        with Host(self.site, login.user, login.service, options, through=through,
                  environment=dict(login.environment)) as host:
            yield host

    def phone(self, person: str = "alice") -> Phone:
        return Phone(self.wechat, person)

    def run(self, login: Login = GOOD) -> Outcome:
        """The whole login, once: the same login again is answered from memory."""
        if login not in self.memory:
            self.memory[login] = self._run(login)
        return self.memory[login]

    def _run(self, login: Login) -> Outcome:
        mark = self.log.mark()
        page: Page | None = None
        with self.host(login) as host:
            prompt = host.prompt()
            if prompt is not None and login.phone != "nothing":
                assert prompt.link is not None, prompt.text
                page = scan(self.phone(login.person), prompt.link, login.phone)
            typed = iter(login.typed)
            while prompt is not None:
                answer = next(typed, "")
                if answer == FAIL:
                    host.fail()
                else:
                    host.answer(answer and answer.format_map(pins(page and page.pin)))
                prompt = host.prompt()
        assert host.result is not None
        result = host.result
        if (result, host.messages[-1:]) == (IGNORED[0], [IGNORED[1]]):
            result = "PAM_IGNORE"
            host.messages.pop()
        prompts = [one for one in host.messages if one.style.startswith("prompt")]
        remarks = [one for one in host.messages if not one.style.startswith("prompt")]
        has_begun = any(message.link is not None for message in host.messages)
        return Outcome(result, self.module_lines(mark), prompts, remarks, has_begun, page)

    def raw_lines(self, mark: int) -> list[str]:
        """What was logged since a mark, nothing being under way any more."""
        return self.log.since(mark)

    def module_lines(self, mark: int) -> list[str]:
        lines = (line.partition("pam_wechat(")[2] for line in self.raw_lines(mark))
        return [starred(line.partition("): ")[2]) for line in lines if line]


def scan(phone: Phone, link: str, choice: str = "continue") -> Page:
    """Opens the link and taps once; consents where WeChat asks for it."""
    phone.open(link)
    page = phone.tap(choice)
    return phone.tap("allow") if "allow" in page.buttons else page


def pins(pin: str | None) -> dict[str, str]:
    """The ways to type the code that the phone shows; "0000" where it shows none."""
    pin = pin or "0000"
    return {
        "pin": pin,
        "wrong": f"{(int(pin) + 1) % 10000:04}",
        "wide": "".join(chr(0xFF10 + int(digit)) for digit in pin),
        "mixed": chr(0xFF10 + int(pin[0])) + pin[1:],
        "spaced": " " + " ".join(pin) + "\t",
        "first": pin[:3],
    }


def starred(line: str) -> str:
    line = re.sub(r"login=\w{6} ", "login=* ", line)
    line = re.sub(r"\bopenid=[\w-]{6,64}(?= |$)", "openid=*", line)
    return re.sub(r"\brid=[0-9a-f-]{26}(?=:|$)", "rid=*", line)


def logged(result: str, user: str = "alice", service: str = "test", rhost: str = "",
           login: str = "*") -> str:
    """
    The one line of a login: result is "ok", or "refused reason=…" with what follows. The openid
    that belongs to the one, and to "not-linked", is "*".
    """
    line = f"login={login} service={service} user={user} rhost={rhost} result={result}"
    if result == "ok":
        line += " openid=*"
    return re.sub(r"(reason=not-linked phone=\w+)$", r"\1 openid=*", line)


def write(path: Path, text: str, mode: int) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(mode)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _fresh_directory(path: Path) -> None:
    _remove(path)
    path.mkdir(mode=0o755)
    os.chmod(path, 0o755)
