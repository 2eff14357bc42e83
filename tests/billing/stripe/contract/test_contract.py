"""The contract with Stripe, held against the sandbox always and against real test keys when there are some.

`STRIPE_CONTRACT_KEY=sk_test_… pytest tests/billing/stripe/contract` makes a few test objects in that account. Until
that has been run, nothing here says anything about live Stripe.
"""

import os
from collections.abc import Iterator

import pytest
import stripe

from billing.stripe.client import StripeGateway, StripeSettings
from tests.billing.stripe.contract.contract_scenarios import ATTENDED, UNATTENDED, Contract, Scenario
from tests.billing.stripe.sandbox_world import SandboxWorld

KEY = os.environ.get("STRIPE_CONTRACT_KEY", "")


@pytest.fixture
def sandbox_contract(sandbox: SandboxWorld) -> Iterator[Contract]:
    line = stripe.RequestsClient(timeout=20)
    yield Contract(
        sandbox.gateway,
        stripe.StripeClient(sandbox.key, base_addresses={"api": sandbox.url}, http_client=line),
        lambda session_id, card: sandbox.remote.pay(session_id, card=card),
        sandbox.capture,
    )
    line.close()


@pytest.fixture
def real_contract() -> Iterator[Contract]:
    assert KEY.startswith(("sk_test_", "rk_test_")), "the contract is only ever held against a test key"
    gateway, line = StripeGateway(StripeSettings(KEY, "whsec_unused")), stripe.RequestsClient(timeout=30)
    yield Contract(gateway, stripe.StripeClient(KEY, http_client=line))
    gateway.close()
    line.close()


@pytest.mark.parametrize("scenario", UNATTENDED + ATTENDED, ids=lambda one: one.__name__)
def test_the_sandbox_keeps_the_contract(sandbox_contract: Contract, scenario: Scenario) -> None:
    scenario(sandbox_contract)


@pytest.mark.skipif(not KEY, reason="STRIPE_CONTRACT_KEY is not set: never checked against real Stripe here")
@pytest.mark.parametrize("scenario", UNATTENDED, ids=lambda one: one.__name__)
def test_stripe_keeps_the_contract(real_contract: Contract, scenario: Scenario) -> None:
    scenario(real_contract)
