"""Sales in money alone, for the tests of money: no lead, no listing, only who pays whom."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from billing import charges, ledger
from billing.accounts import Account, operator_id
from billing.charges import Capture, Parties
from billing.ledger import Journal, Line
from billing.money import split
from tenants.db import platform_transaction
from tenants.ids import new_id
from tests.stock import fill_wallet
from tests.world import Party, World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VAT_BP, COMMISSION_BP = 2000, 3000


def parties(session: Session, company: Party, agency: Party) -> Parties:
    return Parties(company.id, agency.id, operator_id(session), "EUR")


def sell(company: Party, agency: Party, net: int, at: datetime = NOW) -> UUID:
    """A PPL sale; its id."""
    sale_id = new_id()
    with platform_transaction("a sale") as session:
        between = parties(session, company, agency)
        journal = charges.sale_journal(sale_id, between, split(net, VAT_BP, COMMISSION_BP), at, "test")
        ledger.post(session, [journal] if journal else [])
    return sale_id


def release(company: Party, agency: Party, sale_id: UUID, net: int, at: datetime = NOW) -> set[UUID]:
    """Its return window ends."""
    with platform_transaction("a release") as session:
        amount = split(net, VAT_BP, COMMISSION_BP)
        return charges.release(session, [(sale_id, parties(session, company, agency), amount)], at, "test")


def refund(sale_id: UUID, at: datetime = NOW) -> None:
    """It is returned."""
    with platform_transaction("a return") as session:
        charges.refund(session, sale_id, at, "test")


def hold(company: Party, agency: Party, net: int, at: datetime = NOW) -> UUID:
    """A PPA sale; its id."""
    sale_id, gross = new_id(), split(net, VAT_BP, COMMISSION_BP).gross
    with platform_transaction("a hold") as session:
        charges.add_holds(session, company.id, "EUR", {sale_id: gross}, at)
        ledger.post(
            session, [charges.hold_journal(sale_id, parties(session, company, agency), gross, at, "test")]
        )
    return sale_id


def capture(company: Party, agency: Party, sale_id: UUID, net: int, action_id: UUID | None = None) -> UUID:
    """An action of a PPA sale is confirmed; its id."""
    action_id = action_id or new_id()
    with platform_transaction("a capture") as session:
        between = parties(session, company, agency)
        amount = split(net, VAT_BP, COMMISSION_BP)
        charges.capture(session, Capture(action_id, sale_id, between, amount), NOW, "test")
    return action_id


def pay_in(world: World, company: Party, minor: int, at: datetime = NOW) -> None:
    """A paid top-up."""
    assert world.floe
    fill_wallet(company, minor, at)


def move(*lines: tuple[Party, Account, int], key: str | None = None, kind: str = "test") -> Journal:
    """Any journal."""
    said = tuple(Line(who.id, account, minor, "EUR") for who, account, minor in lines)
    return Journal(kind, key or str(new_id()), new_id(), NOW, "test", said)


def post(*journals: Journal) -> set[UUID]:
    with platform_transaction("a test posts") as session:
        return ledger.post(session, journals)


def balance_of(who: Party, account: Account) -> int:
    """What stands on an account of one tenant; debit is positive."""
    from sqlalchemy import text

    with platform_transaction("look") as session:
        query = text(
            "SELECT coalesce(sum(amount_minor), 0) FROM entry WHERE tenant_id = :id AND account = :account"
        )
        return int(session.execute(query, {"id": who.id, "account": account.value}).scalar_one())
