"""Settling pay-per-action sales: capture an action, give back what a hold no longer needs, close what is over.

Lock order of every deed on a sold lead: the sale's row, its action, its hold, and the wallet last.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.delivery.deliver import deliver
from app.delivery.payload import Event
from billing import charges
from billing.accounts import operator_id
from billing.charges import Capture, HoldRelease, Parties
from billing.money import Split
from tenants.actor import SYSTEM
from tenants.db import platform_transaction
from tenants.errors import NotFound
from tenants.jobs import sweep

OPEN = ("held", "part_captured")
"""States of a PPA sale that can still bill."""

_SALE = text("SELECT *, tenant_id AS agency_id FROM sale WHERE id = :id FOR UPDATE")
_STATE = text("""
WITH sold AS (UPDATE sale SET state = :state WHERE id = :id)
UPDATE purchase SET state = :state WHERE tenant_id = :company AND id = :id
""")
_WAITING = text("""
SELECT coalesce(sum(net_minor + vat_minor), 0) AS kept, count(*) AS many FROM action
WHERE sale_id = :id AND state IN ('pending', 'disputed')
""")
_IS_REJECTED = text(
    "SELECT EXISTS (SELECT FROM outcome WHERE tenant_id = :company AND purchase_id = :id AND type = 'rejected')"
)


def lock_sale(session: Session, sale_id: UUID) -> Row[Any]:
    """The sale, locked: first of all locks. Needs a platform door."""
    return session.execute(_SALE, {"id": sale_id}).one()


def lock_action(session: Session, action_id: UUID) -> Row[Any]:
    """The action, locked after its sale. Raises `NotFound`."""
    sale_id = session.execute(
        text("SELECT sale_id FROM action WHERE id = :id"), {"id": action_id}
    ).scalar_one_or_none()
    if sale_id is None:
        raise NotFound
    lock_sale(session, sale_id)
    return session.execute(text("SELECT * FROM action WHERE id = :id FOR UPDATE"), {"id": action_id}).one()


def end(session: Session, action: Row[Any], state: str, reason: str, by: str, at: datetime) -> None:
    """Close an action without billing it; what it kept of the hold goes back if the sale is over."""
    session.execute(
        text("""UPDATE action SET state = :state, reason = :reason, decided_by = :by, decided_at = :at
        WHERE id = :id"""),
        {"id": action.id, "state": state, "reason": reason.strip()[:2000], "by": by, "at": at},
    )
    tell(session, action, f"action.{state}", at)
    if state != "disputed":
        _close_if_over(session, lock_sale(session, action.sale_id), f"{action.id}:{state}", at)


def capture(session: Session, action: Row[Any], by: str, at: datetime, *, state: str = "confirmed") -> None:
    """Bill an action: its price leaves the hold and the agency's share is due at once."""
    session.execute(
        text("""UPDATE action SET state = :state, is_billed = true, captured_at = :at, decided_at = :at,
        decided_by = :by WHERE id = :id"""),
        {"id": action.id, "state": state, "at": at, "by": by},
    )
    tell(session, action, "action.captured", at)
    sale = lock_sale(session, action.sale_id)
    amount = Split(action.net_minor, action.vat_minor, action.commission_minor)
    is_whole = charges.capture(session, Capture(action.id, sale.id, _between(session, sale), amount), at, by)
    _set_state(session, sale, "closed" if is_whole else "part_captured")
    if not is_whole:
        _close_if_over(session, sale, str(action.id), at)


def close_sale(session: Session, sale: Row[Any], why: str, at: datetime) -> None:
    """Give back what no pending or disputed action needs; closed once nothing waits. Safe to repeat."""
    waiting = session.execute(_WAITING, {"id": sale.id}).one()
    what = HoldRelease(sale.id, _between(session, sale), int(waiting.kept), f"{sale.id}:{why}")
    charges.release_hold(session, what, at, SYSTEM.name)
    if not waiting.many:
        _set_state(session, sale, "closed")


def _close_if_over(session: Session, sale: Row[Any], why: str, at: datetime) -> None:
    asked = {"company": sale.company_id, "id": sale.id}
    if sale.report_until <= at or session.execute(_IS_REJECTED, asked).scalar():
        close_sale(session, sale, why, at)


def _set_state(session: Session, sale: Row[Any], state: str) -> None:
    session.execute(_STATE, {"id": sale.id, "company": sale.company_id, "state": state})


def _between(session: Session, sale: Row[Any]) -> Parties:
    return Parties(sale.company_id, sale.agency_id, operator_id(session), sale.currency)


@sweep(every_seconds=60)
def confirm_by_silence(now: datetime) -> None:
    """Pending actions whose clock ran out are confirmed and captured. Safe to repeat."""
    with platform_transaction("actions confirmed by silence") as session:
        due = session.execute(
            text("SELECT id FROM action WHERE state = 'pending' AND decide_by <= :now ORDER BY id LIMIT 200"),
            {"now": now},
        ).scalars()
        for action_id in list(due):
            action = lock_action(session, action_id)
            if action.state == "pending":
                capture(session, action, SYSTEM.name, action.decide_by)


@sweep(every_seconds=60)
def close_over(now: datetime) -> None:
    """PPA sales whose time to report is over are closed and what is left of the hold goes back. Safe to repeat."""
    with platform_transaction("pay-per-action sales end") as session:
        over = session.execute(
            text("""SELECT *, tenant_id AS agency_id FROM sale WHERE state IN ('held', 'part_captured')
            AND report_until <= :now ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED"""),
            {"now": now},
        ).all()
        for sale in over:
            close_sale(session, sale, "over", now)


def tell(session: Session, action: Row[Any], kind: str, at: datetime) -> None:
    """Tell both sides' destinations."""
    body = {
        "action_id": str(action.id),
        "sale_id": str(action.sale_id),
        "type": action.type,
        "claimed_by": action.claimed_by,
        "happened_at": action.happened_at.isoformat(),
        "at": at.isoformat(),
    }
    for tenant_id in (action.agency_id, action.company_id):
        deliver(session, tenant_id, Event(kind, action.id, body, at))
