"""The report of one side of the trade, and the lists behind its figures, for whichever side asks.

Invariants: a figure and its list are the same rows, by construction; every query reads under the asking tenant's
row-level security; outcomes that were corrected do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.reports.billing import buckets
from app.reports.measures import OUTCOMES, Counted, Measure, Place, Step, Trade, TradeReport, add_up
from billing.periods import Period, week_of


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a report's lines stand for: SQL for the key, the name and the channel of a trade `s`."""

    key: str
    name: str
    channel: str = "''"


@dataclass(frozen=True, slots=True)
class Side:
    """How one side reads its trades, all as SQL over `s`: its own rows, times, amounts and outcomes."""

    rows: str
    at: str
    party: str
    source: str
    amount: str
    action_amount: str
    kept: str
    outcomes: str
    """Its table of outcomes, and the column in it that names the trade."""
    outcome_of: str
    tenant: str
    """Its column in what stands between both sides."""
    dimensions: Mapping[str, Dimension]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are behind a figure: `by` and `key` name a line of the report, no key all of them."""

    measure: Measure
    period: Period
    by: str
    key: str = ""


_COLUMNS = """s.id, {party} AS party, {source} AS source, s.vertical, s.terms, {key} AS key, {name} AS name,
  {channel} AS channel"""
_SOLD = """
SELECT {columns}, {at} AS at, s.id AS row_id, CASE WHEN s.terms = 'ppl' THEN {amount} ELSE 0 END AS amount
FROM {rows} WHERE {at} >= :start AND {at} < :end"""
_RETURNED = """
SELECT {columns}, r.settled_at AS at, s.id AS row_id, {amount} AS amount
FROM {rows} JOIN return_claim r ON r.sale_id = s.id
WHERE r.{tenant} = :tenant AND r.is_upheld AND r.settled_at >= :start AND r.settled_at < :end"""
_ACTIONS = """
SELECT {columns}, a.captured_at AS at, a.id AS row_id, {action_amount} AS amount
FROM {rows} JOIN action a ON a.sale_id = s.id
WHERE a.{tenant} = :tenant AND a.captured_at >= :start AND a.captured_at < :end"""
_OUTCOME_TYPES = """
SELECT o.type FROM {outcomes} o WHERE o.tenant_id = s.tenant_id AND o.{outcome_of} = s.id AND NOT EXISTS (
  SELECT FROM {outcomes} c WHERE c.tenant_id = o.tenant_id AND c.{outcome_of} = o.{outcome_of} AND c.corrects_id = o.id)"""
_KEPT = _SOLD + " AND {kept}"
_WITH_OUTCOME = _KEPT + " AND :outcome IN (" + _OUTCOME_TYPES + ")"
_MONEY = f"""
SELECT * FROM ({_SOLD}) sold WHERE terms = 'ppl' UNION ALL SELECT * FROM ({_ACTIONS}) acted UNION ALL
SELECT id, party, source, vertical, terms, key, name, channel, at, row_id, -amount FROM ({_RETURNED}) back"""  # noqa: S608
_SHAPES = {
    Measure.SOLD: _SOLD,
    Measure.RETURNED: _RETURNED,
    Measure.ACTIONS: _ACTIONS,
    Measure.KEPT: _KEPT,
    Measure.MONEY: _MONEY,
}
"""Every other measure is an outcome."""

_SUMMED = """
SELECT key, min(name) AS name, min(channel) AS channel, count(*) AS rows,
  count(*) FILTER (WHERE terms = 'ppl') AS per_lead, sum(amount)::bigint AS amount
FROM ({rows}) x GROUP BY key"""
_CONVERTED = """
SELECT key, count(*) AS rows, {counts} FROM (
  SELECT {key} AS key, ARRAY({types}) AS types FROM {rows} WHERE {at} >= :start AND {at} < :end AND {kept}) x
GROUP BY key"""
_WEEKLY = """
SELECT date_trunc('week', at AT TIME ZONE :zone)::date AS week, sum(amount)::bigint AS amount FROM ({rows}) x GROUP BY 1
"""
_PAGE = """
SELECT * FROM ({rows}) x WHERE (:key = '' OR key = :key) {after} ORDER BY at DESC, row_id DESC LIMIT :limit
"""
_TOTAL = """
SELECT count(*) AS rows, coalesce(sum(amount), 0)::bigint AS amount FROM ({rows}) x WHERE :key = '' OR key = :key
"""


def report(session: Session, side: Side, tenant_id: UUID, period: Period, by: str) -> TradeReport:
    """The report of a period, a line for each value of the dimension `by`. What only one side knows is left empty."""
    where = _where(period, tenant_id)
    lines: dict[str, Counted] = {}
    for measure in (Measure.SOLD, Measure.RETURNED, Measure.ACTIONS):
        for row in session.execute(text(_SUMMED.format(rows=_rows(side, measure, by))), where):
            line = lines.get(row.key) or Counted(row.key, row.name, row.channel)
            lines[row.key] = _with(line, measure, row)
    for row in session.execute(text(_converted(side, by)), where):
        outcomes = {outcome.value: getattr(row, outcome.value) for outcome in OUTCOMES}
        lines[row.key] = replace(lines[row.key], kept=row.rows, outcomes=outcomes)
    ranked = sorted(lines.values(), key=lambda line: (-line.money_minor, -line.sold, line.name))
    return TradeReport(period, add_up(ranked, ""), tuple(ranked), _weeks(session, side, where, period))


def trades(
    session: Session,
    side: Side,
    tenant_id: UUID,
    wanted: Wanted,
    *,
    before: Place | None = None,
    limit: int = 50,
) -> list[Trade]:
    """A page of the rows behind a figure, newest first; the next page is `before` the place of the last one."""
    values = {**_where(wanted.period, tenant_id, wanted), "limit": limit}
    after = ""
    if before is not None:
        after = "AND (at, row_id) < (:place_at, :place_id)"
        values |= {"place_at": before.at, "place_id": before.id}
    query = _PAGE.format(rows=_rows(side, wanted.measure, wanted.by), after=after)
    return [
        Trade(row.id, row.row_id, row.at, row.party, row.source, row.vertical, row.terms, row.amount)
        for row in session.execute(text(query), values)
    ]


def total(session: Session, side: Side, tenant_id: UUID, wanted: Wanted) -> tuple[int, int]:
    """How many rows are behind a figure, and what they sum to."""
    query = _TOTAL.format(rows=_rows(side, wanted.measure, wanted.by))
    found = session.execute(text(query), _where(wanted.period, tenant_id, wanted)).one()
    return found.rows, found.amount


def _where(period: Period, tenant_id: UUID, wanted: Wanted | None = None) -> dict[str, Any]:
    where = {"start": period.start_at, "end": period.end_at, "tenant": tenant_id, "zone": period.zone}
    return where | ({"key": wanted.key, "outcome": wanted.measure.value} if wanted else {})


def _rows(side: Side, measure: Measure, by: str) -> str:
    shape = _SHAPES.get(measure, _WITH_OUTCOME)
    words = _words(side, by)
    return shape.format(columns=_COLUMNS.format(**words), **words)


def _words(side: Side, by: str) -> dict[str, str]:
    dimension = side.dimensions[by]
    names = (
        "rows",
        "at",
        "party",
        "source",
        "amount",
        "action_amount",
        "kept",
        "outcomes",
        "outcome_of",
        "tenant",
    )
    own = {name: getattr(side, name) for name in names}
    return own | {"key": dimension.key, "name": dimension.name, "channel": dimension.channel}


def _converted(side: Side, by: str) -> str:
    counts = ", ".join(f"count(*) FILTER (WHERE '{one}' = ANY(types)) AS {one}" for one in OUTCOMES)
    words = _words(side, by)
    return _CONVERTED.format(counts=counts, types=_OUTCOME_TYPES.format(**words), **words)


def _with(line: Counted, measure: Measure, row: Any) -> Counted:
    if measure is Measure.SOLD:
        return replace(line, sold=row.rows, sold_per_lead=row.per_lead, ppl_minor=row.amount)
    if measure is Measure.RETURNED:
        return replace(line, returned=row.rows, returns_minor=row.amount)
    return replace(line, actions=row.rows, ppa_minor=row.amount)


def _weeks(session: Session, side: Side, where: dict[str, Any], period: Period) -> tuple[Step, ...]:
    by = next(iter(side.dimensions))
    sums: dict[tuple[Measure, date], int] = {}
    for measure in (Measure.SOLD, Measure.ACTIONS):
        for row in session.execute(text(_WEEKLY.format(rows=_rows(side, measure, by))), where):
            sums[measure, row.week] = row.amount
    return tuple(_step(week, sums) for week in buckets(period, "week"))


def _step(week: Period, sums: Mapping[tuple[Measure, date], int]) -> Step:
    monday = week_of(week.first_on)
    return Step(week, sums.get((Measure.SOLD, monday), 0), sums.get((Measure.ACTIONS, monday), 0))


def with_parts(
    found: TradeReport, column: str, parts: Mapping[str, int], unsold: Sequence[Counted] = ()
) -> TradeReport:
    """The report with one more column, by key of its lines; `unsold` are lines that so far had nothing to show."""
    known = {line.key for line in found.lines}
    lines = [*found.lines, *(line for line in unsold if line.key not in known)]
    filled = [_filled(line, {column: parts.get(line.key, 0)}) for line in lines]
    return replace(found, lines=tuple(filled), total=add_up(filled, ""))


def _filled(line: Counted, changes: dict[str, Any]) -> Counted:
    return replace(line, **changes)
