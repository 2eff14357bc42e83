"""A file on its way: sent slice by slice, so that a lost network, a closed tab or a dead server costs one slice at most.

Invariants: what is received is a beginning of the file, without gap or repetition; a slice and how far the file is are
committed together; an upload is reached by the member or key that began it and by nobody else; it is sealed at rest,
goes with its expiry, and becomes something once. Memory does not grow with the file.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.batches import clean_name
from app.leads.files.kinds import EmptyFile
from app.leads.files.layout import LARGEST_FILE
from app.leads.received_file import seal
from tenants import clock, crypto
from tenants.actor import Actor
from tenants.db import platform_transaction
from tenants.errors import Forbidden, Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.jobs import sweep
from tenants.language import N_

MB = 1024 * 1024
SLICE_BYTES = 4 * MB
SMALLEST_SLICE = 64 * 1024
"""Only the last slice may be smaller: a file is kept in few pieces."""
KEPT_FOR = timedelta(hours=24)
"""How long an upload waits for its next slice."""
MOST_UNFINISHED, MOST_BYTES = 20, 1024 * MB
"""Of one organisation at a time: uploads, and bytes they promise."""
LONGEST_MARK = 200


class UploadTooLarge(Refused):
    """The file is larger than Floe takes; nothing was stored."""

    status, code = 413, "upload_too_large"


class TooManyUploads(Refused):
    """The organisation has too many unfinished uploads, or too large ones; nothing was stored."""

    status, code = 409, "too_many_uploads"


class WrongOffset(Refused):
    """The slice does not begin where the file ends so far: go on at `offset`. Nothing was stored."""

    status, code = 409, "wrong_offset"


class SizeExceeded(Refused):
    """The slice goes beyond the size the upload was begun with; nothing was stored."""

    status, code = 422, "size_exceeded"


class SliceTooLarge(Refused):
    """A slice holds at most 4 MB; nothing was stored."""

    status, code = 413, "slice_too_large"


class SliceTooSmall(Refused):
    """A slice that is not the last holds at least 64 kB; nothing was stored."""

    status, code = 422, "slice_too_small"


class UploadUnfinished(Refused):
    """The file has not arrived whole: go on at `offset`."""

    status, code = 409, "upload_unfinished"


class UploadFinished(Refused):
    """The upload became something already; nothing was changed."""

    status, code = 409, "upload_finished"


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is known of a file before it comes. The sender finds its upload again by the same name, size and mark."""

    purpose: str
    file_name: str
    size: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class FileUpload:
    """An upload: `received` of `size` bytes are here; `made_id` is what it became."""

    id: UUID
    purpose: str
    file_name: str
    size: int
    received: int
    slices: int
    created_at: datetime
    expires_at: datetime
    made_id: UUID | None

    @property
    def is_whole(self) -> bool:
        """Whether every byte is here."""
        return self.received == self.size


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('file uploads ' || :tenant, 0))")
_SEEN = """
SELECT id, purpose, file_name, size, received, slices, created_at, expires_at, made_id FROM file_upload
WHERE tenant_id = :tenant AND by_id = :by AND expires_at > :now"""
_ONE = text(_SEEN + " AND id = :id")
_LOCK = text(_SEEN + " AND id = :id FOR UPDATE")
_UNFINISHED = text(_SEEN + " AND purpose = :purpose AND made_id IS NULL ORDER BY created_at")
_AGAIN = text(f"""{_SEEN} AND purpose = :purpose AND made_id IS NULL AND file_name = :name AND size = :size
  AND mark = :mark AND mark <> '' ORDER BY created_at LIMIT 1""")
_TAKEN = text("""
SELECT count(*) AS uploads, coalesce(sum(size), 0)::bigint AS bytes FROM file_upload
WHERE tenant_id = :tenant AND made_id IS NULL AND expires_at > :now
""")
_BEGIN = text("""
INSERT INTO file_upload (tenant_id, id, purpose, by_id, file_name, mark, size, created_at, expires_at)
VALUES (:tenant, :id, :purpose, :by, :name, :mark, :size, :now, :expires)
""")
_KEEP = text("""
INSERT INTO file_slice (tenant_id, upload_id, number, sealed) VALUES (:tenant, :id, :number, :sealed)
""")
_GROW = text("""
UPDATE file_upload SET received = received + :bytes, slices = slices + 1, expires_at = :expires
WHERE tenant_id = :tenant AND id = :id
""")
_BECOME = text("UPDATE file_upload SET made_id = :made WHERE tenant_id = :tenant AND id = :id")
_SLICES = text("DELETE FROM file_slice WHERE tenant_id = :tenant AND upload_id = :id")
_UPLOAD = text("DELETE FROM file_upload WHERE tenant_id = :tenant AND id = :id")
_EXPIRED = text("""
WITH old AS (SELECT tenant_id, id FROM file_upload WHERE expires_at <= :now LIMIT 50),
slices AS (DELETE FROM file_slice s USING old WHERE s.tenant_id = old.tenant_id AND s.upload_id = old.id)
SELECT tenant_id, id FROM old
""")


def begin(session: Session, actor: Actor, file: NewFile) -> FileUpload:
    """Begin an upload, or find the unfinished one of the same file: sending again what was begun begins nothing new.

    Raises `UploadTooLarge`, an `EmptyFile`, `Invalid`, or `TooManyUploads` (for the whole organisation).
    """
    if file.size > LARGEST_FILE:
        raise UploadTooLarge(
            N_("The file is larger than %(limit)s MB. Split it and upload the parts."),
            limit=LARGEST_FILE // MB,
        )
    if file.size <= 0:
        raise EmptyFile(N_("The file is empty."))
    if len(file.mark) > LONGEST_MARK or "\0" in file.mark:
        raise Invalid(N_("The mark is too long."), fields={"mark": N_("The mark is too long.")})
    words = {
        **_whose(actor), "purpose": file.purpose, "name": clean_name(file.file_name), "size": file.size, "mark": file.mark,
    }  # fmt: skip
    session.execute(_ONE_AT_A_TIME, {"tenant": str(words["tenant"])})
    if again := session.execute(_AGAIN, words).one_or_none():
        return FileUpload(*again)
    taken = session.execute(_TAKEN, words).one()
    if taken.uploads >= MOST_UNFINISHED or taken.bytes + file.size > MOST_BYTES:
        raise TooManyUploads(
            N_(
                "Your organisation has too many unfinished uploads. Finish or remove one, or try again tomorrow."
            )
        )
    upload_id = new_id()
    session.execute(_BEGIN, {**words, "id": upload_id, "expires": words["now"] + KEPT_FOR})
    return find(session, actor, upload_id)


def find(session: Session, actor: Actor, upload_id: UUID) -> FileUpload:
    """One of the actor's own uploads. Raises `NotFound`."""
    return _found(session.execute(_ONE, {**_whose(actor), "id": upload_id}))


def unfinished(session: Session, actor: Actor, purpose: str) -> list[FileUpload]:
    """The actor's uploads that became nothing yet, oldest first."""
    return [FileUpload(*row) for row in session.execute(_UNFINISHED, {**_whose(actor), "purpose": purpose})]


def append(session: Session, actor: Actor, upload_id: UUID, offset: int, data: bytes) -> FileUpload:
    """Keep the next slice. Safe to repeat: what came before is refused as `WrongOffset`, which says where to go on.

    Raises `NotFound`, `UploadFinished`, `SliceTooLarge`, `SizeExceeded`, or `SliceTooSmall`; then nothing was stored.
    """
    words = {**_whose(actor), "id": upload_id}
    upload = locked(session, actor, upload_id)
    if upload.made_id is not None:
        raise UploadFinished(N_("This upload is finished already."))
    if offset != upload.received:
        raise WrongOffset(N_("Go on at byte %(offset)s of the file."), offset=upload.received)
    _demand_size(upload, data)
    sealed = seal(crypto.vault(session, words["tenant"]), upload_id, _field(upload.slices), data)
    session.execute(_KEEP, {**words, "number": upload.slices, "sealed": sealed})
    session.execute(_GROW, {**words, "bytes": len(data), "expires": words["now"] + KEPT_FOR})
    return find(session, actor, upload_id)


def discard(session: Session, actor: Actor, upload_id: UUID) -> None:
    """Throw an upload away with all that arrived. Raises `NotFound`, or `UploadFinished`: what it became stays."""
    if locked(session, actor, upload_id).made_id is not None:
        raise UploadFinished(N_("This upload is finished already."))
    words = {**_whose(actor), "id": upload_id}
    session.execute(_SLICES, words)
    session.execute(_UPLOAD, words)


def locked(session: Session, actor: Actor, upload_id: UUID) -> FileUpload:
    """The upload, held until the end of the transaction: of two deeds on it one waits. Raises `NotFound`."""
    return _found(session.execute(_LOCK, {**_whose(actor), "id": upload_id}))


def demand_whole(upload: FileUpload) -> None:
    """Raises `UploadUnfinished` while bytes are missing."""
    if not upload.is_whole:
        raise UploadUnfinished(
            N_("The file has not arrived whole yet. Choose it again, and the upload goes on."),
            offset=upload.received,
        )


def become(session: Session, tenant_id: UUID, upload_id: UUID, made_id: UUID) -> None:
    """Note what the upload became; its slices go."""
    words = {"tenant": tenant_id, "id": upload_id, "made": made_id}
    session.execute(_BECOME, words)
    session.execute(_SLICES, words)


@sweep(every_seconds=3_600)
def delete_expired(now: datetime) -> None:
    """Delete the uploads whose next slice never came, and what is left of the finished."""
    with platform_transaction(
        "uploads: what nobody finishes is deleted after a day", patience_seconds=60
    ) as session:
        for tenant_id, upload_id in session.execute(_EXPIRED, {"now": now}).all():
            session.execute(_UPLOAD, {"tenant": tenant_id, "id": upload_id})


def _demand_size(upload: FileUpload, data: bytes) -> None:
    if len(data) > SLICE_BYTES:
        raise SliceTooLarge(N_("A slice holds at most %(limit)s bytes."), limit=SLICE_BYTES)
    left = upload.size - upload.received
    if len(data) > left:
        raise SizeExceeded(N_("The file is larger than was said when its upload began."))
    if len(data) < min(SMALLEST_SLICE, max(left, 1)):
        raise SliceTooSmall(
            N_("A slice that is not the last holds at least %(limit)s bytes."), limit=SMALLEST_SLICE
        )


def _field(number: int) -> str:
    return f"slice:{number}"


def _whose(actor: Actor) -> dict[str, Any]:
    if actor.id is None:
        raise Forbidden(N_("Your role does not allow this."))
    return {"tenant": actor.card().id, "by": actor.id, "now": clock.now()}


def _found(result: Any) -> FileUpload:
    row = result.one_or_none()
    if row is None:
        raise NotFound
    return FileUpload(*row)
