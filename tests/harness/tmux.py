"""A program in tmux as it comes: of a terminal of 80x24 the last row is tmux's own."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.waiting import until


class Tmux:
    """The server is ended, with all that runs in it, when the block ends."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.command = command
        self.socket = folder / "tmux"
        self.environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "TERM": "xterm",
                            "HOME": str(folder), "SHELL": "/bin/sh"}

    def __enter__(self) -> Tmux:
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "23",
                 f"exec {shlex.join(self.command)}")
        self.pid = int(self.run("display-message", "-p", "#{pid}"))
        return self

    def __exit__(self, *_: object) -> None:
        self.run("kill-server")
        if not until(lambda: not Path(f"/proc/{self.pid}").exists()):
            raise RuntimeError("tmux does not end")

    def run(self, *words: str) -> str:
        return subprocess.run(["tmux", "-u", "-S", self.socket, *words], env=self.environment,
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    def visible(self, prompt: str) -> list[str]:
        """What is on the screen, nothing having been scrolled back, once the prompt waits."""
        if not until(lambda: prompt.rstrip() in self.run("capture-pane", "-p")):
            raise RuntimeError(f"{prompt!r} does not come")
        return self.run("capture-pane", "-p").split("\n")

    def visible_text(self) -> str:
        """The same with lines that were broken at the margin put together again."""
        return self.run("capture-pane", "-p", "-J")
