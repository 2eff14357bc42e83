"""The rows of a suppression file read into entries, and into reasons where there is none. Pure.

Invariants: every part of every cell that is read is an entry or is refused with its line, its column and a reason; what
stood there goes no further. A column is passed over only when the first rows show that it holds something else and
another column holds entries. A first row that names columns is their heading, neither entry nor refused.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from app.leads import phones
from app.leads.files.decoding import SHOWN_BROKEN
from app.leads.files.layout import BrokenRow, Line, Row
from app.leads.suppression_forms import LONGEST, read_entry
from tenants.crypto import Vault
from tenants.language import N_

SAMPLE_ROWS = 2_000
SHOWN_REFUSED = 50
REASONS = {
    "too_long": N_("Too long for a phone, an e-mail or a hash."),
    "domain": N_("Begins like a mail domain and is none."),
    "email": N_("Not an e-mail address."),
    "hash": N_("A hash of another kind: only MD5 and SHA-256 are read."),
    "rounded": N_("A spreadsheet has rounded this number; its digits are lost."),
    "phone": N_("Not a phone number that exists."),
    "unknown": N_("Neither a phone, an e-mail, an @domain nor a hash."),
    "undecodable_bytes": N_("It holds bytes that are no letters."),
    "unreadable_row": N_("The line cannot be read as a row: a quotation mark is open, or it is too long."),
}
"""Code → why something is no entry."""

_PARTS = re.compile(r"[,;\t|\r\n]")
_HEX = re.compile(r"[0-9a-fA-F]{20,}\Z")
_DIGIT = re.compile(r"\d")
_FEWEST_DIGITS = 4
_STILL_CELLS = ("short_row", "long_row", "undecodable_bytes")

Refused = tuple[int, int, str]
"""Line, column (both from 1), code."""


@dataclass(slots=True)
class ReadRows:
    """Some rows: the keyed hashes of their entries with the ways they came in, and what was refused."""

    found: list[tuple[bytes, int]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    first_refused: list[Refused] = field(default_factory=list)

    def refuse(self, line: int, column: int, code: str) -> None:
        """Something is no entry."""
        self.reasons[code] += 1
        if len(self.first_refused) < SHOWN_REFUSED:
            self.first_refused.append((line, column, code))


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads the rows of one file: with which key, where a number without a prefix is from, which columns not."""

    vault: Vault
    country: str
    passed_over: Collection[int] = ()

    def read(self, lines: Sequence[Line], *, is_start: bool) -> ReadRows:
        """Rows of the file in its order; `is_start`: its first row is among them."""
        done = ReadRows()
        for place, (line, row) in enumerate(lines):
            cells = _cells(row)
            if cells is None:
                done.refuse(line, 1, "unreadable_row")
            elif not (is_start and place == 0 and self._is_heading(cells)):
                self._read_row(done, line, cells)
        return done

    def _read_row(self, done: ReadRows, line: int, row: Sequence[str]) -> None:
        for column, cell in enumerate(row):
            if column in self.passed_over:
                continue
            for part in parts(cell):
                entry = read_entry(self.vault, part, self.country)
                if entry is None:
                    done.refuse(line, column + 1, reason(part))
                else:
                    done.found.append(entry)

    def _is_heading(self, row: Sequence[str]) -> bool:
        return not any("@" in cell or _is_number(cell) or self._holds_entry(cell) for cell in row)

    def columns_without(self, lines: Sequence[Line]) -> list[int]:
        """The columns that hold something else, by the first rows of the file; none when no column holds entries."""
        filled: Counter[int] = Counter()
        held: Counter[int] = Counter()
        rows = [cells for _, row in lines[:SAMPLE_ROWS] if (cells := _cells(row)) is not None]
        for row in rows[1:] if rows and self._is_heading(rows[0]) else rows:
            for column, cell in enumerate(row):
                if cell.strip():
                    filled[column] += 1
                    held[column] += self._holds_entry(cell)
        if not any(2 * held[column] >= filled[column] for column in filled):
            return []
        return sorted(column for column in filled if 2 * held[column] < filled[column])

    def _holds_entry(self, cell: str) -> bool:
        return any(read_entry(self.vault, part, self.country) for part in parts(cell))


def parts(cell: str) -> list[str]:
    """What a cell holds: mostly one entry, sometimes several."""
    bare = cell.strip()
    if bare.isalnum() or phones.is_rounded(bare):
        return [bare]
    return [part for one in _PARTS.split(bare) if (part := one.strip())]


def reason(written: str) -> str:
    """The code of why this is no entry."""
    bare = written.strip("\"' ")
    if SHOWN_BROKEN in bare:
        return "undecodable_bytes"
    if len(bare) > LONGEST:
        return "too_long"
    if bare.startswith("@"):
        return "domain"
    if "@" in bare:
        return "email"
    if phones.is_rounded(bare):
        return "rounded"
    if _HEX.match(bare) and not bare.isdecimal():
        return "hash"
    return "phone" if _is_number(bare) else "unknown"


def _cells(row: Row) -> Sequence[str] | None:
    """The cells of a row, however many; None for a line that is no row."""
    if isinstance(row, BrokenRow):
        return row.cells if row.code in _STILL_CELLS else None
    return row


def _is_number(written: str) -> bool:
    return len(_DIGIT.findall(written)) >= _FEWEST_DIGITS
