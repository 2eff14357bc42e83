"""Leads in quarantine as their agency looks at them: filtered, paged, counted. Nothing here names a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.errors import NotFound

STATES = ("resting", "released", "discarded", "expired")


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which leads to show; what is not named does not matter. `is_unowned` asks for those nobody has taken."""

    states: tuple[str, ...] = ("resting",)
    reasons: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    owner_ids: tuple[UUID, ...] = ()
    origin_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A lead in quarantine, or one that has left it."""

    id: UUID
    vertical: str
    lead_type: str
    source_id: UUID
    source_name: str
    country: str
    external_id: str | None
    origin: str
    origin_id: UUID | None
    line: int | None
    reasons: list[str]
    state: str
    owner_id: UUID | None
    owner_name: str | None
    lead_id: UUID | None
    rested_at: datetime
    expires_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """Some of them, newest first; `older` is the id to go on from, where there are more."""

    rows: list[QuarantineRow]
    older: UUID | None


_SEEN = """
SELECT q.id, q.vertical, q.lead_type, q.source_id, s.name, q.country, q.external_id, q.origin, q.origin_id, q.line,
  q.reasons, q.state, q.owner_id, q.owner_name, q.lead_id, q.rested_at, q.expires_at, q.settled_at
FROM quarantined_lead q JOIN source s ON s.tenant_id = q.tenant_id AND s.id = q.source_id WHERE q.tenant_id = :tenant
"""
_PAGE = text(
    _SEEN
    + """
  AND (CAST(:states AS text[]) IS NULL OR q.state = ANY(:states))
  AND (CAST(:origins AS text[]) IS NULL OR q.origin = ANY(:origins))
  AND (CAST(:owners AS uuid[]) IS NULL OR q.owner_id = ANY(:owners))
  AND (CAST(:origin_id AS uuid) IS NULL OR q.origin_id = :origin_id)
  AND (CAST(:reasons AS text[]) IS NULL OR EXISTS (SELECT FROM unnest(q.reasons) r WHERE r = ANY(:reasons)))
  AND (CAST(:place AS uuid) IS NULL OR q.id < :place)
ORDER BY q.id DESC LIMIT :limit"""
)
_ONE = text(_SEEN + " AND q.id = :id")
_COUNTS = text("""
SELECT r, count(*) FROM quarantined_lead q CROSS JOIN LATERAL unnest(q.reasons) r
WHERE q.tenant_id = :tenant AND q.state = 'resting' GROUP BY r ORDER BY count(*) DESC, r
""")
_COUNTS_OF = text("""
SELECT r, count(*) FROM quarantined_lead q CROSS JOIN LATERAL unnest(q.reasons) r
WHERE q.tenant_id = :tenant AND q.origin_id = :origin GROUP BY r ORDER BY count(*) DESC, r
""")
_RESTING = text("SELECT count(*) FROM quarantined_lead WHERE tenant_id = :tenant AND state = 'resting'")


def quarantine_page(
    session: Session,
    tenant_id: UUID,
    wanted: QuarantineFilter,
    *,
    older_than: UUID | None = None,
    limit: int = 50,
) -> QuarantinePage:
    """A page of the agency's quarantine, newest first."""
    words = {
        "tenant": tenant_id,
        "states": list(wanted.states) or None,
        "origins": list(wanted.origins) or None,
        "owners": list(wanted.owner_ids) or None,
        "reasons": list(wanted.reasons) or None,
        "origin_id": wanted.origin_id,
        "place": older_than,
        "limit": limit + 1,
    }
    found = [QuarantineRow(*row) for row in session.execute(_PAGE, words)]
    return QuarantinePage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def quarantine_row(session: Session, tenant_id: UUID, quarantined_id: UUID) -> QuarantineRow:
    """One of them. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": quarantined_id}).one_or_none()
    if row is None:
        raise NotFound
    return QuarantineRow(*row)


def count_resting(session: Session, tenant_id: UUID) -> int:
    """How many leads rest."""
    return int(session.execute(_RESTING, {"tenant": tenant_id}).scalar_one())


def counts_by_reason(session: Session, tenant_id: UUID) -> dict[str, int]:
    """Reason → how many leads rest for it, the most frequent first; a lead with two reasons counts for both."""
    return {row[0]: row[1] for row in session.execute(_COUNTS, {"tenant": tenant_id})}


def counts_of_origin(session: Session, tenant_id: UUID, origin_id: UUID) -> dict[str, int]:
    """The same of what came with one upload, also once it is settled."""
    words = {"tenant": tenant_id, "origin": origin_id}
    return {row[0]: row[1] for row in session.execute(_COUNTS_OF, words)}
