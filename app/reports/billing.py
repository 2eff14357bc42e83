"""The billing report: what was sold per lead and per action, what came back, and what of it is ours.

Invariants: every figure is a sum of ledger entries, net of VAT; a sale counts on the day it was sold, an action when it
was captured, a return when it was accepted, and returns stand apart; weeks begin on Monday and all days are those of
the period's zone. Needs opened books.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from billing.periods import Period, month_of, week_of

By = Literal["week", "month"]
MODELS = {"ppl": "sale", "ppa": "capture", "return": "return"}
"""Model of revenue → the kind of journal that books it."""

LINE = """
SELECT j.id, j.kind, j.event_at, s.id AS sale_id, s.tenant_id AS agency_id, s.company_id, s.vertical,
  (-coalesce(sum(e.amount_minor) FILTER (WHERE e.account IN ('agency_held', 'agency_due', 'commission')), 0))::bigint
    AS net,
  (-coalesce(sum(e.amount_minor) FILTER (WHERE e.account = 'commission'), 0))::bigint AS commission,
  (-coalesce(sum(e.amount_minor) FILTER (WHERE e.account = 'vat'), 0))::bigint AS vat
FROM journal j JOIN entry e ON e.journal_id = j.id JOIN sale s ON s.id = j.source_id
WHERE j.kind IN ('sale', 'capture', 'return') AND j.event_at >= :start AND j.event_at < :end
  AND e.currency = :currency
GROUP BY j.id, j.kind, j.event_at, s.id, s.tenant_id, s.company_id, s.vertical
"""
"""One row per sale, captured action and accepted return of a period: what every figure here sums."""

_CUBE = text(f"""
WITH line AS ({LINE}), dated AS (
  SELECT *, date_trunc(:by, event_at AT TIME ZONE :zone)::date AS bucket FROM line)
SELECT GROUPING(bucket, agency_id, company_id, vertical) AS absent, kind, bucket, agency_id, company_id, vertical,
  count(*) AS lines, sum(net)::bigint AS net, sum(commission)::bigint AS commission, sum(vat)::bigint AS vat
FROM dated GROUP BY GROUPING SETS ((kind, bucket), (kind, agency_id), (kind, company_id), (kind, vertical))
""")  # noqa: S608 (our own words)
_BY_BUCKET, _BY_AGENCY, _BY_COMPANY, _BY_VERTICAL = 0b0111, 0b1011, 0b1101, 0b1110

_TOTAL = text(f"""
WITH line AS ({LINE})
SELECT kind, count(*) AS lines, sum(net)::bigint AS net, sum(commission)::bigint AS commission,
  sum(vat)::bigint AS vat
FROM line GROUP BY kind
""")  # noqa: S608 (our own words)
_NAMES = text("SELECT id, name FROM tenant WHERE id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums in minor units, net of VAT, and how many rows each sums. Returns are positive and taken off nothing."""

    ppl_minor: int = 0
    ppa_minor: int = 0
    returns_minor: int = 0
    commission_minor: int = 0
    """Ours, of sales and actions, less what went back with returns."""
    vat_minor: int = 0
    """Likewise."""
    leads: int = 0
    actions: int = 0
    returns: int = 0

    @property
    def revenue_minor(self) -> int:
        """Per lead and per action together, before returns."""
        return self.ppl_minor + self.ppa_minor

    @property
    def kept_minor(self) -> int:
        """Revenue less returns."""
        return self.revenue_minor - self.returns_minor

    @property
    def lead_price_minor(self) -> int | None:
        """The average net price of a lead sold per lead, half up; None when none was."""
        return (2 * self.ppl_minor + self.leads) // (2 * self.leads) if self.leads else None

    @property
    def return_rate(self) -> float | None:
        """Returned leads of sold ones; None when none was sold."""
        return self.returns / self.leads if self.leads else None

    def __add__(self, other: "Figures") -> "Figures":
        sums = (getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        return Figures(*sums)


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of one week or month, clipped to the report's period."""

    period: Period
    figures: Figures


@dataclass(frozen=True, slots=True)
class Share:
    """The figures of one agency, company (with its id) or vertical (whose code is the name)."""

    id: UUID | None
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a period; `before` are the figures of the period of as many days before it."""

    period: Period
    by: By
    total: Figures
    before: Figures
    slices: tuple[Slice, ...]
    agencies: tuple[Share, ...]
    companies: tuple[Share, ...]
    verticals: tuple[Share, ...]


def report(session: Session, period: Period, by: By, currency: str) -> Report:
    """The whole report of a period, by week or month, in one currency."""
    where = {**_where(period, currency), "by": by, "zone": period.zone}
    rows = session.execute(_CUBE, where).all()
    slices = _slices(period, by, _grouped(rows, _BY_BUCKET, "bucket"))
    agencies, companies = _grouped(rows, _BY_AGENCY, "agency_id"), _grouped(rows, _BY_COMPANY, "company_id")
    names: dict[UUID, str] = {
        row.id: row.name for row in session.execute(_NAMES, {"ids": [*agencies, *companies]})
    }
    verticals = _grouped(rows, _BY_VERTICAL, "vertical")
    return Report(
        period=period,
        by=by,
        total=sum((part.figures for part in slices), Figures()),
        before=total(session, period.before(), currency),
        slices=slices,
        agencies=_ranked(Share(key, names[key], figures) for key, figures in agencies.items()),
        companies=_ranked(Share(key, names[key], figures) for key, figures in companies.items()),
        verticals=_ranked(Share(None, key, figures) for key, figures in verticals.items()),
    )


def total(session: Session, period: Period, currency: str) -> Figures:
    """The figures of a period as a whole."""
    rows = session.execute(_TOTAL, _where(period, currency))
    return sum((_figures(row) for row in rows), Figures())


def buckets(period: Period, by: By) -> list[Period]:
    """The weeks or months of a period, the first and the last clipped to it."""
    found, first = [], period.first_on
    while first <= period.last_on:
        following = (
            week_of(first) + timedelta(days=7)
            if by == "week"
            else month_of(month_of(first) + timedelta(days=31))
        )
        found.append(Period(first, min(following - timedelta(days=1), period.last_on), period.zone))
        first = following
    return found


def bucket_of(on: date, by: By) -> date:
    """The first day of the week or month a day is in."""
    return week_of(on) if by == "week" else month_of(on)


def _where(period: Period, currency: str) -> dict[str, Any]:
    return {"start": period.start_at, "end": period.end_at, "currency": currency}


def _figures(row: Row[Any]) -> Figures:
    own = {"commission_minor": row.commission, "vat_minor": row.vat}
    if row.kind == "sale":
        return Figures(ppl_minor=row.net, leads=row.lines, **own)
    if row.kind == "capture":
        return Figures(ppa_minor=row.net, actions=row.lines, **own)
    return Figures(returns_minor=-row.net, returns=row.lines, **own)


def _grouped(rows: Iterable[Row[Any]], absent: int, key: str) -> dict[Any, Figures]:
    found: dict[Any, Figures] = {}
    for row in rows:
        if row.absent == absent:
            at = getattr(row, key)
            found[at] = found.get(at, Figures()) + _figures(row)
    return found


def _slices(period: Period, by: By, figures: dict[date, Figures]) -> tuple[Slice, ...]:
    return tuple(
        Slice(part, figures.get(bucket_of(part.first_on, by), Figures())) for part in buckets(period, by)
    )


def _ranked(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.figures.revenue_minor, share.name)))
