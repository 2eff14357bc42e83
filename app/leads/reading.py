"""Reading an uploaded file once, into sealed blocks of rows: what a check, and a check after another mapping, starts from.

Invariants: a row of the file stands in exactly one block, in the file's order; a block and how far the reading is are
committed together, so that whoever goes on after a crash goes on at the exact row; a file that is read in another way
is read from its beginning, and a worker still reading it in the old way stops.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from app.leads import told_dates
from app.leads.files.kinds import BadFile
from app.leads.files.layout import BrokenRow, Layout, Line
from app.leads.files.sandbox import blocks
from app.leads.received_file import seal, stored_pieces, unseal
from app.leads.tally import FIELD, Tally
from tenants import clock, crypto
from tenants.crypto import Vault
from tenants.db import platform_transaction, transaction
from tenants.jobs import SLOW, job, sweep, wake

BLOCK_ROWS = 2_000
LEASE = timedelta(seconds=30)
"""A reader that says nothing for so long is taken for dead."""

_CLAIM = text("""
UPDATE batch SET read_lease_until = :lease WHERE tenant_id = :tenant AND id = :id AND rows_total IS NULL
  AND state IN ('received', 'mapped', 'checking') AND (read_lease_until IS NULL OR read_lease_until <= :now)
RETURNING layout, reading, rows_split, blocks_split
""")
# a block need not wait for the disk: it and how far the reading is are lost together
_ADD = text("""
WITH turn AS (UPDATE batch SET rows_split = rows_split + :rows, blocks_split = blocks_split + 1, read_lease_until = :lease
  WHERE tenant_id = :tenant AND id = :id AND rows_total IS NULL AND reading = :reading AND blocks_split = :number
    AND state IN ('received', 'mapped', 'checking') RETURNING set_config('synchronous_commit', 'off', true))
INSERT INTO batch_block (tenant_id, batch_id, number, rows, sealed) SELECT :tenant, :id, :number, :rows, :sealed FROM turn
RETURNING number
""")
_KEPT = text(
    "SELECT sealed FROM batch_block WHERE tenant_id = :tenant AND batch_id = :id AND number = :number"
)
_END = text("""
UPDATE batch SET rows_total = rows_split, tally_sealed = :tally, read_lease_until = NULL
WHERE tenant_id = :tenant AND id = :id AND reading = :reading AND blocks_split = :number AND rows_total IS NULL
RETURNING id
""")
_UNREADABLE = text("""
UPDATE batch SET state = 'failed', failure = :failure, failure_told = CAST(:told AS jsonb), due_at = NULL,
  lease_until = NULL, read_lease_until = NULL
WHERE tenant_id = :tenant AND id = :id AND reading = :reading AND state IN ('received', 'mapped', 'checking')
""")
_UNREAD = text("""
SELECT tenant_id, id FROM batch WHERE rows_total IS NULL AND state IN ('received', 'mapped')
  AND (read_lease_until IS NULL OR read_lease_until <= :now) AND created_at <= :before ORDER BY created_at LIMIT 100
""")


@dataclass(slots=True)
class _Place:
    """Which file, read in which way, and how far: `number` is the next block's."""

    words: dict[str, Any]
    layout: Layout
    number: int
    rows: int
    tally: Tally


@job(SLOW)
def read_file(tenant_id: str, batch_id: str) -> None:
    """Read an uploaded file, woken by its arrival or by the sweep."""
    read(UUID(tenant_id), UUID(batch_id))


@sweep(every_seconds=30)
def wake_unread(now: datetime) -> None:
    """Wake the readings whose worker died or was never woken."""
    with platform_transaction("uploads: files of all agencies that nobody reads") as session:
        unread = session.execute(_UNREAD, {"now": now, "before": now - LEASE}).all()
    for tenant_id, batch_id in unread:
        wake(read_file, str(tenant_id), str(batch_id))


def read(tenant_id: UUID, batch_id: UUID) -> bool:
    """Read on where the last reader stopped, to the end; False when it is read already, or in other hands."""
    now = clock.now()
    words = {"tenant": tenant_id, "id": batch_id}
    with transaction(tenant_id) as session:
        batch = session.execute(_CLAIM, {**words, "now": now, "lease": now + LEASE}).one_or_none()
        if batch is None:
            return False
        vault = crypto.vault(session, tenant_id)
    words["reading"] = batch.reading
    layout = Layout.from_json(batch.layout)
    place = _Place(words, layout, batch.blocks_split, batch.rows_split, Tally(layout.width))
    _count_again(tenant_id, vault, place)
    try:
        is_ours = _read_on(tenant_id, batch_id, vault, place)
    except BadFile as bad:
        is_ours = False
        with transaction(tenant_id) as session:
            session.execute(_UNREADABLE, {**words, "failure": bad.code, "told": _told(bad)})
    if is_ours:
        with transaction(tenant_id) as session:
            tally = seal(vault, batch_id, FIELD, place.tally.packed())
            if session.execute(_END, {**words, "number": place.number, "tally": tally}).one_or_none():
                told_dates.settle(session, vault, batch_id, place.tally.proofs())
    return True


def _read_on(tenant_id: UUID, batch_id: UUID, vault: Vault, place: _Place) -> bool:
    """Keep the blocks that are not kept yet; False when somebody else reads the file by now, or nobody should."""
    pieces = stored_pieces(tenant_id, batch_id)
    found = blocks(pieces, place.layout, skip_rows=place.rows, rows_in_block=BLOCK_ROWS)
    with closing(found):
        return all(_add(tenant_id, vault, place, lines) for lines in found)


def _count_again(tenant_id: UUID, vault: Vault, place: _Place) -> None:
    """Count what a reader before us had read."""
    for number in range(place.number):
        with transaction(tenant_id) as session:
            sealed = session.execute(_KEPT, {**place.words, "number": number}).scalar_one_or_none()
        if sealed is not None:
            place.tally.add(rows_of(vault, place.words["id"], number, bytes(sealed)))


def _told(bad: BadFile) -> str:
    return orjson.dumps({"sentence": bad.message, "details": bad.details}).decode()


def rows_of(vault: Vault, batch_id: UUID, number: int, sealed: bytes) -> list[Line]:
    """The rows of a block, each with the line it starts on."""
    return [_line(*one) for one in orjson.loads(unseal(vault, batch_id, f"block:{number}", sealed))]


def _add(tenant_id: UUID, vault: Vault, place: _Place, lines: list[Line]) -> bool:
    """Keep a block. False when somebody else reads the file by now, or nobody should: nothing is kept then."""
    words = {
        **place.words,
        "number": place.number,
        "rows": len(lines),
        "sealed": seal(vault, place.words["id"], f"block:{place.number}", _packed(lines)),
        "lease": clock.now() + LEASE,
    }
    with transaction(tenant_id) as session:
        if session.execute(_ADD, words).one_or_none() is None:
            return False
    place.number += 1
    place.tally.add(lines)
    return True


def _packed(lines: list[Line]) -> bytes:
    return orjson.dumps(list(_plain(lines)))


def _plain(lines: list[Line]) -> Iterator[tuple[Any, ...]]:
    for number, row in lines:
        if isinstance(row, BrokenRow):
            yield number, row.cells, row.code, row.params
        else:
            yield number, row


def _line(number: int, cells: list[str], code: str = "", params: dict[str, Any] | None = None) -> Line:
    return number, BrokenRow(code, params or {}, tuple(cells)) if code else cells
