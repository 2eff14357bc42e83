"""How the current stock is graded, and the leads that rules are tried on. Queries only.

Invariant: the cost does not grow with the stock: no more than the newest `MOST` leads are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST = 50_000

_GRADES = text("""
SELECT vertical, grade, count(*) AS leads, avg(score)::float AS score FROM (
  SELECT vertical, grade, score, state FROM lead WHERE tenant_id = :tenant ORDER BY created_at DESC, id DESC LIMIT :most) l
WHERE state IN ('draft', 'offered', 'paused') GROUP BY vertical, grade
""")
_RECENT = text("""
SELECT id, external_id, score FROM lead WHERE tenant_id = :tenant AND vertical = :vertical
ORDER BY created_at DESC, id DESC LIMIT 20
""")


@dataclass(frozen=True, slots=True)
class Graded:
    """Of one vertical how many unsold leads have each grade ("" = none), and their mean score."""

    leads: int
    grades: Mapping[str, int]
    mean: int


def graded(session: Session, tenant_id: UUID) -> dict[str, Graded]:
    """Vertical → how its newest unsold leads are graded."""
    counts: dict[str, dict[str, int]] = {}
    sums: dict[str, float] = {}
    for row in session.execute(_GRADES, {"tenant": tenant_id, "most": MOST}):
        counts.setdefault(row.vertical, {})[row.grade or ""] = row.leads
        sums[row.vertical] = sums.get(row.vertical, 0.0) + (row.score or 0.0) * row.leads
    return {
        vertical: Graded(sum(grades.values()), grades, round(sums[vertical] / sum(grades.values())))
        for vertical, grades in counts.items()
    }


def recent(session: Session, tenant_id: UUID, vertical: str) -> list[tuple[str, str]]:
    """(id, how the agency knows it) of the newest leads, to try rules on."""
    rows = session.execute(_RECENT, {"tenant": tenant_id, "vertical": vertical})
    return [(str(row.id), f"{row.external_id or str(row.id)[-8:]} ({row.score or 0})") for row in rows]
