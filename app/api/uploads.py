"""Sending a large file slice by slice: begun, appended to, looked at, thrown away, made into a batch."""

from typing import Any
from uuid import UUID

from app.api.batches import shown
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.batches import Batch
from app.api.schemas.uploads import NewUpload, Upload, UploadFacts
from app.guard import actor, session
from app.leads import file_uploads
from app.leads.file_uploads import FileUpload, NewFile
from app.leads.intake_facts import facts_of_body
from app.leads.upload_to_batch import LEADS, receive_upload
from app.slice_body import read_slice
from tenants.db import transaction
from tenants.permissions import Permission

resource = Resource(
    "uploads", "Large files, sent in slices of up to 4 MB; only the key that began one reaches it."
)
_FACTS = {
    "vertical": "home_solar",
    "type": "consumer",
    "source_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "country": "UA",
    "legal_basis": "consent",
    "consent_text_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a12",
}


@resource.post(
    "/uploads",
    Permission.LEAD_WRITE,
    Takes(json=NewUpload, example={"file_name": "leads.csv", "size": 31457280}),
    gives=Gives(Upload, 201),
)
def create_upload(body: dict[str, Any]) -> dict[str, Any]:
    """Begin to send a file of up to 200 MB; it waits a day for each slice. The same file, unfinished, is found again by `mark`."""
    return _shown(
        file_uploads.begin(session(), actor(), NewFile(LEADS, body["file_name"], body["size"], body["mark"]))
    )


@resource.get("/uploads/{upload_id}", Permission.LEAD_WRITE, gives=Gives(Upload))
def read_upload(upload_id: UUID) -> dict[str, Any]:
    """How much of the file is here: `offset` is where the next slice begins."""
    return _shown(file_uploads.find(session(), actor(), upload_id))


@resource.patch("/uploads/{upload_id}", Permission.LEAD_WRITE, Takes(raw=True), gives=Gives(Upload))
def append_to_upload(upload_id: UUID) -> dict[str, Any]:
    """Send the next slice: 64 kB to 4 MB, the last one may be smaller.

    Repeating is safe: a slice that is here already is refused with 409 `wrong_offset` and the true `offset`.
    """
    file_uploads.find(session(), actor(), upload_id)
    offset, data = read_slice()
    with transaction(actor().card().id) as opened:
        return _shown(file_uploads.append(opened, actor(), upload_id, offset, data))


@resource.delete("/uploads/{upload_id}", Permission.LEAD_WRITE, gives=Gives(status=204))
def delete_upload(upload_id: UUID) -> None:
    """Throw away what arrived of a file."""
    file_uploads.discard(session(), actor(), upload_id)


@resource.post(
    "/uploads/{upload_id}/batch",
    Permission.LEAD_WRITE,
    Takes(json=UploadFacts, example=_FACTS),
    gives=Gives(Batch, 201),
)
def create_batch_of_upload(body: dict[str, Any], upload_id: UUID) -> dict[str, Any]:
    """Make a batch of a file that has arrived whole, as POST /batches does; repeated, it is the same batch."""
    return shown(receive_upload(session(), actor(), upload_id, facts_of_body(body)))


def _shown(upload: FileUpload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "file_name": upload.file_name,
        "size": upload.size,
        "offset": upload.received,
        "expires_at": upload.expires_at,
        "batch_id": upload.made_id,
    }
