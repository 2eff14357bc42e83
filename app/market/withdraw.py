"""Taking leads back: unsold slots close at once, sales stand; a withdrawn consent is told to every buyer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.deliver import deliver
from app.delivery.payload import Event
from tenants import audit
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import Invalid, NotFound
from tenants.language import N_

REASONS = ("mistake", "quality", "consent", "other")

_WITHDRAW = text("""
UPDATE lead SET state = 'withdrawn', withdrawn_at = :at, withdrawn_for = :reason
WHERE tenant_id = :tenant AND id = ANY(:leads) AND state NOT IN ('withdrawn', 'erased', 'expired') RETURNING id
""")
_CLOSE = text("UPDATE listing SET state = 'closed' WHERE agency_id = :tenant AND lead_id = ANY(:leads)")
_UNRESERVE = text("""
UPDATE reserved_lead SET state = 'withdrawn', answered_at = :at
WHERE agency_id = :tenant AND lead_id = ANY(:leads) AND state = 'offered'
""")
_MARK_COPIES = text("""
UPDATE purchase SET consent_withdrawn_at = :at WHERE agency_id = :tenant AND lead_id = ANY(:leads)
  AND consent_withdrawn_at IS NULL RETURNING tenant_id, id, lead_id
""")


def withdraw_leads(
    session: Session,
    actor: Actor,
    lead_ids: Sequence[UUID],
    reason: str,
    at: datetime,
    *,
    agency_id: UUID | None = None,
) -> int:
    """Withdraw leads of the actor's agency (or of the one the system works for); how many were still there to withdraw. Repeating withdraws nothing.

    With reason `consent` every buyer is told (`lead.consent_withdrawn`) and its copy is marked.
    """
    if reason not in REASONS:
        raise Invalid(
            N_("Choose why the lead is withdrawn."), fields={"reason": N_("Choose a reason from the list.")}
        )
    tenant_id = agency_id or actor.card().id
    values = {"tenant": tenant_id, "leads": sorted(lead_ids), "reason": reason, "at": at}
    session.execute(
        text(
            "SELECT id FROM lead WHERE tenant_id = :tenant AND id = ANY(:leads) ORDER BY id FOR NO KEY UPDATE"
        ),
        values,
    )
    withdrawn = session.execute(_WITHDRAW, values).scalars().all()
    values["leads"] = list(withdrawn)
    session.execute(_CLOSE, values)
    with as_platform(session, "reserved leads and sold copies stand in the companies' tables"):
        session.execute(_UNRESERVE, values)
        if reason == "consent":
            for copy in session.execute(_MARK_COPIES, values).all():
                body = {"purchase_id": str(copy.id), "lead_id": str(copy.lead_id), "at": at.isoformat()}
                deliver(session, copy.tenant_id, Event("lead.consent_withdrawn", copy.id, body, at))
    if agency_id is None:  # of a whole batch one record is enough
        _record(session, actor, withdrawn[:100], values)
    return len(withdrawn)


def _record(session: Session, actor: Actor, leads: Sequence[UUID], values: Mapping[str, Any]) -> None:
    for lead_id in leads:
        detail = {"reason": values["reason"]}
        audit.record(session, actor, "lead.withdrawn", "lead", lead_id, detail=detail, at=values["at"])


def withdraw_lead(session: Session, actor: Actor, lead_id: UUID, reason: str, at: datetime) -> None:
    """Withdraw one lead. Raises `NotFound` for a lead that is not the agency's; repeating changes nothing."""
    if (
        session.execute(
            text("SELECT 1 FROM lead WHERE id = :id AND tenant_id = :tenant"),
            {"id": lead_id, "tenant": actor.card().id},
        ).scalar()
        is None
    ):
        raise NotFound
    withdraw_leads(session, actor, [lead_id], reason, at)
