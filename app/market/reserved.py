"""Leads reserved for one company because the person answered that company: shown to it alone, accepted or declined."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.delivery.deliver import deliver
from app.delivery.payload import Event
from app.market import notices
from tenants import audit
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_


class AlreadyAnswered(Refused):
    """The reserved lead was bought, declined, withdrawn or has expired; nothing was changed."""

    status, code = 409, "already_answered"


def reserved_leads(
    session: Session, at: datetime, *, after: UUID | None = None, limit: int = 50
) -> Sequence[Row[Any]]:
    """What is offered to the session's company now, the one that expires first on top."""
    return session.execute(
        text("""
        SELECT * FROM reserved_lead WHERE state = 'offered' AND expires_at > :at
          AND (CAST(:after AS uuid) IS NULL OR (expires_at, lead_id) >
            (SELECT expires_at, lead_id FROM reserved_lead WHERE lead_id = :after))
        ORDER BY expires_at, lead_id LIMIT :limit"""),
        {"at": at, "after": after, "limit": limit},
    ).all()


def decline(session: Session, actor: Actor, lead_id: UUID, reason: str, at: datetime) -> None:
    """The company does not want this lead; the agency is told, and nobody else is ever offered it.

    Raises `NotFound` if it is not reserved for this company, `AlreadyAnswered` if it is no longer open.
    """
    tenant = actor.card()
    with as_platform(session, "declining tells the agency"):
        row = session.execute(
            text("SELECT * FROM reserved_lead WHERE tenant_id = :tenant AND lead_id = :lead FOR UPDATE"),
            {"tenant": tenant.id, "lead": lead_id},
        ).one_or_none()
        if row is None:
            raise NotFound
        if row.state != "offered":
            raise AlreadyAnswered(N_("This reserved lead was answered before."), state=row.state)
        session.execute(
            text("""UPDATE reserved_lead SET state = 'declined', answered_at = :at, decline_reason = :reason
            WHERE tenant_id = :tenant AND lead_id = :lead"""),
            {"tenant": tenant.id, "lead": lead_id, "at": at, "reason": reason[:500]},
        )
        session.execute(
            text(
                "UPDATE lead SET state = 'expired' WHERE tenant_id = :agency AND id = :lead AND state = 'offered'"
            ),
            {"agency": row.agency_id, "lead": lead_id},
        )
        body = {"lead_id": str(lead_id), "reason": reason[:500], "declined_at": at.isoformat()}
        deliver(session, row.agency_id, Event("lead.declined", lead_id, body, at))
    audit.record(session, actor, "lead.declined", "lead", lead_id, at=at)


def tell_addressees(session: Session, companies: Mapping[UUID, int], agency_name: str, at: Any) -> None:
    """Tell each company how many enquiries were reserved for it, at publish, without any personal data."""
    for company_id, count in sorted(companies.items()):
        body = {"agency": agency_name, "count": count, "offered_at": at.isoformat()}
        deliver(session, company_id, Event("lead.reserved", new_id(), body, at))
        notices.tell_reserved(session, company_id, agency_name, count)
