"""Queries that must return no rows while deliveries work, and the one that finds what is due.

Invariants: read-only; what a receiver is to blame for (switched off, breaker open, the five places taken by its own
slowness) is no proof of ours having failed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.models import SHARDS
from tenants.db import platform_transaction

LATE = timedelta(minutes=5)
MOST_ROWS = 100

_OVERDUE = text("""
    SELECT x.tenant_id, x.id, x.destination_id, x.due_at AS since FROM delivery x
    JOIN destination d ON d.tenant_id = x.tenant_id AND d.id = x.destination_id
    WHERE x.shard = ANY (:shards) AND x.state = 'pending' AND x.due_at < :late
      AND d.enabled AND d.deleted_at IS NULL AND (d.open_until IS NULL OR d.open_until < :late)
      AND NOT EXISTS (SELECT FROM delivery f WHERE f.shard = x.shard AND f.tenant_id = x.tenant_id
                      AND f.destination_id = x.destination_id AND f.state = 'sending' AND f.lease_until > :now)
    ORDER BY x.due_at LIMIT :most""")

_STUCK = text("""
    SELECT tenant_id, id, destination_id, lease_until AS since FROM delivery
    WHERE shard = ANY (:shards) AND state = 'sending' AND lease_until < :late ORDER BY lease_until LIMIT :most""")

_DUE_SHARDS = text("""
    SELECT s FROM unnest(CAST(:shards AS bigint[])) AS s
    WHERE EXISTS (SELECT FROM delivery WHERE shard = s AND state = 'pending' AND due_at <= :now)
       OR EXISTS (SELECT FROM delivery WHERE shard = s AND state = 'sending' AND lease_until <= :now)
    ORDER BY s""")

_ALL = list(range(SHARDS))


@dataclass(frozen=True, slots=True)
class Late:
    """A delivery that should have moved on since then."""

    tenant_id: UUID
    id: UUID
    destination_id: UUID
    since: datetime


def overdue(session: Session, now: datetime) -> list[Late]:
    """Deliveries due for five minutes that nobody sends although their destination takes them; the oldest hundred."""
    return _late(session, _OVERDUE, now)


def stuck(session: Session, now: datetime) -> list[Late]:
    """Deliveries whose sender has been gone for five minutes and which nobody took back; the oldest hundred."""
    return _late(session, _STUCK, now)


def _late(session: Session, query: object, now: datetime) -> list[Late]:
    wanted = {"shards": _ALL, "now": now, "late": now - LATE, "most": MOST_ROWS}
    return [Late(**row) for row in session.execute(query, wanted).mappings()]  # type: ignore[call-overload]


def due_shards(now: datetime) -> list[int]:
    """The shards that have something to send or to take back, read through a platform door."""
    with platform_transaction("find due deliveries") as session:
        return list(session.execute(_DUE_SHARDS, {"shards": _ALL, "now": now}).scalars())
