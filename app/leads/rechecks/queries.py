"""Re-checks as their agency looks at them: the list, one with its report, how far it is. Nothing here names a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import pace
from app.leads.rechecks.verdicts import REFUSED, VERDICTS
from tenants.errors import NotFound

RUNNING = ("checking", "applying")

_SEEN = """
SELECT r.id, r.state, r.batch_id, b.file_name, coalesce(r.vertical, b.vertical) AS vertical, r.source_id, s.name AS source_name, r.total, r.seen, r.done,
  r.verdicts, r.findings, r.outcomes, r.failure, r.created_by, r.created_at, r.checked_at, r.ended_at, r.pace_rows,
  r.pace_ms, r.paced_at
FROM recheck r LEFT JOIN batch b ON b.tenant_id = r.tenant_id AND b.id = r.batch_id
LEFT JOIN source s ON s.tenant_id = r.tenant_id AND s.id = r.source_id WHERE r.tenant_id = :tenant
"""
_ONE = text(_SEEN + " AND r.id = :id")
_LISTED = text(_SEEN + " AND (CAST(:older AS uuid) IS NULL OR r.id < :older) ORDER BY r.id DESC LIMIT :limit")


@dataclass(frozen=True, slots=True)
class Finding:
    """How many leads have this verdict for this reason; `code` may name a value behind a colon."""

    verdict: str
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class RecheckView:
    """One re-check: which leads, how far it is, what it found, what became of that."""

    id: UUID
    state: str
    batch_id: UUID | None
    file_name: str | None
    vertical: str | None
    source_id: UUID | None
    source_name: str | None
    total: int | None
    seen: int
    done: int
    verdicts: dict[str, int]
    findings: list[Finding]
    outcomes: dict[str, int]
    failure: str | None
    created_by: str
    created_at: datetime
    checked_at: datetime | None
    ended_at: datetime | None
    rows_per_second: float | None
    seconds_left: float | None
    changed: int
    """Leads that stay whose flags or score would be others."""

    @property
    def is_running(self) -> bool:
        """Whether a worker is at it."""
        return self.state in RUNNING

    @property
    def refused(self) -> int:
        """Leads that may not be sold today: what applying would take off the market."""
        return sum(self.verdicts.get(one, 0) for one in REFUSED)

    @property
    def reached(self) -> int:
        """Leads the present pass has come past."""
        return self.seen if self.state == "checking" else self.done


def recheck_view(session: Session, tenant_id: UUID, recheck_id: UUID, at: datetime) -> RecheckView:
    """One re-check of the agency. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": recheck_id}).one_or_none()
    if row is None:
        raise NotFound
    return _view(row, at)


def recheck_page(
    session: Session, tenant_id: UUID, at: datetime, *, older_than: UUID | None = None, limit: int = 50
) -> list[RecheckView]:
    """The agency's re-checks, newest first; the next page is older than the last of this one."""
    words = {"tenant": tenant_id, "older": older_than, "limit": limit}
    return [_view(row, at) for row in session.execute(_LISTED, words)]


def _view(row: Any, at: datetime) -> RecheckView:
    is_running = row.state in RUNNING
    rate = pace.rate_now(row, at) if is_running else None
    reached = row.seen if row.state == "checking" else row.done
    left = pace.seconds_left(row.total - reached, rate) if row.total is not None else None
    findings = [Finding(one["verdict"], one["code"], one["count"]) for one in row.findings]
    verdicts = {one: row.verdicts[one] for one in VERDICTS if one in row.verdicts}
    told = [*row[:10], verdicts, findings, *row[12:18], rate, left, row.verdicts.get("changed", 0)]
    return RecheckView(*told)
