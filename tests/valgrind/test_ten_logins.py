"""
Ten logins with the host, so libpam and the module, and the helper under valgrind. The exchange runs
as it is, since the module starts it by fexecve: its code is put under valgrind by exchange-call and
by the unit tests (tests/harness/run.py).
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from harness.host import Host
from harness.site import BUILD, Site
from harness.waiting import HANG
from simulator import Phone, WeChat

PRELOAD = f"libpam_wrapper.so {BUILD}/tests/valgrind/pidfd.so"
LEAKS = "definite,indirect,possible"


def watched(log: Path) -> tuple[str, ...]:
    return ("/usr/bin/valgrind", "--leak-check=full", f"--show-leak-kinds={LEAKS}",
            f"--errors-for-leak-kinds={LEAKS}", "--child-silent-after-fork=yes",
            "--error-exitcode=99", "--track-fds=yes", f"--log-file={log}")


def complaints(log: Path) -> list[str]:
    """Errors, leaks, and descriptors that are the program's own and still open at its end."""
    text = re.sub(r"^==\d+== ?", "", log.read_text(), flags=re.MULTILINE)
    assert "ERROR SUMMARY" in text, text
    found = [] if re.search(r"ERROR SUMMARY: 0 errors", text) else [text]
    for block in re.findall(r"^Open .*(?:\n(?!\n|Open ).+)*", text, re.MULTILINE):
        # syslog(3) keeps its own.
        if "<inherited from parent>" not in block and "openlog_internal" not in block:
            found.append(block)
    return found


def test_ten_logins(site: Site, wechat: WeChat, folder: Path) -> None:
    site.stop_helper()
    site.helper_through = watched(folder / "helper.valgrind")
    site.start_helper()
    site.write_service("test")
    helper = site.process
    assert helper is not None
    for number in range(10):
        log = folder / f"host{number}.valgrind"
        # The last ones are refused: by another WeChat, by a wrong code, by nobody's coming.
        person, good = ("bob" if number == 7 else "alice"), number < 7
        with Host(site, "alice", through=watched(log), environment={"LD_PRELOAD": PRELOAD}) as host:
            link = host.link()
            pin = Phone(wechat, person).sign_in(link) if number != 9 else None
            if good:
                assert pin is not None and host.type(pin) == "PAM_SUCCESS"
            else:
                # A wrong code may be typed again.
                assert host.type("12") == ("PAM_MAXTRIES" if number == 7 else None)
            while host.result is None:
                host.type("12")
            host.process.wait(HANG)
        assert complaints(log) == [], number
        assert host.process.returncode == 0
    site.stop_helper()
    assert complaints(folder / "helper.valgrind") == []
    assert helper.returncode == 0


def test_the_calls_of_the_exchange(wechat: WeChat, folder: Path) -> None:
    log = folder / "call.valgrind"
    for code in (wechat.code_for("alice"), "n0body"):
        subprocess.run([*watched(log), BUILD / "tests/exchange/exchange-call", wechat.api_url,
                        wechat.ca_file, "access_token", wechat.appid, wechat.secret, code],
                       check=True, stdout=subprocess.DEVNULL, env={})
        assert complaints(log) == []
