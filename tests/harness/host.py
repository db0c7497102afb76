"""A PAM application under the test's control: tests/pam/host.c, through libpam and pam_wrapper."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field

from harness.site import BUILD, Site

PROGRAM = BUILD / "tests/pam/pam-host"


def wrapper_environment(site: Site) -> dict[str, str]:
    """Makes libpam read the site's service files instead of /etc/pam.d."""
    return {
        "LD_PRELOAD": "libpam_wrapper.so",
        "PAM_WRAPPER": "1",
        "PAM_WRAPPER_SERVICE_DIR": str(site.folder / "pam.d"),
        "PAM_WRAPPER_USE_SYSLOG": "1",
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    }


@dataclass
class Message:
    style: str
    text: str

    @property
    def link(self) -> str | None:
        found = re.search(r"^https?://\S+$", self.text, re.MULTILINE)
        return found[0] if found else None


@dataclass
class Host:
    """One call of pam_authenticate(), or of pam_setcred()."""

    site: Site
    user: str
    service: str = "test"
    options: tuple[str, ...] = ()
    messages: list[Message] = field(default_factory=list)
    result: str | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Host:
        self.process = subprocess.Popen(
            [PROGRAM, *self.options, self.service, self.user], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=wrapper_environment(self.site) | self.environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def prompt(self) -> Message | None:
        """Reads on to the next prompt; None when the call has returned."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            if "result" in event:
                self.result = event["result"]["name"]
                return None
            self.messages.append(Message(**event["message"]))
            if self.messages[-1].style.startswith("prompt"):
                return self.messages[-1]
        raise RuntimeError("the host ended without a result")

    def message(self) -> Message:
        """Reads on to the next message, of whatever style."""
        assert self.process.stdout is not None
        self.messages.append(Message(**json.loads(self.process.stdout.readline())["message"]))
        return self.messages[-1]

    def answer(self, text: str | None) -> None:
        self._send({"answer": text})

    def fail(self) -> None:
        self._send({"fail": True})

    def _send(self, what: dict[str, object]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
