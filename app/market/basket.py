"""A person's basket: leads they mean to buy, each with the highest net price they accepted by putting it there.

Invariant: a basket reserves nothing and charges nothing; only `check_out` buys, by the rules of purchase.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.market import purchase
from app.market.offers import Standing, ppa_minor, standing
from app.market.terms import MOST_ITEMS, Answer, Item, Mode, Order, Receipt, Terms, receipt_from_json
from billing.money import DEFAULT_CURRENCY
from tenants.actor import Actor
from tenants.errors import Invalid, NotFound
from tenants.language import N_

_PUT = text("""
INSERT INTO basket_item (tenant_id, user_id, lead_id, terms, mode, max_net_minor, added_at)
SELECT :company, :person, x.lead_id, :terms, :mode, x.net, :at FROM (
  SELECT lead_id, agency_id, CASE WHEN :terms = 'ppa' THEN nullif(coalesce(call_minor, 0)
      + coalesce(consultation_minor, 0) + coalesce(purchase_minor, 0), 0)
    WHEN :mode = 'exclusive' THEN exclusive_minor ELSE shared_minor END AS net
  FROM listing WHERE lead_id = ANY(:leads) AND state = 'open' AND expires_at > :at) x
WHERE x.net IS NOT NULL AND (:terms = 'ppl' OR x.agency_id = ANY(:ppa_agencies))
  AND NOT EXISTS (SELECT FROM purchase p WHERE p.tenant_id = :company AND p.lead_id = x.lead_id)
ON CONFLICT (tenant_id, user_id, lead_id) DO UPDATE SET terms = excluded.terms, mode = excluded.mode,
  max_net_minor = excluded.max_net_minor
""")
_MINE = "tenant_id = :company AND user_id = :person"
_COUNT = text(f"SELECT count(*) FROM basket_item WHERE {_MINE}")  # noqa: S608
_REMOVE = text(f"DELETE FROM basket_item WHERE {_MINE} AND lead_id = ANY(:leads)")  # noqa: S608
_CONTENTS = text("""
SELECT b.terms, b.mode, b.max_net_minor, l.* FROM basket_item b JOIN listing l ON l.lead_id = b.lead_id
WHERE b.tenant_id = :company AND b.user_id = :person ORDER BY b.added_at, b.lead_id
""")
_BALANCE = text("SELECT balance_minor FROM wallet WHERE tenant_id = :company AND currency = :currency")
_RECEIPT = text(
    "SELECT response FROM idempotency WHERE tenant_id = :company AND route = :route AND key = :key"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One lead in the basket. `now_minor` is None when it is gone or no longer offered on these terms."""

    listing: Row[Any]
    terms: str
    mode: str
    max_net_minor: int
    now_minor: int | None

    @property
    def lead_id(self) -> UUID:
        """The lead."""
        return UUID(str(self.listing.lead_id))

    @property
    def can_be_bought(self) -> bool:
        """Whether the present price is within what was accepted."""
        return self.now_minor is not None and self.now_minor <= self.max_net_minor


@dataclass(frozen=True, slots=True)
class Basket:
    """The lines, and what those that can be bought cost at present prices, in minor units."""

    lines: Sequence[Line]
    net_minor: int
    gross_minor: int
    balance_minor: int
    standing: Standing

    @property
    def vat_minor(self) -> int:
        """VAT of all lines, each rounded by itself."""
        return self.gross_minor - self.net_minor

    @property
    def shortfall_minor(self) -> int:
        """How much the wallet lacks; 0 when it covers everything."""
        return max(0, self.gross_minor - self.balance_minor)


def put(session: Session, actor: Actor, leads: Sequence[UUID], terms: Terms, mode: Mode, at: datetime) -> int:
    """Put leads on offer into the actor's basket at the present price; how many could be put.

    What is gone, bought already or not offered on these terms is left out; what is there gets the new terms and
    price. Raises `Invalid` beyond 200 leads.
    """
    values = _whose(actor) | {
        "leads": list(leads),
        "terms": terms.value,
        "mode": mode.value,
        "ppa_agencies": list(standing(session, actor).ppa_agencies),
        "at": at,
    }
    added = session.execute(_PUT, values)
    if session.execute(_COUNT, values).scalar_one() > MOST_ITEMS:
        raise Invalid(
            N_("A basket holds at most 200 leads. Buy these first."),
            fields={"leads": N_("Choose 1 to 200 leads.")},
        )
    return int(added.rowcount)  # type: ignore[attr-defined]


def remove(session: Session, actor: Actor, leads: Sequence[UUID]) -> None:
    """Take leads out of the actor's basket; repeating changes nothing."""
    session.execute(_REMOVE, _whose(actor) | {"leads": list(leads)})


def contents(session: Session, actor: Actor, at: datetime) -> Basket:
    """The actor's basket at present prices."""
    terms = standing(session, actor)
    lines = [_line(row, terms, at) for row in session.execute(_CONTENTS, _whose(actor))]
    prices = [line.now_minor for line in lines if line.can_be_bought and line.now_minor is not None]
    balance = session.execute(_BALANCE, _whose(actor) | {"currency": DEFAULT_CURRENCY}).scalar()
    return Basket(lines, sum(prices), sum(map(terms.gross, prices)), int(balance or 0), terms)


def count(session: Session, actor: Actor) -> int:
    """How many leads are in the actor's basket."""
    return int(session.execute(_COUNT, _whose(actor)).scalar_one())


def check_out(session: Session, actor: Actor, order: Order, at: datetime) -> Receipt:
    """Buy, and take what was bought out of the basket. Raises and repeats as `purchase.buy`."""
    receipt = purchase.buy(session, actor, order, at)
    over = (Answer.SOLD, Answer.ALREADY_YOURS, Answer.GONE)
    remove(session, actor, [result.lead_id for result in receipt.results if result.answer in over])
    return receipt


def receipt(session: Session, actor: Actor, key: str) -> Receipt:
    """The stored answer to an order that bought something. Raises `NotFound`."""
    asked = {"company": actor.card().id, "route": purchase.ROUTE, "key": key}
    stored = session.execute(_RECEIPT, asked).scalar()
    if stored is None:
        raise NotFound
    return receipt_from_json(stored)


def item(written: str) -> Item:
    """An item as a form carries it: `lead~terms~mode~highest net price`. Raises `Invalid`."""
    try:
        lead_id, terms, mode, most = written.split("~")
        return Item(UUID(lead_id), Terms(terms), Mode(mode), int(most))
    except ValueError as error:
        raise Invalid(
            N_("This order cannot be read. Open the page anew."), fields={"item": "unreadable"}
        ) from error


def _whose(actor: Actor) -> dict[str, Any]:
    return {"company": actor.card().id, "person": actor.id}


def _line(row: Row[Any], terms: Standing, at: datetime) -> Line:
    price = None
    if row.state == "open" and row.expires_at > at:
        if row.terms == Terms.PPA:
            price = ppa_minor(row) if row.agency_id in terms.ppa_agencies else None
        else:
            price = row.exclusive_minor if row.mode == Mode.EXCLUSIVE else row.shared_minor
    return Line(row, row.terms, row.mode, row.max_net_minor, price)
