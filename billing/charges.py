"""What a sale does to money: charge, release, return, hold, capture. Knows sales only by id.

PPL: the company's wallet pays; the agency's share is held until the return window ends, then due.
PPA: the sum of the action prices is held in the company's wallet; an action captures its price, straight to due.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing import ledger
from billing.accounts import Account
from billing.ledger import Journal, Line
from billing.money import Split

COMMISSION_BP = 3000
"""Our share of every net price, 30 %, unless a contract says otherwise."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who a sale is between, and in whose books commission and VAT stand."""

    company_id: UUID
    agency_id: UUID
    operator_id: UUID
    currency: str


def _lines(between: Parties, *moves: tuple[UUID, Account, int]) -> tuple[Line, ...]:
    return tuple(Line(who, account, minor, between.currency) for who, account, minor in moves if minor)


def sale_journal(sale_id: UUID, between: Parties, amount: Split, at: datetime, actor: str) -> Journal | None:
    """The charge of one PPL sale; None for a free lead."""
    if not amount.gross:
        return None
    lines = _lines(
        between,
        (between.company_id, Account.WALLET, amount.gross),
        (between.operator_id, Account.VAT, -amount.vat),
        (between.agency_id, Account.AGENCY_HELD, -amount.agency),
        (between.operator_id, Account.COMMISSION, -amount.commission),
    )
    return Journal("sale", str(sale_id), sale_id, at, actor, lines)


def hold_journal(sale_id: UUID, between: Parties, gross: int, at: datetime, actor: str) -> Journal:
    """The reservation of a PPA sale: both accounts are ours to the company."""
    lines = _lines(
        between,
        (between.company_id, Account.WALLET, gross),
        (between.company_id, Account.WALLET_HELD, -gross),
    )
    return Journal("hold", str(sale_id), sale_id, at, actor, lines)


_ADD_HOLDS = text("""
INSERT INTO hold (tenant_id, id, currency, amount_minor, created_at)
SELECT CAST(:tenant AS uuid), id, :currency, amount, :at
FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[])) AS h (id, amount)
ON CONFLICT DO NOTHING
""")


def add_holds(
    session: Session, company_id: UUID, currency: str, grosses: dict[UUID, int], at: datetime
) -> None:
    """Remember what each PPA sale may still capture. Repeating writes nothing."""
    if grosses:
        session.execute(
            _ADD_HOLDS,
            {
                "tenant": company_id,
                "currency": currency,
                "ids": list(grosses),
                "amounts": list(grosses.values()),
                "at": at,
            },
        )


def release(
    session: Session, sales: Sequence[tuple[UUID, Parties, Split]], at: datetime, actor: str
) -> set[UUID]:
    """The return window has ended: the agency's held share becomes due. Repeating writes nothing."""
    journals = [
        Journal(
            "release",
            str(sale_id),
            sale_id,
            at,
            actor,
            _lines(
                between,
                (between.agency_id, Account.AGENCY_HELD, amount.agency),
                (between.agency_id, Account.AGENCY_DUE, -amount.agency),
            ),
        )
        for sale_id, between, amount in sales
        if amount.agency
    ]
    return ledger.post(session, journals)


def refund(session: Session, sale_id: UUID, at: datetime, actor: str) -> None:
    """A return was accepted: the mirror of the sale's journal, VAT included. Repeating writes nothing."""
    found = session.execute(
        text("SELECT id FROM journal WHERE kind = 'sale' AND key = :key"), {"key": str(sale_id)}
    ).scalar_one_or_none()
    if found is None:
        return
    rows = session.execute(
        text(
            "SELECT tenant_id, account, amount_minor, currency FROM entry WHERE journal_id = :id ORDER BY line"
        ),
        {"id": found},
    )
    lines = tuple(Line(r.tenant_id, Account(r.account), -r.amount_minor, r.currency) for r in rows)
    ledger.post(session, [Journal("return", str(sale_id), sale_id, at, actor, lines, reverses_id=found)])


_CAPTURE_HOLD = text("""
UPDATE hold SET captured_minor = captured_minor + :gross WHERE tenant_id = :company AND id = :id
""")
_CLOSE_HOLD = text("""
UPDATE hold SET released_minor = released_minor + :gross WHERE tenant_id = :company AND id = :id
""")
_LOCK_HOLD = text("""
SELECT amount_minor - captured_minor - released_minor FROM hold
WHERE tenant_id = :company AND id = :id FOR UPDATE
""")


@dataclass(frozen=True, slots=True)
class Capture:
    """One billable action of a sale."""

    action_id: UUID
    sale_id: UUID
    between: Parties
    amount: Split


def capture(session: Session, what: Capture, at: datetime, actor: str) -> bool:
    """An action was confirmed: its price leaves the hold and the agency's share is due at once.

    Whether the hold is used up. Repeating writes nothing: the journal's key is the action.
    """
    amount, between = what.amount, what.between
    hold = {"company": between.company_id, "id": what.sale_id, "gross": amount.gross}
    left = int(session.execute(_LOCK_HOLD, hold).scalar_one())
    lines = _lines(
        between,
        (between.company_id, Account.WALLET_HELD, amount.gross),
        (between.operator_id, Account.VAT, -amount.vat),
        (between.agency_id, Account.AGENCY_DUE, -amount.agency),
        (between.operator_id, Account.COMMISSION, -amount.commission),
    )
    if ledger.post(session, [Journal("capture", str(what.action_id), what.sale_id, at, actor, lines)]):
        session.execute(_CAPTURE_HOLD, hold)
        left -= amount.gross
    return left == 0


@dataclass(frozen=True, slots=True)
class HoldRelease:
    """What of a hold goes back to the wallet, and for which fact (`key`: unique, e.g. the sale's closing)."""

    sale_id: UUID
    between: Parties
    keep_minor: int
    key: str


def release_hold(session: Session, what: HoldRelease, at: datetime, actor: str) -> int:
    """Give back what the hold no longer needs, keeping `keep_minor` for open actions; minor units given back.

    Repeating gives back nothing more.
    """
    hold = {"company": what.between.company_id, "id": what.sale_id}
    gross = int(session.execute(_LOCK_HOLD, hold).scalar_one()) - what.keep_minor
    if gross <= 0:
        return 0
    lines = _lines(
        what.between,
        (what.between.company_id, Account.WALLET_HELD, gross),
        (what.between.company_id, Account.WALLET, -gross),
    )
    if not ledger.post(session, [Journal("hold_release", what.key, what.sale_id, at, actor, lines)]):
        return 0
    session.execute(_CLOSE_HOLD, {**hold, "gross": gross})
    return gross
