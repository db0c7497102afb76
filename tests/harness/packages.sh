# Sourced by tests/demo and tests/run: installs what is missing with apt-get.

BUILD_PACKAGES="gcc meson ninja-build pkg-config libc6-dev libpam0g-dev libcurl4-openssl-dev
	libcjson-dev libqrencode-dev libevent-dev libcmocka-dev"
LOGIN_PACKAGES="pamtester libpam-wrapper openssl python3 python3-pexpect python3-pil
	python3-opencv python3-pyte zbar-tools fonts-dejavu-core"
PAGES_PACKAGES="chromium chromium-driver python3-selenium libnss3-tools"
TEST_PACKAGES="clang clang-format libclang-rt-14-dev python3-pytest openssh-server openssh-client util-linux iproute2
	login sudo strace systemd tinyproxy-bin nginx caddy apache2-bin haproxy curl valgrind xvfb xdotool xterm tmux
	apparmor selinux-policy-dev rpm locales putty putty-tools console-setup-linux
	fonts-noto-cjk scdoc groff-base zsh bash-completion $PAGES_PACKAGES"

FRESH_PACKAGES="debootstrap git openssh-client util-linux"

install_missing() {
	missing=
	for package in "$@"; do
		# A package that was removed leaves its status behind.
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q '^install ok installed$' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "Installing:$missing"
	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || {
			echo "These packages are missing and need root to install:$missing" >&2
			return 1
		}
		as_root=sudo
	fi
	# Nothing that is installed for tests is started: sshd and web servers would listen to the world.
	policy=
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		policy=/usr/sbin/policy-rc.d
		printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
		$as_root chmod 755 "$policy"
	fi
	status=0
	# shellcheck disable=SC2086
	{
		$as_root apt-get update -qq &&
			$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
				--no-install-recommends $missing >/dev/null
	} || status=$?
	[ -z "$policy" ] || $as_root rm -f "$policy"
	return "$status"
}
