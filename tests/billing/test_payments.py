"""What Stripe says of a payment reaches the books once, and only if it is what was asked for."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from billing import payments
from billing.payments import PaymentMismatch
from billing.stripe.answers import Charge, CheckoutSession, PaymentIntent
from billing.top_ups import TopUp
from tenants.db import platform_transaction
from tests.billing.till import Till, balances, free_and_held, journal_count, seen
from tests.world import World


def follow(checkout: CheckoutSession | None, intent: PaymentIntent | None) -> bool:
    with platform_transaction("a test") as session:
        return payments.follow(session, checkout, intent)


def test_a_paid_top_up_stands_in_the_wallet_and_at_stripe(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt, 5000)
    intent = till.intent(made)
    assert follow(None, intent)
    assert free_and_held(trade.bolt) == (5000, 0)
    assert balances() == {"stripe_balance": 5000, "wallet": -5000}
    now = seen(trade.bolt, made.id)
    assert (now.state, now.checkout_url, now.fee_minor) == ("paid", None, None)
    assert intent.latest_charge is not None
    assert now.paid_at == intent.latest_charge.created_at


def test_hearing_of_it_again_writes_nothing(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt)
    intent = till.intent(made)
    follow(None, intent)
    with platform_transaction("a test") as session:
        assert payments.succeed(session, intent) is False
    assert (journal_count(), free_and_held(trade.bolt)) == (1, (5000, 0))


def test_the_fee_is_booked_once_it_is_known_and_the_wallet_keeps_everything(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt, 5000)
    follow(None, till.intent(made))
    till.book()
    for _ in range(2):
        follow(None, till.intent(made))
    fee = 100  # 1.5 % and 25 cents
    assert balances() == {"stripe_balance": 5000 - fee, "stripe_fees": fee, "wallet": -5000}
    assert seen(trade.bolt, made.id).fee_minor == fee
    assert till.gateway.balance().pending_minor["EUR"] == 5000 - fee


def test_a_charge_without_a_fee_needs_no_journal(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt)
    till.book()
    charge = till.intent(made).latest_charge
    assert charge is not None
    assert charge.balance_transaction is not None
    free = replace(charge, balance_transaction=replace(charge.balance_transaction, fee_minor=0))
    follow(None, replace(till.intent(made), latest_charge=replace(charge, balance_transaction=None)))
    with platform_transaction("a test") as session:
        assert payments.fee_known(session, free) is False
    assert (journal_count(), seen(trade.bolt, made.id).fee_minor) == (1, 0)


def _charge(intent: PaymentIntent, **changes: object) -> PaymentIntent:
    assert intent.latest_charge is not None
    return replace(intent, latest_charge=replace(intent.latest_charge, **changes))  # type: ignore[arg-type]


WRONG: dict[str, Callable[[PaymentIntent], PaymentIntent]] = {
    "less money": lambda i: replace(i, received_minor=i.received_minor - 1),
    "more money": lambda i: replace(i, received_minor=i.received_minor + 1),
    "other currency": lambda i: replace(i, currency="USD"),
    "live instead of test": lambda i: replace(i, livemode=True),
    "no charge": lambda i: replace(i, latest_charge=None),
    "a charge that failed": lambda i: _charge(i, status="failed"),
    "no tenant": lambda i: replace(i, metadata={"top_up": i.metadata["top_up"]}),
    "no id": lambda i: replace(i, metadata={**i.metadata, "top_up": "x"}),
    "somebody else's top-up": lambda i: replace(i, metadata={**i.metadata, "tenant": i.metadata["top_up"]}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_payment_that_is_not_what_was_asked_for_is_loud_and_moves_nothing(
    trade: World, till: Till, wrong: str
) -> None:
    made = till.paid(trade.bolt)
    with pytest.raises(PaymentMismatch):
        follow(None, WRONG[wrong](till.intent(made)))
    assert (journal_count(), seen(trade.bolt, made.id).state) == (0, "open")


def test_a_second_payment_of_one_top_up_is_loud_and_moves_nothing(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt)
    follow(None, till.intent(made))
    with pytest.raises(PaymentMismatch):
        follow(None, replace(till.intent(made), id="pi_other"))
    assert (journal_count(), free_and_held(trade.bolt)) == (1, (5000, 0))


@pytest.mark.parametrize("changes", [{"currency": "USD"}, {"amount_minor": 4999}])
def test_a_charge_booked_as_something_else_is_loud(
    trade: World, till: Till, changes: dict[str, object]
) -> None:
    made = till.paid(trade.bolt)
    follow(None, till.intent(made))
    till.book()
    booked = _booked(till, made)
    assert booked.balance_transaction is not None
    wrong = replace(booked, balance_transaction=replace(booked.balance_transaction, **changes))  # type: ignore[arg-type]
    with pytest.raises(PaymentMismatch), platform_transaction("a test") as session:
        payments.fee_known(session, wrong)
    assert journal_count() == 1


def test_a_fee_of_a_charge_we_do_not_know_is_loud(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt)
    till.book()
    with pytest.raises(PaymentMismatch), platform_transaction("a test") as session:
        payments.fee_known(session, _booked(till, made))


def _booked(till: Till, made: TopUp) -> Charge:
    charge = till.intent(made).latest_charge
    assert charge is not None
    return charge


def test_what_is_not_about_a_top_up_is_left_alone(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt)
    assert follow(None, replace(till.intent(made), metadata={})) is False
    assert follow(None, None) is False
    assert journal_count() == 0


def test_a_page_that_ran_out_ends_the_top_up(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    closed = till.gateway.expire_checkout(till.checkout_id(made))
    assert follow(closed, None)
    assert (seen(trade.bolt, made.id).state, seen(trade.bolt, made.id).checkout_url) == ("expired", None)


def test_an_open_page_changes_nothing_also_after_a_declined_card(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    till.pay(made, "4000000000000002")
    checkout = till.gateway.checkout(till.checkout_id(made))
    assert follow(checkout, till.intent(made))
    assert seen(trade.bolt, made.id).state == "open"


def test_paid_is_for_ever(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    closed = replace(till.gateway.checkout(till.checkout_id(made)), status="expired")
    till.pay(made)
    follow(None, till.intent(made))
    assert follow(closed, None)
    assert seen(trade.bolt, made.id).state == "paid"


def test_money_that_came_after_the_end_is_money(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    closed = replace(till.gateway.checkout(till.checkout_id(made)), status="expired")
    follow(closed, None)
    till.pay(made)
    follow(None, till.intent(made))
    assert (seen(trade.bolt, made.id).state, free_and_held(trade.bolt)) == ("paid", (5000, 0))


def test_a_page_nobody_was_shown_does_not_end_the_one_that_was(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    hidden = replace(till.gateway.checkout(till.checkout_id(made)), id="cs_hidden", status="expired")
    follow(hidden, None)
    assert seen(trade.bolt, made.id).state == "open"


@pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
def test_a_bank_that_says_no_in_the_end_fails_the_top_up(trade: World, till: Till, status: str) -> None:
    made = till.paid(trade.bolt)
    checkout = replace(till.gateway.checkout(till.checkout_id(made)), payment_status="unpaid")
    assert follow(checkout, replace(till.intent(made), status="processing"))
    assert seen(trade.bolt, made.id).state == "open"
    assert follow(checkout, replace(till.intent(made), status=status))
    assert (seen(trade.bolt, made.id).state, journal_count()) == ("failed", 0)
