"""Stripe's messages: stored once, handled once, whatever their order; and a search for those that never came.

Invariants: a message is only a nudge: what is booked is what Stripe says now, fetched outside any transaction; applying
it twice, late or in any order gives the same books; a message that cannot be handled stays, with its reason, and is
tried again. Of a message only the words that help to find a fault are kept, never what it says about a person.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing import payments
from billing.payments import PaymentMismatch
from billing.stripe.answers import CheckoutSession, PaymentIntent, StripeEvent
from billing.stripe.client import API_VERSION, Span
from billing.stripe.gateway import gateway
from billing.stripe.refusals import StripeObjectMissing
from tenants import clock, jobs
from tenants.db import platform_transaction
from tenants.errors import Refused

log = logging.getLogger(__name__)

TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "charge.updated",
)
"""What we act on; everything else is stored and left alone. An endpoint at Stripe is made for these."""

RETRY_SECONDS = (10, 60, 300, 1_800, 7_200, 21_600)
"""After each failed attempt; the last one again and again."""
AT_ONCE = 100
LOOK_AFTER = timedelta(minutes=10)
"""A top-up nobody told us about for so long is looked up at Stripe."""
STRIPE_REMEMBERS = timedelta(days=30)
NEVER_SHOWN = timedelta(hours=24)
"""A top-up whose page never reached the buyer, so that nobody can pay it, fails after this."""

_WORDS = (
    "object",
    "status",
    "payment_status",
    "amount",
    "amount_total",
    "currency",
    "metadata",
    "payment_intent",
)

_STORE = text("""
INSERT INTO stripe_event (id, type, api_version, livemode, object_id, payload, event_at, received_at, due_at)
VALUES (:id, :type, :version, :live, :object, CAST(:payload AS jsonb), :at, :now, :now)
ON CONFLICT DO NOTHING RETURNING true
""")
_READ = text("SELECT type, object_id, handled_at FROM stripe_event WHERE id = :id")
_LOCK = text("SELECT handled_at FROM stripe_event WHERE id = :id FOR UPDATE")
_DONE = text(
    "UPDATE stripe_event SET handled_at = :now, attempts = attempts + 1, last_error = NULL WHERE id = :id"
)
_FAILED = text("""
UPDATE stripe_event SET attempts = attempts + 1, last_error = :error,
  due_at = :now + (CAST(:waits AS bigint[]))[least(attempts + 1, :last)] * interval '1 second'
WHERE id = :id AND handled_at IS NULL
""")
_DUE = text("""
SELECT id FROM stripe_event WHERE handled_at IS NULL AND due_at <= :now ORDER BY due_at LIMIT :most
""")
_UNSETTLED = text("""
SELECT id, checkout_id, payment_intent_id, created_at FROM top_up
WHERE created_at > :since AND (state IN ('created', 'open') OR state = 'paid' AND fee_minor IS NULL
  AND payment_intent_id IS NOT NULL)
ORDER BY created_at
""")
_GIVE_UP = text("""
UPDATE top_up SET state = 'failed' WHERE state = 'created' AND checkout_id IS NULL AND created_at <= :before
""")
_STUCK = text("""
SELECT id, type, object_id, event_at, attempts, last_error FROM stripe_event
WHERE handled_at IS NULL AND last_error IS NOT NULL ORDER BY event_at LIMIT :most
""")


class Handled(StrEnum):
    """What became of one attempt at a message."""

    SUCCESS = "success"
    SKIP = "skip"
    """Handled before, not ours, or of a type we do not act on."""
    ERROR = "error"
    """Noted with its reason; tried again later."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message that could not be handled yet, for the operator's finance to look at."""

    id: str
    type: str
    object_id: str
    event_at: datetime
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class _Seen:
    checkout: CheckoutSession | None
    intent: PaymentIntent | None


def store(event: StripeEvent) -> bool:
    """Keep a message in a transaction of its own and wake whoever handles it; False if it was kept before.

    After it has returned the message cannot be lost; before, Stripe sends it again.
    """
    if event.api_version != API_VERSION:
        log.error("Stripe's %s %s is of API %s, not %s", event.type, event.id, event.api_version, API_VERSION)
    values = {
        "id": event.id,
        "type": event.type,
        "version": event.api_version,
        "live": event.livemode,
        "object": event.object_id or "",
        "payload": json.dumps({word: event.object.get(word) for word in _WORDS}),
        "at": event.created_at,
        "now": clock.now(),
    }
    with platform_transaction("keep a message of Stripe") as session:
        is_new = session.execute(_STORE, values).scalar() is not None
        if is_new:
            jobs.enqueue(session, handle_event, event.id)
    return is_new


@jobs.job(jobs.FAST)
def handle_event(event_id: str) -> None:
    """Handle one message, woken by its arrival."""
    handle(event_id)


def handle(event_id: str) -> Handled:
    """Look at what a message is about and bring the books up to date. Safe to repeat and to run twice at once.

    Never raises for what went wrong: that is noted on the message, logged, and tried again.
    """
    with platform_transaction("read a message of Stripe") as session:
        kept = session.execute(_READ, {"id": event_id}).one_or_none()
    if kept is None or kept.handled_at is not None:
        return Handled.SKIP
    try:
        seen = _look(kept.type, kept.object_id) if kept.type in TYPES else None
        return _apply_once(event_id, seen)
    except Exception as error:
        log.exception("Stripe's %s %s could not be handled", kept.type, event_id)
        reason = error.message if isinstance(error, Refused) else str(error)
        _note(event_id, f"{type(error).__name__}: {reason}")
        return Handled.ERROR


def _look(kind: str, object_id: str) -> _Seen:
    if kind.startswith("checkout.session."):
        return _look_at_checkout(object_id)
    if kind == "charge.updated":
        charge = gateway().charge(object_id)
        return _Seen(
            None, gateway().payment_intent(charge.payment_intent_id) if charge.payment_intent_id else None
        )
    return _Seen(None, gateway().payment_intent(object_id))


def _look_at_checkout(checkout_id: str) -> _Seen:
    checkout = gateway().checkout(checkout_id)
    paying = checkout.payment_intent_id
    return _Seen(checkout, gateway().payment_intent(paying) if paying else None)


def _apply_once(event_id: str, seen: _Seen | None) -> Handled:
    with platform_transaction("handle a message of Stripe") as session:
        if session.execute(_LOCK, {"id": event_id}).scalar_one() is not None:
            return Handled.SKIP
        is_ours = seen is not None and payments.follow(session, seen.checkout, seen.intent)
        session.execute(_DONE, {"id": event_id, "now": clock.now()})
    return Handled.SUCCESS if is_ours else Handled.SKIP


def _note(event_id: str, error: str) -> None:
    values = {"id": event_id, "error": error[:500], "now": clock.now()}
    with platform_transaction("note why a message of Stripe waits") as session:
        session.execute(_FAILED, {**values, "waits": list(RETRY_SECONDS), "last": len(RETRY_SECONDS)})


def stuck(session: Session, most: int = 20) -> list[Stuck]:
    """Messages that failed and wait, oldest first: money may be missing in the books. Needs a platform door."""
    return [Stuck(*row) for row in session.execute(_STUCK, {"most": most})]


@jobs.sweep(every_seconds=60)
def handle_forgotten(now: datetime) -> None:
    """Handle messages whose job was lost or whose retry is due. Safe to repeat."""
    with platform_transaction("find messages of Stripe that wait") as session:
        due = list(session.execute(_DUE, {"now": now, "most": AT_ONCE}).scalars())
    for event_id in due:
        handle(event_id)


@jobs.sweep(every_seconds=300)
def find_missed(now: datetime) -> None:
    """Ask Stripe about top-ups that are not settled: messages that never came, pages that nobody closed.

    Asks nothing when everything is settled. When Stripe does not answer it is tried again next time. Safe to repeat.
    """
    with platform_transaction("find top-ups that are not settled") as session:
        session.execute(_GIVE_UP, {"before": now - NEVER_SHOWN})
        waiting = session.execute(_UNSETTLED, {"since": now - STRIPE_REMEMBERS}).all()
    if not waiting:
        return
    try:
        for event in _events_since(waiting[0].created_at - timedelta(minutes=1)):
            store(event)
        for top_up in waiting:
            if top_up.created_at <= now - LOOK_AFTER:
                _refresh(top_up.checkout_id, top_up.payment_intent_id)
    except Refused as refused:
        log.warning("Stripe was asked about %s top-ups and did not answer: %s", len(waiting), refused.message)


def _events_since(start: datetime) -> Iterator[StripeEvent]:
    after: str | None = None
    while True:
        page = gateway().events(Span(from_at=start, after=after), TYPES)
        yield from page.items
        if not page.has_more:
            return
        after = page.items[-1].id


def _refresh(checkout_id: str | None, intent_id: str | None) -> None:
    if checkout_id is None and intent_id is None:
        return
    try:
        seen = (
            _Seen(None, gateway().payment_intent(intent_id))
            if intent_id
            else _look_at_checkout(str(checkout_id))
        )
        with platform_transaction("bring a top-up up to date") as session:
            payments.follow(session, seen.checkout, seen.intent)
    except (PaymentMismatch, StripeObjectMissing):
        log.exception("a top-up does not fit what Stripe says of it")
