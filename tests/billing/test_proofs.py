"""Every proof of money finds what it is there to find, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, create_engine, text

from billing.proofs import PROOFS, Broken, run
from tenants import db
from tenants.db import platform_transaction
from tests.servers import DatabaseUrls

A, B = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
AT = "'2026-11-20Z'"


def journal(
    number: int, *lines: str, kind: str = "test", said: int | None = None, reverses: str = "NULL"
) -> str:
    """A journal; a line is "account amount [tenant]"."""
    key = f"'00000000-0000-0000-0000-{number:012d}'"
    count = len(lines) if said is None else said
    made = f"""INSERT INTO journal (id, kind, key, source_id, lines, event_at, reverses_id, actor)
      VALUES ({key}, '{kind}', {key}, {key}, {max(count, 2)}, {AT}, {reverses}, 'test');"""
    for place, line in enumerate(lines, start=1):
        account, amount, tenant, *_ = [*line.split(), A]
        made += f"""INSERT INTO entry (journal_id, line, lines, tenant_id, account, amount_minor, currency, kind,
          source_id, event_at) VALUES ({key}, {place}, {max(count, 2)}, '{tenant}', '{account}', {amount}, 'EUR',
          '{kind}', {key}, {AT});"""
    return made


def wallet(free: int, held: int = 0) -> str:
    return f"INSERT INTO wallet (tenant_id, currency, balance_minor, held_minor) VALUES ('{A}', 'EUR', {free}, {held});"


def hold(amount: int, captured: int = 0) -> str:
    return f"""INSERT INTO hold (tenant_id, id, currency, amount_minor, captured_minor, created_at)
      VALUES ('{A}', '{B}', 'EUR', {amount}, {captured}, {AT});"""


def top_up(state: str, number: int = 1) -> str:
    return f"""INSERT INTO top_up (tenant_id, id, amount_minor, currency, state, created_at)
      VALUES ('{A}', '00000000-0000-0000-0000-{number:012d}', 5, 'EUR', '{state}', {AT});"""


PAYOUT = f"""INSERT INTO payout (tenant_id, id, amount_minor, currency, bank_reference, paid_on, recorded_by, recorded_at)
  VALUES ('{A}', '{B}', 5, 'EUR', 'r', '2026-11-20', 'test', {AT});"""


@dataclass(frozen=True)
class Wrong:
    """Rows that must not be, and the one proof that sees them."""

    proof: str
    rows: str


COMPLETE, ZERO = "a journal is complete and sums to zero", "the books sum to zero in every currency"
WALLETS, HOLDS = "a wallet is the sum of its entries", "what is held is the sum of the open holds"
DUE, TOP_UPS = "nobody is paid more than is due", "a paid top-up has its journal, an unpaid one has none"
PAYOUTS, MIRRORS = "a payout has its journal", "a mirror undoes its journal line by line"

WRONG = {
    "a line is missing": Wrong(COMPLETE, journal(1, "bank 5", "vat -5", said=3)),
    "no line at all": Wrong(COMPLETE, journal(1)),
    "two journals that only sum to zero together": Wrong(
        COMPLETE, journal(1, "bank 5", "vat -4") + journal(2, "bank 5", "vat -6")
    ),
    "a wallet with more than its entries": Wrong(WALLETS, wallet(6) + journal(1, "bank 5", "wallet -5")),
    "a wallet without entries": Wrong(WALLETS, wallet(6)),
    "entries without a wallet": Wrong(WALLETS, journal(1, "bank 5", "wallet -5")),
    "a hold that is not in the wallet": Wrong(HOLDS, wallet(5) + journal(1, "bank 5", "wallet -5") + hold(5)),
    "a held sum without a hold": Wrong(HOLDS, wallet(0, 5) + journal(1, "bank 5", "wallet_held -5")),
    "a hold that was captured and still held": Wrong(
        HOLDS, wallet(0, 5) + journal(1, "bank 5", "wallet_held -5") + hold(5, 2)
    ),
    "a payout of what was not due": Wrong(DUE, journal(1, "agency_due 5", "bank -5")),
    "more released than was held": Wrong(DUE, journal(1, "agency_held 5", "agency_due -5")),
    "a paid top-up without money": Wrong(TOP_UPS, top_up("paid")),
    "money for an unpaid top-up": Wrong(
        TOP_UPS, top_up("open") + journal(1, "stripe_balance 5", "vat -5", kind="top_up")
    ),
    "a payout without money": Wrong(PAYOUTS, PAYOUT),
    "a mirror of another amount": Wrong(
        MIRRORS,
        journal(1, "bank 5", "vat -5")
        + journal(2, "bank -4", "vat 4", reverses="'00000000-0000-0000-0000-000000000001'"),
    ),
    "a mirror on another account": Wrong(
        MIRRORS,
        journal(1, "bank 5", "vat -5")
        + journal(2, "bank -5", "commission 5", reverses="'00000000-0000-0000-0000-000000000001'"),
    ),
}


@pytest.fixture
def above_the_rules(database: DatabaseUrls) -> Iterator[Connection]:
    """A connection on which no check, trigger or key holds; the doors lead to it; nothing of it stays."""
    engine = create_engine(database.superuser)
    with engine.connect() as connection:
        everything = connection.begin()
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        db.use(connection)
        yield connection
        everything.rollback()
    engine.dispose()


def found() -> list[Broken]:
    with platform_transaction("a test of the proofs") as session:
        return run(session)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_proof_finds_what_is_wrong_and_the_others_do_not(above_the_rules: Connection, wrong: str) -> None:
    above_the_rules.execute(text(WRONG[wrong].rows.replace(":", r"\:")))
    assert {broken.proof for broken in found()} == {WRONG[wrong].proof}


def test_books_that_do_not_sum_to_zero_are_found_twice(above_the_rules: Connection) -> None:
    above_the_rules.execute(text(journal(1, "bank 5", "vat -4")))
    assert {broken.proof for broken in found()} == {COMPLETE, ZERO}


def test_right_books_are_found_right(above_the_rules: Connection) -> None:
    right = (
        wallet(70, 20)
        + hold(30, 10)
        + top_up("paid")
        + top_up("expired", 2)
        + journal(1, "stripe_balance 110", "wallet -110", kind="top_up")
        + journal(3, "wallet 30", "wallet_held -30")
        + journal(4, "wallet_held 10", "agency_due -10")
        + journal(5, "wallet 10", "agency_held -10")
        + journal(6, "wallet 4", "agency_held -4")
        + journal(7, "wallet -4", "agency_held 4", reverses="'00000000-0000-0000-0000-000000000006'")
        + PAYOUT
        + journal(8, "agency_due 5", "bank -5").replace(
            "'00000000-0000-0000-0000-000000000008', 'test', '00000000-0000-0000-0000-000000000008'",
            f"'00000000-0000-0000-0000-000000000008', 'payout', '{B}'",
            1,
        )
    )
    above_the_rules.execute(text(right.replace(":", r"\:")))
    assert found() == []


def test_every_proof_has_rows_that_break_it() -> None:
    assert {wrong.proof for wrong in WRONG.values()} | {ZERO} == set(PROOFS)


def test_a_proof_names_at_most_twenty_of_its_finds(above_the_rules: Connection) -> None:
    above_the_rules.execute(text("".join(top_up("paid", number) for number in range(1, 30))))
    assert len(found()) == 20
