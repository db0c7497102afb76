"""WeChat itself: an account behind the two servers that the world talks to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from ssl import SSLContext
from types import TracebackType

from .account import Account
from .api import Api
from .authority import Authority
from .authorize import PATH, Authorize
from .server import Server, tls_context


class WeChat(Account):
    """Both servers run while the context lasts, on free ports of 127.0.0.1.

    `folder` takes the certificates. `by_hand` lets an ordinary browser choose who it is.
    """

    def __init__(
        self,
        folder: Path,
        appid: str | None = None,
        secret: str | None = None,
        log: Callable[[str], None] | None = None,
        *,
        authority: Authority | None = None,
        certificate_kind: str = "good",
        by_hand: bool = False,
    ) -> None:
        super().__init__(appid, secret, log)
        self.authority = authority or Authority(Path(folder) / "authority")
        self.ca_file = self.authority.ca_file
        self.authorize_url = ""
        self.api_url = ""
        self._authorize = Authorize(self, by_hand)
        self._api = Api(self)
        self._kind = certificate_kind
        self._tls_version = "1.3"
        self._open: Server | None = None
        self._tls: Server | None = None

    def __enter__(self) -> WeChat:
        context = self._context()
        self._open = Server(self._authorize.answer)
        self._tls = Server(self._api.answer, context)
        self._api.plain_url = self.open_url
        self.authorize_url = self.open_url + PATH
        self.api_url = f"https://127.0.0.1:{self._tls.port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in (self._open, self._tls):
            if server is not None:
                server.close()

    @property
    def open_url(self) -> str:
        """Origin of open.weixin.qq.com."""
        assert self._open is not None, "WeChat isn't running: use it as a context manager"
        return f"http://127.0.0.1:{self._open.port}"

    @property
    def certificate_kind(self) -> str:
        return self._kind

    @certificate_kind.setter
    def certificate_kind(self, kind: str) -> None:
        """Takes effect with the next connection."""
        self._kind = kind
        if self._tls is not None:
            self._tls.context = self._context()

    @property
    def tls_version(self) -> str:
        return self._tls_version

    @tls_version.setter
    def tls_version(self, version: str) -> None:
        """The only one that the API speaks, of server.TLS_VERSIONS. Takes effect likewise."""
        self._tls_version = version
        if self._tls is not None:
            self._tls.context = self._context()

    def _context(self) -> SSLContext:
        return tls_context(*self.authority.certificate("api", self._kind), self._tls_version)

    @property
    def connections(self) -> int:
        """TCP connections to api.weixin.qq.com, including those whose handshake failed."""
        return len(self._tls.accepted) if self._tls is not None else 0

    @property
    def first_connection(self) -> float | None:
        """When the first of them came (Unix time)."""
        return self._tls.accepted[0] if self._tls is not None and self._tls.accepted else None

    @property
    def handshakes_failed(self) -> int:
        return self._tls.handshakes_failed if self._tls is not None else 0
