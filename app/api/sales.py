"""What an agency sold, and what became of it."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.trade import Sale, SalePage, SaleQuery
from app.guard import session
from app.market import queries
from app.outcomes.queries import sold_lead
from tenants.permissions import Permission

resource = Resource("sales", "Leads an agency sold.")


@resource.get("/sales", Permission.LEAD_READ, Takes(SaleQuery), gives=Gives(SalePage))
def list_sales(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's sales, newest first."""
    wanted = queries.Wanted(
        verticals=tuple(query["vertical"]),
        states=tuple(query["state"]),
        terms=tuple(query["terms"]),
        outcomes=tuple(query["outcome"]),
        parties=tuple(query["buyer_label"]),
        since=query["since"],
        until=query["until"],
    )
    after = cursors.read_id(query["cursor"])
    return cursors.next_page(queries.sales(session(), wanted, after=after, limit=query["limit"]))


@resource.get("/sales/{sale_id}", Permission.LEAD_READ, gives=Gives(Sale))
def read_sale(sale_id: UUID) -> dict[str, Any]:
    """One sale with what became of it, as far as the agency may know."""
    found = sold_lead(session(), sale_id)
    return {
        **found.sale._mapping,
        "outcomes": found.outcomes,
        "actions": found.actions,
        "return_claim": found.claim,
    }
