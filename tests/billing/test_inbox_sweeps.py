"""Messages of Stripe's that were lost or never came are found: by the row that waits, and by asking Stripe."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from billing import inbox
from tenants import clock
from tenants.db import platform_transaction
from tests.billing.till import Till, balances, free_and_held, journal_count, seen
from tests.world import World

SETTLED = {"stripe_balance": 4900, "stripe_fees": 100, "wallet": -5000}


def keep(till: Till, kind: str) -> str:
    """The message arrives and is kept; its id."""
    event = next(event for event in till.events() if event.type == kind)
    inbox.store(event)
    return event.id


def test_a_lost_job_is_found_by_the_sweep(trade: World, till: Till, valkey: Any) -> None:
    till.paid(trade.bolt)
    keep(till, "checkout.session.completed")
    valkey.flushdb()
    inbox.handle_forgotten(clock.now())
    assert free_and_held(trade.bolt) == (5000, 0)


def test_messages_that_never_came_are_found(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    till.book()
    inbox.find_missed(clock.now())
    with platform_transaction("look") as session:
        types = set(session.execute(text("SELECT type FROM stripe_event")).scalars())
    assert types == {"checkout.session.completed", "payment_intent.succeeded", "charge.updated"}
    inbox.handle_forgotten(clock.now())
    assert balances() == SETTLED


def test_many_missed_messages_are_found_page_by_page(
    trade: World, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        till.paid(trade.bolt)
    small = inbox.Span
    monkeypatch.setattr(inbox, "Span", lambda **how: small(**how, limit=2))
    inbox.find_missed(clock.now())
    inbox.handle_forgotten(clock.now())
    assert free_and_held(trade.bolt) == (15_000, 0)


def later(**how: float) -> datetime:
    return clock.now() + timedelta(**how)


def test_without_any_message_top_ups_are_looked_up_after_a_while(
    trade: World, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_events_since", lambda start: iter(()))
    made, closed, waits = till.paid(trade.bolt), till.start(trade.bolt), till.start(trade.bolt)
    till.gateway.expire_checkout(till.checkout_id(closed))
    inbox.find_missed(later(minutes=9))
    assert journal_count() == 0
    inbox.find_missed(later(minutes=11))
    states = [seen(trade.bolt, one.id).state for one in (made, closed, waits)]
    assert states == ["paid", "expired", "open"]
    till.book()
    inbox.find_missed(later(minutes=22))
    assert balances() == SETTLED


def test_a_top_up_nobody_was_shown_fails_after_a_day(trade: World, till: Till) -> None:
    till.remote.fail("error_after_commit", operation="checkout")
    with pytest.raises(Exception, match="does not answer"):
        till.start(trade.bolt, key="k")
    inbox.find_missed(later(hours=23))
    assert till.start(trade.bolt, key="k").state == "open"
    till.remote.fail("error_after_commit", operation="checkout")
    with pytest.raises(Exception, match="does not answer"):
        till.start(trade.bolt, key="other")
    inbox.find_missed(later(hours=25))
    assert till.start(trade.bolt, key="other").state == "failed"


def test_nothing_is_asked_when_everything_is_settled(trade: World, till: Till) -> None:
    till.paid(trade.bolt)
    till.book()
    inbox.handle(keep(till, "checkout.session.completed"))
    till.remote.fail("rate_limit")
    inbox.find_missed(later(hours=1))
    with pytest.raises(Exception, match="does not answer"):
        till.gateway.balance()  # the planned fault is still there: nobody had called


def test_a_sweep_that_stripe_does_not_answer_says_so_and_comes_again(
    trade: World, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    till.paid(trade.bolt)
    till.remote.fail("rate_limit")
    with caplog.at_level(logging.WARNING):
        inbox.find_missed(clock.now())
    assert "did not answer" in caplog.text
    inbox.find_missed(clock.now())
    inbox.handle_forgotten(clock.now())
    assert free_and_held(trade.bolt) == (5000, 0)


def test_one_strange_top_up_does_not_keep_the_sweep_from_the_others(
    trade: World, till: Till, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_events_since", lambda start: iter(()))
    strange, gone, good = (till.paid(trade.bolt) for _ in range(3))
    with platform_transaction("somebody changed the rows") as session:
        session.execute(text("UPDATE top_up SET amount_minor = 1 WHERE id = :id"), {"id": strange.id})
        session.execute(
            text("UPDATE top_up SET checkout_id = 'cs_test_gone' WHERE id = :id"), {"id": gone.id}
        )
    inbox.find_missed(later(minutes=11))
    assert caplog.text.count("does not fit what Stripe says") == 2
    assert seen(trade.bolt, good.id).state == "paid"
