"""The pages that WeChat itself shows: errors, consent, and the one for playing by hand."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from . import errors
from .server import Reply

_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:26em;margin:2em auto;padding:0 1em;"
    "color-scheme:light dark}button{font:inherit;padding:.5em 1.2em;margin:.3em .3em 0 0}"
    "label{display:block}.note{opacity:.7}"
)


def page(title: str, body: str, language: str, status: int = 200) -> Reply:
    html = (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    return Reply(
        status=status,
        content_type="text/html; charset=utf-8",
        headers=[("Cache-Control", "no-store")],
        body=html.encode(),
    )


def say(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh-CN" else english


def error(number: int, language: str) -> Reply:
    text = say(language, *errors.PAGES[number])
    label = say(language, "错误码", "error code")
    return page("WeChat", f"<h1>{escape(text)}</h1><p>{label}:{number}</p>", language)


def bad_link(what: str, language: str) -> Reply:
    """WeChat names no number for a link that it can't make sense of; what is wrong with it is
    the simulator's own remark."""
    text = say(language, "链接错误,无法访问", "The link is wrong and can't be opened")
    return page("WeChat", f'<h1>{text}</h1><p class="note">{escape(what)}</p>', language)


def open_in_wechat(language: str) -> Reply:
    english = "Please open this link in WeChat"
    text = "请在微信客户端打开链接" + ("" if language == "zh-CN" else f" / {english}")
    return page("WeChat", f"<h1>{text}</h1>", language)


def closed(language: str) -> Reply:
    """What is left to see when the person refused or went away: nothing reaches the callback."""
    text = say(language, "已取消", "Cancelled")
    return page("WeChat", f"<p>{text}</p>", language)


def consent(action: str, ticket: str, host: str, language: str) -> Reply:
    ask = say(
        language,
        f"{escape(host)} 申请获取你的昵称、头像",
        f"{escape(host)} asks for your nickname and picture",
    )
    allow, refuse = say(language, "允许", "Allow"), say(language, "拒绝", "Refuse")
    return page(
        "WeChat",
        f'<h1>{ask}</h1><form method="post" action="{action}">'
        f'<input type="hidden" name="ticket" value="{ticket}">'
        f'<button name="choice" value="allow">{allow}</button>'
        f'<button name="choice" value="refuse">{refuse}</button></form>',
        language,
    )


def by_hand(action: str, ticket: str, people: Iterable[str], host: str, language: str) -> Reply:
    """Lets somebody with an ordinary browser say whose phone this is and what they tap."""
    title = say(language, "微信模拟器", "WeChat, simulated")
    who = say(language, "你是谁?", "Whose phone is this?")
    other = say(language, "另一个人", "somebody else")
    note = say(
        language,
        f"真正的微信在这里静默识别你,然后回到 {escape(host)}。",
        f"The real WeChat knows you here and goes back to {escape(host)}.",
    )
    choices = "".join(
        f'<label><input type="radio" name="person" value="{escape(name)}"'
        f'{" checked" if number == 0 else ""}> {escape(name)}</label>'
        for number, name in enumerate(people)
    )
    checked = "" if choices else " checked"
    buttons = "".join(
        f'<button name="choice" value="{value}">{text}</button>'
        for value, text in (
            ("allow", say(language, "允许", "Allow")),
            ("refuse", say(language, "拒绝", "Refuse")),
            ("close", say(language, "关闭页面", "Close the page")),
        )
    )
    return page(
        title,
        f'<h1>{title}</h1><p class="note">{note}</p><form method="post" action="{action}">'
        f'<input type="hidden" name="ticket" value="{ticket}"><p>{who}</p>{choices}'
        f'<label><input type="radio" name="person" value=""{checked}> {other}: '
        f'<input name="other" value="mallory" size="12"></label><p>{buttons}</p></form>',
        language,
    )
