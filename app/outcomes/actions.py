"""Actions of pay-per-action sales: pending until the company confirms, then captured; claimed by the agency; disputed.

Each action type bills at most once per sale. A pending or disputed action keeps its part of the hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.market import notices
from app.outcomes import settle
from billing.charges import COMMISSION_BP
from billing.money import split
from tenants import audit
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import Forbidden, Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

ANSWER_WITHIN = timedelta(hours=72)
"""The other side's clock: silence confirms."""


class ActionClosed(Refused):
    """The action was answered, its time is over, or this type was billed before; nothing was written."""

    status, code = 409, "action_closed"


@dataclass(frozen=True, slots=True)
class Happened:
    """What is said to have happened: an action type, when, and who says so on what ground."""

    type: str
    at: datetime
    outcome_id: UUID | None = None
    evidence: str = ""


_OPEN = text("""
INSERT INTO action (id, sale_id, agency_id, company_id, type, state, claimed_by, outcome_id, evidence, happened_at,
  reported_at, decide_by, net_minor, vat_minor, commission_minor, currency)
VALUES (:id, :sale, :agency, :company, :type, 'pending', :claimed_by, :outcome, :evidence, :happened, :at, :by, :net,
  :vat, :commission, :currency)
ON CONFLICT (sale_id, type) WHERE state <> 'withdrawn' DO NOTHING RETURNING *
""")


def open_action(
    session: Session, sale: Row[Any], what: Happened, claimed_by: str, at: datetime
) -> UUID | None:
    """Note an action of a locked PPA sale as pending; None if this type has one already. Needs a platform door."""
    amount = split(int(sale.prices[what.type]), sale.vat_bp, COMMISSION_BP)
    made = session.execute(
        _OPEN,
        {
            "id": new_id(),
            "sale": sale.id,
            "agency": sale.agency_id,
            "company": sale.company_id,
            "type": what.type,
            "claimed_by": claimed_by,
            "outcome": what.outcome_id,
            "evidence": what.evidence.strip()[:2000],
            "happened": what.at,
            "at": at,
            "by": at + ANSWER_WITHIN,
            "net": amount.net,
            "vat": amount.vat,
            "commission": amount.commission,
            "currency": sale.currency,
        },
    ).one_or_none()
    if made is None:
        return None
    settle.tell(session, made, "action.reported", at)
    return UUID(str(made.id))


def can_bill(sale: Row[Any], what: Happened, at: datetime) -> bool:
    """Whether the action would bill: a price was agreed, it happened and is reported in time, the sale is open."""
    return (
        what.type in sale.prices
        and sale.sold_at - timedelta(minutes=10) <= what.at <= sale.bills_until
        and at <= sale.report_until
        and sale.state in settle.OPEN
    )


def claim(session: Session, actor: Actor, sale_id: UUID, what: Happened, at: datetime) -> UUID:
    """The agency claims an action the company did not report, with evidence; the company answers within 72 hours.

    Raises `NotFound`, `Invalid`, `ActionClosed`; then nothing was written.
    """
    if not what.evidence.strip() or what.at > at:
        raise Invalid(
            N_("Say what proves it and when it happened."),
            fields={"evidence": N_("Please fill this in."), "happened_at": N_("A time that has come.")},
        )
    agency = actor.card()
    own = session.execute(
        text("SELECT 1 FROM sale WHERE tenant_id = :agency AND id = :id"),
        {"agency": agency.id, "id": sale_id},
    ).scalar()
    if own is None or agency.kind != "agency":
        raise NotFound
    with as_platform(session, "an action is between two sides"):
        sale = settle.lock_sale(session, sale_id)
        if not can_bill(sale, what, at):
            raise ActionClosed(N_("This action is not billable for this sale any more."), state=sale.state)
        made = open_action(session, sale, what, "agency", at)
        if made is None:
            raise ActionClosed(
                N_("This type of action has been reported for this sale before."), type=what.type
            )
        until = f"{at + ANSWER_WITHIN:%Y-%m-%d %H:%M} UTC"
        notices.tell_action(session, sale.company_id, agency.name, what.type, until)
    audit.record(session, actor, "action.claimed", "sale", sale_id, detail={"type": what.type}, at=at)
    return made


def confirm(session: Session, actor: Actor, action_id: UUID, at: datetime) -> None:
    """The company confirms: the price is captured at once. Raises `NotFound`, `ActionClosed`."""
    with as_platform(session, "an action is between two sides"):
        settle.capture(session, _pending(session, actor, action_id), actor.name, at)
    audit.record(session, actor, "action.confirmed", "action", action_id, at=at)


def withdraw(session: Session, actor: Actor, action_id: UUID, reason: str, at: datetime) -> None:
    """The company takes back what it reported itself, with a reason. Raises `NotFound`, `ActionClosed`, `Invalid`."""
    _answer(session, actor, action_id, reason, at, claimed_by="company")


def refuse(session: Session, actor: Actor, action_id: UUID, reason: str, at: datetime) -> None:
    """The company refuses what the agency claimed: a dispute for the operator. Raises as `withdraw`."""
    _answer(session, actor, action_id, reason, at, claimed_by="agency")


def _answer(
    session: Session, actor: Actor, action_id: UUID, reason: str, at: datetime, *, claimed_by: str
) -> None:
    if not reason.strip():
        raise Invalid(N_("Say why."), fields={"reason": N_("Say why.")})
    with as_platform(session, "an action is between two sides"):
        found = _pending(session, actor, action_id)
        if found.claimed_by != claimed_by:
            raise ActionClosed(
                N_("You withdraw what you reported yourself, and refuse what the agency claimed."),
                claimed_by=found.claimed_by,
            )
        state = "withdrawn" if claimed_by == "company" else "disputed"
        settle.end(session, found, state, reason, actor.name, at)
    audit.record(session, actor, f"action.{state}", "action", action_id, at=at)


def decide_dispute(
    session: Session, actor: Actor, action_id: UUID, reason: str, at: datetime, *, bills: bool
) -> None:
    """The operator decides a dispute, finally. Raises `Forbidden`, `NotFound`, `ActionClosed`."""
    if actor.card().kind != "operator":
        raise Forbidden(N_("Only the operator decides disputes."))
    with as_platform(session, "the operator decides a dispute"):
        found = settle.lock_action(session, action_id)
        if found.state != "disputed":
            raise ActionClosed(N_("There is no open dispute."), state=found.state)
        if bills:
            settle.capture(session, found, actor.name, at, state="decided")
        else:
            settle.end(session, found, "decided", reason, actor.name, at)
    audit.record(session, actor, "dispute.decided", "action", action_id, detail={"bills": bills}, at=at)


def _pending(session: Session, actor: Actor, action_id: UUID) -> Row[Any]:
    found = settle.lock_action(session, action_id)
    if found.company_id != actor.tenant_id:
        raise NotFound
    if found.state != "pending":
        raise ActionClosed(N_("This action was answered before."), state=found.state)
    return found


def actions(
    session: Session, *, state: str = "", before: UUID | None = None, limit: int = 50
) -> Sequence[Row[Any]]:
    """The actions the session's tenant is a side of, newest first."""
    return session.execute(
        text("""SELECT * FROM action WHERE (:state = '' OR state = :state)
        AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"""),
        {"state": state, "before": before, "limit": limit},
    ).all()
