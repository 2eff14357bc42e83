"""Queries that must return no rows: run after every test that touched money, after the demo, and on a schedule."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

PROOFS = {
    "a journal is complete and sums to zero": """
        SELECT j.id::text AS what FROM journal j LEFT JOIN entry e ON e.journal_id = j.id
        GROUP BY j.id HAVING count(e.line) <> j.lines OR coalesce(sum(e.amount_minor), 1) <> 0""",
    "the books sum to zero in every currency": """
        SELECT currency FROM entry GROUP BY currency HAVING sum(amount_minor) <> 0""",
    "a wallet is the sum of its entries": """
        SELECT coalesce(w.tenant_id, e.tenant_id)::text FROM wallet w
        FULL JOIN (SELECT tenant_id, currency,
            -sum(amount_minor) FILTER (WHERE account = 'wallet') AS free,
            -sum(amount_minor) FILTER (WHERE account = 'wallet_held') AS held
          FROM entry WHERE account IN ('wallet', 'wallet_held') GROUP BY 1, 2) e
          ON e.tenant_id = w.tenant_id AND e.currency = w.currency
        WHERE coalesce(w.balance_minor, 0) <> coalesce(e.free, 0)
          OR coalesce(w.held_minor, 0) <> coalesce(e.held, 0)""",
    "what is held is the sum of the open holds": """
        SELECT w.tenant_id::text FROM wallet w LEFT JOIN hold h
          ON h.tenant_id = w.tenant_id AND h.currency = w.currency
        GROUP BY w.tenant_id, w.currency, w.held_minor
        HAVING w.held_minor <> coalesce(sum(h.amount_minor - h.captured_minor - h.released_minor), 0)""",
    "nobody is paid more than is due": """
        SELECT tenant_id::text FROM entry WHERE account IN ('agency_held', 'agency_due')
        GROUP BY tenant_id, account, currency HAVING sum(amount_minor) > 0""",
    "a paid top-up has its journal, an unpaid one has none": """
        SELECT t.id::text FROM top_up t LEFT JOIN journal j ON j.kind = 'top_up' AND j.key = t.id::text
        WHERE (t.state = 'paid') <> (j.id IS NOT NULL)""",
    "a payout has its journal": """
        SELECT p.id::text FROM payout p LEFT JOIN journal j ON j.kind = 'payout' AND j.key = p.id::text
        WHERE j.id IS NULL""",
    "a mirror undoes its journal line by line": """
        SELECT r.id::text FROM journal r JOIN entry e ON e.journal_id IN (r.id, r.reverses_id)
        WHERE r.reverses_id IS NOT NULL
        GROUP BY r.id, e.tenant_id, e.account, e.currency HAVING sum(e.amount_minor) <> 0""",
}
"""What must hold about money → query for the exceptions (one text column)."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that a proof should not have found."""

    proof: str
    what: str


def run(session: Session, proofs: Mapping[str, str] = PROOFS) -> list[Broken]:
    """All proofs in one statement; needs a platform door. Empty means the books are right."""
    names = list(proofs)
    union = " UNION ALL ".join(
        f"(SELECT {number} AS proof, p.what FROM ({query}) AS p (what) LIMIT 20)"  # noqa: S608 (our own constants)
        for number, query in enumerate(proofs.values())
    )
    return [Broken(names[row.proof], row.what) for row in session.execute(text(union))]
