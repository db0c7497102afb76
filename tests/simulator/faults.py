"""Everything an endpoint of api.weixin.qq.com can answer wrongly or oddly, by name.

A test runs over one of the tables: `TOKEN`, `REFRESH`, `USERINFO` and `AUTH` hold all that may be
planned for that endpoint; `BODIES`, `TOKEN_BODIES`, `USERINFO_BODIES` and `TRANSPORT` are their
parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from .server import Reply

Expect = Literal["accept", "refuse", "either"]
Pairs = list[tuple[str, Any]]  # an object as it stands on the wire: order and repeats count

DECOY_OPENID = "oDECOY_decoy_DECOY_decoy_DEC"
RAW = "\ue0ff"  # stands in a string for raw bytes that JSON or UTF-8 forbids
MIB = 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """`make` turns the right answer into the wrong one.

    `expect` says what a careful client does: "accept" for what WeChat has been seen to send and
    for plain JSON, "refuse" for what must never count as an identity, "either" where both are
    sound. `burns`: whether the code is used up by it.
    """

    what: str
    make: Callable[[Pairs], Reply]
    expect: Expect = "refuse"
    burns: bool = True
    followable: bool = False  # a redirect: the endpoint fills in where to


def wire(pairs: Pairs) -> bytes:
    """JSON as WeChat writes it: no blanks, UTF-8 unescaped, but `\\/`."""
    items = (f"{_text(key)}:{_text(value)}" for key, value in pairs)
    return ("{" + ",".join(items) + "}").encode("utf-8", "surrogateescape")


def good(pairs: Pairs) -> Reply:
    return Reply(body=wire(pairs))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")


def _raw(change: Callable[[bytes], bytes]) -> Callable[[Pairs], Reply]:
    return lambda pairs: Reply(body=change(wire(pairs)))


def _put(key: str, value: Any) -> Callable[[Pairs], Reply]:
    """The answer with this value under that key, which is added when missing."""

    def make(pairs: Pairs) -> Reply:
        kept = [(name, value if name == key else old) for name, old in pairs]
        return good(kept if any(name == key for name, _ in pairs) else kept + [(key, value)])

    return make


def _put_bytes(key: str, value: bytes) -> Callable[[Pairs], Reply]:
    def make(pairs: Pairs) -> Reply:
        reply = _put(key, f"before {RAW} after")(pairs)
        return replace(reply, body=reply.body.replace(RAW.encode(), value))

    return make


def _without(key: str) -> Callable[[Pairs], Reply]:
    return lambda pairs: good([pair for pair in pairs if pair[0] != key])


def _before(*first: tuple[str, Any]) -> Callable[[Pairs], Reply]:
    return lambda pairs: good(list(first) + pairs)


def _after(*last: tuple[str, Any]) -> Callable[[Pairs], Reply]:
    return lambda pairs: good(pairs + list(last))


def _headers(**changes: Any) -> Callable[[Pairs], Reply]:
    return lambda pairs: replace(good(pairs), **changes)


def _own(key: str, change: Callable[[str], Any]) -> Callable[[Pairs], Reply]:
    """The answer with its own value under that key changed."""
    return lambda pairs: _put(key, change(str(dict(pairs).get(key, ""))))(pairs)


def _html(pairs: Pairs) -> Reply:
    page = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
    return Reply(status=502, content_type="text/html", body=page)


def _twice(pairs: Pairs) -> Reply:
    return good(pairs + [pairs[0]])


def _nested(pairs: Pairs) -> Reply:
    depth = 20000
    deep = b'{"deep":' + b"[" * depth + b"]" * depth + b","
    return Reply(body=deep + wire(pairs)[1:])


def _escaped_openid(pairs: Pairs) -> Reply:
    openid = str(dict(pairs).get("openid", ""))
    escaped = "".join(f"\\u{ord(char):04x}" for char in openid).encode()
    reply = _put("openid", RAW)(pairs)
    return replace(reply, body=reply.body.replace(RAW.encode(), escaped))


def _redirect(status: int, to: str) -> Fault:
    return Fault(
        f"HTTP {status} to {to}; the secret stands in the query, so it must not be followed",
        lambda pairs: Reply(status=status, headers=[("Location", to)]),
        burns=False,
        followable=True,
    )


# Any answer, of any endpoint.
BODIES: dict[str, Fault] = {
    "empty": Fault("HTTP 200 without a body", lambda pairs: Reply()),
    "blank": Fault("nothing but blanks and line ends", lambda pairs: Reply(body=b" \r\n\t\n")),
    "huge": Fault("1 MiB of valid JSON", _after(("padding", "x" * MIB))),
    "huge_junk": Fault("1 MiB without a bracket", lambda pairs: Reply(body=b"A" * MIB)),
    "truncated": Fault("the first half of the JSON", _raw(lambda body: body[: len(body) // 2])),
    "truncated_last": Fault("all but the last bracket", _raw(lambda body: body[:-1])),
    "cut_short": Fault("fewer bytes than Content-Length says", _headers(missing=40)),
    "nested": Fault("20,000 arrays within each other before the answer", _nested),
    "nested_open": Fault("20,000 brackets that never close",
                         lambda pairs: Reply(body=b"[" * 20000)),
    "trailing": Fault("the answer, then junk", _raw(lambda body: body + b"<script>"), "either"),
    "two_objects": Fault("the answer twice", _raw(lambda body: body + body), "either"),
    "array": Fault("the answer inside an array", _raw(lambda body: b"[" + body + b"]")),
    "string": Fault("the answer as one JSON string",
                    _raw(lambda body: json.dumps(body.decode()).encode())),
    "number": Fault("a number", lambda pairs: Reply(body=b"7200")),
    "null": Fault("null", lambda pairs: Reply(body=b"null")),
    "no_pairs": Fault("an empty object", lambda pairs: Reply(body=b"{}")),
    "not_json": Fault("plain words", lambda pairs: Reply(body=b"system busy")),
    "single_quotes": Fault("' for \"", _raw(lambda body: body.replace(b'"', b"'"))),
    "html_502": Fault("a gateway's error page", _html),
    "html_200": Fault("the same with HTTP 200", lambda pairs: replace(_html(pairs), status=200)),
    "errcode_beside": Fault("a good answer that also says errcode 40029",
                            _after(("errcode", 40029), ("errmsg", "invalid code"))),
    "errcode_string": Fault("a good answer that also says errcode \"40029\"",
                            _after(("errcode", "40029"), ("errmsg", "invalid code"))),
    "utf16": Fault("UTF-16", _raw(lambda body: body.decode().encode("utf-16"))),
    "bom": Fault("a byte order mark first", _raw(lambda body: b"\xef\xbb\xbf" + body), "either"),
    "duplicate_key": Fault("the first key twice, same value", _twice, "either"),
    "gbk": Fault("a string in GBK, hence invalid UTF-8",
                 _put_bytes("note", "微信用户".encode("gbk")), "either"),
    "control_bytes": Fault("raw 0x07 and 0x14 in a string",
                           _put_bytes("note", b"\x07\x14"), "either"),
    "raw_nul": Fault("a raw NUL in a string", _put_bytes("note", b"\x00"), "either"),
    "pretty": Fault("blanks and line ends between all parts",
                    lambda pairs: Reply(body=json.dumps(dict(pairs), indent=2).encode()),
                    "accept"),
    "extra_keys": Fault("keys that nobody knows, first and last",
                        lambda pairs: good([("new", {"a": [1, None, True, "ü"]}), *pairs,
                                            ("quirk", -1.5e3)]), "accept"),
    "reordered": Fault("the keys in reverse order",
                       lambda pairs: good(pairs[::-1]), "accept"),
    "errcode_zero": Fault("errcode 0 beside the answer",
                          _before(("errcode", 0), ("errmsg", "ok")), "accept"),
    "type_gbk": Fault("content type text/html; charset=gbk",
                      _headers(content_type="text/html; charset=gbk"), "accept"),
    "type_octets": Fault("content type application/octet-stream",
                         _headers(content_type="application/octet-stream"), "accept"),
}

# Answers of the two endpoints that hand out tokens.
TOKEN_BODIES: dict[str, Fault] = BODIES | {
    "openid_missing": Fault("no openid", _without("openid")),
    "openid_empty": Fault("openid \"\"", _put("openid", "")),
    "openid_null": Fault("openid null", _put("openid", None)),
    "openid_number": Fault("openid as a number", _put("openid", 6583)),
    "openid_array": Fault("openid inside an array", _own("openid", lambda value: [value])),
    "openid_short": Fault("an openid of 5 characters", _own("openid", lambda value: value[:5])),
    "openid_long": Fault("an openid of 65 characters",
                         _own("openid", lambda value: value.ljust(65, "x"))),
    "openid_very_long": Fault("an openid of 64 KiB",
                              _own("openid", lambda value: value.ljust(65536, "x"))),
    "openid_characters": Fault("an openid with characters that none has",
                               _own("openid", lambda value: "../" + value[3:-1] + "#")),
    "openid_blank": Fault("an openid with a blank behind", _own("openid", lambda v: v + " ")),
    "openid_line": Fault("an openid with a line end behind", _own("openid", lambda v: v + "\n")),
    "openid_nul": Fault("an openid, \\u0000 and more", _own("openid", lambda v: v + "\0more")),
    "openid_twice_real_first": Fault("openid twice: the person's, then another",
                                     _after(("openid", DECOY_OPENID))),
    "openid_twice_real_last": Fault("openid twice: another, then the person's",
                                    _before(("openid", DECOY_OPENID))),
    "openid_nested": Fault("openid only inside another object",
                           lambda pairs: good([("user", dict(pairs))])),
    "openid_other_case": Fault("\"OpenID\" of another before \"openid\"",
                               _before(("OpenID", DECOY_OPENID)), "either"),
    "openid_escaped": Fault("an openid all of \\u escapes", _escaped_openid, "accept"),
    "snapshot_string": Fault("is_snapshotuser \"1\"", _put("is_snapshotuser", "1")),
    "snapshot_true": Fault("is_snapshotuser true", _put("is_snapshotuser", True)),
    "snapshot_two": Fault("is_snapshotuser 2", _put("is_snapshotuser", 2)),
    "snapshot_fraction": Fault("is_snapshotuser 0.5", _put("is_snapshotuser", 0.5)),
    "snapshot_negative": Fault("is_snapshotuser -1", _put("is_snapshotuser", -1)),
    "snapshot_array": Fault("is_snapshotuser [1]", _put("is_snapshotuser", [1])),
    "snapshot_null": Fault("is_snapshotuser null: present and not 0",
                           _put("is_snapshotuser", None)),
    "snapshot_string_zero": Fault("is_snapshotuser \"0\"", _put("is_snapshotuser", "0"), "either"),
    "snapshot_false": Fault("is_snapshotuser false", _put("is_snapshotuser", False), "either"),
    "snapshot_zero": Fault("is_snapshotuser 0", _put("is_snapshotuser", 0), "accept"),
    "snapshot_twice": Fault("is_snapshotuser 0, later 1",
                            lambda pairs: good([("is_snapshotuser", 0), *pairs,
                                                ("is_snapshotuser", 1)])),
    "expires_string": Fault("expires_in \"7200\"", _put("expires_in", "7200"), "accept"),
    "expires_huge": Fault("expires_in 1e300", _put("expires_in", 1e300), "either"),
    "scope_comma": Fault("scope ends in a comma", _own("scope", lambda v: v + ","), "accept"),
    "scope_number": Fault("scope as a number", _put("scope", 1), "either"),
    "token_missing": Fault("no access_token", _without("access_token"), "either"),
    "token_number": Fault("access_token as a number", _put("access_token", 12345), "either"),
    "token_null": Fault("access_token null", _put("access_token", None), "either"),
    "token_empty": Fault("access_token \"\"", _put("access_token", ""), "either"),
    "token_4096": Fault("an access_token of 4,096 characters",
                        _own("access_token", lambda value: value.ljust(4096, "x")), "accept"),
    "token_long": Fault("an access_token of 4,097 characters",
                        _own("access_token", lambda value: value.ljust(4097, "x")), "either"),
    "token_crlf": Fault("an access_token that would split a header or query",
                        _own("access_token", lambda v: v + "&openid=x\r\nX: y"), "either"),
    "half_character": Fault("half of a surrogate pair where nobody looks",
                            _put_bytes("scope", b"\\ud83d"), "either"),
    "refresh_long": Fault("a refresh_token of 4,097 characters",
                          _own("refresh_token", lambda v: v.ljust(4097, "x")), "either"),
    "refresh_missing": Fault("no refresh_token", _without("refresh_token"), "either"),
    "unionid_added": Fault("a unionid that wasn't asked for",
                           _put("unionid", "oUNIONID_unionid_UNIONID_uni"), "accept"),
}

USERINFO_BODIES: dict[str, Fault] = BODIES | {
    "openid_other": Fault("another's openid", _put("openid", DECOY_OPENID)),
    "openid_missing": Fault("no openid", _without("openid")),
    "openid_number": Fault("openid as a number", _put("openid", 6583)),
    "openid_twice": Fault("openid twice: the person's, then another",
                          _after(("openid", DECOY_OPENID))),
    "nickname_escapes": Fault("a nickname with terminal escapes",
                              _put("nickname", "\x1b]0;owned\x07\x1b[2J\x9b31mred"), "accept"),
    "nickname_bidi": Fault("a nickname with bidi controls",
                           _put("nickname", "\u202etoor\u202c\u2066x"), "accept"),
    "nickname_html": Fault("a nickname that is HTML",
                           _put("nickname", "<script>alert(1)</script>\"'&"), "accept"),
    "nickname_lines": Fault("a nickname of three lines",
                            _put("nickname", "a\nlogin=x result=ok\r\nb"), "accept"),
    "nickname_gbk": Fault("a nickname in GBK", _put_bytes("nickname", "张三".encode("gbk")),
                          "either"),
    "nickname_utf8": Fault("a nickname of broken UTF-8",
                           _put_bytes("nickname", b"\xc0\xaf\xed\xa0\x80\xff"), "either"),
    "nickname_control": Fault("a nickname with raw 0x07 and 0x14",
                              _put_bytes("nickname", b"\x07\x14"), "either"),
    "nickname_nul": Fault("a nickname with \\u0000", _put("nickname", "a\0b"), "either"),
    "nickname_escaped_escape": Fault("a nickname that reads \\u0000",
                                     _put("nickname", "\\u0000"), "accept"),
    "nickname_half_character": Fault("a nickname with half of a surrogate pair",
                                     _put_bytes("nickname", b"\\ud83d"), "either"),
    "nickname_emoji": Fault("a nickname of private-use and astral emoji",
                            _put("nickname", "\ue415\U0001f600"), "accept"),
    "nickname_long": Fault("a nickname of 16 KiB", _put("nickname", "长" * 5461), "either"),
    "nickname_empty": Fault("a nickname \"\"", _put("nickname", ""), "accept"),
    "nickname_number": Fault("a nickname as a number", _put("nickname", 5), "either"),
    "sex_string": Fault("sex \"1\"", _put("sex", "1"), "accept"),
    "city_garbage": Fault("a city of garbage", _put("city", "\n61.…"), "accept"),
    "headimgurl_empty": Fault("no picture", _put("headimgurl", ""), "accept"),
    "snapshot_flag": Fault("is_snapshotuser 1", _put("is_snapshotuser", 1), "either"),
}

# What happens below or beside the body.
TRANSPORT: dict[str, Fault] = {
    "drop_before": Fault("the connection breaks before the code is burnt",
                         lambda pairs: Reply(drop=True), burns=False),
    "drop_after": Fault("the connection breaks after the code is burnt",
                        lambda pairs: Reply(drop=True)),
    "drip": Fault("a good body, one byte in a second", _headers(drip=1.0), "either"),
    "status_500": Fault("HTTP 500 with a good body", _headers(status=500), "either"),
    "status_404": Fault("HTTP 404 with a good body", _headers(status=404), "either"),
    "status_204": Fault("HTTP 204", lambda pairs: Reply(status=204)),
    "redirect_301": _redirect(301, "/redirected"),
    "redirect_302": _redirect(302, "/redirected"),
    "redirect_307": _redirect(307, "/redirected"),
    "redirect_plain": _redirect(302, "the same over plain http"),
}

TOKEN = TOKEN_BODIES | TRANSPORT
REFRESH = TOKEN
USERINFO = USERINFO_BODIES | TRANSPORT
AUTH = BODIES | TRANSPORT

ENDPOINTS: dict[str, dict[str, Fault]] = {
    "token": TOKEN,
    "refresh": REFRESH,
    "userinfo": USERINFO,
    "auth": AUTH,
}
