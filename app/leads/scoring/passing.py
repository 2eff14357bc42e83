"""Which leads have risen over a threshold: remembered once per lead and threshold, in the transaction that scored them.

Invariants: of two that score the same lead at once one remembers the rise; a lead that stays above, or wavers less than
`HYSTERESIS` points below, has not risen again. What is remembered waits to be told (`telling`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.scoring.telling import tell_passed
from tenants.jobs import enqueue

HYSTERESIS = 10
"""So many points under its threshold a lead must have been before it counts as risen once more."""

_SCORED = """
WITH scored AS (
  SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:verticals AS text[]), CAST(:scores AS bigint[]),
    CAST(:lowest AS bigint[]), CAST(:changes AS timestamptz[])) AS s (subject_id, vertical, score, lowest, changed_at)
), watched AS (
  SELECT s.*, t.id AS threshold_id, t.at_least FROM scored s JOIN score_threshold t ON t.tenant_id = :tenant
    AND t.enabled AND t.deleted_at IS NULL AND (t.vertical = '' OR t.vertical = s.vertical))
"""
_HAS_THRESHOLDS = text("""
SELECT min(at_least) FROM score_threshold WHERE tenant_id = :tenant AND enabled AND deleted_at IS NULL
""")
_FALL = text(f"""{_SCORED}
UPDATE score_passing p SET is_above = false FROM watched w WHERE p.tenant_id = :tenant
  AND p.threshold_id = w.threshold_id AND p.subject_id = w.subject_id AND p.is_above
  AND w.at_least - :hysteresis > CASE WHEN w.changed_at > p.passed_at THEN w.lowest ELSE w.score END
""")  # noqa: S608 (our own words only)
_RISE = text(f"""{_SCORED}
INSERT INTO score_passing AS p (tenant_id, threshold_id, subject_id, is_above, rises, score, passed_at, is_told)
SELECT :tenant, threshold_id, subject_id, true, 1, score, :at, false FROM watched WHERE score >= at_least
ORDER BY threshold_id, subject_id
ON CONFLICT (tenant_id, threshold_id, subject_id) DO UPDATE SET is_above = true, rises = p.rises + 1,
  score = excluded.score, passed_at = excluded.passed_at, is_told = false WHERE NOT p.is_above
RETURNING p.threshold_id
""")  # noqa: S608 (our own words only)


@dataclass(frozen=True, slots=True)
class Scored:
    """A lead (of a company: a purchase) with its score now, and what it was just before it changed at `changed_at`."""

    subject_id: UUID
    vertical: str
    score: int
    before: int | None = None
    changed_at: datetime | None = None


def watch(session: Session, tenant_id: UUID, scored: Sequence[Scored], at: datetime) -> int:
    """Hold new scores against the tenant's thresholds; how many rises there were, which are told after the commit.

    Repeating finds no rise: each is remembered with the lead, and an older change than that makes none fall.
    """
    if not scored:
        return 0
    lowest = session.execute(_HAS_THRESHOLDS, {"tenant": tenant_id}).scalar()
    if lowest is None:
        return 0
    words = _words(tenant_id, scored, at)
    session.execute(_FALL, words)
    if not any(one.score >= lowest for one in scored):
        return 0
    risen = session.execute(_RISE, words).scalars().all()
    if risen:
        enqueue(session, tell_passed, str(tenant_id))
    return len(risen)


def _words(tenant_id: UUID, scored: Sequence[Scored], at: datetime) -> dict[str, object]:
    return {
        "tenant": tenant_id,
        "at": at,
        "hysteresis": HYSTERESIS,
        "subjects": [one.subject_id for one in scored],
        "verticals": [one.vertical for one in scored],
        "scores": [one.score for one in scored],
        "changes": [one.changed_at for one in scored],
        "lowest": [one.score if one.before is None else min(one.before, one.score) for one in scored],
    }
