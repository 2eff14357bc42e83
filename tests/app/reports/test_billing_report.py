"""The billing report says what the ledger says, whatever was traded, and every figure is the sum of its rows."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from app.reports import billing, revenue_lines
from app.reports.billing import Figures, Report, buckets
from app.reports.revenue_lines import Wanted
from billing import books, payouts, statements
from billing.accounts import Account
from billing.periods import Period
from tenants.db import platform_transaction, transaction
from tests.app.reports.history import START, History, bought, give_back, play
from tests.stock import Wanted as Stock
from tests.stock import fill_wallet, put_on_sale
from tests.world import World

KYIV = "Europe/Kyiv"
ALL = Period(date(2026, 8, 1), date(2026, 12, 31), KYIV)
SHORT = Period(date(2026, 9, 9), date(2026, 10, 14), KYIV)


def reported(world: World, period: Period, by: billing.By = "week") -> Report:
    with transaction(world.floe.id) as session, books.opened(session, world.floe.owner):
        return billing.report(session, period, by, "EUR")


def summed(sql: str, **values: Any) -> int:
    with platform_transaction("count it again") as session:
        return int(session.execute(text(sql), values).scalar_one() or 0)


def from_the_trade(period: Period) -> Figures:
    """The same figures from sales, actions and returns instead of from the ledger."""
    where = {"start": period.start_at, "end": period.end_at}
    sold = "FROM sale WHERE terms = 'ppl' AND sold_at >= :start AND sold_at < :end"
    acted = "FROM action WHERE captured_at >= :start AND captured_at < :end"
    back = """FROM return_claim r JOIN sale s ON s.id = r.sale_id
      WHERE r.is_upheld AND r.settled_at >= :start AND r.settled_at < :end"""
    return Figures(
        ppl_minor=summed(f"SELECT sum(net_minor) {sold}", **where),
        ppa_minor=summed(f"SELECT sum(net_minor) {acted}", **where),
        returns_minor=summed(f"SELECT sum(s.net_minor) {back}", **where),
        commission_minor=summed(f"SELECT sum(commission_minor) {sold}", **where)
        + summed(f"SELECT sum(commission_minor) {acted}", **where)
        - summed(f"SELECT sum(s.commission_minor) {back}", **where),
        vat_minor=summed(f"SELECT sum(vat_minor) {sold}", **where)
        + summed(f"SELECT sum(vat_minor) {acted}", **where)
        - summed(f"SELECT sum(s.vat_minor) {back}", **where),
        leads=summed(f"SELECT count(*) {sold}", **where),
        actions=summed(f"SELECT count(*) {acted}", **where),
        returns=summed(f"SELECT count(*) {back}", **where),
    )


def entries(account: str, period: Period) -> int:
    return -summed(
        "SELECT sum(amount_minor) FROM entry WHERE account = :account AND event_at >= :start AND event_at < :end",
        account=account, start=period.start_at, end=period.end_at,
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_any_history_the_report_the_ledger_and_the_trade_agree(world: World, seed: int) -> None:
    history = play(world, seed)
    assert history.returned
    assert history.captured
    for period in (ALL, SHORT):
        found = reported(world, period)
        assert found.total == from_the_trade(period)
        assert found.total.commission_minor == entries("commission", period)
        assert found.total.vat_minor == entries("vat", period)
        for shares in (found.agencies, found.companies, found.verticals):
            assert sum((share.figures for share in shares), Figures()) == found.total
        by_month = reported(world, period, "month")
        assert sum((part.figures for part in by_month.slices), Figures()) == found.total
        assert found.before == from_the_trade(period.before())
        _demand_rows(world, found)
    _demand_accounts(world, ALL)


def _demand_rows(world: World, found: Report) -> None:
    """Every figure of the report leads to rows that sum to it."""
    whole = Wanted(found.period, "EUR")
    views = [(whole, found.total)]
    views += [(replace(whole, period=part.period), part.figures) for part in found.slices]
    views += [(replace(whole, agency_id=share.id), share.figures) for share in found.agencies]
    views += [(replace(whole, company_id=share.id), share.figures) for share in found.companies]
    views += [(replace(whole, vertical=share.name), share.figures) for share in found.verticals]
    with transaction(world.floe.id) as session, books.opened(session, world.floe.owner):
        for wanted, figures in views:
            for model, minor, count in (
                ("ppl", figures.ppl_minor, figures.leads),
                ("ppa", figures.ppa_minor, figures.actions),
                ("return", -figures.returns_minor, figures.returns),
            ):
                sums = revenue_lines.sums(session, replace(wanted, models=(model,)))
                assert (sums.net_minor, sums.count) == (minor, count)
            assert revenue_lines.sums(session, wanted).commission_minor == figures.commission_minor


def _demand_accounts(world: World, period: Period) -> None:
    with transaction(world.floe.id) as session, books.opened(session, world.floe.owner):
        balances = {row.account: row.closing_minor for row in books.trial_balance(session, period)}
        dues = payouts.dues(session)
        wallets = statements.movement(session, statements.WALLET_ACCOUNTS, period, "EUR")
    assert sum(due.held_minor for due in dues) == -balances[Account.AGENCY_HELD]
    assert sum(due.due_minor for due in dues) == -balances[Account.AGENCY_DUE]
    assert wallets.closing_minor == -balances[Account.WALLET] - balances[Account.WALLET_HELD]
    assert wallets.closing_minor == summed("SELECT sum(balance_minor + held_minor) FROM wallet")


def test_rows_are_paged_without_gap_and_name_both_sides(world: World) -> None:
    history: History = play(world, 4, sales=12)
    wanted = Wanted(ALL, "EUR")
    with transaction(world.floe.id) as session, books.opened(session, world.floe.owner):
        whole = revenue_lines.lines(session, wanted)
        pages, place = [], None
        while page := revenue_lines.lines(session, wanted, before=place, limit=5):
            pages += page
            place = page[-1].place
        assert pages == whole
        assert len(whole) == revenue_lines.sums(session, wanted).count
        journal = books.journal(session, whole[0].journal_id)
    assert {row.sale_id for row in whole} == {*history.per_lead} | {
        row.sale_id for row in whole if row.model == "ppa"
    }
    assert {row.agency_name for row in whole} <= {"Acme Leads", "Berg Leads"}
    assert journal.source_id == whole[0].sale_id
    assert all((row.net_minor < 0) == (row.model == "return") for row in whole)


def test_a_sale_just_before_midnight_belongs_to_the_operators_day_week_and_month(world: World) -> None:
    assert world.floe
    fill_wallet(world.bolt, 100_000, START)
    late = START.replace(month=10, day=31, hour=23, minute=30)  # in Kyiv it is 1 November, a Sunday
    [lead] = put_on_sale(world.acme, late, Stock())
    from app.market.terms import Terms

    bought(world.bolt, lead, Terms.PPL, late)
    october, november = (Period(date(2026, m, 1), date(2026, m, 28), KYIV) for m in (10, 11))
    assert reported(world, replace(october, last_on=date(2026, 10, 31))).total.leads == 0
    found = reported(world, november)
    assert [part.figures.leads for part in found.slices] == [1, 0, 0, 0, 0]
    assert found.slices[0].period == Period(date(2026, 11, 1), date(2026, 11, 1), KYIV)


def test_a_return_stands_on_the_day_it_was_accepted_and_the_sale_stays(world: World) -> None:
    assert world.floe
    fill_wallet(world.bolt, 100_000, START)
    [lead] = put_on_sale(world.acme, START, Stock())
    from app.market.terms import Terms

    sale = bought(world.bolt, lead, Terms.PPL, START)
    give_back(world.acme, world.bolt, sale, START + timedelta(days=6))
    first, second = (
        Period(date(2026, 9, 1), date(2026, 9, 6), KYIV),
        Period(date(2026, 9, 7), date(2026, 9, 13), KYIV),
    )
    assert (reported(world, first).total.ppl_minor, reported(world, first).total.returns_minor) == (2000, 0)
    back = reported(world, second).total
    assert (back.ppl_minor, back.returns_minor, back.kept_minor, back.commission_minor) == (
        0,
        2000,
        -2000,
        -600,
    )


def test_weeks_and_months_cover_the_period_and_nothing_else() -> None:
    for by in ("week", "month"):
        parts = buckets(SHORT, by)  # type: ignore[arg-type]
        assert (parts[0].first_on, parts[-1].last_on) == (SHORT.first_on, SHORT.last_on)
        assert all(b.first_on == a.last_on + timedelta(days=1) for a, b in pairwise(parts))
    assert [part.first_on.isoweekday() for part in buckets(SHORT, "week")[1:]] == [1] * 5
    assert [part.first_on.day for part in buckets(SHORT, "month")] == [9, 1]


def test_averages_of_nothing_are_nothing_and_halves_go_up() -> None:
    assert (Figures().lead_price_minor, Figures().return_rate) == (None, None)
    assert Figures(ppl_minor=5, leads=2, returns=1).lead_price_minor == 3
    assert Figures(ppl_minor=5, leads=2, returns=1).return_rate == 0.5


def test_without_any_trade_the_report_is_empty_and_says_so(world: World) -> None:
    found = reported(world, SHORT)
    assert found.total == Figures()
    assert (found.agencies, found.companies, found.verticals) == ((), (), ())
    assert len(found.slices) == 6
