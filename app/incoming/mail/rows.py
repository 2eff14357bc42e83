"""The leads of a mail that holds several: the rows of the one table whose columns its rules name. Pure.

Invariant: every row of that table comes back once, in order, under a key that is the same whenever the mail is read
again; a mail whose rows cannot all be told is refused whole.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.incoming.mail.mail import Mail
from app.incoming.mail.no_lead import CUT, TOO_MANY_ROWS, TWO_TABLES
from app.incoming.mail.places import COLUMN, Laid, Sheet
from tenants.errors import Refused

MOST_ROWS = 200


class RowsRefused(Refused):
    """The rows of a mail are too many, or cannot be told for sure; none was read."""

    status, code = 422, "rows_refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what its rules find in it, and what tells it from every other row of every mail."""

    found: Mapping[str, str]
    key: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Each row that is a lead of its own; none where the mail is one lead. `is_attached`: its table is a file."""

    rows: tuple[Row, ...] = ()
    is_attached: bool = False


def rows_of(mail: Mail, laid: Laid, rules: Iterable[str]) -> Rows:
    """The rows that rules (places) make leads of. Raises `RowsRefused`."""
    named = {place: laid.named(place) for place in rules if place.startswith(f"{COLUMN}.")}
    chosen = [sheet for sheet in laid.sheets if {*named.values()} & {*filter(None, sheet.places)}]
    several = [sheet for sheet in chosen if len(sheet.rows) > 1]
    if len(several) > 1:
        raise RowsRefused(TWO_TABLES)
    if not several:
        return Rows(is_attached=any(sheet.is_attached for sheet in chosen))
    (sheet,) = several
    if len(sheet.rows) > MOST_ROWS:
        raise RowsRefused(TOO_MANY_ROWS, rows=len(sheet.rows), limit=MOST_ROWS)
    if mail.is_cut and not sheet.is_attached:
        raise RowsRefused(CUT)
    at = {rule: sheet.places.index(place) for rule, place in named.items() if place in sheet.places}
    found = [{rule: row[column] for rule, column in at.items()} for row in sheet.rows]
    return Rows(tuple(map(Row, found, _keys(mail, sheet))), sheet.is_attached)


def _keys(mail: Mail, sheet: Sheet) -> list[str]:
    """By what stands in the row, so that it keeps its key when rows before it are read in another way."""
    seen: dict[str, int] = {}
    keys = []
    for row in sheet.rows:
        told = hashlib.sha256("\t".join(row).encode("utf-8", "replace")).hexdigest()[:16]
        seen[told] = seen.get(told, 0) + 1
        keys.append(f"{mail.key}:{told}" + (f":{seen[told]}" if seen[told] > 1 else ""))
    return keys
