"""The first page of each audience: a month in figures, what waits for an answer, what happened last. Queries only.

Every figure has a page with the rows it sums, so the month is 30 whole days of the reader's zone, today included.
Amounts are net minor units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.db import as_platform
from tenants.permissions import Permission

_DAYS = 30

_BY_DAY = """
SELECT CASE WHEN {at} < :since THEN 30 ELSE least(29, floor(extract(epoch FROM :until - {at}) / 86400))::int END
  AS days_ago, count(*) AS many,
  sum(net_minor)::bigint AS net_minor, sum({own})::bigint AS own_minor, {extra}
FROM {table} WHERE {at} >= :before AND {at} < :until GROUP BY 1
"""
_BOUGHT = text(
    _BY_DAY.format(
        table="purchase",
        at="bought_at",
        own="net_minor",
        extra="count(*) FILTER (WHERE last_outcome = 'purchase') AS good",
    )
)
_SOLD_WORDS = {
    "table": "sale", "at": "sold_at", "own": "net_minor - commission_minor",
    "extra": "count(*) FILTER (WHERE state = 'returned') AS good",
}  # fmt: skip
_SOLD = text(_BY_DAY.format(**_SOLD_WORDS))
_ALL_SOLD = text(_BY_DAY.format(**(_SOLD_WORDS | {"own": "commission_minor"})))

_COMPANY_WAITS = text("""
SELECT
  (SELECT count(*) FROM reserved_lead WHERE state = 'offered' AND expires_at > :at) AS reserved,
  (SELECT min(expires_at) FROM reserved_lead WHERE state = 'offered' AND expires_at > :at) AS reserved_by,
  (SELECT count(*) FROM action WHERE state = 'pending') AS actions,
  (SELECT min(decide_by) FROM action WHERE state = 'pending') AS actions_by,
  (SELECT count(*) FROM return_claim WHERE state = 'refused' AND appeal_until > :at) AS appealable,
  (SELECT min(appeal_until) FROM return_claim WHERE state = 'refused' AND appeal_until > :at) AS appealable_by,
  (SELECT count(*) FROM (SELECT 1 FROM purchase WHERE last_outcome IS NULL AND state IN ('active', 'held')
    AND bought_at >= :since LIMIT 1001) x) AS untold,
  (SELECT balance_minor FROM wallet LIMIT 1) AS balance_minor,
  (SELECT held_minor FROM wallet LIMIT 1) AS held_minor,
  EXISTS (SELECT FROM purchase) AS has_history
""")
_AGENCY_WAITS = text("""
SELECT
  (SELECT count(*) FROM return_claim WHERE state = 'open') AS returns,
  (SELECT min(decide_by) FROM return_claim WHERE state = 'open') AS returns_by,
  (SELECT count(*) FROM batch WHERE state IN ('received', 'mapped', 'checked')) AS uploads,
  (SELECT count(*) FROM (SELECT 1 FROM listing WHERE agency_id = :tenant AND state = 'open'
    AND NOT EXISTS (SELECT FROM held_batch h WHERE h.batch_id = listing.batch_id) LIMIT 10001) x) AS on_offer,
  (SELECT count(*) FROM addressee WHERE company_id IS NULL) AS unlinked,
  EXISTS (SELECT FROM lead) AS has_history, EXISTS (SELECT FROM price) AS has_prices
""")
_OPERATOR_WAITS = text("""
SELECT
  (SELECT count(*) FROM tenant WHERE state = 'pending' AND kind <> 'operator') AS pending,
  (SELECT count(*) FROM return_claim WHERE state = 'appealed') AS appeals,
  (SELECT min(appealed_at) FROM return_claim WHERE state = 'appealed') AS appeals_since,
  (SELECT count(*) FROM action WHERE state = 'disputed') AS disputes,
  (SELECT count(*) FROM tenant WHERE kind = 'agency' AND state = 'approved') AS agencies,
  (SELECT count(*) FROM tenant WHERE kind = 'company' AND state = 'approved') AS companies
""")
_LAST_BOUGHT = text("SELECT * FROM purchase ORDER BY bought_at DESC, id DESC LIMIT 8")
_LAST_SOLD = text("SELECT * FROM sale ORDER BY sold_at DESC, id DESC LIMIT 8")


@dataclass(frozen=True, slots=True)
class Course:
    """Counts and sums of the last 30 days by day, the oldest first, and the totals of the 30 before."""

    counts: tuple[int, ...]
    nets: tuple[int, ...]
    own: tuple[int, ...]
    good: int
    counted_before: int
    net_before: int
    own_before: int

    @property
    def count(self) -> int:
        """Trades in the 30 days."""
        return sum(self.counts)

    @property
    def net_minor(self) -> int:
        """Their net prices."""
        return sum(self.nets)

    @property
    def own_minor(self) -> int:
        """The reader's own part of them."""
        return sum(self.own)


@dataclass(frozen=True, slots=True)
class Overview:
    """A course since the day `since_on`, what waits, and the last trades (none for the operator)."""

    since_on: date
    course: Course
    waits: Row[Any]
    last: Sequence[Row[Any]]


def company(session: Session, actor: Actor, at: datetime) -> Overview:
    """For a company: what it bought, what waits for it; `good` are leads that became a purchase."""
    month = _month(actor, at)
    waits = session.execute(_COMPANY_WAITS, {"at": at, "since": month.since}).one()
    last = session.execute(_LAST_BOUGHT).all()
    return Overview(month.since.date(), _course(session, _BOUGHT, month), waits, last)


def agency(session: Session, actor: Actor, at: datetime) -> Overview:
    """For an agency: what it sold and earned (own part: net of commission); `good` are returned sales."""
    month = _month(actor, at)
    waits = session.execute(_AGENCY_WAITS, {"tenant": actor.card().id}).one()
    last = session.execute(_LAST_SOLD).all()
    return Overview(month.since.date(), _course(session, _SOLD, month), waits, last)


def operator(session: Session, actor: Actor, at: datetime) -> Overview:
    """For the operator: all trade, its own part being the commission. Raises `Forbidden` to others."""
    actor.demand(Permission.PLATFORM_APPROVE)
    month = _month(actor, at)
    with as_platform(session, "the operator's overview counts the trade of all tenants"):
        waits = session.execute(_OPERATOR_WAITS).one()
        return Overview(month.since.date(), _course(session, _ALL_SOLD, month), waits, [])


@dataclass(frozen=True, slots=True)
class _Month:
    before: datetime
    since: datetime
    until: datetime


def _month(actor: Actor, at: datetime) -> _Month:
    zone = ZoneInfo(actor.card().time_zone)
    today = at.astimezone(zone).date()

    def start(days_ago: int) -> datetime:
        return datetime.combine(today - timedelta(days=days_ago), time(), zone)

    return _Month(start(2 * _DAYS - 1), start(_DAYS - 1), start(-1))


def _course(session: Session, query: Any, month: _Month) -> Course:
    asked = {"before": month.before, "since": month.since, "until": month.until}
    days = {row.days_ago: row for row in session.execute(query, asked)}
    now = [days.get(ago) for ago in reversed(range(_DAYS))]
    before = [row for ago, row in days.items() if ago >= _DAYS]
    return Course(
        counts=tuple(row.many if row else 0 for row in now),
        nets=tuple(int(row.net_minor) if row else 0 for row in now),
        own=tuple(int(row.own_minor) if row else 0 for row in now),
        good=sum(row.good for row in now if row),
        counted_before=sum(row.many for row in before),
        net_before=sum(int(row.net_minor) for row in before),
        own_before=sum(int(row.own_minor) for row in before),
    )
