"""A company opens Stripe's page for a top-up; whatever fails between us, it gets one page."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from billing.money import CurrencyNotSupported
from billing.stripe.refusals import PaymentMisconfigured, PaymentUnavailable, StripeRequestRefused
from billing.top_ups import (
    LEAST_MINOR,
    MOST_MINOR,
    AmountOutOfRange,
    NewTopUp,
    TopUpKeyReused,
    get,
    history,
    start,
)
from tenants.db import platform_transaction, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tests.billing.till import PatientGateway, Till
from tests.world import World, make_member

RETURN_TO = "http://127.0.0.1:9/wallet/top-ups/{id}"


def count(table: str) -> int:
    with platform_transaction("look") as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_top_up_opens_a_page_for_exactly_its_amount(trade: World, till: Till) -> None:
    made = till.start(trade.bolt, 12_345)
    checkout = till.gateway.checkout(till.checkout_id(made))
    assert (made.state, made.checkout_url) == ("open", checkout.url)
    assert (checkout.amount_total_minor, checkout.currency) == (12_345, "EUR")
    assert checkout.client_reference_id == str(made.id)
    assert checkout.metadata == {"top_up": str(made.id), "tenant": str(trade.bolt.id)}
    assert till.gateway.customer(checkout.customer_id or "").name == "Bolt Energy"


def test_the_same_key_opens_the_same_page(trade: World, till: Till) -> None:
    first = till.start(trade.bolt, key="k")
    assert till.start(trade.bolt, key="k") == first
    assert till.start(trade.crane, key="k").id != first.id
    assert count("top_up") == 2


def test_the_same_key_for_another_amount_is_refused(trade: World, till: Till) -> None:
    till.start(trade.bolt, 5000, key="k")
    with pytest.raises(TopUpKeyReused):
        till.start(trade.bolt, 5001, key="k")
    assert count("top_up") == 1


@pytest.mark.parametrize("minor", [LEAST_MINOR, MOST_MINOR])
def test_the_limits_themselves_are_allowed(trade: World, till: Till, minor: int) -> None:
    assert till.start(trade.bolt, minor).state == "open"


@pytest.mark.parametrize("minor", [LEAST_MINOR - 1, MOST_MINOR + 1, 0, -5000])
def test_outside_the_limits_nothing_is_written(trade: World, till: Till, minor: int) -> None:
    with pytest.raises(AmountOutOfRange) as refused:
        till.start(trade.bolt, minor)
    assert (refused.value.details["least_minor"], refused.value.details["most_minor"]) == (500, 10_000_000)
    assert (count("top_up"), count("idempotency")) == (0, 0)


def test_other_currencies_and_empty_or_endless_keys_are_refused(trade: World, till: Till) -> None:
    with pytest.raises(CurrencyNotSupported):
        start(trade.bolt.owner, NewTopUp(5000, "PLN", "k", RETURN_TO))
    for key in ("", "x" * 256):
        with pytest.raises(Invalid):
            start(trade.bolt.owner, NewTopUp(5000, "EUR", key, RETURN_TO))
    assert count("top_up") == 0


def test_only_who_may_spend_the_companys_money_tops_up(trade: World, till: Till) -> None:
    wanted = NewTopUp(5000, "EUR", "k", RETURN_TO)
    for actor in (trade.acme.owner, trade.floe.owner, make_member(trade.bolt.card, "viewer")):
        with pytest.raises(Forbidden):
            start(actor, wanted)
    assert start(make_member(trade.bolt.card, "finance"), wanted).state == "open"


@pytest.mark.parametrize("mode", ["error_after_commit", "rate_limit", "conflict"])
def test_after_a_lost_answer_the_same_key_opens_the_top_ups_page(trade: World, till: Till, mode: str) -> None:
    till.start(trade.bolt)  # the customer is known from now on
    till.remote.fail(mode, operation="checkout")
    with pytest.raises(PaymentUnavailable):
        till.start(trade.bolt, key="k")
    with transaction(trade.bolt.id) as session:
        [waiting, _] = history(session)
    again = till.start(trade.bolt, key="k")
    assert (waiting.id, waiting.state, again.id, again.state) == (again.id, "created", again.id, "open")
    assert till.pay(again)["state"] == "paid"


def test_a_top_up_that_stripe_refuses_is_kept_as_failed(trade: World, till: Till) -> None:
    till.remote.advance_clock(
        int(timedelta(hours=3).total_seconds())
    )  # for Stripe the page ends before it opens
    with pytest.raises(StripeRequestRefused):
        till.start(trade.bolt, key="k")
    with transaction(trade.bolt.id) as session:
        assert [one.state for one in history(session)] == ["failed"]
    assert till.start(trade.bolt, key="k").state == "failed"


def test_a_wrong_key_of_ours_fails_the_top_up_and_says_so(trade: World, till: Till) -> None:
    from billing.stripe import gateway

    wrong = gateway._gateway = PatientGateway(till.settings.__class__("sk_test_51other", "w", till.url))
    with pytest.raises(PaymentMisconfigured):
        till.start(trade.bolt)
    wrong.close()
    gateway._gateway = till.gateway
    with transaction(trade.bolt.id) as session:
        assert [one.state for one in history(session)] == ["failed"]


def test_a_company_is_one_customer_at_stripe(trade: World, till: Till) -> None:
    first, second = till.start(trade.bolt), till.start(trade.bolt)
    other = till.start(trade.crane)
    customers = [till.gateway.checkout(till.checkout_id(one)).customer_id for one in (first, second, other)]
    assert customers[0] == customers[1] != customers[2]


def test_history_is_paged_newest_first_and_is_the_tenants_own(trade: World, till: Till) -> None:
    made = [till.start(trade.bolt, 1000 + n).id for n in range(3)]
    theirs = till.start(trade.crane).id
    with transaction(trade.bolt.id) as session:
        first = history(session, limit=2)
        rest = history(session, before=first[-1].id)
        assert [one.id for one in first + rest] == made[::-1]
        with pytest.raises(NotFound):
            get(session, theirs)
        with pytest.raises(NotFound):
            get(session, uuid4())


def test_starting_is_on_the_audit_log(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    with transaction(trade.bolt.id) as session:
        row = session.execute(text("SELECT action, subject_id, detail FROM audit")).one()
    assert (row.action, row.subject_id) == ("top_up.started", made.id)
    assert row.detail == {"amount_minor": 5000, "currency": "EUR"}
