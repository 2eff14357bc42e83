"""A few busy weeks of trade, different for every seed: sales, returns, actions, outcomes, corrections."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from app.leads import sources
from app.market import returns
from app.market.prices import Price
from app.market.purchase import buy
from app.market.returns import Claim
from app.market.terms import Item, Mode, Order, Terms
from app.outcomes import actions
from app.outcomes.report import Outcome, report
from tenants.db import transaction
from tenants.ids import new_id
from tests.stock import Wanted, allow_actions, fill_wallet, put_on_sale
from tests.world import Party, World, make_party

START = datetime(2026, 9, 1, 9, tzinfo=UTC)
WEEKS = 10


@dataclass
class History:
    """Who traded what; ids by what happened to them."""

    agencies: list[Party]
    companies: list[Party]
    per_lead: list[UUID] = field(default_factory=list)
    per_action: list[UUID] = field(default_factory=list)
    returned: list[UUID] = field(default_factory=list)
    captured: list[UUID] = field(default_factory=list)


def play(world: World, seed: int, sales: int = 24) -> History:
    """Trade for ten weeks. The same seed gives the same history."""
    chance = Random(seed)
    assert world.floe
    history = History([world.acme, make_party("agency", "Berg Leads", "PL")], [world.bolt, world.crane])
    for company in history.companies:
        fill_wallet(company, 5_000_000, START)
        for agency in history.agencies:
            allow_actions(agency, company, START)
    for number in range(sales):
        _trade(chance, history, number)
    return history


def _trade(chance: Random, history: History, number: int) -> None:
    agency, company = chance.choice(history.agencies), chance.choice(history.companies)
    at = START + timedelta(hours=chance.randrange(WEEKS * 7 * 24))
    terms = Terms.PPA if chance.random() < 0.35 else Terms.PPL
    price = Price(shared_minor=chance.randrange(101, 9999), call_minor=chance.randrange(51, 999),
                  purchase_minor=chance.randrange(501, 9999))  # fmt: skip
    [lead] = put_on_sale(agency, at, Wanted(price=price, phone_from=number))
    sale_id = bought(company, lead, terms, at)
    if terms is Terms.PPL:
        history.per_lead.append(sale_id)
        if chance.random() < 0.3:
            give_back(agency, company, sale_id, at + timedelta(days=chance.randrange(1, 6)))
            history.returned.append(sale_id)
            return
    else:
        history.per_action.append(sale_id)
    _outcomes(chance, history, company, sale_id, at)


def bought(company: Party, lead: UUID, terms: Terms, at: datetime) -> UUID:
    order = Order((Item(lead, terms, Mode.SHARED, 99_999),), str(new_id()))
    with transaction(company.id) as session:
        [result] = buy(session, company.owner, order, at).results
    assert result.purchase_id is not None, result
    return result.purchase_id


def give_back(agency: Party, company: Party, sale_id: UUID, at: datetime) -> None:
    """A return, accepted ten hours after it was claimed."""
    with transaction(company.id) as session:
        claim_id = returns.claim(session, company.owner, sale_id, Claim("outside_criteria", "too far"), at)
    with transaction(agency.id) as session:
        returns.decide(session, agency.owner, claim_id, accept=True, answer="", at=at + timedelta(hours=10))


def told(company: Party, sale_id: UUID, what: Outcome, at: datetime) -> UUID:
    with transaction(company.id) as session:
        return report(session, company.owner, sale_id, what, at)


def _outcomes(chance: Random, history: History, company: Party, sale_id: UUID, at: datetime) -> None:
    for kind in ("contacted", "call", "purchase"):
        if chance.random() < 0.4:
            return
        at += timedelta(hours=chance.randrange(1, 80))
        value = chance.randrange(1_000, 900_000) if kind == "purchase" else None
        told(company, sale_id, Outcome(kind, at, value_minor=value, currency="EUR" if value else None), at)
    with transaction(company.id) as session:
        waiting = [row for row in actions.actions(session, state="pending") if row.sale_id == sale_id]
    for row in waiting:
        if chance.random() < 0.8:
            with transaction(company.id) as session:
                actions.confirm(session, company.owner, row.id, at + timedelta(hours=chance.randrange(70)))
            history.captured.append(row.id)


def spend(agency: Party, month: int, minor: int) -> UUID:
    """What the agency's first source cost in a month of 2026; its id."""
    with transaction(agency.id) as session:
        source = sources.listed(session, agency.id)[0]
        sources.record_spend(
            session, agency.owner, source.id, sources.Spend(date(2026, month, 1), minor, "EUR")
        )
    return source.id
