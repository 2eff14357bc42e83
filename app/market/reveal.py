"""Showing a company the people it paid for: opened on request, and logged with how many leads were opened.

Invariant: a purchase is opened by its own company's key only, and never without a record of who opened it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import emails, phones
from app.leads.bundle import FIELD, PERSON, Bundle, unpack
from tenants import audit, crypto
from tenants.actor import Actor
from tenants.permissions import Permission

_SEALED = text("""
SELECT p.id, p.sealed, s.salt FROM purchase p JOIN purchase_salt s ON s.tenant_id = p.tenant_id AND s.purchase_id = p.id
WHERE p.tenant_id = :company AND p.id = ANY(:ids) AND p.sealed IS NOT NULL
""")
_OF_PERSON = text("""
SELECT DISTINCT purchase_id FROM bought_person WHERE tenant_id = :company AND vertical = ANY(:verticals)
  AND blind = ANY(:blinds) LIMIT 200
""")
_VERTICALS = text("SELECT DISTINCT vertical FROM bought_person WHERE tenant_id = :company")


def reveal(session: Session, actor: Actor, purchase_id: UUID) -> Bundle | None:
    """The contact set, personal answers and consent of one purchase; None once it was erased. Each reveal is logged.

    Raises `Forbidden` without `contacts:read`. A foreign id opens nothing.
    """
    actor.demand(Permission.CONTACT_READ)
    opened = _open(session, actor, [purchase_id]).get(purchase_id)
    if opened is not None:
        audit.record(session, actor, "purchase.revealed", "purchase", purchase_id, count=len(opened.contacts))
    return opened


def reveal_all(session: Session, actor: Actor, purchase_ids: Sequence[UUID], how: str) -> dict[UUID, Bundle]:
    """Open many purchases for one download; erased ones are missing. One record with the count; `how` names the file.

    Raises `Forbidden` without `contacts:read`.
    """
    actor.demand(Permission.CONTACT_READ)
    opened = _open(session, actor, purchase_ids)
    audit.record(
        session,
        actor,
        "purchases.downloaded",
        "purchase",
        None,
        count=len(purchase_ids),
        detail={"file": how},
    )
    return opened


def purchases_of(session: Session, actor: Actor, channel: str) -> tuple[UUID, ...]:
    """The company's purchases of the person with exactly this phone or e-mail; found without opening any.

    Raises `Forbidden` without `contacts:read`. A number without a prefix is taken as of the company's own country.
    """
    actor.demand(Permission.CONTACT_READ)
    company = actor.card()
    written = emails.normal_form(channel) if "@" in channel else phones.to_e164(channel, company.country)
    if written is None:
        return ()
    blind = crypto.vault(session, company.id).blind(PERSON, written)
    verticals = session.execute(_VERTICALS, {"company": company.id}).scalars().all()
    asked: dict[str, Any] = {"company": company.id, "verticals": list(verticals), "blinds": [blind]}
    return tuple(session.execute(_OF_PERSON, asked).scalars())


def _open(session: Session, actor: Actor, purchase_ids: Sequence[UUID]) -> dict[UUID, Bundle]:
    company_id = actor.card().id
    vault = crypto.vault(session, company_id)
    rows = session.execute(_SEALED, {"company": company_id, "ids": list(purchase_ids)})
    return {row.id: unpack(vault.open(bytes(row.salt), row.id, FIELD, bytes(row.sealed))) for row in rows}
