"""The score of a sold lead: frozen with the sale, explained to both sides, moved by what becomes of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads.scoring import editing, telling, thresholds
from app.leads.scoring.subjects import AGENCY_ONLY
from app.leads.scoring.thresholds import NewThreshold
from app.market import lead_score
from app.market.lead_score import bought_why, lead_why, look_at_order, look_at_story
from app.market.prices import Price, set_price
from app.market.publish import publish_leads
from app.market.purchase import buy
from app.market.terms import Item, Mode, Order, Terms
from app.outcomes.report import Outcome, report
from tenants import clock
from tenants.db import transaction
from tenants.errors import NotFound
from tests.app.leads.scoring.desk import ScoringDesk
from tests.app.leads.scoring.leads import rule
from tests.stock import fill_wallet
from tests.world import World


@pytest.fixture
def desk(world: World) -> ScoringDesk:
    """An agency with prices, and a company with money."""
    assert world.floe.id, "the operator's books take part"
    made = ScoringDesk(world.acme)
    with transaction(world.acme.id) as session:
        source = made.facts.source_id
        set_price(session, world.acme.owner, source, "home_solar", Price(shared_minor=2000), clock.now())
    fill_wallet(world.bolt, 100_000, clock.now())
    return made


def _sell(world: World, desk: ScoringDesk, lead: UUID) -> UUID:
    with transaction(world.acme.id) as session:
        publish_leads(session, world.acme.owner, [lead], clock.now())
    order = Order((Item(lead, Terms.PPL, Mode.SHARED, 2000),), f"key-{lead}")
    with transaction(world.bolt.id) as session:
        receipt = buy(session, world.bolt.owner, order, clock.now())
    purchase = receipt.results[0].purchase_id
    assert purchase is not None
    look_at_order(str(world.bolt.id), str(receipt.order_id))
    return purchase


def _tell(world: World, purchase: UUID, kind: str, days: int = 0) -> None:
    at = clock.now()
    why = {"reason": "no_money"} if kind == "rejected" else {}
    with transaction(world.bolt.id) as session:
        report(session, world.bolt.owner, purchase, Outcome(kind, at, **why), at + timedelta(days=days))
    look_at_story(str(world.bolt.id), str(purchase))


def test_the_score_is_frozen_on_both_sides_of_the_sale(world: World, desk: ScoringDesk) -> None:
    lead = desk.send(bant_need="confirmed", roof_area=90)
    purchase = _sell(world, desk, lead)
    rated = "SELECT score, fit, grade, score_version FROM"
    [kept] = desk.rows(f"{rated} lead WHERE id = :id", id=lead)
    [sold] = desk.rows(f"{rated} sale WHERE id = :id", id=purchase)
    with transaction(world.bolt.id) as session:
        bought = session.execute(text(f"{rated} purchase WHERE id = :id"), {"id": purchase}).one()
        why = bought_why(session, world.bolt.id, purchase, clock.now())
    assert tuple(kept) == tuple(sold) == tuple(bought) == (why.stored, why.fit, why.grade, why.version)
    assert why.score == why.stored


def test_the_buyer_is_told_by_the_rules_it_bought_under(world: World, desk: ScoringDesk) -> None:
    with transaction(world.acme.id) as session:
        secret = {**rule("source", 9, "is", str(desk.facts.source_id), group="origin"), "key": ""}
        editing.put_rule(session, world.acme.owner, "home_solar", secret)
        editing.save(session, world.acme.owner, "home_solar")
    lead = desk.send()
    purchase = _sell(world, desk, lead)
    with transaction(world.acme.id) as session:
        editing.put_group(session, world.acme.owner, "home_solar", "answers", (0, 0))
        editing.save(session, world.acme.owner, "home_solar")
        agencys = lead_why(session, world.acme.id, lead, clock.now())
    with transaction(world.bolt.id) as session:
        buyers = bought_why(session, world.bolt.id, purchase, clock.now())
    assert (buyers.version, agencys.version) == (1, 2)
    assert buyers.score > agencys.score
    counted = [one.rule.when.subject for group in buyers.groups for one in group.rules]
    assert set(counted) & AGENCY_ONLY, "that it counted is known"


def test_what_becomes_of_a_lead_moves_its_score_for_both(world: World, desk: ScoringDesk) -> None:
    lead = desk.send()
    purchase = _sell(world, desk, lead)

    def scores() -> tuple[int, int]:
        with transaction(world.bolt.id) as session:
            mine = bought_why(session, world.bolt.id, purchase, clock.now()).score
        with transaction(world.acme.id) as session:
            return mine, lead_why(session, world.acme.id, lead, clock.now()).score

    before = scores()
    _tell(world, purchase, "qualified")
    raised = scores()
    assert raised[0] > before[0]
    assert raised[1] > before[1]
    _tell(world, purchase, "rejected", 2)
    assert scores()[0] < raised[0]


def test_a_buyer_who_watches_is_told_when_it_buys_and_when_something_happens(
    world: World, desk: ScoringDesk
) -> None:
    lead = desk.send()
    [row] = desk.rows("SELECT score FROM lead WHERE id = :id", id=lead)
    with transaction(world.bolt.id) as session:
        for at_least in (row.score, row.score + 10):
            wanted = NewThreshold(at_least, members=(world.bolt.owner.id,))  # type: ignore[arg-type]
            thresholds.add(session, world.bolt.owner, wanted)
    purchase = _sell(world, desk, lead)
    assert telling.tell(world.bolt.id, clock.now()) == 1
    _tell(world, purchase, "qualified")
    lead_score.look_again(clock.now())
    look_at_story(str(world.bolt.id), str(purchase))
    assert telling.tell(world.bolt.id, clock.now()) == 1
    assert telling.tell(world.bolt.id, clock.now() + timedelta(minutes=2)) == 0


def test_nobody_else_learns_a_score(world: World, desk: ScoringDesk) -> None:
    lead = desk.send()
    purchase = _sell(world, desk, lead)
    for stranger in (world.crane.id, world.bolt.id):
        with transaction(stranger) as session, pytest.raises(NotFound):
            lead_why(session, stranger, lead, clock.now())
    for stranger in (world.crane.id, world.acme.id):
        with transaction(stranger) as session, pytest.raises(NotFound):
            bought_why(session, stranger, purchase, clock.now())
