"""tests/demo: one whole login through pamtester, played by hand or by a phone that sees a picture."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from harness.front import WeChatGlasses  # noqa: E402
from harness.host import wrapper_environment  # noqa: E402
from harness.site import Site, current_user  # noqa: E402
from harness.terminal import Terminal  # noqa: E402
from simulator import WeChat, camera  # noqa: E402

SERVICE = "pam_wechat-demo"
SERVICE_THAT_MAY_WAIT = "su"


def main() -> int:
    arguments = _parser().parse_args()
    user = current_user()
    with tempfile.TemporaryDirectory(prefix="pam_wechat-demo-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        (folder / "wechat").mkdir()
        (folder / "site").mkdir()
        with WeChat(folder / "wechat", by_hand=True) as wechat:
            # Root has to become somebody else: a user that every Debian has.
            other = "daemon" if os.getuid() == 0 else user
            with Site(folder / "site", wechat, helper_user=other, exchange_user=other) as site:
                site.link_people(user)
                site.start_helper()
                service = SERVICE_THAT_MAY_WAIT if arguments.confirm == "wait" else SERVICE
                site.write_service(service, site.line(options=_options(arguments)))
                command = ["/usr/bin/pamtester", service, user, "authenticate"]
                if arguments.auto:
                    signed_in = _play(site, command, user, arguments)
                else:
                    with WeChatGlasses(site):
                        signed_in = _by_hand(site, command, user)
    print(f"Signed in as {user}" if signed_in else "Not signed in")
    return 0 if signed_in else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/demo", description="One whole login on this machine, WeChat being simulated."
    )
    parser.add_argument("--auto", action="store_true",
                        help="let a simulated phone scan a picture of the terminal")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="of the terminal")
    parser.add_argument("--qr", choices=("link", "authorize"), default="link",
                        help="what the QR code holds")
    parser.add_argument("--confirm", choices=("code", "wait"), default="code",
                        help="wait: a tap on the phone is enough, nothing is typed")
    parser.add_argument("--mutilate", action="store_true",
                        help="with --auto: spoil the picture first, so that the login must fail")
    parser.add_argument("--picture", type=Path, metavar="FILE",
                        help="with --auto: keep the picture of the terminal")
    return parser


def _options(arguments: argparse.Namespace) -> str:
    return f"lang={arguments.lang} qr={arguments.qr} confirm={arguments.confirm}"


def _by_hand(site: Site, command: list[str], user: str) -> bool:
    print(f"Below is what {user} sees when signing in. To play the phone, open the link under the\n"
          f"QR code in any browser on this machine, tap Continue, and say that you are {user}.\n"
          "(All browsers pass for WeChat's here; others would be told to open it there.)")
    environment = wrapper_environment(site)
    return subprocess.run(command, env=environment).returncode == 0


def _play(site: Site, command: list[str], user: str, arguments: argparse.Namespace) -> bool:
    # The authorize URL's picture is larger than 80x24.
    rows, columns = (40, 100) if arguments.qr == "authorize" else (24, 80)
    with Terminal(command, wrapper_environment(site), rows=rows, columns=columns) as terminal:
        waits = arguments.confirm == "wait"
        shown = terminal.wait_for_message() if waits else terminal.wait_for_login()
        print("\n".join(shown.screen))
        picture = shown.picture
        if arguments.mutilate:
            picture = camera.mutilate(picture)
        path = arguments.picture or site.folder / "terminal.png"
        picture.save(path)
        phone = _scan(path, site.wechat.open_url, user, waits)
        if phone is None:
            return False
        print(f"The phone shows: {phone}")
        if not waits:
            terminal.type(phone)
        print(terminal.rest().strip())
        return terminal.status == 0


def _scan(picture: Path, authorize_origin: str, user: str, waits: bool) -> str | None:
    """The phone is a program of its own that gets the picture and nothing else."""
    phone = subprocess.run(
        [sys.executable, "-B", TESTS / "simulator", "phone", "--person", user, "--picture", picture,
         "--authorize-origin", authorize_origin, *(["--waits"] if waits else [])],
        stdout=subprocess.PIPE, text=True,
    )
    return phone.stdout.strip() if phone.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
