"""The marketplace as one company sees it: what is offered, on which terms, at which price and VAT.

Invariants: prices per action are shown only to companies the agency allowed; nothing here can name a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.market import search
from app.market.quality import Quality, measured
from app.market.search import Filters
from app.market.terms import ACTIONS
from billing.money import share
from billing.tax import Tax, tax
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import NotFound

MOST_COUNTED = 1000

_STANDING = text("""
SELECT (SELECT country FROM tenant WHERE kind = 'operator') AS seller_country,
  ARRAY(SELECT tenant_id FROM ppa_allowance WHERE company_id = :company) AS ppa_agencies
""")
_MINE = text("""
SELECT lead_id, 'bought' AS how FROM purchase WHERE tenant_id = :company AND lead_id = ANY(:leads)
UNION ALL SELECT lead_id, 'basket' FROM basket_item
WHERE tenant_id = :company AND user_id = :person AND lead_id = ANY(:leads)
""")
_STOCK = text("""
WITH RECURSIVE stock AS (
  (SELECT vertical, country FROM listing WHERE state = 'open' ORDER BY vertical, country LIMIT 1)
  UNION ALL
  SELECT n.vertical, n.country FROM stock s CROSS JOIN LATERAL (
    SELECT vertical, country FROM listing WHERE state = 'open' AND (vertical, country) > (s.vertical, s.country)
    ORDER BY vertical, country LIMIT 1) n)
SELECT vertical, country FROM stock
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """The terms a company buys on: its VAT, and the agencies that sell to it per action."""

    tax: Tax
    ppa_agencies: frozenset[UUID]

    def gross(self, net_minor: int) -> int:
        """What the wallet would be charged for a net price, VAT rounded as a sale rounds it."""
        return net_minor + share(net_minor, self.tax.rate_bp)


@dataclass(frozen=True, slots=True)
class Offer:
    """A listing with what it is to this company: `ppa_minor` is the sum of its action prices, None if not offered."""

    listing: Row[Any]
    ppa_minor: int | None
    is_bought: bool
    is_in_basket: bool

    @property
    def lead_id(self) -> UUID:
        """The lead behind the listing."""
        return UUID(str(self.listing.lead_id))


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of offers; `count` stops at `MOST_COUNTED` + 1; `stock` are the (vertical, country) on offer at all."""

    offers: Sequence[Offer]
    next_cursor: str | None
    count: int
    standing: Standing
    stock: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Detail:
    """One offer with its agency's measured quality."""

    offer: Offer
    standing: Standing
    quality: Quality
    is_open: bool


def standing(session: Session, actor: Actor) -> Standing:
    """On which terms the actor's company buys now."""
    company = actor.card()
    with as_platform(session, "the operator's country and the allowances of agencies decide a buyer's terms"):
        row = session.execute(_STANDING, {"company": company.id}).one()
    return Standing(tax(company.country, row.seller_country or ""), frozenset(row.ppa_agencies))


def shelf(
    session: Session, actor: Actor, filters: Filters, at: datetime, *, sort: str = "newest", cursor: str = ""
) -> Shelf:
    """A page of the marketplace for the actor's company. Raises `Invalid` as `search.search` does."""
    terms = standing(session, actor)
    page = search.search(session, filters, at, sort=sort, cursor=cursor)
    return Shelf(
        offers=_offers(session, actor, page.rows, terms),
        next_cursor=page.next_cursor,
        count=search.count(session, filters, at, most=MOST_COUNTED),
        standing=terms,
        stock=[(row.vertical, row.country) for row in session.execute(_STOCK)],
    )


def detail(session: Session, actor: Actor, lead_id: UUID, at: datetime) -> Detail:
    """One listing, also when it has closed. Raises `NotFound`; a targeted lead never has one."""
    row = search.listing(session, lead_id)
    if row is None:
        raise NotFound
    terms = standing(session, actor)
    [offer] = _offers(session, actor, [row], terms)
    is_open = row.state == "open" and row.expires_at > at
    return Detail(offer, terms, measured(session, row.agency_id, at), is_open)


def ppa_minor(offered: Row[Any]) -> int | None:
    """The sum of the action prices of a listing or reserved lead, which is what a purchase per action holds, net."""
    prices = [price for action in ACTIONS if (price := getattr(offered, f"{action}_minor"))]
    return sum(prices) if prices else None


def _offers(session: Session, actor: Actor, rows: Sequence[Row[Any]], terms: Standing) -> list[Offer]:
    asked = {"company": actor.card().id, "person": actor.id, "leads": [row.lead_id for row in rows]}
    mine = {(row.lead_id, row.how) for row in session.execute(_MINE, asked)}
    return [
        Offer(
            listing=row,
            ppa_minor=ppa_minor(row) if row.agency_id in terms.ppa_agencies else None,
            is_bought=(row.lead_id, "bought") in mine,
            is_in_basket=(row.lead_id, "basket") in mine,
        )
        for row in rows
    ]
