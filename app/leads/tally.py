"""How often each value stands in each column of an uploaded file: counted once, while the file is read.

Invariant: a column is either counted over the whole file or not at all; memory has a bound whatever the file holds. The
counts stand in the database only sealed, and go with the file.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import orjson

from app.leads.cells import EMPTY_MARKS
from app.leads.files.layout import BrokenRow, Line
from app.leads.problems import shown

FIELD = "tally"
"""The field name it is sealed under."""
MOST_DIFFERENT = 10_000
"""Different values of one column that are counted: beyond them it is no closed list."""
MOST_IN_ALL = 120_000
"""Different values of all columns together; then the columns with most of them are given up."""

Columns = list[list[tuple[str, int]] | None]


@dataclass(frozen=True, slots=True)
class Counted:
    """The values of one column, the commonest first, and whether they are of the whole file or of its first rows."""

    values: list[tuple[str, int]]
    is_whole: bool


class Tally:
    """The columns of one file being counted."""

    def __init__(self, width: int) -> None:
        self._columns: list[Counter[str] | None] = [Counter() for _ in range(width)]

    def add(self, lines: Iterable[Line]) -> None:
        """Count some rows more; a row that is too short or broken counts nowhere."""
        width = len(self._columns)
        rows = [row for _, row in lines if not isinstance(row, BrokenRow) and len(row) >= width]
        for place, cells in enumerate(islice(zip(*rows, strict=False), width)):
            counts = self._columns[place]
            if counts is not None:
                counts.update(cells)
                if len(counts) > MOST_DIFFERENT:
                    self._columns[place] = None
        while sum(map(len, filter(None, self._columns))) > MOST_IN_ALL:
            self._columns[max(range(width), key=self._size)] = None

    def packed(self) -> bytes:
        """For sealing: by column its values, the commonest first; null where there were too many."""
        return orjson.dumps([None if one is None else _commonest(one) for one in self._columns])

    def _size(self, place: int) -> int:
        return len(self._columns[place] or ())


def unpacked(packed: bytes) -> Columns:
    """As `Tally.packed` wrote it."""
    columns: Columns = orjson.loads(packed)
    return columns


def of_whole(columns: Columns, column: int) -> Counted | None:
    """A column as it was counted; None where it was not."""
    found = columns[column] if column < len(columns) else None
    return None if found is None else Counted([(value, count) for value, count in found], True)


def of_samples(rows: Iterable[list[str]], column: int) -> Counted:
    """The same of the first rows, until or unless the whole file was counted."""
    return Counted(_commonest(Counter(row[column] for row in rows if column < len(row))), False)


def _commonest(counts: Counter[str]) -> list[tuple[str, int]]:
    """Values as a fix names them; empty cells are none."""
    merged: Counter[str] = Counter()
    for written, count in counts.items():
        bare = written.strip()
        if bare not in EMPTY_MARKS:
            merged[shown(bare)] += count
    return sorted(merged.items(), key=lambda one: (-one[1], one[0]))
