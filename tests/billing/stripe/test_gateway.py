"""The one Stripe of a process."""

from collections.abc import Iterator

import pytest

from billing.stripe import gateway
from billing.stripe.client import StripeSettings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gateway._gateway
    yield
    gateway._gateway = before


def test_without_settings_there_is_none() -> None:
    gateway._gateway = None
    with pytest.raises(RuntimeError, match="no Stripe"):
        gateway.gateway()


def test_it_is_the_same_for_everybody() -> None:
    gateway.use(StripeSettings("sk_test_sandbox_x", "w", "http://127.0.0.1:9"))
    assert gateway.gateway() is gateway.gateway()
