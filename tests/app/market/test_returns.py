"""Returns by the rules of RULES "Returns"."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.market import returns
from app.market.prices import Price
from app.market.purchase import buy
from app.market.returns import AlreadyDecided, Claim, ReturnClosed
from app.market.terms import Answer, Item, Mode, Order, Terms
from tenants import jobs
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.world import Party, World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WRONG = Claim("wrong_number", "rings at a bakery")
OUTSIDE = Claim("outside_criteria", "we asked for house owners")


@pytest.fixture
def market(world: World) -> World:
    assert world.floe
    fill_wallet(world.bolt, 10_000, NOW)
    fill_wallet(world.crane, 10_000, NOW)
    return world


def sell(world: World, company: Party, mode: Mode = Mode.SHARED) -> tuple[UUID, UUID]:
    [lead] = put_on_sale(world.acme, NOW, Wanted(price=Price(shared_minor=2000, exclusive_minor=5000)))
    return lead, again(company, lead, mode)


def again(company: Party, lead: UUID, mode: Mode = Mode.SHARED) -> UUID:
    with transaction(company.id) as session:
        order = Order((Item(lead, Terms.PPL, mode, 9000),), f"{lead}{mode}")
        [result] = buy(session, company.owner, order, NOW).results
    assert result.answer is Answer.SOLD, result
    assert result.purchase_id is not None
    return result.purchase_id


def claim(company: Party, purchase: UUID, why: Claim = WRONG, at: datetime = NOW) -> UUID:
    with transaction(company.id) as session:
        return returns.claim(session, company.owner, purchase, why, at)


def decide(agency: Party, claim_id: UUID, *, accept: bool, at: datetime = NOW) -> None:
    with transaction(agency.id) as session:
        returns.decide(session, agency.owner, claim_id, accept=accept, answer="the number is right", at=at)


def balance(party: Party, account: str) -> int:
    with transaction(party.id) as session:
        found = session.execute(
            text("SELECT -sum(amount_minor) FROM entry WHERE account = :account"), {"account": account}
        )
        return int(found.scalar() or 0)


def test_an_accepted_return_mirrors_the_sale_vat_included(market: World) -> None:
    _, purchase = sell(market, market.crane)
    assert balance(market.crane, "wallet") == 7600
    decide(market.acme, claim(market.crane, purchase), accept=True)
    assert balance(market.crane, "wallet") == 10_000
    assert balance(market.acme, "agency_held") == 0


def test_silence_accepts(market: World) -> None:
    _, purchase = sell(market, market.bolt)
    claim(market.bolt, purchase)
    jobs.tick(NOW + timedelta(hours=47), talking=False)
    assert balance(market.bolt, "wallet") == 8000
    jobs.tick(NOW + timedelta(hours=48), talking=False)
    assert balance(market.bolt, "wallet") == 10_000


def test_an_open_return_keeps_the_share_held(market: World) -> None:
    _, purchase = sell(market, market.bolt)
    _, other = sell_other(market)
    late = NOW + timedelta(days=7) - timedelta(hours=1)
    claim(market.bolt, purchase, at=late)
    jobs.tick(NOW + timedelta(days=7), talking=False)
    assert balance(market.acme, "agency_due") == 1400
    assert balance(market.acme, "agency_held") == 1400
    assert other


def sell_other(world: World) -> tuple[UUID, UUID]:
    [lead] = put_on_sale(world.acme, NOW, Wanted(phone_from=500, price=Price(shared_minor=2000)))
    return lead, again(world.bolt, lead)


def test_a_refusal_is_appealed_once_and_the_operator_decides(market: World) -> None:
    _, purchase = sell(market, market.bolt)
    claim_id = claim(market.bolt, purchase)
    decide(market.acme, claim_id, accept=False)
    with transaction(market.bolt.id) as session:
        returns.appeal(session, market.bolt.owner, claim_id, "we have a recording", NOW)
        with pytest.raises(AlreadyDecided):
            returns.appeal(session, market.bolt.owner, claim_id, "again", NOW)
    jobs.tick(NOW + timedelta(days=8), talking=False)
    assert balance(market.acme, "agency_due") == 0
    with transaction(market.acme.id) as session, pytest.raises(Forbidden):
        returns.decide_appeal(session, market.acme.owner, claim_id, uphold=False, answer="", at=NOW)
    with transaction(market.floe.id) as session:
        returns.decide_appeal(session, market.floe.owner, claim_id, uphold=True, answer="heard it", at=NOW)
    assert balance(market.bolt, "wallet") == 10_000


def test_a_lost_appeal_lets_the_share_go(market: World) -> None:
    _, purchase = sell(market, market.bolt)
    claim_id = claim(market.bolt, purchase)
    decide(market.acme, claim_id, accept=False)
    with transaction(market.bolt.id) as session:
        returns.appeal(session, market.bolt.owner, claim_id, "please", NOW)
    with transaction(market.floe.id) as session:
        returns.decide_appeal(session, market.floe.owner, claim_id, uphold=False, answer="no", at=NOW)
    jobs.tick(NOW + timedelta(days=7), talking=False)
    assert balance(market.acme, "agency_due") == 1400
    assert balance(market.bolt, "wallet") == 8000


def test_the_lowest_free_slot_is_sold_again_after_a_return_outside_criteria(market: World) -> None:
    lead, purchase = sell(market, market.bolt, Mode.EXCLUSIVE)
    decide(market.acme, claim(market.bolt, purchase, OUTSIDE), accept=True)
    again(market.crane, lead)
    with transaction(market.acme.id) as session:
        assert session.execute(text("SELECT number FROM slot WHERE active")).scalars().all() == [1]


def test_a_bad_lead_leaves_the_market(market: World) -> None:
    lead, purchase = sell(market, market.bolt)
    decide(market.acme, claim(market.bolt, purchase), accept=True)
    with transaction(market.crane.id) as session:
        order = Order((Item(lead, Terms.PPL, Mode.SHARED, 9000),), "k")
        [result] = buy(session, market.crane.owner, order, NOW).results
    assert result.answer is Answer.GONE


def test_what_cannot_be_claimed(market: World) -> None:
    _, purchase = sell(market, market.bolt)
    with pytest.raises(Invalid):
        claim(market.bolt, purchase, Claim("because", "x"))
    with pytest.raises(Invalid):
        claim(market.bolt, purchase, Claim("spam", " "))
    with pytest.raises(NotFound):
        claim(market.crane, purchase)
    with pytest.raises(ReturnClosed):
        claim(market.bolt, purchase, at=NOW + timedelta(days=8))
    claim_id = claim(market.bolt, purchase)
    with pytest.raises(ReturnClosed):
        claim(market.bolt, purchase)
    with transaction(market.crane.id) as session, pytest.raises(NotFound):
        returns.decide(session, market.crane.owner, claim_id, accept=True, answer="", at=NOW)
    decide(market.acme, claim_id, accept=True)
    with pytest.raises(AlreadyDecided):
        decide(market.acme, claim_id, accept=True)
    with transaction(market.crane.id) as session:
        assert returns.claims(session) == []
