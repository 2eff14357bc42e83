"""One writer of money: whole journals once, wallets in step, never below zero."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from billing import proofs
from billing.accounts import Account
from billing.ledger import InsufficientFunds, Journal, Line
from tenants.db import platform_transaction
from tenants.ids import new_id
from tests.billing.posting import NOW, move, pay_in, post
from tests.billing.till import balances, free_and_held, journal_count
from tests.world import Party, World

W, H, D, C = Account.WALLET, Account.WALLET_HELD, Account.AGENCY_DUE, Account.COMMISSION


def spend(company: Party, agency: Party, minor: int, key: str | None = None) -> Journal:
    return move((company, W, minor), (agency, D, -minor), key=key)


def test_nothing_to_post_writes_nothing(trade: World) -> None:
    assert post() == set()


def test_a_journal_moves_the_wallets_it_names(trade: World) -> None:
    pay_in(trade, trade.bolt, 10_000)
    made = spend(trade.bolt, trade.acme, 2500)
    assert post(made) == {made.id}
    assert free_and_held(trade.bolt) == (7500, 0)
    post(move((trade.bolt, W, 500), (trade.bolt, H, -500)))
    assert free_and_held(trade.bolt) == (7000, 500)
    post(move((trade.bolt, H, 500), (trade.bolt, W, -500)))
    assert free_and_held(trade.bolt) == (7500, 0)


def test_a_journal_posted_again_is_skipped_whole(trade: World) -> None:
    pay_in(trade, trade.bolt, 10_000)
    first = spend(trade.bolt, trade.acme, 2500, key="k")
    again, other = replace(first, id=new_id()), spend(trade.bolt, trade.acme, 100)
    assert post(first) == {first.id}
    assert post(again, other) == {other.id}
    assert free_and_held(trade.bolt) == (7400, 0)


def test_the_same_key_of_another_kind_is_another_fact(trade: World) -> None:
    pay_in(trade, trade.bolt, 10_000)
    first = spend(trade.bolt, trade.acme, 100, key="k")
    assert len(post(first, replace(first, id=new_id(), kind="other"))) == 2


@pytest.mark.parametrize("held", [False, True])
def test_a_wallet_never_goes_below_zero_and_says_what_is_missing(trade: World, held: bool) -> None:
    pay_in(trade, trade.bolt, 1000)
    journal = move((trade.bolt, H if held else W, 1300), (trade.acme, D, -1300))
    before = journal_count()
    with pytest.raises(InsufficientFunds) as refused:
        post(journal)
    assert refused.value.status == 402
    if not held:
        assert refused.value.details == {"shortfall_minor": 300, "balance_minor": 1000, "currency": "EUR"}
    assert (journal_count(), free_and_held(trade.bolt)) == (before, (1000, 0))


def test_a_company_without_a_wallet_has_nothing_to_spend(trade: World) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        post(spend(trade.bolt, trade.acme, 5))
    assert (refused.value.details["shortfall_minor"], refused.value.details["balance_minor"]) == (5, 0)


def test_one_short_wallet_leaves_the_other_as_it_was(trade: World) -> None:
    pay_in(trade, trade.bolt, 1000)
    before = journal_count()
    with pytest.raises(InsufficientFunds):
        post(spend(trade.bolt, trade.acme, 400), spend(trade.crane, trade.acme, 1))
    assert (free_and_held(trade.bolt), journal_count()) == ((1000, 0), before)


BAD: dict[str, Callable[[World], tuple[Line, ...]]] = {
    "does not sum to zero": lambda w: move((w.bolt, W, -100), (w.acme, D, 99)).lines,
    "one line": lambda w: move((w.bolt, W, -100)).lines,
    "no line": lambda w: (),
    "a line of nothing": lambda w: move((w.bolt, W, 0), (w.acme, D, 0)).lines,
    "two currencies": lambda w: (Line(w.bolt.id, W, -1, "EUR"), Line(w.acme.id, D, 1, "PLN")),
}


@pytest.mark.parametrize("bad", BAD)
def test_the_database_takes_no_wrong_journal(trade: World, bad: str) -> None:
    lines = BAD[bad](trade)
    with pytest.raises(IntegrityError):
        post(Journal("test", "k", new_id(), NOW, "test", lines))
    assert journal_count() == 0


def test_every_entry_carries_kind_source_and_time_of_its_journal(trade: World) -> None:
    from sqlalchemy import text

    made = move((trade.bolt, W, -5), (trade.floe, C, 5), kind="gift")
    post(made)
    with platform_transaction("look") as session:
        rows = session.execute(text("SELECT kind, source_id, event_at FROM entry")).all()
    assert {tuple(row) for row in rows} == {("gift", made.source_id, NOW)}


moves = st.lists(
    st.tuples(st.sampled_from(("in", "spend", "hold", "free", "take")), st.integers(1, 900)), max_size=12
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves)
def test_after_any_history_wallets_are_the_sum_of_their_entries(
    trade: World, history: list[tuple[str, int]]
) -> None:
    bolt, acme, floe = trade.bolt, trade.acme, trade.floe
    lines = {
        "in": lambda n: ((floe, Account.BANK, n), (bolt, W, -n)),
        "spend": lambda n: ((bolt, W, n), (acme, D, -n)),
        "hold": lambda n: ((bolt, W, n), (bolt, H, -n)),
        "free": lambda n: ((bolt, H, n), (bolt, W, -n)),
        "take": lambda n: ((bolt, H, n), (acme, D, -n)),
    }
    free, held = free_and_held(bolt)
    for deed, minor in history:
        wallet = {"in": (minor, 0), "spend": (-minor, 0), "hold": (-minor, minor), "free": (minor, -minor), "take": (0, -minor)}[deed]  # fmt: skip
        expected = free + wallet[0], held + wallet[1]
        if min(expected) < 0:
            with pytest.raises(InsufficientFunds):
                post(move(*lines[deed](minor)))
        else:
            post(move(*lines[deed](minor)))
            free, held = expected
        assert free_and_held(bolt) == (free, held)
    with platform_transaction("prove") as session:
        names = ("a wallet is the sum of its entries", "the books sum to zero in every currency")
        assert proofs.run(session, {name: proofs.PROOFS[name] for name in names}) == []
        post(*([move((bolt, H, held), (bolt, W, -held))] if held else []))


@pytest.mark.committed
def test_a_wallet_raced_by_many_buyers_pays_for_as_many_as_it_can(trade: World) -> None:
    pay_in(trade, trade.bolt, 1000)
    trade.acme  # noqa: B018 (made before the race)

    def buy(_: int) -> bool:
        try:
            return bool(post(spend(trade.bolt, trade.acme, 300)))
        except InsufficientFunds:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(buy, range(16))) == 3
    assert free_and_held(trade.bolt) == (100, 0)
    assert balances()["agency_due"] == -900


def test_time_of_a_journal_is_given_and_not_taken(trade: World) -> None:
    early = replace(move((trade.bolt, W, -5), (trade.floe, C, 5)), event_at=NOW - timedelta(days=400))
    assert post(early) == {early.id}
