"""What a sale does to money: every step once, every cent accounted for."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from billing import charges
from billing.accounts import Account
from billing.charges import HoldRelease
from billing.ledger import InsufficientFunds
from billing.money import split
from tenants.db import platform_transaction
from tests.billing.posting import (
    COMMISSION_BP,
    NOW,
    VAT_BP,
    balance_of,
    capture,
    hold,
    parties,
    pay_in,
    refund,
    release,
    sell,
)
from tests.billing.till import balances, free_and_held, journal_count
from tests.world import World


@pytest.fixture
def market(trade: World) -> World:
    pay_in(trade, trade.bolt, 100_000)
    return trade


def test_a_sale_pays_agency_commission_and_vat_out_of_the_wallet(market: World) -> None:
    sell(market.bolt, market.acme, 2000)
    assert balances() == {
        "stripe_balance": 100_000,
        "wallet": -97_600,
        "vat": -400,
        "agency_held": -1400,
        "commission": -600,
    }


def test_a_free_lead_moves_no_money(market: World) -> None:
    before = journal_count()
    sell(market.bolt, market.acme, 0)
    assert journal_count() == before


def test_after_its_window_the_share_becomes_due_once(market: World) -> None:
    sale = sell(market.bolt, market.acme, 2000)
    assert len(release(market.bolt, market.acme, sale, 2000)) == 1
    assert release(market.bolt, market.acme, sale, 2000) == set()
    assert (balance_of(market.acme, Account.AGENCY_HELD), balance_of(market.acme, Account.AGENCY_DUE)) == (
        0,
        -1400,
    )


def test_a_share_of_nothing_is_not_released(market: World) -> None:
    assert release(market.bolt, market.acme, uuid4(), 0) == set()


def test_a_return_is_the_mirror_of_its_sale_and_happens_once(market: World) -> None:
    sale = sell(market.bolt, market.acme, 2000)
    refund(sale)
    refund(sale)
    assert balances() == {"stripe_balance": 100_000, "wallet": -100_000}
    assert free_and_held(market.bolt) == (100_000, 0)
    assert journal_count() == 3


def test_a_sale_that_cost_nothing_has_nothing_to_give_back(market: World) -> None:
    before = journal_count()
    refund(uuid4())
    assert journal_count() == before


def test_a_pay_per_action_sale_holds_its_gross_sum(market: World) -> None:
    hold(market.bolt, market.acme, 5000)
    assert free_and_held(market.bolt) == (94_000, 6000)
    assert balances() == {"stripe_balance": 100_000, "wallet": -94_000, "wallet_held": -6000}


def test_no_hold_is_written_for_no_sale(market: World) -> None:
    with platform_transaction("nothing") as session:
        charges.add_holds(session, market.bolt.id, "EUR", {}, NOW)
        assert session.execute(text("SELECT count(*) FROM hold")).scalar_one() == 0


def test_an_action_takes_its_price_from_the_hold_once_and_is_due_at_once(market: World) -> None:
    sale = hold(market.bolt, market.acme, 5000)
    action = capture(market.bolt, market.acme, sale, 2000)
    capture(market.bolt, market.acme, sale, 2000, action)
    assert free_and_held(market.bolt) == (94_000, 3600)
    assert balance_of(market.acme, Account.AGENCY_DUE) == -1400
    assert (balances()["commission"], balances()["vat"]) == (-600, -400)


def test_more_than_was_held_cannot_be_captured(market: World) -> None:
    sale = hold(market.bolt, market.acme, 1000)
    with pytest.raises(InsufficientFunds):
        capture(market.bolt, market.acme, sale, 5000)
    assert free_and_held(market.bolt) == (98_800, 1200)


def give_back(market: World, sale, keep: int, key: str) -> int:  # type: ignore[no-untyped-def]
    with platform_transaction("give back") as session:
        between = parties(session, market.bolt, market.acme)
        return charges.release_hold(session, HoldRelease(sale, between, keep, key), NOW, "test")


def test_what_a_hold_no_longer_needs_goes_back_to_the_wallet_once(market: World) -> None:
    sale = hold(market.bolt, market.acme, 5000)
    capture(market.bolt, market.acme, sale, 1000)
    open_gross = split(2000, VAT_BP, COMMISSION_BP).gross
    assert give_back(market, sale, open_gross, "first") == 6000 - 1200 - open_gross
    assert give_back(market, sale, open_gross, "again") == 0
    assert give_back(market, sale, 0, "first") == 0, "the same fact gives nothing more"
    assert give_back(market, sale, 0, "closed") == open_gross
    assert free_and_held(market.bolt) == (98_800, 0)
