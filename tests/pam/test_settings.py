"""What each setting does, and what holds where it is left out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.host import Message
from harness.site import EXCHANGE
from pam.login import GOOD, Installation, Login, logged, scan, write


def prompt_of(installed: Installation, login: Login) -> Message:
    with installed.host(login) as host:
        host.link()
        return host.messages[0]


def picture(prompt: Message) -> list[str]:
    return [line for line in prompt.text.split("\n") if line and set(line) <= set("▀▄█ @")]


def continue_leads_to(installed: Installation, login: Login) -> str:
    """The redirect is not followed: it may lead to WeChat itself."""
    phone = installed.phone()
    with installed.host(login) as host:
        page = phone.open(host.link())
        form, name = page.form_with("continue")
        fields = dict(form.fields) | {name: "continue"}
        answer = phone.post(page.target(form), fields, {"Cookie": cookie(page.all_headers(
            "Set-Cookie"))})
    assert answer.status == 303
    return answer.header("Location") or ""


def cookie(headers: list[str]) -> str:
    return "; ".join(header.partition(";")[0] for header in headers)


def setting(key: str, value: str | None) -> Login:
    return replace(GOOD, key=(key, value))


def test_authorize_url_is_wechat_s_by_default(installed: Installation) -> None:
    wanted = (
        r"\?appid={appid}&redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A{port}%2Fcallback"
        r"&response_type=code&scope=snsapi_base&state=[0-9a-f]{{32}}#wechat_redirect"
    ).format(appid=installed.wechat.appid, port=installed.site.port)
    location = continue_leads_to(installed, setting("authorize_url", None))
    assert re.fullmatch(r"https://open\.weixin\.qq\.com/connect/oauth2/authorize" + wanted,
                        location)
    location = continue_leads_to(installed, GOOD)
    assert re.fullmatch(re.escape(installed.wechat.authorize_url) + wanted, location)


@pytest.mark.parametrize("key, value, shown", [
    ("scope", "snsapi_base", "&scope=snsapi_base&state="),
    ("scope", "snsapi_userinfo", "&scope=snsapi_userinfo&state="),
    ("connect_redirect", "yes", "&connect_redirect=1#wechat_redirect"),
])
def test_what_the_authorize_url_holds(
    installed: Installation, key: str, value: str, shown: str
) -> None:
    assert shown in continue_leads_to(installed, setting(key, value))
    assert installed.run(setting(key, value)).result == "PAM_SUCCESS"


def test_connect_redirect_is_off_by_default(installed: Installation) -> None:
    for login in (GOOD, setting("connect_redirect", "no")):
        assert "connect_redirect" not in continue_leads_to(installed, login)


def test_api_url_is_wechat_s_by_default(installed: Installation) -> None:
    """Asked for through a proxy that lets nothing out."""
    installed.proxy.targets.clear()
    login = replace(setting("api_url", None), line=f"proxy = {installed.proxy.url}")
    outcome = installed.run(login)
    assert outcome.result == "PAM_AUTH_ERR"
    assert " reason=unreachable phone=returned: " in outcome.lines[0]
    assert set(installed.proxy.targets) == {"api.weixin.qq.com:443"}


def test_a_proxy_is_used_where_it_is_set_alone(installed: Installation) -> None:
    installed.proxy.targets.clear()
    assert installed.run(replace(GOOD, typed=("{pin}  ",))).result == "PAM_SUCCESS"
    assert installed.proxy.targets == []
    assert installed.run(setting("proxy", "{proxy}")).result == "PAM_SUCCESS"
    assert installed.proxy.targets == [installed.wechat.api_url.removeprefix("https://")]


@pytest.mark.parametrize("login, width, height", [
    (GOOD, 33, 17), (setting("qr", "link"), 33, 17), (setting("charset", "utf8"), 33, 17),
    (setting("qr", "authorize"), 57, 29), (setting("charset", "ascii"), 66, 33),
    (setting("charset", "none"), 0, 0), (replace(GOOD, words="qr=authorize"), 57, 29),
    (replace(setting("qr", "authorize"), words="qr=link"), 33, 17),
    (replace(setting("charset", "none"), words="charset=ascii"), 66, 33),
], ids=str)
def test_the_picture_s_size(
    installed: Installation, login: Login, width: int, height: int
) -> None:
    lines = picture(prompt_of(installed, login))
    assert len(lines) == height
    # The authorize URL is longer here than WeChat's own by the simulator's port.
    assert all(abs(len(line) - width) <= 4 for line in lines)


@pytest.mark.parametrize("login, inverted", [
    (GOOD, False), (setting("invert", "no"), False), (setting("invert", "yes"), True),
    (replace(GOOD, words="invert"), True), (replace(GOOD, words="invert=no"), False),
    (replace(setting("invert", "yes"), words="invert=no"), False),
], ids=str)
def test_invert_draws_the_dark_modules(
    installed: Installation, login: Login, inverted: bool
) -> None:
    first = picture(prompt_of(installed, login))[0]
    assert first == (" " if inverted else "█") * 33  # the quiet zone


@pytest.mark.parametrize("login, chinese", [
    (GOOD, False), (setting("lang", "en"), False), (setting("lang", "zh"), True),
    (replace(GOOD, words="lang=zh"), True),
    (replace(setting("lang", "zh"), words="lang=en"), False),
], ids=str)
def test_the_language_of_the_terminal(
    installed: Installation, login: Login, chinese: bool
) -> None:
    text = prompt_of(installed, login).text
    assert ("请用微信扫码" in text) == chinese
    assert ("Scan with WeChat" in text) != chinese


@pytest.mark.parametrize("login, word", [
    (setting("host_name", "db7.example"), "db7.example"),
    (setting("host_name", "深圳"), "深圳"),
    (setting("host_name", "x" * 128), "x" * 128),
    (setting("brand", "Example & Sons <Ltd>"), "Example & Sons <Ltd>"),
    (setting("brand", "x" * 128), "x" * 128),
    (replace(GOOD, words="brand=Example"), "Example"),
    (replace(GOOD, words="[brand=Example and Sons]"), "Example and Sons"),
    (replace(setting("brand", "Wrong"), words="brand=Right"), "Right"),
], ids=str)
def test_what_the_phone_is_shown(installed: Installation, login: Login, word: str) -> None:
    with installed.host(login) as host:
        page = installed.phone().open(host.link())
    assert word in page.text
    assert "Wrong" not in page.text


def test_without_brand_the_page_has_none(installed: Installation) -> None:
    with installed.host() as host:
        page = installed.phone().open(host.link())
    assert "Example" not in page.text


def test_settings_as_long_as_they_may_be_still_fit_into_one_message(
    installed: Installation,
) -> None:
    """What the exchange is told is at most 8 KiB."""
    site = installed.site
    deep = "/".join(["d" * 60] * 6)
    openids = "".join(f"{'o' * 62}{number:02} alice\n" for number in range(31))
    login = replace(
        GOOD, words="[brand=" + "深" * 42 + "]", key=("host_name", "圳" * 42),
        users="{alice} alice\n" + openids, line=f"proxy = {installed.proxy.url}",
        files=f"mkdir -p {{folder}}/ca/{deep} && cp {{ca_file}} {{folder}}/ca/{deep}/ca.pem && "
              f"sed -i 's|^ca_file = .*|ca_file = {{folder}}/ca/{deep}/ca.pem|' {{conf}}",
    )
    assert installed.run(login).result == "PAM_SUCCESS"
    assert str(site.folder) in installed.conf_file.read_text()


@pytest.mark.parametrize("words, lines", [("", 1), ("debug", 2), ("debug=no", 1)])
def test_debug_logs_more(installed: Installation, words: str, lines: int) -> None:
    assert len(installed.run(replace(GOOD, words=words)).lines) == lines


@pytest.mark.parametrize("service, tty, rhost", [
    ("sshd", "ssh", "192.0.2.7"), ("login", "ttyS0", ""), ("login", "pts/1", ""),
    ("su", "pts/0", ""), ("sudo", "pts/0", ""),
])
@pytest.mark.parametrize("confirm", ["auto", "code"])
def test_a_code_is_asked_for_everywhere(
    installed: Installation, service: str, tty: str, rhost: str, confirm: str
) -> None:
    login = replace(GOOD, service=service, words=f"confirm={confirm}",
                    options=("--tty", tty, "--rhost", rhost))
    outcome = installed.run(login)
    assert outcome.result == "PAM_SUCCESS"
    assert len(outcome.prompts) == 1
    assert installed.run(replace(login, typed=("{wrong}",) * 3)).result == "PAM_MAXTRIES"


@pytest.mark.parametrize("conf, problem", [
    ("etc/pam_wechat.conf", "PAM line: conf must be an absolute path"),
    ("", "PAM line: conf must be an absolute path"),
    ("/nowhere/pam_wechat.conf", "/nowhere: No such file or directory"),
    ("/", "/: an absolute path of a file is needed"),
    ("{folder}/etc/", "{folder}/etc/: an absolute path of a file is needed"),
    ("{folder}/etc/./pam_wechat.conf",
     "{folder}/etc/./pam_wechat.conf: write the path without \".\", \"..\" and \"//\""),
    ("{folder}//etc/pam_wechat.conf",
     "{folder}//etc/pam_wechat.conf: write the path without \".\", \"..\" and \"//\""),
])
def test_conf_names_an_absolute_path_of_a_file(
    installed: Installation, conf: str, problem: str
) -> None:
    installed.write()
    places = installed.places()
    installed.site.write_service(
        "test", f"auth required {installed.site.module} conf={conf.format_map(places)}\n"
    )
    mark = installed.log.mark()
    with installed.start() as host:
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    assert installed.module_lines(mark) == [problem.format_map(places)]


# ---- Where nothing is set -----------------------------------------------------------------------

IN_A_SYSTEM_OF_ITS_OWN = """
mount --bind {folder}/system/etc /etc
mount --bind {folder}/system/libexec /usr/libexec
echo nameless >/proc/sys/kernel/hostname
exec "$@"
"""


@pytest.fixture()
def system(installed: Installation) -> Iterator[Login]:
    """/etc/pam_wechat and the rest where they belong; only the simulator's places are set."""
    installed.write()
    site, wechat = installed.site, installed.wechat
    root = site.folder / "system"
    for name in ("etc/pam_wechat", "libexec/pam_wechat"):
        (root / name).mkdir(parents=True)
    for name in ("passwd", "group", "nsswitch.conf", "localtime"):
        shutil.copy(Path("/etc") / name, root / "etc" / name)
    program = root / "libexec/pam_wechat/pam-wechat-exchange"
    shutil.copyfile(EXCHANGE, program)
    program.chmod(0o755)
    installed.broken = True
    site.stop_helper()
    Path("/run/pam_wechat").mkdir(mode=0o755)
    site.helper_conf = {"socket": "/run/pam_wechat/helper.sock"}
    site.start_helper()
    settings = site.settings()
    write(root / "etc/pam_wechat/pam_wechat.conf", "".join(
        f"{key} = {settings[key]}\n"
        for key in ("appid", "public_url", "api_url", "authorize_url", "ca_file")
    ), 0o600)
    write(root / "etc/pam_wechat/secret", wechat.secret + "\n", 0o600)
    write(root / "etc/pam_wechat/users", f"{wechat.openid('alice')} alice\n", 0o600)
    site.write_service("default", f"auth required {site.module}\n")
    yield replace(GOOD, service="default", through=(
        "unshare", "--mount", "--uts", "--propagation", "private", "sh", "-ec",
        IN_A_SYSTEM_OF_ITS_OWN, "sh",
    ))
    site.helper_conf = {}
    site.stop_helper()
    shutil.rmtree("/run/pam_wechat")
    shutil.rmtree(root)


def test_files_lie_where_the_documentation_says(installed: Installation, system: Login) -> None:
    mark = installed.log.mark()
    with installed.start(system) as host:
        link = host.link()
        page = installed.phone().open(link)
        assert re.search(r"\bnameless\b", page.text)
        assert "default" in page.text
        page = scan(installed.phone(), link)
        assert host.type(page.pin or "") == "PAM_SUCCESS"
    assert installed.module_lines(mark) == [logged("ok", service="default")]


@pytest.mark.parametrize("name, problem", [
    ("etc/pam_wechat/pam_wechat.conf", "/etc/pam_wechat/pam_wechat.conf: "),
    ("etc/pam_wechat/secret", "/etc/pam_wechat/secret: "),
    ("etc/pam_wechat/users", "/etc/pam_wechat/users: "),
    ("libexec/pam_wechat/pam-wechat-exchange", "/usr/libexec/pam_wechat/pam-wechat-exchange: "),
])
def test_a_file_that_is_missing_there_lets_nobody_in(
    installed: Installation, system: Login, name: str, problem: str
) -> None:
    (installed.site.folder / "system" / name).unlink()
    mark = installed.log.mark()
    with installed.start(system) as host:
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    assert installed.module_lines(mark)[0] == problem + "No such file or directory"


def test_the_helper_s_socket_lies_there_too(installed: Installation, system: Login) -> None:
    installed.site.stop_helper()
    Path("/run/pam_wechat/helper.sock").unlink(missing_ok=True)
    mark = installed.log.mark()
    with installed.start(system) as host:
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    assert installed.module_lines(mark) == [logged(
        "refused reason=helper: /run/pam_wechat/helper.sock: No such file or directory",
        service="default",
    )]


@pytest.mark.parametrize("exists", [True, False])
def test_the_exchange_becomes_its_own_user_or_nobody(
    installed: Installation, system: Login, exists: bool
) -> None:
    passwd = installed.site.folder / "system/etc/passwd"
    if not exists:
        text = passwd.read_text().replace("\npam-wechat-exchange:", "\nanother:")
        passwd.write_text(text)
    mark = installed.log.mark()
    with installed.start(system) as host:
        if exists:
            host.link()
            child = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text()
            assert "\nUid:\t61012\t61012\t" in Path(f"/proc/{child.strip()}/status").read_text()
            return
        assert host.prompt() is None
        assert host.result == "PAM_AUTHINFO_UNAVAIL"
    assert installed.module_lines(mark)[0] == \
        "exchange_user: pam-wechat-exchange: there is no such user"


