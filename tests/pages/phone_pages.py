"""The pages that a phone may be shown: what each of them says and holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`heading` is English and Chinese; None where the words do not matter."""

    heading: tuple[str, str] | None
    status: int = 200
    buttons: tuple[str, ...] = ()  # by their values, the primary one first
    facts: bool = False
    pin: bool = False
    image: bool = False

    def heading_in(self, language: str) -> str | None:
        return None if self.heading is None else self.heading[language == "zh"]


BOTH = ("continue", "refuse")
ASK = Kind(("Is this you signing in?", "是您本人在登录吗？"), buttons=BOTH, facts=True)
DIGITS = Kind(("Type this in the terminal", "请在终端中输入"), buttons=("refuse",), facts=True,
              pin=True)
GONE = ("This page is over", "此页面已失效")


def _again(english: str, chinese: str) -> Kind:
    return Kind((english, chinese), buttons=BOTH, facts=True)


KINDS = {
    "ask": ASK,
    "ask, for su": ASK,
    "ask, longest, from afar": ASK,
    "ask, longest, for su": ASK,
    "asking": Kind(("Asking WeChat", "正在等待微信答复"), buttons=("refuse",), facts=True),
    "digits": DIGITS,
    "digits, longest name": DIGITS,
    "ask, to link": Kind(("Link your WeChat to «alice» on web1?", "将您的微信关联到 web1 的用户 «alice»？"),
                         buttons=BOTH, facts=True),
    "ask, to link, longest": Kind(None, buttons=BOTH, facts=True),
    "digits, to link": Kind(("Read these digits to the administrator", "请把这些数字读给管理员"),
                            buttons=("refuse",), facts=True, pin=True),
    "signed in": Kind(("Signed in", "已登录")),
    "not linked": _again("This WeChat may not sign in here", "此微信不能在这里登录"),
    "snapshot": _again("Open the page itself", "请打开完整页面"),
    "code": _again("That took too long", "已超时或已使用"),
    "busy": _again("WeChat is busy", "微信繁忙"),
    "risk": Kind(("WeChat refused this account", "微信拒绝了此账号")),
    "setup": Kind(("Sign-in is not set up correctly", "登录功能设置有误")),
    "unreachable": _again("WeChat can't be reached", "无法连接微信"),
    "bad answer": _again("WeChat's answer was unreadable", "微信的应答无法识别"),
    "too many codes": Kind(("Too many attempts", "尝试次数过多")),
    "refused": Kind(("Refused", "已拒绝")),
    "cancelled": _again("Cancelled", "已取消"),
    "neutral": Kind(("Another phone is finishing this sign-in", "另一部手机正在完成本次登录")),
    "gone": Kind(GONE, 404),
    "finished": Kind(("Done on this phone", "手机上的操作已完成")),
    "open in WeChat": Kind(("Open in WeChat", "请用微信打开"), image=True),
    "open in WeChat, from WeCom": Kind(
        ("Open in WeChat, not in WeCom", "请用微信打开，而不是企业微信"), image=True),
    "400": Kind(("That was no valid request", "请求无效"), 400),
    "404": Kind(GONE, 404),
    "405": Kind(("That is not possible here", "不支持此操作"), 405),
    "413": Kind(("That request is too large", "请求过大"), 413),
    "414": Kind(("That request is too large", "请求过大"), 414),
    "429": Kind(("One moment", "请稍候"), 429),
    "431": Kind(("That request is too large", "请求过大"), 431),
    "501": Kind(("That is not possible here", "不支持此操作"), 501),
    "503": Kind(("Being restarted", "正在重启"), 503),
}

TAGS = {"en": "en", "zh": "zh-CN"}
# Answered before a request was read to its end, and with it what language is wanted.
WITHOUT_LANGUAGE = ("413", "431")
