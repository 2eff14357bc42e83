"""How a file of leads is laid out, what a person may wish instead, and what its rows are.

Invariant: a layout is plain data and comes back from jsonb as it was; the same bytes under the same layout give the
same rows in the same order, so that a check can be resumed at any row.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
LONGEST_CELL = 32 * 1024
LONGEST_RECORD = 1024 * 1024
LARGEST_FILE = 200 * 1024 * 1024
LARGEST_UNPACKED_TEXT = 400 * 1024 * 1024
LARGEST_ARCHIVE = 100 * 1024 * 1024
LARGEST_WORKBOOK = 20 * 1024 * 1024
LARGEST_UNPACKED_WORKBOOK = 200 * 1024 * 1024
MOST_EXPANSION = 100
"""How many bytes a packed one may become."""

EXPLAINS = "ℹ"
"""A sheet whose name begins so explains a template and holds no leads."""

USUAL_DELIMITERS = (";", ",", "\t", "|")
RARE_DELIMITERS = (":", "^", "~", "#")
"""Marks that mostly stand within cells."""
DELIMITERS = (*USUAL_DELIMITERS, *RARE_DELIMITERS)
QUOTES = ('"', "'", "")

CSV, XLSX, XLS, ODS = "csv", "xlsx", "xls", "ods"
PLAIN, GZIP, ZIP = "", "gzip", "zip"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person chose instead of what was detected; None means: detect it."""

    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    """"" when quotation marks mean nothing."""
    sheet: str | None = None
    header_row: int | None = None
    """The line or sheet row of the heading; 0 when the table has none."""
    header_rows: int | None = None
    """1 or 2: a heading of two rows is joined as "Group / Name"."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read. What does not apply to its kind is empty."""

    kind: str
    packing: str = ""
    encoding: str = ""
    delimiter: str = ""
    quotechar: str = ""
    escape: str = ""
    """A backslash where the writer put one before a quotation mark instead of doubling it."""
    is_spaced: bool = False
    """Blanks after a delimiter belong to it: `a, "b, c"`."""
    is_wrapped: bool = False
    """Whole lines were framed once more, as Excel does to a table whose delimiter it does not know."""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_row: int = 0
    header_rows: int = 0
    width: int = 0
    headers: tuple[str, ...] = ()
    unsaved_formulas: int = 0
    """Cells of the sheet whose formulas were saved without what they came to: they are read as empty."""

    def as_json(self) -> dict[str, Any]:
        """The layout as a batch remembers it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Layout":
        """The layout a batch remembers, as `as_json` gave it."""
        return cls(**{**stored, "sheets": tuple(stored["sheets"]), "headers": tuple(stored["headers"])})


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A record that is no row of the table, and why; `cells` holds what could be read of it."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    cells: tuple[str, ...] = ()


Row = list[str] | BrokenRow
Line = tuple[int, Row]
"""A row with the line of the file, or the row of the sheet, where it begins."""


def without_empty_tail(cells: list[str]) -> list[str]:
    """The cells up to the last one that holds something, at least one."""
    end = len(cells)
    while end > 1 and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
