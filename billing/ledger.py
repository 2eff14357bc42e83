"""The only writer of money. Every movement between tenants is a journal whose entries sum to zero.

Invariants, held by the database: a journal has exactly the lines it says, zero per currency, checked in the very
statement that writes it; nothing is updated or deleted; `(kind, key)` is unique, so posting again writes nothing.
`wallet` rows are running totals of the entries of `wallet` and `wallet_held`, changed here only and last, because a
company's wallet is the hottest row of all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from billing.accounts import Account
from tenants.errors import Refused
from tenants.ids import new_id
from tenants.language import N_


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
  SELECT j.* FROM jsonb_to_recordset(CAST(:journals AS jsonb)) AS j (id uuid, kind text, key text, source_id uuid,
    lines bigint, event_at timestamptz, reverses_id uuid, actor text, memo text)
  ON CONFLICT (kind, key) DO NOTHING RETURNING id, lines, kind, source_id, event_at
), line AS (
  SELECT p.id, e.line, p.lines, e.tenant_id, e.account, e.amount, e.currency, p.kind, p.source_id, p.event_at
  FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS e (journal_id uuid, line bigint, tenant_id uuid, account text,
    amount bigint, currency text) JOIN posted p ON p.id = e.journal_id
), written AS (
  INSERT INTO entry (journal_id, line, lines, tenant_id, account, amount_minor, currency, kind, source_id, event_at)
  SELECT * FROM line
), move AS (
  SELECT tenant_id, currency, -coalesce(sum(amount) FILTER (WHERE account = 'wallet'), 0)::bigint AS free,
    -coalesce(sum(amount) FILTER (WHERE account = 'wallet_held'), 0)::bigint AS held
  FROM line WHERE account IN ('wallet', 'wallet_held') GROUP BY tenant_id, currency
), filled AS (
  INSERT INTO wallet AS w (tenant_id, currency, balance_minor, held_minor)
  SELECT tenant_id, currency, free, held FROM move WHERE free >= 0 AND held >= 0 ORDER BY tenant_id, currency
  ON CONFLICT (tenant_id, currency) DO UPDATE
  SET balance_minor = w.balance_minor + excluded.balance_minor, held_minor = w.held_minor + excluded.held_minor
), spent AS (
  UPDATE wallet w SET balance_minor = w.balance_minor + m.free, held_minor = w.held_minor + m.held FROM move m
  WHERE w.tenant_id = m.tenant_id AND w.currency = m.currency AND (m.free < 0 OR m.held < 0)
    AND w.balance_minor + m.free >= 0 AND w.held_minor + m.held >= 0 RETURNING w.tenant_id, w.currency
)
SELECT p.id, NULL::uuid AS short_id, NULL AS currency, NULL::bigint AS free FROM posted p
UNION ALL SELECT NULL, m.tenant_id, m.currency, m.free FROM move m WHERE (m.free < 0 OR m.held < 0)
  AND NOT EXISTS (SELECT FROM spent s WHERE s.tenant_id = m.tenant_id AND s.currency = m.currency)
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
    written = set()
    for row in session.execute(_POST, _as_json(journals)):
        if row.short_id is not None:
            raise _insufficient(session, row)
        written.add(UUID(str(row.id)))
    return written


def _insufficient(session: Session, short: Row[Any]) -> InsufficientFunds:
    wallet = {"tenant": short.short_id, "currency": short.currency}
    balance = int(session.execute(_BALANCE, wallet).scalar_one())
    return InsufficientFunds(
        N_("Your wallet does not cover this. Please top it up."),
        shortfall_minor=-short.free - balance,
        balance_minor=balance,
        currency=short.currency,
    )


def _as_json(journals: Sequence[Journal]) -> dict[str, str]:
    heads = [
        {
            "id": str(j.id),
            "kind": j.kind,
            "key": j.key,
            "source_id": str(j.source_id),
            "lines": len(j.lines),
            "event_at": j.event_at.isoformat(),
            "reverses_id": str(j.reverses_id) if j.reverses_id else None,
            "actor": j.actor,
            "memo": j.memo,
        }
        for j in journals
    ]
    entries = [
        {
            "journal_id": str(j.id),
            "line": number,
            "tenant_id": str(line.tenant_id),
            "account": line.account.value,
            "amount": line.amount_minor,
            "currency": line.currency,
        }
        for j in journals
        for number, line in enumerate(j.lines, start=1)
    ]
    return {"journals": json.dumps(heads), "entries": json.dumps(entries)}
