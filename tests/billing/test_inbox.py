"""Stripe's messages come twice, late, in any order or never: the books are the same."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from billing import inbox
from billing.inbox import RETRY_SECONDS, TYPES, Handled
from billing.stripe.answers import StripeEvent
from billing.stripe.client import StripeGateway
from tenants import clock, jobs
from tenants.db import platform_transaction
from tests.billing.till import Till, balances, free_and_held, journal_count, seen
from tests.world import World

SETTLED = {"stripe_balance": 4900, "stripe_fees": 100, "wallet": -5000}


def kept(event_id: str) -> Any:
    with platform_transaction("look") as session:
        return session.execute(text("SELECT * FROM stripe_event WHERE id = :id"), {"id": event_id}).one()


def named(till: Till, kind: str) -> StripeEvent:
    return next(event for event in till.events() if event.type == kind)


def hear(till: Till, *kinds: str) -> list[Handled]:
    heard = [event for kind in kinds for event in till.events() if event.type == kind]
    for event in heard:
        inbox.store(event)
    return [inbox.handle(event.id) for event in heard]


def test_a_message_is_kept_once_and_wakes_its_job(trade: World, till: Till, valkey: Any) -> None:
    till.paid(trade.bolt)
    event = named(till, "checkout.session.completed")
    assert inbox.store(event) is True
    assert inbox.store(event) is False
    [job] = valkey.keys("rq:job:*")
    assert event.id.encode() in valkey.hget(job, "data") or valkey.exists(job)
    row = kept(event.id)
    assert (row.type, row.object_id, row.attempts, row.handled_at) == (event.type, event.object_id, 0, None)


def test_what_it_says_of_a_person_is_not_kept(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    for event in till.events():
        inbox.store(event)
        assert set(kept(event.id).payload) == set(inbox._WORDS)
        assert "customer_details" not in str(kept(event.id).payload)


def test_a_message_without_an_object_of_its_own_is_kept_and_left_alone(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    strange = replace(till.events()[0], id="evt_x", type="balance.available", object_id=None, object={})
    assert inbox.store(strange)
    assert inbox.handle("evt_x") is Handled.SKIP
    assert kept("evt_x").handled_at is not None


def test_one_message_is_enough_to_fill_the_wallet(trade: World, till: Till) -> None:
    for kind in ("checkout.session.completed", "payment_intent.succeeded"):
        till.paid(trade.bolt)
        assert Handled.SUCCESS in hear(till, kind)
    assert free_and_held(trade.bolt) == (10_000, 0)


def test_the_fee_comes_late_with_a_message_of_its_own(trade: World, till: Till) -> None:
    made = till.paid(trade.bolt)
    hear(till, "checkout.session.completed")
    assert balances() == {"stripe_balance": 5000, "wallet": -5000}
    till.book()
    assert hear(till, "charge.updated") == [Handled.SUCCESS]
    assert balances() == SETTLED
    assert seen(trade.bolt, made.id).fee_minor == 100


@pytest.mark.parametrize("is_booked", [False, True])
@pytest.mark.parametrize(
    "order", list(permutations(("checkout.session.completed", "payment_intent.succeeded", "charge.updated")))
)
def test_any_order_and_every_message_twice_gives_the_same_books(
    trade: World, till: Till, order: tuple[str, ...], is_booked: bool
) -> None:
    made = till.paid(trade.bolt)
    if is_booked:
        till.book()
        hear(till, *order, *order)
    else:
        hear(till, *order[:2])
        till.book()
        hear(till, *order, *reversed(order))
    assert balances() == SETTLED
    assert (seen(trade.bolt, made.id).state, journal_count()) == ("paid", 2)


def test_a_message_handled_before_is_skipped(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    assert hear(till, "checkout.session.completed", "checkout.session.completed") == [
        Handled.SUCCESS,
        Handled.SKIP,
    ]
    assert inbox.handle("evt_unknown") is Handled.SKIP


def test_other_types_and_other_peoples_objects_are_left_alone(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    assert set(hear(till, "charge.succeeded", "payment_intent.created")) == {Handled.SKIP}
    foreign = till.gateway.create_customer("c", None, "Another shop", {})
    assert foreign.id
    assert journal_count() == 0


def test_an_expired_page_ends_its_top_up(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    till.gateway.expire_checkout(till.checkout_id(made))
    assert hear(till, "checkout.session.expired") == [Handled.SUCCESS]
    assert seen(trade.bolt, made.id).state == "expired"


def test_the_payload_is_never_believed(trade: World, till: Till) -> None:
    made = till.start(trade.bolt)
    till.pay(made, "4000000000000002")
    told = named(till, "payment_intent.payment_failed")
    checkout = till.gateway.checkout(till.checkout_id(made))
    forged = replace(
        told,
        id="evt_forged",
        type="checkout.session.completed",
        object_id=checkout.id,
        object={"id": checkout.id, "status": "complete", "payment_status": "paid", "amount_total": 5000},
    )
    inbox.store(forged)
    assert inbox.handle("evt_forged") is Handled.SUCCESS
    assert (seen(trade.bolt, made.id).state, journal_count()) == ("open", 0)


def test_when_stripe_does_not_answer_the_message_waits_longer_each_time(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    event = named(till, "checkout.session.completed")
    inbox.store(event)
    now = clock.now()
    for attempt in range(len(RETRY_SECONDS) + 1):
        till.remote.fail("rate_limit")
        with clock.at(now):
            assert inbox.handle(event.id) is Handled.ERROR
        row = kept(event.id)
        wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
        assert (row.attempts, row.due_at, row.handled_at) == (
            attempt + 1,
            now + timedelta(seconds=wait),
            None,
        )
        assert row.last_error.startswith("PaymentUnavailable: ")
        now = row.due_at
    with platform_transaction("look") as session:
        assert [one.id for one in inbox.stuck(session)] == [event.id]
    with clock.at(now):
        inbox.handle_forgotten(now)
    assert (kept(event.id).last_error, free_and_held(trade.bolt)) == (None, (5000, 0))
    with platform_transaction("look") as session:
        assert inbox.stuck(session) == []


def test_an_object_that_is_gone_is_an_error_that_stays(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    inbox.store(
        replace(named(till, "charge.succeeded"), id="evt_gone", type="charge.updated", object_id="ch_gone")
    )
    assert inbox.handle("evt_gone") is Handled.ERROR
    assert kept("evt_gone").last_error.startswith("StripeObjectMissing")


def test_a_mismatch_is_loud_and_is_kept_with_its_reason(
    trade: World, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    made = till.paid(trade.bolt)
    with platform_transaction("somebody changed the row") as session:
        session.execute(text("UPDATE top_up SET amount_minor = 4999 WHERE id = :id"), {"id": made.id})
    with caplog.at_level(logging.ERROR):
        assert hear(till, "checkout.session.completed") == [Handled.ERROR]
    assert "could not be handled" in caplog.text
    row = kept(named(till, "checkout.session.completed").id)
    assert "asked for 4999 EUR" in row.last_error
    assert journal_count() == 0


def test_a_message_of_another_api_version_raises_an_alarm_and_is_still_handled(
    trade: World, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    till.paid(trade.bolt)
    event = named(till, "checkout.session.completed")
    with caplog.at_level(logging.ERROR):
        inbox.store(event)
        assert "is of API" not in caplog.text
        inbox.store(replace(event, id="evt_old", api_version="2019-01-01"))
    assert "is of API 2019-01-01" in caplog.text
    assert inbox.handle("evt_old") is Handled.SUCCESS


def test_the_job_is_a_name_for_handling(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    event = named(till, "checkout.session.completed")
    inbox.store(event)
    jobs.run(inbox.handle_event.path, event.id)
    assert free_and_held(trade.bolt) == (5000, 0)


@pytest.mark.committed
def test_eight_workers_at_once_book_a_payment_once(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    till.book()
    events = [event for event in till.events() if event.type in TYPES]
    for event in events:
        inbox.store(event)
    plain = StripeGateway(till.settings)  # the watching one counts the doors of all threads together
    from billing.stripe import gateway

    gateway._gateway = plain
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(inbox.handle, [event.id for event in events] * 4))
    plain.close()
    assert Handled.ERROR not in told
    assert balances() == SETTLED
    assert free_and_held(trade.bolt) == (5000, 0)
