"""An agency is paid what is due, never more, and every bank reference counts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from billing import payouts
from billing.accounts import Account
from billing.money import CurrencyNotSupported
from billing.payouts import Due, MoreThanDue, NewPayout, ReferenceUsed
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid, NotFound, Refused
from tests.billing.posting import NOW, balance_of, pay_in, release, sell
from tests.billing.till import balances, journal_count
from tests.world import World, make_member

ON = date(2026, 11, 19)


@pytest.fixture
def earned(trade: World) -> World:
    """acme is due 14.00, and 7.00 more are held."""
    pay_in(trade, trade.bolt, 100_000)
    release(trade.bolt, trade.acme, sell(trade.bolt, trade.acme, 2000), 2000)
    sell(trade.bolt, trade.acme, 1000)
    return trade


def pay(world: World, minor: int, reference: str = "SEPA 1", **more: object) -> UUID:
    actor = more.pop("actor", world.floe.owner)
    agency_id = more.pop("agency_id", None) or world.acme.id
    wanted = NewPayout(agency_id, minor, more.pop("currency", "EUR"), reference, more.pop("paid_on", ON))  # type: ignore[arg-type]
    with transaction(actor.tenant_id) as session:  # type: ignore[attr-defined]
        return payouts.record(session, actor, wanted, NOW)  # type: ignore[arg-type]


def test_a_payout_moves_the_due_share_out_of_the_bank(earned: World) -> None:
    made = pay(earned, 1000, " SEPA 1 ")
    assert (balance_of(earned.acme, Account.AGENCY_DUE), balances()["bank"]) == (-400, -1000)
    with transaction(earned.acme.id) as session:
        [row] = payouts.payouts(session)
    assert (row.id, row.amount_minor, row.bank_reference, row.paid_on) == (made, 1000, "SEPA 1", ON)
    assert (row.recorded_by, row.recorded_at) == (earned.floe.owner.name, NOW)


def test_all_that_is_due_can_be_paid_and_not_a_cent_more(earned: World) -> None:
    before = journal_count()
    with pytest.raises(MoreThanDue) as refused:
        pay(earned, 1401)
    assert refused.value.details == {"due_minor": 1400, "currency": "EUR"}
    assert journal_count() == before
    pay(earned, 1400)
    with pytest.raises(MoreThanDue):
        pay(earned, 1, "SEPA 2")


def test_what_is_held_is_not_due(earned: World) -> None:
    with transaction(earned.acme.id) as session:
        assert payouts.dues(session) == [Due(earned.acme.id, "Acme Leads", "EUR", 700, 1400, 0)]
    pay(earned, 400)
    with transaction(earned.acme.id) as session:
        assert payouts.dues(session) == [Due(earned.acme.id, "Acme Leads", "EUR", 700, 1000, 400)]
    with transaction(earned.bolt.id) as session:
        assert payouts.dues(session) == []


def test_a_bank_reference_counts_once(earned: World) -> None:
    pay(earned, 100)
    with pytest.raises(ReferenceUsed) as refused:
        pay(earned, 200, "SEPA 1 ")
    assert refused.value.details == {"reference": "SEPA 1"}
    assert balances()["bank"] == -100


WRONG = {
    "no amount": {"minor": 0},
    "a negative amount": {"minor": -5},
    "no reference": {"minor": 5, "reference": " "},
    "an endless reference": {"minor": 5, "reference": "x" * 141},
    "a day to come": {"minor": 5, "paid_on": ON + timedelta(days=2)},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_senseless_payout_is_refused_with_the_field(earned: World, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        pay(earned, **WRONG[wrong])  # type: ignore[arg-type]
    assert len(refused.value.details["fields"]) == 1
    assert "bank" not in balances()


def test_today_in_the_operators_zone_has_come(earned: World) -> None:
    assert pay(earned, 5, paid_on=NOW.date())


def test_only_agencies_are_paid_in_the_one_currency_by_who_may(earned: World) -> None:
    for agency_id in (uuid4(), earned.bolt.id):
        with pytest.raises(NotFound):
            pay(earned, 5, agency_id=agency_id)
    with pytest.raises(CurrencyNotSupported):
        pay(earned, 5, currency="PLN")
    for actor in (earned.acme.owner, earned.bolt.owner, make_member(earned.floe.card, "manager")):
        with pytest.raises(Forbidden):
            pay(earned, 5, actor=actor)
    assert pay(earned, 5, actor=make_member(earned.floe.card, "finance"))


def test_a_payout_is_on_the_operators_audit_log(earned: World) -> None:
    made = pay(earned, 5)
    with transaction(earned.floe.id) as session:
        row = session.execute(text("SELECT action, subject_id, detail FROM audit")).one()
    assert (row.action, row.subject_id, row.detail["amount_minor"]) == ("payout.recorded", made, 5)


def test_payouts_are_paged_newest_first(earned: World) -> None:
    made = [pay(earned, 1 + n, f"SEPA {n}") for n in range(3)]
    with transaction(earned.acme.id) as session:
        first = payouts.payouts(session, agency_id=earned.acme.id, limit=2)
        rest = payouts.payouts(session, before=first[-1].id)
    assert [one.id for one in first + rest] == made[::-1]


def race(world: World) -> list[bool]:
    """Eight people pay all that is due at the same moment; who succeeded."""
    start = Barrier(8)

    def one(number: int) -> bool:
        start.wait(10)
        try:
            return bool(pay(world, 1400, f"SEPA {number}"))
        except Refused:
            return False

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(8)))


@pytest.fixture
def thoughtful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment between reading what is due and paying it, as any busy machine gives."""
    slow = str(payouts._DUE).replace("FROM entry\n", "FROM entry, pg_sleep(0.1)\n")
    assert "pg_sleep" in slow
    monkeypatch.setattr(payouts, "_DUE", text(slow))


@pytest.mark.committed
@pytest.mark.usefixtures("thoughtful")
def test_two_people_at_once_do_not_pay_twice(earned: World) -> None:
    assert sum(race(earned)) == 1
    assert balance_of(earned.acme, Account.AGENCY_DUE) == 0


@pytest.mark.committed
@pytest.mark.usefixtures("thoughtful")
def test_without_the_lock_they_would(
    earned: World, monkeypatch: pytest.MonkeyPatch, superuser: psycopg.Connection
) -> None:
    unlocked = str(payouts._LOCK_AGENCY).replace("FOR NO KEY UPDATE", "")
    monkeypatch.setattr(payouts, "_LOCK_AGENCY", text(unlocked))
    assert sum(race(earned)) > 1
    superuser.execute("SET session_replication_role = replica; DELETE FROM payout; DELETE FROM entry WHERE kind = 'payout'; "
                      "DELETE FROM journal WHERE kind = 'payout'; SET session_replication_role = origin")  # fmt: skip
