"""Scoring unsold stock anew after the rules changed: a slice of leads at a time, each with how far it came.

Invariants: what a slice changed and the place it came to are committed together, so a worker that dies loses nothing
and scores nothing twice; a newer version starts from the beginning; what was sold keeps the score it was sold with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.scoring import books
from app.leads.scoring.facts import age_days, known_of
from app.leads.scoring.passing import Scored, watch
from app.leads.scoring.points import Scorer
from tenants import clock
from tenants.db import platform_transaction, transaction
from tenants.jobs import SLOW, enqueue, job, sweep, wake

SLICE = 1_000
LEASE = timedelta(seconds=60)
PATIENCE_SECONDS = 60
_FIRST = UUID(int=0)

_START = text("""
INSERT INTO score_run (tenant_id, vertical, version, after_id, seen, changed, started_at, due_at)
VALUES (:tenant, :vertical, :version, :first, 0, 0, :now, :now)
ON CONFLICT (tenant_id, vertical) DO UPDATE SET version = excluded.version, after_id = excluded.after_id, seen = 0,
  changed = 0, started_at = excluded.started_at, due_at = excluded.due_at, finished_at = NULL
""")
_TURN = text("""
SELECT * FROM score_run WHERE tenant_id = :tenant AND vertical = :vertical AND due_at IS NOT NULL FOR UPDATE
""")
_SLICE = text("""
SELECT l.id, l.vertical, l.country, l.region, l.language, l.sub_id, l.source_id, l.consent_at, l.consent_text_id,
  l.consent_origin, l.bant, l.facts, l.signals, l.enquired_at, l.score, l.fit, l.grade, l.state, l.sold_count, s.channel
FROM lead l JOIN source s ON s.tenant_id = l.tenant_id AND s.id = l.source_id
WHERE l.tenant_id = :tenant AND l.id > :after ORDER BY l.id LIMIT :most
""")
_WRITE = text("""
UPDATE lead l SET score = n.score, fit = n.fit, grade = n.grade, score_version = :version
FROM unnest(CAST(:ids AS uuid[]), CAST(:scores AS bigint[]), CAST(:fits AS bigint[]), CAST(:grades AS text[]))
  AS n (id, score, fit, grade)
WHERE l.tenant_id = :tenant AND l.id = n.id AND l.sold_count = 0
""")
_PROGRESS = text("""
UPDATE score_run SET after_id = :after, seen = seen + :seen, changed = changed + :changed, due_at = :due,
  finished_at = :finished WHERE tenant_id = :tenant AND vertical = :vertical
""")
_FORGOTTEN = text("SELECT tenant_id, vertical FROM score_run WHERE due_at <= :now ORDER BY due_at LIMIT 100")
_RUNS = text("SELECT * FROM score_run WHERE tenant_id = :tenant AND vertical = :vertical")
_IN_STOCK = ("draft", "offered", "paused")


@dataclass(frozen=True, slots=True)
class Run:
    """How far a re-scoring has come."""

    version: int
    seen: int
    changed: int
    is_done: bool


def start(session: Session, tenant_id: UUID, vertical: str, version: int, now: datetime) -> None:
    """Have unsold stock scored under a new version; what was under way for an older one begins anew."""
    words = {"tenant": tenant_id, "vertical": vertical, "version": version, "first": _FIRST, "now": now}
    session.execute(_START, words)
    enqueue(session, score_stock, str(tenant_id), vertical)


def run_of(session: Session, tenant_id: UUID, vertical: str) -> Run | None:
    """The latest re-scoring of a vertical."""
    row = session.execute(_RUNS, {"tenant": tenant_id, "vertical": vertical}).one_or_none()
    return Run(row.version, row.seen, row.changed, row.finished_at is not None) if row else None


@job(SLOW)
def score_stock(tenant_id: str, vertical: str) -> None:
    """Score unsold stock, woken by the save or by the sweep."""
    go_on(UUID(tenant_id), vertical)


@sweep(every_seconds=30)
def wake_forgotten(now: datetime) -> None:
    """Wake the runs whose worker died or was never woken."""
    with platform_transaction("scores: unfinished re-scoring of all agencies") as session:
        forgotten = session.execute(_FORGOTTEN, {"now": now}).all()
    for tenant_id, vertical in forgotten:
        wake(score_stock, str(tenant_id), vertical)


def go_on(tenant_id: UUID, vertical: str) -> None:
    """Score from where the last worker stopped to the end. Two at once take turns, slice by slice."""
    while score_slice(tenant_id, vertical):
        pass


def score_slice(tenant_id: UUID, vertical: str) -> bool:
    """Score the next slice; whether there may be more."""
    now = clock.now()
    words = {"tenant": tenant_id, "vertical": vertical}
    with transaction(tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        run = session.execute(_TURN, words).one_or_none()
        if run is None:
            return False
        rows = session.execute(_SLICE, {**words, "after": run.after_id, "most": SLICE}).all()
        stock = [r for r in rows if r.vertical == vertical and r.state in _IN_STOCK and not r.sold_count]
        changed = rate(session, tenant_id, books.current(session, tenant_id, vertical), stock, now)
        has_more = len(rows) == SLICE
        place = {
            "after": rows[-1].id if rows else run.after_id,
            "seen": len(stock),
            "changed": changed,
            "due": now + LEASE if has_more else None,
            "finished": None if has_more else now,
        }
        session.execute(_PROGRESS, {**words, **place})
    return has_more


def rate(session: Session, tenant_id: UUID, scorer: Scorer, stock: Sequence[Row[Any]], now: datetime) -> int:
    """Score some leads of the stock (rows with their source's channel) anew; how many are rated otherwise now.

    What was sold meanwhile keeps its score.
    """
    ratings = [scorer.rate(known_of(row), age_days(row.enquired_at, now)) for row in stock]
    words = {
        "tenant": tenant_id,
        "version": scorer.version,
        "ids": [row.id for row in stock],
        "scores": [one.score for one in ratings],
        "fits": [one.fit for one in ratings],
        "grades": [one.grade for one in ratings],
    }
    if stock:
        session.execute(_WRITE, words)
    watched = [
        Scored(row.id, row.vertical, one.score, row.score, now)
        for row, one in zip(stock, ratings, strict=True)
    ]
    watch(session, tenant_id, watched, now)
    return sum(one != (row.score, row.fit, row.grade) for row, one in zip(stock, ratings, strict=True))
