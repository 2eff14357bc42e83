"""Checking a batch: every row of the file read into a lead or a problem, a block of rows per transaction, by any number
of workers at once.

Invariants: blocks are worked out side by side but stored in the file's order, so that of two rows of one person the
first stays; what a block stored and how far the check is are committed together: after a crash it goes on at the exact
row, and no row is stored twice; accepted + rejected + duplicates = rows read, always. A worker holds its block by a lock
that dies with it, so the others take it over at once. All rows of a batch are read at the business time it began, which tells
its check from an earlier one of the batch: a worker of that one stores nothing any more.
"""

import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import Row, text
from sqlalchemy.exc import InterfaceError, NoResultFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.leads import awaited_dates, fixes, news, pace, reading
from app.leads.batch_states import demand_state
from app.leads.check_block import Block, bring, judge, merged, ready, write
from app.leads.check_work import Work, begin
from app.leads.clearing import clear_slice
from app.leads.corrections import corrected_rows
from app.leads.received_file import seal, unseal
from tenants import audit, clock
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.jobs import SLOW, enqueue, job, sweep, wake

LANES = 2
"""Workers on one batch: each holds one block of rows in memory."""
LEASE = timedelta(seconds=60)
"""A check that does not come on for so long is taken for abandoned."""
PATIENCE_SECONDS = 60
_NAP_SECONDS = 0.02
_NAPS = int(LEASE.total_seconds() / _NAP_SECONDS)

_START = text("""
UPDATE batch SET state = 'checking', checking_at = :now, due_at = :now, lease_until = NULL
WHERE tenant_id = :tenant AND id = :id
""")
_BLOCK = """
SELECT k.number, k.sealed FROM batch_block k JOIN batch b ON b.tenant_id = k.tenant_id AND b.id = k.batch_id
WHERE k.tenant_id = :tenant AND k.batch_id = :id AND b.state = 'checking' AND b.checking_at = :began
  AND k.number {which}
ORDER BY k.number LIMIT 1 FOR UPDATE OF k SKIP LOCKED
"""
_NEXT = text(_BLOCK.format(which=">= b.next_block"))
_DUE = text(_BLOCK.format(which="= b.next_block AND k.number < :number"))
# not so long that who clears a cancelled batch, block by block, and who holds one of them wait for each other for ever
_HELD = text("""
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '400', true))
SELECT number FROM batch_block, patience
WHERE tenant_id = :tenant AND batch_id = :id AND number = :number FOR KEY SHARE OF batch_block
""")
_PLACE = text(
    "SELECT state, next_block FROM batch WHERE tenant_id = :tenant AND id = :id AND checking_at = :began"
)
# a block need not wait for the disk: rows and progress are lost together, and the check goes on where it stands then
_TURN = text("""
SELECT warnings, noticed_sealed, pace_rows, pace_ms, coalesce(paced_at, checking_at) AS paced_at, set_config('synchronous_commit', 'off', true) FROM batch
WHERE tenant_id = :tenant AND id = :id AND state = 'checking' AND next_block = :number AND checking_at = :began
""")
_PROGRESS = text("""
UPDATE batch SET rows_read = rows_read + :rows, accepted = accepted + :accepted, rejected = rejected + :rejected,
  duplicates = duplicates + :duplicates, quarantined = quarantined + :quarantined, warned = warned + :warned, warnings = CAST(:warnings AS jsonb),
  noticed_sealed = :noticed, next_block = next_block + 1, lease_until = :lease, pace_rows = :pace_rows,
  pace_ms = :pace_ms, paced_at = :paced_at
WHERE tenant_id = :tenant AND id = :id AND state = 'checking' AND next_block = :number
  AND checking_at = :began RETURNING id
""")
_FINISH = text("""
UPDATE batch SET state = 'checked', checked_at = :now, due_at = NULL, lease_until = NULL
WHERE tenant_id = :tenant AND id = :id AND state = 'checking' AND checking_at = :began
  AND rows_total IS NOT NULL AND next_block = blocks_split
""")
_FAIL = text("""
UPDATE batch SET state = 'failed', failure = :failure, due_at = NULL, lease_until = NULL
WHERE tenant_id = :tenant AND id = :id AND state = 'checking'
""")
_FORGOTTEN = text("""
SELECT tenant_id, id FROM batch WHERE state = 'checking' AND due_at <= :now
  AND (lease_until IS NULL OR lease_until <= :now) ORDER BY due_at LIMIT 100
""")


class _Step(Enum):
    """What a worker did: took a block, found none free, or found the check at its end (or given up)."""

    TOOK, FREE, OVER = range(3)


class _Overtaken(Exception):
    """What a worker stored is not wanted any more."""


def start_check(session: Session, actor: Actor, batch_id: UUID) -> None:
    """Have the whole file of a mapped batch checked by workers.

    Raises `NotFound`, or `WrongState` when it is not mapped.
    """
    tenant_id = actor.card().id
    demand_state(session, tenant_id, batch_id, ("mapped",))
    session.execute(_START, {"tenant": tenant_id, "id": batch_id, "now": clock.now()})
    for lane in range(LANES):
        enqueue(session, check_batch, str(tenant_id), str(batch_id), lane)
    news.ask(session, actor, "batch", batch_id)
    audit.record(session, actor, "batch.check_started", "batch", batch_id)


@job(SLOW)
def check_batch(tenant_id: str, batch_id: str, _lane: int = 0) -> None:
    """Check a batch, woken by its start or by the sweep."""
    check(UUID(tenant_id), UUID(batch_id))


@sweep(every_seconds=30)
def wake_forgotten(now: datetime) -> None:
    """Wake the checks whose workers died or were never woken."""
    with platform_transaction("uploads: checks of all agencies that nobody works on") as session:
        forgotten = session.execute(_FORGOTTEN, {"now": now}).all()
    for tenant_id, batch_id in forgotten:
        for lane in range(LANES):
            wake(check_batch, str(tenant_id), str(batch_id), lane)


def check(tenant_id: UUID, batch_id: UUID) -> None:
    """Work on a batch until all its rows are checked, beside whoever else does. Does nothing when it is not due.

    A fault of the program leaves the batch `failed`; a database that is away leaves it due, and the sweep wakes it.
    """
    try:
        work = begin(tenant_id, batch_id) if awaited_dates.are_told(tenant_id, batch_id) else None
        if work is not None:
            with _seldom_collected():
                _work(work)
    except _Overtaken:
        return
    except (InterfaceError, OperationalError, PoolTimeout):
        raise
    except Exception:
        with transaction(tenant_id) as session:
            session.execute(_FAIL, {"tenant": tenant_id, "id": batch_id, "failure": "internal_error"})
        raise


def _work(work: Work) -> None:
    while clear_slice(work.tenant_id, work.batch_id, ("checking",), is_untouched=True):
        pass
    for _ in range(_NAPS):
        while (step := _take_next(work)) is _Step.TOOK:
            gc.collect()
        if step is _Step.OVER:
            return
        # the file is not read to its end, or the last blocks are in other hands
        if not reading.read(work.tenant_id, work.batch_id):
            time.sleep(_NAP_SECONDS)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Rows hold no cycles, and a collector that looks for them again and again takes a fifth of the time: between two
    blocks it is enough, and what was there before need not be looked at."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


def _take_next(work: Work) -> _Step:
    """Work the next free block out and store it when it is its turn."""
    with transaction(work.tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        found = session.execute(_NEXT, work.words()).one_or_none()
        if found is not None:
            _store(session, work, found.number, _worked_out(session, work, found))
            return _Step.TOOK
        session.execute(_FINISH, work.words(now=clock.now()))
        place = session.execute(_PLACE, work.words()).one_or_none()
        return _Step.FREE if place is not None and place.state == "checking" else _Step.OVER


def _worked_out(session: Session, work: Work, found: Row[Any]) -> Block:
    lines = reading.rows_of(work.vault, work.batch_id, found.number, bytes(found.sealed))
    if work.is_corrected and lines:
        mended = corrected_rows(session, work.vault, work.batch_id, lines[0][0], lines[-1][0])
        lines = [(line, mended.get(line, row)) for line, row in lines]
    return ready(work.vault, judge(lines, work.reader, work.facts), work.facts)


def _store(session: Session, work: Work, number: int, block: Block) -> None:
    """Store a block once all before it are stored; one whose worker died is worked out here first.

    What was stored for another is committed before anything is waited for: the next block may wait for it. The block in
    hand is then taken anew, unless its turn has come.
    """
    bring(session, block, work.facts)
    while True:
        place = session.execute(_PLACE, work.words()).one_or_none()
        if place is None or place.state != "checking" or place.next_block > number:
            return
        if place.next_block == number:
            break
        due = session.execute(_DUE, work.words(number=number)).one_or_none()
        if due is None:
            _wait_for(work, place.next_block)
            continue
        _write(session, work, due.number, _worked_out(session, work, due))
        block.are_laid_out = False
        if due.number + 1 < number:
            return
    _write(session, work, number, block)


def _wait_for(work: Work, number: int) -> None:
    """Wait a while until whoever holds a block has stored it or is dead; hold it no moment longer than that.

    By another connection: this one would have to forget its plans to let the block go.
    """
    try:
        with transaction(work.tenant_id) as session:
            session.execute(_HELD, work.words(number=number)).one()
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
    except NoResultFound:
        time.sleep(_NAP_SECONDS)


def _write(session: Session, work: Work, number: int, block: Block) -> None:
    """Store a block and how far we are, together; nothing when it is not its turn.

    Whoever holds the block is the only one who moves its turn on, so that the batch is locked only for a moment.
    Raises `_Overtaken` when the check ended meanwhile.
    """
    turn = session.execute(_TURN, work.words(number=number)).one_or_none()
    if turn is None:
        return
    counts = write(session, work.tenant_id, block, work.facts, work.columns)
    warnings = merged(turn.warnings, block.warnings, work.columns)
    noticed = _noticed(work, turn.noticed_sealed, block)
    now = clock.now()
    more = {**counts, **pace.come_on(turn, turn.paced_at, counts["rows"], now), "lease": now + LEASE}
    words = work.words(**more, number=number, warnings=warnings, noticed=noticed)
    if session.execute(_PROGRESS, words).one_or_none() is None:
        raise _Overtaken


def _noticed(work: Work, before: bytes | None, block: Block) -> bytes | None:
    """What could be put right in the file, sealed, with what this block adds."""
    if not block.noticed:
        return before
    opened = json.loads(unseal(work.vault, work.batch_id, "noticed", bytes(before))) if before else {}
    found = fixes.read_noticed(opened).add(block.noticed)
    return seal(work.vault, work.batch_id, "noticed", fixes.packed_noticed(found))
