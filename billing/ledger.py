"""The only writer of money. Every movement between tenants is a journal whose entries sum to zero.

Invariants, held by the database: a journal has exactly the lines it says, zero per currency, checked in the very
statement that writes it; nothing is updated or deleted; `(kind, key)` is unique, so posting again writes nothing.
`wallet` rows are running totals of the entries of `wallet` and `wallet_held`, changed here only and last, because a
company's wallet is the hottest row of all.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.accounts import Account
from tenants.errors import Refused
from tenants.ids import new_id


class InsufficientFunds(Refused):
    """The wallet does not cover it. `shortfall_minor` says how much is missing."""

    status, code = 402, "insufficient_funds"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: debit positive, credit negative, minor units."""

    tenant_id: UUID
    account: Account
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Journal:
    """One business fact in money. `key` is unique per kind: the id of what happened."""

    kind: str
    key: str
    source_id: UUID
    event_at: datetime
    actor: str
    lines: tuple[Line, ...]
    reverses_id: UUID | None = None
    memo: str = ""
    id: UUID = field(default_factory=new_id)


_POST = text("""
WITH posted AS (
  INSERT INTO journal (id, kind, key, source_id, lines, event_at, reverses_id, actor, memo)
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:keys AS text[]),
    CAST(:sources AS uuid[]), CAST(:counts AS bigint[]), CAST(:times AS timestamptz[]),
    CAST(:reversed AS uuid[]), CAST(:actors AS text[]), CAST(:memos AS text[]))
  ON CONFLICT (kind, key) DO NOTHING RETURNING id, lines, kind, source_id, event_at
), written AS (
  INSERT INTO entry (journal_id, line, lines, tenant_id, account, amount_minor, currency, kind, source_id, event_at)
  SELECT p.id, e.line, p.lines, e.tenant_id, e.account, e.amount, e.currency, p.kind, p.source_id, p.event_at
  FROM unnest(CAST(:journal_ids AS uuid[]), CAST(:numbers AS bigint[]), CAST(:tenants AS uuid[]),
    CAST(:accounts AS text[]), CAST(:amounts AS bigint[]), CAST(:currencies AS text[]))
    AS e (journal_id, line, tenant_id, account, amount, currency)
  JOIN posted p ON p.id = e.journal_id)
SELECT id FROM posted
""")

_MOVE = text("""
INSERT INTO wallet AS w (tenant_id, currency, balance_minor, held_minor) VALUES (:tenant, :currency, :free, :held)
ON CONFLICT (tenant_id, currency) DO UPDATE
SET balance_minor = w.balance_minor + :free, held_minor = w.held_minor + :held
""")

_SPEND = text("""
UPDATE wallet SET balance_minor = balance_minor + :free, held_minor = held_minor + :held
WHERE tenant_id = :tenant AND currency = :currency AND balance_minor + :free >= 0 AND held_minor + :held >= 0
RETURNING balance_minor
""")

_BALANCE = text(
    "SELECT coalesce(sum(balance_minor), 0) FROM wallet WHERE tenant_id = :tenant AND currency = :currency"
)


def post(session: Session, journals: Sequence[Journal]) -> set[UUID]:
    """Write journals and move the wallets they touch; ids of those that were new.

    Needs a platform door. A journal whose (kind, key) exists already is skipped whole, wallets included, so repeating
    is safe. Raises `InsufficientFunds` if a wallet would go below zero: the caller's transaction must then be left by
    that exception, and nothing is written.
    """
    if not journals:
        return set()
    new = {UUID(str(row)) for row in session.execute(_POST, _columns(journals)).scalars()}
    _move_wallets(session, [journal for journal in journals if journal.id in new])
    return new


def _columns(journals: Sequence[Journal]) -> dict[str, list[object]]:
    lines = [(j.id, n, line) for j in journals for n, line in enumerate(j.lines, start=1)]
    return {
        "ids": [j.id for j in journals],
        "kinds": [j.kind for j in journals],
        "keys": [j.key for j in journals],
        "sources": [j.source_id for j in journals],
        "counts": [len(j.lines) for j in journals],
        "times": [j.event_at for j in journals],
        "reversed": [j.reverses_id for j in journals],
        "actors": [j.actor for j in journals],
        "memos": [j.memo for j in journals],
        "journal_ids": [journal_id for journal_id, _, _ in lines],
        "numbers": [number for _, number, _ in lines],
        "tenants": [line.tenant_id for _, _, line in lines],
        "accounts": [line.account.value for _, _, line in lines],
        "amounts": [line.amount_minor for _, _, line in lines],
        "currencies": [line.currency for _, _, line in lines],
    }


def _move_wallets(session: Session, journals: Sequence[Journal]) -> None:
    moves: dict[tuple[UUID, str], list[int]] = defaultdict(lambda: [0, 0])
    for journal in journals:
        for line in journal.lines:
            if line.account is Account.WALLET:
                moves[line.tenant_id, line.currency][0] -= line.amount_minor
            elif line.account is Account.WALLET_HELD:
                moves[line.tenant_id, line.currency][1] -= line.amount_minor
    for (tenant_id, currency), (free, held) in sorted(moves.items()):
        move = {"tenant": tenant_id, "currency": currency, "free": free, "held": held}
        if free >= 0 and held >= 0:
            session.execute(_MOVE, move)
        elif session.execute(_SPEND, move).first() is None:
            balance = session.execute(_BALANCE, move).scalar_one()
            raise InsufficientFunds(
                "Your wallet does not cover this. Please top it up.",
                shortfall_minor=-free - int(balance),
                balance_minor=int(balance),
                currency=currency,
            )
