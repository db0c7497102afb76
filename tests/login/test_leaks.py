"""The search for secrets finds what is there, and nothing else."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from urllib.parse import quote

import pytest

from harness.host import Host
from harness.leaks import PIN, Secrets, Watch, note_output
from harness.site import Site
from harness.system_log import SystemLog
from harness.waiting import until
from simulator import Phone, WeChat

KINDS = {
    "app secret": "0123456789abcdef0123456789abcdef",
    "code": "061AbC2Def3Ghi4Jkl5Mno6Pqr7Stu8V",
    "state": "fedcba9876543210fedcba9876543210",
    "access_token": "57_mNoPqRsTuVwXyZ-0123456789_aBcDeFgHiJkLmNoPqRsTuVwXyZ-0123456789_aBcDeFgHi",
    "refresh_token": "58_ZyXwVuTsRqPoNmLk-9876543210_AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUu",
    "cookie": "00112233445566778899aabbccddeeff",
    "form's token": "ffeeddccbbaa99887766554433221100",
    "link": "Ab3dE9fGh1Jk",
    "pin": "4711",
}


def percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "cut off": lambda text: text[:20],
    "percent-encoded": percent,
    "percent-encoded in part": lambda text: text[:3] + percent(text[3:5]) + text[5:],
    "percent-encoded twice": lambda text: quote(percent(text)),
    **{f"base64, after {before}": lambda text, before=before: base64.b64encode(
        b"=" * before + text.encode() + b"&").decode() for before in range(3)},
    "base64 of a URL": lambda text: base64.urlsafe_b64encode(
        f"https://login.example.com/callback?code={text}&x=1".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "upper hex": lambda text: text.encode().hex().upper(),
}

CLEAN = """\
Nov 21 01:47:11 web1 sshd[4711]: Accepted publickey for alice from 127.0.0.1 port 4711 ssh2
Nov 21 01:58:38 web1 pam_wechat(sshd:auth): login=Ab3dE9 service=sshd user=alice result=ok
login=014711 refused by 203.0.113.7:4711; listening on [::1]:4711; uid=4711 pid 4711
SHA256:47110147114711aB3dE9f0123456789abcde0123456 and 0123456789abcde
errcode=47110 rid=64711abc-47110000-00004711
/etc/pam_wechat.conf:12: the line is longer than 4711 bytes: its mode must be 4711
"""
# The name of a login may be drawn like this.
CLEAN += f"login=x{base64.b64encode(b'=4711')[2:6].decode()}z service=sshd\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_secret_is_found(kind: str, encoding: str) -> None:
    secrets = Secrets()
    for name, secret in KINDS.items():
        secrets.add(name, secret)
    planted = ENCODINGS[encoding](KINDS[kind])
    for line in (f"code={planted}", f"a log of {planted}: so", f'{{"x":"{planted}"}}'):
        found = secrets.find((CLEAN + line + "\n" + CLEAN).encode())
        assert found and {find.partition(",")[0] for find in found} == {kind}
        assert secrets.find(line.encode(), (kind,)) == []


def test_a_clean_text_is_clean() -> None:
    secrets = Secrets()
    for kind, secret in KINDS.items():
        secrets.add(kind, secret)
    assert secrets.find(CLEAN.encode()) == []


def test_command_lines_and_environments_are_read(site: Site, watch: Watch) -> None:
    seen: list[bytes] = []

    def all_seen() -> bool:
        seen.extend(watch.sampler.take())
        return all(any(word in text for text in seen) for word in (
            b"pam-wechat-exchange\0", b"pam-wechat-helper\0", b"pam-host\0",
            b"PAM_WRAPPER_SERVICE_DIR="))

    with Host(site, "alice") as login:
        login.link()
        assert until(all_seen), seen


def test_all_kinds_are_known_after_a_login_and_found_wherever_they_are(
    site: Site, wechat: WeChat, system_log: SystemLog, watch: Watch
) -> None:
    """Each place is planted one of each kind, and is clean without."""
    site.write_conf(scope="snsapi_userinfo")
    with Host(site, "alice") as login:
        pin = Phone(wechat, "alice").sign_in(login.link())
        assert login.type(pin or "") == "PAM_SUCCESS"
    assert list(watch.finds()) == []
    assert watch.secrets.kinds() == set(KINDS)
    known = [(kind, secret) for secret, kind in watch.secrets.known()]
    text = "\n".join(secret for _, secret in known)

    def kinds_in(place: str) -> set[str]:
        return {find.removeprefix(place).strip(": ").partition(",")[0]
                for find in watch.finds() if find.startswith(place)}

    site.write("left.log", text, 0o600)
    assert kinds_in("site/left.log") == set(KINDS)
    (site.folder / "left.log").rename(site.folder / "left")
    assert kinds_in("site/left") == set(KINDS) - {PIN}
    (site.folder / "left").unlink()

    subprocess.run(["/usr/bin/logger", "--socket", "/dev/log", text.replace("\n", " ")], check=True)
    assert kinds_in("the system's log") == set(KINDS)
    note_output(text)
    assert kinds_in("a terminal") == set(KINDS) - {"link", PIN}

    for place, command, environment in (
        ("cmdline", ["/usr/bin/sh", "-c", "read _", text], {}),
        ("environ", ["/usr/bin/sh", "-c", "read _"], {"PLANTED": text}),
    ):
        list(watch.finds())
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE):
            assert until(lambda place=place: bool(kinds_in(place)))
        list(watch.finds())
