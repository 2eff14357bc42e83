"""Taking leads back: unsold slots close at once, sales stand; a withdrawn consent is told to every buyer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.deliver import deliver
from app.delivery.payload import Event
from app.market.publish import NotPublishable
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
    session: Session, actor: Actor, lead_ids: Sequence[UUID], reason: str, at: datetime
) -> int:
    """Withdraw leads of the actor's agency; how many were still there to withdraw. Repeating withdraws nothing.

    With reason `consent` every buyer is told (`lead.consent_withdrawn`) and its copy is marked.
    """
    if reason not in REASONS:
        raise Invalid(
            N_("Choose why the lead is withdrawn."), fields={"reason": N_("Choose a reason from the list.")}
        )
    tenant_id = actor.card().id
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
    for lead_id in withdrawn[:100]:
        audit.record(session, actor, "lead.withdrawn", "lead", lead_id, detail={"reason": reason}, at=at)
    return len(withdrawn)


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


def undo_batch(session: Session, actor: Actor, batch_id: UUID, at: datetime) -> tuple[int, int]:
    """Undo a published batch: withdraw everything unsold; (withdrawn, sold leads that stand).

    Raises `NotFound`, or `NotPublishable` when the batch is not published.
    """
    state = session.execute(
        text("SELECT state FROM batch WHERE id = :id FOR UPDATE"), {"id": batch_id}
    ).scalar_one_or_none()
    if state is None:
        raise NotFound
    if state != "published":
        raise NotPublishable(N_("Only a published batch can be undone."), state=state)
    leads = session.execute(
        text("SELECT id, sold_count FROM lead WHERE batch_id = :id"), {"id": batch_id}
    ).all()
    withdrawn = withdraw_leads(session, actor, [row.id for row in leads], "mistake", at)
    session.execute(
        text("UPDATE batch SET state = 'undone', undone_at = :at WHERE id = :id"), {"id": batch_id, "at": at}
    )
    audit.record(session, actor, "batch.undone", "batch", batch_id, count=withdrawn, at=at)
    return withdrawn, sum(1 for row in leads if row.sold_count)
