"""A screen that no machine has: Xvfb, the windows of real terminals on it, and pictures of them."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageGrab

from harness.waiting import HANG, until

_SCREEN = "1920x1400x24"
_SETTLED_S = 0.1  # a picture that stays the same for so long is finished

Box = tuple[int, int, int, int]


class Display:
    """Xvfb, which chooses the display's number by itself."""

    def __enter__(self) -> Display:
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", _SCREEN, "-dpi", "96",
             "-nolisten", "tcp", "-noreset"],
            pass_fds=(writer,), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        if not number.isdecimal():
            self.process.wait(HANG)
            raise RuntimeError("Xvfb did not start")
        self.name = f":{number}"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(HANG)

    def picture(self, box: Box) -> Image.Image:
        return ImageGrab.grab(bbox=box, xdisplay=self.name)

    def settled(self, box: Box) -> Image.Image:
        """The picture, once it no longer changes."""
        last, since = self.picture(box), time.monotonic()
        deadline = since + HANG
        while time.monotonic() < since + _SETTLED_S:
            time.sleep(0.02)
            now = self.picture(box)
            if now.tobytes() != last.tobytes():
                last, since = now, time.monotonic()
            if time.monotonic() > deadline:
                raise RuntimeError("the picture does not come to rest")
        return last

    def do(self, *command: str) -> str:
        """Runs xdotool."""
        done = subprocess.run(["xdotool", *command], env=os.environ | {"DISPLAY": self.name},
                              stdout=subprocess.PIPE, text=True)
        return done.stdout

    def window(self, name: str) -> tuple[str, Box]:
        """The one window of that class: its number, and where it is."""
        found: list[str] = []

        def is_there() -> bool:
            found[:] = self.do("search", "--onlyvisible", "--class", name).split()
            return len(found) == 1

        if not until(is_there):
            raise RuntimeError(f"windows of {name}: {found}")
        shape = dict(line.split("=") for line in
                     self.do("getwindowgeometry", "--shell", found[0]).split())
        left, top, width, height = (int(shape[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        return found[0], (left, top, left + width, top + height)


class Program:
    """A program with one window on the display; ended by its own pid."""

    def __init__(self, display: Display, command: Sequence[str],
                 environment: Mapping[str, str]) -> None:
        self.display = display
        self.command = list(command)
        self.environment = dict(environment) | {"DISPLAY": display.name}

    def __enter__(self) -> Program:
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(HANG)


class Xterm(Program):
    """xterm -e with a program whose bytes are kept, so that one knows when all were drawn."""

    def __init__(
        self, display: Display, command: Sequence[str], folder: Path, font: str, size: int,
        dark: bool = True, columns: int = 80, rows: int = 24,
    ) -> None:
        self.bytes = folder / "bytes"
        self.pid = folder / "pid"
        # script(1) and what it runs outlive the window: the pid is for ending them.
        inside = f"echo $$ >{shlex.quote(str(self.pid))}; exec {shlex.join(command)}"
        ground, ink = ("black", "white") if dark else ("white", "black")
        super().__init__(display, [
            "xterm", "-u8", "-fa", f"{font}:pixelsize={size}", "-bg", ground, "-fg", ink,
            "-geometry", f"{columns}x{rows}+0+0", "-b", "0", "-bw", "0", "+sb",
            "-e", "script", "-qefc", inside, str(self.bytes),
        ], {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh",
            "HOME": str(folder)})

    def __enter__(self) -> Xterm:
        self.bytes.unlink(missing_ok=True)
        self.pid.unlink(missing_ok=True)
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):
            os.kill(int(self.pid.read_text()), 15)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            super().__exit__()

    def shown(self, text: str) -> Image.Image:
        """A picture of the window once `text` has been written and everything is drawn."""
        wanted = text.encode()
        if not until(lambda: self.bytes.exists() and wanted in self.bytes.read_bytes()):
            raise RuntimeError(f"{text!r} does not come")
        return self.display.settled(self.display.window("XTerm")[1])
