"""WeChat moves its menus: our texts name addresses, the same everywhere."""

from __future__ import annotations

import re
import subprocess

import pytest

from harness.site import BUILD, REPOSITORY

HEADER = REPOSITORY / "pam_wechat/common/wechat_sites.h"
SITES = dict(re.findall(r'^#define WECHAT_(\w+) "(.+)"$', HEADER.read_text(), re.MULTILINE))
# Titles of menus that were named, and the arrows between them.
MENU = re.compile(
    r"设置与开发|基本配置|接口权限 ?→|公众号设置|账号设置|(?<!登录)功能设置|开发者工具|我的业务|"
    r"[^\x00-\x7f] ?→ ?[^\x00-\x7f]")
ADDRESS = re.compile(r"(?:mp|developers)\.weixin\.qq\.com(?:/[\w/?=.-]*\w)?")
TEXTS = sorted(
    path for part in ("pam_wechat", "helper", "conf", "debian", ".")
    for pattern in ("*.c", "*.h", "*.md", "*.scd", "*.html", "*.conf", "*.in", "control")
    for path in (REPOSITORY / part).glob(pattern if part == "." else f"**/{pattern}"))


def test_there_are_three() -> None:
    assert set(SITES) == {"PLATFORM", "ACCOUNTS", "TEST_ACCOUNT"}
    assert len(TEXTS) > 200


def test_no_text_names_a_menu() -> None:
    for path in TEXTS:
        assert MENU.search(path.read_text()) is None, path


@pytest.mark.parametrize("text", [
    "设置与开发 → 基本配置", "网页授权 → 修改", "the same page under 接口权限 →",
])
def test_a_menu_is_seen(text: str) -> None:
    assert MENU.search(text) is not None


def test_texts_name_these_addresses_and_no_other() -> None:
    for path in TEXTS:
        if path != HEADER:
            assert set(ADDRESS.findall(path.read_text())) <= set(SITES.values()), path


def test_code_has_them_from_one_place() -> None:
    for path in TEXTS:
        if path.suffix in (".c", ".h") and path != HEADER:
            assert ADDRESS.search(path.read_text()) is None, path


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_each_readme_names_all_of_them(name: str) -> None:
    text = (REPOSITORY / name).read_text()
    assert all(f"<https://{address}>" in text for address in SITES.values())


@pytest.mark.parametrize("number, site", [
    ("10003", "ACCOUNTS"), ("10003", "TEST_ACCOUNT"), ("10004", "ACCOUNTS"),
    ("10005", "TEST_ACCOUNT"), ("10006", "TEST_ACCOUNT"), ("10016", "ACCOUNTS"),
    ("40164", "PLATFORM"), ("61004", "PLATFORM"), ("40243", "PLATFORM"), ("50002", "ACCOUNTS"),
])
def test_the_doctor_names_it(number: str, site: str) -> None:
    done = subprocess.run([BUILD / "pam_wechat/command/pam-wechat", "doctor", number],
                          capture_output=True, text=True)
    assert done.returncode == 0
    assert re.search(rf"{re.escape(SITES[site])}(?![\w/])", done.stdout) is not None
