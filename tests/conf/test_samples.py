"""The shipped samples explain every key, and hold what they say."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import pytest

from harness.host import Host
from harness.keys import read_table, sample_settings
from harness.site import HELPER, REPOSITORY, Site
from harness.web_servers import SERVERS, uncommented
from simulator import Authority, Phone

CONF = REPOSITORY / "conf"
FILES = ["pam_wechat.conf", "helper.conf"]


@pytest.mark.parametrize("name", FILES)
def test_every_key_is_explained_and_no_other(name: str, folder: Path) -> None:
    keys = read_table(name, folder).keys
    assert len(keys) > 10
    assert set(sample_settings(name)) == set(keys)


@pytest.mark.parametrize("name", FILES)
def test_each_key_shows_its_default(name: str, folder: Path) -> None:
    sample = (CONF / name).read_text()
    for key, compiled in read_table(name, folder).keys.items():
        found = re.search(rf"((?:^# .*\n)+)(?:^#?\w+ = .*\n)*?^(#?){key} = (.+)$", sample,
                          re.MULTILINE)
        assert found is not None, key
        comment, mark, value = " ".join(found[1].replace("#", "").split()), found[2], found[3]
        assert (mark == "") == ("Required" in comment) == compiled.is_required, key
        if "Default: its host name." in comment:
            value = socket.gethostname()
        if "Default: none." in comment or compiled.is_required:
            assert compiled.default is None, key
        else:
            assert value == compiled.default, key


@pytest.mark.parametrize("name", FILES)
def test_every_key_stands_below_a_comment(name: str) -> None:
    comment = False
    for line in (CONF / name).read_text().splitlines():
        if re.match(r"^#?\w+ = ", line):
            assert comment, line
        elif line.startswith("# "):
            comment = True
        elif line == "":
            comment = False


def test_the_defaults_of_the_modules_sample_are_accepted(site: Site) -> None:
    sample = sample_settings("pam_wechat.conf")
    # What names this site instead of a real one; the rest is the sample's.
    ours = {key: value for key, value in site.settings().items() if value is not None}
    sample.pop("proxy")
    text = "".join(f"{key} = {value}\n" for key, value in (sample | ours).items())
    site.write("pam_wechat.conf", text, 0o600)
    assert sign_in(site) == "PAM_SUCCESS"


def sign_in(site: Site) -> str | None:
    with Host(site, "alice") as host:
        pin = Phone(site.wechat, "alice").sign_in(host.link())
        return host.type(pin or "")


def check_helper_conf(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = folder / "helper.conf"
    path.write_text(text)
    path.chmod(0o644)
    return subprocess.run([HELPER, "-t", "-c", path], capture_output=True, text=True)


def test_the_helpers_sample_is_accepted(folder: Path) -> None:
    done = check_helper_conf(folder, (CONF / "helper.conf").read_text())
    assert (done.returncode, done.stderr) == (0, "")


def test_the_defaults_of_the_helpers_sample_are_accepted(folder: Path) -> None:
    sample = sample_settings("helper.conf")
    verify = folder / "MP_verify_0123456789abcdef.txt"
    verify.write_text("0123456789abcdef")
    verify.chmod(0o644)
    sample["verify_file"] = str(verify)
    sample["pages_dir"] = str(folder)
    done = check_helper_conf(folder, "".join(f"{k} = {v}\n" for k, v in sample.items()))
    assert (done.returncode, done.stderr) == (0, "")
    done = check_helper_conf(folder, "".join(f"{k} = {v}\n" for k, v in sample.items()) + "x = 1\n")
    assert done.returncode == 1
    assert "unknown key" in done.stderr


def test_the_sample_of_the_users_table_is_accepted_with_its_examples(site: Site) -> None:
    table = (CONF / "users").read_text()
    examples = re.findall(r"^# (o\w{27} .*)$", table, re.MULTILINE)
    assert len(examples) == 2
    site.write_users(table + "\n".join([*examples, f"{site.wechat.openid('alice')} alice", ""]))
    assert sign_in(site) == "PAM_SUCCESS"


@pytest.mark.parametrize("below_a_path", [False, True], ids=["as it is", "below a path"])
@pytest.mark.parametrize("name", SERVERS)
def test_the_samples_of_web_servers_are_accepted(
    folder: Path, authority: Authority, name: str, below_a_path: bool
) -> None:
    kind = SERVERS[name]
    sample = kind.file.read_text()
    server = kind(folder, authority, sample=uncommented(sample) if below_a_path else sample)
    names = re.findall(r"^\t?(?:server_name |ServerName |use_backend .* -i )?"
                       r"(\w+\.example\.com)[; \n]", server.config.read_text(), re.MULTILINE)
    assert list(dict.fromkeys(names)) == ["login.example.com", "corp.example.com"][: 1 + below_a_path]
    done = subprocess.run(server.check_command(), env=server.environment, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ("Syntax OK\n" if name == "apache" else "") or name == "caddy"
    server.config.write_text(server.config.read_text() + "nonsense {\nnonsense\n}\n")
    done = subprocess.run(server.check_command(), env=server.environment, capture_output=True)
    assert done.returncode != 0


def test_the_caddyfile_is_laid_out_as_caddy_wants(folder: Path) -> None:
    sample = SERVERS["caddy"].file.read_text()
    for text in (sample, uncommented(sample)):
        path = folder / "Caddyfile"
        path.write_text(text)
        done = subprocess.run(["caddy", "fmt", path], capture_output=True, text=True)
        assert done.stdout == text
