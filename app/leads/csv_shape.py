"""The shape of a CSV text: its delimiter, its width and whether its first row names the columns.

Invariant: the delimiter under which most rows are as wide as the first wins; a first row that holds a phone, an
e-mail, a date or a number names no columns.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from app.leads.file_kinds import CellTooLong, EmptyFile, OnlyHeader, TooManyColumns
from app.leads.problems import N_

MOST_COLUMNS = 200
LONGEST_CELL = 32 * 1024
DELIMITERS = (";", ",", "\t")
_ROWS_LOOKED_AT = 60
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[;,\t])"?(?:\r\n|\r|\n)', re.IGNORECASE)
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.\w+|\+?[\d\s().,:/%-]*\d[\d\s().,:/%-]*(?:[TZ][\d:Z+-]*)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a text is laid out as a table."""

    delimiter: str
    width: int
    has_header: bool
    headers: tuple[str, ...]
    skip_lines: int


def shape_of(text: str, is_whole: bool) -> Shape:
    """The shape of a text, or of its beginning. Raises a `BadFile` when it is no table we read."""
    told = _SEPARATOR_LINE.match(text)
    table = text[told.end() :] if told else text
    delimiter = told["delimiter"] if told else _delimiter(table)
    rows = list(_records(table, delimiter))
    if not rows:
        raise EmptyFile(N_("The file is empty."))
    first = _without_empty_tail(rows[0])
    if len(first) > MOST_COLUMNS:
        raise TooManyColumns(
            N_("The table has %(found)s columns; at most %(limit)s can be read."),
            found=len(first),
            limit=MOST_COLUMNS,
        )
    if max(map(len, first)) > LONGEST_CELL:
        raise CellTooLong(
            N_("A cell in the first row is longer than %(limit)s characters."), limit=LONGEST_CELL
        )
    has_header = _names_columns(first)
    if has_header and is_whole and len(rows) == 1:
        raise OnlyHeader(N_("The file has a heading but no rows beneath it."))
    headers = tuple(" ".join(cell.split()) for cell in first) if has_header else ()
    width = len(first) if has_header else max(len(_without_empty_tail(row)) for row in rows)
    return Shape(delimiter, width, has_header, headers, 1 if told else 0)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """The first records that hold something; quotes are read forgivingly, because only the shape is wanted."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in islice(reader, _ROWS_LOOKED_AT * 2):
            if "".join(row).strip():
                yield row
    except csv.Error:
        return


def _delimiter(text: str) -> str:
    return max(DELIMITERS, key=lambda delimiter: _agreement(text, delimiter))


def _agreement(text: str, delimiter: str) -> tuple[float, int]:
    """The share of rows as wide as the first, when that is more than one column; then how wide."""
    widths = [len(row) for row in islice(_records(text, delimiter), _ROWS_LOOKED_AT)]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def _without_empty_tail(row: list[str]) -> list[str]:
    end = len(row)
    while end > 1 and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _names_columns(row: list[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and not any(_DATA.fullmatch(cell) for cell in filled)
