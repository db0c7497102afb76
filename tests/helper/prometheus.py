"""Reads the figures of status_socket, and checks that they are Prometheus' text format."""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path

from harness.waiting import HANG

# What a RESULT may say.
REASONS = [
    "nobody", "not-linked", "snapshot", "risk", "code", "busy", "setup", "unreachable",
    "bad-answer", "too-many-codes", "reported", "internal",
]
BOUNDS = ["0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]
HTTP = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"
SAMPLE = re.compile(r'pam_wechat_(\w+)(?:\{(\w+)="([^"\\]*)"\})? (\d+(?:\.\d+)?)')


@dataclass
class Family:
    kind: str
    samples: list[tuple[str, str, str, float]] = field(default_factory=list)


def parse(text: str) -> dict[str, Family]:
    """Prometheus' text format 0.0.4, as narrow as ours is: anything else is an error."""
    families: dict[str, Family] = {}
    assert text.endswith("\n")
    lines = iter(text.splitlines())
    name = ""
    for line in lines:
        if line.startswith("# HELP "):
            helped = re.fullmatch(r"# HELP pam_wechat_(\w+) [^\\]+", line)
            assert helped is not None, line
            name = helped[1]
            assert name not in families, f"{name} is there twice"
            kinds = rf"# TYPE pam_wechat_{name} (gauge|counter|histogram)"
            typed = re.fullmatch(kinds, next(lines))
            assert typed is not None, line
            families[name] = Family(typed[1])
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample is not None, line
        suffix = sample[1].removeprefix(name)
        assert suffix in (("_bucket", "_sum", "_count")
                          if families[name].kind == "histogram" else ("",)), line
        families[name].samples.append((suffix, sample[2] or "", sample[3] or "", float(sample[4])))
    for name, family in families.items():
        assert family.samples, name
        assert family.kind != "counter" or name.endswith("_total")
        if family.kind == "histogram":
            check_histogram(family)
    return families


def check_histogram(family: Family) -> None:
    *buckets, total, count = family.samples
    assert [(suffix, label) for suffix, label, _, _ in buckets] == [("_bucket", "le")] * len(BOUNDS)
    assert [bound for _, _, bound, _ in buckets] == BOUNDS
    numbers = [number for _, _, _, number in buckets]
    assert numbers == sorted(numbers)
    assert (total[0], count[0]) == ("_sum", "_count")
    assert count[3] == numbers[-1]


def connect(path: Path) -> socket.socket:
    """Waits for a place in the line, which a socket with a timeout of Python's would not."""
    client = socket.socket(socket.AF_UNIX)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 5, 0))
    client.connect(str(path))
    client.settimeout(HANG)
    return client


def ask(path: Path, request: bytes = HTTP) -> str:
    """All that it answers, until it hangs up."""
    with connect(path) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def figures(path: Path) -> str:
    head, _, body = ask(path).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n"), head
    return body


def read(path: Path) -> dict[str, float]:
    """All counters and the count of the histogram, by name or by name and reason."""
    numbers = {}
    for name, family in parse(figures(path)).items():
        for suffix, label, value, number in family.samples:
            if family.kind == "counter" or suffix == "_count":
                numbers[f"{name} {value}" if label else name] = number
    return numbers
