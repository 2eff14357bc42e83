"""An upload becomes a batch, as a file sent in one piece does.

Invariant: one upload becomes one batch, however often and from however many tabs it is asked for.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from app.leads import batches, file_uploads, sliced_file
from app.leads.batches import Upload
from app.leads.intake_facts import IntakeFacts
from tenants import crypto
from tenants.actor import Actor
from tenants.errors import NotFound

LEADS = "leads"
"""What uploads of this kind are for."""


def receive_upload(session: Session, actor: Actor, upload_id: UUID, facts: IntakeFacts) -> UUID:
    """Make the batch of an upload that has arrived whole; gives the batch's id, the same one when repeated.

    Raises `NotFound`, `UploadUnfinished`, and whatever `batches.receive` refuses: then the upload stays as it was.
    """
    upload = file_uploads.locked(session, actor, upload_id)
    if upload.purpose != LEADS:
        raise NotFound
    if upload.made_id is not None:
        return upload.made_id
    file_uploads.demand_whole(upload)
    tenant_id = actor.card().id
    stream = sliced_file.opened(session, crypto.vault(session, tenant_id), upload_id)
    batch_id = batches.receive(session, actor, Upload(upload.file_name, stream, facts))
    file_uploads.become(session, tenant_id, upload_id, batch_id)
    return batch_id
