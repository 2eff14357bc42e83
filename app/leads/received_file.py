"""An uploaded file before anything of it is kept: how large it is, what it is, and that it can be read to its end.

Invariants: a file that is empty, no text, cut off, too large or in an unknown encoding is refused here, with nothing
stored; memory does not grow with the file. What is kept is kept in sealed pieces of 1 MB.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.files import sandbox
from app.leads.files.layout import Wishes
from app.leads.files.look import Look
from tenants import crypto
from tenants.crypto import Vault
from tenants.db import transaction

PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A readable file: its SHA-256, its size, how it is laid out and its first rows."""

    digest: bytes
    size: int
    look: Look


_KEEP = text("""
INSERT INTO batch_chunk (tenant_id, batch_id, number, sealed) VALUES (:tenant, :batch, :number, :sealed)
""")
_PIECE = text("""
SELECT sealed FROM batch_chunk WHERE tenant_id = :tenant AND batch_id = :batch AND number = :number
""")


def look_at(stream: BinaryIO, wishes: Wishes | None = None) -> ReceivedFile:
    """Read the whole file once, keeping nothing. Raises a `app.leads.files.kinds.BadFile`. Leaves it rewound."""
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in _pieces(stream):
            digest.update(piece)
            size += len(piece)
            yield piece

    pieces = counted()
    look = sandbox.look_at(pieces, wishes)
    for _ in pieces:
        pass  # what the look did not need still belongs to the digest
    return ReceivedFile(digest.digest(), size, look)


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


def pieces_of(session: Session, vault: Vault, batch_id: UUID) -> Iterator[bytes]:
    """The file again, in the caller's transaction."""
    for number in count():
        words = {"tenant": vault.tenant_id, "batch": batch_id, "number": number}
        sealed = session.execute(_PIECE, words).scalar_one_or_none()
        if sealed is None:
            return
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
