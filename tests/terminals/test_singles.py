"""What a single picture is worth: a person's phone takes many, and moves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.site import REPOSITORY
from terminals import document, singles
from terminals.singles import COUNT, GLANCES, Counts


@pytest.fixture(scope="module")
def counts() -> Counts:
    return singles.measure()


def test_the_committed_numbers_are_what_was_measured(counts: Counts) -> None:
    """The pictures are the same each time, and so is what is read."""
    if os.environ.get("WRITE_TABLE"):
        document.write_singles(counts)
    assert document.committed_singles() == document.table_of_singles(counts)


def test_half_blocks_are_read_at_the_first_glance(counts: Counts) -> None:
    for ground in ("dark", "light"):
        assert counts[f"half blocks, {ground}", "as it is", "WeChat"] >= 0.8 * COUNT


def test_ascii_art_is_read_from_farther_away_as_it_says(counts: Counts) -> None:
    near, *others = (counts["ASCII art, dark", glance, "WeChat"] for glance in GLANCES)
    assert near < max(others)
    assert "farther away" in (Path(REPOSITORY) / "pam_wechat/terminal/messages.c").read_text()
