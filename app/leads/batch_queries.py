"""An agency's uploads as it looks at them: the list, one upload, and how far its check has come."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import pace
from app.leads.given_up import GIVEN_UP, UNPUBLISHED
from app.leads.reasons import same_for_all
from app.leads.received_file import unseal
from tenants import clock, crypto
from tenants.errors import NotFound


@dataclass(frozen=True, slots=True)
class BatchView:
    """One upload. `same_as` is an earlier upload of the very same file, if there is one."""

    id: UUID
    file_name: str
    file_bytes: int
    vertical: str
    vertical_version: int
    lead_type: str
    source_id: UUID
    source_name: str
    country: str
    legal_basis: str
    consent_text_id: UUID | None
    consent_name: str | None
    addressee_id: UUID | None
    addressee_name: str | None
    max_sales: int
    state: str
    rows_read: int
    accepted: int
    rejected: int
    duplicates: int
    quarantined: int
    released: int
    """How many of the quarantined are leads of this upload since."""
    warned: int
    warnings: list[dict[str, Any]]
    rows_total: int | None
    rows_split: int
    staged: int
    failure: str | None
    created_at: datetime
    checking_at: datetime | None
    checked_at: datetime | None
    published_at: datetime | None
    undone_at: datetime | None
    layout: dict[str, Any]
    wishes: dict[str, Any]
    failure_told: dict[str, Any] | None
    corrected: int
    headers: list[str]
    mapping: dict[str, str]
    name_orders: dict[str, str]
    same_as: UUID | None
    same_at: datetime | None
    """When that was."""
    pace_rows: int
    pace_ms: int
    paced_at: datetime | None

    @property
    def leads(self) -> int:
        """How many leads it has made: those its check accepted, and those released from quarantine."""
        return self.accepted + self.released

    @property
    def counted(self) -> str | None:
        """The filter by `released` that leaves its leads which the figures of its check count; None: all of them."""
        return "no" if self.released else None

    def progress(self, at: datetime) -> "Progress":
        """How far the check is, as of `at`."""
        total = self.rows_total
        rate = pace.rate_now(self, at) if self.state == "checking" else None
        left = pace.seconds_left(total - self.rows_read, rate) if total is not None else None
        return Progress(self.rows_read, total or self.rows_split, rate, left)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check is; `rows_total` counts the rows found so far; rate and seconds left once they can be told."""

    rows_read: int
    rows_total: int
    rows_per_second: float | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class MetUpload:
    """An unpublished upload whose leads made rows of another one duplicates; `is_given_up`: since, so they are none now."""

    id: UUID
    file_name: str
    state: str
    count: int

    @property
    def is_given_up(self) -> bool:
        """Whether checking the other one again takes these rows."""
        return self.state in GIVEN_UP


@dataclass(frozen=True, slots=True)
class Reason:
    """How often rows of an upload became no lead for one reason; `column` is the heading it is about."""

    kind: str
    code: str
    column: str | None
    count: int
    params: dict[str, Any]
    """What fills its sentence, as far as that is the same for every row."""
    uploads: tuple[MetUpload, ...] = ()
    """Of duplicates: the unpublished uploads that hold the leads they met."""


@dataclass(frozen=True, slots=True)
class FirstRows:
    """A file's first rows as they stand, with their numbers; its first data rows; how sure the layout is, 0 to 100."""

    raw: list[tuple[int, list[str]]]
    samples: list[list[str]]
    sure: dict[str, int]


_SEEN = """
SELECT b.id, b.file_name, b.file_bytes, b.vertical, b.vertical_version, b.lead_type, b.source_id, s.name, b.country,
  b.legal_basis, b.consent_text_id, c.name, b.addressee_id, a.legal_name, b.max_sales, b.state, b.rows_read, b.accepted,
  b.rejected, b.duplicates, b.quarantined, b.released, b.warned, b.warnings, b.rows_total, b.rows_split, b.staged, b.failure, b.created_at, b.checking_at, b.checked_at, b.published_at,
  b.undone_at, b.layout, b.wishes, b.failure_told, b.corrected, b.headers, b.mapping, b.name_orders,
  x.id, x.created_at, b.pace_rows, b.pace_ms, b.paced_at
FROM batch b JOIN source s ON s.tenant_id = b.tenant_id AND s.id = b.source_id
LEFT JOIN consent_text c ON c.tenant_id = b.tenant_id AND c.id = b.consent_text_id
LEFT JOIN addressee a ON a.tenant_id = b.tenant_id AND a.id = b.addressee_id
LEFT JOIN LATERAL (SELECT e.id, e.created_at FROM batch e WHERE e.tenant_id = b.tenant_id AND e.file_hash = b.file_hash
  AND e.created_at < b.created_at AND e.state <> 'cancelled' ORDER BY e.created_at DESC LIMIT 1) x ON true
WHERE b.tenant_id = :tenant
"""
_ONE = text(_SEEN + " AND b.id = :id")
_LISTED = text(f"""{_SEEN} AND (CAST(:states AS text[]) IS NULL OR b.state = ANY(:states))
AND (CAST(:older AS uuid) IS NULL OR (b.created_at, b.id) <
  ((SELECT created_at FROM batch WHERE tenant_id = :tenant AND id = :older), CAST(:older AS uuid)))
ORDER BY b.created_at DESC, b.id DESC LIMIT :limit""")  # noqa: S608 (our own words)
_SAMPLES = text("SELECT samples_sealed FROM batch WHERE tenant_id = :tenant AND id = :id")
_REASONS = text("""
WITH found AS (
  SELECT kind, code, column_name, count(*) AS n, min(line) AS line FROM batch_problem
  WHERE tenant_id = :tenant AND batch_id = :id
  GROUP BY kind, code, column_name ORDER BY count(*) DESC, kind, code LIMIT 50)
SELECT f.kind, f.code, f.column_name, f.n, p.params FROM found f
JOIN batch_problem p ON p.tenant_id = :tenant AND p.batch_id = :id AND p.line = f.line ORDER BY f.n DESC, f.kind, f.code
""")
_MET = text("""
SELECT split_part(m.key, ':', 1), o.id, o.file_name, o.state, CAST(m.value AS bigint)
FROM batch b CROSS JOIN LATERAL jsonb_each_text(b.met) m
JOIN batch o ON o.tenant_id = b.tenant_id AND o.id = CAST(split_part(m.key, ':', 2) AS uuid)
WHERE b.tenant_id = :tenant AND b.id = :id AND o.state = ANY(:states) ORDER BY 5 DESC, o.id
""")


def batch_view(session: Session, tenant_id: UUID, batch_id: UUID) -> BatchView:
    """One upload of the agency. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": batch_id}).one_or_none()
    if row is None:
        raise NotFound
    return BatchView(*row)


def batch_page(
    session: Session,
    tenant_id: UUID,
    *,
    states: tuple[str, ...] = (),
    older_than: UUID | None = None,
    limit: int = 50,
) -> list[BatchView]:
    """The agency's uploads, newest first; the next page is older than the last of this one."""
    words = {"tenant": tenant_id, "states": list(states) or None, "older": older_than, "limit": limit}
    return [BatchView(*row) for row in session.execute(_LISTED, words)]


def progress(session: Session, tenant_id: UUID, batch_id: UUID) -> Progress:
    """How far an upload's check is now. Raises `NotFound`."""
    return batch_view(session, tenant_id, batch_id).progress(clock.now())


def first_rows(session: Session, tenant_id: UUID, batch_id: UUID) -> FirstRows:
    """The first rows of the file, for whoever lays it out: they hold personal data. Raises `NotFound`."""
    sealed = session.execute(_SAMPLES, {"tenant": tenant_id, "id": batch_id}).scalar_one_or_none()
    if sealed is None:
        raise NotFound
    found = json.loads(unseal(crypto.vault(session, tenant_id), batch_id, "samples", bytes(sealed)))
    if isinstance(found, list):
        return FirstRows([], found, {})
    return FirstRows([(number, cells) for number, cells in found["raw"]], found["samples"], found["sure"])


def samples(session: Session, tenant_id: UUID, batch_id: UUID) -> list[list[str]]:
    """The first data rows of the file. Raises `NotFound`."""
    return first_rows(session, tenant_id, batch_id).samples


def reasons(session: Session, tenant_id: UUID, batch_id: UUID) -> list[Reason]:
    """Why rows of the upload became no leads, the commonest first."""
    rows = session.execute(_REASONS, {"tenant": tenant_id, "id": batch_id})
    met = _met(session, tenant_id, batch_id)
    return [
        Reason(kind, code, column, n, same_for_all(params), tuple(met.get(code, ())))
        for kind, code, column, n, params in rows
    ]


def _met(session: Session, tenant_id: UUID, batch_id: UUID) -> dict[str, list[MetUpload]]:
    """Reason → the uploads that were not published when they were met, nor are now."""
    words = {"tenant": tenant_id, "id": batch_id, "states": [*UNPUBLISHED, *GIVEN_UP]}
    met: dict[str, list[MetUpload]] = {}
    for code, *upload in session.execute(_MET, words):
        met.setdefault(code, []).append(MetUpload(*upload))
    return met
