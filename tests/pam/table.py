"""
The table of return codes: what makes a login end how, and what the log then says.

A row differs from a login that succeeds in one field, and has a twin that differs from the row in
the same field alone and must succeed: the base, where leaving the change out is exactly that, or a
harmless neighbour of the change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pam.login import FAIL, GOOD, Login, logged
from simulator import errors


@dataclass(frozen=True)
class Row:
    name: str
    field: str
    denied: Login
    twin: Login
    result: str
    lines: tuple[str, ...]  # in the log, with places in braces


ROWS: list[Row] = []
# Before there is a link alone. Stacks may fall back on it: no stranger may bring it about.
UNAVAILABLE = "PAM_AUTHINFO_UNAVAIL"
DENIED = "PAM_AUTH_ERR"
MAX_TRIES = "PAM_MAXTRIES"
_SAME = object()


def _row(
    name: str, result: str, *lines: str, base: Login = GOOD, twin: object = _SAME, **change: object
) -> None:
    (field, value), = change.items()
    assert getattr(base, field) != value, name
    denied = replace(base, **change)
    lines = tuple(_with_phone(line, denied, result) for line in lines)
    ROWS.append(Row(
        name, field, denied, base if twin is _SAME else replace(base, **{field: twin}), result,
        lines,
    ))


def _with_phone(line: str, login: Login, result: str) -> str:
    """Once there is a link, the line says how far the phone came; and what to ask about."""
    if "login=* " not in line or " phone=" in line or result not in (DENIED, MAX_TRIES):
        return line
    phone = {"continue": "returned", "refuse": "opened", "nothing": "none"}[login.phone]
    line = re.sub(r"( reason=[a-z-]+)", rf"\1 phone={phone}", line)
    return line.replace("not-linked phone=returned", "not-linked phone=returned openid=*")


def _refused(what: str, **more: str) -> str:
    return logged(f"refused reason={what}", **more)


# The table could not be read, so nobody is listed; there was no link to name the login by.
NOT_BEGUN = _refused("setup", login="")
NOT_BEGUN_UNLISTED = _refused("setup", login="", user="(unlisted)")
CONSENTS = replace(GOOD, key=("scope", "snsapi_userinfo"))

# ---- What is typed ------------------------------------------------------------------------------

NO_ANSWER, CONVERSATION, UNFINISHED, WRONG, NOBODY = (
    _refused(word)
    for word in ("no-answer", "conversation", "unfinished", "wrong-digits", "nobody-scanned")
)
_row("three wrong codes", MAX_TRIES, WRONG, typed=("{wrong}",) * 3,
     twin=("{wrong}", "{wrong}", "{pin}"))
_row("three wrong codes, then the right one", MAX_TRIES, WRONG,
     typed=("{wrong}", "{wrong}", "{wrong}", "{pin}"), twin=("{wrong}", "{pin}"))
_row("eight empty answers", MAX_TRIES, UNFINISHED, typed=("",) * 8, twin=("",) * 7 + ("{pin}",))
_row("eight empty answers, then the right code", MAX_TRIES, UNFINISHED,
     typed=("",) * 8 + ("{pin}",),
     twin=("", "{pin}"))
_row("no answer", DENIED, NO_ANSWER, typed=(None,), twin=("", "{pin}"))
_row("no answer after an empty one", DENIED, NO_ANSWER, typed=("", None),
     twin=("", "", "{pin}"))
_row("512 bytes that hold the right code", DENIED, NO_ANSWER,
     typed=("{pin}" + " " * 508,), twin=("{pin}" + " " * 507,))
_row("60,000 bytes", DENIED, NO_ANSWER, typed=("{pin}" + " " * 60000,), twin=(" {pin} ",))
_FAILED = "conversation failed"  # says pam_prompt(3)
_row("a conversation that fails", DENIED, _FAILED, CONVERSATION, typed=(FAIL,), twin=("{pin}",))
_row("a conversation that fails later", DENIED, _FAILED, CONVERSATION, typed=("", FAIL),
     twin=("", "{pin}"))
_row("a wrong code, then a conversation that fails", DENIED, _FAILED, WRONG,
     typed=("{wrong}", FAIL), twin=("{wrong}", "{pin}"))
_row("a wrong code, then no answer", DENIED, WRONG, typed=("{wrong}", None),
     twin=("{wrong}", "{pin}"))
for _name, _typed, _neighbour in (
    ("the first three digits", "{first}", "{pin}"),
    ("the code and one digit more", "{pin}0", "{pin} "),
    ("the code twice", "{pin}{pin}", " {pin}"),
    ("the code behind a minus", "-{pin}", "\t{pin}"),
    ("the code with a letter behind", "{pin}x", "{spaced}"),
    ("the code behind an escape", "\x1b{pin}", "{wide}"),
    ("the code with a full stop in wide form", "{pin}．", "{mixed}"),
    ("blanks alone", "   ", "  {pin}"),
):
    _row(f"{_name}, three times", MAX_TRIES, WRONG, typed=(_typed,) * 3, twin=(_neighbour,))

# ---- The phone and the person -------------------------------------------------------------------

_row("nobody scans, anything is typed", MAX_TRIES, NOBODY, phone="nothing",
     base=replace(GOOD, typed=("{pin}",) * 3))
_row("This isn't me", MAX_TRIES, _refused("reported"), phone="refuse")
_NEVER_BACK = _refused(
    "unfinished phone=continued: WeChat showed an error page, or the person went no further: ask "
    "for its number, pam-wechat doctor NUMBER")
for _shape in ("nothing", "state_only", "authdeny"):
    _row(f"consent is refused: {_shape}", MAX_TRIES,
         _NEVER_BACK if _shape == "nothing" else UNFINISHED, plan=("deny", _shape),
         base=replace(CONSENTS, typed=("{pin}",) * 3))
_row("bob's account for alice", MAX_TRIES, _refused("not-linked"), person="bob")
_row("an account of the table for a user who is not", MAX_TRIES,
     _refused("not-linked", user="(unlisted)"), user="carol")
_row("an account of the table for nobody's name", MAX_TRIES,
     _refused("not-linked", user="(unlisted)"), user="nosuchuser")
_row("another name of the same account", MAX_TRIES, _refused("not-linked", user="(unlisted)"),
     user="alicia")
_row("the name in capitals", MAX_TRIES, _refused("not-linked", user="(unlisted)"), user="ALICE")
_row("the name with a blank behind", MAX_TRIES, _refused("not-linked", user="(unlisted)"),
     user="alice ")
_row("an empty name", MAX_TRIES, _refused("not-linked", user="(unlisted)"), user="")
_row("root, who is not in the table", MAX_TRIES, _refused("not-linked", user="(unlisted)"),
     user="root")
_row("WeChat's error page", MAX_TRIES, _NEVER_BACK, plan=("page", 10003),
     base=replace(GOOD, typed=("{pin}",) * 3))
_row("a snapshot page", MAX_TRIES,
     _refused("snapshot: WeChat showed the page as a snapshot and named a virtual user"),
     plan=("snapshot", "flagged"))
_row("a snapshot page that hides it", MAX_TRIES, _refused("not-linked"),
     plan=("snapshot", "unflagged"))
_row("a snapshot page with the real openid", MAX_TRIES,
     _refused("snapshot: WeChat showed the page as a snapshot and named a virtual user"),
     plan=("snapshot", "flag_on_real"))
_row("a code that died on the way", DENIED, _refused(
    "code errcode=40029 rid=*: the code is not valid; was it made for another appid?"),
     plan=("code_life", 0.0), twin=("code_life", 60.0))
_row("a code of 513 characters", MAX_TRIES, _NEVER_BACK, plan=("code_length", 513),
     twin=("code_length", 512), base=replace(GOOD, typed=("{pin}",) * 3))

# ---- WeChat's error codes -----------------------------------------------------------------------

_NOT_ON_THE_IP_LIST = ("this machine's address is not on the account's IP list: add it at "
                       "developers.weixin.qq.com/platform, or set proxy")
_ADVICE = {
    -1: "WeChat is busy",
    45011: "WeChat was asked too often within a minute",
    61450: "WeChat had an internal error",
    40029: "the code is not valid; was it made for another appid?",
    40163: "the code was used already",
    42001: "the access token has expired",
    42002: "the refresh token has expired",
    42003: "the code has expired",
    42007: "the person changed the WeChat password",
    40030: "the refresh token is not valid",
    40014: "the access token is not valid",
    40003: "the openid is not valid",
    40013: "appid is wrong: correct it in pam_wechat.conf",
    40125: "the app secret is wrong: put the current one into secret_file",
    40001: "the app secret or token does not belong to this appid",
    40164: _NOT_ON_THE_IP_LIST,
    61004: _NOT_ON_THE_IP_LIST,
    40243: "the app secret is frozen: unfreeze it at developers.weixin.qq.com/platform and wait ten "
           "minutes",
    41002: "WeChat received no appid: does a proxy change requests?",
    41004: "WeChat received no secret: does a proxy change requests?",
    41008: "WeChat received no code: does a proxy change requests?",
    45009: "the account's daily quota is used up",
    48001: "the account may not use web authorization: it must be a certified service account of an "
           "organisation, or a test account",
    48004: "WeChat has banned this account from the interface",
    50001: "the official account is not authorized for this interface",
    50002: "the person's WeChat account or the official account is frozen or closed: look at "
           "mp.weixin.qq.com, and ask the person",
    40226: "WeChat's risk control has blocked this person",
}
_CLASSES = {
    "transient": ("busy", DENIED),
    "scan_again": ("code", DENIED),
    "administrator": ("setup", DENIED),
    "risk": ("risk", MAX_TRIES),
}
for _class, _numbers in errors.CLASSES.items():
    for _number in _numbers:
        _word, _result = _CLASSES[_class]
        _line = _refused(f"{_word} errcode={_number} rid=*: {_ADVICE[_number]}")
        _row(f"error {_number}", _result, _line, plan=("token", _number))
        if _number == 48001:
            _result = MAX_TRIES
            _line = _refused("snapshot errcode=48001 rid=*: userinfo was refused right after its "
                             "login: a snapshot page")
        _row(f"error {_number} from userinfo", _result, _line, plan=("userinfo", _number),
             base=CONSENTS)
_row("an error code that nobody knows", DENIED, _refused(
    "setup errcode=99999 rid=*: this error code is not known here: look up the rid at "
    "developers.weixin.qq.com/platform"), plan=("token", 99999))
_row("an app secret that is not the current one", DENIED,
     _refused(f"setup errcode=40125 rid=*: {_ADVICE[40125]}"), secret="0" * 32 + "\n")

# ---- Bodies and what carries them ---------------------------------------------------------------

_NOT_JSON = "WeChat's answer is not a JSON object"
_BEHIND = "WeChat's answer has something behind its JSON"
_REPEATS = "WeChat's answer repeats a name"
_NO_OPENID = "WeChat's answer has no usable openid"
_NO_TOKEN = "WeChat's answer has no usable access_token"
_TOO_LARGE = "WeChat's answer is larger than 64 KiB"
_NUL = "WeChat's answer holds a NUL"
_NO_NUMBER = "WeChat's errcode is not a whole number"
_STATUS = "a success came with another HTTP status than 200"
_OTHER = "userinfo names another openid than the login"
_VIRTUAL = "WeChat showed the page as a snapshot and named a virtual user"
_INVALID = f"code errcode=40029: {_ADVICE[40029]}"

# name: (why it is refused, its harmless neighbour)
_ANY_ANSWER = {
    "empty": (_NOT_JSON, None),
    "blank": (_NOT_JSON, "pretty"),
    "huge": (_TOO_LARGE, "extra_keys"),
    "huge_junk": (_TOO_LARGE, None),
    "truncated": (_NOT_JSON, None),
    "truncated_last": (_NOT_JSON, None),
    "nested": (_NOT_JSON, "extra_keys"),
    "nested_open": (_NOT_JSON, None),
    "trailing": (_BEHIND, "pretty"),
    "two_objects": (_BEHIND, None),
    "array": (_NOT_JSON, None),
    "string": (_NOT_JSON, None),
    "number": (_NOT_JSON, None),
    "null": (_NOT_JSON, None),
    "not_json": (_NOT_JSON, None),
    "single_quotes": (_NOT_JSON, None),
    "html_502": (_NOT_JSON, None),
    "html_200": (_NOT_JSON, "type_gbk"),
    "errcode_string": (_NO_NUMBER, "errcode_zero"),
    "utf16": (_NUL, None),
    "duplicate_key": (_REPEATS, "extra_keys"),
    "raw_nul": (_NUL, "control_bytes"),
    "status_500": (_STATUS, None),
    "status_404": (_STATUS, None),
    "status_204": (_NOT_JSON, None),
    "redirect_301": (_NOT_JSON, None),
    "redirect_302": (_NOT_JSON, None),
    "redirect_307": (_NOT_JSON, None),
    "redirect_plain": (_NOT_JSON, None),
}
_TOKEN_ANSWERS = _ANY_ANSWER | {
    "no_pairs": (_NO_OPENID, "reordered"),
    "openid_missing": (_NO_OPENID, "unionid_added"),
    "openid_empty": (_NO_OPENID, "openid_escaped"),
    "openid_null": (_NO_OPENID, "openid_escaped"),
    "openid_number": (_NO_OPENID, "openid_escaped"),
    "openid_array": (_NO_OPENID, "openid_escaped"),
    "openid_short": (_NO_OPENID, "openid_escaped"),
    "openid_long": (_NO_OPENID, "openid_escaped"),
    "openid_very_long": (_TOO_LARGE, "openid_escaped"),
    "openid_characters": (_NO_OPENID, "openid_escaped"),
    "openid_blank": (_NO_OPENID, "openid_escaped"),
    "openid_line": (_NO_OPENID, "openid_escaped"),
    "openid_nul": (_NO_OPENID, "openid_escaped"),
    "openid_twice_real_first": (_REPEATS, "openid_other_case"),
    "openid_twice_real_last": (_REPEATS, "openid_other_case"),
    "openid_nested": (_NO_OPENID, "reordered"),
    "snapshot_twice": (_REPEATS, "snapshot_zero"),
}
_USERINFO_ANSWERS = _ANY_ANSWER | {
    "no_pairs": (_OTHER, "reordered"),
    "openid_other": (_OTHER, None),
    "openid_missing": (_OTHER, "nickname_empty"),
    "openid_number": (_OTHER, "nickname_number"),
    "openid_twice": (_REPEATS, None),
}
for _fault, (_why, _neighbour) in _TOKEN_ANSWERS.items():
    _row(f"a token answer: {_fault}", DENIED, _refused(f"bad-answer: {_why}"),
         plan=("token", _fault), twin=_neighbour and ("token", _neighbour))
for _fault, (_why, _neighbour) in _USERINFO_ANSWERS.items():
    _row(f"a userinfo answer: {_fault}", DENIED, _refused(f"bad-answer: {_why}"),
         plan=("userinfo", _fault), twin=_neighbour and ("userinfo", _neighbour), base=CONSENTS)
# userinfo is asked with one; who isn't asked for it signs in without.
_UNUSABLE_TOKENS = ("token_missing", "token_number", "token_null", "token_empty", "token_long",
                    "token_crlf")
for _fault in _UNUSABLE_TOKENS:
    _row(f"a token that no request carries, for userinfo: {_fault}", DENIED,
         _refused(f"bad-answer: {_NO_TOKEN}"), plan=("token", _fault), base=CONSENTS)
for _endpoint, _base in (("token", GOOD), ("userinfo", CONSENTS)):
    _row(f"{_endpoint}: an error code beside a good answer", DENIED, _refused(_INVALID),
         plan=(_endpoint, "errcode_beside"), twin=(_endpoint, "errcode_zero"), base=_base)
    _row(f"{_endpoint}: fewer bytes than announced", DENIED,
         _refused("unreachable: Transferred a partial file"), plan=(_endpoint, "cut_short"),
         base=_base)
    for _fault in ("drop_before", "drop_after"):
        _row(f"{_endpoint}: {_fault}", DENIED,
             _refused("unreachable: the connection to WeChat's API broke before it answered"),
             plan=(_endpoint, _fault), base=_base)
    _row(f"{_endpoint}: one byte in a second", MAX_TRIES, _refused("expired"),
         plan=(_endpoint, "drip"), base=replace(_base, words="timeout=5"))
for _fault in ("string", "true", "two", "fraction", "negative", "array", "null", "string_zero",
               "false"):
    _row(f"is_snapshotuser is {_fault}", MAX_TRIES, _refused(f"snapshot: {_VIRTUAL}"),
         plan=("token", f"snapshot_{_fault}"), twin=("token", "snapshot_zero"))
_row("userinfo says is_snapshotuser 1", MAX_TRIES, _refused(f"snapshot: {_VIRTUAL}"),
     plan=("userinfo", "snapshot_flag"), base=CONSENTS)

# Strange, but nothing to stumble over.
HARMLESS = [
    replace(GOOD, plan=("token", name)) for name in (
        "bom", "gbk", "control_bytes", "pretty", "extra_keys", "reordered", "errcode_zero",
        "type_gbk", "type_octets", "openid_other_case", "openid_escaped", "snapshot_zero",
        "expires_string", "expires_huge", "scope_comma", "scope_number", "token_4096",
        "refresh_long", "refresh_missing", "unionid_added", "half_character", *_UNUSABLE_TOKENS,
    )
] + [
    replace(CONSENTS, plan=("userinfo", name)) for name in (
        "bom", "gbk", "control_bytes", "pretty", "extra_keys", "reordered", "errcode_zero",
        "type_gbk", "type_octets", "nickname_escapes", "nickname_bidi", "nickname_html",
        "nickname_lines", "nickname_gbk", "nickname_utf8", "nickname_control",
        "nickname_emoji", "nickname_nul", "nickname_escaped_escape",
        "nickname_half_character", "nickname_long", "nickname_empty", "nickname_number", "sex_string",
        "city_garbage", "headimgurl_empty",
    )
]

# ---- The way to WeChat --------------------------------------------------------------------------

_CERTIFICATE = ("unreachable: the certificate of WeChat's API is not trusted, has expired or names "
                "another host: check the clock, api_url and ca_file")
for _kind in ("untrusted", "expired", "not_yet", "wrong_host"):
    _row(f"a certificate: {_kind}", DENIED, _refused(_CERTIFICATE), certificate=_kind)
_row("nobody listens at api_url", DENIED, _refused(
    "unreachable: no connection to WeChat's API: check the firewall, or set proxy"),
     key=("api_url", "https://127.0.0.1:1"))
_row("api_url's name does not exist", DENIED, _refused(
    "unreachable: the name of WeChat's API cannot be resolved: check DNS"),
     key=("api_url", "https://api.invalid"))
_row("nobody listens at proxy", DENIED, _refused(
    "unreachable: no connection to WeChat's API: check the firewall, or set proxy"),
     key=("proxy", "http://127.0.0.1:1"), twin=("proxy", "{proxy}"))
_row("the proxy's name does not exist", DENIED, _refused(
    "unreachable: the proxy's name cannot be resolved: check proxy and DNS"),
     key=("proxy", "http://proxy.invalid"))
_row("ca_file left out: the system does not know the simulator", DENIED,
     _refused(_CERTIFICATE), key=("ca_file", None))

# ---- The helper ---------------------------------------------------------------------------------

_row("another public_url than the helper's", UNAVAILABLE, _refused(
    "rejected: the link does not begin with the helper's public_url: both configurations must name "
    "the same"), key=("public_url", "http://127.0.0.1:9"))
_row("no socket", UNAVAILABLE, _refused("helper: {socket}: No such file or directory"),
     files="mv {socket} {folder}/run/elsewhere")
_row("nobody listens at the socket", UNAVAILABLE,
     _refused("helper: {socket}: connect: Connection refused"),
     files="mv {socket} {folder}/run/elsewhere && python3 -Bc 'import socket; "
           "socket.socket(1, 5).bind(\"{socket}\")' && chmod 600 {socket} && "
           "chown pam-wechat-exchange {socket}",
     twin="chown pam-wechat-exchange {socket} && chmod 600 {socket}")
_row("a socket for everybody", UNAVAILABLE, _refused(
    "helper: {socket}: others may use it: its mode must be 0660"), files="chmod 666 {socket}",
     twin="chmod 660 {socket}")
_row("a socket of another user", UNAVAILABLE, _refused(
    "helper: {socket}: belongs to uid 61001; it must belong to root"),
     files="chown alice {socket}", twin="chown root {socket}")
_row("a file in place of the socket", UNAVAILABLE, _refused("helper: {socket}: not a socket"),
     files="mv {socket} {folder}/run/elsewhere && touch {socket}")
_row("a symbolic link to the socket", UNAVAILABLE, _refused("helper: {socket}: not a socket"),
     files="mv {socket} {folder}/run/elsewhere && ln -s elsewhere {socket}")
_row("others may write where the socket lies", UNAVAILABLE, _refused(
    "helper: {folder}/run: others may write to this directory: chmod go-w"),
     files="chmod g+w {folder}/run", twin="chmod g+s {folder}/run")
_row("a helper that does not know the exchange's user", UNAVAILABLE, _refused(
    "helper: {socket}: connect: Permission denied"),
     key=("exchange_user", "carol"), twin=("exchange_user", "pam-wechat-exchange"))
_row("a socket path that is too long", UNAVAILABLE, _refused(
    "helper: {folder}/" + "s" * 100 + ": the path of a socket has at most 107 bytes"),
     key=("socket", "{folder}/" + "s" * 100))

# ---- pam_wechat.conf ----------------------------------------------------------------------------


def _bad_key(key: str, value: str | None, what: str, twin: object = _SAME) -> None:
    name = f"{key} is left out" if value is None else f"{key} = {value[:40]} ({len(value)})"
    place = "{conf}: " if value is None else "{conf}:{at}: "
    _row(name, UNAVAILABLE, place + what, key=(key, value),
         twin=twin if twin is _SAME else (key, twin))


_bad_key("appid", None, "appid is missing")
_bad_key("public_url", None, "public_url is missing")
_APPID = "appid must be \"wx\" and 16 hexadecimal digits in lower case"
for _value in ("wx0123456789abcde", "wx0123456789abcdef0", "wx0123456789ABCDEF",
               "wx0123456789abcdeg", "WX0123456789abcdef", "0123456789abcdefwx",
               "\"wx0123456789abcdef\""):
    _bad_key("appid", _value, _APPID)
for _key, _kept in (("secret_file", "secret/secret"), ("users_file", "users/users"),
                    ("socket", "run/helper.sock"), ("ca_file", "ca/ca.pem"),
                    ("exchange", "exchange/pam-wechat-exchange")):
    _bad_key(_key, _kept, f"{_key} must be an absolute path", twin="{folder}/" + _kept)
    _bad_key(_key, "/" * 513, f"{_key} is longer than 512 bytes", twin="{folder}/" + _kept)
for _key, _words in (("scope", "snsapi_base or snsapi_userinfo"),
                     ("confirm", "auto or code or wait"), ("qr", "link or authorize"),
                     ("charset", "utf8 or ascii or none"),
                     ("lang", "en or zh"), ("unlisted", "refuse or ignore")):
    for _value in ("other", _words.split()[0].upper(), _words.split()[0] + ","):
        _bad_key(_key, _value, f"{_key} is {_words}, not \"{_value}\"", twin=_words.split()[0])
for _key in ("connect_redirect", "log_openid", "invert", "debug"):
    for _value in ("true", "1", "YES", "off"):
        _bad_key(_key, _value, f"{_key} is yes or no, not \"{_value}\"",
                 twin="yes" if _key == "log_openid" else "no")
for _value in ("4", "301", "0", "-90", "+90", "90s", "1e2", "90.0", "0x5a", "9999999999",
               "99999999999999999999"):
    _bad_key("timeout", _value, f"timeout is a whole number from 5 to 300, not \"{_value}\"",
             twin="5" if _value == "4" else "300")
_NO_URL = "must look like https://host/path, without a slash at the end, '?' or '#'"
for _key in ("public_url", "authorize_url", "api_url", "proxy"):
    for _value in ("login.example.com", "ftp://login.example.com", "https://", "https:///path",
                   "https://host/", "https://host?q", "https://host#f", "https://user@host",
                   "https://host:0", "https://host:65536", "https://host:", "https://ho st",
                   "https://host//x", "https://[::1", "https://-host"):
        _bad_key(_key, _value, f"{_key} {_NO_URL}")
    _bad_key(_key, "https://host/" + "x" * 500, f"{_key} is longer than 512 bytes")
_PLAIN = "must begin with https:// (http:// is for"
for _value in ("http://login.example.com", "http://8.8.8.8", "http://172.32.0.1",
               "http://[2001::1]", "http://localhost.example.com", "http://127.0.0.1.example.com"):
    _bad_key("public_url", _value, f"public_url {_PLAIN} private addresses only)")
for _key in ("authorize_url", "api_url"):
    for _value in ("http://api.weixin.qq.com", "http://192.168.0.1", "http://10.0.0.1",
                   "http://[fe80::1]", "http://128.0.0.1"):
        _bad_key(_key, _value, f"{_key} {_PLAIN} 127.0.0.1 only)")
_bad_key("public_url", "https://h/" + "x" * 191, "public_url is longer than 200 bytes")
for _value in ("https://h/a;b", "https://h/a,b", "https://h/a%20b"):
    _bad_key("public_url", _value, "public_url must not hold ';', ',' or '%' in its path")
for _key in ("exchange_user", "host_name", "brand"):
    _bad_key(_key, "x" * 129, f"{_key} is longer than 128 bytes",
             twin="x" * 128 if _key != "exchange_user" else "pam-wechat-exchange")
_row("exchange_user does not exist", UNAVAILABLE,
     "exchange_user: nosuchuser: there is no such user", _refused("setup"),
     key=("exchange_user", "nosuchuser"))
for _who in ("root", "nobody"):
    _row(f"exchange_user is {_who}", UNAVAILABLE,
         f"exchange_user: {_who} is shared with others: it must be a user of its own",
         _refused("setup"), key=("exchange_user", _who),
         twin=("exchange_user", "pam-wechat-exchange"))
_row("confirm=wait for sshd", DENIED,
     "confirm=wait is for login, su, su-l, sudo, sudo-i and doas, and for no remote host: use "
     "confirm=code for sshd",
     _refused("setup", login="", service="sshd"), key=("confirm", "wait"),
     twin=("confirm", "code"), base=replace(GOOD, service="sshd"))
_row("qr=authorize with consent pages", UNAVAILABLE,
     "{conf}: qr=authorize does not go with scope=snsapi_userinfo", base=CONSENTS,
     words="qr=authorize", twin="qr=link")

KEYS = (
    "appid", "secret_file", "public_url", "scope", "users_file", "socket", "exchange",
    "exchange_user", "host_name", "authorize_url", "api_url", "ca_file", "proxy",
    "connect_redirect", "log_openid", "confirm", "qr", "charset", "invert", "timeout", "lang",
    "unlisted",
    "brand", "debug",
)
LINE_VALUES = {
    "confirm": "code", "qr": "link", "charset": "ascii", "invert": "no", "timeout": "80",
    "lang": "zh", "unlisted": "refuse", "brand": "x", "debug": "no",
}
_GIVEN = ("appid", "secret_file", "public_url", "users_file", "socket", "exchange",
          "exchange_user", "host_name", "authorize_url", "api_url", "ca_file")
# Keys that the good login leaves out, with a value that changes nothing.
_ONCE = {key: (key, value) for key, value in LINE_VALUES.items()} | {
    "scope": ("scope", "snsapi_base"),
    "proxy": ("proxy", "{proxy}"),
    "connect_redirect": ("connect_redirect", "no"),
    "log_openid": ("log_openid", "yes"),
}
for _key in KEYS:
    _bad_key(_key, "", f"{_key} has no value")
    if _key == "api_url":
        continue  # may be given twice
    _row(f"{_key} twice", UNAVAILABLE, "{conf}:{last}: " + f"{_key} is given twice",
         line=f"{_key} = again", base=GOOD if _key in _GIVEN else replace(GOOD, key=_ONCE[_key]))
_row("api_url three times", UNAVAILABLE, "{conf}: api_url is given more than two times",
     line="api_url = https://127.0.0.1:9\napi_url = https://127.0.0.1:10",
     twin="api_url = https://127.0.0.1:9")
_WHOLE = "; for the whole file: "
_WINDOWS = f"the line ends as on Windows, with a carriage return{_WHOLE}sed -i 's/\\r//g' FILE"
_MARK = ("the file begins with a byte order mark"
         f"{_WHOLE}LC_ALL=C sed -i '1s/^\\xef\\xbb\\xbf//; s/\\r//g' FILE")
_UTF_16 = (f"the file is in UTF-16, and UTF-8 is needed{_WHOLE}t=$(iconv -f UTF-16LE -t UTF-8 FILE "
           "| tr -d '\\r') && printf '%s\\n' \"$t\" >FILE")


def _unseen(character: str, meant: str = "") -> str:
    escaped = "".join(f"\\x{byte:02x}" for byte in character.encode())
    what = (f"an invisible character: U+{ord(character):04X}" if meant.strip() == ""
            else f"U+{ord(character):04X} in the place of \"{meant}\"")
    return (f"the line holds {what}{_WHOLE}LC_ALL=C sed -i "
            f"':a; s/^\\([^#]*\\){escaped}/\\1{meant}/; ta' FILE")


for _line, _what in (
    ("colour = red", "unknown key \"colour\""),
    ("Appid = wx0123456789abcdef", "unknown key \"Appid\""),
    ("conf = /etc/x", "unknown key \"conf\""),
    ("nodelay", "expected \"key = value\""),
    ("[section]", "expected \"key = value\""),
    ("= value", "unknown key \"\""),
    ("lang: en", "expected \"key = value\""),
    ("lang = en # English", "lang is en or zh, not \"en # English\""),
    ("lang = \"en\"", "lang is en or zh, not \"\"en\"\""),
    ("lang = en;", "lang is en or zh, not \"en;\""),
    ("lang = en\r", _WINDOWS),
    ("lang = e\x01n", "the line holds a control character"),
    ("lang = en\x00", "the line holds a control character"),
    ("lang = e\x7fn", "the line holds a control character"),
    ("lang = en\u200b", _unseen("\u200b")),
    ("lang\u3000= en", _unseen("\u3000", " ")),
    ("lang \uff1d en", _unseen("\uff1d", "=")),
):
    _row(f"the line {_line!r}", UNAVAILABLE, "{conf}:{last}: " + _what, line=_line,
         twin="\tlang\t=\ten\t")
_row("a line of 4,097 bytes", UNAVAILABLE, "{conf}:{last}: the line is longer than 4096 bytes",
     line="#" * 4097, twin="#" * 4096)
_row("a configuration larger than 64 KiB", UNAVAILABLE, "{conf}: larger than 65536 bytes",
     line="#\n" * 33000, twin="#\n" * 30000)

# ---- The PAM line -------------------------------------------------------------------------------

for _key in KEYS:
    if _key not in LINE_VALUES:
        _row(f"{_key} on the PAM line", UNAVAILABLE,
             f"PAM line: \"{_key}\" is not an option of this line", words=f"{_key}=x", twin="debug")
        continue
    _row(f"{_key}= on the PAM line", UNAVAILABLE, f"PAM line: {_key} has no value",
         words=f"{_key}=", twin=f"{_key}={LINE_VALUES[_key]}")
    _row(f"{_key} twice on the PAM line", UNAVAILABLE, f"PAM line: {_key} is given twice",
         words=f"{_key}={LINE_VALUES[_key]} {_key}={LINE_VALUES[_key]}",
         twin=f"{_key}={LINE_VALUES[_key]}")
    if _key not in ("invert", "debug"):
        _row(f"{_key} bare on the PAM line", UNAVAILABLE, f"PAM line: {_key} needs a value",
             words=_key, twin=f"{_key}={LINE_VALUES[_key]}")
for _words, _what, _neighbour in (
    ("confirm=other", "confirm is auto or code or wait, not \"other\"", "confirm=auto"),
    ("qr=other", "qr is link or authorize, not \"other\"", "qr=link"),
    ("charset=gbk", "charset is utf8 or ascii or none, not \"gbk\"", "charset=none"),
    ("invert=1", "invert is yes or no, not \"1\"", "invert"),
    ("timeout=4", "timeout is a whole number from 5 to 300, not \"4\"", "timeout=5"),
    ("timeout=301", "timeout is a whole number from 5 to 300, not \"301\"", "timeout=300"),
    ("lang=zh_CN", "lang is en or zh, not \"zh_CN\"", "lang=zh"),
    ("unlisted=Ignore", "unlisted is refuse or ignore, not \"Ignore\"", "unlisted=ignore"),
    ("brand=" + "x" * 129, "brand is longer than 128 bytes", "brand=" + "x" * 128),
    ("debug=on", "debug is yes or no, not \"on\"", "debug=yes"),
    ("debug debug", "debug is given twice", "debug invert"),
    ("debug debug=no", "debug is given twice", "debug=no"),
    ("try_first_pass", "\"try_first_pass\" is not an option of this line", "debug"),
    ("nullok", "\"nullok\" is not an option of this line", "invert"),
    ("=x", "\"\" is not an option of this line", "brand==x"),
    ("DEBUG", "\"DEBUG\" is not an option of this line", "debug"),
    ("debugging", "\"debugging\" is not an option of this line", "debug"),
    ("conf={conf}", "conf is given twice", "debug"),
):
    if _words == "lang=zh_CN":
        _neighbour = "lang=en"
    _row(f"the words {_words[:40]!r}", UNAVAILABLE, f"PAM line: {_what}", words=_words,
         twin=_neighbour)
_row("confirm=wait on the PAM line for sshd", DENIED,
     "confirm=wait is for login, su, su-l, sudo, sudo-i and doas, and for no remote host: use "
     "confirm=code for sshd",
     _refused("setup", login="", service="sshd"), words="confirm=wait", twin="confirm=code",
     base=replace(GOOD, service="sshd"))

# ---- The users table ----------------------------------------------------------------------------

_GOOD_TABLE = GOOD.users


def _bad_table(name: str, what: str, table: str, twin: object = _SAME) -> None:
    _row(f"users table: {name}", UNAVAILABLE, what, NOT_BEGUN_UNLISTED, users=table, twin=twin)


_FIRST = "{users_file}:1: "
_THIRD = "{users_file}:3: "
_COLUMNS = "a third column: write users as alice,bob and comments behind #"
_UID = "no uid stands behind the colon, as in alice:1001"
_NAME = "this cannot be the name of a local user"
_EMPTY_NAME = "an empty name: commas stand between names, without blanks"
_OPENID = "the first column is not an openid (6 to 64 of 0-9 A-Z a-z _ -)"
for _name, _what, _line, _neighbour in (
    ("an openid of 5 characters", _OPENID, "oAbcd carol", "oAbcde carol"),
    ("an openid of 65 characters", _OPENID, "o" * 65 + " carol", "o" * 64 + " carol"),
    ("a dot in an openid", _OPENID, "oAbcdef.gh carol", "oAbcdef_gh carol"),
    ("an openid that is not ASCII", _OPENID, "oAbcdefü carol", "oAbcdefu carol"),
    ("user and openid exchanged", _OPENID, "carol oAbcdefgh", "oAbcdefgh carol"),
    ("an openid alone", "no user stands behind the openid", "oAbcdefgh", "oAbcdefgh carol"),
    ("an openid and a comment", "no user stands behind the openid", "oAbcdefgh # carol",
     "oAbcdefgh carol # carol"),
    ("a third column", _COLUMNS, "oAbcdefgh carol dave", "oAbcdefgh carol,dave"),
    ("a blank behind a comma", _COLUMNS, "oAbcdefgh carol, dave", "oAbcdefgh\tcarol,dave\t"),
    ("a blank before a comma", _COLUMNS, "oAbcdefgh carol ,dave", " oAbcdefgh  carol,dave "),
    ("two commas", _EMPTY_NAME, "oAbcdefgh carol,,dave", "oAbcdefgh carol,dave"),
    ("a comma first", _EMPTY_NAME, "oAbcdefgh ,carol", "oAbcdefgh carol"),
    ("a comma last", _EMPTY_NAME, "oAbcdefgh carol,", "oAbcdefgh carol"),
    ("a name that is an option", _NAME, "oAbcdefgh -carol", "oAbcdefgh carol-"),
    ("a colon in a name", _UID, "oAbcdefgh ca:rol", "oAbcdefgh ca.rol"),
    ("a colon without a uid", _UID, "oAbcdefgh carol:", "oAbcdefgh carol:0"),
    ("a uid with a zero in front", _UID, "oAbcdefgh carol:01", "oAbcdefgh carol:1"),
    ("a uid that is too large", _UID, "oAbcdefgh carol:4294967295", "oAbcdefgh carol:4294967294"),
    ("a user with two uids", "the user carol stands here twice", "oAbcdefgh carol:1,carol:2",
     "oAbcdefgh carol:1,caro:2"),
    ("a comment that touches a name", _NAME, "oAbcdefgh carol#x", "oAbcdefgh carol #x"),
    ("a name of 257 bytes", _NAME, "oAbcdefgh " + "c" * 257, "oAbcdefgh " + "c" * 256),
    ("a control character", "the line holds a control character", "oAbcdefgh ca\x01rol",
     "oAbcdefgh ca_rol"),
    ("a DEL", "the line holds a control character", "oAbcdefgh carol\x7f", "oAbcdefgh carol"),
    ("a NUL", "the line holds a control character", "oAbcdefgh carol\x00", "oAbcdefgh carol"),
    ("a NUL in a comment", "the line holds a control character", "# carol\x00", "# carol"),
    ("a carriage return", _WINDOWS,
     "oAbcdefgh carol\r", "oAbcdefgh carol"),
    ("a zero width space", _unseen("\u200b"), "oAbcdefgh carol\u200b", "oAbcdefgh carol # \u200b"),
    ("a no-break space", _unseen("\u00a0", " "), "oAbcdefgh\u00a0carol", "oAbcdefgh carol #\u00a0"),
    ("an ideographic space", _unseen("\u3000", " "), "oAbcdefgh\u3000carol", "oAbcdefgh 王小明"),
    ("a full-width comma", _unseen("\uff0c", ","), "oAbcdefgh carol\uff0cdave",
     "oAbcdefgh carol,dave #\uff0c"),
    ("a semicolon", f"a ';' in a name: commas stand between names{_WHOLE}sed -i "
     "':a; s/^\\([^#]*\\);/\\1,/; ta' FILE", "oAbcdefgh carol;dave", "oAbcdefgh carol,dave # ;"),
    ("a line of 4,097 bytes", "the line is longer than 4096 bytes",
     "oAbcdefgh carol #" + "x" * 4080, "oAbcdefgh carol #" + "x" * 4079),
    ("a user twice on a line", "the user carol stands here twice", "oAbcdefgh carol,dave,carol",
     "oAbcdefgh carol,dave"),
    ("alice's openid again, for carol",
     "this openid stands on line 1, too: join the two lines", "{alice} carol", "{carol} carol"),
    ("alice's line again", "this openid stands on line 1, too: join the two lines",
     "{alice} alice", "{carol} alice"),
    ("bob's line again", "this openid stands on line 2, too: join the two lines",
     "{bob} bob", "{carol} bob"),
):
    _bad_table(_name, _THIRD + _what, _GOOD_TABLE + _line + "\n", _GOOD_TABLE + _neighbour + "\n")
_bad_table("a bad line without its end", _THIRD + _OPENID, _GOOD_TABLE + "oAbc carol",
           _GOOD_TABLE + "oAbcdef carol")
_bad_table("a byte order mark", _FIRST + _MARK, "\ufeff" + _GOOD_TABLE, "#\n" + _GOOD_TABLE)
_bad_table("in UTF-16", _FIRST + _UTF_16, "\0".join("oAbcdefgh carol\n") + "\0", _GOOD_TABLE)
_bad_table("larger than 1 MiB", "{users_file}: larger than 1048576 bytes",
           _GOOD_TABLE + ("#" * 1023 + "\n") * 1024, _GOOD_TABLE + ("#" * 1023 + "\n") * 1022)
_row("33 openids of one user", MAX_TRIES, "{users_file}: a user has more than 32 openids",
     _refused("not-linked"), users=_GOOD_TABLE + "".join(f"oAbcdef{n} alice\n" for n in range(32)),
     twin=_GOOD_TABLE + "".join(f"oAbcdef{n} alice\n" for n in range(31)))
_row("an empty table", MAX_TRIES, _refused("not-linked", user="(unlisted)"), users="")
_row("a table of comments", MAX_TRIES, _refused("not-linked", user="(unlisted)"),
     users="# {alice} alice\n\n\t\n")
_row("alice's openid bound to bob alone", MAX_TRIES, _refused("not-linked", user="(unlisted)"),
     users="{alice} bob\n", twin="{alice} bob,alice\n")
_row("alice bound to bob's openid alone", MAX_TRIES, _refused("not-linked"),
     users="{bob} alice\n", twin="{bob} alice\n{alice} alice\n")
_row("alice with another uid", MAX_TRIES, _refused(
    "other-uid: the users table names uid 61002, and the account has uid 61001: "
    "pam-wechat users check"), users="{alice} alice:61002\n", twin="{alice} alice:61001\n")
_row("alice's openid in other case", MAX_TRIES, _refused("not-linked"),
     users="O{alice} alice\n", twin="{alice} alice\n")
_row("a name that alice begins with", MAX_TRIES, _refused("not-linked", user="(unlisted)"),
     users="{alice} alic,alices\n", twin="{alice} alic,alices,alice\n")

# ---- The app secret -----------------------------------------------------------------------------

_ONE_LINE = "{secret_file}:1: expected one line with the app secret, 16 to 64 letters and digits"
for _name, _text in (
    ("empty", ""), ("a line end alone", "\n"), ("15 letters", "a" * 15 + "\n"),
    ("65 letters", "a" * 65 + "\n"), ("two lines", "{secret}\n{secret}\n"),
    ("an empty line behind", "{secret}\n\n"), ("a blank in front", " {secret}\n"),
    ("a blank behind", "{secret} \n"),
    ("a NUL behind", "{secret}\x00"), ("a NUL behind the line", "{secret}\n\x00"),
    ("quotes", "\"{secret}\"\n"), ("key and value", "secret = {secret}\n"),
):
    _row(f"the secret: {_name}", UNAVAILABLE, _ONE_LINE, NOT_BEGUN, secret=_text, twin="{secret}")
for _name, _what, _text in (
    ("a carriage return", _WINDOWS, "{secret}\r\n"),
    ("a byte order mark", _MARK, "\ufeff{secret}\n"),
    ("a zero width space", _unseen("\u200b"), "{secret}\u200b\n"),
    ("a no-break space", _unseen("\u00a0", " "), "\u00a0{secret}\n"),
    ("in UTF-16", _UTF_16, "\0".join("0123456789abcdef\n") + "\0"),
):
    _row(f"the secret: {_name}", UNAVAILABLE, "{secret_file}:1: " + _what, NOT_BEGUN, secret=_text,
         twin="{secret}")
_row("the secret: 257 bytes", UNAVAILABLE, "{secret_file}: larger than 256 bytes", NOT_BEGUN,
     secret="a" * 257)

# ---- Files and the directories above them -------------------------------------------------------

_FILES = {
    # place: (its directory, what a row of it logs besides the problem)
    "conf": ("etc", ()),
    "users_file": ("users", (NOT_BEGUN_UNLISTED,)),
    "secret_file": ("secret", (NOT_BEGUN,)),
    "exchange": ("exchange", (_refused("setup"),)),
}
for _place, (_directory, _lines) in _FILES.items():
    _file, _folder = f"{{{_place}}}", "{folder}/" + _directory
    for _name, _what, _command, _neighbour in (
        ("is missing", f"{_file}: No such file or directory", f"mv {_file} {_file}.old",
         f"cp {_file} {_file}.old"),
        ("group may write", f"{_file}: others may write to it: chmod go-w", f"chmod g+w {_file}",
         f"chmod u+w {_file}"),
        ("others may write", f"{_file}: others may write to it: chmod go-w", f"chmod o+w {_file}",
         f"chmod u+s {_file}"),
        ("belongs to alice", f"{_file}: belongs to uid 61001; it must belong to root",
         f"chown alice {_file}", f"chown root:alice {_file}"),
        ("is a symbolic link", f"{_file}: a symbolic link is not followed",
         f"mv {_file} {_file}.old && ln -s {_file}.old {_file}", f"ln {_file} {_file}.old"),
        ("is a directory", f"{_file}: not a regular file", f"rm {_file} && mkdir {_file}", ""),
        ("is a fifo", f"{_file}: not a regular file",
         f"rm {_file} && mkfifo -m 600 {_file}", ""),
        ("lies where group may write", f"{_folder}: others may write to this directory: chmod go-w",
         f"chmod g+w {_folder}", f"chmod u+w {_folder}"),
        ("lies where everybody may write",
         f"{_folder}: others may write to this directory: chmod go-w", f"chmod o+w {_folder}",
         f"chmod o+wt {_folder}"),
        ("lies in a directory of alice's",
         f"{_folder}: this directory belongs to uid 61001; it must belong to root",
         f"chown alice {_folder}", f"chown :alice {_folder}"),
        ("lies behind a symbolic link",
         f"{_folder}: not a directory (symbolic links are not followed)",
         f"mv {_folder} {_folder}.old && ln -s {_folder}.old {_folder}", ""),
        ("lies in a missing directory", f"{_folder}: No such file or directory",
         f"mv {_folder} {_folder}.old", ""),
    ):
        _row(f"{_place} {_name}", UNAVAILABLE, _what, *_lines, files=_command, twin=_neighbour)
for _place, _line in (("users_file", NOT_BEGUN_UNLISTED), ("secret_file", NOT_BEGUN)):
    for _who in "go":
        _row(f"{_place} with {_who}+r", UNAVAILABLE, f"{{{_place}}}: others may read it: chmod 600",
             _line, files=f"chmod {_who}+r {{{_place}}}", twin=f"chmod {_who}+x {{{_place}}}")
for _key, _lines in (("users_file", (NOT_BEGUN_UNLISTED,)), ("secret_file", (NOT_BEGUN,)),
                     ("exchange", (_refused("setup"),))):
    _row(f"{_key} by way of ..", UNAVAILABLE, "{folder}/etc/../" + _key +
         ": write the path without \".\", \"..\" and \"//\"", *_lines,
         key=(_key, "{folder}/etc/../" + _key))
_row("exchange that nobody may execute", UNAVAILABLE, "{exchange}: not executable",
     _refused("setup"), files="chmod a-x {exchange}", twin="chmod go-x {exchange}")
_row("exchange ends at once", "PAM_SYSTEM_ERR",
     "{exchange}: did not become ready (Connection reset by peer)", _refused("internal"),
     files="cp /bin/true {exchange}")
_row("exchange is no program", "PAM_SYSTEM_ERR",
     "{exchange}: did not become ready (Connection reset by peer)", _refused("internal"),
     files="echo nonsense >{exchange}")
_row("exchange never answers", "PAM_SYSTEM_ERR",
     "{exchange}: did not become ready (Connection timed out)", _refused("internal"),
     files="cp /usr/bin/yes {exchange}")
_row("ca_file is missing", UNAVAILABLE, _refused("setup: {ca_file}: No such file or directory"),
     files="mv {ca_file} {ca_file}.old", twin="cp {ca_file} {ca_file}.old")
_row("ca_file is empty", UNAVAILABLE, _refused("setup: {ca_file}: holds no PEM certificate"),
     files=": >{ca_file}", twin="echo >>{ca_file}")
_row("others may write to ca_file", UNAVAILABLE,
     _refused("setup: {ca_file}: others may write to it: chmod go-w"),
     files="chmod o+w {ca_file}", twin="chmod o-w {ca_file}")
_row("ca_file is a symbolic link", UNAVAILABLE,
     _refused("setup: {ca_file}: a symbolic link is not followed"),
     files="mv {ca_file} {ca_file}.old && ln -s {ca_file}.old {ca_file}")
_row("others may write where ca_file lies", UNAVAILABLE,
     _refused("setup: {folder}/ca: others may write to this directory: chmod go-w"),
     files="chmod o+w {folder}/ca", twin="chmod o-w {folder}/ca")
