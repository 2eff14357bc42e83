"""Secret links to posting instructions: an agency gives one to whoever posts leads of a source.

Invariants: the address is kept only as a fingerprint; a revoked link and one that never was look alike; the page behind
it names the agency and the source's facts, never a key or a lead.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.intake_facts import IntakeFacts, demand_sound
from tenants import audit, clock
from tenants.actor import Actor
from tenants.db import platform_transaction
from tenants.errors import NotFound
from tenants.ids import new_id
from tenants.permissions import Permission
from tenants.secret_links import fingerprint, new_token

FACTS = "source_id, vertical, lead_type, country, legal_basis, consent_text_id, addressee_id, max_sales"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its agency sees it."""

    id: UUID
    facts: IntakeFacts
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands behind a link: whose it is, and what to post."""

    agency: str
    facts: IntakeFacts


_MAKE = text(f"""
INSERT INTO instruction_link (tenant_id, id, {FACTS}, token_hash, created_at)
VALUES (:tenant, :id, :source_id, :vertical, :lead_type, :country, :legal_basis, :consent_text_id, :addressee_id,
  :max_sales, :hash, :now)
""")  # noqa: S608 (our own words)
_LIST = text(f"""
SELECT id, created_at, revoked_at, {FACTS} FROM instruction_link
WHERE tenant_id = :tenant AND source_id = :source ORDER BY revoked_at IS NOT NULL, id DESC LIMIT 50
""")  # noqa: S608
_REVOKE = text("""
UPDATE instruction_link SET revoked_at = :now
WHERE tenant_id = :tenant AND source_id = :source AND id = :id AND revoked_at IS NULL RETURNING id
""")
_OPEN = text(f"""
SELECT (SELECT name FROM tenant WHERE id = tenant_id) AS agency, {FACTS} FROM instruction_link
WHERE token_hash = :hash AND revoked_at IS NULL
""")  # noqa: S608


def make(session: Session, actor: Actor, facts: IntakeFacts) -> str:
    """A link to the instructions for these facts; gives its token, which cannot be shown again.

    Raises `Forbidden` and what `intake_facts.demand_sound` refuses.
    """
    actor.demand(Permission.LEAD_WRITE)
    sound = demand_sound(session, actor.card().id, facts)
    token, made = new_token(), new_id()
    words = {**words_of(facts), "tenant": actor.card().id, "id": made, "country": sound.country}
    session.execute(_MAKE, {**words, "hash": fingerprint(token), "now": clock.now()})
    audit.record(session, actor, "instructions.shared", "source", facts.source_id)
    return token


def listed(session: Session, tenant_id: UUID, source_id: UUID) -> list[Link]:
    """The links of a source, the open ones first, then the newest."""
    rows = session.execute(_LIST, {"tenant": tenant_id, "source": source_id})
    return [Link(row.id, facts_of(row), row.created_at, row.revoked_at) for row in rows]


def revoke(session: Session, actor: Actor, source_id: UUID, link_id: UUID) -> None:
    """Nobody reads the instructions by this link any more. Raises `NotFound` (also when revoked already)."""
    actor.demand(Permission.LEAD_WRITE)
    words = {"tenant": actor.card().id, "source": source_id, "id": link_id, "now": clock.now()}
    if session.execute(_REVOKE, words).one_or_none() is None:
        raise NotFound
    audit.record(session, actor, "instructions.revoked", "source", source_id)


def opened(token: str) -> Opened:
    """What a link shows to whoever holds it. Raises `NotFound`."""
    with platform_transaction("a public link names its tenant") as session:
        row = session.execute(_OPEN, {"hash": fingerprint(token)}).one_or_none()
    if row is None:
        raise NotFound
    return Opened(row.agency, facts_of(row))


def facts_of(row: Any) -> IntakeFacts:
    """The facts of a row that holds them."""
    return IntakeFacts(
        vertical=row.vertical,
        lead_type=row.lead_type,
        source_id=row.source_id,
        country=row.country,
        legal_basis=row.legal_basis,
        consent_text_id=row.consent_text_id,
        addressee_id=row.addressee_id,
        max_sales=row.max_sales,
    )


def words_of(facts: IntakeFacts) -> dict[str, object]:
    """The same as words of a statement."""
    return {name: getattr(facts, name) for name in FACTS.replace(",", " ").split()}
