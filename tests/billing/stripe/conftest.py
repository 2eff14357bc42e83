"""A sandbox of its own for each test, and our client against it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from billing.stripe.sandbox.serving import running
from billing.stripe.sandbox.settings import SandboxSettings
from tests.billing.stripe.sandbox_wire import Catcher, catching
from tests.billing.stripe.sandbox_world import CAPTURE_DELAY_SECONDS, SandboxWorld


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxWorld]:
    settings = SandboxSettings(tmp_path, capture_delay_seconds=CAPTURE_DELAY_SECONDS, retry_seconds=0.05)
    with running(settings) as url:
        sandbox = SandboxWorld(url)
        yield sandbox
        sandbox.gateway.close()


@pytest.fixture
def catcher(sandbox: SandboxWorld) -> Iterator[Catcher]:
    """A receiver for the sandbox's messages."""
    with catching() as catcher:
        sandbox.remote.webhooks(url=catcher.url, secret="whsec_test")
        yield catcher
        sandbox.remote.webhooks(url=None)


@pytest.fixture
def another(sandbox: SandboxWorld) -> Iterator[Callable[[], SandboxWorld]]:
    """Another account of the same sandbox."""
    made: list[SandboxWorld] = []

    def make() -> SandboxWorld:
        made.append(SandboxWorld(sandbox.url))
        return made[-1]

    yield make
    for each in made:
        each.gateway.close()
