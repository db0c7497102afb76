"""
The samples of conf/pam.d as shipped while something is down, run through libpam: what each does
then is a table in pam_wechat(8), and this is the reality.
"""

from __future__ import annotations

import http.client
import re
import secrets
import select
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.host import Host, Message
from harness.site import REPOSITORY
from harness.waiting import until
from pam.login import GOOD, Installation, Login, scan
from pam.test_samples import (
    BOB, COMMON_AUTH, PASSWORD, SERVICES, WITH_PASSWORD, alternative, common_auth, lines,
)
from pam.wire import Listener

__all__ = ["common_auth"]

RESOLV_CONF = Path("/etc/resolv.conf")
MUTE = f"127.53.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"  # nobody else's tests
API = "api.weixin.test"  # a name that only a name server could tell
FALLS_BACK = "login, with the password"
SAMPLES = [*SERVICES, FALLS_BACK]
MAY_WAIT = ("login", FALLS_BACK)  # a tap is enough, as on tty1


@dataclass(frozen=True)
class Case:
    """What is down, as the page names it."""

    breaks: Callable[[Installation], AbstractContextManager[None]]
    login: Login = GOOD
    scans: bool = False
    expires: bool = False  # the person types when the time is up
    pushed_out: bool = False
    at_once: bool = False  # the person does not wait for the phone
    asks: str = ""  # who is asked then, and is mute


@contextmanager
def without_helper(installed: Installation) -> Iterator[None]:
    installed.site.stop_helper()
    yield


@contextmanager
def without_configuration(installed: Installation) -> Iterator[None]:
    installed.shell("rm {conf}")
    yield


@contextmanager
def mute_helper(installed: Installation) -> Iterator[None]:
    """It takes connections, and says nothing."""
    installed.site.stop_helper()
    installed.broken = True
    path = Path(installed.places()["socket"])
    path.unlink(missing_ok=True)
    with Listener(path, group="pam-wechat-exchange"):
        yield


@contextmanager
def mute_name_server(_: Installation) -> Iterator[None]:
    before = RESOLV_CONF.read_text()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((MUTE, 53))
        ASKED["dns"] = lambda: is_asked(server)
        RESOLV_CONF.write_text(f"nameserver {MUTE}\n")
        try:
            yield
        finally:
            RESOLV_CONF.write_text(before)
        assert is_asked(server)


@contextmanager
def mute_api(_: Installation) -> Iterator[None]:
    yield
    assert is_asked(MUTE_API)


ASKED: dict[str, Callable[[], bool]] = {"api": lambda: is_asked(MUTE_API)}


def is_asked(server: socket.socket) -> bool:
    return select.select([server], [], [], 0)[0] != []


MUTE_API = socket.socket()  # bound for the whole file: its port is in a key of a case
MUTE_API.bind(("127.0.0.1", 0))
MUTE_API.listen(64)


def asking(url: str) -> Login:
    return replace(GOOD, key=("api_url", url))


CASES = {
    "No helper listens": Case(without_helper),
    "pam_wechat.conf is missing": Case(without_configuration),
    "The users table is wrong": Case(lambda _: nullcontext(), replace(GOOD, users="nonsense\n")),
    "The helper does not answer": Case(mute_helper),
    "No phone reaches the page": Case(lambda _: nullcontext(), expires=True),
    "WeChat's API refuses connections": Case(
        lambda _: nullcontext(), asking("https://127.0.0.1:1"), scans=True),
    "WeChat's API cannot be reached": Case(
        lambda _: nullcontext(), asking("https://240.0.0.1"), scans=True),
    "WeChat's API never answers": Case(
        mute_api, asking(f"https://127.0.0.1:{MUTE_API.getsockname()[1]}"),
        scans=True, expires=True, asks="api"),
    "The name server never answers": Case(
        mute_name_server, asking(f"https://{API}"), scans=True, expires=True, asks="dns"),
    "The login was pushed out": Case(lambda _: nullcontext(), pushed_out=True),
}


@dataclass(frozen=True)
class End:
    result: str
    password: bool  # whether the Unix password was asked once WeChat was done


def text_of(installed: Installation, sample: str) -> str:
    return alternative(installed) if sample == FALLS_BACK else lines(installed, sample)


def start(installed: Installation, sample: str, waits: bool, folder: Path) -> Host:
    """With a folder of services of its own: two samples are for service login."""
    service = SERVICES.get(sample, "login")
    text = text_of(installed, sample) + "account required pam_permit.so\n"
    if waits:
        conf = f"conf={installed.conf_file}"
        text = text.replace(conf, f"{conf} confirm=wait")
    folder.mkdir(parents=True)
    (folder / service).write_text(text)
    options = ("--ruid", str(BOB)) if sample == "su" else ()
    return Host(installed.site, "alice", service, options,
                environment={"PAM_WRAPPER_SERVICE_DIR": str(folder)})


def begin(host: Host, sample: str, waits: bool) -> Message | None:
    """Up to the picture of the login; None if there is none."""
    if sample in WITH_PASSWORD:
        prompt = host.prompt()
        assert prompt is not None and prompt.text == "Password: "
        host.answer(PASSWORD)
    if not waits:
        prompt = host.prompt()
        return prompt if prompt is not None and prompt.link is not None else None
    message = host.message()
    return message if message.link is not None else None


def finish(host: Host, answer: str) -> bool:
    """Reads on to the end. Returns whether the Unix password was asked for."""
    asked = False
    prompt = host.messages[-1] if host.messages[-1].style.startswith("prompt") else None
    if host.result is not None:
        return False
    if prompt is None:
        prompt = host.prompt()
    while prompt is not None:
        if prompt.link is None:
            assert prompt.text == "Password: " and not asked
            asked = True
        host.answer("0000" if prompt.link is not None else answer)
        prompt = host.prompt()
    return asked


def scanning(installed: Installation, link: str) -> threading.Thread:
    def run() -> None:
        # The login may be over by then.
        with suppress(OSError, http.client.HTTPException, LookupError):
            scan(installed.phone(), link)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def run(
    installed: Installation, case: Case, sample: str, waits: bool, answer: str = PASSWORD
) -> End:
    folder = installed.site.folder / "samples" / f"{sample} {waits} {answer}"
    with start(installed, sample, waits, folder) as host:
        shown = begin(host, sample, waits)
        if shown is not None and case.scans:
            scan_thread = scanning(installed, shown.link or "")
            if case.at_once:
                assert until(ASKED[case.asks])
            elif not case.expires:
                scan_thread.join()
        if shown is not None and case.expires:
            assert installed.site.wait_for_pending(0)
        if shown is not None and case.pushed_out:
            push_out(installed)
        password = finish(host, answer)
        assert host.result is not None
        return End(host.result, password)


def push_out(installed: Installation) -> None:
    """Another one is all that this helper has room for."""
    folder = installed.site.folder / "samples" / "newcomer"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test").write_text(installed.site.line())
    with Host(installed.site, "alice",
              environment={"PAM_WRAPPER_SERVICE_DIR": str(folder)}) as newcomer:
        newcomer.link()


@contextmanager
def broken(installed: Installation, case: Case) -> Iterator[None]:
    installed.shell("rm -rf {folder}/samples")
    site = installed.site
    if case.pushed_out:
        site.helper_conf["max_pending"] = "1"
        installed.broken = True
    installed.write(replace(case.login, line="timeout = 5"))
    try:
        with case.breaks(installed):
            yield
    finally:
        installed.broken = True
        site.helper_conf.clear()


RUNS = [(sample, waits) for sample in SAMPLES for waits in (False, True)
        if not waits or sample in MAY_WAIT]


@pytest.mark.parametrize("name", CASES)
def test_a_sample_does_what_the_page_says(
    installed: Installation, common_auth: None, name: str
) -> None:
    case, (codes, cells) = CASES[name], documented()[name]
    with broken(installed, case), ThreadPoolExecutor(1 if case.pushed_out else len(RUNS)) as pool:
        ends = list(pool.map(lambda one: run(installed, case, *one), RUNS))
    for (sample, waits), end in zip(RUNS, ends):
        asks = cells[sample] == "password"
        assert end.password == asks, (sample, waits, end)
        assert end.result in (["PAM_SUCCESS"] if asks else codes), (sample, waits, end)
    # A stack may fall back on it: it has to be the helper or the configuration that is absent.
    assert ("PAM_AUTHINFO_UNAVAIL" in codes) == (cells[FALLS_BACK] == "password")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.expires])
def test_who_does_not_wait_is_denied_as_well(
    installed: Installation, common_auth: None, name: str
) -> None:
    """Whatever is under way at WeChat's: three answers end the login."""
    case = CASES[name]
    runs = [(sample, False) for sample in SAMPLES]
    with broken(installed, case), ThreadPoolExecutor(len(runs)) as pool:
        ends = list(pool.map(
            lambda one: run(installed, replace(case, expires=False, at_once=True), *one), runs))
    for end in ends:
        assert not end.password and end.result in ("PAM_AUTH_ERR", "PAM_MAXTRIES"), end


@pytest.mark.parametrize("name", ["No helper listens", "pam_wechat.conf is missing"])
def test_falling_back_is_to_the_password_and_not_to_nothing(
    installed: Installation, common_auth: None, name: str
) -> None:
    with broken(installed, CASES[name]):
        end = run(installed, CASES[name], FALLS_BACK, waits=False, answer="wrong")
    assert end == End("PAM_AUTH_ERR", True)


# ---- What the page says -------------------------------------------------------------------------


def documented() -> dict[str, tuple[list[str], dict[str, str]]]:
    """Of each case the codes of the module, and what each sample does."""
    page = (REPOSITORY / "pam_wechat/module/pam_wechat.8.scd").read_text()
    table = page.partition("# WHEN SOMETHING IS DOWN")[2].partition("\n# ")[0]
    rows = [re.findall(r"^[|:\]]\S* +(.*)$", row, re.MULTILINE)
            for row in re.split(r"^(?=\|)", table, flags=re.MULTILINE)[1:]]
    (_, _, *heads), *rest = rows
    found = {}
    for name, codes, *cells in rest:
        by_sample = {sample.strip("*"): cell
                     for head, cell in zip(heads, cells) for sample in head.split("; ")}
        found[name] = (re.findall(r"PAM_\w+", codes), by_sample)
    return found


def test_the_page_has_every_case_and_every_sample() -> None:
    table = documented()
    assert set(table) == set(CASES)
    for codes, cells in table.values():
        assert set(cells) == set(SAMPLES) and set(cells.values()) <= {"denied", "password"}
        assert codes


def test_the_page_has_the_lines_of_the_samples() -> None:
    page = (REPOSITORY / "pam_wechat/module/pam_wechat.8.scd").read_text()
    shown = {" ".join(line.split()) for line in page.splitlines()}
    sample = (REPOSITORY / "conf/pam.d/login").read_text()
    for line in re.findall(r"^#   (auth .*|@include .*)$", sample, re.MULTILINE):
        assert " ".join(line.split()) in shown
    assert COMMON_AUTH.name in sample
