"""A network namespace that holds loopback alone."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def private_network() -> Iterator[None]:
    """
    This thread, and the threads and processes that it starts, have it until the block ends. So the
    booted system, ssh, the phone and WeChat meet on 127.0.0.1, all ports are free, and nothing of
    it reaches the machine or another network. Whatever has to be downloaded has to be there before.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.unshare(CLONE_NEWNET), "a network namespace")
        _ask("lo", SIOCSIFFLAGS, struct.pack("h", IFF_UP))
        yield
    finally:
        _check(_libc.setns(before, CLONE_NEWNET), "the network as it was")
        os.close(before)


def add_address(address: str) -> None:
    """Gives it to loopback, beside 127.0.0.1."""
    _ask("lo:1", SIOCSIFADDR, struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address)))


@contextmanager
def far_end(near: str, address: str, far: str, *addresses: str) -> Iterator[tuple[str, ...]]:
    """
    A wire from this network, where it is called `near`, to another machine's, where it is called
    `far`. Yields the words before a command that make it run over there.
    """
    machine = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    assert machine.stdin is not None and machine.stdout is not None
    through = ("nsenter", f"--net=/proc/{machine.pid}/ns/net")
    try:
        machine.stdin.write(b"\n")
        machine.stdin.flush()
        machine.stdout.readline()  # it has its network now
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns",
             str(machine.pid))
        _run("ip", "address", "add", f"{address}/64", "dev", near, "nodad")
        _run("ip", "link", "set", near, "up")
        for other in addresses:
            _run(*through, "ip", "address", "add", f"{other}/64", "dev", far, "nodad")
        _run(*through, "ip", "link", "set", far, "up")
        yield through
    finally:
        machine.communicate()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _ask(interface: str, request: int, argument: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, request, struct.pack("16s24s", interface.encode(), argument))


def _check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
