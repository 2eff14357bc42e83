"""Agency and company read one trade from their sides; every figure is the sum of the rows behind it."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.market.terms import Terms
from app.outcomes.report import Outcome
from app.reports import agency, company, trade_report
from app.reports.measures import OUTCOMES, Counted, Measure, TradeReport, add_up
from app.reports.trade_report import Side, Wanted
from billing.periods import Period
from tenants.db import transaction
from tests.app.reports.history import START, bought, give_back, play, spend, told
from tests.stock import Wanted as Stock
from tests.stock import fill_wallet, put_on_sale
from tests.world import Party, World

KYIV = "Europe/Kyiv"
ALL = Period(date(2026, 8, 1), date(2026, 12, 31), KYIV)
SHORT = Period(date(2026, 9, 9), date(2026, 10, 14), KYIV)


def of_agency(party: Party, period: Period = ALL, by: str = "source") -> TradeReport:
    with transaction(party.id) as session:
        return agency.report(session, party.id, period, by, "EUR")


def of_company(party: Party, period: Period = ALL, by: str = "agency") -> TradeReport:
    with transaction(party.id) as session:
        return company.report(session, party.id, period, by, "EUR")


def entries(party: Party, account: str, kind: str, period: Period) -> int:
    """What the ledger says of the tenant's own account."""
    with transaction(party.id) as session:
        query = text("""SELECT coalesce(-sum(amount_minor), 0) FROM entry WHERE account = :account AND kind = :kind
          AND event_at >= :start AND event_at < :end""")
        where = {"account": account, "kind": kind, "start": period.start_at, "end": period.end_at}
        return int(session.execute(query, where).scalar_one())


def _demand_rows(party: Party, side: Side, found: TradeReport, by: str) -> None:
    """Behind every figure are rows of its number and its sum."""
    with transaction(party.id) as session:
        for line in (found.total, *found.lines):
            figures = {
                Measure.SOLD: (line.sold, line.ppl_minor),
                Measure.RETURNED: (line.returned, line.returns_minor),
                Measure.ACTIONS: (line.actions, line.ppa_minor),
                Measure.MONEY: (line.sold_per_lead + line.returned + line.actions, line.money_minor),
            }
            kept = Wanted(Measure.KEPT, found.period, by, line.key)
            assert trade_report.total(session, side, party.id, kept)[0] == line.kept
            for measure, figure in figures.items():
                wanted = Wanted(measure, found.period, by, line.key)
                assert trade_report.total(session, side, party.id, wanted) == figure
            for measure in OUTCOMES:
                wanted = Wanted(measure, found.period, by, line.key)
                rows = trade_report.trades(session, side, party.id, wanted, limit=999)
                assert len(rows) == line.outcomes.get(measure.value, 0)
                assert len(rows) == trade_report.total(session, side, party.id, wanted)[0]


@pytest.mark.parametrize("seed", [5, 6])
def test_on_any_history_both_sides_the_ledger_and_the_rows_agree(world: World, seed: int) -> None:
    history = play(world, seed, sales=20)
    for period in (ALL, SHORT):
        for party in history.agencies:
            for by in agency.SIDE.dimensions:
                found = of_agency(party, period, by)
                _demand_rows(party, agency.SIDE, found, by)
            assert found.total.ppl_minor == entries(party, "agency_held", "sale", period)
            assert found.total.returns_minor == -entries(party, "agency_held", "return", period)
            assert found.total.ppa_minor == entries(party, "agency_due", "capture", period)
            assert sum(week.ppl_minor for week in found.weeks) == found.total.ppl_minor
            assert sum(week.ppa_minor for week in found.weeks) == found.total.ppa_minor
        for party in history.companies:
            for by in company.SIDE.dimensions:
                _demand_rows(party, company.SIDE, of_company(party, period, by), by)
    sold = sum(of_agency(party).total.sold for party in history.agencies)
    assert sold == sum(of_company(party).total.sold for party in history.companies) == 20


def test_a_strangers_trade_is_not_in_ones_report(world: World) -> None:
    history = play(world, 7, sales=6)
    assert history.per_lead
    berg = history.agencies[1]
    with transaction(world.acme.id) as session:
        report = trade_report.report(session, agency.SIDE, berg.id, ALL, "vertical")
    assert report.total.sold == of_agency(world.acme).total.sold, "another id opens nothing"


@pytest.fixture
def market(world: World) -> World:
    assert world.floe
    fill_wallet(world.bolt, 1_000_000, START)
    return world


def sold(world: World, count: int, terms: Terms = Terms.PPL) -> list[UUID]:
    leads = put_on_sale(world.acme, START, Stock(count=count))
    return [bought(world.bolt, lead, terms, START) for lead in leads]


def test_cost_per_lead_and_conversion_follow_the_formulas(market: World) -> None:
    sales = sold(market, 4)
    give_back(market.acme, market.bolt, sales[0], START + timedelta(days=1))
    at = START + timedelta(days=2)
    told(market.bolt, sales[1], Outcome("purchase", at, value_minor=70_000, currency="EUR"), at)
    told(market.bolt, sales[1], Outcome("purchase", at, value_minor=30_000, currency="EUR", repeat=True), at)
    told(market.bolt, sales[2], Outcome("contacted", at), at)
    line = of_company(market.bolt).total
    assert (line.sold, line.returned, line.kept, line.ppl_minor, line.returns_minor) == (4, 1, 3, 8000, 2000)
    assert line.per_lead_minor == (8000 - 2000) // 3
    assert (line.conversion("purchase"), line.conversion("contacted"), line.conversion("call")) == (
        1 / 3,
        1 / 3,
        0,
    )
    assert line.value_minor == 100_000
    mine = of_agency(market.acme).total
    assert (mine.ppl_minor, mine.returns_minor, mine.per_lead_minor) == (4 * 1400, 1400, 1400)
    assert (mine.conversion("purchase"), mine.value_minor) == (1 / 3, 0)


def test_an_outcome_that_was_corrected_does_not_count(market: World) -> None:
    [sale] = sold(market, 1)
    at = START + timedelta(days=1)
    first = told(market.bolt, sale, Outcome("purchase", at, value_minor=500, currency="EUR"), at)
    told(market.bolt, sale, Outcome("rejected", at, reason="no_money", corrects_id=first), at)
    for line in (of_company(market.bolt).total, of_agency(market.acme).total):
        assert (line.conversion("purchase"), line.conversion("rejected"), line.value_minor) == (0, 1, 0)


def test_trade_with_oneself_is_left_out_of_conversion_only(market: World) -> None:
    [sale] = sold(market, 1)
    from tenants.db import platform_transaction

    with platform_transaction("as if one person owned both") as session:
        session.execute(text("UPDATE sale SET own_trade = true WHERE id = :id"), {"id": sale})
    line = of_agency(market.acme).total
    assert (line.sold, line.kept, line.conversion("purchase")) == (1, 0, None)


def test_a_source_shows_its_leads_its_spend_and_its_margin_also_when_nothing_was_sold(market: World) -> None:
    put_on_sale(market.acme, START, Stock(count=3))
    source = spend(market.acme, 9, 5000)
    [line] = of_agency(market.acme).lines
    assert (line.key, line.leads, line.sold, line.spend_minor, line.margin_minor) == (
        str(source),
        3,
        0,
        5000,
        -5000,
    )
    october = Period(date(2026, 10, 1), date(2026, 10, 31), KYIV)
    assert of_agency(market.acme, october).lines == ()
    middle = Period(date(2026, 9, 20), date(2026, 9, 21), KYIV)
    assert of_agency(market.acme, middle).total.spend_minor == 5000, "every month it touches"
    assert of_agency(market.acme, by="channel").total.spend_minor == 0


def test_lists_are_paged_without_gap(market: World) -> None:
    sold(market, 5)
    wanted = Wanted(Measure.SOLD, ALL, "source")
    with transaction(market.acme.id) as session:
        whole = trade_report.trades(session, agency.SIDE, market.acme.id, wanted)
        pages, place = [], None
        while page := trade_report.trades(
            session, agency.SIDE, market.acme.id, wanted, before=place, limit=2
        ):
            pages += page
            place = page[-1].place
    assert (pages, len(whole)) == (whole, 5)
    assert {row.amount_minor for row in whole} == {1400}
    assert str(whole[0].place).endswith(str(whole[0].row_id))


def test_lines_are_ranked_by_money_and_add_up() -> None:
    lines = [
        Counted("a", "A", sold=1, ppl_minor=5, outcomes={"call": 2}),
        Counted("b", "B", sold=2, actions=3),
    ]
    total = add_up(lines, "all")
    assert (total.sold, total.actions, total.ppl_minor, total.outcomes["call"]) == (3, 3, 5, 2)
    assert (total.outcomes["purchase"], Counted("", "").conversion("call")) == (0, None)
    assert Counted("", "", ppa_minor=5, actions=2).per_action_minor == 3
    assert Counted("", "").per_action_minor is None
