"""One installation of pam_wechat in a folder of its own: configuration, helper, WeChat."""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from harness.status_socket import read_number
from harness.waiting import HANG, until
from simulator import WeChat

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD_DIR", REPOSITORY / "build"))
MODULE = BUILD / "pam_wechat/pam_wechat.so"
EXCHANGE = BUILD / "pam_wechat/exchange/pam-wechat-exchange"
HELPER = BUILD / "helper/pam-wechat-helper"


class Site:
    """
    Files lie in `folder`, whose directories must be trustworthy (pytest's are). Run by root it
    needs the two system users; run by anyone else everything has one uid.
    """

    def __init__(
        self, folder: Path, wechat: WeChat, helper_user: str = "pam-wechat",
        exchange_user: str = "pam-wechat-exchange",
    ) -> None:
        self.folder = folder
        self.wechat = wechat
        self.helper_user = helper_user
        self.exchange_user = exchange_user
        self.conf: dict[str, str | None] = {}
        self.helper_conf: dict[str, str | None] = {}
        self.helper_through: tuple[str, ...] = ()  # a command that runs the helper in its turn
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        # A daemon's user must reach its files below, and the module trusts no wider modes.
        folder.chmod(0o711)
        (folder / "run").mkdir(mode=0o755)
        (folder / "pam.d").mkdir(mode=0o755)
        self.module = folder / "pam_wechat.so"
        self.exchange = folder / "pam-wechat-exchange"
        for program, copy in ((MODULE, self.module), (EXCHANGE, self.exchange)):
            shutil.copy(program, copy)
            copy.chmod(0o755)
        self.status_socket = folder / "run/status.sock"
        self.ca_file = folder / "ca.pem"
        shutil.copy(wechat.ca_file, self.ca_file)
        self.ca_file.chmod(0o644)
        self.write("secret", wechat.secret + "\n", 0o600)
        self.users_file = self.write("users", "", 0o600)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_helper()

    def write(self, name: str, text: str, mode: int) -> Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def write_users(self, table: str) -> None:
        self.write("users", table, 0o600)

    def link_people(self, *names: str) -> None:
        """Binds each person's WeChat account to the local user of the same name."""
        self.write_users("".join(f"{self.wechat.openid(name)} {name}\n" for name in names))

    @property
    def conf_file(self) -> Path:
        return self.folder / "pam_wechat.conf"

    def settings(self) -> dict[str, str | None]:
        return {
            "appid": self.wechat.appid,
            "secret_file": str(self.folder / "secret"),
            "public_url": f"http://127.0.0.1:{self.port or 9}",
            "users_file": str(self.users_file),
            "socket": str(self.folder / "run/helper.sock"),
            "exchange": str(self.exchange),
            "exchange_user": self.exchange_user,
            "host_name": "web1",
            "authorize_url": self.wechat.authorize_url,
            "api_url": self.wechat.api_url,
            "ca_file": str(self.ca_file),
        } | self.conf

    def write_conf(self, **changes: str | None) -> None:
        """Writes pam_wechat.conf; a change to None leaves a key out."""
        self.conf.update(changes)
        self.write("pam_wechat.conf", _lines(self.settings()), 0o600)

    def line(self, control: str = "required", options: str = "") -> str:
        """A line of a PAM service file."""
        return f"auth {control} {self.module} conf={self.conf_file} {options}\n"

    def shipped_lines(self, name: str) -> str:
        """The lines of conf/pam.d/`name` with this site's module and configuration put in."""
        text = (REPOSITORY / "conf/pam.d" / name).read_text()
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        module = f"{self.module} conf={self.conf_file}"
        return "".join(line.replace("pam_wechat.so", module) + "\n" for line in lines)

    def write_service(self, name: str, text: str | None = None) -> None:
        text = (text or self.line()) + "account required pam_permit.so\n"
        self.write(f"pam.d/{name}", text, 0o644)

    def start_helper(self) -> None:
        """Starts the helper on a port that the kernel chooses, or on the same one again."""
        settings = {
            "listen": f"127.0.0.1:{self.port}",
            "public_url": f"http://127.0.0.1:{self.port or 9}",
            "socket": str(self.folder / "run/helper.sock"),
            "user": self.helper_user,
            "peer_user": self.exchange_user,
            "lang": "en",
            "status_socket": str(self.status_socket),
        } | self.helper_conf
        if self.port == 0:
            self.port = free_port()
            settings["listen"] = f"127.0.0.1:{self.port}"
            settings["public_url"] = f"http://127.0.0.1:{self.port}"
        self.write("helper.conf", _lines(settings), 0o644)
        self.run_helper()
        self.write_conf()

    def run_helper(self) -> None:
        """With helper.conf as it stands."""
        log = (self.folder / "helper.log").open("ab")
        self.process = subprocess.Popen(
            [*self.helper_through, HELPER, "-c", str(self.folder / "helper.conf")],
            stderr=log, stdin=subprocess.DEVNULL,
        )
        log.close()
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + HANG
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "helper.log").read_text())
            try:
                self._ask_health()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("the helper does not answer")

    def _ask_health(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG)
        connection.request("GET", "/healthz")
        body = connection.getresponse().read().decode()
        connection.close()
        assert body.startswith("ok "), body

    def stop_helper(self, number: int = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(HANG)
        self.process = None

    def pending(self) -> int:
        """How many logins the helper has in hand."""
        return read_number(self.status_socket, "pending_logins")

    def wait_for_pending(self, count: int, seconds: float = HANG) -> bool:
        return until(lambda: self.pending() == count, seconds)

    def helper_log(self) -> str:
        return (self.folder / "helper.log").read_text()


def _lines(settings: dict[str, str | None]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in settings.items() if value is not None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def current_user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name
