"""An agency's leads as it looks at them: the table, filtered and paged, and one lead's facts. Nothing here names a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.leads.problems import LEFT_OUT
from tenants.errors import NotFound

STATES = ("draft", "offered", "paused", "sold_out", "expired", "withdrawn", "erased")


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads to show; what is not named does not matter. The period is when they came into the stock."""

    states: tuple[str, ...] = ()
    verticals: tuple[str, ...] = ()
    lead_type: str | None = None
    source_ids: tuple[UUID, ...] = ()
    batch_id: UUID | None = None
    addressee_id: UUID | None = None
    temperatures: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    min_score: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    external_id: str | None = None
    flag: str | None = None
    """What was noticed about it, or left out of it."""
    is_warned: bool | None = None
    """Whether something of its row was left out of it."""
    is_released: bool | None = None
    """Whether it came out of quarantine, and is not among what the check of its upload counted."""
    recheck_id: UUID | None = None
    """Those a re-check found something about; narrowed by the next three."""
    verdict: str | None = None
    code: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead in the table."""

    id: UUID
    type: str
    vertical: str
    state: str
    external_id: str | None
    source_id: UUID
    source_name: str
    addressee_name: str | None
    batch_id: UUID | None
    country: str
    region: str
    temperature: str
    stage: str
    score: int | None
    fit: int | None
    grade: str | None
    enquired_at: datetime
    expires_at: datetime
    created_at: datetime
    max_sales: int
    sold_count: int


@dataclass(frozen=True, slots=True)
class LeadPage:
    """Some leads, newest first; `older` and `newer` are the ids to go on from, where there are more."""

    rows: list[LeadRow]
    newer: UUID | None
    older: UUID | None


@dataclass(frozen=True, slots=True)
class LeadView:
    """One lead with everything its agency may read without opening it."""

    row: LeadRow
    vertical_version: int
    addressee_id: UUID | None
    batch_name: str | None
    language: str
    sub_id: str
    legal_basis: str
    consent_text_id: UUID | None
    consent_name: str | None
    consent_version: int | None
    consent_at: datetime | None
    claimed_temperature: str | None
    bant: str
    facts: Mapping[str, Any]
    contact_count: int
    withdrawn_at: datetime | None
    withdrawn_for: str | None
    flags: list[str]
    former_external_id: str | None
    """The ID of its own that another lead has now, since its upload was given up."""


_STATE = """CASE WHEN l.state = 'offered' AND h.reason IS NOT NULL
  THEN CASE h.reason WHEN 'staged' THEN 'draft' WHEN 'paused' THEN 'paused' ELSE 'withdrawn' END ELSE l.state END"""
"""A lead of a batch that is held back from the market is not on offer, whatever its own row says."""
_ROW = f"""l.id, l.type, l.vertical, {_STATE}, l.external_id, l.source_id, s.name, a.legal_name, l.batch_id, l.country,
  l.region, l.temperature, l.stage, l.score, l.fit, l.grade, l.enquired_at, l.expires_at, l.created_at, l.max_sales,
  l.sold_count"""
_FROM = """FROM lead l JOIN source s ON s.tenant_id = l.tenant_id AND s.id = l.source_id
LEFT JOIN addressee a ON a.tenant_id = l.tenant_id AND a.id = l.addressee_id
LEFT JOIN held_batch h ON h.batch_id = l.batch_id"""
_WHERE = f"""l.tenant_id = :tenant
  AND (CAST(:states AS text[]) IS NULL OR {_STATE} = ANY(:states))
  AND (CAST(:verticals AS text[]) IS NULL OR l.vertical = ANY(:verticals))
  AND (CAST(:lead_type AS text) IS NULL OR l.type = :lead_type)
  AND (CAST(:sources AS uuid[]) IS NULL OR l.source_id = ANY(:sources))
  AND (CAST(:addressee AS uuid) IS NULL OR l.addressee_id = :addressee)
  AND (CAST(:temperatures AS text[]) IS NULL OR l.temperature = ANY(:temperatures))
  AND (CAST(:grades AS text[]) IS NULL OR l.grade = ANY(:grades))
  AND (CAST(:min_score AS bigint) IS NULL OR l.score >= :min_score)
  AND (CAST(:flag AS text) IS NULL OR :flag = ANY(l.flags))
  AND (CAST(:is_warned AS bool) IS NULL OR (l.flags && CAST(:warnings AS text[])) = :is_warned)
  AND (CAST(:is_released AS bool) IS NULL OR EXISTS (SELECT FROM quarantined_lead q WHERE q.tenant_id = l.tenant_id
    AND q.origin_id = l.batch_id AND q.lead_id = l.id) = :is_released)
  AND (CAST(:since AS timestamptz) IS NULL OR l.created_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR l.created_at < :until)"""
_PLACE = "((SELECT created_at FROM lead WHERE tenant_id = :tenant AND id = :place), CAST(:place AS uuid))"


def _page(extra: str, comparison: str, order: str) -> TextClause:
    place = f" AND (l.created_at, l.id) {comparison} {_PLACE}" if comparison else ""
    return text(
        f"SELECT {_ROW} {_FROM} WHERE {_WHERE}{extra}{place} ORDER BY l.created_at {order}, l.id {order} LIMIT :limit"
    )


# the batch and the external ID stand in the statement only when named, so that their indexes are used
_NARROW = {
    "": "",
    "batch": " AND l.batch_id = :batch",
    "external": " AND l.external_id = :external_id",
    "recheck": """ AND l.id IN (SELECT r.lead_id FROM recheck_lead r WHERE r.tenant_id = :tenant
  AND r.recheck_id = :recheck AND (CAST(:verdict AS text) IS NULL OR r.verdict = :verdict)
  AND (CAST(:code AS text) IS NULL OR :code = ANY(r.codes))
  AND (CAST(:outcome AS text) IS NULL OR r.outcome = :outcome))""",
}
_PAGES = {
    (narrow, direction): _page(extra, comparison, "ASC" if direction == "newer" else "DESC")
    for narrow, extra in _NARROW.items()
    for direction, comparison in (("first", ""), ("older", "<"), ("newer", ">"))
}
_ONE = text(f"""
SELECT {_ROW}, l.vertical_version, l.addressee_id, b.file_name, l.language, l.sub_id, l.legal_basis, l.consent_text_id,
  c.name, c.version, l.consent_at, l.claimed_temperature, l.bant, l.facts, l.contact_count, l.withdrawn_at,
  l.withdrawn_for, l.flags, l.former_external_id
{_FROM} LEFT JOIN batch b ON b.tenant_id = l.tenant_id AND b.id = l.batch_id
LEFT JOIN consent_text c ON c.tenant_id = l.tenant_id AND c.id = l.consent_text_id
WHERE l.tenant_id = :tenant AND l.id = :id
""")
_ROW_WIDTH = len(LeadRow.__dataclass_fields__)


def lead_page(
    session: Session,
    tenant_id: UUID,
    wanted: LeadFilter,
    *,
    older_than: UUID | None = None,
    newer_than: UUID | None = None,
    limit: int = 50,
) -> LeadPage:
    """A page of the agency's leads, newest first. An unknown place to go on from gives an empty page."""
    direction = "older" if older_than else "newer" if newer_than else "first"
    narrow = "external" if wanted.external_id else "batch" if wanted.batch_id else ""
    narrow = "recheck" if wanted.recheck_id else narrow
    words = {**_words(tenant_id, wanted), "place": older_than or newer_than, "limit": limit + 1}
    found = [LeadRow(*row) for row in session.execute(_PAGES[narrow, direction], words)]
    has_more = len(found) > limit
    rows = found[:limit] if direction != "newer" else found[:limit][::-1]
    if not rows:
        return LeadPage([], None, None)
    has_newer = has_more if direction == "newer" else direction == "older"
    has_older = has_more if direction != "newer" else True
    return LeadPage(rows, rows[0].id if has_newer else None, rows[-1].id if has_older else None)


def _words(tenant_id: UUID, wanted: LeadFilter) -> dict[str, object]:
    return {
        "tenant": tenant_id,
        "states": list(wanted.states) or None,
        "verticals": list(wanted.verticals) or None,
        "lead_type": wanted.lead_type,
        "sources": list(wanted.source_ids) or None,
        "addressee": wanted.addressee_id,
        "temperatures": list(wanted.temperatures) or None,
        "grades": list(wanted.grades) or None,
        "min_score": wanted.min_score,
        "since": wanted.since,
        "until": wanted.until,
        "batch": wanted.batch_id,
        "external_id": wanted.external_id,
        "flag": wanted.flag,
        "is_warned": wanted.is_warned,
        "is_released": wanted.is_released,
        "warnings": list(LEFT_OUT),
        "recheck": wanted.recheck_id,
        "verdict": wanted.verdict,
        "code": wanted.code,
        "outcome": wanted.outcome,
    }


def lead_view(session: Session, tenant_id: UUID, lead_id: UUID) -> LeadView:
    """One lead of the agency. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": lead_id}).one_or_none()
    if row is None:
        raise NotFound
    return LeadView(LeadRow(*row[:_ROW_WIDTH]), *row[_ROW_WIDTH:])
