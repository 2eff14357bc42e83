"""A worker's way through a file of a suppression list: looked through whole first, then read block by block.

Invariants: nothing is put on the list before the whole file has proved readable, so a wrong or truncated file leaves it
as it was; what a block put on the list and how far the reading is are committed together, so that whoever goes on
after a crash goes on at the exact row. Only one block is in memory.
"""

import json
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import pace, suppression
from app.leads.files import sandbox
from app.leads.files.layout import Layout, Line
from app.leads.list_rows import SHOWN_REFUSED, ListReader, ReadRows
from app.leads.list_uploads import LEASE, WISHES, end, stored_pieces
from tenants import audit, clock, crypto
from tenants.actor import SYSTEM
from tenants.crypto import Vault
from tenants.db import transaction
from tenants.language import N_

BLOCK_ROWS = 10_000
PATIENCE_SECONDS = 60
NOTHING_READABLE = N_("There is no phone, e-mail, @domain, MD5 or SHA-256 in the file.")

_CLAIM = text("""
UPDATE list_upload u SET due_at = :lease, paced_at = :now FROM tenant t
WHERE u.tenant_id = :tenant AND u.id = :id AND u.state = 'reading' AND u.due_at <= :now AND t.id = u.tenant_id
RETURNING u.list_id, u.layout, u.passed_over, u.rows_total, u.rows_read, t.country
""")
_STILL = text("""
UPDATE list_upload SET due_at = :lease WHERE tenant_id = :tenant AND id = :id AND state = 'reading' RETURNING id
""")
_LOOKED = text("""
UPDATE list_upload SET layout = CAST(:layout AS jsonb), passed_over = CAST(:passed AS jsonb), rows_total = :rows,
  due_at = :lease, paced_at = :now
WHERE tenant_id = :tenant AND id = :id AND state = 'reading' AND rows_total IS NULL RETURNING id
""")
# a block need not wait for the disk: entries and progress are lost together
_TURN = text("""
SELECT reasons, first_refused, pace_rows, pace_ms, coalesce(paced_at, created_at) AS paced_at,
  set_config('synchronous_commit', 'off', true)
FROM list_upload WHERE tenant_id = :tenant AND id = :id AND state = 'reading' AND rows_read = :rows FOR UPDATE
""")
_PROGRESS = text("""
UPDATE list_upload SET rows_read = rows_read + :read, added = added + :added, known = known + :known,
  refused = refused + :refused, closed = closed + :closed, reasons = CAST(:reasons AS jsonb),
  first_refused = CAST(:first AS jsonb), due_at = :lease, pace_rows = :pace_rows, pace_ms = :pace_ms,
  paced_at = :paced_at WHERE tenant_id = :tenant AND id = :id
""")
_ENTRIES = text("SELECT added + known FROM list_upload WHERE tenant_id = :tenant AND id = :id")
_FORGOTTEN = text("SELECT tenant_id, id FROM list_upload WHERE due_at <= :now ORDER BY due_at LIMIT 100")


@dataclass(slots=True)
class Reading:
    """One file in the hands of one worker, and how far it is."""

    tenant_id: UUID
    upload_id: UUID
    list_id: UUID
    vault: Vault
    reader: ListReader
    layout: Layout | None
    rows: int

    def words(self, **more: object) -> dict[str, Any]:
        """Which file, for a statement."""
        now = clock.now()
        return {"tenant": self.tenant_id, "id": self.upload_id, "now": now, "lease": now + LEASE, **more}


@dataclass(frozen=True, slots=True)
class TakenBlock:
    """A block on its way onto the list: its transaction is open."""

    progress: dict[str, Any]
    blinds: list[bytes]


def forgotten(session: Session, now: datetime) -> list[tuple[UUID, UUID]]:
    """Tenant and id of the files whose workers died or were never woken. Needs a platform door."""
    return [(row.tenant_id, row.id) for row in session.execute(_FORGOTTEN, {"now": now})]


def claim(tenant_id: UUID, upload_id: UUID) -> Reading | None:
    """Take a file in hand; None when it is read, given up, or in other hands."""
    now = clock.now()
    words = {"tenant": tenant_id, "id": upload_id, "now": now, "lease": now + LEASE}
    with transaction(tenant_id) as session:
        row = session.execute(_CLAIM, words).one_or_none()
        if row is None:
            return None
        vault = crypto.vault(session, tenant_id)
    reader = ListReader(vault, row.country, frozenset(row.passed_over))
    layout = Layout.from_json(row.layout) if row.rows_total is not None else None
    return Reading(tenant_id, upload_id, row.list_id, vault, reader, layout, row.rows_read)


def look_through(reading: Reading) -> bool:
    """Read the whole file once, keeping nothing but its layout, its length and which columns hold entries.

    False when nobody wants it any more. Raises a `app.leads.files.kinds.BadFile`.
    """
    layout = sandbox.look_at(_pieces(reading), WISHES).layout
    passed, rows = None, 0
    due = clock.now() + LEASE / 2
    with closing(sandbox.blocks(_pieces(reading), layout, rows_in_block=BLOCK_ROWS)) as found:
        for block in found:
            if passed is None:
                passed = reading.reader.columns_without(block)
            rows += len(block)
            if clock.now() >= due:
                due = clock.now() + LEASE / 2
                if not _is_wanted(reading):
                    return False
    words = reading.words(layout=json.dumps(layout.as_json()), passed=json.dumps(passed or []), rows=rows)
    with transaction(reading.tenant_id) as session:
        if session.execute(_LOOKED, words).one_or_none() is None:
            return False
    reading.layout, reading.reader = layout, replace(reading.reader, passed_over=frozenset(passed or []))
    return True


def blocks(reading: Reading) -> Generator[list[Line], None, None]:
    """The rows that are not read yet. Close it when it is not read to its end."""
    if reading.layout is None:
        raise RuntimeError("a file is looked through before it is read")
    return sandbox.blocks(_pieces(reading), reading.layout, skip_rows=reading.rows, rows_in_block=BLOCK_ROWS)


def take(session: Session, reading: Reading, block: list[Line], done: ReadRows) -> TakenBlock | None:
    """Put a block's entries on the list; None when the list is gone, or somebody else reads the file by now.

    `note` ends it, in the same transaction.
    """
    tenant_id, list_id = reading.tenant_id, reading.list_id
    if not suppression.lock(session, tenant_id, list_id):
        return None
    turn = session.execute(_TURN, reading.words(rows=reading.rows)).one_or_none()
    if turn is None:
        return None
    added = suppression.put(session, tenant_id, list_id, done.found)
    reasons = Counter({code: int(times) for code, times in turn.reasons.items()}) + done.reasons
    first = [*turn.first_refused, *done.first_refused][:SHOWN_REFUSED]
    progress = reading.words(
        read=len(block),
        added=added,
        known=len(done.found) - added,
        refused=done.reasons.total(),
        reasons=json.dumps(reasons),
        first=json.dumps(first),
        **pace.come_on(turn, turn.paced_at, len(block), clock.now()),
    )
    return TakenBlock(progress, [blind for blind, _ in done.found])


def note(session: Session, reading: Reading, taken: TakenBlock, closed: int) -> None:
    """How far the reading is with a block that was taken, and how many listings that closed."""
    session.execute(_PROGRESS, {**taken.progress, "closed": closed})
    reading.rows += int(taken.progress["read"])


def finish(session: Session, reading: Reading) -> None:
    """The end of the file: its pieces go, and a file without a single entry says so. Safe to repeat."""
    tenant_id, list_id = reading.tenant_id, reading.list_id
    if session.execute(_ENTRIES, reading.words()).scalar() == 0:
        told = {"sentence": NOTHING_READABLE, "details": {}}
        end(session, tenant_id, reading.upload_id, "refused", failure="nothing_readable", told=told)
        return
    ended = end(session, tenant_id, reading.upload_id, "done")
    if ended is not None:
        audit.record(
            session, SYSTEM, "suppression.added", "suppression_list", list_id, count=ended.added, tenant_id=tenant_id
        )  # fmt: skip


def _is_wanted(reading: Reading) -> bool:
    with transaction(reading.tenant_id) as session:
        return session.execute(_STILL, reading.words()).one_or_none() is not None


def _pieces(reading: Reading) -> Iterator[bytes]:
    return stored_pieces(reading.tenant_id, reading.vault, reading.upload_id)
