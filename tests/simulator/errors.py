"""WeChat's error codes: their texts, their classes, and the forms an error takes on the wire."""

from __future__ import annotations

import json
import secrets
import time

TEXTS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40035: "invalid parameter",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist",
    40226: "code blocked",
    40243: "AppSecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41003: "refresh_token missing",
    41004: "appsecret missing",
    41008: "missing code",
    41009: "missing openid",
    42001: "access_token expired",
    42002: "refresh_token expired",
    42003: "code expired",
    42007: "access_token and refresh_token exception",
    43001: "require GET method",
    43002: "require POST method",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    47001: "data format error",
    48001: "api unauthorized",
    48004: "api forbidden for irregularities",
    50001: "api unauthorized or user is limited",
    50002: "user is limited",
    61004: "access clientip is not registered",
    61450: "system error",
}

# What the person at the phone is told depends on the class alone.
CLASSES = {
    "transient": (-1, 45011, 61450),
    "scan_again": (40029, 40163, 42001, 42002, 42003, 42007, 40030, 40014, 40003),
    "administrator": (
        40013, 40125, 40001, 40164, 40243, 41002, 41004, 41008, 45009, 48001, 48004, 50001, 50002,
        61004,
    ),
    "risk": (40226,),
}

FORMS = {
    "rid": "errcode, then errmsg that ends in a rid (since 2020)",
    "errmsg_first": "the same with errmsg before errcode",
    "hints": "errcode, then errmsg with the older `hints: [ req_id: … ]`",
    "plain": "errcode and errmsg alone",
}

# Some errors have been seen with errmsg first; the rest come in the usual form.
_ERRMSG_FIRST = (40125, 40163, 45011, 48001, 40226)

# Numbers and texts of the error pages that WeChat shows instead of going on to the callback.
PAGES = {
    10003: ("redirect_uri域名与后台配置不一致", "redirect_uri is not on the registered domain"),
    10004: ("此公众号被封禁", "this official account is blocked"),
    10005: ("此公众号并没有这些scope的权限", "this official account lacks this scope"),
    10006: ("必须关注此测试号", "follow this test account first"),
    10009: ("操作太频繁了,请稍后重试", "too frequent, try later"),
    10010: ("scope不能为空", "scope is empty"),
    10011: ("redirect_uri不能为空", "redirect_uri is empty"),
    10012: ("appid不能为空", "appid is empty"),
    10013: ("state不能为空", "state is empty"),
    10015: ("公众号未授权第三方平台", "the official account has no third-party permission"),
    10016: ("公众号未认证", "the official account is not verified"),
}


def rid() -> str:
    """A request id: hexadecimal Unix time, then two random words."""
    return f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def body(errcode: int, form: str | None = None) -> bytes:
    """The JSON of an error; without `form`, in the one usual for this code."""
    if form is None:
        form = "errmsg_first" if errcode in _ERRMSG_FIRST else "rid"
    text = TEXTS.get(errcode, "unknown error")
    if form in ("rid", "errmsg_first"):
        text += f", rid: {rid()}"
    elif form == "hints":
        text += f", hints: [ req_id: {secrets.token_urlsafe(9)} ]"
    answer: dict[str, object] = {"errcode": errcode, "errmsg": text}
    if form == "errmsg_first":
        answer = dict(reversed(answer.items()))
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
