"""The contract is the one place in the tests that may leave this machine, and only with a test key for it."""

import os
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from tests.network import only_this_machine


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    with nullcontext() if os.environ.get("STRIPE_CONTRACT_KEY") else only_this_machine():
        yield
