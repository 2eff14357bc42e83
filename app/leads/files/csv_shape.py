"""The dialect of a CSV text: its delimiter and its quotation mark.

Invariant: the delimiter under which most rows are equally wide, in more than one column, wins; a quotation mark
counts as one only when it frames cells.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from app.leads.files.csv_records import SEPARATOR_LINE, format_of
from app.leads.files.kinds import WishNotPossible
from app.leads.files.layout import Layout, Wishes
from tenants.language import N_

DELIMITERS = (";", ",", "\t", "|")
QUOTES = ('"', "'", "")
_ROWS_LOOKED_AT = 60


def dialect_of(text: str, wishes: Wishes) -> tuple[str, str, int]:
    """The delimiter, the quotation mark, and how sure the delimiter is. Raises `WishNotPossible`."""
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
    return delimiter, wishes.quotechar if wishes.quotechar is not None else _quote(table, delimiter), sure


def _likely_quote(text: str) -> str:
    """Single quotation marks frame cells of this text and double ones do not."""
    return "'" if _framed(text, "'", "[;,\t|]") > 2 * _framed(text, '"', "[;,\t|]") else '"'


def _quote(text: str, delimiter: str) -> str:
    quote = _likely_quote(text)
    if quote == "'" or '"' not in text:
        return quote
    as_framed = _broken_share(text, Layout("csv", delimiter=delimiter, quotechar='"'))
    return '"' if as_framed <= 0.2 else ""


def _framed(text: str, quote: str, delimiter: str) -> int:
    return len(
        re.findall(rf"(?:^|{delimiter}){quote}[^{quote}\n]*{quote}(?={delimiter}|\s*$)", text, re.MULTILINE)
    )


def _broken_share(text: str, layout: Layout) -> float:
    """How many of the lines that hold a quotation mark cannot be read when it frames cells."""
    lines = [line for line in islice(io.StringIO(text, newline=""), 400) if '"' in line]
    broken = 0
    for line in lines:
        try:
            list(csv.reader([line], format_of(layout)))
        except csv.Error as error:
            broken += "expected after" in str(error)
    return broken / max(1, len(lines))


def _delimiter(text: str, quote: str) -> tuple[str, int]:
    agreements = {one: _agreement(text, one, quote) for one in DELIMITERS}
    best = max(agreements, key=lambda one: agreements[one])
    share = agreements[best][0]
    rival = max((agreements[one][0] for one in DELIMITERS if one != best), default=0.0)
    return best, max(30, min(98, round(100 * share - 25 * rival))) if share else 30


def _agreement(text: str, delimiter: str, quote: str) -> tuple[float, int]:
    """The share of rows of the commonest width, when that is more than one column; then how wide."""
    widths = Counter(len(row) for row in islice(_records(text, delimiter, quote), _ROWS_LOOKED_AT))
    wide = Counter({width: times for width, times in widths.items() if width > 1})
    if not wide:
        return 0.0, 0
    width, times = max(wide.items(), key=lambda one: (one[1], one[0]))
    return round(times / widths.total(), 1), width


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
