"""Whole logins through Debian's own nginx with the shipped sample, and what it writes of them."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.front import HOST, PUBLIC_URL
from harness.host import Host
from harness.leaks import LINK, Watch
from harness.site import REPOSITORY, Site, free_port
from harness.waiting import until
from simulator import Authority, Phone, WeChat

SAMPLE = REPOSITORY / "conf/nginx/pam_wechat.conf"
NOT_LOGGED = re.compile(r"^\s*(access_log off|error_log /dev/null crit);\n", re.MULTILINE)
ADDRESS = "127.0.0.9"


class Nginx:
    """Moves a site to https://login.example.com; `server` is its part of the configuration."""

    def __init__(self, site: Site, authority: Authority, server: str) -> None:
        self.site = site
        self.folder = site.folder / "nginx"
        self.folder.mkdir(mode=0o755)
        self.port = free_port()
        self.hosts = {HOST: ("127.0.0.1", self.port)}
        self.ca_file = authority.ca_file
        certificate, key = authority.certificate("login", names=f"DNS:{HOST}")
        for placeholder, own in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("listen [::]:443 ssl;", ""),
            ("/etc/ssl/login.example.com/fullchain.pem", str(certificate)),
            ("/etc/ssl/login.example.com/privkey.pem", str(key)),
            ("http://127.0.0.1:8080", f"http://127.0.0.1:{site.port}"),
        ):
            assert placeholder in server
            server = server.replace(placeholder, own)
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n" for name in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.conf = self.folder / "nginx.conf"
        # As in Debian's nginx.conf, both logs are on for the whole server.
        self.conf.write_text(
            f"daemon off;\nuser root;\nworker_processes 1;\npid {self.folder}/pid;\n"
            f"error_log {self.folder}/error.log;\nevents {{}}\n"
            f"http {{\naccess_log {self.folder}/access.log;\n{temporary}{server}}}\n")

    def __enter__(self) -> Nginx:
        self.site.stop_helper()
        self.site.conf["public_url"] = PUBLIC_URL
        self.site.helper_conf |= {"public_url": PUBLIC_URL, "trusted_proxy": "127.0.0.1"}
        self.site.start_helper()
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-c", self.conf, "-e", self.folder / "error.log"],
            stdin=subprocess.DEVNULL)
        assert until(self._listens), self.log("error")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def phone(self, wechat: WeChat, person: str) -> Phone:
        return Phone(wechat, person, address=ADDRESS, ca_file=self.ca_file, hosts=self.hosts)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def finds(self, watch: Watch) -> set[str]:
        """Kinds of secrets in nginx's logs, other than links: one may come by no more."""
        logs = (self.log("access") + self.log("error")).encode()
        return {find.partition(",")[0] for find in watch.secrets.find(logs, (LINK,))}


@pytest.fixture()
def nginx(site: Site, authority: Authority) -> Iterator[Nginx]:
    with Nginx(site, authority, SAMPLE.read_text()) as running:
        yield running


def continue_without_a_helper(site: Site, wechat: WeChat, phone: Phone) -> None:
    """Taps Continue; the helper dies while WeChat looks who it is."""
    wechat.plan(page_delay=0.5)
    tapping = threading.Thread(target=phone.tap, args=("continue",))
    tapping.start()
    assert until(lambda: any(record.endpoint == "authorize" for record in wechat.requests))
    site.stop_helper(signal.SIGKILL)
    tapping.join()
    assert phone.page is not None and phone.page.status == 502
    assert "/callback?code=" in phone.page.url


def test_a_login_goes_through_nginx(
    nginx: Nginx, site: Site, wechat: WeChat, watch: Watch
) -> None:
    with Host(site, "alice") as login:
        link = login.link()
        assert link.startswith(f"{PUBLIC_URL}/l/")
        phone = nginx.phone(wechat, "alice")
        pin = phone.sign_in(link)
        assert login.type(pin or "") == "PAM_SUCCESS"
    assert [cookie.name.startswith("__Host-") for cookie in phone.cookies] == [True]
    assert {"code", "state", "cookie", "form's token", "pin"} <= watch.secrets.kinds()
    assert "GET /l/" in nginx.log("access") and "/callback" not in nginx.log("access")
    assert nginx.finds(watch) == set()


def test_a_report_names_the_address_that_nginx_saw(
    nginx: Nginx, site: Site, wechat: WeChat
) -> None:
    with Host(site, "alice") as login:
        link = login.link()
        phone = nginx.phone(wechat, "alice")
        page = phone.open(link)
        form, name = page.form_with("refuse")
        phone.post(page.target(form), dict(form.fields) | {name: "refuse"},
                   headers={"X-Forwarded-For": "203.0.113.99"})
        assert login.type("1234") == "PAM_MAXTRIES"
    (line,) = [line for line in site.helper_log().splitlines() if "refused" in line]
    assert ADDRESS in line and "203.0.113.99" not in site.helper_log()


def test_a_helper_that_is_away_leaves_no_code_in_nginxs_logs(
    nginx: Nginx, site: Site, wechat: WeChat, watch: Watch
) -> None:
    with Host(site, "alice") as login:
        link = login.link()
        phone = nginx.phone(wechat, "alice")
        phone.open(link)
        continue_without_a_helper(site, wechat, phone)
        assert {"code", "state"} <= watch.secrets.kinds()
        assert nginx.finds(watch) == set()

        site.start_helper()
        assert site.wait_for_pending(1, 10)
        phone.reload()
        pin = phone.tap("continue").pin
        assert login.type(pin or "") == "PAM_SUCCESS"
    assert nginx.finds(watch) == set()


@pytest.mark.parametrize("name, left_out", [
    ("access", "access_log off"), ("error", "error_log /dev/null crit"),
])
def test_without_the_samples_lines_nginx_would_log_code_and_state(
    site: Site, wechat: WeChat, authority: Authority, watch: Watch, name: str, left_out: str
) -> None:
    sample = SAMPLE.read_text()
    assert len(NOT_LOGGED.findall(sample)) == 2
    with Nginx(site, authority, sample.replace(f"{left_out};", "")) as nginx:
        with Host(site, "alice") as login:
            phone = nginx.phone(wechat, "alice")
            phone.open(login.link())
            continue_without_a_helper(site, wechat, phone)
        assert {"code", "state"} <= nginx.finds(watch)
    log = nginx.folder / f"{name}.log"
    assert any(str(log).endswith(find.partition(":")[0]) for find in watch.finds())
    log.unlink()
