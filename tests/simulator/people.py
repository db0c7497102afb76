"""Who has a WeChat account, and by which names WeChat makes them known."""

from __future__ import annotations

import base64
import hashlib
import threading


def _identifier(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]


class People:
    """Persons by name; whoever is asked for exists. Identifiers are the same in every run."""

    def __init__(self, appid: str) -> None:
        self._appid = appid
        self._names: list[str] = []
        self._lock = threading.Lock()
        self.nicknames: dict[str, str] = {}

    def names(self) -> list[str]:
        with self._lock:
            return list(self._names)

    def meet(self, person: str) -> None:
        with self._lock:
            if person not in self._names:
                self._names.append(person)

    def openid(self, person: str) -> str:
        self.meet(person)
        return _identifier("openid", self._appid, person)

    def unionid(self, person: str) -> str:
        self.meet(person)
        return _identifier("unionid", person)

    def nickname(self, person: str) -> str:
        return self.nicknames.get(person, person)

    def virtual_openid(self, salt: str) -> str:
        """Of a snapshot page's virtual user: another one every time."""
        return _identifier("virtual", self._appid, salt)

    def virtual_unionid(self) -> str:
        """The same for everybody, as has been seen; hence a unionid identifies nobody."""
        return _identifier("virtual unionid")
