"""What `meson install` puts where."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from harness.site import BUILD, REPOSITORY

EXPECTED = {
    "usr/libexec/pam_wechat/pam-wechat-exchange": 0o755,
    "usr/sbin/pam-wechat": 0o755,
    "usr/sbin/pam-wechat-helper": 0o755,
    "usr/lib/systemd/system/pam-wechat-helper.service": 0o644,
    "usr/lib/systemd/system/pam-wechat-helper.socket": 0o644,
    "usr/lib/sysusers.d/pam_wechat.conf": 0o644,
    "usr/lib/tmpfiles.d/pam_wechat.conf": 0o644,
    "usr/share/bash-completion/completions/pam-wechat": 0o644,
    "usr/share/zsh/site-functions/_pam-wechat": 0o644,
    "usr/share/man/man5/pam-wechat-helper.conf.5": 0o644,
    "usr/share/man/man5/pam_wechat.conf.5": 0o644,
    "usr/share/man/man5/pam_wechat.users.5": 0o644,
    "usr/share/man/man8/pam-wechat-helper.8": 0o644,
    "usr/share/man/man8/pam-wechat.8": 0o644,
    "usr/share/man/man8/pam_wechat.8": 0o644,
    "usr/share/doc/pam_wechat/examples/pam_wechat.conf": 0o644,
    "usr/share/doc/pam_wechat/examples/helper.conf": 0o644,
    "usr/share/doc/pam_wechat/examples/users": 0o644,
    "usr/share/doc/pam_wechat/examples/apache/pam_wechat.conf": 0o644,
    "usr/share/doc/pam_wechat/examples/apparmor/pam-wechat-exchange": 0o644,
    "usr/share/doc/pam_wechat/examples/apparmor/pam-wechat-helper": 0o644,
    "usr/share/doc/pam_wechat/examples/caddy/Caddyfile": 0o644,
    "usr/share/doc/pam_wechat/examples/haproxy/pam_wechat.cfg": 0o644,
    "usr/share/doc/pam_wechat/examples/nginx/pam_wechat.conf": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/login": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/sshd-only": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/sshd-second-factor": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/su": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/sudo": 0o644,
    "usr/share/doc/pam_wechat/examples/sshd_config.d/10-pam-wechat.conf": 0o644,
    "usr/share/doc/pam_wechat/examples/selinux/pam_wechat.fc": 0o644,
    "usr/share/doc/pam_wechat/examples/selinux/pam_wechat.if": 0o644,
    "usr/share/doc/pam_wechat/examples/selinux/pam_wechat.te": 0o644,
}


def test_everything_is_installed_where_the_readme_says(folder: Path) -> None:
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True,
                   env=os.environ | {"DESTDIR": str(folder)}, stdout=subprocess.DEVNULL)
    found = {
        str(path.relative_to(folder)): path.stat().st_mode & 0o7777
        for path in folder.rglob("*") if path.is_file()
    }
    (module,) = [path for path in found if path.endswith("/security/pam_wechat.so")]
    assert module.startswith("usr/lib/")
    del found[module]
    assert found == EXPECTED


def test_an_upgrade_does_not_write_into_the_module_that_hosts_have_loaded(folder: Path) -> None:
    def install() -> Path:
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True,
                       env=os.environ | {"DESTDIR": str(folder)}, stdout=subprocess.DEVNULL)
        (module,) = folder.rglob("pam_wechat.so")
        return module

    with install().open("rb") as loaded:
        before = loaded.read()
        module = install()
        assert os.fstat(loaded.fileno()).st_nlink == 0
        loaded.seek(0)
        assert loaded.read() == before == module.read_bytes()


def would_install(folder: Path, *options: str) -> set[str]:
    """Where files would go, by meson's own plan: nothing is built."""
    subprocess.run(["meson", "setup", folder, REPOSITORY, *options], check=True,
                   stdout=subprocess.DEVNULL)
    plan = subprocess.run(["meson", "introspect", "--installed", folder], check=True,
                          capture_output=True, text=True)
    return set(json.loads(plan.stdout).values())


def test_distributions_say_where_their_systems_look_for_files(folder: Path) -> None:
    places = would_install(
        folder / "build", "-Dtests=false", "-Dman=enabled", "-Dpamdir=/lib/security",
        "-Dunitdir=/lib/systemd/system", "-Dsysusersdir=/a/sysusers", "-Dtmpfilesdir=/b/tmpfiles",
        "-Dopenrcdir=/etc/init.d", "-Dlibexecdir=lib",
    )
    assert {
        "/lib/security/pam_wechat.so", "/lib/systemd/system/pam-wechat-helper.service",
        "/lib/systemd/system/pam-wechat-helper.socket", "/a/sysusers/pam_wechat.conf",
        "/b/tmpfiles/pam_wechat.conf", "/etc/init.d/pam-wechat-helper",
        "/usr/lib/pam_wechat/pam-wechat-exchange", "/usr/share/man/man8/pam-wechat.8",
    } <= places
    assert len(places) == len(EXPECTED) + 2
    # This alone of them can be installed without being built.
    subprocess.run(["meson", "install", "-C", folder / "build", "--no-rebuild", "--quiet", "--tags",
                    "openrc"], check=True, env=os.environ | {"DESTDIR": str(folder / "root")},
                   stdout=subprocess.DEVNULL)
    script = folder / "root/etc/init.d/pam-wechat-helper"
    assert script.stat().st_mode & 0o7777 == 0o755


def test_what_a_system_has_no_use_for_is_left_out(folder: Path) -> None:
    places = would_install(folder / "build", "-Dtests=false", "-Dunitdir=no", "-Dsysusersdir=no",
                           "-Dtmpfilesdir=no", "-Dman=disabled")
    left = {path for path in EXPECTED
            if "lib/sys" not in path and "lib/tmpfiles.d" not in path and "/man/" not in path}
    assert len(left) == len(EXPECTED) - 10
    assert places - {f"/{path}" for path in left} == {
        path for path in places if path.endswith("/security/pam_wechat.so")}
