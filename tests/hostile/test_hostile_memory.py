"""The helper's memory does not grow with what it has done."""

from __future__ import annotations

import secrets
from pathlib import Path

from harness.fake_exchange import Browser, FakeExchange, Helper
from harness.hostile import addresses, resident_kib, time_login

ROUNDS = 5
EACH = 2000


def test_resident_memory_settles_in_equal_rounds(folder: Path) -> None:
    # What is remembered of logins for a minute is full, too, after the first round.
    with Helper(folder, max_pending=EACH) as helper:
        waiting = [FakeExchange(helper, origin=str(number)).register() for number in range(100)]
        resident = []
        strangers = addresses()
        for _ in range(ROUNDS):
            for _ in range(EACH):
                time_login(helper)
                stranger = Browser(helper, address=next(strangers))
                assert stranger.get(f"/l/{secrets.token_hex(6)}").status == 404
            resident.append(resident_kib(helper))
        assert helper.pending() == len(waiting)
    assert abs(resident[4] - resident[2]) <= resident[2] * 0.05, resident
