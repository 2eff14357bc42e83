"""The bytes of an upload again, slice by slice: as a file that can be read and rewound, or one slice at a time.

Invariant: never more than one slice in memory.
"""

import io
from typing import BinaryIO, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.received_file import PIECE_BYTES, unseal
from tenants.crypto import Vault

_SLICE = text(
    "SELECT sealed FROM file_slice WHERE tenant_id = :tenant AND upload_id = :id AND number = :number"
)


def slice_of(session: Session, vault: Vault, upload_id: UUID, number: int) -> bytes | None:
    """One slice, opened; None beyond the last."""
    words = {"tenant": vault.tenant_id, "id": upload_id, "number": number}
    sealed = session.execute(_SLICE, words).scalar_one_or_none()
    return None if sealed is None else unseal(vault, upload_id, f"slice:{number}", bytes(sealed))


def opened(session: Session, vault: Vault, upload_id: UUID) -> BinaryIO:
    """The whole upload as a file, in the caller's transaction."""
    return cast(BinaryIO, io.BufferedReader(_Slices(session, vault, upload_id), PIECE_BYTES))


class _Slices(io.RawIOBase):
    """Reads forwards; `seek` only rewinds."""

    def __init__(self, session: Session, vault: Vault, upload_id: UUID) -> None:
        self._session, self._vault, self._upload_id = session, vault, upload_id
        self._number, self._at, self._rest = 0, 0, memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) == (0, io.SEEK_SET):
            self._number, self._at, self._rest = 0, 0, memoryview(b"")
        elif (offset, whence) != (0, io.SEEK_CUR):
            raise io.UnsupportedOperation("an upload is read from its beginning")
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(
                slice_of(self._session, self._vault, self._upload_id, self._number) or b""
            )
            self._number += 1
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest, self._at = self._rest[len(taken) :], self._at + len(taken)
        return len(taken)
