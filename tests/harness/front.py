"""The web server in front of the helper, which has the certificate, as nginx would be."""

from __future__ import annotations

import http.client
from typing import Any

from harness.site import Site
from harness.waiting import HANG
from simulator import Authority, Phone, WeChat
from simulator.browser import USER_AGENTS
from simulator.server import Reply, Request, Server, tls_context

HOST = "login.example.com"
PUBLIC_URL = f"https://{HOST}"

# Server writes these itself.
_OWN = ("content-type", "content-length", "connection", "date", "server")


class Front:
    """Moves a site to https://login.example.com, while the context lasts."""

    def __init__(self, site: Site, authority: Authority) -> None:
        self.site = site
        self.ca_file = authority.ca_file
        certificate = authority.certificate("login", names=f"DNS:{HOST}")
        self._context = tls_context(*certificate)

    def __enter__(self) -> Front:
        self._server = Server(self._pass_on, self._context)
        self.hosts = {HOST: ("127.0.0.1", self._server.port)}
        self.site.stop_helper()
        self.site.conf["public_url"] = PUBLIC_URL
        self.site.helper_conf |= {"public_url": PUBLIC_URL, "trusted_proxy": "127.0.0.1"}
        self.site.start_helper()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def phone(self, wechat: WeChat, person: str, **options: Any) -> Phone:
        """A phone that finds login.example.com here."""
        return Phone(wechat, person, ca_file=self.ca_file, hosts=self.hosts, **options)

    def _pass_on(self, request: Request) -> Reply:
        return pass_on(request, self.site.port, {"x-forwarded-for": request.address})


class WeChatGlasses:
    """In front of a helper, while the context lasts: every browser is taken for WeChat's."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def __enter__(self) -> WeChatGlasses:
        self._server = Server(self._pass_on)
        url = f"http://127.0.0.1:{self._server.port}"
        self.site.stop_helper()
        self.site.conf["public_url"] = self.site.helper_conf["public_url"] = url
        self.site.start_helper()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _pass_on(self, request: Request) -> Reply:
        language = "zh_CN" if request.headers.get("accept-language", "").startswith("zh") else "en"
        agent = USER_AGENTS["android"].format(language=language)
        return pass_on(request, self.site.port, {"user-agent": agent})


def pass_on(request: Request, port: int, headers: dict[str, str]) -> Reply:
    """The answer of the server at this port, to the request with other headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
    try:
        target = request.path + (f"?{request.query}" if request.query else "")
        connection.request(request.method, target, request.body or None, request.headers | headers)
        return read_reply(connection.getresponse())
    finally:
        connection.close()


def read_reply(response: http.client.HTTPResponse) -> Reply:
    return Reply(response.status, response.getheader("Content-Type", ""),
                 [pair for pair in response.getheaders() if pair[0].lower() not in _OWN],
                 response.read())
