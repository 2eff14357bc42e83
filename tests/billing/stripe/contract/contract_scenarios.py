"""What we rely on at Stripe, as scenarios that run unchanged against the sandbox and against real test keys.

A scenario gets a `Contract`; `pay` is None where a person would have to use the hosted page.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import stripe

from billing.stripe.client import CheckoutOrder, Span, StripeGateway
from billing.stripe.refusals import StripeObjectMissing, StripeRequestRefused


@dataclass(frozen=True)
class Contract:
    gateway: StripeGateway
    raw: stripe.StripeClient
    pay: Callable[[str, str], None] | None = None
    capture: Callable[[], None] | None = None

    def order(self) -> CheckoutOrder:
        customer = self.gateway.create_customer(
            uuid4().hex, "ann@company.example", "Contract test", {"floe": "test"}
        )
        return CheckoutOrder(
            top_up_id=f"contract_{uuid4().hex}",
            customer_id=customer.id,
            amount_minor=5000,
            currency="EUR",
            description="Wallet top-up",
            success_url="https://floe.example/done?session={CHECKOUT_SESSION_ID}",
            cancel_url="https://floe.example/cancelled",
            expires_at=datetime.now(UTC) + timedelta(hours=1),
            metadata={"floe": "test"},
        )


Scenario = Callable[[Contract], None]


def a_customer_is_found_again(contract: Contract) -> None:
    key = uuid4().hex
    made = contract.gateway.create_customer(key, "ann@company.example", "Contract test", {"floe": "test"})
    assert (
        contract.gateway.create_customer(key, "ann@company.example", "Contract test", {"floe": "test"})
        == made
    )
    assert contract.gateway.customer(made.id) == made
    assert not made.livemode


def an_open_checkout_has_an_address_and_no_payment(contract: Contract) -> None:
    order = contract.order()
    made = contract.gateway.create_checkout(order)
    assert made.url.startswith("http")
    assert (made.status, made.payment_status, made.payment_intent_id) == ("open", "unpaid", None)
    assert (made.amount_total_minor, made.currency, made.client_reference_id) == (
        5000,
        "EUR",
        order.top_up_id,
    )
    assert (made.customer_id, made.metadata) == (order.customer_id, order.metadata)
    assert contract.gateway.checkout(made.id).id == made.id


def one_top_up_opens_one_checkout(contract: Contract) -> None:
    order = contract.order()
    made = contract.gateway.create_checkout(order)
    assert contract.gateway.create_checkout(order).id == made.id
    with pytest.raises(StripeRequestRefused):
        contract.gateway.create_checkout(replace(order, amount_minor=6000))


def a_closed_checkout_cannot_be_closed_again(contract: Contract) -> None:
    made = contract.gateway.create_checkout(contract.order())
    closed = contract.gateway.expire_checkout(made.id)
    assert (closed.status, closed.url) == ("expired", None)
    with pytest.raises(StripeRequestRefused):
        contract.gateway.expire_checkout(made.id)


def payment_method_types_are_gone(contract: Contract) -> None:
    error = _raw_error(contract, {"payment_method_types": ["card"]})
    assert error.code == "payment_method_types_no_longer_supported"


def an_unknown_parameter_is_named(contract: Contract) -> None:
    error = _raw_error(contract, {"colour": "blue"})
    assert (error.code, error.param) == ("parameter_unknown", "colour")


def an_amount_below_the_smallest_is_refused(contract: Contract) -> None:
    with pytest.raises(StripeRequestRefused):
        contract.gateway.create_checkout(replace(contract.order(), amount_minor=10))


def an_unknown_object_is_missing(contract: Contract) -> None:
    for look in (contract.gateway.checkout, contract.gateway.customer, contract.gateway.payment_intent):
        with pytest.raises(StripeObjectMissing):
            look("cs_test_none")


def the_balance_is_told_by_currency(contract: Contract) -> None:
    balance = contract.gateway.balance()
    assert not balance.livemode
    assert all(
        isinstance(amount, int)
        for amount in (*balance.available_minor.values(), *balance.pending_minor.values())
    )


def lists_of_events_and_of_the_book_can_be_read(contract: Contract) -> None:
    assert len(contract.gateway.events(Span(limit=3)).items) <= 3
    assert len(contract.gateway.balance_transactions(Span(limit=3)).items) <= 3


def a_payment_is_booked_after_it_succeeded(contract: Contract) -> None:
    made = contract.gateway.create_checkout(contract.order())
    contract.pay(made.id, "4242424242424242")
    paid = contract.gateway.checkout(made.id)
    assert paid.is_paid
    contract.capture()
    intent = contract.gateway.payment_intent(paid.payment_intent_id)
    booked = intent.latest_charge.balance_transaction
    assert booked.amount_minor - booked.fee_minor == booked.net_minor
    assert (booked.amount_minor, booked.source_id) == (5000, intent.latest_charge.id)
    refund = contract.gateway.refund(uuid4().hex, intent.id, 1000)
    assert contract.gateway.balance_transaction(refund.balance_transaction_id).net_minor == -1000
    with pytest.raises(StripeRequestRefused):
        contract.gateway.refund(uuid4().hex, intent.id, 4001)


def a_declined_card_leaves_the_checkout_open(contract: Contract) -> None:
    made = contract.gateway.create_checkout(contract.order())
    contract.pay(made.id, "4000000000009995")
    tried = contract.gateway.checkout(made.id)
    assert (tried.status, tried.payment_status) == ("open", "unpaid")
    intent = contract.gateway.payment_intent(tried.payment_intent_id)
    assert (intent.error_code, intent.decline_code) == ("card_declined", "insufficient_funds")


UNATTENDED: tuple[Scenario, ...] = (
    a_customer_is_found_again,
    an_open_checkout_has_an_address_and_no_payment,
    one_top_up_opens_one_checkout,
    a_closed_checkout_cannot_be_closed_again,
    payment_method_types_are_gone,
    an_unknown_parameter_is_named,
    an_amount_below_the_smallest_is_refused,
    an_unknown_object_is_missing,
    the_balance_is_told_by_currency,
    lists_of_events_and_of_the_book_can_be_read,
)
ATTENDED: tuple[Scenario, ...] = (
    a_payment_is_booked_after_it_succeeded,
    a_declined_card_leaves_the_checkout_open,
)


def _raw_error(contract: Contract, extra: dict[str, Any]) -> stripe.InvalidRequestError:
    line = {
        "quantity": 1,
        "price_data": {"currency": "eur", "unit_amount": 5000, "product_data": {"name": "x"}},
    }
    wanted: Any = {"mode": "payment", "line_items": [line], "success_url": "https://floe.example/", **extra}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        contract.raw.v1.checkout.sessions.create(wanted)
    assert refusal.value.http_status == 400
    return refusal.value
