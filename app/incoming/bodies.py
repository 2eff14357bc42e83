"""What connections received: listed with its result, opened for the mapping page, sent through again, shredded.

Invariant: a body is opened only for its own agency; after 30 days it is gone and its result stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.incoming.jobs import process_body
from tenants import audit, clock, crypto, jobs
from tenants.actor import Actor
from tenants.db import platform_transaction
from tenants.errors import NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission

KEPT_FOR = timedelta(days=30)
PAGE, MOST_AGAIN = 50, 500
NO_LEAD_CAME = ("unmapped", "rejected", "refused", "no_lead", "dead")
"""Results after which sending through again may bring a lead."""
BODY = "body"


class BodyGone(Refused):
    """The body was shredded after 30 days; it cannot be sent through again."""

    status, code = 410, "body_gone"


@dataclass(frozen=True, slots=True)
class Body:
    """A received body as its agency sees it in the list."""

    id: UUID
    received_at: datetime
    state: str
    result: str | None
    lead_id: UUID | None
    quarantined_id: UUID | None
    problems: list[dict[str, Any]]
    attempts: int
    last_error: str | None
    is_kept: bool
    counts: dict[str, int] | None
    """How many of its rows had which result, where it held several leads."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row of a mail that held several leads."""

    number: int
    result: str
    lead_id: UUID | None
    quarantined_id: UUID | None
    problems: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of everything a connection received."""

    last_at: datetime | None
    results: dict[str, int]


_SHOWN = """
SELECT id, received_at, state, result, lead_id, quarantined_id, problems, attempts, last_error,
  body_sealed IS NOT NULL AS is_kept, CASE WHEN result = 'several' THEN (
    SELECT jsonb_object_agg(r.result, r.n) FROM (SELECT result, count(*) AS n FROM received_row
      WHERE tenant_id = b.tenant_id AND body_id = b.id GROUP BY result) r) END AS counts"""
_LIST = text(f"""{_SHOWN}
FROM received_body b WHERE tenant_id = :tenant AND connection_id = :connection
  AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
""")
_TALLY = text("""
SELECT b.connection_id, coalesce(r.result, b.result, b.state) AS result, count(*) AS n, max(b.received_at) AS last_at
FROM received_body b LEFT JOIN received_row r
  ON r.tenant_id = b.tenant_id AND r.body_id = b.id AND b.result = 'several'
WHERE b.tenant_id = :tenant GROUP BY b.connection_id, coalesce(r.result, b.result, b.state)
""")
_ONE = text(f"""{_SHOWN}, kind, salt, body_sealed
FROM received_body b WHERE tenant_id = :tenant AND connection_id = :connection AND id = :id
""")
_ROWS = text("""
SELECT number, result, lead_id, quarantined_id, problems FROM received_row
WHERE tenant_id = :tenant AND body_id = :id ORDER BY number
""")
_LAST = text("""
SELECT id, kind, salt, body_sealed, received_at FROM received_body
WHERE tenant_id = :tenant AND connection_id = :connection AND body_sealed IS NOT NULL ORDER BY id DESC LIMIT 1
""")
_AGAIN = text("""
UPDATE received_body SET state = 'pending', result = NULL, problems = '[]', attempts = 0, last_error = NULL, due_at = :now
WHERE tenant_id = :tenant AND connection_id = :connection AND id = :id AND body_sealed IS NOT NULL RETURNING id
""")
_THERE = text(
    "SELECT FROM received_body WHERE tenant_id = :tenant AND connection_id = :connection AND id = :id"
)
_ALL_AGAIN = text("""
UPDATE received_body SET state = 'pending', result = NULL, problems = '[]', attempts = 0, last_error = NULL, due_at = :now
WHERE tenant_id = :tenant AND connection_id = :connection AND id IN (
  SELECT id FROM received_body b WHERE tenant_id = :tenant AND connection_id = :connection AND state <> 'pending'
    AND body_sealed IS NOT NULL AND (coalesce(result, state) = ANY (:results) OR result = 'several' AND EXISTS (
      SELECT FROM received_row r WHERE r.tenant_id = b.tenant_id AND r.body_id = b.id AND r.result = ANY (:results)))
  ORDER BY id LIMIT :most)
RETURNING id
""")
_DUE = text("""
SELECT b.tenant_id, b.id FROM received_body b
JOIN intake_connection c ON c.tenant_id = b.tenant_id AND c.id = b.connection_id
WHERE b.state = 'pending' AND b.due_at <= :now AND c.paused_at IS NULL AND c.deleted_at IS NULL
ORDER BY b.due_at LIMIT 500
""")
_PURGE = text(
    "UPDATE received_body SET body_sealed = NULL, salt = NULL WHERE received_at < :before AND body_sealed IS NOT NULL"
)


def listed(
    session: Session,
    tenant_id: UUID,
    connection_id: UUID,
    before: UUID | None = None,
    *,
    limit: int = PAGE + 1,
) -> list[Body]:
    """What a connection received, newest first; one more than a page when there is more."""
    words = {"tenant": tenant_id, "connection": connection_id, "before": before, "limit": limit}
    return [Body(*row) for row in session.execute(_LIST, words)]


def get(session: Session, tenant_id: UUID, connection_id: UUID, body_id: UUID) -> Body:
    """One of them, unopened. Raises `NotFound`."""
    row = session.execute(
        _ONE, {"tenant": tenant_id, "connection": connection_id, "id": body_id}
    ).one_or_none()
    if row is None:
        raise NotFound
    return _body(row)


def filled(sentence: str, params: Mapping[str, Any]) -> str:
    """A sentence of a body's problem with its values in place; as it is where they do not fit it."""
    try:
        return sentence % params
    except (KeyError, ValueError, TypeError):
        return sentence


def tallies(session: Session, tenant_id: UUID) -> dict[UUID, Tally]:
    """Counts by result for every connection of the agency; of a body that held several leads each of its rows counts."""
    found: dict[UUID, Tally] = {}
    for row in session.execute(_TALLY, {"tenant": tenant_id}):
        old = found.get(row.connection_id, Tally(None, {}))
        last = max(filter(None, (old.last_at, row.last_at)))
        found[row.connection_id] = Tally(last, {**old.results, row.result: row.n})
    return found


def _body(row: Any) -> Body:
    """A body from a row that may hold more behind it."""
    return Body(*row[: len(fields(Body))])


def rows(session: Session, tenant_id: UUID, body: Body) -> list[Row]:
    """What became of each row of a body that held several leads; none of another."""
    if body.counts is None:
        return []
    return [Row(*row) for row in session.execute(_ROWS, {"tenant": tenant_id, "id": body.id})]


def last(session: Session, tenant_id: UUID, connection_id: UUID) -> tuple[str, bytes, datetime] | None:
    """How the newest body is written, the body, and when it came; None before the first. It holds personal data."""
    row = session.execute(_LAST, {"tenant": tenant_id, "connection": connection_id}).one_or_none()
    if row is None:
        return None
    opened = crypto.vault(session, tenant_id).open(bytes(row.salt), row.id, BODY, bytes(row.body_sealed))
    return row.kind, opened, row.received_at


def again(session: Session, actor: Actor, connection_id: UUID, body_id: UUID) -> None:
    """Send a body through again under today's mapping and rules; its lead is never stored twice.

    Raises `Forbidden`, `NotFound`, `BodyGone`.
    """
    actor.demand(Permission.LEAD_WRITE)
    words = {"tenant": actor.card().id, "connection": connection_id, "id": body_id, "now": clock.now()}
    if session.execute(_AGAIN, words).one_or_none() is None:
        if session.execute(_THERE, words).one_or_none() is None:
            raise NotFound
        raise BodyGone(N_("What was received is kept for 30 days only."))
    audit.record(session, actor, "connection.replayed", "connection", connection_id)
    jobs.enqueue(session, process_body, str(actor.card().id), str(body_id))


def all_again(session: Session, actor: Actor, connection_id: UUID) -> int:
    """Send through again what became no lead, after the mapping was changed; gives how many, at most `MOST_AGAIN`.

    Raises `Forbidden`. Repeating is safe: no lead is stored twice.
    """
    actor.demand(Permission.LEAD_WRITE)
    tenant_id = actor.card().id
    words = {"tenant": tenant_id, "connection": connection_id, "now": clock.now(), "most": MOST_AGAIN}
    ids = session.execute(_ALL_AGAIN, {**words, "results": list(NO_LEAD_CAME)}).scalars().all()
    if ids:
        audit.record(session, actor, "connection.replayed", "connection", connection_id, count=len(ids))
    for body_id in ids:
        jobs.enqueue(session, process_body, str(tenant_id), str(body_id))
    return len(ids)


def opened(
    session: Session, actor: Actor, connection_id: UUID, body_id: UUID
) -> tuple[Body, str, bytes | None]:
    """A body with how it is written and what stands in it (None once it is shredded); looking is noted.

    Raises `Forbidden` without the right to see contacts, `NotFound`.
    """
    actor.demand(Permission.CONTACT_READ)
    tenant_id = actor.card().id
    words = {"tenant": tenant_id, "connection": connection_id, "id": body_id}
    row = session.execute(_ONE, words).one_or_none()
    if row is None:
        raise NotFound
    if row.body_sealed is None:
        return _body(row), row.kind, None
    audit.record(session, actor, "connection.body_read", "connection", connection_id)
    vault = crypto.vault(session, tenant_id)
    return _body(row), row.kind, vault.open(bytes(row.salt), row.id, BODY, bytes(row.body_sealed))


def due(now: datetime) -> list[tuple[UUID, UUID]]:
    """What waits to be processed: tenant and body."""
    with platform_transaction("find received bodies that are due") as session:
        return [(row.tenant_id, row.id) for row in session.execute(_DUE, {"now": now})]


def purge(now: datetime) -> None:
    """Shred bodies older than 30 days. Repeating is safe."""
    with platform_transaction("shred old received bodies") as session:
        session.execute(_PURGE, {"before": now - KEPT_FOR})
