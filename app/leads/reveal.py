"""Showing an agency the people behind a lead of its own: opened on request, one lead at a time, and logged."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.bundle import FIELD, Bundle, unpack
from tenants import audit, crypto
from tenants.actor import Actor
from tenants.errors import NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission

_SEALED = text("""
SELECT l.sealed, s.salt FROM lead l LEFT JOIN lead_salt s ON s.tenant_id = l.tenant_id AND s.lead_id = l.id
WHERE l.tenant_id = :tenant AND l.id = :id
""")


class LeadErased(Refused):
    """The person asked to be erased: nobody can open this lead any more."""

    status, code = 410, "lead_erased"

    def __init__(self) -> None:
        super().__init__(N_("This person's data was erased."))


def reveal(session: Session, actor: Actor, lead_id: UUID) -> Bundle:
    """The contact set, personal answers and consent of a lead of the actor's agency; each reveal is logged.

    Raises `Forbidden` without `contacts:read`, `NotFound`, or `LeadErased`.
    """
    actor.demand(Permission.CONTACT_READ)
    tenant_id = actor.card().id
    row = session.execute(_SEALED, {"tenant": tenant_id, "id": lead_id}).one_or_none()
    if row is None:
        raise NotFound
    if row.sealed is None or row.salt is None:
        raise LeadErased
    opened = crypto.vault(session, tenant_id).open(bytes(row.salt), lead_id, FIELD, bytes(row.sealed))
    found = unpack(opened)
    audit.record(session, actor, "lead.revealed", "lead", lead_id, count=len(found.contacts))
    return found
