"""What an agency asks, and whom it lets buy per action."""

from typing import Any
from uuid import UUID

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.intake import NewPpaCompany, NewPrice, PpaCompanyPage, Price, PricePage
from app.guard import actor, session
from app.market import prices
from tenants import clock
from tenants.permissions import Permission

resource = Resource("prices", "Net prices by source and vertical, and the companies that may pay per action.")
_EXAMPLE = {
    "source_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "vertical": "home_solar",
    "shared_minor": 2000,
    "exclusive_minor": 5000,
    "call_minor": 1500,
}


@resource.get("/prices", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(PricePage))
def list_prices(query: dict[str, Any]) -> dict[str, Any]:
    """All prices of the agency."""
    return page_of_all(prices.prices(session()), query, lambda one: f"{one.source_id}.{one.vertical}")


@resource.put("/prices", Permission.LEAD_WRITE, Takes(json=NewPrice, example=_EXAMPLE), gives=Gives(Price))
def set_price(body: dict[str, Any]) -> Any:
    """Set the prices of one source in one vertical; leads on offer follow at once, nothing sold changes."""
    source_id, vertical = body.pop("source_id"), body.pop("vertical")
    prices.set_price(session(), actor(), source_id, vertical, prices.Price(**body), clock.now())
    return next(
        one for one in prices.prices(session()) if (one.source_id, one.vertical) == (source_id, vertical)
    )


@resource.get("/ppa-companies", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(PpaCompanyPage))
def list_ppa_companies(query: dict[str, Any]) -> dict[str, Any]:
    """The companies that may buy this agency's leads per action."""
    return page_of_all(prices.ppa_companies(session()), query, lambda one: one.company_id)


@resource.post(
    "/ppa-companies",
    Permission.LEAD_WRITE,
    Takes(json=NewPpaCompany, example={"slug": "bolt-energy"}),
    gives=Gives(PpaCompanyPage),
)
def allow_ppa(body: dict[str, Any]) -> dict[str, Any]:
    """Let a company buy per action; gives all that may."""
    prices.allow_ppa(session(), actor(), body["slug"], clock.now())
    return {"items": prices.ppa_companies(session()), "next_cursor": None}


@resource.delete("/ppa-companies/{company_id}", Permission.LEAD_WRITE, gives=Gives(status=204))
def stop_ppa(company_id: UUID) -> None:
    """Sell no more per action to this company; what was sold goes on."""
    prices.stop_ppa(session(), actor(), company_id, clock.now())
