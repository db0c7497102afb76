"""One sshd for all pictures of terminals; what its PAM line says changes from login to login."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.site import Site
from harness.sshd import Sshd
from simulator import WeChat

KEYBOARD = "AuthenticationMethods keyboard-interactive"


class Place:
    def __init__(self, site: Site, sshd: Sshd, folder: Path) -> None:
        self.site = site
        self.sshd = sshd
        self.folder = folder  # for files of windows

    def offer(self, options: str = "") -> None:
        """What the next login finds on the PAM line."""
        self.sshd.write_service(self.site.line(options=options))

    @contextmanager
    def links_of(self, length: int) -> Iterator[None]:
        """Makes links that long, by a path of the public address."""
        short = f"http://127.0.0.1:{self.site.port}/"
        url = short + "x" * (length - len(short) - len("/l/0123456789ab"))
        self._restart({"public_url": url})
        try:
            yield
        finally:
            self._restart({})

    def _restart(self, settings: dict[str, str | None]) -> None:
        self.site.stop_helper()
        self.site.conf.pop("public_url", None)
        self.site.helper_conf.pop("public_url", None)
        self.site.conf.update(settings)
        self.site.helper_conf.update(settings)
        self.site.start_helper()


@contextmanager
def a_place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="pam_wechat-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        for part in ("wechat", "site", "windows"):
            (folder / part).mkdir()
        with WeChat(folder / "wechat") as wechat, Site(folder / "site", wechat) as site:
            site.link_people("alice")
            site.start_helper()
            with Sshd(site, "sshd-terminals", site.line(), KEYBOARD) as sshd:
                yield Place(site, sshd, folder / "windows")
