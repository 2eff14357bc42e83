"""A ground for the tests under fire: a database of its own, processes that may be killed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.servers import Servers
from tests.under_fire.ground import Ground, ground

NewGround = Callable[..., AbstractContextManager[Ground]]


@pytest.fixture
def new_ground(
    servers: Servers, worker_number: int, tmp_path: Path, _connected: None, _no_door_by_accident: None
) -> NewGround:
    """Makes the ground, whose processes are told what it is called with."""
    return partial(ground, servers, worker_number, tmp_path)


@pytest.fixture
def site(new_ground: NewGround) -> Iterator[Ground]:
    """Nothing runs on it yet; whatever the test started ends with it."""
    with new_ground() as made:
        yield made
