"""What `meson install` puts where."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.site import BUILD

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
    "usr/share/doc/pam_wechat/examples/caddy/Caddyfile": 0o644,
    "usr/share/doc/pam_wechat/examples/nginx/pam_wechat.conf": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/login": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/sshd-only": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/sshd-second-factor": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/su": 0o644,
    "usr/share/doc/pam_wechat/examples/pam.d/sudo": 0o644,
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
