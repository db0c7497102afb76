"""What the simulator was asked, kept for tests to look at and for a log without secrets."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time as unix_time


def fingerprint(secret: str) -> str:
    """Stands for a code, state or token where the thing itself must not appear."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


@dataclass
class Record:
    """One request. `code` and `state` are fingerprints, "" when there was none."""

    server: str  # "open" or "api"
    method: str
    path: str  # without the query, which holds secrets
    endpoint: str  # authorize, confirm, by_hand, access_token, refresh_token, userinfo, auth, …
    address: str
    outcome: str = ""  # "code", "denied", "page 10003", "ok", a fault's name, …
    errcode: int | None = None
    person: str = ""
    fault: str = ""
    user_agent: str = field(default="", repr=False)
    cookie: bool = False
    time: float = field(default_factory=unix_time)
    code: str = field(default="", repr=False)
    state: str = field(default="", repr=False)

    def line(self) -> str:
        parts = [f"{self.server} {self.method} {self.path}", f"from={self.address}"]
        for name in ("person", "state", "code", "fault"):
            if getattr(self, name):
                parts.append(f"{name}={getattr(self, name)}")
        if self.errcode is not None:
            parts.append(f"errcode={self.errcode}")
        parts.append(f"outcome={self.outcome}")
        return " ".join(parts)


class Journal:
    """A list of records that many threads may add to."""

    def __init__(self, log: Callable[[str], None] | None) -> None:
        self._records: list[Record] = []
        self._lock = threading.Lock()
        self._log = log

    def add(self, record: Record) -> None:
        with self._lock:
            self._records.append(record)
            if self._log is not None:
                self._log(record.line())

    def all(self) -> list[Record]:
        with self._lock:
            return list(self._records)
