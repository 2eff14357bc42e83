"""An uploaded file before anything of it is kept: how large it is, what it is, and that it can be read to its end.

Invariants: a file that is empty, no text, cut off, too large or in an unknown encoding is refused here, with nothing
stored; memory does not grow with the file. What is kept is kept in sealed pieces of 1 MB.
"""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import text_encoding
from app.leads.csv_file import LARGEST_FILE, Dialect, inspect, sample_rows
from tenants import crypto
from tenants.crypto import Vault
from tenants.db import transaction

PIECE_BYTES = 1024 * 1024
HEAD_BYTES = 256 * 1024
_LOOKED_AT = 64 * 1024
_LETTER = "ї".encode()


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A readable file: its SHA-256, how it is written, and its first rows."""

    digest: bytes
    size: int
    dialect: Dialect
    samples: list[list[str]]


_KEEP = text("""
INSERT INTO batch_chunk (tenant_id, batch_id, number, sealed) VALUES (:tenant, :batch, :number, :sealed)
""")
_PIECE = text("""
SELECT sealed FROM batch_chunk WHERE tenant_id = :tenant AND batch_id = :batch AND number = :number
""")


def look_at(stream: BinaryIO) -> ReceivedFile:
    """Read the whole file once, keeping nothing. Raises a `app.leads.file_kinds.BadFile`. Leaves it rewound."""
    digest, size, head = hashlib.sha256(), 0, b""
    for piece in _pieces(stream):
        digest.update(piece)
        size += len(piece)
        head = head or piece[:HEAD_BYTES]
        if size > LARGEST_FILE:
            break
    dialect = inspect(head, size)
    encoding = _encoding_of_all(stream, dialect.encoding)
    dialect = replace(dialect, encoding=encoding)
    return ReceivedFile(digest.digest(), size, dialect, sample_rows(head, dialect))


def keep(session: Session, vault: Vault, batch_id: UUID, stream: BinaryIO) -> None:
    """Store the file in sealed pieces under its batch."""
    for number, piece in enumerate(_pieces(stream)):
        sealed = seal(vault, batch_id, f"chunk:{number}", piece)
        session.execute(
            _KEEP, {"tenant": vault.tenant_id, "batch": batch_id, "number": number, "sealed": sealed}
        )


def stored_pieces(tenant_id: UUID, batch_id: UUID) -> Iterator[bytes]:
    """The file again, piece by piece, each fetched in a transaction of its own."""
    for number in count():
        words = {"tenant": tenant_id, "batch": batch_id, "number": number}
        with transaction(tenant_id) as session:
            sealed = session.execute(_PIECE, words).scalar_one_or_none()
            if sealed is None:
                return
            vault = crypto.vault(session, tenant_id)
        yield unseal(vault, batch_id, f"chunk:{number}", bytes(sealed))


def seal(vault: Vault, batch_id: UUID, field: str, plain: bytes) -> bytes:
    """Encrypt something of a file. The batch's own id is the salt: a file is not erased by its salt but deleted."""
    return vault.seal(batch_id.bytes, batch_id, field, plain)


def unseal(vault: Vault, batch_id: UUID, field: str, sealed: bytes) -> bytes:
    """Decrypt what `seal` made of the same batch and field."""
    return vault.open(batch_id.bytes, batch_id, field, sealed)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while piece := stream.read(PIECE_BYTES):
        yield piece
    stream.seek(0)


def _encoding_of_all(stream: BinaryIO, encoding: str) -> str:
    """The encoding that holds beyond the file's beginning too. Single bad bytes become problems of their rows."""
    if encoding == text_encoding.CP1251:
        return encoding
    pending = codecs.getincrementaldecoder(text_encoding.UTF_8)("replace")
    is_ascii_so_far = True
    for piece in _pieces(stream):
        if is_ascii_so_far and not piece.isascii():
            is_ascii_so_far = False
            if _first_letters(piece) == text_encoding.CP1251:
                return text_encoding.CP1251
        pending.decode(piece)
    if cut_off := pending.getstate()[0]:
        text_encoding.detect(_LETTER + cut_off, is_whole=True)  # refuses: the file ends inside a letter
    return encoding


def _first_letters(piece: bytes) -> str:
    """The encoding told by the first letters that are not plain Latin."""
    start = next(place for place, byte in enumerate(piece) if byte > 127)
    return text_encoding.detect(piece[start : start + _LOOKED_AT], is_whole=False)
