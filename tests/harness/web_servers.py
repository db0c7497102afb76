"""
Debian's own web servers in front of the helper, each with the sample that is shipped: what
belongs to a real installation (names, certificates, ports, logs) is replaced by the test's.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from harness.leaks import LINK, Watch
from harness.site import REPOSITORY, Site, free_port
from harness.waiting import HANG, until
from simulator import Authority, Phone, WeChat

ROOT_HOST, PATH_HOST = "login.example.com", "corp.example.com"
ROOT_URL = f"https://{ROOT_HOST}"
PATH_URLS = (f"https://{PATH_HOST}/web1", f"https://{PATH_HOST}/web2")


class WebServer:
    """`sites` have the helpers at 127.0.0.1:8080 and :8081; `sample` is the sample, if changed."""

    name: ClassVar[str]
    file: ClassVar[Path]
    says: ClassVar[str] = "error"  # the log that it writes to standard output
    gone: ClassVar[int] = 502  # what it answers while the helper is away

    def __init__(
        self, folder: Path, authority: Authority, *sites: Site, sample: str | None = None
    ) -> None:
        self.folder = folder / self.name
        self.folder.mkdir(mode=0o755)
        self.port = free_port()
        self.hosts = {host: ("127.0.0.1", self.port) for host in (ROOT_HOST, PATH_HOST)}
        self.ca_file = authority.ca_file
        certificate, key = authority.certificate(
            "web-server", names=",".join(f"DNS:{host}" for host in self.hosts))
        config = self.file.read_text() if sample is None else sample
        both = self.folder / "both.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        self.certificate, self.key, self.both = certificate, key, both
        replaced = [
            *((f"127.0.0.1:{port}", f"127.0.0.1:{site.port}")
              for port, site in zip((8080, 8081), sites)),
            *self.certificates(),
            *self.placeholders(),
        ]
        for placeholder, own in replaced:
            assert placeholder in config, placeholder
            config = config.replace(placeholder, own)
        self.config = self.folder / "config"
        self.config.write_text(self.whole(config))

    def certificates(self) -> list[tuple[str, str]]:
        """Those of the names of the sample: the second may be left out."""
        return [(f"/etc/ssl/{host}/{file}", str(own)) for host in self.hosts
                for file, own in (("fullchain.pem", self.certificate), ("privkey.pem", self.key))]

    def placeholders(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    def whole(self, config: str) -> str:
        """All of the server's configuration, with the sample's in it."""
        return config

    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def check_command(self) -> list[str | Path]:
        """Reads the configuration and does no more."""
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        """Caddy keeps certificates, and its last configuration."""
        return {"PATH": os.environ["PATH"], "XDG_DATA_HOME": str(self.folder / "data"),
                "XDG_CONFIG_HOME": str(self.folder / "settings")}

    def __enter__(self) -> WebServer:
        with (self.folder / "error.log").open("ab") as errors, \
                (self.folder / f"{self.says}.log").open("ab") as said:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=said, stderr=errors,
                env=self.environment)
        until(lambda: self.process.poll() is not None or self._listens())
        if self.process.poll() is not None or not self._listens():
            self.__exit__(None, None, None)
            raise RuntimeError(self.log("error"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(HANG)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def phone(self, wechat: WeChat, person: str, **options: Any) -> Phone:
        """A phone that finds both names here."""
        return Phone(wechat, person, ca_file=self.ca_file, hosts=self.hosts, **options)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def finds(self, watch: Watch, name: str) -> set[str]:
        """Kinds of secrets in one of its logs, other than links: one may come by no more."""
        return {find.partition(",")[0]
                for find in watch.secrets.find(self.log(name).encode(), (LINK,))}


class Nginx(WebServer):
    name = "nginx"
    file = REPOSITORY / "conf/nginx/pam_wechat.conf"

    def placeholders(self) -> list[tuple[str, str]]:
        return [
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("listen [::]:443 ssl;", ""),
            ("/var/log/nginx/access.log", f"{self.folder}/access.log"),
        ]

    def whole(self, config: str) -> str:
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n" for name in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # As in Debian's nginx.conf, both logs are on for all servers.
        return (f"daemon off;\nuser root;\nworker_processes 1;\npid {self.folder}/pid;\n"
                f"error_log {self.folder}/error.log;\nevents {{}}\n"
                f"http {{\naccess_log {self.folder}/access.log;\n{temporary}{config}}}\n")

    def command(self) -> list[str | Path]:
        return ["/usr/sbin/nginx", "-c", self.config, "-e", self.folder / "error.log"]

    def check_command(self) -> list[str | Path]:
        return [*self.command(), "-t", "-q"]


class Caddy(WebServer):
    name = "caddy"
    file = REPOSITORY / "conf/caddy/Caddyfile"

    def placeholders(self) -> list[tuple[str, str]]:
        # No port but ours: neither that of the administrator's interface, nor 80, nor UDP.
        alone = ("admin off\nauto_https disable_redirects\nservers {\nprotocols h1 h2\n}\n"
                 f"https_port {self.port}\ndefault_bind 127.0.0.1\n")
        return [
            ("log default {", f"{alone}log default {{"),
            *((f"/var/log/caddy/{host}.log", f"{self.folder}/access.log") for host in self.hosts),
        ]

    def command(self) -> list[str | Path]:
        return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", self.config]

    def check_command(self) -> list[str | Path]:
        return ["/usr/bin/caddy", "validate", "--adapter", "caddyfile", "--config", self.config]


class Apache(WebServer):
    name = "apache"
    file = REPOSITORY / "conf/apache/pam_wechat.conf"
    gone = 503

    MODULES = ("mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http")

    def placeholders(self) -> list[tuple[str, str]]:
        return [("<VirtualHost *:443>", f"<VirtualHost 127.0.0.1:{self.port}>"),
                ("/var/log/apache2/access.log", f"{self.folder}/access.log")]

    def whole(self, config: str) -> str:
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                          for name in self.MODULES)
        # As in Debian's apache2.conf, the error log is on for all servers.
        return (f"{modules}ServerRoot {self.folder}\nServerName localhost\nUser www-data\n"
                f"Group www-data\nPidFile {self.folder}/pid\nDefaultRuntimeDir {self.folder}\n"
                f"Listen 127.0.0.1:{self.port}\nErrorLog {self.folder}/error.log\n{config}")

    def command(self) -> list[str | Path]:
        return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", self.config]

    def check_command(self) -> list[str | Path]:
        return ["/usr/sbin/apache2", "-t", "-f", self.config]


class Haproxy(WebServer):
    name = "haproxy"
    file = REPOSITORY / "conf/haproxy/pam_wechat.cfg"
    says = "access"
    gone = 503

    def certificates(self) -> list[tuple[str, str]]:
        return [(f"/etc/ssl/{ROOT_HOST}/haproxy.pem", str(self.both))]

    def placeholders(self) -> list[tuple[str, str]]:
        return [("bind :443 ", f"bind 127.0.0.1:{self.port} "), ("\tbind [::]:443 ", "\t#bind ")]

    def whole(self, config: str) -> str:
        return ("global\n\tlog stdout format raw daemon\ndefaults\n\tlog global\n\tmode http\n"
                "\toption httplog\n\toption dontlognull\n\ttimeout connect 5000\n"
                f"\ttimeout client 50000\n\ttimeout server 50000\n\n{config}")

    def command(self) -> list[str | Path]:
        return ["/usr/sbin/haproxy", "-db", "-f", self.config]

    def check_command(self) -> list[str | Path]:
        return ["/usr/sbin/haproxy", "-c", "-q", "-f", self.config]


SERVERS: dict[str, type[WebServer]] = {
    made.name: made for made in (Nginx, Caddy, Apache, Haproxy)}


def uncommented(sample: str) -> str:
    """With the server below a path as well, whose lines have no blank behind their `#`."""
    return re.sub(r"^#(?! )", "", sample, flags=re.MULTILINE)


def publish(site: Site, public_url: str, **helper_conf: str | None) -> None:
    """Moves a site to where phones find it behind a web server."""
    site.stop_helper()
    site.conf["public_url"] = public_url
    site.helper_conf |= {"public_url": public_url, "trusted_proxy": "127.0.0.1"} | helper_conf
    site.start_helper()
