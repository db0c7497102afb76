"""Ways to spoil the ask page, and what the checks have to say of each: none of them is blind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from simulator.server import Reply

POLICY = "Content-Security-Policy"


@dataclass(frozen=True)
class Breakage:
    """`html` replaces a pattern, `header` a header's value ("": no such header); `script` is what
    the inspector does to the page that is shown."""

    fault: str
    html: tuple[str, str] | None = None
    header: tuple[str, str] | None = None
    more_policy: tuple[str, str] | None = None
    script: str | None = None

    def spoil(self, reply: Reply) -> Reply:
        body = reply.body.decode()
        if self.html is not None:
            pattern, by = self.html
            assert re.search(pattern, body, re.DOTALL), pattern
            body = re.sub(pattern, by, body, count=1, flags=re.DOTALL)
        headers = dict(reply.headers)
        if self.header is not None:
            assert self.header[0] in headers
            headers[self.header[0]] = self.header[1]
        if self.more_policy is not None:
            assert self.more_policy[0] in headers[POLICY]
            headers[POLICY] = headers[POLICY].replace(*self.more_policy)
        pairs = [(name, value) for name, value in headers.items() if value]
        return replace(reply, headers=pairs, body=body.encode())


def _end(html: str) -> tuple[str, str]:
    return "</main>", f"{html}</main>"


def _style(element: str, what: str) -> str:
    return f"document.querySelectorAll({element!r}).forEach(e => e.style.cssText += {what!r})"


_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

BREAKAGE = {
    "two headings": Breakage("2 headings <h1>", html=_end("<h1>Again</h1>")),
    "two headings for a reader": Breakage(
        r"headings of the levels \[1, 1\]",
        html=_end('<p role="heading" aria-level="1">Again</p>')),
    "no language": Breakage("language is ''", html=(r'<html lang="[^"]*">', "<html>")),
    "another language": Breakage("language is 'zh-CN'", html=('lang="en"', 'lang="zh-CN"')),
    "no title": Breakage("no title", html=("<title>.*?</title>", "")),
    "no viewport": Breakage("the viewport is ''", html=('<meta name="viewport"[^>]*>', "")),
    "no zoom": Breakage("forbids to zoom",
                        html=("width=device-width", "width=device-width,maximum-scale=1")),
    "two forms": Breakage("the forms are", html=_end("<form></form>")),
    "a form that gets": Breakage("the forms are", html=('method="?post"?', "")),
    "buttons the other way round": Breakage(
        r"the buttons are \['refuse', 'continue'\]",
        html=(r'value="continue"(.*)value="refuse"', r'value="refuse"\1value="continue"')),
    "a nameless button": Breakage("a nameless button", html=(r">\s*Continue\s*</button>",
                                                             "></button>")),
    "a nameless picture": Breakage(
        "a nameless image", html=_end('<svg role="img" width="50" height="50"></svg>')),
    "a button with another name": Breakage(
        "the buttons are read out as", html=("<button ", '<button aria-label="OK" ')),
    "facts behind the buttons": Breakage(
        "what is read out is not", html=("(<dl.*</dl>)(.*</form>)", r"\2\1")),
    "hidden facts": Breakage("what is read out is not", html=("<dl", '<dl aria-hidden="true"')),
    "a script": Breakage("a script", html=_end("<script>1</script>")),
    "a handler": Breakage("a handler", html=("<h1", '<h1 onclick="x()"')),
    "a picture from elsewhere": Breakage(
        "a resource from elsewhere", html=_end('<img src="https://evil.example/" alt="x">')),
    "a picture that the policy forbids": Breakage(
        "the console says: .*Content Security Policy", html=_end('<img src="/x.png" alt="x">')),
    "a picture in the page": Breakage(
        "a request to data:", html=_end(f'<img src="{_PIXEL}" alt="x">'),
        more_policy=("default-src 'none'", "default-src 'none'; img-src data:")),
    "a style sheet of its own": Breakage(
        "further requests", html=("</head>", '<link rel="stylesheet" href="/style.css"></head>'),
        more_policy=("style-src ", "style-src 'self' ")),
    "a large page": Breakage(r"\d{5} bytes", html=_end(f"<!-- {'x' * 12288} -->")),
    "a page that may be kept": Breakage("Cache-Control is", header=("Cache-Control", "private")),
    "a page that tells where one was": Breakage(
        r"Referrer-Policy is \[\]", header=("Referrer-Policy", "")),
    "a page whose type is guessed": Breakage(
        r"X-Content-Type-Options is \[\]", header=("X-Content-Type-Options", "")),
    "no policy": Breakage("0 Content-Security-Policies", header=(POLICY, "")),
    "a policy with scripts": Breakage(
        "the policy is", more_policy=("default-src 'none'", "default-src 'none'; script-src *")),
    "a policy with frames": Breakage(
        "no frame-ancestors", more_policy=("frame-ancestors 'none'", "frame-ancestors *")),
    "a policy with a base": Breakage("no base-uri", more_policy=("base-uri 'none'", "base-uri *")),
    "a policy with a default": Breakage(
        "no default-src", more_policy=("default-src 'none'", "default-src 'self'")),
    "small text": Breakage("<dd> .*written 15 small", script=_style("dd", "font-size: 15px")),
    "faint text": Breakage(r"<h1> .*contrast of 4\.4", script=_style("h1", "color: #787878") +
                           ";" + _style("body", "background: #fff")),
    "text too wide": Breakage("the text of <h1> .* reaches from",
                              script=_style("h1", "white-space: nowrap; font-size: 60px")),
    "a box too wide": Breakage("<p> .* reaches from", script=_style("p", "width: 110vw")),
    "a box off to the left": Breakage(
        "<p> .* reaches from -", script=_style("p", "position: relative; left: -99px")),
    "hidden text": Breakage(
        "<h1> .* holds .* more than it is wide",
        script=_style("h1", "white-space: nowrap; overflow: hidden; width: 99px")),
    "a small button": Breakage(
        "too small for a finger",
        script=_style("button", "padding: 0; min-height: 0; height: 43px")),
    "buttons too near": Breakage(
        r"is [0-7]\.\d away", script=_style("button", "margin: 0; margin-top: 7px") + ";" +
        _style("form", "display: block")),
    "no outline": Breakage("changes 0 pixels visibly", script=_style("button", "outline: none")),
    "a faint outline": Breakage(
        "changes 0 pixels visibly", script=_style("button", "outline: 3px solid #bbb8")),
    "a button that no key reaches": Breakage(
        "the tabulator key leads to 'refuse' instead of 'continue'",
        script="document.querySelector('button').tabIndex = -1"),
    "text that cannot grow": Breakage(
        "does not grow", script=_style("h1", "-webkit-text-size-adjust: none")),
    "text that grows too wide": Breakage(
        "text at 200 %: the text of <h1>",
        script=_style("h1", "white-space: nowrap; font-size: 20px")),
}
