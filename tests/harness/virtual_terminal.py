"""A virtual terminal of the kernel's own, without a pty: a program on it, what it shows, keys."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import stat
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

from harness.console_font import ConsoleFont
from harness.leaks import note_output
from harness.waiting import HANG, until
from simulator import camera

DEVICES = Path("/dev")
# The machine's first ones are people's.
NUMBERS = range(63, 20, -1)
# Numbers of devices: /dev/tty1 is 4:1, and what stands on its screen, in UTF-32, 7:65.
TERMINALS, SCREENS, IN_UNICODE = 4, 7, 64
COLUMNS, ROWS = 80, 25
# From asm/ioctls.h, linux/vt.h and linux/kd.h.
TIOCVHANGUP, VT_DISALLOCATE, PIO_UNIMAP, PIO_UNIMAPCLR = 0x5437, 0x5608, 0x4B67, 0x4B68
INTERRUPT, END_OF_FILE = "\x03", "\x04"
# What it means that there are none, or that a container may not use them.
WITHOUT = {errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EPERM}


class NoVirtualTerminal(Exception):
    """The machine has none, or this container may not use it."""


class _Unimap(ctypes.Structure):
    """struct unimapdesc"""

    _fields_ = [("count", ctypes.c_ushort), ("entries", ctypes.c_char_p)]


class VirtualTerminal:
    """One that nobody uses. When the block ends its program ends, and it is cleared."""

    def __init__(self, rows: int = ROWS) -> None:
        self.rows = rows
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> VirtualTerminal:
        with ExitStack() as stack:
            self.number = stack.enter_context(_a_free_one())
            self.path = stack.enter_context(_device(f"tty{self.number}", TERMINALS, self.number))
            self._cells = stack.enter_context(
                _device(f"vcsu{self.number}", SCREENS, IN_UNICODE + self.number))
            self._check()
            stack.callback(_clear, self.number)
            size = struct.pack("=4H", self.rows, COLUMNS, 0, 0)
            self._control(termios.TIOCSWINSZ, size)
            # The kernel keeps characters, and not only their glyphs, from the first look on.
            assert self.text.strip() == ""
            self._open_things = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._open_things:
            note_output(self.text)
            if self.process is not None:
                self.process.kill()
                self.process.wait()
            # Whoever is left in the session is sent SIGHUP.
            self._control(TIOCVHANGUP)

    def _check(self) -> None:
        try:
            self._control(termios.TIOCGWINSZ, bytes(8))
        except OSError as error:
            if error.errno in WITHOUT:
                raise NoVirtualTerminal(str(error)) from error
            raise

    def _control(self, request: int, *argument: bytes) -> None:
        # login hangs up on all that have it open: so nothing of ours has for long.
        with _opened(self.path) as terminal:
            fcntl.ioctl(terminal, request, *argument)

    def start(self, command: list[str], environment: dict[str, str]) -> None:
        """
        Runs it as the leader of a session whose terminal this is. A shell lets what it runs in the
        background ignore ^C: so these tests may, but no getty does.
        """
        with _opened(self.path) as terminal:
            self.process = subprocess.Popen(
                ["/usr/bin/env", "--default-signal", "/usr/bin/setsid", "-c", *command],
                env=environment, stdin=terminal, stdout=terminal, stderr=terminal,
            )

    def has_font(self, font: ConsoleFont) -> None:
        """Tells the kernel which characters the font has."""
        table = font.unimap()
        self._control(PIO_UNIMAPCLR, struct.pack("=3H", 0, 0, 0))
        self._control(PIO_UNIMAP, bytes(_Unimap(len(table) // 4, table)))

    def type(self, keys: str) -> None:
        for key in keys.encode():
            self._control(termios.TIOCSTI, bytes([key]))

    @property
    def screen(self) -> list[str]:
        with self._cells.open("rb") as cells:
            text = cells.read(4 * COLUMNS * self.rows).decode("utf-32")
        return [text[at:at + COLUMNS] for at in range(0, len(text), COLUMNS)]

    @property
    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self.screen).rstrip()

    @property
    def picture(self) -> Image.Image:
        return camera.picture(self.screen)

    @property
    def link(self) -> str:
        found = re.search(r"^https?://\S+", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[0]

    def wait_for(self, pattern: str) -> None:
        """Until it stands somewhere on the screen."""
        assert until(lambda: re.search(pattern, self.text, re.MULTILINE) is not None), (
            f"no {pattern!r} on {self.path}:\n{self.text}")

    def wait_for_end(self) -> int:
        """The program's exit status."""
        assert self.process is not None
        return self.process.wait(HANG)


@contextmanager
def _a_free_one() -> Iterator[int]:
    """The lock is on a file that all sandboxes share, since each has a /dev of its own."""
    for number in NUMBERS:
        try:
            lock = os.open(f"/sys/class/tty/tty{number}/dev", os.O_RDONLY)
        except FileNotFoundError as error:
            raise NoVirtualTerminal(str(error)) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield number
            return
        except BlockingIOError:
            continue
        finally:
            os.close(lock)
    raise RuntimeError("no virtual terminal is free")


@contextmanager
def _device(name: str, major: int, minor: int) -> Iterator[Path]:
    """In the sandbox's /dev."""
    path = DEVICES / name
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(major, minor))
    except PermissionError as error:
        raise NoVirtualTerminal(str(error)) from error
    try:
        yield path
    finally:
        path.unlink()


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        yield terminal
    finally:
        os.close(terminal)


def _clear(number: int) -> None:
    """Gives it back to the kernel, which refuses as long as somebody has it open."""
    with _device(f"front-of-tty{number}", TERMINALS, 0) as front, _opened(front) as terminal:
        assert until(lambda: _disallocated(terminal, number)), f"tty{number} is still in use"


def _disallocated(terminal: int, number: int) -> bool:
    try:
        fcntl.ioctl(terminal, VT_DISALLOCATE, number)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return False
        raise
    return True
