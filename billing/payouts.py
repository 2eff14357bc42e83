"""Payouts: finance pays an agency what is due by bank, and writes down here that it did.

Invariants: never more than is due, also when two people record at once; a bank reference counts once; a payout and
its journal exist together and are never changed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing import ledger
from billing.accounts import Account, operator_id
from billing.ledger import Journal, Line
from billing.money import demand_currency
from tenants import audit
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_
from tenants.permissions import Permission

LONGEST_REFERENCE = 140
"""What a SEPA transfer carries."""


class MoreThanDue(Refused):
    """A payout of more than the agency's due share (`due_minor`); nothing was written."""

    status, code = 409, "more_than_due"


class ReferenceUsed(Refused):
    """A payout with this bank reference was recorded before; nothing was written."""

    status, code = 409, "reference_used"


@dataclass(frozen=True, slots=True)
class NewPayout:
    """What left for an agency's bank account, as the bank's statement shows it."""

    agency_id: UUID
    amount_minor: int
    currency: str
    bank_reference: str
    paid_on: date


@dataclass(frozen=True, slots=True)
class Paid:
    """A recorded payout."""

    id: UUID
    agency_id: UUID
    agency_name: str
    amount_minor: int
    currency: str
    bank_reference: str
    paid_on: date
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What an agency has earned by now: held until returns are over, due to be paid, paid."""

    agency_id: UUID
    agency_name: str
    currency: str
    held_minor: int
    due_minor: int
    paid_minor: int


_LOCK_AGENCY = text("SELECT name FROM tenant WHERE id = :agency AND kind = 'agency' FOR NO KEY UPDATE")
_DUE = text("""
SELECT coalesce(-sum(amount_minor), 0) FROM entry
WHERE tenant_id = :agency AND account = 'agency_due' AND currency = :currency
""")
_ADD = text("""
INSERT INTO payout (tenant_id, id, amount_minor, currency, bank_reference, paid_on, recorded_by, recorded_at)
VALUES (:agency, :id, :amount, :currency, :reference, :paid_on, :by, :at)
ON CONFLICT (bank_reference) DO NOTHING RETURNING true
""")
_LIST = text("""
SELECT p.id, p.tenant_id, t.name, p.amount_minor, p.currency, p.bank_reference, p.paid_on, p.recorded_by,
  p.recorded_at
FROM payout p JOIN tenant t ON t.id = p.tenant_id
WHERE (CAST(:agency AS uuid) IS NULL OR p.tenant_id = :agency) AND (CAST(:before AS uuid) IS NULL OR p.id < :before)
ORDER BY p.id DESC LIMIT :limit
""")
_DUES = text("""
SELECT t.id, t.name, e.currency,
  -coalesce(sum(e.amount_minor) FILTER (WHERE e.account = 'agency_held'), 0)::bigint,
  -coalesce(sum(e.amount_minor) FILTER (WHERE e.account = 'agency_due'), 0)::bigint,
  coalesce(sum(e.amount_minor) FILTER (WHERE e.account = 'agency_due' AND e.kind = 'payout'), 0)::bigint
FROM tenant t JOIN entry e ON e.tenant_id = t.id AND e.account IN ('agency_held', 'agency_due')
WHERE t.kind = 'agency' AND (CAST(:agency AS uuid) IS NULL OR t.id = :agency)
GROUP BY t.id, t.name, t.sort_name, e.currency ORDER BY t.sort_name, t.id, e.currency
""")


def record(session: Session, actor: Actor, payout: NewPayout, at: datetime) -> UUID:
    """Write down that an agency was paid: its due share shrinks, and so does our bank account. Gives the payout's id.

    Raises, with nothing written: `Forbidden`, `NotFound` (no such agency), `Invalid` (amount, reference, date),
    `CurrencyNotSupported`, `MoreThanDue`, `ReferenceUsed`. Repeating is safe: the bank reference counts once.
    """
    actor.demand(Permission.PAYOUT_WRITE)
    _check(actor, payout, at)
    payout_id = new_id()
    with as_platform(session, "a payout is booked on both sides"):
        _demand_due(session, payout)
        reference = payout.bank_reference.strip()
        values = {"agency": payout.agency_id, "id": payout_id, "amount": payout.amount_minor, "at": at}
        words = {
            "currency": payout.currency,
            "reference": reference,
            "paid_on": payout.paid_on,
            "by": actor.name,
        }
        if session.execute(_ADD, {**values, **words}).scalar() is None:
            raise ReferenceUsed(
                N_("A payout with the reference %(reference)s was recorded before."), reference=reference
            )
        lines = (
            Line(payout.agency_id, Account.AGENCY_DUE, payout.amount_minor, payout.currency),
            Line(operator_id(session), Account.BANK, -payout.amount_minor, payout.currency),
        )
        ledger.post(
            session, [Journal("payout", str(payout_id), payout_id, at, actor.name, lines, memo=reference)]
        )
    detail = {"agency_id": str(payout.agency_id), "amount_minor": payout.amount_minor, "reference": reference}
    audit.record(session, actor, "payout.recorded", "payout", payout_id, detail=detail, at=at)
    return payout_id


def _check(actor: Actor, payout: NewPayout, at: datetime) -> None:
    demand_currency(payout.currency)
    wrong: dict[str, str] = {}
    if payout.amount_minor <= 0:
        wrong["amount"] = N_("An amount above zero.")
    if not 1 <= len(payout.bank_reference.strip()) <= LONGEST_REFERENCE:
        wrong["bank_reference"] = N_("1 to 140 characters, as on the bank statement.")
    if payout.paid_on > at.astimezone(ZoneInfo(actor.card().time_zone)).date():
        wrong["paid_on"] = N_("A day that has come.")
    if wrong:
        raise Invalid(N_("Look at the marked fields."), fields=wrong)


def _demand_due(session: Session, payout: NewPayout) -> None:
    # the lock first, the sum in a statement of its own: it then sees what the one before committed
    if session.execute(_LOCK_AGENCY, {"agency": payout.agency_id}).one_or_none() is None:
        raise NotFound
    where = {"agency": payout.agency_id, "currency": payout.currency}
    due = int(session.execute(_DUE, where).scalar_one())
    if payout.amount_minor > due:
        raise MoreThanDue(
            N_("This is more than is due to the agency."), due_minor=due, currency=payout.currency
        )


def payouts(
    session: Session, *, agency_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[Paid]:
    """A page of payouts, newest first: an agency sees its own, behind a platform door one sees all."""
    values = {"agency": agency_id, "before": before, "limit": limit}
    return [Paid(*row) for row in session.execute(_LIST, values)]


def dues(session: Session, *, agency_id: UUID | None = None) -> list[Due]:
    """Held, due and paid by agency, in order of name: an agency sees its own, behind a platform door one sees all."""
    return [Due(*row) for row in session.execute(_DUES, {"agency": agency_id})]
