"""Users from elsewhere: tests/pam/directory.c in /etc/nsswitch.conf, as a test wants it."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from harness.site import BUILD

_SWITCH = Path("/etc/nsswitch.conf")
_LIBRARY = BUILD / "tests/pam/libnss_directory.so.2"


class Directory:
    """
    In the sandbox's own nsswitch.conf: before the machine's files, so that it hears of each
    look-up; or behind them, so that what it can't tell nobody tells.
    """

    def __init__(self, folder: Path, order: str = "directory files") -> None:
        self.folder = folder
        self.order = order
        self._gate: io.FileIO | None = None

    def __enter__(self) -> Directory:
        self.folder.mkdir(mode=0o755)
        self.forget()
        self.set({})
        self._before = _SWITCH.read_text() if _SWITCH.exists() else None
        others = re.sub(r"^passwd:.*\n", "", self._before or "", flags=re.MULTILINE)
        _SWITCH.write_text(f"passwd: {self.order}\n{others}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._gate is not None:
            self._gate.close()
        if self._before is None:
            _SWITCH.unlink()
        else:
            _SWITCH.write_text(self._before)

    @property
    def environment(self) -> tuple[tuple[str, str], ...]:
        """Of a program that is to find the library, and the library the folder."""
        return ("DIRECTORY", str(self.folder)), ("LD_LIBRARY_PATH", str(_LIBRARY.parent))

    def set(self, people: dict[str, int], manner: str = "here") -> None:
        lines = "".join(f"{name}:{uid}\n" for name, uid in people.items())
        (self.folder / "people").write_text(lines)
        self.behave(manner)

    def behave(self, manner: str) -> None:
        (self.folder / "manner").write_text(manner)

    def forget(self) -> None:
        (self.folder / "calls").write_text("")

    def calls(self) -> list[str]:
        """Whom it was asked for since then."""
        return (self.folder / "calls").read_text().splitlines()

    def shut(self) -> None:
        """Look-ups wait from now on."""
        gate = self.folder / "gate"
        os.mkfifo(gate, 0o600)
        # Held open at both ends: what is written stays until somebody reads it.
        self._gate = open(gate, "r+b", buffering=0)

    def answer(self, count: int = 1) -> None:
        """Lets so many look-ups go on: those that wait, and the next that come."""
        assert self._gate is not None
        self._gate.write(b"." * count)
