"""Claim what is due, fairly, under a lease.

Invariants: at most five deliveries of a destination and twelve of a tenant are in flight in a shard (one, while a
destination is on probation); the head of every destination comes before the second of any; a claim that is not recorded
before its lease ends is due again, with the same id.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

IN_FLIGHT = 50
"""Requests one drain has under way at once."""
DESTINATION_CAP = 5
TENANT_CAP = IN_FLIGHT // 4
LEASE = timedelta(seconds=60)
"""So long after its claim a delivery whose sender was killed is due again."""
MOST_LOST_TRIES = 15

_LOCK_NUMBER = 704_551  # our part of the advisory locks' number space
_WAIT_FOR_TURN = text("SELECT pg_advisory_xact_lock(:lock, :shard)")
_TRY_TURN = text("SELECT pg_try_advisory_xact_lock(:lock, :shard)")

_FREE_LOST = text("""
    UPDATE delivery SET due_at = :now, lease_until = NULL,
        state = CASE WHEN attempts - schedule_from >= :most THEN 'dead' ELSE 'pending' END,
        last_error = 'the sender stopped before it could write down how this try went'
    WHERE shard = :shard AND state = 'sending' AND lease_until <= :now""")

_CLAIM = text("""
    WITH RECURSIVE busy AS (
        (SELECT tenant_id, destination_id FROM delivery WHERE shard = :shard AND state = 'pending'
         ORDER BY tenant_id, destination_id LIMIT 1)
        UNION ALL
        SELECT n.tenant_id, n.destination_id FROM busy b CROSS JOIN LATERAL (
            SELECT x.tenant_id, x.destination_id FROM delivery x
            WHERE x.shard = :shard AND x.state = 'pending'
              AND (x.tenant_id, x.destination_id) > (b.tenant_id, b.destination_id)
            ORDER BY x.tenant_id, x.destination_id LIMIT 1) n),
    flying AS (
        SELECT tenant_id, destination_id, count(*) AS n FROM delivery
        WHERE shard = :shard AND state = 'sending' GROUP BY tenant_id, destination_id),
    ready AS (
        SELECT d.tenant_id, d.id AS destination_id,
            greatest(0, CASE WHEN d.open_until IS NULL THEN :destination_cap ELSE 1 END - coalesce(f.n, 0)) AS room
        FROM busy b JOIN destination d ON d.tenant_id = b.tenant_id AND d.id = b.destination_id
        LEFT JOIN flying f ON f.tenant_id = d.tenant_id AND f.destination_id = d.id
        WHERE d.enabled AND d.deleted_at IS NULL AND (d.open_until IS NULL OR d.open_until <= :now)),
    heads AS (
        SELECT r.tenant_id, h.id, h.due_at,
            row_number() OVER (PARTITION BY r.tenant_id, r.destination_id ORDER BY h.due_at, h.id) AS place
        FROM ready r CROSS JOIN LATERAL (
            SELECT x.id, x.due_at FROM delivery x
            WHERE x.shard = :shard AND x.tenant_id = r.tenant_id AND x.destination_id = r.destination_id
              AND x.state = 'pending' AND x.due_at <= :now
            ORDER BY x.due_at LIMIT r.room FOR UPDATE SKIP LOCKED) h),
    shared AS (
        SELECT h.*, row_number() OVER (PARTITION BY h.tenant_id ORDER BY h.place, h.due_at, h.id) AS tenant_place
        FROM heads h),
    chosen AS (
        SELECT s.tenant_id, s.id, s.place FROM shared s
        LEFT JOIN (SELECT tenant_id, sum(n) AS n FROM flying GROUP BY tenant_id) t ON t.tenant_id = s.tenant_id
        WHERE s.tenant_place + coalesce(t.n, 0) <= :tenant_cap
        ORDER BY s.place, s.due_at, s.id LIMIT :chunk)
    UPDATE delivery AS x SET state = 'sending', lease_until = :lease_until, attempts = x.attempts + 1
    FROM chosen c, destination d, tenant_key k
    WHERE x.tenant_id = c.tenant_id AND x.id = c.id AND k.tenant_id = x.tenant_id
      AND d.tenant_id = x.tenant_id AND d.id = x.destination_id
    RETURNING x.tenant_id, x.id, x.destination_id, x.event_type, x.subject_id, x.body_sealed,
        x.attempts AS number, x.attempts - x.schedule_from AS tries, d.kind, d.name, d.address, d.language,
        d.includes_contacts, d.secret_sealed, k.wrapped AS wrapped_key, c.place,
        d.failing_since IS NULL AND d.window_from IS NULL AND d.open_until IS NULL AS is_healthy""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """One delivery that is ours to send; `number` is the attempt, `tries` its place in the present schedule."""

    tenant_id: UUID
    id: UUID
    destination_id: UUID
    event_type: str
    subject_id: UUID
    body_sealed: bytes | None
    number: int
    tries: int
    kind: str
    name: str
    address: str
    language: str
    includes_contacts: bool
    secret_sealed: bytes | None
    wrapped_key: bytes
    place: int
    is_healthy: bool


def claim(session: Session, shard: int, now: datetime, chunk: int, *, waits: bool = True) -> list[Claimed]:
    """Take up to `chunk` due deliveries of a shard, the heads of all destinations first.

    Behind a platform door. Claims of one shard take turns, so that the caps hold between processes; with `waits` off
    a turn that is not free now is left to whoever has it. Also frees what a killed sender left behind.
    """
    turn = {"lock": _LOCK_NUMBER, "shard": shard}
    if waits:
        session.execute(_WAIT_FOR_TURN, turn)
    elif not session.execute(_TRY_TURN, turn).scalar_one():
        return []
    session.execute(_FREE_LOST, {"shard": shard, "now": now, "most": MOST_LOST_TRIES})
    rows = session.execute(
        _CLAIM,
        {
            "shard": shard,
            "now": now,
            "chunk": chunk,
            "lease_until": now + LEASE,
            "destination_cap": DESTINATION_CAP,
            "tenant_cap": TENANT_CAP,
        },
    )
    return sorted((Claimed(**row) for row in rows.mappings()), key=lambda claimed: claimed.place)
