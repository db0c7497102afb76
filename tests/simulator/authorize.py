"""open.weixin.qq.com: the page that knows who is looking and sends them to the callback."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote, urlsplit

from . import wechat_pages as pages
from .account import Account
from .api import redirected
from .journal import Record, fingerprint
from .plan import Plan
from .server import Reply, Request

PATH = "/connect/oauth2/authorize"
CONFIRM_PATH = "/connect/oauth2/confirm"

# How the simulated phone and the simulated WeChat understand each other; no one else sees these.
PERSON_HEADER = "X-WeChat-Person"
FRAGMENT_HEADER = "X-WeChat-Fragment"  # "missing" where a redirect came without #wechat_redirect
SCRIPT_HEADER = "X-WeChat-Script"  # the callbacks that this client makes, when not just one

_PERSON = re.compile(r"[A-Za-z0-9._-]{1,32}")
_STATE = re.compile(r"[a-zA-Z0-9]{1,128}")
_ORDER = re.compile(
    r"appid=[^&]*&redirect_uri=[^&]*&response_type=[^&]*&scope=[^&]*(&state=[^&]*)?"
    r"(&connect_redirect=1)?(&forceSnapShot=(true|false))?"
)
_REQUIRED = (("appid", 10012), ("redirect_uri", 10011), ("scope", 10010))


@dataclass
class Visit:
    """A person before an authorize page whose link is sound."""

    person: str
    redirect_uri: str
    scope: str
    state: str
    plan: Plan
    forced_snapshot: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.redirect_uri).netloc


class _Wrong(Exception):
    def __init__(self, outcome: str, reply: Reply) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.reply = reply


class Authorize:
    def __init__(self, account: Account, by_hand: bool) -> None:
        self.account = account
        self.by_hand = by_hand
        self._tickets: dict[str, Visit] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        record = Record("open", request.method, request.path, "unknown", request.address,
                        user_agent=request.headers.get("user-agent", ""),
                        cookie="cookie" in request.headers)
        language = _language(request)
        try:
            if request.path == PATH and request.method == "GET":
                record.endpoint = "authorize"
                return self._visit(request, record, language)
            if request.path == CONFIRM_PATH and request.method == "POST":
                record.endpoint = "confirm"
                return self._confirm(request, record, language)
            if request.path == "/redirected":
                return redirected(record)
            record.outcome = "not found"
            return Reply(status=404)
        except _Wrong as wrong:
            record.outcome = wrong.outcome
            return wrong.reply
        finally:
            self.account.journal.add(record)

    def _visit(self, request: Request, record: Record, language: str) -> Reply:
        person = request.headers.get(PERSON_HEADER.lower(), "")
        by_hand = self.by_hand and not person
        if "MicroMessenger" not in request.headers.get("user-agent", "") and not by_hand:
            raise _Wrong("not WeChat", pages.open_in_wechat(language))
        visit = self._check_link(request.query, record, language)
        if request.headers.get(FRAGMENT_HEADER.lower()) == "missing":
            raise _Wrong("no fragment", pages.bad_link("#wechat_redirect is missing", language))
        if not by_hand and not _PERSON.fullmatch(person):
            raise _Wrong("nobody", pages.bad_link(f"{PERSON_HEADER} names nobody", language))
        visit.person = record.person = person
        visit.plan = plan = self.account.plans.take(visit.state)
        # WeChat's own switch to try what such pages do.
        visit.forced_snapshot = "forceSnapShot=true" in request.query.split("&")
        if plan.page is not None:
            raise _Wrong(f"page {plan.page}", pages.error(plan.page, language))
        if by_hand:
            record.outcome = "asked by hand"
            names = self.account.people.names()
            reply = pages.by_hand(CONFIRM_PATH, self._ticket(visit), names, visit.host, language)
        elif visit.scope == "snsapi_userinfo":
            record.outcome = "asked for consent"
            reply = pages.consent(CONFIRM_PATH, self._ticket(visit), visit.host, language)
        else:
            reply = self._finish(visit, "allow", record, language)
        return replace(reply, delay=plan.page_delay, hurry=plan.hurry)

    def _confirm(self, request: Request, record: Record, language: str) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        with self._lock:
            visit = self._tickets.pop(form.get("ticket", ""), None)
        if visit is None:
            raise _Wrong("stale", pages.bad_link("this page was answered before", language))
        record.state = fingerprint(visit.state)
        if not visit.person:
            visit.person = form.get("person") or form.get("other", "")
            if not _PERSON.fullmatch(visit.person):
                raise _Wrong("nobody", pages.bad_link("a name has 1 to 32 letters", language))
        elif visit.person != request.headers.get(PERSON_HEADER.lower()):
            raise _Wrong("stranger", pages.bad_link("another person's page", language))
        record.person = visit.person
        return self._finish(visit, form.get("choice", "close"), record, language)

    def _check_link(self, query: str, record: Record, language: str) -> Visit:
        parsed = parse_qs(query, keep_blank_values=True)
        state = parsed.get("state", [""])[0]
        if state:
            record.state = fingerprint(state)

        def bad(what: str) -> _Wrong:
            return _Wrong(what, pages.bad_link(what, language))

        def page(number: int) -> _Wrong:
            return _Wrong(f"page {number}", pages.error(number, language))

        for name, number in _REQUIRED:
            if not parsed.get(name, [""])[0]:
                raise page(number)
        if not parsed.get("response_type", [""])[0]:
            raise bad("response_type is missing")
        if not _ORDER.fullmatch(query):
            raise bad("parameters: appid, redirect_uri, response_type, scope, state, in this order")
        if parsed["appid"][0] != self.account.appid:
            raise bad("the appid is nobody's")
        if not self.account.verified:
            raise page(10016)
        redirect_uri = self._check_redirect_uri(query, bad, page)
        if parsed["response_type"][0] != "code":
            raise bad("response_type isn't code")
        scope = parsed["scope"][0]
        if scope not in self.account.scopes:
            raise page(10005)
        # It may be left out, but not be empty.
        if "state" in parsed and not state:
            raise page(10013)
        if state and not _STATE.fullmatch(state):
            raise bad("state: 1 to 128 of [a-zA-Z0-9]")
        return Visit("", redirect_uri, scope, state, Plan())

    def _check_redirect_uri(
        self, query: str, bad: Callable[[str], _Wrong], page: Callable[[int], _Wrong]
    ) -> str:
        raw = query.split("&")[1].removeprefix("redirect_uri=")
        if re.search(r"[^A-Za-z0-9._~%-]", raw):
            raise bad("redirect_uri isn't encoded")
        redirect_uri = unquote(raw)
        if not redirect_uri.startswith(("http://", "https://")):
            raise bad("redirect_uri isn't encoded exactly once")
        hosts = self.account.redirect_hosts
        host = urlsplit(redirect_uri).netloc.lower()
        if hosts is not None and host not in map(str.lower, hosts):
            raise page(10003)
        return redirect_uri

    def _ticket(self, visit: Visit) -> str:
        ticket = secrets.token_hex(16)
        with self._lock:
            self._tickets[ticket] = visit
        return ticket

    def _finish(self, visit: Visit, choice: str, record: Record, language: str) -> Reply:
        plan = visit.plan
        if choice == "close":
            record.outcome = "closed"
            return pages.closed(language)
        # A planned denial holds whatever was tapped: the silent scope has nothing to tap.
        if choice != "allow" or plan.deny is not None:
            record.outcome = f"denied, {plan.deny or 'nothing'}"
            if plan.deny == "state_only":
                return _redirect(_extend(visit.redirect_uri, f"state={visit.state}"))
            if plan.deny == "authdeny":
                query = f"state=&code=authdeny&reason={visit.state}"
                return _redirect(_extend(visit.redirect_uri, query))
            return pages.closed(language)
        record.outcome = "code"
        location, code = self._callback(visit)
        record.code = fingerprint(code)
        reply = _redirect(location)
        if plan.double is not None:
            reply.headers.append((SCRIPT_HEADER, json.dumps(self._script(visit, location))))
        return reply

    def _callback(self, visit: Visit) -> tuple[str, str]:
        snapshot = "flagged" if visit.forced_snapshot else visit.plan.snapshot
        code = self.account.code_for(
            visit.person, visit.state, visit.scope, visit.plan, snapshot=snapshot)
        return _extend(visit.redirect_uri, f"code={code}&state={visit.state}"), code

    def _script(self, visit: Visit, location: str) -> list[dict[str, object]]:
        """The callbacks of a double login, each with its time; the phone plays them.

        "bare" clients have no cookies and come from another address.
        """
        plan = visit.plan
        gap = plan.seconds_between
        own: dict[str, object] = {"url": location, "at": 0.0, "bare": False}
        if plan.double == "two_codes":
            return [own, {**own, "url": self._callback(visit)[0], "at": gap}]
        if plan.double == "again_later":
            return [own, {**own, "at": gap}]
        bare = {**own, "bare": True, "address": plan.bare_address}
        if plan.order == "bare_first":
            own["at"] = gap
        elif plan.order == "bare_last":
            bare["at"] = gap
        return [own, bare]


def _extend(uri: str, query: str) -> str:
    return uri + ("&" if "?" in uri else "?") + query


def _redirect(location: str) -> Reply:
    return Reply(status=302, content_type="text/html", headers=[
        ("Location", location),
        ("Cache-Control", "no-store"),
    ])


def _language(request: Request) -> str:
    wanted = request.headers.get("accept-language", "zh-CN")
    return "zh-CN" if wanted.lower().startswith("zh") else "en"
