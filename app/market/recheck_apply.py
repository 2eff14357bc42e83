"""What a re-check found is applied: what may not be sold today leaves the market, flags and scores are brought up to date.

Invariants: only what the report named is taken back, and only if it still holds; leads were judged before and are locked
late, in the order of their ids as a purchase does, so that a sale and this never both happen and a purchase waits for a
few writes only; what was sold by then is left alone.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.rechecks.verdicts import REFUSED, Judged
from app.leads.scoring import books, rescore
from app.market.withdraw import withdraw_leads
from tenants.actor import SYSTEM
from tenants.db import as_platform

_REASON = {"rejected": "quality", "duplicate": "mistake", "suppressed": "other"}
"""Verdict → why the lead is withdrawn, as its agency reads it."""

_NAMED = text("""
SELECT lead_id FROM recheck_lead WHERE tenant_id = :tenant AND recheck_id = :id AND lead_id = ANY(:leads)
  AND verdict = ANY(:refused)
""")
_LOCK = text("""
SELECT id FROM lead WHERE tenant_id = :tenant AND id = ANY(:leads) ORDER BY id FOR NO KEY UPDATE
""")
# never in the statement that waits for the locks: it would see what was there before it waited
_LEFT = text("""
SELECT id FROM lead WHERE tenant_id = :tenant AND id = ANY(:leads) AND sold_count = 0
  AND state IN ('draft', 'offered', 'paused')
""")
_FLAG = text("""
UPDATE lead l SET flags = string_to_array(n.flags, ',')
FROM unnest(CAST(:leads AS uuid[]), CAST(:flags AS text[])) AS n (id, flags) WHERE l.tenant_id = :tenant AND l.id = n.id
""")
_EXPIRE = """
UPDATE {} SET expires_at = least(expires_at, :at) WHERE {} = :tenant AND {} = ANY(:leads) AND state <> 'expired'
"""
_EXPIRE_OWN = tuple(
    text(_EXPIRE.format(*one)) for one in (("lead", "tenant_id", "id"), ("listing", "agency_id", "lead_id"))
)
_EXPIRE_RESERVED = text(_EXPIRE.format("reserved_lead", "agency_id", "lead_id"))
_OUTCOME = text("""
UPDATE recheck_lead SET outcome = :outcome WHERE tenant_id = :tenant AND recheck_id = :id AND lead_id = ANY(:leads)
""")
_LEFT_ALONE = text("""
UPDATE recheck_lead r SET outcome = CASE WHEN EXISTS (
  SELECT FROM lead l WHERE l.tenant_id = r.tenant_id AND l.id = r.lead_id AND l.sold_count > 0) THEN 'sold' ELSE 'gone' END
WHERE r.tenant_id = :tenant AND r.recheck_id = :id AND r.outcome IS NULL AND r.verdict = ANY(:refused) RETURNING outcome
""")


def apply_slice(session: Session, run: Row[Any], found: Sequence[Judged], at: datetime) -> Counter[str]:
    """Apply the verdicts on some leads; how many were withdrawn, made to expire, passed now, and changed.

    Safe to repeat: what is done is not there to be done again.
    """
    words: dict[str, Any] = {"tenant": run.tenant_id, "id": run.id, "refused": list(REFUSED)}
    words["leads"] = [one.id for one in found]
    named = set(session.execute(_NAMED, words).scalars())
    session.execute(_LOCK, words)
    left = set(session.execute(_LEFT, words).scalars())
    standing = [one for one in found if one.id in left]
    done: dict[str, list[UUID]] = defaultdict(list)
    for verdict, leads in _by_verdict([one for one in standing if one.id in named]).items():
        done[_take_back(session, run.tenant_id, verdict, leads, at)] += leads
    for outcome, leads in done.items():
        session.execute(_OUTCOME, {**words, "leads": leads, "outcome": outcome})
    counts = Counter({outcome: len(leads) for outcome, leads in done.items()})
    counts["changed"] = _bring_up(session, run, [one for one in standing if not one.is_refused], at)
    return counts


def leave_alone(session: Session, run: Row[Any]) -> Counter[str]:
    """At the end: what the report named and nobody found unsold any more; how many were sold, how many are gone."""
    words = {"tenant": run.tenant_id, "id": run.id, "refused": list(REFUSED)}
    return Counter(session.execute(_LEFT_ALONE, words).scalars())


def _by_verdict(found: Sequence[Judged]) -> dict[str, list[UUID]]:
    groups: dict[str, list[UUID]] = defaultdict(list)
    for one in found:
        groups[one.verdict if one.is_refused else ""].append(one.id)
    return groups


def _take_back(session: Session, tenant_id: UUID, verdict: str, leads: Sequence[UUID], at: datetime) -> str:
    """Take leads off the market; what became of them. Those that are too old expire by the clock, at once."""
    if not verdict:
        return "passed"
    if verdict != "expired":
        withdraw_leads(session, SYSTEM, leads, _REASON[verdict], at, agency_id=tenant_id)
        return "withdrawn"
    words = {"tenant": tenant_id, "leads": list(leads), "at": at}
    for statement in _EXPIRE_OWN:
        session.execute(statement, words)
    with as_platform(session, "a targeted lead that is too old stands in its addressee's table"):
        session.execute(_EXPIRE_RESERVED, words)
    return "expired"


def _bring_up(session: Session, run: Row[Any], found: Sequence[Judged], at: datetime) -> int:
    """New flags and scores for the leads that stay; how many are flagged or rated otherwise now."""
    flagged = [one for one in found if one.is_reflagged]
    if flagged:
        words = {
            "tenant": run.tenant_id,
            "leads": [one.id for one in flagged],
            "flags": [",".join(one.flags) for one in flagged],
        }
        session.execute(_FLAG, words)
    changed = 0
    for vertical in sorted({one.row.vertical for one in found}):
        stock = [one.row for one in found if one.row.vertical == vertical]
        changed += rescore.rate(
            session, run.tenant_id, books.current(session, run.tenant_id, vertical), stock, at
        )
    return max(changed, len(flagged))
