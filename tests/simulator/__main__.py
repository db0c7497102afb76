"""The simulator by hand: python3 tests/simulator --help"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

if __package__ in (None, ""):
    # Run as a folder: its modules are a package's, not sys.path's own.
    _HERE = Path(__file__).resolve().parent
    sys.path[:] = [str(_HERE.parent)] + [p for p in sys.path if Path(p or ".").resolve() != _HERE]

from simulator import Phone, WeChat, errors, faults, plan  # noqa: E402
from simulator.authority import KINDS  # noqa: E402
from simulator.browser import USER_AGENTS  # noqa: E402


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return arguments.run(arguments)
    except (ValueError, LookupError, OSError) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator", description="A double of WeChat's web login, and of a phone with WeChat."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run WeChat until SIGTERM or SIGINT")
    serve.set_defaults(run=_serve)
    serve.add_argument("--folder", type=Path, help="for certificates and secret; else temporary")
    serve.add_argument("--appid", help="wx and 16 hexadecimal digits; else made at random")
    serve.add_argument("--secret-file", type=Path,
                       help="read if it exists, else made; default: secret in the folder")
    serve.add_argument("--person", action="append", default=[], metavar="NAME",
                       help="a person to know from the start; may be repeated")
    serve.add_argument("--redirect-host", action="append", metavar="HOST[:PORT]",
                       help="the registered callback domain; else all are")
    serve.add_argument("--by-hand", action="store_true",
                       help="let an ordinary browser choose who it is")
    serve.add_argument("--plan", action="append", default=[], metavar="NAME=VALUE",
                       help="what happens to every login; see the command faults")
    serve.add_argument("--certificate", choices=KINDS, default="good")
    serve.add_argument("--log", type=Path, help="a line for each request; else to stderr")

    phone = commands.add_parser("phone", help="scan or open, tap, and print the code shown")
    phone.set_defaults(run=_phone)
    phone.add_argument("--person", required=True)
    phone.add_argument("--authorize-origin", required=True, metavar="URL",
                       help="origin of authorize_url as printed by serve")
    what = phone.add_mutually_exclusive_group(required=True)
    what.add_argument("--picture", type=Path, metavar="FILE")
    what.add_argument("--url")
    phone.add_argument("--refuse", action="store_true", help="tap refuse instead of continue")
    phone.add_argument("--waits", action="store_true",
                       help="the terminal waits: expect no code, but a page with nothing left to do")
    phone.add_argument("--language", choices=("zh_CN", "en"), default="zh_CN")
    phone.add_argument("--address", default="127.0.0.1", help="loopback address to call from")
    phone.add_argument("--device", choices=USER_AGENTS, default="iphone")
    phone.add_argument("--ca-file", type=Path, help="to trust, for https pages")

    listing = commands.add_parser("faults", help="list what can be planned")
    listing.set_defaults(run=_faults)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    options = plan.parse(arguments.plan)
    # Handlers first: a signal while the certificates are made must end cleanly, too.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    with ExitStack() as stack:
        try:
            folder = arguments.folder
            if folder is None:
                folder = Path(tempfile.mkdtemp(prefix="simulator-"))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            log = sys.stderr
            if arguments.log is not None:
                log = stack.enter_context(arguments.log.open("a", encoding="utf-8"))
            secret_file = arguments.secret_file or folder / "secret"
            wechat = WeChat(
                folder, arguments.appid, _read_secret(secret_file),
                lambda line: print(line, file=log, flush=True),
                certificate_kind=arguments.certificate, by_hand=arguments.by_hand,
            )
            if not secret_file.exists():
                _write_secret(secret_file, wechat.secret)
            wechat.redirect_hosts = arguments.redirect_host
            if options:
                wechat.plan(**{"for_all": "state" not in options, **options})
            stack.enter_context(wechat)
            print(json.dumps({
                "authorize_url": wechat.authorize_url,
                "api_url": wechat.api_url,
                "ca_file": str(wechat.ca_file.resolve()),
                "appid": wechat.appid,
                "secret_file": str(secret_file.resolve()),
                "openids": {person: wechat.openid(person) for person in arguments.person},
            }), flush=True)
            while True:
                signal.pause()
        except KeyboardInterrupt:
            return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    for other in (signal.SIGTERM, signal.SIGINT):
        signal.signal(other, signal.SIG_IGN)  # one is enough: the end isn't to be disturbed
    raise KeyboardInterrupt


def _read_secret(path: Path) -> str | None:
    if not path.exists():
        return None
    secret = path.read_text().strip()
    if not re.fullmatch(r"[0-9a-f]{32}", secret):
        raise ValueError(f"{path}: a secret is 32 hexadecimal digits")
    return secret


def _write_secret(path: Path, secret: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")


def _phone(arguments: argparse.Namespace) -> int:
    phone = Phone(
        arguments.authorize_origin, arguments.person, arguments.language, arguments.address,
        USER_AGENTS[arguments.device].format(language=arguments.language),
        ca_file=arguments.ca_file,
    )
    if arguments.refuse:
        page = phone.open(arguments.url) if arguments.url else phone.scan(arguments.picture)
        print(phone.tap("refuse").text if "refuse" in page.buttons else page.text)
        return 0
    pin = phone.sign_in(arguments.url or arguments.picture)
    if arguments.waits and pin is None:
        assert phone.page is not None
        print(phone.page.title)
        return 0 if phone.page.status == 200 and not phone.page.buttons else 1
    if pin is None:
        assert phone.page is not None
        print(f"no code on the phone:\n{phone.page.text}", file=sys.stderr)
        return 1
    print(pin)
    return 0


def _faults(arguments: argparse.Namespace) -> int:
    print("Options of a plan (NAME=VALUE):")
    for name, what in plan.OPTIONS.items():
        print(f"  {name:24} {what}")
    print("\nError codes, for token, refresh, userinfo and auth:")
    for group, codes in errors.CLASSES.items():
        for code in codes:
            print(f"  {code:<24} {group}: {errors.TEXTS[code]}")
    print("\nForms of an error, for error_form:")
    for name, what in errors.FORMS.items():
        print(f"  {name:24} {what}")
    print("\nError pages of WeChat's own, for page:")
    for number, texts in errors.PAGES.items():
        print(f"  {number:<24} {texts[1]}")
    for heading, table in (
        ("Bodies, for token, refresh, userinfo and auth", faults.BODIES),
        ("Bodies for token and refresh alone", _only(faults.TOKEN_BODIES)),
        ("Bodies for userinfo alone", _only(faults.USERINFO_BODIES)),
        ("Transport, for token, refresh, userinfo and auth", faults.TRANSPORT),
    ):
        print(f"\n{heading} (what a careful client does):")
        for name, fault in table.items():
            print(f"  {name:24} {fault.what} ({fault.expect})")
    return 0


def _only(table: dict[str, faults.Fault]) -> dict[str, faults.Fault]:
    return {name: fault for name, fault in table.items() if name not in faults.BODIES}


if __name__ == "__main__":
    sys.exit(main())
