"""Forget what was said: bodies after 30 days, and at once when a subject is erased.

Invariants: that something was delivered, when and how, stays; its text does not. What can no longer be said is dead,
never silently gone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

KEPT = timedelta(days=30)
CHUNK = 5_000

_PURGE = text("""
    WITH old AS (
        SELECT tenant_id, id FROM delivery WHERE body_sealed IS NOT NULL AND created_at < :before AND state <> 'sending'
        ORDER BY created_at LIMIT :chunk FOR UPDATE SKIP LOCKED)
    UPDATE delivery AS x SET body_sealed = NULL,
        last_error = CASE WHEN x.state = 'pending' THEN 'not sent within 30 days' ELSE x.last_error END,
        state = CASE WHEN x.state = 'pending' THEN 'dead' ELSE x.state END
    FROM old WHERE x.tenant_id = old.tenant_id AND x.id = old.id RETURNING 1""")

_FORGET = text("""
    UPDATE delivery SET body_sealed = NULL,
        last_error = CASE WHEN state = 'pending' THEN 'erased on request' ELSE last_error END,
        state = CASE WHEN state = 'pending' THEN 'dead' ELSE state END
    WHERE tenant_id = :tenant AND subject_id = ANY (:subjects) AND body_sealed IS NOT NULL RETURNING 1""")


def purge(session: Session, now: datetime) -> int:
    """Delete up to 5,000 bodies older than 30 days, behind a platform door; gives how many. Repeat until 0."""
    return len(session.execute(_PURGE, {"before": now - KEPT, "chunk": CHUNK}).all())


def forget(session: Session, tenant_id: UUID, subject_ids: Sequence[UUID]) -> int:
    """Delete every stored body about these subjects; what was not sent yet never will be. Repeating finds nothing.

    One that is being sent this very moment may still arrive; its body is deleted all the same.
    """
    values = {"tenant": tenant_id, "subjects": list(subject_ids)}
    return len(session.execute(_FORGET, values).all())
