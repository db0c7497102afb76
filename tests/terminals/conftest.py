"""One installation with one sshd for all pictures of terminals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from terminals.place import Place, a_place


@pytest.fixture(scope="package")
def place() -> Iterator[Place]:
    with a_place() as made:
        yield made
