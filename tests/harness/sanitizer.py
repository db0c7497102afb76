"""What programs of the machine need to load our module, where that is built with sanitizers."""

from __future__ import annotations

import os

# The runtime, which must stand first in LD_PRELOAD; empty where the build has no sanitizers.
PRELOAD = os.environ.get("SANITIZER_PRELOAD", "")
_OPTIONS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


def environment(*preloads: str, leaks: bool = True) -> dict[str, str]:
    """
    To be put into a program's environment. `leaks` is False for programs of the machine, which
    leave their own behind.
    """
    found = {name: os.environ[name] for name in _OPTIONS if name in os.environ and PRELOAD}
    if found and not leaks:
        found["ASAN_OPTIONS"] = found.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    libraries = [library for library in (PRELOAD, *preloads) if library]
    return found | ({"LD_PRELOAD": " ".join(libraries)} if libraries else {})
