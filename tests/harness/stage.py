"""A login as a phone sees it: two https sites, a real browser, and all that stands behind them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.chromium import Chromium
from harness.doors import Door
from harness.enrolling import Enrolling
from harness.host import Host
from harness.leaks import Watch
from harness.origins import AUTHORIZE_URL, WEIXIN, Watched, Weixin, ports
from harness.site import Site
from harness.system_log import SystemLog
from simulator import Authority, Page, Phone, WeChat

FROM_AFAR = ("--rhost", "203.0.113.7")
# A user with the longest name and uid that are shown; of the sandbox's, while a stage lasts.
LONG_USER = "u" * 63 + "W"
_LONG_UID = 4000000000


class Stage:
    """An installation, WeChat and the phone's browser; and what a test opens is closed after it."""

    def __init__(
        self, watch: Watch, wechat: WeChat, front: Watched, weixin: Weixin, browser: Chromium
    ) -> None:
        self.watch, self.wechat, self.front = watch, wechat, front
        self.weixin, self.browser = weixin, browser
        self.site: Site = watch.site
        self._settings = dict(self.site.conf)
        self.begin()

    def begin(self) -> None:
        self.open_things = ExitStack()
        self.hosts: list[Host] = []
        self.language = "en"
        self._exchanged = self.wechat.exchanges()

    def tidy(self) -> None:
        self.open_things.close()
        self.wechat.plans.clear()
        self.weixin.person = "alice"
        self.site.conf = dict(self._settings)
        self.site.write_conf()
        self.browser.forget()
        self.front.documents.clear()
        self.front.others.clear()
        self.front.holds_still = False

    def login(self, *options: str, user: str = "alice", service: str = "test") -> Host:
        self.hosts.append(self.open_things.enter_context(
            Host(self.site, user, service, options or FROM_AFAR)))
        return self.hosts[-1]

    def door(self, door: Door) -> str:
        """The link of a login at one of the machine's doors."""
        return self.open_things.enter_context(door.open(self.site)).wait_for_login().link

    def enrol(self, user: str) -> Enrolling:
        return self.open_things.enter_context(Enrolling(self.site, user))

    def ask(self, *options: str, user: str = "alice") -> Host:
        host = self.login(*options, user=user)
        self.browser.open(host.link())
        return host

    def finish(self) -> Host:
        host = self.ask()
        self.browser.tap("continue")
        return host

    def other_phone(self, person: str = "alice") -> Phone:
        hosts = self.front.hosts | {WEIXIN: ("127.0.0.1", self.weixin.port)}
        return Phone(f"https://{WEIXIN}", person, ca_file=self.front.ca_file, hosts=hosts)

    def exchanges(self) -> int:
        return self.wechat.exchanges() - self._exchanged

    def posts(self) -> list[Page]:
        return [page for page in self.front.documents if page.method == "POST"]


@contextmanager
def set_up(authority: Authority, system_log: SystemLog) -> Iterator[Stage]:
    """All of it; searched for secrets at last."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="pam_wechat-"))).resolve()
        folder.chmod(0o711)
        for name in ("wechat", "site"):
            (folder / name).mkdir()
        wechat = stack.enter_context(WeChat(folder / "wechat", authority=authority))
        site = stack.enter_context(Site(folder / "site", wechat))
        watch = stack.enter_context(Watch(site, folder, system_log))
        site.link_people("alice", "bob")
        site.write_service("test")
        site.write_service("login", site.line(options="confirm=wait"))
        site.conf["authorize_url"] = AUTHORIZE_URL
        site.start_helper()
        front = stack.enter_context(Watched(site, authority))
        weixin = Weixin(wechat, authority)
        stack.callback(weixin.close)
        _add_user(stack)
        browser = stack.enter_context(Chromium(authority, ports(front, weixin)))
        yield Stage(watch, wechat, front, weixin, browser)
        watch.check()


def _add_user(stack: ExitStack) -> None:
    """A user with the longest name, in the sandbox."""
    table = Path("/etc/passwd")
    before = table.read_text()
    stack.callback(table.write_text, before)
    table.write_text(f"{before}{LONG_USER}:x:{_LONG_UID}:{_LONG_UID}::/:/bin/sh\n")
