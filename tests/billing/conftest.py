"""What the tests of money share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.billing.till import Till, open_till
from tests.world import World


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """A sandbox of its own, and our gateway to it."""
    with open_till(tmp_path) as opened:
        yield opened


@pytest.fixture
def trade(world: World) -> World:
    """The cast with an operator, whose books are needed wherever money moves."""
    assert world.floe
    return world
