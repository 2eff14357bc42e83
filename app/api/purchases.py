"""Buying leads, and the leads that were bought."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.repeating import required_key
from app.api.schemas.market import Order, Receipt
from app.api.schemas.trade import Purchase, PurchasePage, PurchaseQuery
from app.guard import actor, session
from app.market import queries, terms
from app.market.purchase import buy
from app.outcomes.queries import bought_lead
from tenants import clock
from tenants.permissions import Permission

resource = Resource("purchases", "Leads a company bought.")
_EXAMPLE = {
    "items": [
        {
            "lead_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
            "terms": "ppl",
            "mode": "shared",
            "max_net_minor": 2000,
        }
    ],
    "all_or_nothing": False,
}


@resource.get("/purchases", Permission.LEAD_READ, Takes(PurchaseQuery), gives=Gives(PurchasePage))
def list_purchases(query: dict[str, Any]) -> dict[str, Any]:
    """The company's purchases, newest first, without their people."""
    wanted = queries.Wanted(
        verticals=tuple(query["vertical"]),
        states=tuple(query["state"]),
        terms=tuple(query["terms"]),
        outcomes=tuple(query["outcome"]),
        parties=tuple(map(str, query["agency_id"])),
        since=query["since"],
        until=query["until"],
        order_id=query["order_id"],
    )
    after = cursors.read_id(query["cursor"])
    return cursors.next_page(queries.purchases(session(), wanted, after=after, limit=query["limit"]))


@resource.post(
    "/purchases",
    Permission.LEAD_BUY,
    Takes(json=Order, example=_EXAMPLE, key="required"),
    gives=Gives(Receipt, refuses=(402,)),
)
def create_purchases(body: dict[str, Any]) -> dict[str, Any]:
    """Buy one or many leads: the wallet is debited (ppl), or the action prices are held (ppa).

    Each item gets its own answer; what can be sold is sold. If the wallet does not cover it, nothing is bought (402).
    """
    items = tuple(
        terms.Item(one["lead_id"], terms.Terms(one["terms"]), terms.Mode(one["mode"]), one["max_net_minor"])
        for one in body["items"]
    )
    order = terms.Order(items, required_key(), all_or_nothing=body["all_or_nothing"])
    return buy(session(), actor(), order, clock.now()).as_json()


@resource.get("/purchases/{purchase_id}", Permission.LEAD_READ, gives=Gives(Purchase))
def read_purchase(purchase_id: UUID) -> dict[str, Any]:
    """One purchase with its contact set and all that became of it; each reveal is logged."""
    found = bought_lead(session(), actor(), purchase_id)
    return {
        **found.purchase._mapping,
        "contact_set": found.bundle,
        "outcomes": [{**one.row._mapping, "note": one.note} for one in found.outcomes],
        "actions": found.actions,
        "return_claim": found.claim,
    }
