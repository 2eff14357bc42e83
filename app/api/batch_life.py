"""What is done with an uploaded file: checked, offered, paused, undone, given up."""

from typing import Any
from uuid import UUID

from app.api.batches import shown
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.batch_fixes import BatchTerms
from app.api.schemas.batches import Batch, Published, Undone
from app.guard import actor, session
from app.leads import batches
from app.leads.batch_terms import set_terms
from app.leads.check_again import check_again
from app.market import batch_offers
from tenants import clock
from tenants.permissions import Permission

resource = Resource("batch-life", "What is done with an uploaded file.")
resource.tag = "batches"


@resource.post("/batches/{batch_id}/check", Permission.LEAD_WRITE, gives=Gives(Batch, 202))
def check_batch(batch_id: UUID) -> dict[str, Any]:
    """Have a mapped file checked by a worker, or a checked one once more with what was decided since; look at
    GET /batches/{batch_id} until it is `checked` or `failed`."""
    check_again(session(), actor(), batch_id)
    return shown(batch_id)


@resource.put(
    "/batches/{batch_id}/terms",
    Permission.LEAD_WRITE,
    Takes(json=BatchTerms, example={"legal_basis": "legitimate_interest", "max_sales": 1}),
    gives=Gives(Batch),
)
def set_batch_terms(body: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """On what basis the leads of a checked file may be sold; other terms than it was checked with check it again. Its price
    is that of its source: PUT /prices."""
    set_terms(session(), actor(), batch_id, body["legal_basis"], body["consent_text_id"], body["max_sales"])
    return shown(batch_id)


@resource.post("/batches/{batch_id}/stage", Permission.LEAD_WRITE, gives=Gives(Batch, 202))
def stage_batch(batch_id: UUID) -> dict[str, Any]:
    """Have a large checked file prepared, so that publishing it is instant; a small one needs nothing."""
    batch_offers.stage_batch(session(), actor(), batch_id, clock.now())
    return shown(batch_id)


@resource.post("/batches/{batch_id}/publish", Permission.LEAD_WRITE, gives=Gives(Published))
def publish_batch(batch_id: UUID) -> dict[str, int]:
    """Offer every accepted lead of a checked file, all or none."""
    return {"published": batch_offers.publish_batch(session(), actor(), batch_id, clock.now())}


@resource.post("/batches/{batch_id}/pause", Permission.LEAD_WRITE, gives=Gives(Batch))
def pause_batch(batch_id: UUID) -> dict[str, Any]:
    """Take what is unsold of a published file off the market until it is resumed."""
    batch_offers.pause_batch(session(), actor(), batch_id, clock.now())
    return shown(batch_id)


@resource.post("/batches/{batch_id}/resume", Permission.LEAD_WRITE, gives=Gives(Batch))
def resume_batch(batch_id: UUID) -> dict[str, Any]:
    """Offer what is left of a paused file again."""
    batch_offers.resume_batch(session(), actor(), batch_id, clock.now())
    return shown(batch_id)


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
