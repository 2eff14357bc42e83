"""What is done with an uploaded file: checked, published, undone, given up."""

from typing import Any
from uuid import UUID

from app.api.batches import shown
from app.api.operations import Gives, Resource
from app.api.schemas.batches import Batch, Published, Undone
from app.guard import actor, session
from app.leads import batches, check
from app.market import batch_offers
from tenants import clock
from tenants.permissions import Permission

resource = Resource("batch-life", "What is done with an uploaded file.")
resource.tag = "batches"


@resource.post("/batches/{batch_id}/check", Permission.LEAD_WRITE, gives=Gives(Batch, 202))
def check_batch(batch_id: UUID) -> dict[str, Any]:
    """Have a mapped file checked by a worker; look at GET /batches/{batch_id} until it is `checked` or `failed`."""
    check.start_check(session(), actor(), batch_id)
    return shown(batch_id)


@resource.post("/batches/{batch_id}/publish", Permission.LEAD_WRITE, gives=Gives(Published))
def publish_batch(batch_id: UUID) -> dict[str, int]:
    """Offer every accepted lead of a checked file, all or none."""
    return {"published": batch_offers.publish_batch(session(), actor(), batch_id, clock.now())}


@resource.post("/batches/{batch_id}/undo", Permission.LEAD_WRITE, gives=Gives(Undone))
def undo_batch(batch_id: UUID) -> dict[str, int]:
    """Withdraw every unsold lead of a published file; sales stand."""
    withdrawn, sold = batch_offers.undo_batch(session(), actor(), batch_id, clock.now())
    return {"withdrawn": withdrawn, "sold": sold}


@resource.post("/batches/{batch_id}/cancel", Permission.LEAD_WRITE, gives=Gives(Batch))
def cancel_batch(batch_id: UUID) -> dict[str, Any]:
    """Give a file up before it is published; a worker deletes it."""
    batches.cancel(session(), actor(), batch_id)
    return shown(batch_id)
