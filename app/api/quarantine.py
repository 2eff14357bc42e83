"""Leads that wait until somebody has looked at them."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.quarantine import (
    QuarantinedLead,
    QuarantinePage,
    QuarantineQuery,
    Release,
    Released,
    said,
)
from app.guard import actor, session
from app.leads import quarantine
from app.leads.quarantine_queries import QuarantineFilter, quarantine_page, quarantine_row
from app.market.release import release
from tenants import clock
from tenants.permissions import Permission

resource = Resource("quarantine", "Leads that wait until somebody has looked at them.")


@resource.get("/quarantine", Permission.LEAD_READ, Takes(QuarantineQuery), gives=Gives(QuarantinePage))
def list_quarantine(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's quarantine, newest first."""
    wanted = QuarantineFilter(
        states=tuple(query["state"]) or ("resting",),
        reasons=tuple(query["reason"]),
        origins=tuple(query["origin"]),
    )
    found = quarantine_page(
        session(),
        actor().card().id,
        wanted,
        older_than=cursors.read_id(query["cursor"]),
        limit=query["limit"] + 1,
    )
    return cursors.page(found.rows, query["limit"], lambda row: (row.id,))


@resource.get("/quarantine/{quarantined_id}", Permission.LEAD_READ, gives=Gives(QuarantinedLead))
def read_quarantined(quarantined_id: UUID) -> Any:
    """One of them, without its people."""
    return quarantine_row(session(), actor().card().id, quarantined_id)


@resource.post(
    "/quarantine/{quarantined_id}/release",
    Permission.LEAD_WRITE,
    Takes(json=Release, example={"accepting": ["email_disposable"], "draft": True}),
    gives=Gives(Released),
)
def release_quarantined(body: dict[str, Any], quarantined_id: UUID) -> dict[str, Any]:
    """Let a lead go on under all rules; what is refused or still waits stays, and says why."""
    taken = release(
        session(), actor(), quarantined_id, clock.now(), accepting=body["accepting"], is_draft=body["draft"]
    )
    return {"result": taken.result.value, "lead_id": taken.lead_id, "reasons": said(taken.problems)}


@resource.post("/quarantine/{quarantined_id}/discard", Permission.LEAD_WRITE, gives=Gives(QuarantinedLead))
def discard_quarantined(quarantined_id: UUID) -> Any:
    """Delete what was sent."""
    quarantine.discard_one(session(), actor(), quarantined_id)
    return quarantine_row(session(), actor().card().id, quarantined_id)
