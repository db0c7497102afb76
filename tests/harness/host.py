"""A PAM application under the test's control: tests/pam/host.c, through libpam and pam_wrapper."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness import sanitizer
from harness.leaks import note_output
from harness.site import BUILD, Site
from harness.waiting import HANG, until

PROGRAM = BUILD / "tests/pam/pam-host"
_WRAPPER_FOLDERS = Path("/tmp")


def wrapper_environment(site: Site) -> dict[str, str]:
    """Makes libpam read the site's service files instead of /etc/pam.d."""
    return {
        **sanitizer.environment("libpam_wrapper.so"),
        "PAM_WRAPPER": "1",
        "PAM_WRAPPER_SERVICE_DIR": str(site.folder / "pam.d"),
        "PAM_WRAPPER_USE_SYSLOG": "1",
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    }


@contextmanager
def _alone_with_wrapper() -> Iterator[None]:
    """
    pam_wrapper looks for a free /tmp/pam.? and then makes it, and gives up if somebody else was
    faster: so hosts start one after the other. Whoever lost the race once left an empty folder.
    """
    descriptor = os.open(_WRAPPER_FOLDERS, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for folder in _WRAPPER_FOLDERS.glob("pam.?"):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > 60:
                    folder.rmdir()
        yield
    finally:
        os.close(descriptor)


def _folder_of(pid: int) -> Path | None:
    for mark in _WRAPPER_FOLDERS.glob("pam.?/pid"):
        with suppress(OSError):  # another host's, which has just ended
            if mark.read_text().strip() == str(pid):
                return mark.parent
    return None


@dataclass
class Message:
    style: str
    text: str

    @property
    def link(self) -> str | None:
        found = re.search(r"^https?://\S+", self.text, re.MULTILINE)
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
    through: tuple[str, ...] = ()  # a command that runs the host in its turn: env, setpriv, …

    def __enter__(self) -> Host:
        with _alone_with_wrapper():
            self.process = subprocess.Popen(
                [*self.through, PROGRAM, *self.options, self.service, self.user],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env=wrapper_environment(self.site) | self.environment,
            )
            until(lambda: self.process.poll() is not None
                  or _folder_of(self.process.pid) is not None)
        return self

    def __exit__(self, *_: object) -> None:
        """Lets the conversation fail: pam_wrapper tidies up after a program that ends by itself."""
        note_output("\n".join(message.text for message in self.messages))
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already
        try:
            self.process.wait(HANG)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process.stdout.close()

    def kill(self) -> None:
        """Ends the host without warning, and removes what pam_wrapper leaves then."""
        self.process.kill()
        self.process.wait()
        folder = _folder_of(self.process.pid)
        if folder is not None:
            shutil.rmtree(folder)

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

    def link(self) -> str:
        """Reads on to the next prompt, which has to show the login's link."""
        prompt = self.prompt()
        assert prompt is not None, f"{self.result}: {self.messages}"
        assert prompt.link is not None, prompt.text
        return prompt.link

    def type(self, text: str) -> str | None:
        """Answers a prompt: what pam_authenticate() returned, or None if it asks again."""
        self.answer(text)
        self.prompt()
        return self.result

    def fail(self) -> None:
        self._send({"fail": True})

    def _send(self, what: dict[str, object]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
