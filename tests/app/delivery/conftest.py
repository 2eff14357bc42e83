"""A receiver and tenants for the delivery tests."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from app.delivery.addresses import Loopback
from tenants import crypto
from tests.app.delivery.receiver import Receiver, receiving
from tests.app.delivery.scene import Hook, make_hook, make_tenant


@pytest.fixture
def tenant_id(doors: None) -> UUID:
    """A company."""
    if crypto._root is None:
        crypto.use_root_key(bytes(32))
    return make_tenant()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything until told otherwise."""
    with receiving() as running:
        yield running


@pytest.fixture
def loopback(receiver: Receiver) -> Loopback:
    """The list on which only the receiver stands."""
    return frozenset({("127.0.0.1", receiver.port)})


@pytest.fixture
def hook(tenant_id: UUID, receiver: Receiver, loopback: Loopback) -> Hook:
    """The company's webhook, which leads to the receiver."""
    return make_hook(tenant_id, receiver.url, loopback)
