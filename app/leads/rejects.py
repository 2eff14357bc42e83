"""The file of rejects: every row of a batch that became no lead, as the agency wrote it, with its line and the reason."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import verticals
from app.leads.reasons import explain
from app.leads.received_file import unseal
from app.leads.spreadsheet_cells import safe_cell
from tenants import audit, crypto
from tenants.actor import Actor
from tenants.errors import NotFound
from tenants.language import LANGUAGES, N_, say
from tenants.permissions import Permission

_LINE, _REASON, _COLUMN = N_("Line"), N_("Reason"), N_("Column %(number)s")

_BATCH = text(
    "SELECT headers, layout, vertical, vertical_version, rejected + duplicates AS total FROM batch "
    "WHERE tenant_id = :tenant AND id = :id"
)
_PROBLEMS = text("""
SELECT line, code, column_name, params, row_sealed FROM batch_problem WHERE tenant_id = :tenant AND batch_id = :id
ORDER BY line
""").execution_options(yield_per=1_000)


def is_added(heading: str, of: str) -> bool:
    """Whether a heading is what this file calls its `line` or `reason`, in whatever language it was fetched."""
    return heading in {say(language, {"line": _LINE, "reason": _REASON}[of]) for language in LANGUAGES}


def rejects_csv(session: Session, actor: Actor, batch_id: UUID, language: str) -> BinaryIO:
    """A temporary file, rewound: UTF-8 with a mark, the delimiter of the upload, reasons in `language`.

    The rows hold personal data, so the actor must hold `contacts:read` and the download is logged with its count.
    Raises `Forbidden` or `NotFound`. After 30 days the rows are gone and only lines and reasons remain.
    """
    actor.demand(Permission.CONTACT_READ)
    tenant_id = actor.card().id
    batch = session.execute(_BATCH, {"tenant": tenant_id, "id": batch_id}).one_or_none()
    if batch is None:
        raise NotFound
    made: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    sheet = io.TextIOWrapper(made, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(sheet, delimiter=_delimiter(batch))
    writer.writerows(_rows(session, tenant_id, batch_id, batch, language))
    sheet.detach()
    made.seek(0)
    audit.record(session, actor, "batch.rejects_downloaded", "batch", batch_id, count=batch.total)
    return made


def _rows(
    session: Session, tenant_id: UUID, batch_id: UUID, batch: Row[Any], language: str
) -> Iterator[list[str]]:
    width, delimiter = batch.layout["width"], _delimiter(batch)
    headers = batch.headers or [say(language, _COLUMN, number=str(one + 1)) for one in range(width)]
    yield [*map(safe_cell, headers), say(language, _LINE), say(language, _REASON)]
    vault = crypto.vault(session, tenant_id)
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    for row in session.execute(_PROBLEMS, {"tenant": tenant_id, "id": batch_id}):
        sealed = bytes(row.row_sealed)
        cells = json.loads(unseal(vault, batch_id, f"row:{row.line}", sealed)) if sealed else []
        reason = explain(language, row.code, row.column_name, row.params, vertical)
        yield [*map(safe_cell, _fitted(cells, width, delimiter)), str(row.line), reason]


def _delimiter(batch: Row[Any]) -> str:
    """The upload's own; a workbook has none."""
    return batch.layout["delimiter"] or ";"


def _fitted(cells: list[str], width: int, delimiter: str) -> list[str]:
    """The cells under the headings: a row that was too long keeps its surplus in the last column."""
    if len(cells) > width:
        return [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]
