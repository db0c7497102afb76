"""A page as a person sees it: its words, its buttons and, if there is one, its code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from urllib.parse import urljoin

_UNSEEN = ("script", "style", "template", "noscript", "title")
_BLOCKS = ("p", "div", "h1", "h2", "h3", "li", "tr", "br", "form", "button", "label", "dt", "dd",
           "section", "main", "header", "footer", "ul", "ol", "table", "td", "th")
_VOID = ("br", "img", "input", "meta", "link", "hr", "wbr", "source", "col", "area", "base")


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    status: int
    url: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    method: str = "GET"

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all_headers(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @cached_property
    def html(self) -> str:
        return self.body.decode("utf-8", "replace")

    @cached_property
    def _reader(self) -> _Reader:
        reader = _Reader()
        if "html" in (self.header("Content-Type") or ""):
            reader.feed(self.html)
            reader.close()
        else:
            reader.words.append(self.html)
        return reader

    @property
    def text(self) -> str:
        """The visible words, one line a paragraph."""
        lines = (" ".join(line.split()) for line in "".join(self._reader.words).split("\n"))
        return "\n".join(line for line in lines if line)

    @property
    def title(self) -> str:
        return " ".join("".join(self._reader.titles).split())

    @property
    def language(self) -> str | None:
        return self._reader.language

    @property
    def pin(self) -> str | None:
        """The code to be typed: the digits of the element with id="pin"."""
        return re.sub(r"[^0-9]", "", "".join(self._reader.pins)) or None

    @property
    def refresh(self) -> tuple[float, str] | None:
        """In how many seconds the browser goes on by itself, and where to."""
        found = re.fullmatch(r"([0-9.]+)\s*;\s*url=(.+)", self.header("Refresh") or "")
        return (float(found[1]), urljoin(self.url, found[2])) if found else None

    @property
    def forms(self) -> list[Form]:
        return self._reader.forms

    @property
    def buttons(self) -> list[str]:
        return [value for form in self.forms for _, value in form.buttons]

    def form_with(self, value: str) -> tuple[Form, str]:
        """The form that has a button of this value, and the button's name."""
        for form in self.forms:
            for name, button in form.buttons:
                if button == value:
                    return form, name
        raise LookupError(
            f"no button {value!r} on this page (status {self.status}, buttons {self.buttons}):"
            f"\n{self.text}"
        )

    def target(self, form: Form) -> str:
        return urljoin(self.url, form.action) if form.action else self.url

    def allows_form_to(self, url: str, policy_of: str) -> bool:
        """Whether this page's Content-Security-Policy lets a form lead to `url`.

        Chromium asks so of every redirect on the way, too. `policy_of` is the page's own origin.
        """
        origin = "/".join(url.split("/", 3)[:3])
        for policy in self.all_headers("Content-Security-Policy"):
            for directive in policy.split(";"):
                words = directive.split()
                if not words or words[0].lower() != "form-action":
                    continue
                if not any(_matches(source, origin, url, policy_of) for source in words[1:]):
                    return False
        return True


def _matches(source: str, origin: str, url: str, own: str) -> bool:
    if source == "'self'":
        return origin == own
    if source == "*" or source == origin:
        return True
    if source.endswith(":"):
        return url.startswith(source)
    return "://" in source and url.startswith(source.rstrip("/") + "/")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.titles: list[str] = []
        self.pins: list[str] = []
        self.forms: list[Form] = []
        self.language: str | None = None
        self._form: Form | None = None
        self._stack: list[tuple[str, bool, bool]] = []  # tag, unseen, inside the pin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values.get("lang")
        self._read_form(tag, values)
        if tag in _BLOCKS:
            self.words.append("\n")
        if tag not in _VOID:
            _, unseen, pin = self._stack[-1] if self._stack else ("", False, False)
            unseen = unseen or tag in _UNSEEN or "hidden" in values
            self._stack.append((tag, unseen, pin or values.get("id") == "pin"))

    def _read_form(self, tag: str, values: dict[str, str]) -> None:
        if tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").upper())
            self.forms.append(self._form)
        if self._form is None or "name" not in values:
            return
        kind = values.get("type", "submit" if tag == "button" else "text")
        pair = (values["name"], values.get("value", ""))
        if tag in ("button", "input") and kind == "submit":
            self._form.buttons.append(pair)
        elif tag == "input" and (kind not in ("radio", "checkbox") or "checked" in values):
            self._form.fields.append(pair)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if any(entry[0] == tag for entry in self._stack):
            while self._stack.pop()[0] != tag:
                pass
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        tag, unseen, pin = self._stack[-1] if self._stack else ("", False, False)
        if tag == "title":
            self.titles.append(data)
        if not unseen:
            self.words.append(data)
            if pin:
                self.pins.append(data)
