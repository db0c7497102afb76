"""api.weixin.qq.com: its endpoints, strict, their checks in WeChat's order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from . import errors, faults
from .account import Account
from .faults import Pairs
from .grants import Grant
from .journal import Record, fingerprint
from .plan import GOOD, Plan
from .server import Reply, Request

_OPENID = re.compile(r"[0-9A-Za-z_-]{6,64}")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{20,1024}")
_LANGUAGES = ("zh_CN", "zh_TW", "en")


class Refusal(Exception):
    """An error code that one of the checks ended in."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


class Api:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.plain_url = ""  # a plain http server of WeChat's, for redirects that leave TLS
        self._endpoints = {
            "/sns/oauth2/access_token": ("access_token", self._access_token),
            "/sns/oauth2/refresh_token": ("refresh_token", self._refresh_token),
            "/sns/userinfo": ("userinfo", self._userinfo),
            "/sns/auth": ("auth", self._auth),
        }
        self._posted = {"/cgi-bin/stable_token": ("stable_token", self._stable_token)}

    def answer(self, request: Request) -> Reply:
        name, endpoint = self._endpoints.get(request.path, ("unknown", None))
        name, posted = self._posted.get(request.path, (name, None))
        record = Record("api", request.method, request.path, name, request.address,
                        user_agent=request.headers.get("user-agent", ""))
        try:
            if request.method == "HEAD":
                record.endpoint, record.outcome = "warm", "ok"
                return Reply()
            if request.path == "/redirected":
                return redirected(record)
            if posted is not None:
                if request.method != "POST":
                    raise Refusal(43002)
                return posted(_object(request.body), record)
            if endpoint is None:
                record.outcome = "not found"
                return Reply(status=404)
            if request.method != "GET":
                raise Refusal(43001)
            return endpoint(_parameters(request.query), record)
        except Refusal as refusal:
            record.errcode = refusal.errcode
            record.outcome = errors.TEXTS[refusal.errcode]
            return Reply(body=errors.body(refusal.errcode))
        finally:
            self.account.journal.add(record)

    def _access_token(self, query: dict[str, str], record: Record) -> Reply:
        account = self.account
        code = account.grants.code(query.get("code", ""))
        if query.get("code"):
            record.code = fingerprint(query["code"])
        if code is not None:
            record.state, record.person = fingerprint(code.state), code.person
        _present(query, appid=41002, secret=41004, code=41008)
        if query.get("grant_type") != "authorization_code":
            raise Refusal(40002)
        if query["appid"] != account.appid:
            raise Refusal(40013)
        if account.secret_before_code:
            self._check_secret(query)
        if code is None:
            raise Refusal(40029)
        if code.used:
            raise Refusal(40163)
        if account.grants.now() >= code.dies:
            raise Refusal(account.expired_code_errcode)
        self._check_secret(query)

        def make() -> Pairs:
            if not account.grants.burn(code):
                raise Refusal(40163)
            return self._tokens(account.grants.grant(code))

        return self._planned("token", code.plan, record, make)

    def _stable_token(self, fields: dict[str, Any], record: Record) -> Reply:
        """The account's own token: it says whether appid, secret and IP list are right."""
        account = self.account
        _present(fields, grant_type=40002, appid=41002, secret=41004)
        if fields["grant_type"] != "client_credential":
            raise Refusal(40002)
        if fields["appid"] != account.appid:
            raise Refusal(40013)
        self._check_secret(fields)
        refresh = fields.get("force_refresh", False)
        if not isinstance(refresh, bool):
            raise Refusal(47001)
        token, seconds = account.grants.stable_token(refresh)
        record.outcome = "ok"
        return faults.good([("access_token", token), ("expires_in", seconds)])

    def _refresh_token(self, query: dict[str, str], record: Record) -> Reply:
        grants = self.account.grants
        grant = grants.by_refresh(query.get("refresh_token", ""))
        _describe(record, grant)
        _present(query, appid=41002, refresh_token=41003)
        if query.get("grant_type") != "refresh_token":
            raise Refusal(40002)
        if query["appid"] != self.account.appid:
            raise Refusal(40013)
        if grant is None:
            raise Refusal(40030)
        if grants.now() >= grant.refresh_dies:
            raise Refusal(42002)
        if grant.revoked:
            raise Refusal(42007)

        def make() -> Pairs:
            grants.renew(grant)
            pairs = self._tokens(grant)
            return sorted(pairs, key=lambda pair: pair[0] != "openid")

        return self._planned("refresh", grant.code.plan, record, make)

    def _userinfo(self, query: dict[str, str], record: Record) -> Reply:
        grant = self.account.grants.by_access(query.get("access_token", ""))
        _describe(record, grant)
        _present(query, access_token=41001, openid=41009)
        if query.get("lang", "zh_CN") not in _LANGUAGES:
            raise Refusal(40035)
        grant = self._living(grant)
        if query["openid"] != grant.code.openid:
            raise Refusal(40003)
        if grant.code.scope != "snsapi_userinfo" or grant.code.snapshot:
            raise Refusal(48001)
        person = grant.code.person
        return self._planned("userinfo", grant.code.plan, record, lambda: [
            ("openid", grant.code.openid),
            ("nickname", self.account.people.nickname(person)),
            ("sex", 0),
            ("language", ""),
            ("city", ""),
            ("province", ""),
            ("country", ""),
            ("headimgurl", f"https://thirdwx.qlogo.cn/mmopen/{fingerprint(person)}/132"),
            ("privilege", []),
            ("unionid", grant.code.unionid),
        ])

    def _auth(self, query: dict[str, str], record: Record) -> Reply:
        grant = self.account.grants.by_access(query.get("access_token", ""))
        _describe(record, grant)
        _present(query, access_token=41001, openid=41009)
        if not _OPENID.fullmatch(query["openid"]):
            raise Refusal(40003)
        if not _TOKEN.fullmatch(query["access_token"]):
            raise Refusal(40014)
        grant = self._living(grant)
        if query["openid"] != grant.code.openid:
            raise Refusal(40003)
        return self._planned("auth", grant.code.plan, record,
                             lambda: [("errcode", 0), ("errmsg", "ok")])

    def _planned(
        self, endpoint: str, plan: Plan, record: Record, make: Callable[[], Pairs]
    ) -> Reply:
        """The right answer, or what the plan puts in its place. `make` burns the code."""
        answer = plan.answer(endpoint)
        record.outcome = "ok"
        if isinstance(answer, int):
            record.errcode, record.fault = answer, str(answer)
            record.outcome = errors.TEXTS.get(answer, "unknown error")
            reply = Reply(body=errors.body(answer, plan.error_form))
        elif answer == GOOD:
            reply = faults.good(make())
        else:
            fault = faults.ENDPOINTS[endpoint][answer]
            record.fault = record.outcome = answer
            reply = fault.make(make() if fault.burns else [])
            if fault.followable:
                reply = replace(reply, headers=[("Location", self._target(answer))])
        return replace(reply, delay=plan.delay_of(endpoint), hurry=plan.hurry)

    def _target(self, fault: str) -> str:
        return (self.plain_url if fault == "redirect_plain" else "") + "/redirected"

    def _tokens(self, grant: Grant) -> Pairs:
        code = grant.code
        pairs: Pairs = [
            ("access_token", grant.access_token),
            ("expires_in", 7200),
            ("refresh_token", grant.refresh_token),
            ("openid", code.openid),
            ("scope", code.scope),
        ]
        if code.flagged:
            pairs.append(("is_snapshotuser", 1))
        if code.scope == "snsapi_userinfo":
            pairs.append(("unionid", code.unionid))
        return pairs

    def _check_secret(self, query: Mapping[str, object]) -> None:
        if query["secret"] != self.account.secret:
            raise Refusal(40125)
        if self.account.secret_frozen:
            raise Refusal(40243)
        if not self.account.ip_listed:
            raise Refusal(40164)

    def _living(self, grant: Grant | None) -> Grant:
        if grant is None:
            raise Refusal(40001)
        if grant.revoked:
            raise Refusal(42007)
        if self.account.grants.now() >= grant.access_dies:
            raise Refusal(42001)
        return grant


def redirected(record: Record) -> Reply:
    """Where the redirects lead. The answer looks good, so that following one would show."""
    record.endpoint, record.outcome = "redirected", "a redirect was followed"
    return Reply(body=json.dumps({
        "access_token": "x" * 86, "expires_in": 7200, "refresh_token": "x" * 86,
        "openid": faults.DECOY_OPENID, "scope": "snsapi_base",
    }).encode())


def _parameters(query: str) -> dict[str, str]:
    parsed = parse_qs(query, keep_blank_values=True)
    if any(len(values) > 1 for values in parsed.values()):
        raise Refusal(40035)
    return {name: values[0] for name, values in parsed.items()}


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of a POST, none of whose names is repeated."""
    def once(pairs: Pairs) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        fields = json.loads(body, object_pairs_hook=once)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(47001)
    return fields


def _present(query: Mapping[str, object], **errcodes: int) -> None:
    for name, errcode in errcodes.items():
        if not query.get(name):
            raise Refusal(errcode)


def _describe(record: Record, grant: Grant | None) -> None:
    if grant is not None:
        record.state, record.person = fingerprint(grant.code.state), grant.code.person
