"""harness/sandbox: what happens on the machine meanwhile is not seen inside."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SANDBOX = Path(__file__).resolve().parents[1] / "harness/sandbox"

# A machine whose /etc/passwd, shadow and sudoers are replaced as dpkg and useradd do it, by a
# rename, while somebody is in the sandbox.
MEANWHILE = """
mount --bind "$1/etc" /etc
mkfifo "$1/in" "$1/out"
env -u PAM_WECHAT_SANDBOX TMPDIR="$1" "$2" sh -c '
	echo inside
	read -r word
	getent passwd alice; getent shadow alice | cut -d: -f1; grep -c alice /etc/sudoers
' <"$1/in" >"$1/out" &
exec 3>"$1/in" 4<"$1/out"
read -r word <&4
for file in passwd shadow sudoers; do
	echo nobody >/etc/new
	mv /etc/new "/etc/$file"
done
echo go >&3
cat <&4
wait $!
"""


def test_a_package_that_is_installed_meanwhile_takes_nobody_away(folder: Path) -> None:
    assert "PAM_WECHAT_SANDBOX" in os.environ, "run this test by tests/run, as root"
    shutil.copytree("/etc", folder / "etc", symlinks=True)
    (folder / "etc/pam.d").mkdir(exist_ok=True)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", MEANWHILE, "sh", str(folder), str(SANDBOX)],
        capture_output=True, text=True, timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "alice:x:61001:61001::/home/alice:/bin/sh\nalice\n1\n"
