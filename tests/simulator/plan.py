"""What shall happen to a login: the faults a test asks for, and which login gets them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from . import errors, faults

Answer = int | str  # an error code, a fault's name, or "good"

GOOD = "good"
DENIALS = ("nothing", "state_only", "authdeny")
SNAPSHOTS = ("flagged", "unflagged", "flag_on_real")
DOUBLES = ("same_code_two_clients", "two_codes", "again_later")
ORDERS = ("bare_last", "bare_first", "together")
DEFAULT_GAPS = {"same_code_two_clients": 0.3, "two_codes": 0.3, "again_later": 3.0}


def _option(what: str, default: Any = None) -> Any:
    return field(default=default, metadata={"what": what})


@dataclass
class Plan:
    """One login's fate. Whatever is left out goes well."""

    state: str | None = _option("the login with this state, whenever it comes")
    for_all: bool = _option("every login from now on", False)

    page: int | None = _option("WeChat's own error page with this number")
    page_delay: float = _option("seconds before the authorize page answers", 0.0)
    deny: str | None = _option(f"the person refuses; the callback gets: {', '.join(DENIALS)}")
    snapshot: str | None = _option(f"the page is a snapshot page: {', '.join(SNAPSHOTS)}")
    double: str | None = _option(f"the callback is called twice: {', '.join(DOUBLES)}")
    gap: float | None = _option("seconds between the two callbacks (0.3; again_later: 3)")
    order: str = _option(f"which of the two clients comes first: {', '.join(ORDERS)}", "bare_last")
    bare_address: str = _option("where the client without cookies comes from", "127.0.0.2")
    code_life: float | None = _option("seconds that the code lives (300)")
    code_length: int = _option("characters of the code; longer ones hold - and _ as well", 32)

    token: Answer | Sequence[Answer] = _option(
        "access_token answers: an error code, a fault's name, or a sequence, call by call", GOOD
    )
    refresh: Answer | Sequence[Answer] = _option("the same for refresh_token", GOOD)
    userinfo: Answer | Sequence[Answer] = _option("the same for userinfo", GOOD)
    auth: Answer | Sequence[Answer] = _option("the same for auth", GOOD)
    error_form: str | None = _option(f"how an error is written: {', '.join(errors.FORMS)}")
    delay: float = _option("seconds before access_token answers, the code being burnt", 0.0)
    refresh_delay: float = _option("the same for refresh_token", 0.0)
    userinfo_delay: float = _option("the same for userinfo", 0.0)
    auth_delay: float = _option("the same for auth", 0.0)

    def __post_init__(self) -> None:
        _check("deny", self.deny, DENIALS)
        _check("snapshot", self.snapshot, SNAPSHOTS)
        _check("double", self.double, DOUBLES)
        _check("order", self.order, ORDERS)
        _check("error_form", self.error_form, tuple(errors.FORMS))
        _check("page", self.page, tuple(errors.PAGES))
        for endpoint, table in faults.ENDPOINTS.items():
            for answer in _sequence(getattr(self, endpoint)):
                if isinstance(answer, str):
                    _check(endpoint, answer, (GOOD, *table))
        # Not fields: what became of the plan, for the test that made it.
        self.taken = threading.Event()
        # For the test to set, when what is delayed may come.
        self.hurry = threading.Event()
        self._calls = dict.fromkeys(faults.ENDPOINTS, 0)
        self._lock = threading.Lock()

    def answer(self, endpoint: str) -> Answer:
        """What this call of the endpoint gets: a sequence's end is followed by good answers."""
        planned = getattr(self, endpoint)
        with self._lock:
            call = self._calls[endpoint]
            self._calls[endpoint] += 1
        if isinstance(planned, (int, str)):
            return planned or GOOD
        return (planned[call] or GOOD) if call < len(planned) else GOOD

    def delay_of(self, endpoint: str) -> float:
        return self.delay if endpoint == "token" else getattr(self, f"{endpoint}_delay")

    def calls(self, endpoint: str) -> int:
        """How often the endpoint was called for logins of this plan."""
        with self._lock:
            return self._calls[endpoint]

    @property
    def seconds_between(self) -> float:
        if self.gap is not None:
            return self.gap
        return DEFAULT_GAPS.get(self.double or "", 0.0)


OPTIONS = {option.name: option.metadata["what"] for option in fields(Plan)}


class Plans:
    """Plans that wait for their login. A plan for a state beats the queue, the queue for_all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_state: dict[str, Plan] = {}
        self._queue: list[Plan] = []
        self._of_all: Plan | None = None

    def add(self, plan: Plan) -> None:
        with self._lock:
            if plan.state is not None:
                self._of_state[plan.state] = plan
            elif plan.for_all:
                self._of_all = plan
            else:
                self._queue.append(plan)

    def take(self, state: str) -> Plan:
        """For a login at the authorize page: a plan of the queue is used up by this."""
        with self._lock:
            plan = self._of_state.get(state)
            if plan is None and self._queue:
                plan = self._queue.pop(0)
            plan = plan or self._of_all or Plan()
        plan.taken.set()
        return plan

    def look(self, state: str = "") -> Plan:
        """For a call that no authorize page preceded: the queue stays as it is."""
        with self._lock:
            return self._of_state.get(state) or self._of_all or Plan()

    def clear(self) -> None:
        with self._lock:
            self._of_state.clear()
            self._queue.clear()
            self._of_all = None


def parse(items: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE as written on a command line, a comma between the answers of a sequence."""
    options: dict[str, Any] = {}
    for item in items:
        name, separator, text = item.partition("=")
        if not separator or name not in OPTIONS:
            raise ValueError(f"plan {item!r}: NAME=VALUE, NAME one of {', '.join(OPTIONS)}")
        if name in faults.ENDPOINTS:
            answers = [_number(part) for part in text.split(",")]
            options[name] = answers[0] if len(answers) == 1 else answers
        elif name in ("for_all",):
            options[name] = text in ("1", "yes", "true")
        elif name == "state" or isinstance(_number(text), str):
            options[name] = text
        else:
            options[name] = _number(text)
    return options


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _sequence(answers: Answer | Sequence[Answer]) -> Sequence[Answer]:
    return (answers,) if isinstance(answers, (int, str)) else answers


def _check(name: str, value: object, allowed: Sequence[object]) -> None:
    if value is not None and value not in allowed:
        raise ValueError(f"plan {name}={value!r}: one of {', '.join(map(str, allowed))}")
