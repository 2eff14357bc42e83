"""What Stripe says of a top-up's payment, and what that does to the books.

Invariants: money moves only when top-up, amount, currency and mode are what was asked for; a top-up is paid once and
its fee booked once, however often and in whatever order we hear of it; a paid top-up stays paid.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from billing import ledger
from billing.accounts import Account, operator_id
from billing.ledger import Journal, Line
from billing.stripe.answers import Charge, CheckoutSession, PaymentIntent

_ACTOR = "Stripe"


class PaymentMismatch(Exception):
    """What Stripe says of a payment is not what we asked for: no money moves until a person has looked."""


_LOCK = text("SELECT * FROM top_up WHERE tenant_id = :tenant AND id = :id FOR UPDATE")
_PAY = text("""
UPDATE top_up SET state = 'paid', payment_intent_id = :intent, charge_id = :charge, paid_at = :at, checkout_url = NULL
WHERE tenant_id = :tenant AND id = :id
""")
_END = text("""
UPDATE top_up SET state = :state, checkout_url = NULL
WHERE tenant_id = :tenant AND id = :id AND state IN ('created', 'open')
  AND (checkout_id IS NULL OR :checkout IN ('', checkout_id)) RETURNING true
""")
_OF_CHARGE = text("SELECT * FROM top_up WHERE charge_id = :charge FOR UPDATE")
_FEE = text("UPDATE top_up SET fee_minor = :fee WHERE tenant_id = :tenant AND id = :id")


def follow(session: Session, checkout: CheckoutSession | None, intent: PaymentIntent | None) -> bool:
    """Bring a top-up to where Stripe says its page and its payment are; False if they belong to no top-up.

    Needs a platform door. Raises `PaymentMismatch`; then nothing was written.
    """
    named = intent or checkout
    if named is None or "top_up" not in named.metadata:
        return False
    if intent is not None and intent.status == "succeeded":
        succeed(session, intent)
        fee_known(session, _charge_of(intent))
    elif checkout is not None and checkout.status == "expired":
        expire(session, checkout)
    elif checkout is not None and checkout.status == "complete" and _is_refused(intent):
        fail(session, checkout)
    return True


def _is_refused(intent: PaymentIntent | None) -> bool:
    return intent is not None and intent.status in ("requires_payment_method", "canceled")


def _charge_of(intent: PaymentIntent) -> Charge:
    charge = intent.latest_charge
    if charge is None or charge.status != "succeeded":
        raise PaymentMismatch(f"payment {intent.id} succeeded without a charge")
    return charge


def succeed(session: Session, intent: PaymentIntent) -> bool:
    """Stripe has the money: it stands in the wallet from now on. False, and nothing written, if it did before.

    Needs a platform door. Counts at the time of the charge, however late we learn of it. Raises `PaymentMismatch`
    if top-up, amount, currency or mode differ from what was asked: then nothing was written.
    """
    found = _lock(session, intent.metadata)
    charge = _charge_of(intent)
    _demand_match(found, intent)
    if found.state == "paid":
        return False
    where = {"tenant": found.tenant_id, "id": found.id}
    session.execute(_PAY, {**where, "intent": intent.id, "charge": charge.id, "at": charge.created_at})
    amount, currency = found.amount_minor, found.currency
    lines = (
        Line(operator_id(session), Account.STRIPE_BALANCE, amount, currency),
        Line(found.tenant_id, Account.WALLET, -amount, currency),
    )
    ledger.post(session, [Journal("top_up", str(found.id), found.id, charge.created_at, _ACTOR, lines)])
    return True


def fee_known(session: Session, charge: Charge) -> bool:
    """Stripe has booked a top-up's charge: its fee is a cost of ours. False if the books knew it, or it is not booked.

    Needs a platform door. Raises `PaymentMismatch` for a charge of no top-up, or booked in another currency.
    """
    booked = charge.balance_transaction
    if booked is None:
        return False
    found = session.execute(_OF_CHARGE, {"charge": charge.id}).one_or_none()
    if found is None or booked.currency != found.currency or booked.amount_minor != found.amount_minor:
        raise PaymentMismatch(f"charge {charge.id} was booked as {booked.amount_minor} {booked.currency}")
    session.execute(_FEE, {"tenant": found.tenant_id, "id": found.id, "fee": booked.fee_minor})
    if not booked.fee_minor:
        return False
    books = operator_id(session)
    lines = (
        Line(books, Account.STRIPE_FEES, booked.fee_minor, booked.currency),
        Line(books, Account.STRIPE_BALANCE, -booked.fee_minor, booked.currency),
    )
    return bool(
        ledger.post(session, [Journal("stripe_fee", booked.id, found.id, booked.created_at, _ACTOR, lines)])
    )


def expire(session: Session, checkout: CheckoutSession) -> bool:
    """The hosted page's time is over and nobody paid. A paid top-up stays paid. Needs a platform door."""
    found = _lock(session, checkout.metadata)
    return end(session, found.tenant_id, found.id, "expired", checkout.id)


def fail(session: Session, checkout: CheckoutSession) -> bool:
    """The bank took its time and then refused. A paid top-up stays paid. Needs a platform door."""
    found = _lock(session, checkout.metadata)
    return end(session, found.tenant_id, found.id, "failed", checkout.id)


def end(session: Session, tenant_id: UUID, top_up_id: UUID, state: str, checkout_id: str = "") -> bool:
    """A top-up ends unpaid; not if it has ended before, and not for the sake of a page that it does not wait for."""
    where = {"tenant": tenant_id, "id": top_up_id, "state": state, "checkout": checkout_id}
    return session.execute(_END, where).scalar() is not None


def _lock(session: Session, metadata: Mapping[str, str]) -> Row[Any]:
    try:
        where = {"tenant": UUID(metadata["tenant"]), "id": UUID(metadata["top_up"])}
    except (KeyError, ValueError):
        raise PaymentMismatch(f"Stripe names no top-up of ours: {dict(metadata)}") from None
    found = session.execute(_LOCK, where).one_or_none()
    if found is None:
        raise PaymentMismatch(f"there is no top-up {where['id']} of tenant {where['tenant']}")
    return found


def _demand_match(found: Row[Any], intent: PaymentIntent) -> None:
    asked = (found.amount_minor, found.currency)
    if (intent.received_minor, intent.currency) != asked:
        got = f"{intent.received_minor} {intent.currency}"
        raise PaymentMismatch(
            f"top-up {found.id} asked for {asked[0]} {asked[1]}, payment {intent.id} has {got}"
        )
    if found.livemode is not None and found.livemode != intent.livemode:
        raise PaymentMismatch(
            f"payment {intent.id} and top-up {found.id} are of different modes, test and live"
        )
    if found.payment_intent_id not in (None, intent.id):
        raise PaymentMismatch(
            f"top-up {found.id} was paid by {found.payment_intent_id}, and again by {intent.id}"
        )
