"""The first rows of an upload, read by the mapping as it stands: what a person sees before the whole file is checked.

Invariant: the rows are read exactly as the check reads them; only duplicates are not looked for, which takes the stock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.leads import targets, verticals
from app.leads.batch_queries import BatchView
from app.leads.fixes import Fixes
from app.leads.reasons import explain
from app.leads.rows import BatchDefaults, RowProblem, RowReader

SHOWN = 8


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row of the file: its cells, and what is wrong with it, by column (-1: with none of them)."""

    number: int
    cells: Sequence[str]
    wrong: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an upload's columns: where each goes, what holds for all rows, the order of full names, and what was
    decided about values."""

    mapping: Mapping[int, str]
    same: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    fixes: Fixes = field(default_factory=Fixes)


@dataclass(frozen=True, slots=True)
class Preview:
    """How many of the first rows are ready, why others are not, and the rows themselves, bad ones first noticed.

    `columns` are those that are imported; a column with a wrong value stands before the others.
    """

    total: int
    ready: int
    reasons: Sequence[tuple[str, int]]
    columns: Sequence[int]
    rows: Sequence[PreviewRow]


def preview(
    batch: BatchView,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    said: Said,
    *,
    now: datetime,
    time_zone: str,
    language: str,
) -> Preview:
    """Read the first rows of a file as it is said; targets that this upload does not have are passed over."""
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    labels = {one.name: one.label for one in targets.targets(vertical, batch.lead_type, language)}
    used = {column: name for column, name in said.mapping.items() if targets.canonical(name) in labels}
    columns = {targets.canonical(name): column for column, name in used.items()}
    defaults = _defaults(batch, now, time_zone)
    reader = RowReader(vertical, used, defaults, constants=said.same, fixes=said.fixes, orders=said.orders)
    first = batch.layout["header_row"] + batch.layout["header_rows"] or 1
    reasons: Counter[str] = Counter()
    shown = []
    for number, cells in enumerate(rows, first):
        read = reader.read(number, list(cells))
        wrong: dict[int, str] = {}
        for one in read.problems if isinstance(read, RowProblem) else ():
            column = columns.get(one.target or "", -1)
            name = headings[column] if column >= 0 else labels.get(one.target or "")
            wrong.setdefault(column, explain(language, one.code, name, one.params, vertical))
        reasons.update(wrong.values())
        shown.append(PreviewRow(number, cells, wrong))
    bad = {column for row in shown for column in row.wrong}
    return Preview(
        total=len(rows),
        ready=sum(not row.wrong for row in shown),
        reasons=reasons.most_common(4),
        columns=sorted(used, key=lambda column: (column not in bad, column)),
        rows=_telling(shown),
    )


def _defaults(batch: BatchView, now: datetime, time_zone: str) -> BatchDefaults:
    return BatchDefaults(
        now=now,
        country=batch.country,
        timezone=time_zone,
        lead_type=batch.lead_type,
        legal_basis=batch.legal_basis,
        addressee=str(batch.addressee_id or ""),
    )


def _telling(rows: Sequence[PreviewRow]) -> list[PreviewRow]:
    """As many rows as the page shows, in the file's order, those with something wrong among them."""
    chosen = sorted(rows, key=lambda row: (not row.wrong, row.number))[:SHOWN]
    return sorted(chosen, key=lambda row: row.number)
