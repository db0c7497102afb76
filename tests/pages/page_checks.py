"""What a person needs of a page, each check as a list of what is amiss."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.chromium import Chromium
from harness.drawn import changed, contrast
from harness.front import PUBLIC_URL
from harness.origins import WEIXIN, Watched
from pages.phone_pages import TAGS, Kind
from simulator import Page, camera

SMALLEST_TEXT = 16  # CSS pixels, as all sizes here
SMALLEST_TARGET = 44
SMALLEST_GAP = 8
LEAST_CONTRAST = 4.5
LARGEST_BODY = 12 * 1024
TOLERANCE = 0.5  # of a pixel: what rounding makes

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
DIRECTIVES = ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")

# Everything about the page that a picture does not tell.
_LOOK = r"""(() => {
    const all = [...document.body.querySelectorAll("*")].filter(e => e.getClientRects().length);
    const words = e => [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim());
    const name = e => "<" + e.localName + (e.id ? " id=" + e.id : "") +
        (e.value ? " value=" + e.value : "") + "> " +
        JSON.stringify((e.textContent || "").trim().replace(/\s+/g, " ").slice(0, 30));
    const box = r => [r.left + scrollX, r.top + scrollY, r.width, r.height];
    const lines = e => words(e).flatMap(n => {
        const range = document.createRange();
        range.selectNodeContents(n);
        return [...range.getClientRects()].filter(r => r.width && r.height).map(box);
    });
    return {
        language: document.documentElement.lang,
        title: document.title,
        headings: [...document.querySelectorAll("h1")].map(e => e.textContent.trim()),
        mains: document.querySelectorAll("main").length,
        viewport: document.querySelector("meta[name=viewport]")?.content || "",
        scrollWidth: document.documentElement.scrollWidth,
        forms: [...document.forms].map(f => [f.method,
            [...f.elements].map(e => [e.localName, e.type, e.name])]),
        buttons: [...document.querySelectorAll("button")].map(e => e.value),
        facts: document.querySelectorAll("dl > dt, dl > div > dt").length,
        pin: document.querySelectorAll("p#pin").length,
        images: document.querySelectorAll("svg[role=img]").length,
        boxes: all.map(e => [name(e), box(e.getBoundingClientRect()),
            e.clientWidth && words(e).length ? e.scrollWidth - e.clientWidth : 0]),
        texts: all.filter(e => words(e).length).map(e =>
            [name(e), parseFloat(getComputedStyle(e).fontSize), lines(e)]),
        targets: all.filter(e => e.matches("a[href], button, input, select, textarea, summary"))
            .map(e => [name(e), box(e.getBoundingClientRect())]),
    };
})()"""

# As WeChat's own setting does it: twice as large is what is written, and nothing else.
_ENLARGE = r"""[document.documentElement, document.body].forEach(
    e => e.style.setProperty("-webkit-text-size-adjust", "200%", "important"))"""
_RESTORE = _ENLARGE.replace("200%", "")

_BOX = r"""(() => {
    const r = document.querySelector("%s")?.getBoundingClientRect();
    return r && [r.x + scrollX, r.y + scrollY, r.width, r.height];
})()"""

# Nothing has the focus, and the tabulator key begins at the top.
_START = r"""(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    document.activeElement.blur();
})()"""


def look(browser: Chromium) -> dict[str, Any]:
    return browser.evaluate(_LOOK)


# ---- Size and place -----------------------------------------------------------------------------


def overflows(seen: dict[str, Any], width: int) -> Iterator[str]:
    # With a viewport of its own a phone makes innerWidth larger for a page that is too wide.
    if seen["scrollWidth"] > width:
        yield f"the page is {seen['scrollWidth']} wide"
    for name, (left, _, wide, _), hidden in seen["boxes"]:
        if left < -TOLERANCE or left + wide > width + TOLERANCE:
            yield f"{name} reaches from {left:.0f} to {left + wide:.0f}"
        if hidden > 1:
            yield f"{name} holds {hidden} more than it is wide"
    for name, _, lines in seen["texts"]:
        for left, _, wide, _ in lines:
            if left < -TOLERANCE or left + wide > width + TOLERANCE:
                yield f"the text of {name} reaches from {left:.0f} to {left + wide:.0f}"


def small_texts(seen: dict[str, Any]) -> Iterator[str]:
    for name, size, _ in seen["texts"]:
        if size < SMALLEST_TEXT:
            yield f"{name} is written {size:g} small"


def bad_targets(seen: dict[str, Any]) -> Iterator[str]:
    for name, (_, _, wide, high) in seen["targets"]:
        if min(wide, high) < SMALLEST_TARGET - TOLERANCE:
            yield f"{name} is {wide:.0f}x{high:.0f}, too small for a finger"
    for (name, one), (other_name, other) in combinations(seen["targets"], 2):
        gap = max(_between(one, other, 0), _between(one, other, 1))
        if gap < SMALLEST_GAP - TOLERANCE:
            yield f"{name} is {gap:.1f} away from {other_name}"


def _between(one: list[float], other: list[float], axis: int) -> float:
    first, second = sorted(((box[axis], box[axis + 2]) for box in (one, other)))
    return second[0] - first[0] - first[1]


def overflows_when_enlarged(browser: Chromium, width: int) -> Iterator[str]:
    before = look(browser)
    browser.evaluate(_ENLARGE)
    after = look(browser)
    browser.evaluate(_RESTORE)
    for (name, _, old), (_, _, new) in zip(before["texts"], after["texts"]):
        if new[0][3] < 1.9 * old[0][3]:
            yield f"{name} does not grow with the size of text"
    yield from (f"text at 200 %: {what}" for what in overflows(after, width))


# ---- Colours ------------------------------------------------------------------------------------


def faint_texts(browser: Chromium, seen: dict[str, Any]) -> Iterator[str]:
    boxes = [(name, line) for name, _, lines in seen["texts"] for line in lines]
    x, y = (math.floor(min(line[axis] for _, line in boxes)) for axis in (0, 1))
    right, bottom = (max(line[axis] + line[axis + 2] for _, line in boxes) for axis in (0, 1))
    picture = browser.picture((x, y, math.ceil(right) - x, math.ceil(bottom) - y))
    for name, (left, top, wide, high) in boxes:
        edges = (left - x, top - y, left + wide - x, top + high - y)
        found = contrast(picture.crop(tuple(round(edge * browser.scale) for edge in edges)))
        if found < LEAST_CONTRAST:
            yield f"{name} has a contrast of {found:.2f}"


def unreadable_codes(browser: Chromium, kind: Kind) -> Iterator[str]:
    """What WeChat's own engine reads, which has to be this page's address."""
    if not kind.image:
        return
    margin = 4
    found = browser.evaluate(_BOX % "svg[role=img]")
    if found is None:
        yield "no picture to be scanned"
        return
    x, y, wide, high = found
    picture = browser.picture((x - margin, y - margin, wide + 2 * margin, high + 2 * margin))
    if camera.read_with_wechat(picture) != browser.address:
        yield "WeChat does not read the page's address from the picture"


def unseen_focus(browser: Chromium, kind: Kind) -> Iterator[str]:
    """Walks over the buttons by the tabulator key; each must be outlined when it has the focus."""
    margin = 6
    browser.evaluate(_START)
    for choice in kind.buttons:
        place = browser.evaluate(_BOX % f"button[value={choice}]")
        if place is None:
            yield f"no button {choice!r} that could have the focus"
            return
        x, y, wide, high = place
        clip = (x - margin, y - margin, wide + 2 * margin, high + 2 * margin)
        before = browser.picture(clip)
        browser.press("Tab", 9)
        focused = browser.evaluate("document.activeElement.value || ''")
        if focused != choice:
            yield f"the tabulator key leads to {focused!r} instead of {choice!r}"
            continue
        # A line around it, one CSS pixel thick.
        enough = 2 * (wide + high) * browser.scale * browser.scale
        number = changed(before, browser.picture(clip))
        if number < enough:
            yield (f"the focused {choice!r} changes {number} pixels visibly,"
                   f" an outline has {enough:.0f}")
    browser.evaluate(_START)


# ---- Words and structure ------------------------------------------------------------------------


def wrong_structure(
    browser: Chromium, seen: dict[str, Any], kind: Kind, language: str, words_in: str
) -> Iterator[str]:
    """`words_in` is the language of the words; `language` the one that was asked for."""
    if seen["language"] != TAGS[words_in]:
        yield f"the document's language is {seen['language']!r}, asked for was {language}"
    if len(seen["headings"]) != 1:
        yield f"{len(seen['headings'])} headings <h1>"
    elif kind.heading is not None and seen["headings"] != [kind.heading_in(words_in)]:
        yield f"the heading is {seen['headings'][0]!r}"
    if not seen["title"].strip():
        yield "no title"
    if seen["mains"] != 1:
        yield f"{seen['mains']} elements <main>"
    if "width=device-width" not in seen["viewport"]:
        yield f"the viewport is {seen['viewport']!r}"
    if re.search(r"maximum-scale|user-scalable", seen["viewport"]):
        yield f"the viewport {seen['viewport']!r} forbids to zoom"
    if seen["buttons"] != list(kind.buttons):
        yield f"the buttons are {seen['buttons']}"
    if (seen["facts"] > 0) != kind.facts:
        yield f"{seen['facts']} facts in a <dl>"
    if (seen["pin"] > 0) != kind.pin:
        yield f"{seen['pin']} elements <p id=pin>"
    if (seen["images"] > 0) != kind.image:
        yield f"{seen['images']} elements <svg role=img>"
    fields = [["input", "hidden", "token"], *(["button", "submit", "choice"],) * len(kind.buttons)]
    if seen["forms"] != ([["post", fields]] if kind.buttons else []):
        yield f"the forms are {seen['forms']}"
    yield from wrong_for_a_reader(browser, kind)


def wrong_for_a_reader(browser: Chromium, kind: Kind) -> Iterator[str]:
    """By the tree of which screen readers read out a page."""
    read = [node for node in _in_order(browser.cdp("Accessibility.getFullAXTree")["nodes"])
            if not node["ignored"]]
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in read]
    levels = [item["value"]["value"] for node in read if node["role"]["value"] == "heading"
              for item in node["properties"] if item["name"] == "level"]
    if levels.count(1) != 1:
        yield f"headings of the levels {levels}"
    for role, name in roles:
        if role in ("button", "image", "img", "link", "RootWebArea") and not name.strip():
            yield f"a nameless {role}"
    order = ["heading"]
    if kind.facts:
        order += ["term", "definition"]
    order += ["button"] * len(kind.buttons)
    if _first_of_each(roles, order) != order:
        yield f"what is read out is not {order} but {[role for role, _ in roles]}"
    names = [name for role, name in roles if role == "button"]
    shown = browser.evaluate("[...document.querySelectorAll('button')].map(e => e.innerText)")
    if names != shown:
        yield f"the buttons are read out as {names}"


def _first_of_each(roles: list[tuple[str, str]], order: list[str]) -> list[str]:
    """The roles of `order`, as far as they follow each other, facts at their last."""
    found: list[str] = []
    at = 0
    names = [role for role, _ in roles]
    for role in order:
        if role not in names[at:]:
            break
        at = at + names[at:].index(role) + 1
        found.append(role)
    # No fact may come behind a button.
    if "button" in found and "term" in names[names.index("button"):]:
        return []
    return found


def _in_order(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    by_id = {node["nodeId"]: node for node in nodes}

    def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("childIds", []):
            if child in by_id:
                yield from walk(by_id[child])

    yield from walk(nodes[0])


# ---- What goes over the wire --------------------------------------------------------------------


def strange_requests(browser: Chromium) -> Iterator[str]:
    for url in browser.requests():
        if not url.startswith((f"{PUBLIC_URL}/", f"https://{WEIXIN}/")):
            yield f"a request to {url}"


def unwanted_messages(browser: Chromium, kind: Kind) -> Iterator[str]:
    # Chromium itself notes that a page came with an error; nothing can prevent that.
    own = f"{browser.address} - Failed to load resource: the server responded with a status of " \
          f"{kind.status} "
    for message in browser.messages():
        if kind.status < 400 or not message.startswith(own):
            yield f"the console says: {message}"


def too_many_requests(front: Watched) -> Iterator[str]:
    if front.others:
        yield f"further requests: {[page.url for page in front.others]}"


@dataclass(frozen=True)
class Answer:
    """One answer of the helper."""

    page: Page

    def faults(self) -> Iterator[str]:
        where = f"{self.page.method} {self.page.url.removeprefix(PUBLIC_URL)[:40]}"
        yield from (f"{where}: {what}" for what in
                    [*self._headers(), *self._policy(), *self._body()])

    def _headers(self) -> Iterator[str]:
        for name, value in HEADERS.items():
            if self.page.all_headers(name) != [value]:
                yield f"{name} is {self.page.all_headers(name)}"

    def _policy(self) -> Iterator[str]:
        policies = self.page.all_headers("Content-Security-Policy")
        if len(policies) != 1:
            yield f"{len(policies)} Content-Security-Policies"
            return
        directives = [" ".join(part.split()) for part in policies[0].split(";")]
        for wanted in DIRECTIVES:
            if wanted not in directives:
                yield f"no {wanted} in {policies[0]!r}"
        if "script-src" in policies[0] or "unsafe" in policies[0]:
            yield f"the policy is {policies[0]!r}"

    def _body(self) -> Iterator[str]:
        if len(self.page.body) >= LARGEST_BODY:
            yield f"{len(self.page.body)} bytes"
        html = self.page.html
        for what, pattern in (
            ("a script", r"<script"),
            ("a handler", r"<[^>]*\son\w+\s*="),
            ("a resource from elsewhere",
             r"<(?:link|img|image|use|iframe|object|embed|video|audio|source)\b[^>]*[\"'=]"
             r"(?:https?:)?//|url\(\W?(?:https?:)?//|@import"),
        ):
            found = re.search(pattern, html, re.IGNORECASE)
            if found is not None:
                yield f"{what}: {found[0]!r}"


def bad_answers(front: Watched) -> Iterator[str]:
    for page in [*front.documents, *front.others]:
        yield from Answer(page).faults()
