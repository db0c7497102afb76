"""Codes and tokens: what WeChat issues, how long it lives, and what ends it."""

from __future__ import annotations

import secrets
import string
import threading
import time
from dataclasses import dataclass, field

from .plan import Plan

CODE_LIFE = 300
TOKEN_LIFE = 7200
REFRESH_LIFE = 30 * 86400

_TODAY = string.digits + string.ascii_letters
_EVER = _TODAY + "_-"


@dataclass
class Code:
    value: str = field(repr=False)
    person: str
    openid: str
    unionid: str
    scope: str
    state: str
    plan: Plan
    snapshot: bool
    flagged: bool
    dies: float
    used: bool = False


@dataclass
class Grant:
    """What a code was exchanged for."""

    code: Code
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_dies: float
    refresh_dies: float
    revoked: bool = False


class Grants:
    """All codes and tokens, with a clock that tests may put forward."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}
        self._renewed: list[str] = []
        self._ahead = 0.0
        self._stable: tuple[str, float] | None = None  # the account's own token, and when it dies
        self.token_tail = ""  # of all tokens: they are opaque, and may hold any VSCHAR

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def add_code(self, code: Code) -> None:
        with self._lock:
            self._codes[code.value] = code

    def code(self, value: str) -> Code | None:
        with self._lock:
            return self._codes.get(value)

    def burn(self, code: Code) -> bool:
        """False if another call was quicker."""
        with self._lock:
            first, code.used = not code.used, True
            return first

    def _token(self) -> str:
        # "NN_" and 86 to 150 characters is how tokens have looked.
        return f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(72)}{self.token_tail}"

    def grant(self, code: Code) -> Grant:
        grant = Grant(
            code,
            self._token(),
            self._token(),
            self.now() + TOKEN_LIFE,
            self.now() + REFRESH_LIFE,
        )
        with self._lock:
            self._by_access[grant.access_token] = grant
            self._by_refresh[grant.refresh_token] = grant
        return grant

    def renew(self, grant: Grant) -> None:
        """
        The access token's life begins anew; one that is over gives way to another. The refresh
        token and its life stay.
        """
        with self._lock:
            if self.now() < grant.access_dies:
                grant.access_dies = self.now() + TOKEN_LIFE
                return
            self._by_access.pop(grant.access_token, None)
            self._renewed.append(grant.access_token)
            grant.access_token = self._token()
            grant.access_dies = self.now() + TOKEN_LIFE
            self._by_access[grant.access_token] = grant

    def stable_token(self, refresh: bool) -> tuple[str, int]:
        """The account's own access token and the seconds that it lives; `refresh` ends the last."""
        with self._lock:
            if refresh or self._stable is None or self.now() >= self._stable[1]:
                if self._stable is not None:
                    self._renewed.append(self._stable[0])
                self._stable = (self._token(), self.now() + TOKEN_LIFE)
            token, dies = self._stable
            return token, round(dies - self.now())

    def by_access(self, token: str) -> Grant | None:
        with self._lock:
            return self._by_access.get(token)

    def by_refresh(self, token: str) -> Grant | None:
        with self._lock:
            return self._by_refresh.get(token)

    def revoke(self, person: str) -> None:
        with self._lock:
            for grant in self._by_refresh.values():
                if grant.code.person == person:
                    grant.revoked = True

    def issued(self) -> list[tuple[str, str]]:
        """Every secret that there ever was, with its kind."""
        with self._lock:
            codes, tokens = list(self._codes.values()), [*self._by_access, *self._renewed]
            tokens += [self._stable[0]] if self._stable is not None else []
            refresh = list(self._by_refresh)
        return [
            *(("code", code.value) for code in codes), *(("state", code.state) for code in codes),
            *(("access_token", token) for token in tokens),
            *(("refresh_token", token) for token in refresh),
        ]

    def expire_tokens(self) -> None:
        with self._lock:
            for grant in self._by_access.values():
                grant.access_dies = self.now()


def new_code(length: int) -> str:
    alphabet = _TODAY if length == 32 else _EVER
    return "".join(secrets.choice(alphabet) for _ in range(length))
