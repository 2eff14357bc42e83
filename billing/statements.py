"""A tenant's own money: its wallet, its entries, what it had, what moved, what it has.

Invariants: every query reads what row-level security shows: a tenant its own entries, never the other side of a
journal; behind a platform door the same queries speak of everybody. Amounts are shown as the tenant sees them: what we
owe it is positive.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.accounts import Account
from billing.periods import Period
from tenants.errors import NotFound

WALLET_ACCOUNTS = (Account.WALLET, Account.WALLET_HELD)
AGENCY_ACCOUNTS = (Account.AGENCY_HELD, Account.AGENCY_DUE)


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a company can spend now, and what is held for actions that may still bill."""

    balance_minor: int
    held_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of entries or journals ended: the next one goes on behind it."""

    at: datetime
    id: UUID
    line: int = 0

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}~{self.line}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; an empty part means all."""

    accounts: tuple[Account, ...] = ()
    kinds: tuple[str, ...] = ()
    period: Period | None = None
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement on one of the tenant's accounts: what was added to it, or taken (negative)."""

    journal_id: UUID
    line: int
    account: Account
    kind: str
    amount_minor: int
    currency: str
    source_id: UUID
    event_at: datetime

    @property
    def place(self) -> Place:
        """Where this entry stands in the list."""
        return Place(self.event_at, self.journal_id, self.line)


@dataclass(frozen=True, slots=True)
class Movement:
    """What stood on some accounts at the start of a period, what each kind of journal moved, and what stood at its end."""

    opening_minor: int
    moved_minor: dict[str, int] = field(default_factory=dict)

    @property
    def closing_minor(self) -> int:
        """Opening and everything that moved."""
        return self.opening_minor + sum(self.moved_minor.values())


_WALLET = text("SELECT balance_minor, held_minor FROM wallet WHERE currency = :currency")
_LIST = """
SELECT journal_id, line, account, kind, -amount_minor AS amount, currency, source_id, event_at FROM entry
WHERE {where} ORDER BY event_at DESC, journal_id DESC, line DESC LIMIT :limit
"""
_TOTAL = "SELECT count(*) AS rows, coalesce(-sum(amount_minor), 0)::bigint AS amount FROM entry WHERE {where}"
_OWN_LINES = text("""
SELECT journal_id, line, account, kind, -amount_minor AS amount, currency, source_id, event_at FROM entry
WHERE journal_id = :journal ORDER BY line
""")
_OPENING = text("""
SELECT coalesce(-sum(amount_minor), 0)::bigint FROM entry
WHERE account = ANY(:accounts) AND currency = :currency AND event_at < :start
  AND (CAST(:tenant AS uuid) IS NULL OR tenant_id = :tenant)
""")
_MOVED = text("""
SELECT kind, -sum(amount_minor)::bigint AS amount FROM entry
WHERE account = ANY(:accounts) AND currency = :currency AND event_at >= :start AND event_at < :end
  AND (CAST(:tenant AS uuid) IS NULL OR tenant_id = :tenant)
GROUP BY kind HAVING sum(amount_minor) <> 0 ORDER BY kind
""")


def wallet(session: Session, currency: str) -> Wallet:
    """The wallet of the session's company; empty before its first top-up."""
    found = session.execute(_WALLET, {"currency": currency}).one_or_none()
    return Wallet(found.balance_minor, found.held_minor, currency) if found else Wallet(0, 0, currency)


def entries(session: Session, wanted: Wanted, *, before: Place | None = None, limit: int = 50) -> list[Entry]:
    """A page of the tenant's entries, newest first; the next page is `before` the place of the last one."""
    where, values = _conditions(wanted)
    if before is not None:
        where.append("(event_at, journal_id, line) < (:place_at, :place_id, :place_line)")
        values.update(place_at=before.at, place_id=before.id, place_line=before.line)
    rows = session.execute(text(_LIST.format(where=" AND ".join(where))), {**values, "limit": limit})
    return [_entry(row) for row in rows]


def total(session: Session, wanted: Wanted) -> tuple[int, int]:
    """How many entries there are in all, and what they sum to."""
    where, values = _conditions(wanted)
    found = session.execute(text(_TOTAL.format(where=" AND ".join(where))), values).one()
    return found.rows, found.amount


def own_lines(session: Session, journal_id: UUID) -> list[Entry]:
    """The tenant's own lines of one journal. Raises `NotFound` if it has none in it."""
    found = [_entry(row) for row in session.execute(_OWN_LINES, {"journal": journal_id})]
    if not found:
        raise NotFound
    return found


def movement(
    session: Session,
    accounts: Sequence[Account],
    period: Period,
    currency: str,
    *,
    tenant_id: UUID | None = None,
) -> Movement:
    """The accounts rolled forward through a period; behind a platform door of everybody, or of `tenant_id`."""
    where = {
        "accounts": [account.value for account in accounts],
        "currency": currency,
        "start": period.start_at,
        "end": period.end_at,
        "tenant": tenant_id,
    }
    opening = int(session.execute(_OPENING, where).scalar_one())
    return Movement(opening, {row.kind: row.amount for row in session.execute(_MOVED, where)})


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    where = ["true"]
    values: dict[str, Any] = {}
    if wanted.accounts:
        where.append("account = ANY(:accounts)")
        values["accounts"] = [account.value for account in wanted.accounts]
    if wanted.kinds:
        where.append("kind = ANY(:kinds)")
        values["kinds"] = list(wanted.kinds)
    if wanted.period:
        where.append("event_at >= :start AND event_at < :end")
        values |= {"start": wanted.period.start_at, "end": wanted.period.end_at}
    if wanted.source_id:
        where.append("source_id = :source")
        values["source"] = wanted.source_id
    return where, values


def _entry(row: Any) -> Entry:
    return Entry(
        row.journal_id,
        row.line,
        Account(row.account),
        row.kind,
        row.amount,
        row.currency,
        row.source_id,
        row.event_at,
    )
