"""Rows of an upload that were mended in the file of rejects and came back: they stand in for the rows they mend.

Invariant: a corrected row replaces exactly the row whose line it names, and only a row that was left out; it is judged
by the next check as any other row is.
"""

import json
from collections.abc import Mapping
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import received_file
from app.leads.batch_states import demand_state
from app.leads.files.layout import BrokenRow, Wishes
from app.leads.files.sandbox import blocks
from app.leads.problems import N_
from app.leads.received_file import seal, unseal
from app.leads.rejects import is_added
from app.leads.spreadsheet_cells import as_meant
from tenants import audit, crypto
from tenants.actor import Actor
from tenants.crypto import Vault
from tenants.errors import Refused


class NotTheRejects(Refused):
    """The file is not the file of rejects of this upload; nothing was changed."""

    status, code = 422, "not_the_rejects"


_LEFT_OUT = text("SELECT line FROM batch_problem WHERE tenant_id = :tenant AND batch_id = :id")
_KEEP = text("""
INSERT INTO batch_correction (tenant_id, batch_id, line, row_sealed) VALUES (:tenant, :id, :line, :sealed)
ON CONFLICT (tenant_id, batch_id, line) DO UPDATE SET row_sealed = excluded.row_sealed
""")
_COUNT = text("""
UPDATE batch SET corrected = (SELECT count(*) FROM batch_correction WHERE tenant_id = :tenant AND batch_id = :id)
WHERE tenant_id = :tenant AND id = :id
""")
_OF_LINES = text("""
SELECT line, row_sealed FROM batch_correction WHERE tenant_id = :tenant AND batch_id = :id AND line BETWEEN :first AND :last
""")


def correct(session: Session, actor: Actor, batch_id: UUID, stream: BinaryIO) -> int:
    """Take back the mended file of rejects; how many rows it mends. The next check reads them instead.

    Rows of lines that were not left out are ignored, so that the same file may be sent again. Raises `NotFound`,
    `WrongState` while the upload is checked or once it is published, a `BadFile`, or `NotTheRejects`.
    """
    tenant_id = actor.card().id
    batch = demand_state(session, tenant_id, batch_id, ("mapped", "checked", "staged", "failed"))
    words = {"tenant": tenant_id, "id": batch_id}
    left_out = set(session.execute(_LEFT_OUT, words).scalars())
    vault = crypto.vault(session, tenant_id)
    rows = [
        {**words, "line": line, "sealed": seal(vault, batch_id, f"corrected:{line}", orjson.dumps(cells))}
        for line, cells in _rows(batch, stream).items()
        if line in left_out
    ]
    if not rows:
        raise NotTheRejects(N_("No row of this file belongs to a row that was left out of this upload."))
    session.execute(_KEEP, rows)
    session.execute(_COUNT, words)
    audit.record(session, actor, "batch.corrected", "batch", batch_id, count=len(rows))
    return len(rows)


def corrected_rows(
    session: Session, vault: Vault, batch_id: UUID, first: int, last: int
) -> dict[int, list[str]]:
    """The corrected rows between two lines, by line."""
    words = {"tenant": vault.tenant_id, "id": batch_id, "first": first, "last": last}
    return {
        row.line: orjson.loads(unseal(vault, batch_id, f"corrected:{row.line}", bytes(row.row_sealed)))
        for row in session.execute(_OF_LINES, words)
    }


def _rows(batch: Row[Any], stream: BinaryIO) -> Mapping[int, list[str]]:
    """Line of the upload → the cells as they are meant now, without what the file of rejects had added."""
    received = received_file.look_at(stream, Wishes(header_row=1, header_rows=1))
    width = int(batch.layout["width"])
    headers = list(received.look.layout.headers)
    added = headers[width:]
    is_ours = len(added) == 2 and is_added(added[0], "line") and is_added(added[1], "reason")
    if not is_ours or (batch.headers and headers[:width] != list(batch.headers)):
        raise NotTheRejects(
            N_("This is not the file of rejects of this upload: keep its columns and headings as they are."),
            expected=json.dumps(list(batch.headers), ensure_ascii=False),
        )
    pieces = iter(lambda: stream.read(received_file.PIECE_BYTES), b"")
    found = {}
    for _, row in (line for block in blocks(pieces, received.look.layout) for line in block):
        if not isinstance(row, BrokenRow) and row[width].strip().isdigit():
            found[int(row[width])] = [as_meant(cell) for cell in row[:width]]
    return found
