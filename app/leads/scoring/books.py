"""Which rules hold: the newest an agency saved for a vertical, else those that ship; and a block of leads rated by them.

Invariant: a lead is stored with a rating under the rules that hold in the transaction that stores it, whoever saved new
ones meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import verticals
from app.leads.scoring.facts import Known, age_days
from app.leads.scoring.points import Rating, Scorer
from app.leads.scoring.rules import Rules, read
from app.leads.scoring.shipped import shipped, shipped_scorer

_HOLDS = text("""
SELECT (SELECT max(version) FROM scoring_rules WHERE tenant_id = :tenant AND vertical = :vertical) AS version,
  (SELECT channel FROM source WHERE tenant_id = :tenant AND id = :source) AS channel,
  (SELECT min(at_least) FROM score_threshold WHERE tenant_id = :tenant AND enabled AND deleted_at IS NULL) AS watched_from
""")
_RULES = text("""
SELECT version, rules FROM scoring_rules WHERE tenant_id = :tenant AND vertical = :vertical
  AND (CAST(:version AS bigint) IS NULL OR version = :version) ORDER BY version DESC LIMIT 1
""")
_kept: dict[tuple[UUID, str], Scorer] = {}
"""The newest scorer of each agency and vertical this process has met; a version never changes."""
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class BlockScoring:
    """What rates the leads of one source: a scorer, the channel they came by, the lowest score anybody waits for."""

    scorer: Scorer
    channel: str
    watched_from: int | None = None

    def rate(self, known: Sequence[Known], enquired: Sequence[datetime], at: datetime) -> list[Rating]:
        """The rating of each lead at a moment."""
        rate = self.scorer.rate
        return [rate(one, age_days(since, at)) for one, since in zip(known, enquired, strict=True)]


def for_block(session: Session, tenant_id: UUID, vertical: str, source_id: UUID) -> BlockScoring:
    """What rates leads of this source now."""
    words = {"tenant": tenant_id, "vertical": vertical, "source": source_id}
    found = session.execute(_HOLDS, words).one()
    scorer = _scorer(session, tenant_id, vertical, found.version)
    return BlockScoring(scorer, found.channel or "", found.watched_from)


def current(session: Session, tenant_id: UUID, vertical: str) -> Scorer:
    """The rules that hold for an agency's vertical, ready to score. Raises `verticals.UnknownVertical`."""
    words = {"tenant": tenant_id, "vertical": verticals.get(vertical).code, "source": None}
    return _scorer(session, tenant_id, vertical, session.execute(_HOLDS, words).one().version)


def rules_of(session: Session, tenant_id: UUID, vertical: str, version: int | None = None) -> Rules:
    """A version of an agency's rules (below zero: as shipped); the newest, or what ships, when none is named."""
    if version is not None and version <= 0:
        return shipped(vertical, version)
    words = {"tenant": tenant_id, "vertical": vertical, "version": version}
    found = session.execute(_RULES, words).one_or_none()
    if found is None:
        return shipped(vertical)
    return read(found.rules, verticals.get(vertical), found.version)


def _scorer(session: Session, tenant_id: UUID, vertical: str, version: int | None) -> Scorer:
    if version is None:
        return shipped_scorer(vertical)
    known = _kept.get((tenant_id, vertical))
    if known is None or known.version != version:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        known = _kept[tenant_id, vertical] = Scorer(rules_of(session, tenant_id, vertical, version))
    return known
