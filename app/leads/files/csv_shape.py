"""The dialect of a CSV text: its delimiter and its quotation mark.

Invariants: the delimiter under which most rows are equally wide, in more than one column, wins; a rare one only where no
usual one tells a table and the first row has its width too; a quotation mark counts as one only when it frames cells.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from app.leads.files.csv_records import SEPARATOR_LINE, format_of, read_records, unwrapped
from app.leads.files.encoding import UTF_8
from app.leads.files.kinds import WishNotPossible
from app.leads.files.layout import (
    CSV,
    DELIMITERS,
    QUOTES,
    RARE_DELIMITERS,
    USUAL_DELIMITERS,
    BrokenRow,
    Layout,
    Wishes,
)
from tenants.language import N_

_ROWS_LOOKED_AT = 60
_LINES_LOOKED_AT = 400
_MOST_STRAY = 0.2
_A_TABLE, _A_RARE_TABLE = 0.8, 0.9
"""The share of equally wide rows that leaves no doubt, and the one that a rare delimiter must have, in three columns."""


def dialect_of(text: str, wishes: Wishes) -> tuple[Layout, int]:
    """How the cells of a text are parted and framed, by its first lines, and how sure the delimiter is.

    Raises `WishNotPossible`.
    """
    for wish, possible in ((wishes.delimiter, DELIMITERS), (wishes.quotechar, QUOTES)):
        if wish is not None and wish not in possible:
            raise WishNotPossible(N_("“%(wish)s” is no mark we can read a table by."), wish=wish[:5])
    told = SEPARATOR_LINE.match(text)
    table = text[told.end() :] if told else text
    delimiter, sure = told["delimiter"] if told else "", 100
    if wishes.delimiter is not None:
        delimiter = wishes.delimiter
    if not delimiter:
        quote = wishes.quotechar if wishes.quotechar is not None else _likely_quote(table)
        delimiter, sure = _delimiter(table, quote)
    layout = _framing(table, delimiter, wishes.quotechar)
    return replace(layout, is_wrapped=_is_wrapped(table, layout)), sure


def _framing(text: str, delimiter: str, wish: str | None) -> Layout:
    """The quotation mark, the blanks before it, and what stands before a mark that is meant as such."""
    quote = wish if wish is not None else _likely_quote(text)
    if not quote or quote not in text:
        return Layout(CSV, encoding=UTF_8, delimiter=delimiter, quotechar=quote)
    spaced = len(re.findall(rf"{re.escape(delimiter)} +{quote}", text))
    is_spaced = delimiter != "\t" and spaced > text.count(delimiter + quote)
    layout = Layout(CSV, encoding=UTF_8, delimiter=delimiter, quotechar=quote, is_spaced=is_spaced)
    share = _broken_share(text, layout)
    if share and "\\" + quote in text:
        escaped = replace(layout, escape="\\")
        if (escaped_share := _broken_share(text, escaped)) < share:
            layout, share = escaped, escaped_share
    is_free = wish is None and quote == '"'
    return (
        replace(layout, quotechar="", escape="", is_spaced=False)
        if is_free and share > _MOST_STRAY
        else layout
    )


def _is_wrapped(text: str, layout: Layout) -> bool:
    """Whether whole lines are one cell each and, read again, as wide as the first line of the table."""
    if not layout.quotechar:
        return False
    rows = list(islice(_records(text, layout.delimiter, layout.quotechar), _ROWS_LOOKED_AT))
    widths = [len(unwrapped(row, layout)) for row in rows]
    is_any = any(len(row) < width for row, width in zip(rows, widths, strict=True))
    return is_any and widths[0] > 1 and widths.count(widths[0]) >= 0.8 * len(widths)


def _likely_quote(text: str) -> str:
    """Single quotation marks frame cells of this text and double ones do not."""
    return "'" if _framed(text, "'", "[;,\t|]") > 2 * _framed(text, '"', "[;,\t|]") else '"'


def _framed(text: str, quote: str, delimiter: str) -> int:
    return len(
        re.findall(rf"(?:^|{delimiter}) *{quote}[^{quote}\n]*{quote}(?={delimiter}|\s*$)", text, re.MULTILINE)
    )


def _broken_share(text: str, layout: Layout) -> float:
    """How many of the lines that hold a quotation mark cannot be read when it frames cells."""
    lines = list(islice(io.StringIO(text, newline=""), _LINES_LOOKED_AT))
    head = "".join(lines).encode(UTF_8, "replace")
    broken = sum(
        isinstance(row, BrokenRow) and row.code == "stray_quote"
        for block in read_records([head], layout)
        for _, row in block
    )
    return broken / max(1, sum(layout.quotechar in line for line in lines))


def _delimiter(text: str, quote: str) -> tuple[str, int]:
    agreements = {one: _agreement(text, one, quote) for one in USUAL_DELIMITERS}
    best = max(agreements, key=lambda one: agreements[one])
    if agreements[best][0] < _A_TABLE or _widths(text, best, quote)[0] == 1:
        rare = [one for one in RARE_DELIMITERS if _is_rare_table(text, one, quote)]
        agreements |= {one: _agreement(text, one, quote) for one in rare}
        best = max(agreements, key=lambda one: agreements[one])
    share = agreements[best][0]
    rival = max((agreements[one][0] for one in agreements if one != best), default=0.0)
    return best, max(30, min(98, round(100 * share - 25 * rival))) if share else 30


def _agreement(text: str, delimiter: str, quote: str) -> tuple[float, int]:
    """The share of rows of the commonest width, when that is more than one column; then how wide."""
    widths = _widths(text, delimiter, quote)
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0, 0
    width, times = max(wide.items(), key=lambda one: (one[1], one[0]))
    return round(times / len(widths), 1), width


def _is_rare_table(text: str, delimiter: str, quote: str) -> bool:
    share, width = _agreement(text, delimiter, quote)
    return share >= _A_RARE_TABLE and width > 2 and _widths(text, delimiter, quote)[0] == width


def _widths(text: str, delimiter: str, quote: str) -> list[int]:
    layout = Layout(CSV, delimiter=delimiter, quotechar=quote)
    rows = islice(_records(text, delimiter, quote), _ROWS_LOOKED_AT)
    return [len(unwrapped(row, layout)) for row in rows]


def _records(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    """The first records that hold something; quotes are read forgivingly, because only the shape is wanted."""
    layout = Layout("csv", delimiter=delimiter, quotechar=quote)
    reader = csv.reader(io.StringIO(text, newline=""), format_of(layout, is_strict=False))
    try:
        for row in islice(reader, _ROWS_LOOKED_AT * 2):
            if "".join(row).strip():
                yield row
    except csv.Error:
        return
