"""The rows behind the billing report: every sale, captured action and accepted return, each with its journal.

Invariant: filtered like a figure of the report, the rows sum to that figure. Needs opened books.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.reports.billing import LINE, MODELS
from billing.periods import Period
from billing.statements import Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows; an empty part means all. Models: ppl, ppa, return."""

    period: Period
    currency: str
    models: tuple[str, ...] = ()
    agency_id: UUID | None = None
    company_id: UUID | None = None
    vertical: str = ""


@dataclass(frozen=True, slots=True)
class RevenueLine:
    """One journal of a sale: net of VAT, our commission in it, and the VAT on it; negative for a return."""

    journal_id: UUID
    model: str
    event_at: datetime
    sale_id: UUID
    agency_id: UUID
    agency_name: str
    company_id: UUID
    company_name: str
    vertical: str
    net_minor: int
    commission_minor: int
    vat_minor: int

    @property
    def place(self) -> Place:
        """Where this row stands in the list."""
        return Place(self.event_at, self.journal_id)


@dataclass(frozen=True, slots=True)
class Sums:
    """What all rows of a filter sum to."""

    count: int
    net_minor: int
    commission_minor: int
    vat_minor: int


_MODEL_OF = {kind: model for model, kind in MODELS.items()}
_LIST = """
WITH line AS ({line})
SELECT l.*, a.name AS agency_name, c.name AS company_name
FROM line l JOIN tenant a ON a.id = l.agency_id JOIN tenant c ON c.id = l.company_id
WHERE {where} ORDER BY l.event_at DESC, l.id DESC LIMIT :limit
"""
_SUMS = """
WITH line AS ({line})
SELECT count(*) AS count, coalesce(sum(net), 0)::bigint, coalesce(sum(commission), 0)::bigint,
  coalesce(sum(vat), 0)::bigint
FROM line l WHERE {where}
"""


def lines(
    session: Session, wanted: Wanted, *, before: Place | None = None, limit: int = 50
) -> list[RevenueLine]:
    """A page of rows, newest first; the next page is `before` the place of the last one."""
    where, values = _conditions(wanted)
    if before is not None:
        where += " AND (l.event_at, l.id) < (:place_at, :place_id)"
        values |= {"place_at": before.at, "place_id": before.id}
    rows = session.execute(text(_LIST.format(line=LINE, where=where)), {**values, "limit": limit})
    return [
        RevenueLine(
            journal_id=row.id,
            model=_MODEL_OF[row.kind],
            event_at=row.event_at,
            sale_id=row.sale_id,
            agency_id=row.agency_id,
            agency_name=row.agency_name,
            company_id=row.company_id,
            company_name=row.company_name,
            vertical=row.vertical,
            net_minor=row.net,
            commission_minor=row.commission,
            vat_minor=row.vat,
        )
        for row in rows
    ]


def sums(session: Session, wanted: Wanted) -> Sums:
    """What all rows sum to, not only those of a page."""
    where, values = _conditions(wanted)
    return Sums(*session.execute(text(_SUMS.format(line=LINE, where=where)), values).one())


def _conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    where = ["true"]
    values: dict[str, Any] = {
        "start": wanted.period.start_at,
        "end": wanted.period.end_at,
        "currency": wanted.currency,
    }
    if wanted.models:
        where.append("l.kind = ANY(:kinds)")
        values["kinds"] = [MODELS[model] for model in wanted.models]
    for column, value in (("agency_id", wanted.agency_id), ("company_id", wanted.company_id)):
        if value:
            where.append(f"l.{column} = :{column}")
            values[column] = value
    if wanted.vertical:
        where.append("l.vertical = :vertical")
        values["vertical"] = wanted.vertical
    return " AND ".join(where), values
