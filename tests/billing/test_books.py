"""The operator's books show everything, to finance only."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from billing import books
from billing.accounts import Account
from billing.books import Balance, Wanted
from billing.periods import Period
from tenants.db import transaction
from tenants.errors import Forbidden, NotFound
from tests.billing.posting import NOW, capture, hold, pay_in, refund, release, sell
from tests.world import World, make_member

DAY = timedelta(days=1)
TODAY = Period(date(2026, 11, 20), date(2026, 11, 20), "UTC")


@pytest.fixture
def traded(trade: World) -> World:
    """A top-up yesterday; today a sale that becomes due, one that is returned, and an action."""
    pay_in(trade, trade.bolt, 100_000, NOW - DAY)
    release(trade.bolt, trade.acme, sell(trade.bolt, trade.acme, 2000), 2000)
    refund(sell(trade.bolt, trade.acme, 1000))
    capture(trade.bolt, trade.acme, hold(trade.bolt, trade.acme, 5000), 3000)
    return trade


def opened(world: World, role: str = "finance"):  # type: ignore[no-untyped-def]
    return make_member(world.floe.card, role), transaction(world.floe.id)


def test_only_the_operators_finance_opens_the_books(traded: World) -> None:
    actors = [traded.bolt.owner, traded.acme.owner, make_member(traded.floe.card, "viewer")]
    for actor in (*actors, make_member(traded.floe.card, "agent")):
        assert actor.tenant_id is not None
        with transaction(actor.tenant_id) as session, pytest.raises(Forbidden), books.opened(session, actor):
            pass
    for role in ("owner", "manager", "finance"):
        actor, door = opened(traded, role)
        with door as session, books.opened(session, actor):
            assert books.total(session, Wanted())[0] == 7


def test_closed_again_the_books_are_closed(traded: World) -> None:
    from sqlalchemy.exc import ProgrammingError

    actor, door = opened(traded)
    with pytest.raises(ProgrammingError), door as session:  # noqa: PT012 (the door is left by the error)
        with books.opened(session, actor):
            books.total(session, Wanted())
        books.total(session, Wanted())


def test_the_trial_balance_rolls_forward_and_sums_to_zero(traded: World) -> None:
    actor, door = opened(traded)
    with door as session, books.opened(session, actor):
        rows = books.trial_balance(session, TODAY)
        before = books.trial_balance(session, TODAY.before())
    assert sum(row.opening_minor for row in rows) == sum(row.closing_minor for row in rows) == 0
    assert sum(row.debit_minor for row in rows) == sum(row.credit_minor for row in rows)
    by_account = {row.account: row for row in rows}
    assert by_account[Account.STRIPE_BALANCE] == Balance(Account.STRIPE_BALANCE, "EUR", 100_000, 0, 0)
    assert by_account[Account.COMMISSION].closing_minor == -(600 + 900)
    assert by_account[Account.AGENCY_HELD].closing_minor == 0
    assert {row.account: row.closing_minor for row in before} == {
        "stripe_balance": 100_000,
        "wallet": -100_000,
    }
    order = list(Account)
    assert [order.index(row.account) for row in rows] == sorted(order.index(row.account) for row in rows)


def test_journals_are_filtered_and_totalled_alike(traded: World) -> None:
    actor, door = opened(traded)
    revenue = (Account.AGENCY_HELD, Account.AGENCY_DUE, Account.COMMISSION)
    with door as session, books.opened(session, actor):
        sale = books.journals(session, Wanted(kinds=("sale",)))[0]
        for wanted, count, moved in (
            (Wanted(), 7, 100_000 + 2400 + 1400 + 1200 + 1200 + 6000 + 3600),
            (Wanted(kinds=("sale",), accounts=revenue), 2, -3000),
            (Wanted(kinds=("capture",), accounts=revenue), 1, -3000),
            (Wanted(tenant_id=traded.acme.id), 5, -1400 - 2100),
            (Wanted(accounts=(Account.AGENCY_DUE,), tenant_id=traded.acme.id), 2, -3500),
            (Wanted(period=TODAY.before()), 1, 100_000),
            (Wanted(source_id=sale.source_id), 2, 2400),
            (Wanted(tenant_id=traded.crane.id), 0, 0),
        ):
            rows = books.journals(session, wanted)
            assert books.total(session, wanted) == (count, moved)
            assert (len(rows), sum(row.moved_minor for row in rows)) == (count, moved)


def test_the_filter_names_traders_and_always_the_one_looked_at(traded: World) -> None:
    assert traded.crane
    actor, door = opened(traded)
    with door as session, books.opened(session, actor):
        names = [name for _, name in books.traders(session)]
        assert names == ["Acme Leads", "Bolt Energy", "Crane Loans"]
        few = books.traders(session, also=traded.floe.id, most=1)
    assert few == [(traded.acme.id, "Acme Leads"), (traded.floe.id, "Floe")]


def test_pages_of_journals_follow_each_other(traded: World) -> None:
    actor, door = opened(traded)
    with door as session, books.opened(session, actor):
        whole, pages, place = books.journals(session, Wanted()), [], None
        while page := books.journals(session, Wanted(), before=place, limit=3):
            pages += page
            place = page[-1].place
    assert pages == whole
    assert {row.kind for row in whole} <= set(books.KINDS)


def test_a_journal_is_shown_whole_and_names_its_mirror(traded: World) -> None:
    actor, door = opened(traded)
    with door as session, books.opened(session, actor):
        mirror = books.journal(session, books.journals(session, Wanted(kinds=("return",)))[0].id)
        assert mirror.reverses_id is not None
        sale = books.journal(session, mirror.reverses_id)
        with pytest.raises(NotFound):
            books.journal(session, uuid4())
    assert (sale.reversed_by_id, mirror.reversed_by_id) == (mirror.id, None)
    assert [-line.amount_minor for line in sale.lines] == [line.amount_minor for line in mirror.lines]
    named = {(line.tenant_name, line.account.value) for line in sale.lines}
    assert named == {
        ("Bolt Energy", "wallet"),
        ("Floe", "vat"),
        ("Acme Leads", "agency_held"),
        ("Floe", "commission"),
    }
    assert (sale.kind, sale.key, sale.actor, sale.event_at) == ("sale", str(sale.source_id), "test", NOW)
