"""Plays systemd for a chroot: records what systemctl is told, and does it for the helper's units."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from harness.debian import Debian, Failed

UNITS = "/lib/systemd/system"
SERVICE = "pam-wechat-helper.service"
SOCKET = "pam-wechat-helper.socket"
STAND_IN = "/usr/bin/systemctl"
REAL = "/usr/bin/systemctl.real"
REQUESTS = "/run/played_systemd"
SCRIPT = f"""#!/bin/sh
# Hands its words to whoever plays systemd, and waits for the answer.
request=$(mktemp -d {REQUESTS}/XXXXXXXX)
for word; do printf '%s\\n' "$word"; done >"$request/words.new"
mv "$request/words.new" "$request/words"
until [ -e "$request/status" ]; do sleep 0.02; done
cat "$request/output"
exit "$(cat "$request/status")"
"""


class PlayedSystemd:
    """Serves while the block lasts; the units are read as they are at each start."""

    def __init__(self, debian: Debian) -> None:
        self.debian = debian
        self.recorded: list[str] = []
        self.service: subprocess.Popen[bytes] | None = None
        self.socket: socket.socket | None = None
        self.log = tempfile.TemporaryFile()  # what the helper says
        self._ends = threading.Event()
        debian.path(REQUESTS).mkdir(mode=0o700)
        # The packages' scripts call systemctl only where systemd runs.
        debian.path("/run/systemd/system").mkdir(parents=True)
        # Not before it in the PATH: apt has one of its own for the packages' scripts.
        debian.run("dpkg-divert", "--quiet", "--local", "--rename", "--divert", REAL, "--add",
                   STAND_IN)
        script = debian.path(STAND_IN)
        script.write_text(SCRIPT)
        script.chmod(0o755)
        # Else deb-systemd-invoke would not even ask.
        debian.path("/usr/sbin/policy-rc.d").unlink()

    def __enter__(self) -> PlayedSystemd:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._stop(SOCKET)
        self.log.close()

    @property
    def is_running(self) -> bool:
        return self.service is not None and self.service.poll() is None

    def told(self) -> list[str]:
        """What systemctl was told since this was asked last."""
        told, self.recorded = self.recorded, []
        return told

    def _serve(self) -> None:
        while not self._ends.wait(0.02):
            for words in self.debian.path(REQUESTS).glob("*/words"):
                if not (words.parent / "status").exists():
                    self._answer(words)

    def _answer(self, request: Path) -> None:
        words = request.read_text().splitlines()
        self.recorded.append(" ".join(words))
        try:
            status, output = 0, self._do(words)
        except Failed as failed:
            status, output = 1, f"{failed}\n"
        (request.parent / "output").write_text(output)
        made = request.parent / "status.new"
        made.write_text(f"{status}\n")
        made.rename(request.parent / "status")

    def _do(self, words: list[str]) -> str:
        verb, *names = [word for word in words if not word.startswith("-")]
        units = [name if "." in name else f"{name}.service" for name in names]
        ours = [unit for unit in units if unit in (SERVICE, SOCKET)]
        if verb in ("preset", "enable", "disable", "is-enabled", "mask", "unmask"):
            # Links in /etc/systemd: systemd's own program makes them without systemd.
            output = self.debian.run(REAL, *(word for word in words if word != "--now"))
            verb = "start" if verb == "enable" and "--now" in words else ""
        elif verb == "is-active":
            return self._is_active(units)
        else:
            output = ""
        if verb in ("stop", "restart"):
            for unit in sorted(ours, reverse=True):
                self._stop(unit)
        if verb in ("start", "restart"):
            for unit in sorted(ours, reverse=True):
                self._start(unit)
        return output

    def _is_active(self, units: list[str]) -> str:
        active = {SERVICE: self.is_running, SOCKET: self.socket is not None}
        if not all(active.get(unit, False) for unit in units):
            raise Failed("inactive")
        return "active\n"

    def _read(self, unit: str) -> dict[str, str]:
        text = self.debian.path(f"{UNITS}/{unit}").read_text()
        return dict(re.findall(r"^(\w+)=(.+)$", text, re.MULTILINE))

    def _start(self, unit: str) -> None:
        settings = self._read(unit)
        if not self.debian.path(settings["ConditionPathExists"]).exists():
            return  # skipped, which is no failure
        if unit == SOCKET and self.socket is None:
            self.socket = self._listen(settings)
        elif unit == SERVICE and not self.is_running:
            self._start(settings["Requires"])
            self.service = self._execute(settings)

    def _listen(self, settings: dict[str, str]) -> socket.socket:
        path = self.debian.path(settings["ListenSequentialPacket"])
        path.parent.mkdir(mode=int(settings["DirectoryMode"], 8), exist_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listening.bind(str(path))
        path.chmod(int(settings["SocketMode"], 8))
        os.chown(path, 0, self._group(settings["SocketGroup"]))
        listening.listen()
        return listening

    def _group(self, name: str) -> int:
        found = re.search(rf"^{name}:[^:]*:(\d+):", self.debian.path("/etc/group").read_text(),
                          re.MULTILINE)
        if found is None:
            raise Failed(f"no group {name}")
        return int(found[1])

    def _execute(self, settings: dict[str, str]) -> subprocess.Popen[bytes]:
        """Waits until it says that it is ready, as Type=notify has it."""
        assert self.socket is not None and settings["Type"] == "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind("")  # the kernel chooses an abstract name, which reaches into a chroot
            notified.settimeout(0.1)
            name = "@" + notified.getsockname()[1:].decode()
            script = (f"exec 3<&{self.socket.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1 "
                      f"LISTEN_FDNAMES={self._read(SOCKET)['FileDescriptorName']} "
                      f"NOTIFY_SOCKET={name}; "
                      f"exec {settings['ExecStart']}")
            command = ["/usr/sbin/chroot", f"--userspec={settings['User']}:{settings['Group']}",
                       str(self.debian.folder), "/bin/bash", "-c", script]
            service = subprocess.Popen(command, env={}, pass_fds=[self.socket.fileno()],
                                       stdin=subprocess.DEVNULL, stderr=self.log)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and service.poll() is None:
                try:
                    if b"READY=1" in notified.recv(4096):
                        return service
                except TimeoutError:
                    pass
        service.kill()
        service.wait()
        self.log.seek(0)
        raise Failed(f"{settings['ExecStart']} does not start: {self.log.read().decode()}")

    def _stop(self, unit: str) -> None:
        if self.service is not None:
            # Without its socket it is stopped as well: it requires that.
            self.service.terminate()
            self.service.wait(10)
            self.service = None
        if unit == SOCKET and self.socket is not None:
            os.unlink(self.socket.getsockname())
            self.socket.close()
            self.socket = None
