"""A slice of a re-check in a transaction of its own: the next unsold leads read, judged, and written down or applied.

Invariants: what a slice found or did and the place it came to are committed together, so a worker that dies loses
nothing and does nothing twice; looking writes nothing but the report; seen = the sum of its verdicts.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import pace
from app.leads.rechecks.stored import Rereader
from app.leads.rechecks.verdicts import VERDICTS, Judged, judge
from app.leads.scoring import books
from app.leads.scoring.facts import age_days, known_of
from app.market.recheck_apply import apply_slice, leave_alone
from tenants import audit, clock, crypto
from tenants.actor import SYSTEM
from tenants.db import transaction

FIRST = UUID(int=0)
LOOKED_AT, APPLIED = 2_000, 500
"""Leads in a slice of looking, and in one of applying, which holds locks at its end."""
LEASE = timedelta(seconds=60)
"""A re-check that does not come on for so long is taken for abandoned."""
PATIENCE_SECONDS = 60

_TURN = text("""
SELECT r.*, t.time_zone FROM recheck r JOIN tenant t ON t.id = r.tenant_id
WHERE r.tenant_id = :tenant AND r.id = :id AND r.state IN ('checking', 'applying') FOR UPDATE OF r
""")
_UNSOLD = """
FROM lead l WHERE l.tenant_id = :tenant AND l.state IN ('draft', 'offered', 'paused') AND l.sold_count = 0
  AND l.sealed IS NOT NULL AND (l.batch_id IS NULL OR l.batch_id = ANY(:batches))
"""
_BATCHES = text("""
SELECT id FROM batch WHERE tenant_id = :tenant AND (CAST(:batch AS uuid) IS NULL OR id = :batch)
  AND state IN ('checked', 'staging', 'staged', 'publishing', 'published', 'paused')
""")
_OF_BATCH = " AND l.batch_id = :batch"
_OF_STOCK = """ AND (CAST(:vertical AS text) IS NULL OR l.vertical = :vertical)
  AND (CAST(:source AS uuid) IS NULL OR l.source_id = :source)"""
_NARROW = (_OF_BATCH, _OF_STOCK)
# salts and channels are looked up for the slice alone: joined, they would be read from their beginning each time
_NEXT = """
SELECT n.*, (SELECT salt FROM lead_salt k WHERE k.tenant_id = n.tenant_id AND k.lead_id = n.id) AS salt,
  (SELECT channel FROM source s WHERE s.tenant_id = n.tenant_id AND s.id = n.source_id) AS channel
FROM (SELECT l.* {} {} AND l.id > :after ORDER BY l.id LIMIT :most) n ORDER BY n.id
"""
_SLICES = {narrow: text(_NEXT.format(_UNSOLD, narrow)) for narrow in _NARROW}
_TOTALS = {narrow: text(f"SELECT count(*) {_UNSOLD}{narrow}") for narrow in _NARROW}
_KEEP = text("""
INSERT INTO recheck_lead (tenant_id, recheck_id, lead_id, verdict, codes)
SELECT :tenant, :id, n.lead_id, n.verdict, string_to_array(n.codes, ',')
FROM unnest(CAST(:leads AS uuid[]), CAST(:verdicts AS text[]), CAST(:codes AS text[])) AS n (lead_id, verdict, codes)
""")
_PROGRESS = text("""
UPDATE recheck SET after_id = :after, total = :total, seen = :seen, done = :done, verdicts = CAST(:verdicts AS jsonb),
  findings = CAST(:findings AS jsonb), outcomes = CAST(:outcomes AS jsonb), pace_rows = :pace_rows,
  pace_ms = :pace_ms, paced_at = :paced_at, state = :state, due_at = :due, checked_at = :checked, ended_at = :ended
WHERE tenant_id = :tenant AND id = :id
""")


def next_slice(tenant_id: UUID, recheck_id: UUID) -> bool:
    """Look at, or apply, the next leads of a re-check; whether there may be more. Two at once take turns."""
    words: dict[str, Any] = {"tenant": tenant_id, "id": recheck_id}
    with transaction(tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        run = session.execute(_TURN, words).one_or_none()
        if run is None:
            return False
        narrow = _OF_BATCH if run.batch_id else _OF_STOCK
        words |= {"batch": run.batch_id, "vertical": run.vertical, "source": run.source_id}
        words["batches"] = list(session.execute(_BATCHES, words).scalars())
        most = LOOKED_AT if run.state == "checking" else APPLIED
        place = _place(run)
        if run.total is None:
            place["total"] = session.execute(_TOTALS[narrow], words).scalar_one()
        rows = session.execute(_SLICES[narrow], {**words, "after": run.after_id, "most": most}).all()
        _take(session, run, rows, place)
        now, has_more = clock.now(), len(rows) == most
        place["due"] = now + LEASE if has_more else None
        if not has_more:
            _finish(session, run, place, now)
        written = {
            **place,
            "verdicts": json.dumps(place["verdicts"]),
            "outcomes": json.dumps(place["outcomes"]),
        }
        written |= {
            "findings": json.dumps(place["findings"]),
            **pace.come_on(run, run.paced_at, len(rows), now),
        }
        session.execute(_PROGRESS, written)
    return has_more


def _place(run: Row[Any]) -> dict[str, Any]:
    """Where a re-check stands."""
    kept = {name: getattr(run, name) for name in ("total", "seen", "done", "findings", "state")}
    return {
        **kept,
        "tenant": run.tenant_id,
        "id": run.id,
        "after": run.after_id,
        "verdicts": Counter(run.verdicts),
        "outcomes": Counter(run.outcomes),
        "checked": run.checked_at,
        "ended": run.ended_at,
    }


def _take(session: Session, run: Row[Any], rows: Sequence[Row[Any]], place: dict[str, Any]) -> None:
    """Judge some leads and note in `place` what came of it."""
    if not rows:
        return
    vault = crypto.vault(session, run.tenant_id)
    rereader = Rereader(run.judged_at, run.time_zone)
    left = [row for row in rows if row.salt is not None]  # without its salt nobody opens a lead any more
    found = judge(session, vault, rereader, run.id, left, at=run.judged_at)
    place["after"] = rows[-1].id
    if run.state == "checking":
        place["seen"] += len(found)
        place["verdicts"].update(one.verdict for one in found)
        place["verdicts"]["changed"] += _would_change(session, run, found)
        place["findings"] = _noted(session, run, found)
    else:
        place["done"] += len(found)
        place["outcomes"].update(apply_slice(session, run, found, clock.now()))


def _noted(session: Session, run: Row[Any], found: Sequence[Judged]) -> list[dict[str, Any]]:
    """Keep what was found with its leads; the counts so far, the commonest first."""
    noted = [one for one in found if one.codes]
    if noted:
        words = {
            "tenant": run.tenant_id,
            "id": run.id,
            "leads": [one.id for one in noted],
            "verdicts": [one.verdict for one in noted],
            "codes": [",".join(one.codes) for one in noted],
        }
        session.execute(_KEEP, words)
    counts = Counter({(one["verdict"], one["code"]): int(one["count"]) for one in run.findings})
    counts.update((one.verdict, code) for one in noted for code in one.codes)
    order = {verdict: number for number, verdict in enumerate(VERDICTS)}
    rows = sorted(counts.items(), key=lambda one: (order[one[0][0]], -one[1], one[0][1]))
    return [{"verdict": verdict, "code": code, "count": count} for (verdict, code), count in rows]


def _would_change(session: Session, run: Row[Any], found: Sequence[Judged]) -> int:
    """How many of the leads that stay would be flagged, scored or graded otherwise."""
    staying = [one for one in found if not one.is_refused]
    kinds = {one.row.vertical for one in staying}
    scorers = {vertical: books.current(session, run.tenant_id, vertical) for vertical in kinds}
    count = 0
    for one in staying:
        row = one.row
        rating = scorers[row.vertical].rate(known_of(row), age_days(row.enquired_at, run.judged_at))
        count += one.is_reflagged or rating != (row.score, row.fit, row.grade)
    return count


def _finish(session: Session, run: Row[Any], place: dict[str, Any], now: datetime) -> None:
    """The last slice: the report stands, or what it named is dealt with."""
    if run.state == "checking":
        place |= {"state": "checked", "checked": now}
        action, count = "recheck.checked", place["seen"]
    else:
        place["outcomes"].update(leave_alone(session, run))
        place |= {"state": "applied", "ended": now}
        action, count = "recheck.finished", place["done"]
    audit.record(session, SYSTEM, action, "recheck", run.id, count=count, at=now, tenant_id=run.tenant_id)
