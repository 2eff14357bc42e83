"""A file of values between commas that hangs on a mail, as rows of cells. Pure.

Invariant: a file is read whole or not at all; what is too long for a mail is left to be uploaded.
"""

import csv
from dataclasses import dataclass

from app.incoming.mail.letters import text_of
from app.incoming.mail.parts import Part

LARGEST_BYTES, MOST_ROWS, MOST_CELLS, LONGEST_CELL = 200_000, 1_000, 40, 2_000
_BETWEEN = ";\t,|"


@dataclass(frozen=True, slots=True)
class Sheet:
    """An attached table, its heading first; every row as wide as that."""

    name: str
    rows: tuple[tuple[str, ...], ...]


def sheet_of(part: Part) -> Sheet | None:
    """The table in an attached part; None when it is another file, too long, or has no heading with rows below."""
    if part.name.rpartition(".")[2].lower() not in ("csv", "tsv") or len(part.packed) > 2 * LARGEST_BYTES:
        return None
    content = part.content
    if len(content) > LARGEST_BYTES:
        return None
    lines = text_of(content, part.charset).split("\n")
    first = next((line for line in lines if line.strip()), "")
    between = max(_BETWEEN, key=first.count)
    try:
        rows = [
            _tidy(row) for row in csv.reader((f"{line}\n" for line in lines), delimiter=between, strict=True)
        ]
    except csv.Error:
        return None
    rows = [row for row in rows if any(row)]
    if not 1 < len(rows) <= MOST_ROWS + 1 or not 1 < len(rows[0]) <= MOST_CELLS:
        return None
    width = len(rows[0])
    if any(any(row[width:]) or max(map(len, row)) > LONGEST_CELL for row in rows):
        return None
    return Sheet(part.name, tuple((*row, *[""] * width)[:width] for row in rows))


def _tidy(row: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.split()) for cell in row)
