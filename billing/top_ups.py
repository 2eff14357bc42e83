"""Top-ups: a company pays money into its wallet on Stripe's hosted page.

Invariants: no network call inside a transaction (claim, act, record); the idempotency key for Stripe follows from a row
that was stored before the call; a top-up has one page that anybody was ever shown. `payments.py` says what becomes of it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing import payments
from billing.money import demand_currency
from billing.payers import customer_of
from billing.stripe.client import CheckoutOrder
from billing.stripe.gateway import gateway
from billing.stripe.refusals import PaymentMisconfigured, PaymentUnavailable, StripeRequestRefused
from tenants import audit, clock
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_, say
from tenants.permissions import Permission

LEAST_MINOR, MOST_MINOR = 500, 10_000_000
"""5.00 to 100,000.00."""
PAGE_OPEN_FOR = timedelta(hours=2)
"""How long the hosted page can be paid."""
_ROUTE = "top_up"
_DESCRIPTION = N_("Wallet top-up")


class AmountOutOfRange(Refused):
    """A top-up is 5.00 to 100,000.00; nothing was written."""

    status, code = 422, "amount_out_of_range"


class TopUpKeyReused(Refused):
    """The idempotency key was used for another amount; nothing was written."""

    status, code = 422, "key_reused"


@dataclass(frozen=True, slots=True)
class NewTopUp:
    """What a company wants to pay. The same `key` opens the same page.

    `return_to` is the address of the page that shows the top-up, with `{id}` in place of its id.
    """

    amount_minor: int
    currency: str
    key: str
    return_to: str


@dataclass(frozen=True, slots=True)
class TopUp:
    """One top-up: created → open → paid | expired | failed. `fee_minor` is None until Stripe has booked it."""

    id: UUID
    tenant_id: UUID
    amount_minor: int
    currency: str
    state: str
    checkout_url: str | None
    fee_minor: int | None
    created_at: datetime
    paid_at: datetime | None


_FIELDS = "id, tenant_id, amount_minor, currency, state, checkout_url, fee_minor, created_at, paid_at"
_CLAIM = text("""
INSERT INTO idempotency (tenant_id, route, key, request_hash, response, created_at)
VALUES (:tenant, :route, :key, :hash, CAST(:response AS jsonb), :at) ON CONFLICT DO NOTHING RETURNING true
""")
_CLAIMED = text("""
SELECT request_hash, CAST(response ->> 'id' AS uuid) AS id, CAST(response ->> 'lost' AS bigint) AS lost
FROM idempotency WHERE tenant_id = :tenant AND route = :route AND key = :key
""")
_LOST = text("""
UPDATE idempotency SET response = jsonb_set(response, '{lost}', to_jsonb(CAST(:lost AS bigint) + 1))
WHERE tenant_id = :tenant AND route = :route AND key = :key
""")
_ADD = text("""
INSERT INTO top_up (tenant_id, id, amount_minor, currency, state, created_by, created_at)
VALUES (:tenant, :id, :amount, :currency, 'created', :by, :at)
""")
_GET = text(f"SELECT {_FIELDS} FROM top_up WHERE id = :id")  # noqa: S608 (our own words)
_OPEN = text(f"""
UPDATE top_up SET checkout_id = :checkout, livemode = :live,
  checkout_url = CASE WHEN state = 'created' THEN :url ELSE checkout_url END,
  state = CASE WHEN state = 'created' THEN 'open' ELSE state END
WHERE tenant_id = :tenant AND id = :id RETURNING {_FIELDS}
""")  # noqa: S608 (our own words)
_HISTORY = text(f"""
SELECT {_FIELDS} FROM top_up WHERE (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
""")  # noqa: S608 (our own words)


def start(actor: Actor, wanted: NewTopUp) -> TopUp:
    """Open a hosted page for a top-up of the actor's wallet; its address is `checkout_url` while the state is open.

    A network deed with short transactions of its own: the caller holds none. Repeating with the same key gives the
    same top-up, also after a crash or `PaymentUnavailable`. Raises, with nothing written: `AmountOutOfRange`,
    `CurrencyNotSupported`, `Invalid` (key), `TopUpKeyReused`, `Forbidden`. If Stripe refuses the request the top-up
    is kept as failed.
    """
    actor.demand(Permission.MONEY_WRITE)
    demand_sound(wanted)
    claimed, lost = _claim(actor, wanted, clock.now())
    if claimed.state != "created":
        return claimed
    try:
        checkout = gateway().create_checkout(_order(actor, claimed, lost, wanted.return_to))
    except PaymentUnavailable:
        _note_lost(claimed, lost, wanted.key)
        raise
    except (StripeRequestRefused, PaymentMisconfigured):
        with platform_transaction("a top-up that Stripe refused") as session:
            payments.end(session, claimed.tenant_id, claimed.id, "failed")
        raise
    with platform_transaction("keep the page of a top-up") as session:
        values = {"checkout": checkout.id, "url": checkout.url, "live": checkout.livemode}
        where = {"tenant": claimed.tenant_id, "id": claimed.id}
        return TopUp(*session.execute(_OPEN, {**values, **where}).one())


def demand_sound(wanted: NewTopUp) -> None:
    """Raises `AmountOutOfRange`, `CurrencyNotSupported` or `Invalid` (key): what needs no Stripe to be seen wrong."""
    demand_currency(wanted.currency)
    if not LEAST_MINOR <= wanted.amount_minor <= MOST_MINOR:
        raise AmountOutOfRange(
            N_("A top-up is at least 5.00 and at most 100,000.00 %(currency)s."),
            least_minor=LEAST_MINOR,
            most_minor=MOST_MINOR,
            currency=wanted.currency,
        )
    if not 1 <= len(wanted.key) <= 255:
        raise Invalid(
            N_("An idempotency key has 1 to 255 characters."), fields={"key": N_("1 to 255 characters.")}
        )


def _note_lost(claimed: TopUp, lost: int, key: str) -> None:
    # Stripe gives a stored failure again for a day: the next attempt asks with another key. If this one did open a
    # page, nobody was shown it, and it runs out unpaid.
    with transaction(claimed.tenant_id) as session:
        session.execute(_LOST, {"tenant": claimed.tenant_id, "route": _ROUTE, "key": key, "lost": lost})


def _claim(actor: Actor, wanted: NewTopUp, at: datetime) -> tuple[TopUp, int]:
    tenant_id, top_up_id = actor.card().id, new_id()
    asked = hashlib.sha256(f"{wanted.amount_minor} {wanted.currency}".encode()).digest()
    claim = {"tenant": tenant_id, "route": _ROUTE, "key": wanted.key, "hash": asked, "at": at}
    values = {
        "tenant": tenant_id,
        "id": top_up_id,
        "amount": wanted.amount_minor,
        "currency": wanted.currency,
    }
    with transaction(tenant_id) as session:
        response = json.dumps({"id": str(top_up_id), "lost": 0})
        if session.execute(_CLAIM, {**claim, "response": response}).scalar() is None:
            stored = session.execute(_CLAIMED, claim).one()
            if bytes(stored.request_hash) != asked:
                raise TopUpKeyReused(N_("This idempotency key was used for another amount."), key=wanted.key)
            return get(session, stored.id), stored.lost
        session.execute(_ADD, {**values, "by": actor.id, "at": at})
        detail = {"amount_minor": wanted.amount_minor, "currency": wanted.currency}
        audit.record(session, actor, "top_up.started", "top_up", top_up_id, detail=detail, at=at)
        return get(session, top_up_id), 0


def _order(actor: Actor, top_up: TopUp, lost: int, return_to: str) -> CheckoutOrder:
    # everything follows from stored rows, so that a repeated call is the same call to Stripe
    page = return_to.replace("{id}", str(top_up.id))
    return CheckoutOrder(
        top_up_id=f"{top_up.id}.{lost}" if lost else str(top_up.id),
        customer_id=customer_of(actor.card()),
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        description=say(actor.card().language, _DESCRIPTION),
        success_url=f"{page}?paid=1",
        cancel_url=page,
        expires_at=top_up.created_at + PAGE_OPEN_FOR,
        metadata={"top_up": str(top_up.id), "tenant": str(top_up.tenant_id)},
    )


def get(session: Session, top_up_id: UUID) -> TopUp:
    """One top-up of the session's tenant. Raises `NotFound`."""
    found = session.execute(_GET, {"id": top_up_id}).one_or_none()
    if found is None:
        raise NotFound
    return TopUp(*found)


def history(session: Session, *, before: UUID | None = None, limit: int = 50) -> list[TopUp]:
    """A page of the tenant's top-ups, newest first; the next page is `before` the last id of this one."""
    return [TopUp(*row) for row in session.execute(_HISTORY, {"before": before, "limit": limit})]
