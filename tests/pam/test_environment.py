"""Nothing is taken from the host's environment: it may be a caller's of su or sudo."""

from __future__ import annotations

import os
import re
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pam.login import GOOD, Installation, scan

NOWHERE = "http://127.0.0.1:1"
LOCALTIME = Path("/etc/localtime")


def nasty(folder: Path) -> dict[str, str]:
    """Everything that libcurl, OpenSSL, the C library and the like are known to look at."""
    (folder / "openssl.cnf").write_text("openssl_conf = x\n[x]\nproviders = y\n[y]\nz = z\n")
    (folder / ".curlrc").write_text(f"proxy = {NOWHERE}\ninsecure\n")
    (folder / ".netrc").write_text("default login x password y\n")
    proxies = ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")
    return dict.fromkeys(proxies, NOWHERE) | {
        "NO_PROXY": "",
        "SSLKEYLOGFILE": str(folder / "keys"),
        "CURL_CA_BUNDLE": str(folder / "nothing"),
        "SSL_CERT_FILE": str(folder / "nothing"),
        "SSL_CERT_DIR": str(folder / "nothing"),
        "OPENSSL_CONF": str(folder / "openssl.cnf"),
        "OPENSSL_MODULES": str(folder),
        "CURL_HOME": str(folder),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "zh_CN.GB18030",
        "LANG": "zh_CN.UTF-8",
        "LANGUAGE": "zh",
        "RES_OPTIONS": "attempts:9",
        "HOSTALIASES": str(folder / "nothing"),
        "PAM_WECHAT_CONF": str(folder / "nothing"),
        "G_DEBUG": "fatal-warnings",
        "QUERY_STRING": "x",
    }


@pytest.fixture()
def trap(folder: Path) -> Path:
    folder.chmod(0o777)  # a key log would be written by the exchange's user
    return folder


def test_a_login_is_the_same_in_every_environment(installed: Installation, trap: Path) -> None:
    environment = nasty(trap)
    files = sorted(os.listdir(trap))
    before = installed.wechat.connections
    login = replace(GOOD, environment=tuple(environment.items()))
    outcome, usual = installed.run(login), installed.run(replace(GOOD, typed=(" {pin}",)))
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.lines == usual.lines
    shown, usually = (re.sub(r"/l/\w{12}", "", one.prompts[0].text) for one in (outcome, usual))
    assert re.sub("[▀▄█ ]", "", shown) == re.sub("[▀▄█ ]", "", usually)
    assert sorted(os.listdir(trap)) == files
    assert installed.wechat.connections == before + 2


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
def test_the_environment_makes_nobody_trusted(installed: Installation, name: str) -> None:
    ca = installed.wechat.ca_file
    value = str(ca.parent if name == "SSL_CERT_DIR" else ca)
    login = replace(GOOD, key=("ca_file", None), environment=((name, value),))
    outcome = installed.run(login)
    assert outcome.result == "PAM_AUTH_ERR"
    why = "the certificate of WeChat's API is not trusted"
    assert f" reason=unreachable phone=returned: {why}" in outcome.lines[0]


def test_the_time_on_the_page_is_the_host_s_own(installed: Installation) -> None:
    hours = []
    for zone in ("UTC", "Pacific/Kiritimati"):
        login = replace(GOOD, environment=(("TZ", zone),))
        with installed.host(login) as host:
            text = installed.phone().open(host.link()).text
        found = re.search(r"\b(\d\d):(\d\d):\d\d UTC", text)
        assert found is not None
        hours.append(int(found[1]) * 60 + int(found[2]))
    assert (hours[1] - hours[0]) % 1440 <= 1


@contextmanager
def clock_of_the_host(seconds: int) -> Iterator[None]:
    """So far east of Greenwich, without a summer time (tzfile(5))."""
    saved = LOCALTIME.readlink() if LOCALTIME.is_symlink() else LOCALTIME.read_bytes()
    LOCALTIME.unlink()
    LOCALTIME.write_bytes(
        b"TZif" + bytes(16) + struct.pack(">6i", 0, 0, 0, 0, 1, 4)
        + struct.pack(">ibB", seconds, 0, 0) + b"Our\0")
    try:
        yield
    finally:
        LOCALTIME.unlink()
        if isinstance(saved, bytes):
            LOCALTIME.write_bytes(saved)
        else:
            LOCALTIME.symlink_to(saved)


@pytest.mark.parametrize(("offset", "said"), [
    (0, ""), (8 * 3600, "+08:00"), (20700, "+05:45"), (-12600, "-03:30"), (14 * 3600, "+14:00"),
    (1172, "+00:19"),
])
def test_the_page_tells_the_time_left_and_the_host_s_clock_with_its_zone(
    installed: Installation, offset: int, said: str
) -> None:
    began = time.time()
    with clock_of_the_host(offset), installed.host(replace(GOOD, words="timeout=300")) as host:
        link = host.link()
        asked = time.time()
        text = installed.phone().open(link).text
        answered = time.time()
    found = re.search(r"还有 (\d+) 秒，至 (\d\d):(\d\d):(\d\d) UTC(\S*)", text)
    assert found is not None, text
    left, hour, minute, second = (int(found[i]) for i in range(1, 5))
    assert found[5] == said
    # Whole seconds: a part of one counts as one, and so does a part of another for the clock.
    assert 300 - (answered - began) <= left <= 300
    shown = (hour * 60 + minute) * 60 + second
    assert (shown - int(began + 300 + offset)) % 86400 <= int(asked) - int(began) + 1


def test_the_exchange_s_environment_is_empty(installed: Installation, trap: Path) -> None:
    login = replace(GOOD, environment=tuple(nasty(trap).items()))
    with installed.host(login) as host:
        scan(installed.phone(), host.link())
        assert Path(f"/proc/{host.process.pid}/environ").read_bytes() != b""
        children = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text()
        assert Path(f"/proc/{children.strip()}/environ").read_bytes() == b""
