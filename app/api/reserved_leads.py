"""Leads reserved for the company, because the person answered it."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.market import Declining, ReservedLeadPage
from app.guard import actor, session
from app.market import reserved
from tenants import clock
from tenants.permissions import Permission

resource = Resource("reserved-leads", "Leads whose people answered your company; nobody else can see them.")


@resource.get("/reserved-leads", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(ReservedLeadPage))
def list_reserved_leads(query: dict[str, Any]) -> dict[str, Any]:
    """What is reserved for the company now, the one that expires first on top; buy with POST /purchases."""
    rows = reserved.reserved_leads(
        session(), clock.now(), after=cursors.read_id(query["cursor"]), limit=query["limit"] + 1
    )
    return cursors.page(rows, query["limit"], lambda row: (row.lead_id,))


@resource.post(
    "/reserved-leads/{lead_id}/decline",
    Permission.LEAD_BUY,
    Takes(json=Declining, example={"reason": "We do not work in this region."}),
    gives=Gives(status=204),
)
def decline_reserved_lead(body: dict[str, Any], lead_id: UUID) -> None:
    """Not wanted: the agency is told, and nobody else is ever offered it."""
    reserved.decline(session(), actor(), lead_id, body["reason"], clock.now())
