"""One headless Chromium that plays a phone's browser, with an empty profile of its own."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service

from harness.processes import children_of, running
from harness.waiting import HANG, until
from simulator import Authority
from simulator.browser import ACCEPT_LANGUAGE, USER_AGENTS

PROGRAM = Path("/usr/lib/chromium/chromium")
DRIVER = Path("/usr/bin/chromedriver")
HEIGHT = 667  # CSS pixels
LANGUAGES = {"en": "en", "zh": "zh_CN"}  # the simulator's words for them


class Chromium:
    """
    `ports` leads https:// of each name to a port of this machine; no other name exists, and the
    authority is the one that it trusts besides those it was built with.
    """

    def __init__(self, authority: Authority, ports: dict[str, int]) -> None:
        self.authority = authority
        self.rules = ", ".join([*(f"MAP {name}:443 127.0.0.1:{port}"
                                  for name, port in ports.items()), "MAP * ~NOTFOUND"])
        self.scale = 3.0
        self.width = 375

    def __enter__(self) -> Chromium:
        self._folder = tempfile.TemporaryDirectory(prefix="pam_wechat-chromium-")
        folder = Path(self._folder.name)
        self._service = Service(str(DRIVER), env={
            "HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
        })
        try:
            _trust(folder, self.authority)
            self._driver = webdriver.Chrome(service=self._service, options=self._options(folder))
        except BaseException:
            self._end()
            raise
        self.cdp("Page.enable")
        self.cdp("Emulation.setScriptExecutionDisabled", value=True)
        # Without a window there is no focus but this.
        self.cdp("Emulation.setFocusEmulationEnabled", enabled=True)
        self.forget()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _options(self, folder: Path) -> webdriver.ChromeOptions:
        options = webdriver.ChromeOptions()
        options.binary_location = str(PROGRAM)
        for switch in ("--headless", "--no-sandbox", "--disable-quic", "--no-first-run",
                       "--disable-background-networking", f"--host-resolver-rules={self.rules}",
                       f"--user-data-dir={folder}/profile"):
            options.add_argument(switch)
        options.page_load_strategy = "none"  # waiting is our own: see wait_for_another()
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        return options

    def _end(self) -> None:
        driver = getattr(self._service, "process", None)
        if driver is not None:
            # Chromium's own id is asked for first: it outlives a driver that was killed.
            mine = [driver.pid]
            if hasattr(self, "_driver"):
                mine.append(self._driver.capabilities["goog:processID"])
            mine += [child for pid in tuple(mine) for child in children_of(pid)]
            with suppress(WebDriverException, URLError, OSError):
                self._driver.quit() if hasattr(self, "_driver") else self._service.stop()
            _kill(mine)
        self._folder.cleanup()

    # ---- The person's hands ----------------------------------------------------------------------

    def forget(self) -> None:
        """No cookies, no cache, a blank page, and nothing noted."""
        self.open("about:blank")
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Network.clearBrowserCache")
        self.requests()
        self.messages()

    def be(self, phone: str, language: str) -> None:
        """One of the simulator's user agents, from the next page on."""
        word = LANGUAGES[language]
        self.cdp("Network.setUserAgentOverride", userAgent=USER_AGENTS[phone].format(language=word),
                 acceptLanguage=ACCEPT_LANGUAGE[word])

    def hold(self, width: int, scheme: str, scale: float = 3.0) -> None:
        """A phone so wide, light or dark; the page that is shown is drawn anew."""
        self.width, self.scale = width, scale
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT,
                 deviceScaleFactor=scale, mobile=True)
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url: str) -> None:
        self._go(lambda: self._driver.get(url))

    def reload(self) -> None:
        self._go(self._driver.refresh)

    def back(self) -> None:
        self._go(self._driver.back)

    def _go(self, leave: Callable[[], None]) -> None:
        before = self._page()
        leave()
        self.wait_for_another(before)

    def tap(self, choice: str, wait: bool = True) -> object:
        """
        Taps the button of this value, and waits for the page that it leads to. Gives the page that
        was left, for wait_for_another().
        """
        before = self._page()
        self.tap_at(*self.place_of(choice))
        if wait:
            self.wait_for_another(before)
        return before

    def place_of(self, choice: str) -> tuple[float, float]:
        """Where that button is to be tapped. Cannot be asked while the page is being left."""
        return tuple(self.evaluate(
            f"(() => {{ const e = document.querySelector('button[value={choice}]');"
            " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2] })()"))

    def tap_at(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.cdp("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                     windowsVirtualKeyCode=code)

    def wait_for_another(self, before: object = None, seconds: float = HANG) -> None:
        """Until a page is complete that is not `before`."""
        assert until(lambda: self._page() not in (None, before), seconds), \
            f"still at {self._driver.current_url}"

    def _page(self) -> object:
        """What tells a page from another; None while it is on its way."""
        try:
            return self.evaluate("document.readyState === 'complete' && performance.timeOrigin"
                                 " || null")
        except WebDriverException:
            return None  # just between two

    # ---- What can be seen ------------------------------------------------------------------------

    @property
    def pin(self) -> str | None:
        return self.evaluate("document.getElementById('pin')?.textContent.replace(/\\D/g, '')"
                             " || null")

    def comes_to_the_pin(self) -> bool:
        """Whether a page that goes on by itself leads there."""
        def shows_it() -> bool:
            with suppress(WebDriverException):  # just between two
                return self.pin is not None
            return False

        return until(shows_it)

    @property
    def heading(self) -> str:
        return self.evaluate("document.querySelector('h1')?.textContent || ''")

    @property
    def address(self) -> str:
        return self._driver.current_url

    def picture(self, clip: tuple[float, float, float, float] | None = None) -> Image.Image:
        """The whole page, or x, y, width and height of it in CSS pixels."""
        self.evaluate("scrollTo(0, 0)")
        if clip is None:
            height = self.evaluate("document.documentElement.scrollHeight")
            clip = (0, 0, self.width, max(height, HEIGHT))
        x, y, width, height = clip
        taken = self.cdp("Page.captureScreenshot", optimizeForSpeed=True,
                         captureBeyondViewport=y + height > HEIGHT,
                         clip={"x": x, "y": y, "width": width, "height": height, "scale": 1})
        return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")

    def requests(self) -> list[str]:
        """The addresses asked for since the last call, whatever their scheme."""
        found = []
        for entry in self._driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                found.append(event["params"]["request"]["url"])
            elif event["method"] in ("Network.webSocketCreated", "Network.webTransportCreated"):
                found.append(event["params"]["url"])
        return found

    def messages(self) -> list[str]:
        """The console and Chromium's own log since the last call."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def evaluate(self, expression: str) -> Any:
        """Chromium's inspector may run script where the page may not."""
        done = self.cdp("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def cdp(self, method: str, **parameters: Any) -> Any:
        return self._driver.execute_cdp_cmd(method, parameters)


def _kill(pids: list[int]) -> None:
    """Those that do not end by themselves."""
    def left() -> list[int]:
        return [pid for program in (PROGRAM, DRIVER) for pid in running(program) if pid in pids]

    if not until(lambda: not left(), 5):
        for pid in left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not left())


def _trust(home: Path, authority: Authority) -> None:
    """Chromium on Linux believes the authorities of the NSS database in its user's home."""
    database = home / ".pki/nssdb"
    database.mkdir(parents=True)
    for options in (("-N", "--empty-password"),
                    ("-A", "-n", "tests", "-t", "C,,", "-i", str(authority.ca_file))):
        subprocess.run(["certutil", "-d", f"sql:{database}", *options], check=True,
                       stdin=subprocess.DEVNULL)
