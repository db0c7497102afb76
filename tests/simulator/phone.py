"""A phone with WeChat, and the person who holds it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .authorize import FRAGMENT_HEADER, PATH, PERSON_HEADER, SCRIPT_HEADER
from .browser import USER_AGENTS, Blocked, Browser, Step, form_body, origin
from .cookies import Cookies
from .page import Page

if TYPE_CHECKING:
    from PIL.Image import Image

    from .wechat import WeChat

FRAGMENT = "wechat_redirect"


class Phone:
    """`wechat` is the simulator, or the origin of its open.weixin.qq.com: only there is said who
    the person is. `address` is the loopback address that the phone calls from.

    After a double callback, `page` is what the person sees and `others` holds the other answers.
    """

    def __init__(
        self,
        wechat: WeChat | str,
        person: str,
        language: str = "zh_CN",
        address: str = "127.0.0.1",
        user_agent: str | None = None,
        *,
        ca_file: Path | None = None,
        hosts: dict[str, tuple[str, int]] | None = None,
        timeout: float = 60.0,
    ) -> None:
        agent = user_agent or USER_AGENTS["iphone"].format(language=language)
        self.person = person
        self._options: dict[str, Any] = {
            "user_agent": agent, "language": language, "ca_file": ca_file, "hosts": hosts,
            "timeout": timeout,
        }
        at = wechat if isinstance(wechat, str) else wechat.open_url
        self.browser = _WeChatBrowser(origin(at), person, address=address, **self._options)
        self.page: Page | None = None
        self.others: list[Page] = []

    @property
    def cookies(self) -> Cookies:
        return self.browser.cookies

    @cookies.setter
    def cookies(self, jar: Cookies) -> None:
        self.browser.cookies = jar

    @property
    def history(self) -> list[Page]:
        return self.browser.history

    @property
    def notes(self) -> list[str]:
        return self.browser.notes

    def scan(self, image: Image | Path | str) -> Page:
        """Reads the QR code in a picture with WeChat's engine and opens it."""
        from . import camera  # OpenCV only for those who scan

        url = camera.read_with_wechat(image)
        if url is None:
            raise LookupError("WeChat finds no QR code in this picture")
        return self.open(url)

    def open(self, url: str) -> Page:
        return self._go(Step("GET", url))

    def tap(self, value: str) -> Page:
        """Presses the button with this value and sends its form."""
        page = self._current()
        form, name = page.form_with(value)
        fields = form.fields + ([(name, value)] if name else [])
        target = page.target(form)
        if form.method == "POST":
            step = Step("POST", target, form_body(fields), page, form=True)
        else:
            query = form_body(fields).decode()
            step = Step("GET", f"{target.partition('?')[0]}?{query}", None, page, form=True)
        try:
            self.browser.check_form(step)
            return self._go(step)
        except Blocked:
            return page  # the button is dead

    def reload(self) -> Page:
        """Asks for the current page again; one that came by a form is asked for by GET."""
        return self._go(Step("GET", self._current().url))

    def get(self, url: str, headers: dict[str, str] | None = None) -> Page:
        """One GET with the phone's cookies; redirects aren't followed, `page` stays."""
        return self.browser.send(Step("GET", url), headers)

    def post(
        self,
        url: str,
        fields: dict[str, str],
        headers: dict[str, str] | None = None,
        cross_site: bool = False,
    ) -> Page:
        """A POST from nowhere; with `cross_site` as from a page of an attacker's own. Redirects
        aren't followed, `page` stays."""
        return self.browser.send(Step("POST", url, form_body(fields)), headers, cross_site)

    def sign_in(self, url_or_image: str | Path | Image) -> str | None:
        """All that an honest person does; the code to be typed, if the phone shows one.

        A string is an address; a picture is a path or an image.
        """
        if isinstance(url_or_image, str):
            page = self.open(url_or_image)
        else:
            page = self.scan(url_or_image)
        # Twice continue: a QR code may hold the authorize URL, a helper may have been restarted.
        for choice in ("continue", "allow", "continue", "allow"):
            if choice in page.buttons and page.pin is None:
                page = self.tap(choice)
        return page.pin

    def _current(self) -> Page:
        if self.page is None:
            raise LookupError("the phone shows no page")
        return self.page

    def _go(self, step: Step) -> Page:
        page, last = self.browser.follow(step)
        self.others = []
        script = page.header(SCRIPT_HEADER)
        if script is not None and self.browser.at_wechat(last.url):
            page = self._play(json.loads(script), last)
        self.page = page
        return page

    def _play(self, script: list[dict[str, Any]], last: Step) -> Page:
        """WeChat's client calls back more than once; all answers are waited for."""
        answers: list[Page | Exception | None] = [None] * len(script)

        def call(number: int, entry: dict[str, Any]) -> None:
            time.sleep(entry["at"])
            try:
                if entry["bare"]:
                    bare = Browser(address=entry["address"], **self._options)
                    answers[number] = bare.follow(Step("GET", entry["url"]))[0]
                else:
                    step = self.browser.redirect(last, 302, entry["url"])
                    answers[number] = self.browser.follow(step)[0]
            except Exception as error:  # raised again in the caller's thread
                answers[number] = error

        threads = [
            threading.Thread(target=call, args=pair, daemon=True) for pair in enumerate(script)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        pages = [answer for answer in answers if isinstance(answer, Page)]
        # The person sees the phone's own last navigation.
        shown = max(number for number, entry in enumerate(script) if not entry["bare"])
        self.others = pages[:shown] + pages[shown + 1:]
        return pages[shown]


class _WeChatBrowser(Browser):
    """The browser that WeChat's servers know the user of."""

    def __init__(self, authorize_origin: str, person: str, **options: Any) -> None:
        super().__init__(**options)
        self.authorize_origin = authorize_origin
        self.person = person

    def at_wechat(self, url: str) -> bool:
        return origin(url) == self.authorize_origin

    def headers_for(self, step: Step) -> dict[str, str]:
        if not self.at_wechat(step.url):
            return {}
        headers = {PERSON_HEADER: self.person}
        parts = urlsplit(step.url)
        if parts.path == PATH and parts.fragment != FRAGMENT:
            self.notes.append(f"authorize URL without #{FRAGMENT}")
            # Only a link that a redirect led to needs it.
            if step.redirected:
                headers[FRAGMENT_HEADER] = "missing"
        return headers

    def leave(self, page: Page, following: Step) -> bool:
        return page.header(SCRIPT_HEADER) is not None and self.at_wechat(page.url)
