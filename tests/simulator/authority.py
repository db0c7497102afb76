"""A certificate authority of the tests' own, made with the openssl command."""

from __future__ import annotations

import subprocess
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

KINDS = {
    "good": "what a client must accept",
    "expired": "ended yesterday",
    "not_yet": "begins tomorrow",
    "wrong_host": "made out to other.example",
    "untrusted": "good, but signed by an authority that nobody trusts",
}

# `openssl ca` is the one command of OpenSSL 3.0 that takes both ends of a validity.
_CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
[req]
distinguished_name = empty
[empty]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""

_LOOPBACK_NAMES = "IP:127.0.0.1,DNS:localhost,DNS:api.wechat.example"


class Authority:
    """Keeps its files in `folder`; a folder that holds an authority already is used again."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = self.folder / "ca.pem"
        self._key = self.folder / "ca.key"
        self._lock = threading.Lock()
        self._stranger: Authority | None = None
        if not self.ca_file.exists():
            self._make_root()

    def certificate(
        self, name: str, kind: str = "good", names: str = _LOOPBACK_NAMES
    ) -> tuple[Path, Path]:
        """(certificate, key), PEM, made on first use.

        `names` is OpenSSL's notation of the subject's alternative names: a web server in front
        of the helper may need others than loopback's.
        """
        if kind not in KINDS:
            raise ValueError(f"kind of certificate {kind!r}: one of {', '.join(KINDS)}")
        with self._lock:
            if kind == "untrusted":
                if self._stranger is None:
                    self._stranger = Authority(self.folder / "stranger")
                return self._stranger.certificate(name, names=names)
            cert = self.folder / f"{name}-{kind}.pem"
            key = self.folder / f"{name}-{kind}.key"
            if not cert.exists():
                self._make_leaf(name, kind, names, cert, key)
            return cert, key

    def _make_root(self) -> None:
        (self.folder / "index.txt").write_text("")
        config = self._config(_LOOPBACK_NAMES)
        _new_key(self._key)
        # The subject carries the folder so that a stranger's root isn't taken for this one.
        subject = f"/CN=Authority of {self.folder.parent.name} {self.folder.name}"
        _openssl(
            "req", "-x509", "-new", "-config", config, "-extensions", "root", "-key", self._key,
            "-subj", subject, "-days", "30", "-out", self.ca_file,
        )

    def _make_leaf(self, name: str, kind: str, names: str, cert: Path, key: Path) -> None:
        now = datetime.now(timezone.utc)
        day = timedelta(days=1)
        begin, end = {
            "expired": (now - 2 * day, now - day),
            "not_yet": (now + day, now + 2 * day),
        }.get(kind, (now - day, now + 30 * day))
        config = self._config("DNS:other.example" if kind == "wrong_host" else names)
        _new_key(key)
        request = cert.with_suffix(".csr")
        _openssl("req", "-new", "-config", config, "-key", key, "-subj", f"/CN={name}",
                 "-out", request)
        _openssl(
            "ca", "-batch", "-notext", "-config", config, "-extensions", "leaf",
            "-cert", self.ca_file, "-keyfile", self._key, "-in", request, "-out", cert,
            "-startdate", begin.strftime("%Y%m%d%H%M%SZ"),
            "-enddate", end.strftime("%Y%m%d%H%M%SZ"),
        )

    def _config(self, names: str) -> Path:
        path = self.folder / "openssl.cnf"
        path.write_text(_CONFIG.format(folder=self.folder, names=names))
        return path


def _new_key(path: Path) -> None:
    path.touch(mode=0o600)
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
