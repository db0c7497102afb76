"""One official account at WeChat: its keys, its people, its codes and tokens, and its plans."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from .grants import CODE_LIFE, Code, Grants, new_code
from .journal import Journal, Record, fingerprint
from .people import People
from .plan import Plan, Plans


class Account:
    """What the two servers share, and what tests ask and tell."""

    def __init__(
        self,
        appid: str | None = None,
        secret: str | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.appid = appid or "wx" + secrets.token_hex(8)
        if not re.fullmatch(r"wx[0-9a-f]{16}", self.appid):
            raise ValueError("an appid is wx and 16 hexadecimal digits")
        self.secret = secret or secrets.token_hex(16)
        self.redirect_hosts: list[str] | None = None
        self.scopes = ["snsapi_base", "snsapi_userinfo"]
        # Nothing confirmed these two, so they can be switched.
        self.secret_before_code = False
        self.expired_code_errcode = 40029
        self.verified = True
        self.secret_frozen = False
        self.ip_listed = True  # the address that calls the API
        self.people = People(self.appid)
        self.grants = Grants()
        self.plans = Plans()
        self.journal = Journal(log)

    def openid(self, person: str) -> str:
        return self.people.openid(person)

    def unionid(self, person: str) -> str:
        return self.people.unionid(person)

    def plan(self, **options: Any) -> Plan:
        """Decides on the next login that reaches the authorize page, or on that with `state=`,
        or on all from now on with `for_all=True`. The options are plan.OPTIONS."""
        plan = Plan(**options)
        self.plans.add(plan)
        return plan

    def clear_plans(self) -> None:
        self.plans.clear()

    def code_for(
        self,
        person: str,
        state: str = "",
        scope: str = "snsapi_base",
        plan: Plan | None = None,
        snapshot: str | None = None,
    ) -> str:
        """A code as WeChat would issue it after the browser's part."""
        plan = plan or self.plans.look(state)
        snapshot = snapshot or plan.snapshot
        virtual = snapshot in ("flagged", "unflagged")
        salt = secrets.token_hex(8)
        code = Code(
            value=new_code(plan.code_length),
            person=person,
            openid=self.people.virtual_openid(salt) if virtual else self.openid(person),
            unionid=self.people.virtual_unionid() if virtual else self.unionid(person),
            scope=scope,
            state=state,
            plan=plan,
            snapshot=snapshot is not None,
            flagged=snapshot in ("flagged", "flag_on_real"),
            dies=self.grants.now() + (CODE_LIFE if plan.code_life is None else plan.code_life),
        )
        self.grants.add_code(code)
        return code.value

    def revoke(self, person: str) -> None:
        """The person changed the password, or withdrew the permission."""
        self.grants.revoke(person)

    def expire_tokens(self) -> None:
        self.grants.expire_tokens()

    def advance(self, seconds: float) -> None:
        """Puts WeChat's clock forward: codes and tokens get older by that."""
        self.grants.advance(seconds)

    @property
    def requests(self) -> list[Record]:
        return self.journal.all()

    def exchanges(self, state: str | None = None) -> int:
        """Calls that reached the access_token endpoint, of one login or of all."""
        wanted = None if state is None else fingerprint(state)
        return sum(
            1
            for record in self.requests
            if record.endpoint == "access_token" and record.method == "GET"
            and wanted in (None, record.state)
        )

    @property
    def redirects_followed(self) -> int:
        return sum(1 for record in self.requests if record.endpoint == "redirected")
