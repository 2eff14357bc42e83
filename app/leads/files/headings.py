"""Which row of a table names its columns, whatever stands above it.

Invariant: a row that holds a phone, an e-mail, a date or a number names no columns; a wish is followed exactly or
refused.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.leads.files.kinds import CellTooLong, OnlyHeader, TooManyColumns, WishNotPossible
from app.leads.files.layout import LONGEST_CELL, MOST_COLUMNS, Wishes, without_empty_tail
from tenants.language import N_

Numbered = tuple[int, list[str]]
_LOOKED_AT = 60
_DEEPEST_HEADING = 25
_FULL = 0.6
_LONGEST_DATUM = 100
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.\w+|\+?[\d\s().,:/%-]*\d[\d\s().,:/%-]*(?:[TZ][\d:Z+-]*)?")


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the heading stands (0: there is none), how many rows it takes, and the columns it makes."""

    row: int
    rows: int
    width: int
    headers: tuple[str, ...]
    sure: int


def find(table: Sequence[Numbered], wishes: Wishes, is_whole: bool) -> Heading:
    """The heading of a table, from its first rows that hold something; at least one.

    Raises `TooManyColumns`, `CellTooLong`, `OnlyHeader`, or `WishNotPossible` for a row that does not exist.
    """
    rows = [(number, without_empty_tail(cells)) for number, cells in table[:_LOOKED_AT]]
    place, height, sure = _wished(rows, wishes) if wishes.header_row is not None else _found(rows)
    if wishes.header_rows is not None and place is not None:
        height = min(max(1, wishes.header_rows), 2)
    heading = [] if place is None else [cells for _, cells in rows[place : place + height]]
    data = rows if place is None else rows[place + height :]
    width = max(map(len, heading), default=0)
    width = _width(width, data) if heading else max((len(cells) for _, cells in data), default=1)
    _demand_readable(width, heading)
    if not data and is_whole:
        raise OnlyHeader(N_("The file has a heading but no rows beneath it."))
    names = _joined(heading, width) if heading else ()
    return Heading(0 if place is None else rows[place][0], len(heading), width, names, sure)


def _wished(rows: Sequence[Numbered], wishes: Wishes) -> tuple[int | None, int, int]:
    if wishes.header_row == 0:
        return None, 0, 100
    for place, (number, _) in enumerate(rows):
        if number == wishes.header_row:
            return place, 1, 100
    raise WishNotPossible(N_("Row %(wish)s is empty or is not there."), wish=wishes.header_row)


def _found(rows: Sequence[Numbered]) -> tuple[int | None, int, int]:
    """The place of the heading, its height, and how sure that is."""
    full = _FULL * _usual_width(rows)
    for place, (_, cells) in enumerate(rows[:_DEEPEST_HEADING]):
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) < full or (len(cells) == 1 and full > 1):
            continue
        if not _names_columns(cells):
            return None, 0, 90 if place == 0 else 70
        if place and _is_group(rows[place - 1][1], cells):
            return place - 1, 2, 80
        if place + 2 < len(rows) and _is_second(cells, rows[place + 1][1], rows[place + 2][1]):
            return place, 2, 80
        return place, 1, 95 if any(_holds_data(below) for _, below in rows[place + 1 : place + 6]) else 60
    return (0, 1, 50) if _names_columns(rows[0][1]) else (None, 0, 50)


def _is_group(above: list[str], cells: list[str]) -> bool:
    """A row of group names with gaps over a row of names; a title stands alone in the first column."""
    filled = [place for place, cell in enumerate(above) if cell.strip()]
    is_spread = len(filled) > 1 or bool(filled and filled[0] > 0)
    has_gaps = len(filled) < sum(1 for cell in cells if cell.strip())
    return is_spread and has_gaps and len(above) <= len(cells) and _names_columns(above)


def _is_second(first: list[str], second: list[str], third: list[str]) -> bool:
    """The row beneath names what the first leaves open, and leaves open what the first names for both."""
    if not _names_columns(second) or not _holds_data(third):
        return False
    fills = any(
        cell.strip() and not (first[at : at + 1] or [""])[0].strip() for at, cell in enumerate(second)
    )
    leaves = len(second) < len(first) or any(not cell.strip() for cell in second)
    return fills and leaves


def _usual_width(rows: Sequence[Numbered]) -> int:
    """The commonest width; of equally common ones the widest."""
    widths = Counter(len(cells) for _, cells in rows)
    return max(widths, key=lambda width: (widths[width], width), default=1)


def _width(named: int, data: Sequence[Numbered]) -> int:
    """As wide as the heading, unless half of the rows are wider: then the columns at the end have no name."""
    wider = sum(len(cells) > named for _, cells in data)
    return max(named, _usual_width(data)) if wider and 2 * wider >= len(data) else named


def _demand_readable(width: int, heading: Sequence[Sequence[str]]) -> None:
    if width > MOST_COLUMNS:
        raise TooManyColumns(
            N_("The table has %(found)s columns; at most %(limit)s can be read."),
            found=width,
            limit=MOST_COLUMNS,
        )
    if any(len(cell) >= LONGEST_CELL for cells in heading for cell in cells):
        raise CellTooLong(
            N_("A cell in the first row is longer than %(limit)s characters."), limit=LONGEST_CELL
        )


def _joined(heading: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
    """One name a column; the name of a group is carried on over the columns it spans."""
    rows = [[" ".join(cell.split()) for cell in cells] + [""] * (width - len(cells)) for cells in heading]
    if len(rows) == 1:
        return tuple(rows[0])
    names, group = [], ""
    for above, below in zip(*rows, strict=True):
        group = above or (group if below else "")
        names.append(f"{group} / {below}" if group and below else group or below)
        if not below:
            group = ""
    return tuple(names)


def _holds_data(cells: Sequence[str]) -> bool:
    short = (cell.strip() for cell in cells if len(cell) <= _LONGEST_DATUM)
    return any(_DATA.fullmatch(cell) for cell in short if cell)


def _names_columns(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells) and not _holds_data(cells)
