"""The operator's books: trial balance, journals, and one journal with all its lines.

Invariants: opened only for who may see all money, behind one platform door; nothing here writes; debit is positive.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.accounts import Account
from billing.periods import Period
from billing.statements import Place
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import NotFound
from tenants.permissions import Permission

KINDS = (
    "top_up",
    "stripe_fee",
    "sale",
    "hold",
    "capture",
    "hold_release",
    "return",
    "release",
    "payout",
)
"""Every kind of journal that is ever posted."""


@contextmanager
def opened(session: Session, actor: Actor) -> Iterator[None]:
    """Within the block the session reads the money of all tenants. Raises `Forbidden` to anybody but finance."""
    actor.demand(Permission.PLATFORM_MONEY)
    with as_platform(session, "the operator's finance reads the books"):
        yield


@dataclass(frozen=True, slots=True)
class Balance:
    """One account of everybody together: at the start of a period, moved by debit and credit, and at its end."""

    account: Account
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        """What stands at the end; debit is positive."""
        return self.opening_minor + self.debit_minor - self.credit_minor


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which journals; an empty part means all. Accounts and tenant name the lines that must be in them."""

    kinds: tuple[str, ...] = ()
    period: Period | None = None
    tenant_id: UUID | None = None
    accounts: tuple[Account, ...] = ()
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One journal in a list. `moved_minor` is the sum of the lines that were asked for, or of all its debits."""

    id: UUID
    kind: str
    event_at: datetime
    source_id: UUID
    actor: str
    memo: str
    currency: str
    moved_minor: int

    @property
    def place(self) -> Place:
        """Where this journal stands in the list."""
        return Place(self.event_at, self.id)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal and whose account it is on."""

    line: int
    tenant_id: UUID
    tenant_name: str
    account: Account
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class WholeJournal:
    """A journal with all its lines; `reversed_by_id` is the journal that undid it."""

    id: UUID
    kind: str
    key: str
    source_id: UUID
    event_at: datetime
    posted_at: datetime
    actor: str
    memo: str
    reverses_id: UUID | None
    reversed_by_id: UUID | None
    lines: tuple[Line, ...] = ()


_TRIAL = text("""
SELECT account, currency,
  coalesce(sum(amount_minor) FILTER (WHERE event_at < :start), 0)::bigint AS opening,
  coalesce(sum(amount_minor) FILTER (WHERE event_at >= :start AND amount_minor > 0), 0)::bigint AS debit,
  coalesce(-sum(amount_minor) FILTER (WHERE event_at >= :start AND amount_minor < 0), 0)::bigint AS credit
FROM entry WHERE event_at < :end GROUP BY account, currency
""")
_TRADERS = text("""
(SELECT id, name FROM tenant WHERE kind <> 'operator' ORDER BY sort_name, id LIMIT :most)
UNION SELECT id, name FROM tenant WHERE id = :also ORDER BY name, id
""")
_JOURNAL = text("""
SELECT j.id, j.kind, j.key, j.source_id, j.event_at, j.posted_at, j.actor, j.memo, j.reverses_id,
  (SELECT r.id FROM journal r WHERE r.source_id = j.source_id AND r.reverses_id = j.id) AS reversed_by_id
FROM journal j WHERE j.id = :id
""")
_LINES = text("""
SELECT e.line, e.tenant_id, t.name, e.account, e.amount_minor, e.currency
FROM entry e JOIN tenant t ON t.id = e.tenant_id WHERE e.journal_id = :id ORDER BY e.line
""")
_LIST = """
SELECT j.id, j.kind, j.event_at, j.source_id, j.actor, j.memo, m.currency, m.moved
FROM journal j JOIN LATERAL (
  SELECT min(e.currency) AS currency, coalesce(sum(e.amount_minor), 0)::bigint AS moved, count(*) AS lines
  FROM entry e WHERE e.journal_id = j.id AND {lines}) m ON m.lines > 0
WHERE {where} ORDER BY j.event_at DESC, j.id DESC LIMIT :limit
"""
_TOTAL = """
SELECT count(DISTINCT j.id) AS rows, coalesce(sum(e.amount_minor), 0)::bigint AS moved
FROM journal j JOIN entry e ON e.journal_id = j.id AND {lines} WHERE {where}
"""


def traders(session: Session, *, also: UUID | None = None, most: int = 100) -> list[tuple[UUID, str]]:
    """Whose money there may be, for a filter: the first tenants by name, and the one that is looked at."""
    rows = session.execute(_TRADERS, {"also": also, "most": most})
    return [(row.id, row.name) for row in rows]


def trial_balance(session: Session, period: Period) -> list[Balance]:
    """Every account that was ever used, in the order of the chart; openings and closings each sum to zero."""
    rows = session.execute(_TRIAL, {"start": period.start_at, "end": period.end_at})
    found = [Balance(Account(r.account), r.currency, r.opening, r.debit, r.credit) for r in rows]
    order = list(Account)
    return sorted(found, key=lambda balance: (balance.currency, order.index(balance.account)))


def journals(
    session: Session, wanted: Wanted, *, before: Place | None = None, limit: int = 50
) -> list[JournalRow]:
    """A page of journals, newest first; the next page is `before` the place of the last one."""
    lines, where, values = _conditions(wanted)
    if before is not None:
        where.append("(j.event_at, j.id) < (:place_at, :place_id)")
        values |= {"place_at": before.at, "place_id": before.id}
    query = text(_LIST.format(lines=" AND ".join(lines), where=" AND ".join(where)))
    return [JournalRow(*row) for row in session.execute(query, {**values, "limit": limit})]


def total(session: Session, wanted: Wanted) -> tuple[int, int]:
    """How many journals there are in all, and what the lines asked for sum to."""
    lines, where, values = _conditions(wanted)
    query = text(_TOTAL.format(lines=" AND ".join(lines), where=" AND ".join(where)))
    found = session.execute(query, values).one()
    return found.rows, found.moved


def journal(session: Session, journal_id: UUID) -> WholeJournal:
    """One journal with its lines. Raises `NotFound`."""
    found = session.execute(_JOURNAL, {"id": journal_id}).one_or_none()
    if found is None:
        raise NotFound
    lines = tuple(
        Line(row.line, row.tenant_id, row.name, Account(row.account), row.amount_minor, row.currency)
        for row in session.execute(_LINES, {"id": journal_id})
    )
    return WholeJournal(**found._mapping, lines=lines)


def _conditions(wanted: Wanted) -> tuple[list[str], list[str], dict[str, Any]]:
    lines, where = [], ["true"]
    values: dict[str, Any] = {}
    if wanted.tenant_id:
        lines.append("e.tenant_id = :tenant")
        values["tenant"] = wanted.tenant_id
    if wanted.accounts:
        lines.append("e.account = ANY(:accounts)")
        values["accounts"] = [account.value for account in wanted.accounts]
    if wanted.kinds:
        where.append("j.kind = ANY(:kinds)")
        values["kinds"] = list(wanted.kinds)
    if wanted.period:
        where.append("j.event_at >= :start AND j.event_at < :end")
        values |= {"start": wanted.period.start_at, "end": wanted.period.end_at}
    if wanted.source_id:
        where.append("j.source_id = :source")
        values["source"] = wanted.source_id
    return lines or ["e.amount_minor > 0"], where, values
