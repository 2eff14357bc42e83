"""Deleting what an upload leaves behind: staged leads of a cancelled or mapped-anew batch, and files past their time.

Invariants: only drafts are deleted here, and what was prepared for the market but never offered; a slice of rows per
transaction, so that a large batch blocks nobody; repeating deletes nothing more. Counts and reasons of a batch outlive
its file.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from tenants.db import platform_transaction, transaction
from tenants.jobs import SLOW, job, sweep, wake

KEPT_FOR = timedelta(days=30)
"""How long an uploaded file, and the rows it was rejected for, are kept."""
SLICE = 2_000
_IDLE = ("received", "mapped", "cancelled", "failed")

_LOCK = text("SELECT state, next_block FROM batch WHERE tenant_id = :tenant AND id = :id FOR UPDATE")
_SLICE = text("""
SELECT id FROM lead WHERE tenant_id = :tenant AND batch_id = :id AND (state = 'draft'
  OR sold_count = 0 AND EXISTS (SELECT FROM held_batch WHERE batch_id = :id)) ORDER BY id LIMIT :limit
""")
_DELETE = (
    text("UPDATE quarantined_lead SET lead_id = NULL WHERE tenant_id = :tenant AND lead_id = ANY(:leads)"),
    *(
        text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND {key} = ANY(:leads)")  # noqa: S608 (our own words)
        for table, key in (
            ("platform_person", "lead_id"),
            ("lead_person", "lead_id"),
            ("lead_salt", "lead_id"),
            ("lead", "id"),
        )
    ),
)
_PROBLEMS = text("DELETE FROM batch_problem WHERE tenant_id = :tenant AND batch_id = :id")
_LIFT = text("DELETE FROM held_batch WHERE agency_id = :tenant AND batch_id = :id")
_RESTING = text("""
WITH gone AS (DELETE FROM quarantined_lead WHERE tenant_id = :tenant AND origin = 'file' AND origin_id = :id RETURNING id)
DELETE FROM quarantine_salt s USING gone WHERE s.tenant_id = :tenant AND s.quarantined_id = gone.id
""")
_IS_CANCELLED = text("SELECT FROM batch WHERE tenant_id = :tenant AND id = :id AND state = 'cancelled'")
_FILE = (
    *(
        text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND batch_id = :id")  # noqa: S608 (our own words)
        for table in ("batch_chunk", "batch_block", "batch_correction")
    ),
    text("UPDATE batch SET tally_sealed = NULL WHERE tenant_id = :tenant AND id = :id"),
)

_GIVE_UP = text("""
UPDATE batch SET state = 'cancelled', due_at = NULL
WHERE created_at <= :before AND state IN ('received', 'mapped', 'checked', 'staged', 'failed')
""")
_OLD = text("""
SELECT tenant_id, id FROM batch b WHERE state = 'cancelled' AND (
  EXISTS (SELECT FROM batch_chunk c WHERE c.tenant_id = b.tenant_id AND c.batch_id = b.id)
  OR EXISTS (SELECT FROM held_batch h WHERE h.batch_id = b.id)
  OR EXISTS (SELECT FROM lead l WHERE l.tenant_id = b.tenant_id AND l.batch_id = b.id AND l.state = 'draft'))
LIMIT 100
""")
_SHED = text("""
WITH old AS (SELECT tenant_id, id FROM batch WHERE created_at <= :before AND state IN ('published', 'undone')
  AND EXISTS (SELECT FROM batch_chunk c WHERE c.tenant_id = batch.tenant_id AND c.batch_id = batch.id) LIMIT 20),
rows AS (UPDATE batch_problem p SET row_sealed = '' FROM old WHERE p.tenant_id = old.tenant_id AND p.batch_id = old.id),
mended AS (DELETE FROM batch_correction m USING old WHERE m.tenant_id = old.tenant_id AND m.batch_id = old.id),
blocks AS (DELETE FROM batch_block k USING old WHERE k.tenant_id = old.tenant_id AND k.batch_id = old.id),
tallies AS (UPDATE batch b SET tally_sealed = NULL FROM old WHERE b.tenant_id = old.tenant_id AND b.id = old.id)
DELETE FROM batch_chunk c USING old WHERE c.tenant_id = old.tenant_id AND c.batch_id = old.id
""")


@job(SLOW)
def clear_batch(tenant_id: str, batch_id: str) -> None:
    """Delete what a batch has staged, woken by the deed that made it needless."""
    clear(UUID(tenant_id), UUID(batch_id))


def clear(tenant_id: UUID, batch_id: UUID) -> None:
    """Delete the drafts and problems of a batch that is not being checked; of a cancelled one also its file."""
    while clear_slice(tenant_id, batch_id, _IDLE):
        pass
    _delete_file(tenant_id, batch_id)


def clear_slice(
    tenant_id: UUID, batch_id: UUID, states: tuple[str, ...], *, is_untouched: bool = False
) -> bool:
    """Delete some drafts of a batch that is in one of `states`; False when none are left (or it is in another).

    With `is_untouched` only while no block of its file has been checked yet.
    """
    words = {"tenant": tenant_id, "id": batch_id}
    with transaction(tenant_id) as session:
        batch = session.execute(_LOCK, words).one_or_none()
        if batch is None or batch.state not in states or (is_untouched and batch.next_block):
            return False
        leads = session.execute(_SLICE, {**words, "limit": SLICE}).scalars().all()
        for statement in _DELETE:
            session.execute(statement, {"tenant": tenant_id, "leads": leads})
        if len(leads) == SLICE:
            return True
        session.execute(_PROBLEMS, words)
        session.execute(_LIFT, words)
        session.execute(_RESTING, words)
        return False


def _delete_file(tenant_id: UUID, batch_id: UUID) -> None:
    """Of a cancelled batch, which stays that. Its row is not locked: whoever still holds a block may need it first."""
    words = {"tenant": tenant_id, "id": batch_id}
    with transaction(tenant_id) as session:
        if session.execute(_IS_CANCELLED, words).one_or_none() is not None:
            for statement in _FILE:
                session.execute(statement, words)


@sweep(every_seconds=3_600)
def delete_old_files(now: datetime) -> None:
    """Give up batches that were not published within 30 days, and delete every file older than that."""
    with platform_transaction("uploads: files are kept for 30 days, whoever they are of") as session:
        session.execute(_GIVE_UP, {"before": now - KEPT_FOR})
        session.execute(_SHED, {"before": now - KEPT_FOR})
        old = session.execute(_OLD).all()
    for tenant_id, batch_id in old:
        wake(clear_batch, str(tenant_id), str(batch_id))
