"""Files for suppression lists: received at once, sealed, and read onto their list by a worker.

Invariants: a file that is no table is refused, and its list stays as it was; the same file is not read twice at once
onto one list; a file's pieces go in the transaction that ends its reading. Memory does not grow with the file.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import pace, suppression
from app.leads.batches import clean_name
from app.leads.files import sandbox
from app.leads.files.kinds import EmptyFile, FileTooLarge
from app.leads.files.layout import LARGEST_FILE, Wishes
from app.leads.list_rows import Refused as RefusedPart
from app.leads.received_file import PIECE_BYTES, seal, unseal
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.crypto import Vault
from tenants.db import transaction
from tenants.errors import NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

MB = 1024 * 1024
LOOKED_AT_ONCE = 4 * MB
"""A file up to this size is looked at while its sender waits, so that a wrong one is refused at once."""
MOST_AT_ONCE = 10
"""Files of one organisation that wait or are read."""
WISHES = Wishes(header_row=0)
READING = "reading"
LEASE = timedelta(seconds=60)
"""A reading that does not come on for so long is taken for abandoned."""


class TooManyListUploads(Refused):
    """The organisation has too many files that are still being read; nothing was stored."""

    status, code = 409, "too_many_list_uploads"


@dataclass(frozen=True, slots=True)
class ListUpload:
    """A file and what became of it: `added` + `known` + `refused` are its entries so far."""

    id: UUID
    list_id: UUID
    file_name: str
    size: int
    state: str
    rows_total: int | None
    rows_read: int
    added: int
    known: int
    refused: int
    closed: int
    reasons: dict[str, int]
    first_refused: list[RefusedPart]
    passed_over: list[int]
    failure: str | None
    failure_told: dict[str, Any] | None
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    rows_per_second: float | None
    seconds_left: float | None

    @property
    def is_reading(self) -> bool:
        """Whether it waits for a worker, or one is at it."""
        return self.state == READING


@dataclass(frozen=True, slots=True)
class Received:
    """Which upload a file is; not a new one when this very file is being read onto the list already."""

    id: UUID
    is_new: bool


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('list uploads ' || :tenant, 0))")
_UNDER_WAY = text("SELECT count(*) FROM list_upload WHERE tenant_id = :tenant AND state = 'reading'")
_SAME = text("""
SELECT id FROM list_upload WHERE tenant_id = :tenant AND list_id = :list AND mark = :mark AND state = 'reading'
""")
_RECEIVE = text("""
INSERT INTO list_upload (tenant_id, id, list_id, file_name, size, mark, state, created_by, created_at, due_at, paced_at)
VALUES (:tenant, :id, :list, :name, :size, :mark, 'reading', :by, :now, :now, :now)
""")
_KEEP = text(
    "INSERT INTO list_piece (tenant_id, upload_id, number, sealed) VALUES (:tenant, :id, :number, :sealed)"
)
_PIECE = text(
    "SELECT sealed FROM list_piece WHERE tenant_id = :tenant AND upload_id = :id AND number = :number"
)
_PIECES = text("DELETE FROM list_piece WHERE tenant_id = :tenant AND upload_id = :id")
_SEEN = """
SELECT id, list_id, file_name, size, state, rows_total, rows_read, added, known, refused, closed, reasons, first_refused,
  passed_over, failure, failure_told, created_by, created_at, ended_at, pace_rows, pace_ms, paced_at
FROM list_upload WHERE tenant_id = :tenant AND list_id = :list"""
_ONE = text(_SEEN + " AND id = :id")
_PAGE = text(_SEEN + " AND (CAST(:older AS uuid) IS NULL OR id < :older) ORDER BY id DESC LIMIT :limit")
_END = text("""
UPDATE list_upload SET state = :state, failure = :failure, failure_told = CAST(:told AS jsonb), due_at = NULL,
  ended_at = :now WHERE tenant_id = :tenant AND id = :id AND state = 'reading' RETURNING list_id, added
""")


def receive(session: Session, actor: Actor, list_id: UUID, file_name: str, stream: BinaryIO) -> Received:
    """Keep a file to be read onto a list. Sent again while it is being read, it is not kept twice.

    Raises `Forbidden`, `NotFound`, a `app.leads.files.kinds.BadFile`, or `TooManyListUploads`; then nothing was stored.
    """
    suppression.demand_list(session, actor, list_id)
    tenant_id = actor.card().id
    digest, size = _measured(stream)
    if size <= LOOKED_AT_ONCE:
        sandbox.look_at(_pieces(stream), WISHES)
    vault = crypto.vault(session, tenant_id)
    upload_id = new_id()
    words: dict[str, Any] = {
        "tenant": tenant_id, "id": upload_id, "list": list_id, "name": clean_name(file_name), "size": size,
        "mark": vault.blind("list file", digest), "by": actor.name, "now": clock.now(),
    }  # fmt: skip
    session.execute(_ONE_AT_A_TIME, {"tenant": str(tenant_id)})
    same = session.execute(_SAME, words).scalar_one_or_none()
    if same is not None:
        return Received(UUID(str(same)), is_new=False)
    if session.execute(_UNDER_WAY, words).scalar_one() >= MOST_AT_ONCE:
        raise TooManyListUploads(
            N_("%(limit)s files of yours are still being read. Wait until one is done."), limit=MOST_AT_ONCE
        )
    session.execute(_RECEIVE, words)
    for number, piece in enumerate(_pieces(stream)):
        sealed = seal(vault, upload_id, f"piece:{number}", piece)
        session.execute(_KEEP, {**words, "number": number, "sealed": sealed})
    audit.record(session, actor, "suppression.uploaded", "suppression_list", list_id)
    return Received(upload_id, is_new=True)


def stop(session: Session, actor: Actor, list_id: UUID, upload_id: UUID) -> None:
    """Read the file no further; what it added by then stays on the list. Safe to repeat.

    Raises `Forbidden` or `NotFound`.
    """
    suppression.demand_list(session, actor, list_id)
    tenant_id = actor.card().id
    view(session, tenant_id, list_id, upload_id)
    if end(session, tenant_id, upload_id, "stopped") is not None:
        audit.record(session, actor, "suppression.stopped", "suppression_list", list_id)


def view(session: Session, tenant_id: UUID, list_id: UUID, upload_id: UUID) -> ListUpload:
    """One file of a list. Raises `NotFound`."""
    words = {"tenant": tenant_id, "list": list_id, "id": upload_id}
    row = session.execute(_ONE, words).one_or_none()
    if row is None:
        raise NotFound
    return _seen(row)


def page(
    session: Session, tenant_id: UUID, list_id: UUID, *, older_than: UUID | None = None, limit: int = 20
) -> list[ListUpload]:
    """The files of a list, newest first; the next page is older than the last of this one."""
    words = {"tenant": tenant_id, "list": list_id, "older": older_than, "limit": limit}
    return [_seen(row) for row in session.execute(_PAGE, words)]


def end(
    session: Session,
    tenant_id: UUID,
    upload_id: UUID,
    state: str,
    *,
    failure: str | None = None,
    told: dict[str, Any] | None = None,
) -> Any:
    """End a reading and delete the file's pieces; the list and how many entries it got, or None if it has ended."""
    words = {"tenant": tenant_id, "id": upload_id, "now": clock.now()}
    words |= {"state": state, "failure": failure, "told": json.dumps(told) if told else None}
    ended = session.execute(_END, words).one_or_none()
    if ended is not None:
        session.execute(_PIECES, words)
    return ended


def stored_pieces(tenant_id: UUID, vault: Vault, upload_id: UUID) -> Iterator[bytes]:
    """The file again, piece by piece, each fetched in a transaction of its own."""
    for number in count():
        words = {"tenant": tenant_id, "id": upload_id, "number": number}
        with transaction(tenant_id) as session:
            sealed = session.execute(_PIECE, words).scalar_one_or_none()
        if sealed is None:
            return
        yield unseal(vault, upload_id, f"piece:{number}", bytes(sealed))


def _measured(stream: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(stream):
        digest.update(piece)
        size += len(piece)
    if not size:
        raise EmptyFile(N_("The file is empty."))
    if size > LARGEST_FILE:
        raise FileTooLarge(
            N_("The file is larger than %(limit)s MB. Split it and upload the parts."),
            limit=LARGEST_FILE // MB,
        )
    return digest.hexdigest(), size


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while piece := stream.read(PIECE_BYTES):
        yield piece
    stream.seek(0)


def _seen(row: Any) -> ListUpload:
    rate = pace.rate_now(row, clock.now()) if row.state == READING else None
    left = pace.seconds_left(row.rows_total - row.rows_read, rate) if row.rows_total is not None else None
    first = [(line, column, code) for line, column, code in row.first_refused]
    told = [*row[:12], first, *row[13:19], rate, left]
    return ListUpload(*told)
