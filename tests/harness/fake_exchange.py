"""The helper, and scripted neighbours of it: the exchange that registers a login, and browsers."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import string
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, unquote, urlencode

from harness.status_socket import read_number
from harness.waiting import HANG, until

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD_DIR", REPOSITORY / "build"))
PROGRAM = BUILD / "helper/pam-wechat-helper"
WRAPPER = os.environ.get("HELPER_WRAPPER", "").split()
BASE62 = string.digits + string.ascii_letters
AUTHORIZE_ORIGIN = "https://open.weixin.example"


class Helper:
    """One helper in a folder of its own, listening where the kernel likes."""

    def __init__(
        self, folder: Path, become: Callable[[], None] | None = None, **settings: object
    ) -> None:
        self.folder = folder
        self.exchanges: list[FakeExchange] = []
        folder.chmod(0o755)
        self.log_path = folder / "helper.log"
        self.socket_path = folder / "helper.sock"
        self.public_url = "http://127.0.0.1:9"
        self.write(**settings)
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*WRAPPER, PROGRAM, "-c", self.conf_path],
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=become,
            )
        found = self.wait_for_log(r"listening on http://(\S+):(\d+)\n")
        self.port = int(found[2])
        if found[1] == "127.0.0.1":
            Browser(self).get("/healthz")

    def __enter__(self) -> Helper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        # One that has ended already was told to, or killed, by its test.
        good = (0,) if self.process.poll() is None else (0, -signal.SIGKILL)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(HANG)
        finally:
            self.process.kill()
        for exchange in self.exchanges:
            exchange.close()
        if kind is None:
            assert status in good, self.log()

    @property
    def conf_path(self) -> Path:
        return self.folder / "helper.conf"

    @property
    def status_path(self) -> Path:
        return self.folder / "status.sock"

    def write(self, **settings: object) -> None:
        """Writes helper.conf; a list is a key that is repeated, None a key left out."""
        wanted: dict[str, object] = {
            "listen": "127.0.0.1:0",
            "public_url": self.public_url,
            "socket": self.socket_path,
            # Root may not stay root; others stay who they are.
            "user": "nobody",
            "peer_user": "root" if os.geteuid() == 0 else "nobody",
            "lang": "en",
            "status_socket": self.status_path,
        } | settings
        self.public_url = str(wanted["public_url"])
        lines = []
        for key, value in wanted.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{key} = {one}\n" for one in values if one is not None]
        self.conf_path.write_text("".join(lines))
        self.conf_path.chmod(0o644)

    def log(self) -> str:
        return self.log_path.read_text()

    def wait_for_log(self, pattern: str) -> re.Match[str]:
        until(lambda: re.search(pattern, self.log()) is not None)
        found = re.search(pattern, self.log())
        assert found is not None, f"{pattern!r} is not in the log: {self.log()!r}"
        return found

    def pending(self) -> int:
        return read_number(self.status_path, "pending_logins")

    def wait_for_pending(self, count: int, seconds: float = HANG) -> bool:
        return until(lambda: self.pending() == count, seconds)


@dataclass
class Message:
    verb: str
    values: dict[str, str] = field(default_factory=dict)

    def pack(self) -> bytes:
        lines = [self.verb] + [f"{key}={quote(text, safe='')}" for key, text in self.values.items()]
        return "".join(line + "\n" for line in lines).encode()

    @classmethod
    def unpack(cls, datagram: bytes) -> Message:
        verb, *pairs = datagram.decode().splitlines()
        parts = (pair.partition("=") for pair in pairs)
        return cls(verb, {key: unquote(value) for key, _, value in parts})


class FakeExchange:
    """The child of one login, as far as the helper sees it."""

    def __init__(self, helper: Helper, connect: bool = True, **changes: str | None) -> None:
        self.helper = helper
        helper.exchanges.append(self)  # an unreferenced one would hang up
        self.id = "".join(secrets.choice(BASE62) for _ in range(12))
        self.state = secrets.token_hex(16)
        self.pin = f"{secrets.randbelow(10000):04}"
        self.continued = 0
        self.changes = changes
        self.authorize_url = (
            f"{AUTHORIZE_ORIGIN}/connect/oauth2/authorize?appid=wx0123456789abcdef"
            "&redirect_uri=x&response_type=code&scope=snsapi_base"
            f"&state={self.state}#wechat_redirect"
        )
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(HANG)
        if connect:
            self.connect()

    def connect(self) -> FakeExchange:
        self.socket.connect(str(self.helper.socket_path))
        return self

    def close(self) -> None:
        self.socket.close()

    def registration(self) -> Message:
        values: dict[str, str | None] = {
            "state": self.state,
            "link": f"{self.helper.public_url}/l/{self.id}",
            "authorize_url": self.authorize_url,
            "left_ms": "300000",  # what ends before HANG is over ends for another reason
            "until": "14:32:10 UTC+08:00",
            "user": "alice",
            "host": "web1",
            "occasion": "remote",
            "service": "sshd",
            "from": "203.0.113.7",
            "origin": "203.0.113.7",
            "lang": "en",
            "version": "2",
        } | {key.rstrip("_"): value for key, value in self.changes.items()}
        return Message("REGISTER", {k: v for k, v in values.items() if v is not None})

    def register(self) -> FakeExchange:
        self.send(self.registration())
        self.expect("REGISTERED")
        return self

    def send(self, message: Message) -> None:
        self.socket.send(message.pack())

    def receive(self) -> Message | None:
        """The next message but CONTINUED, which is counted; None at the end of the connection."""
        while True:
            try:
                datagram = self.socket.recv(8193)
            except ConnectionResetError:
                return None
            if datagram != b"CONTINUED\n":
                return Message.unpack(datagram) if datagram else None
            self.continued += 1

    def expect(self, verb: str) -> dict[str, str]:
        message = self.receive()
        assert message is not None and message.verb == verb, message
        return message.values

    def expect_nothing(self, seconds: float = 0.15) -> None:
        self.socket.settimeout(seconds)
        try:
            message = self.receive()
        except TimeoutError:
            return
        finally:
            self.socket.settimeout(HANG)
        raise AssertionError(f"nothing was expected, and {message} came")

    def expect_end(self) -> None:
        assert self.receive() is None

    def result(self, ticket: str, reason: str, **values: str) -> None:
        self.send(Message("RESULT", {"ticket": ticket, "reason": reason} | values))

    def succeed(self, ticket: str) -> None:
        self.result(ticket, "none", pin=self.pin)

    @property
    def path(self) -> str:
        return f"/l/{self.id}"

    def callback(self, code: str = "C0de", **changes: str) -> str:
        return "/callback?" + urlencode({"code": code, "state": self.state} | changes)


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1, f"{name} is there twice"
        return found[0] if found else None

    @property
    def token(self) -> str | None:
        found = re.search(r'name="token" value="([0-9a-f]{32})"', self.body)
        return found[1] if found else None

    @property
    def pin(self) -> str | None:
        found = re.search(r'<p id="pin">(\d{4})</p>', self.body)
        return found[1] if found else None

    @property
    def refresh(self) -> str | None:
        """Where the browser goes by itself after a while."""
        found = re.fullmatch(r"2; url=(\S+)", self.header("Refresh") or "")
        return found[1] if found else None

    @property
    def heading(self) -> str:
        found = re.findall(r"<h1>(.*?)</h1>", self.body)
        assert len(found) == 1, self.body
        return found[0]


class Pending:
    """A request whose answer is not there yet."""

    def __init__(self, browser: Browser, connection: socket.socket) -> None:
        self.browser = browser
        self.connection = connection

    def answer(self) -> Answer:
        """What its browser shows in the end: it goes where a page sends it after a while."""
        answer = self.first_answer()
        while answer.refresh is not None:
            time.sleep(0.25)  # five requests a second are allowed
            answer = self.browser.get(answer.refresh)
        return answer

    def first_answer(self) -> Answer:
        received = b""
        with self.connection:
            while chunk := self.connection.recv(65536):
                received += chunk
        assert received, "the connection was closed without an answer"
        return self.browser.read(received)

    def is_answered(self, seconds: float = 0.1) -> bool:
        self.connection.settimeout(seconds)
        try:
            self.connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return False
        finally:
            self.connection.settimeout(HANG)
        return True

    def abandon(self) -> None:
        self.connection.close()


def enough_ms(act: Callable[[FakeExchange], object], helper: Helper, least: int) -> str:
    """
    left_ms of a login that is to end by itself, after `act`: many times what that takes with
    another one on this machine now.
    """
    login = FakeExchange(helper)
    began = time.monotonic()
    act(login.register())
    took = time.monotonic() - began
    login.close()
    helper.wait_for_pending(0)
    return str(max(least, int(took * 20_000)))


class Browser:
    """A jar of cookies and a raw client of HTTP, at a loopback address of its own if need be.

    WeChat's, unless `agent` says otherwise.
    """

    def __init__(
        self, helper: Helper, language: str | None = None, address: str = "127.0.0.1",
        agent: str = "MicroMessenger/8.0.50",
    ) -> None:
        self.helper = helper
        self.address = address
        self.cookies: dict[str, str] = {}
        self.language = language
        self.agent = agent

    def connect(self) -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.helper.port), timeout=HANG, source_address=(self.address, 0)
        )

    def send(self, request: bytes) -> Pending:
        connection = self.connect()
        connection.sendall(request)
        return Pending(self, connection)

    def begin(self, method: str, path: str, body: str = "", **headers: str) -> Pending:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.helper.port}",
                 f"User-Agent: {self.agent}"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if self.language is not None:
            lines.append(f"Accept-Language: {self.language}")
        if method == "POST":
            headers = {"Content_Type": "application/x-www-form-urlencoded"} | headers
            lines.append(f"Content-Length: {len(body.encode())}")
        lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
        return self.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def read(self, received: bytes) -> Answer:
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        answer = Answer(int(first.split()[1]), [(k, v) for k, v in pairs], body.decode())
        for name, value in answer.headers:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.begin("GET", path, **headers).first_answer()

    def post(self, path: str, **form: str) -> Answer:
        return self.begin("POST", path, urlencode(form)).first_answer()

    def approve(self, login: FakeExchange) -> Answer:
        """Opens the ask page and taps Continue."""
        token = self.get(login.path).token
        assert token is not None
        answer = self.post(login.path, token=token, choice="continue")
        assert answer.status == 303
        return answer

    def bring_code(self, login: FakeExchange, code: str = "C0de") -> tuple[Pending, str]:
        """Comes back from WeChat: the request that waits, and its ticket."""
        waiting = self.begin("GET", login.callback(code))
        values = login.expect("CODE")
        assert values["code"] == code
        return waiting, values["ticket"]

    def finish(self, login: FakeExchange) -> Answer:
        """All of it, until the pin."""
        self.approve(login)
        login.expect("OPENED")
        waiting, ticket = self.bring_code(login)
        login.succeed(ticket)
        return waiting.answer()
