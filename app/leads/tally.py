"""How often each value stands in each column of an uploaded file, and in which order its dates are written: counted once,
while the file is read.

Invariant: a column is either counted over the whole file or not at all; the order of dates is told from every row of a
column of dates, however many differ. Memory has a bound whatever the file holds. The counts stand in the database only
sealed, and go with the file.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

import orjson

from app.leads import date_orders
from app.leads.cells import EMPTY_MARKS
from app.leads.date_orders import PREFIX, Proof
from app.leads.files.layout import BrokenRow, Line
from app.leads.problems import shown

FIELD = "tally"
"""The field name it is sealed under."""
MOST_DIFFERENT = 10_000
"""Different values of one column that are counted: beyond them it is no closed list."""
MOST_IN_ALL = 120_000
"""Different values of all columns together; then the columns with most of them are given up."""

_BEGINNING = itemgetter(slice(PREFIX))
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
        self._dates: list[Proof | None] = [None] * width

    def add(self, lines: Iterable[Line]) -> None:
        """Count some rows more; a row that is too short or broken counts nowhere."""
        width = len(self._columns)
        rows = [row for _, row in lines if not isinstance(row, BrokenRow) and len(row) >= width]
        for place, cells in enumerate(islice(zip(*rows, strict=False), width)):
            counts = self._columns[place]
            if counts is not None:
                counts.update(cells)
                if len(counts) > MOST_DIFFERENT:
                    self._give_up(place)
            elif (known := self._dates[place]) is not None:
                begun = Counter(map(_BEGINNING, cells))
                self._dates[place] = known + date_orders.proof(begun.items(), is_whole=True)
        while sum(map(len, filter(None, self._columns))) > MOST_IN_ALL:
            self._give_up(max(range(width), key=self._size))

    def proofs(self) -> list[Proof]:
        """By column what its dates prove of their order."""
        return [
            date_orders.proof(counts.items(), is_whole=True) if counts is not None else known or Proof()
            for counts, known in zip(self._columns, self._dates, strict=True)
        ]

    def packed(self) -> bytes:
        """For sealing: by column its values, the commonest first, null where there were too many; and its dates."""
        columns = [None if one is None else _commonest(one) for one in self._columns]
        dates = [(one.day, one.month, one.either) for one in self.proofs()]
        return orjson.dumps({"columns": columns, "dates": dates})

    def _give_up(self, place: int) -> None:
        """Count the values of a column no more; if they are dates, the order of what follows still tells."""
        counts, self._columns[place] = self._columns[place] or Counter(), None
        if date_orders.are_dates(counts):
            self._dates[place] = date_orders.proof(counts.items(), is_whole=True)

    def _size(self, place: int) -> int:
        return len(self._columns[place] or ())


def unpacked(packed: bytes) -> Columns:
    """As `Tally.packed` wrote it."""
    found = orjson.loads(packed)
    columns: Columns = found["columns"] if isinstance(found, dict) else found
    return columns


def unpacked_proofs(packed: bytes) -> list[Proof]:
    """By column what its dates prove, as `Tally.packed` wrote it; empty for a file that was counted without it."""
    found = orjson.loads(packed)
    dates = found["dates"] if isinstance(found, dict) else []
    return [Proof(day, month, either, True) for day, month, either in dates]


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
