"""A tenant reads its own money, and only that; what it had and what moved is what it has."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from billing import statements
from billing.accounts import Account
from billing.periods import Period
from billing.statements import AGENCY_ACCOUNTS, WALLET_ACCOUNTS, Movement, Wallet, Wanted
from tenants.db import platform_transaction, transaction
from tenants.errors import NotFound
from tests.billing.posting import NOW, capture, hold, pay_in, refund, release, sell
from tests.world import World

DAY = timedelta(days=1)
TODAY = Period(date(2026, 11, 20), date(2026, 11, 20), "UTC")


@pytest.fixture
def traded(trade: World) -> World:
    """A busy day of bolt and acme, and a top-up of the day before; crane trades a little, too."""
    pay_in(trade, trade.bolt, 100_000, NOW - DAY)
    pay_in(trade, trade.crane, 10_000)
    sale = sell(trade.bolt, trade.acme, 2000)
    returned = sell(trade.bolt, trade.acme, 1000)
    refund(returned)
    release(trade.bolt, trade.acme, sale, 2000)
    capture(trade.bolt, trade.acme, hold(trade.bolt, trade.acme, 5000), 3000)
    sell(trade.crane, trade.acme, 500)
    return trade


def test_the_wallet_shows_what_is_free_and_what_is_held(traded: World) -> None:
    with transaction(traded.bolt.id) as session:
        assert statements.wallet(session, "EUR") == Wallet(100_000 - 2400 - 6000, 6000 - 3600, "EUR")
    with transaction(traded.acme.id) as session:
        assert statements.wallet(session, "EUR") == Wallet(0, 0, "EUR")


def test_a_period_rolls_forward_from_opening_to_closing(traded: World) -> None:
    with transaction(traded.bolt.id) as session:
        moved = statements.movement(session, WALLET_ACCOUNTS, TODAY, "EUR")
        assert moved == Movement(100_000, {"sale": -3600, "return": 1200, "capture": -3600})
        state = statements.wallet(session, "EUR")
        assert moved.closing_minor == state.balance_minor + state.held_minor
        assert statements.movement(session, WALLET_ACCOUNTS, TODAY.before(), "EUR").moved_minor == {
            "top_up": 100_000
        }
    with transaction(traded.acme.id) as session:
        due = statements.movement(session, AGENCY_ACCOUNTS, TODAY, "EUR")
        assert due == Movement(0, {"sale": 1400 + 700 + 350, "return": -700, "capture": 2100})


def test_behind_a_platform_door_everybody_is_rolled_forward_or_one(traded: World) -> None:
    with platform_transaction("the operator's report") as session:
        all_wallets = statements.movement(session, WALLET_ACCOUNTS, TODAY, "EUR")
        assert (all_wallets.opening_minor, all_wallets.moved_minor["sale"]) == (100_000, -4200)
        crane = statements.movement(session, WALLET_ACCOUNTS, TODAY, "EUR", tenant_id=traded.crane.id)
        assert crane == Movement(0, {"top_up": 10_000, "sale": -600})


def test_entries_are_the_tenants_own_and_shown_from_its_side(traded: World) -> None:
    with transaction(traded.bolt.id) as session:
        rows = statements.entries(session, Wanted())
        assert {row.account for row in rows} == {Account.WALLET, Account.WALLET_HELD}
        assert sum(row.amount_minor for row in rows) == 100_000 - 2400 - 3600
        assert statements.total(session, Wanted()) == (len(rows), sum(row.amount_minor for row in rows))
    with transaction(traded.acme.id) as session:
        assert {row.account for row in statements.entries(session, Wanted())} == set(AGENCY_ACCOUNTS)


def test_filters_narrow_list_and_total_alike(traded: World) -> None:
    with transaction(traded.bolt.id) as session:
        sale = statements.entries(session, Wanted(kinds=("sale",)))[0]
        for wanted, count in (
            (Wanted(accounts=(Account.WALLET_HELD,)), 2),
            (Wanted(kinds=("sale", "return")), 3),
            (Wanted(period=TODAY.before()), 1),
            (Wanted(source_id=sale.source_id, kinds=("sale",)), 1),
            (Wanted(source_id=uuid4()), 0),
        ):
            rows = statements.entries(session, wanted)
            assert (len(rows), sum(row.amount_minor for row in rows)) == statements.total(session, wanted)
            assert len(rows) == count


def test_pages_follow_each_other_without_gap_or_repeat(traded: World) -> None:
    with transaction(traded.bolt.id) as session:
        whole = statements.entries(session, Wanted())
        pages, place = [], None
        while page := statements.entries(session, Wanted(), before=place, limit=2):
            pages += page
            place = page[-1].place
    assert pages == whole
    assert len({(row.journal_id, row.line) for row in whole}) == len(whole)
    assert str(whole[0].place) == f"{NOW.isoformat()}~{whole[0].journal_id}~{whole[0].line}"


def test_of_a_journal_each_side_sees_its_own_lines_and_a_stranger_none(traded: World) -> None:
    with transaction(traded.bolt.id) as session:
        sale = statements.entries(session, Wanted(kinds=("sale",)))[0]
        assert [row.account for row in statements.own_lines(session, sale.journal_id)] == [Account.WALLET]
    with transaction(traded.acme.id) as session:
        [line] = statements.own_lines(session, sale.journal_id)
        assert line.account is Account.AGENCY_HELD
    with transaction(traded.crane.id) as session, pytest.raises(NotFound):
        statements.own_lines(session, sale.journal_id)
