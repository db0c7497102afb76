"""tests/bench/run: measures what README.md explains and holds it against its budgets."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import logins  # noqa: E402
import parts  # noqa: E402
import pending  # noqa: E402
from figures import Figure, table  # noqa: E402
from harness.site import Site, current_user  # noqa: E402
from simulator import WeChat  # noqa: E402


def main() -> int:
    arguments = _parser().parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pam_wechat-bench-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        figures = _measure(folder, arguments.quick)
    print(table(figures))
    if os.getuid() != 0:
        print("child.private_mib is left out: only root may look into the child's memory.")
    over = [figure.key for figure in figures if figure.verdict == "OVER"]
    print(f"{len(figures)} figures in {time.monotonic() - began:.0f} s; "
          f"over budget: {', '.join(over) or 'none'}")
    if arguments.json is not None:
        summary = {figure.key: figure.summary() for figure in figures}
        arguments.json.write_text(json.dumps(summary, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run", description="Measures logins, and holds them against budgets."
    )
    parser.add_argument("--quick", action="store_true", help="fewer runs of everything: a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


def _measure(folder: Path, quick: bool) -> list[Figure]:
    user = current_user()
    # Root has to become somebody else: a user that every Debian has.
    other = "daemon" if os.getuid() == 0 else user
    (folder / "wechat").mkdir()
    (folder / "site").mkdir()
    figures: list[Figure] = []
    with WeChat(folder / "wechat") as wechat:
        with Site(folder / "site", wechat, helper_user=other, exchange_user=other) as site:
            site.link_people(user)
            site.start_helper()
            figures += logins.measure(site, user, 40 if quick else 200, 12 if quick else 60)
            figures += parts.measure_loading(site, 40 if quick else 200)
            figures += parts.measure_child(site, user, 40 if quick else 200)
    figures += pending.measure(folder, 1 if quick else 5, 4 if quick else 10)
    return figures


if __name__ == "__main__":
    sys.exit(main())
