"""Checking a batch: the whole file read in a worker, a block of rows per transaction, each row accounted for.

Invariants: what a block stored and the place it was read to are committed together, so that after a crash the next
worker goes on at the exact row and no row is stored twice; of two workers on one batch the slower notices and stops;
accepted + rejected + duplicates = rows read, always. All rows of a batch are read at the business time it began.
"""

import gc
import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.leads import addressees, verticals
from app.leads.batch_states import demand_state
from app.leads.check_block import Block, judge, ready, write
from app.leads.clearing import clear_slice
from app.leads.files.layout import Layout
from app.leads.files.sandbox import blocks
from app.leads.received_file import stored_pieces
from app.leads.rows import BatchDefaults, RowReader
from app.leads.sealing import BatchFacts
from app.leads.targets import TARGETED
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.crypto import Vault
from tenants.db import platform_transaction, transaction
from tenants.jobs import SLOW, enqueue, job, sweep, wake

log = logging.getLogger(__name__)

BLOCK_ROWS = 2_000
LEASE = timedelta(seconds=60)
"""A worker that says nothing for so long is taken for dead."""
PATIENCE_SECONDS = 60

_START = text("""
UPDATE batch SET state = 'checking', checking_at = :now, due_at = :now, lease_until = NULL
WHERE tenant_id = :tenant AND id = :id
""")
_CLAIM = text("""
UPDATE batch b SET lease_until = :lease FROM tenant t
WHERE b.tenant_id = :tenant AND b.id = :id AND b.state = 'checking' AND t.id = b.tenant_id
  AND (b.lease_until IS NULL OR b.lease_until <= :now) RETURNING b.*, t.time_zone
""")
# a block need not wait for the disk: rows and progress are lost together, and the check goes on where it stands then
_TURN = text("""
SELECT id, set_config('synchronous_commit', 'off', true) FROM batch
WHERE tenant_id = :tenant AND id = :id AND state = 'checking' AND rows_read = :read FOR UPDATE
""")
_PROGRESS = text("""
UPDATE batch SET rows_read = rows_read + :rows, accepted = accepted + :accepted, rejected = rejected + :rejected,
  duplicates = duplicates + :duplicates, bytes_read = least(bytes_read + :bytes, file_bytes), lease_until = :lease
WHERE tenant_id = :tenant AND id = :id
""")
_FINISH = text("""
UPDATE batch SET state = 'checked', checked_at = :now, bytes_read = file_bytes, due_at = NULL, lease_until = NULL
WHERE tenant_id = :tenant AND id = :id AND state = 'checking' AND rows_read = :read
""")
_FAIL = text("""
UPDATE batch SET state = 'failed', failure = :failure, due_at = NULL, lease_until = NULL
WHERE tenant_id = :tenant AND id = :id AND state = 'checking'
""")
_FORGOTTEN = text("""
SELECT tenant_id, id FROM batch WHERE state = 'checking' AND due_at <= :now
  AND (lease_until IS NULL OR lease_until <= :now) ORDER BY due_at LIMIT 100
""")


@dataclass(slots=True)
class Work:
    """One batch in the hands of one worker; `rows_read` is how far it has come."""

    tenant_id: UUID
    batch_id: UUID
    vault: Vault
    facts: BatchFacts
    reader: RowReader
    layout: Layout
    columns: dict[str, str]
    rows_read: int


def start_check(session: Session, actor: Actor, batch_id: UUID) -> None:
    """Have the whole file of a mapped batch checked by a worker.

    Raises `NotFound`, or `WrongState` when it is not mapped.
    """
    tenant_id = actor.card().id
    demand_state(session, tenant_id, batch_id, ("mapped",))
    session.execute(_START, {"tenant": tenant_id, "id": batch_id, "now": clock.now()})
    enqueue(session, check_batch, str(tenant_id), str(batch_id))
    audit.record(session, actor, "batch.check_started", "batch", batch_id)


@job(SLOW)
def check_batch(tenant_id: str, batch_id: str) -> None:
    """Check a batch, woken by its start or by the sweep."""
    check(UUID(tenant_id), UUID(batch_id))


@sweep(every_seconds=30)
def wake_forgotten(now: datetime) -> None:
    """Wake the checks whose worker died or was never woken."""
    with platform_transaction("uploads: checks of all agencies that nobody works on") as session:
        forgotten = session.execute(_FORGOTTEN, {"now": now}).all()
    for tenant_id, batch_id in forgotten:
        wake(check_batch, str(tenant_id), str(batch_id))


def check(tenant_id: UUID, batch_id: UUID) -> None:
    """Read on where the last worker stopped, to the end. Does nothing when another works on it, or it is not due.

    A fault of the program leaves the batch `failed`; a database that is away leaves it due, and the sweep wakes it.
    """
    try:
        work = _claim(tenant_id, batch_id)
        if work is not None:
            _read_on(work)
    except (InterfaceError, OperationalError, PoolTimeout):
        raise
    except Exception:
        with transaction(tenant_id) as session:
            session.execute(_FAIL, {"tenant": tenant_id, "id": batch_id, "failure": "internal_error"})
        raise


def _claim(tenant_id: UUID, batch_id: UUID) -> Work | None:
    now = clock.now()
    words = {"tenant": tenant_id, "id": batch_id, "now": now, "lease": now + LEASE}
    with transaction(tenant_id) as session:
        batch = session.execute(_CLAIM, words).one_or_none()
        if batch is None:
            return None
        vault = crypto.vault(session, tenant_id)
        known = addressees.by_words(session, tenant_id) if batch.lead_type == TARGETED else {}
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    defaults = BatchDefaults(
        now=batch.checking_at,
        country=batch.country,
        timezone=batch.time_zone,
        lead_type=batch.lead_type,
        legal_basis=batch.legal_basis,
        addressee=str(batch.addressee_id or ""),
    )
    facts = BatchFacts(
        vertical,
        batch.lead_type,
        batch.source_id,
        batch.legal_basis,
        batch.consent_text_id,
        batch.max_sales,
        batch.checking_at,
        batch_id,
        known,
    )
    mapping = {int(column): target for column, target in batch.mapping.items()}
    layout = Layout.from_json(batch.dialect)
    columns = {target: batch.headers[one] for one, target in mapping.items() if one < len(batch.headers)}
    reader = RowReader(vertical, mapping, defaults)
    return Work(tenant_id, batch_id, vault, facts, reader, layout, columns, batch.rows_read)


def _read_on(work: Work) -> None:
    if work.rows_read == 0:
        while clear_slice(work.tenant_id, work.batch_id, ("checking",)):
            pass
    with _uncollected():
        for block in _blocks(work):
            if not _take(work, block):
                log.info("batch %s is in other hands or was cancelled", work.batch_id)
                return
    with transaction(work.tenant_id) as session:
        words = {"tenant": work.tenant_id, "id": work.batch_id, "now": clock.now(), "read": work.rows_read}
        session.execute(_FINISH, words)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows hold no cycles, and a collector that looks for them again and again takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _blocks(work: Work) -> Iterator[Block]:
    """The blocks not yet taken; one is sealed while the database still writes the one before it."""
    pieces = stored_pieces(work.tenant_id, work.batch_id)
    read = blocks(pieces, work.layout, skip_rows=work.rows_read, rows_in_block=BLOCK_ROWS)
    waiting: Future[Block] | None = None
    # the other thread only computes: a session stays with the thread that opened it
    with ThreadPoolExecutor(1) as sealer, closing(read):
        for lines in read:
            block = judge(lines, work.reader, work.facts, work.layout.encoding or "utf-8")
            coming = sealer.submit(ready, work.vault, block, work.facts)
            if waiting:
                yield waiting.result()
            waiting = coming
        if waiting:
            yield waiting.result()


def _take(work: Work, block: Block) -> bool:
    """Store a block and how far we are, together. False when it is not our turn: nothing is stored then."""
    words = {"tenant": work.tenant_id, "id": work.batch_id}
    with transaction(work.tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        if session.execute(_TURN, {**words, "read": work.rows_read}).one_or_none() is None:
            return False
        counts = write(session, work.tenant_id, block, work.facts, work.columns)
        lease = clock.now() + LEASE
        session.execute(_PROGRESS, {**words, **counts, "bytes": block.size, "lease": lease})
    work.rows_read += block.rows
    return True
