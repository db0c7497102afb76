"""A program that others ask for an answer, as graphical ones are: the test is the person."""

from __future__ import annotations

import os
import select
from pathlib import Path

from harness.leaks import note_output
from harness.waiting import HANG

# FIFOs, so that neither question nor answer stays in a file.
PROGRAM = """\
#!/bin/sh
printf '%s\\0' "$1" >{folder}/question
read -r answer <{folder}/answer
printf '%s\\n' "$answer"
"""


class Askpass:
    """In a folder that it may be reached in by whoever runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "askpass"

    def __enter__(self) -> Askpass:
        self.folder.mkdir(mode=0o755)
        self.program = self.folder / "program"
        self.program.write_text(PROGRAM.format(folder=self.folder))
        self.program.chmod(0o755)
        self._ends = [self._make(name) for name in ("question", "answer")]
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends:
            os.close(end)

    def _make(self, name: str) -> int:
        path = self.folder / name
        os.mkfifo(path)
        path.chmod(0o666)
        return os.open(path, os.O_RDWR)

    def question(self) -> str:
        """All of the line that it was started with."""
        read = b""
        while not read.endswith(b"\0"):
            assert select.select([self._ends[0]], [], [], HANG)[0], "nobody asked"
            read += os.read(self._ends[0], 65536)
        text = read[:-1].decode()
        note_output(text)
        return text

    def answer(self, text: str) -> None:
        os.write(self._ends[1], f"{text}\n".encode())
