"""A packed workbook before any reader opens it: unpacked part by part, counted, and looked through for harm.

Invariant: a part that declares entities, lies about its size or places a cell absurdly far out is refused here; what
passes fills no more memory than its own bytes justify.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree

from app.leads.files.kinds import (
    DAMAGED,
    DECLARES,
    LOCKED,
    DamagedFile,
    HarmfulFile,
    LockedFile,
    TooManyColumns,
    TooManyRows,
)
from app.leads.files.layout import LARGEST_UNPACKED_WORKBOOK, MOST_COLUMNS
from app.leads.files.unpacking import Meter, unzipped
from tenants.language import N_

_MOST_EMPTY_CELLS = 3_000_000
_SPARSEST = 10
"""A sheet may be this many times larger than its filled cells."""
_LARGEST_INDEX = 2 * 1024 * 1024
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL = re.compile(rb"<(?:\w+:)?c(?:\s[^<>]*?)??\sr\s*=\s*[\"']([A-Za-z]{1,8})(\d{1,9})[\"'][^<>]*(?<!/)>")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c(?:\s[^<>]*)?(?<!/)>")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>]")
_ORDINARY_ROW = re.compile(rb'<row r="(\d{1,9})"')
_ORDINARY_COLUMN = re.compile(rb'<c r="([A-Z]{1,8})')
_ROW_NUMBER = re.compile(rb"<(?:\w+:)?row(?:\s[^<>]*?)??\sr\s*=\s*[\"'](\d{1,9})[\"']")
# an empty text (t="str") is a result too
_UNSAVED = re.compile(
    rb"<c(?![^<>]*\bt=\"str\")[^<>]*+>\s*+<f(?:[^<>]*/>|[^<>]*+>[^<]*+</f>)\s*+(?:<v\s*+/>|<v>\s*+</v>)?+\s*+</c>"
)
_TABLE_PART = re.compile(rb"<table:(?:(table|table-row)(?=[\s>/])|(?:covered-)?table-cell)([^<>]*?)(/?)>")
_REPEATED = re.compile(rb"number-(?:columns|rows)-repeated\s*=\s*[\"'](\d{1,9})")


@dataclass(slots=True)
class Extent:
    """How far the filled cells of a sheet reach."""

    first_row: int = 1 << 60
    last_row: int = 0
    first_column: int = 1 << 60
    last_column: int = 0
    filled: int = 0
    unsaved: int = 0
    """Cells that hold a formula and not what it came to: nothing can be read in them."""

    @property
    def rows(self) -> int:
        """How many rows lie between the first filled cell and the last."""
        return max(0, self.last_row - self.first_row + 1)

    def stretch(self, row: int, column: int) -> None:
        """A filled cell is here."""
        self.first_row, self.last_row = min(self.first_row, row), max(self.last_row, row)
        self.first_column = min(self.first_column, column)
        self.last_column = max(self.last_column, column)

    def demand_sane(self) -> None:
        """Raises `TooManyColumns` or `TooManyRows` when reading the sheet would take memory for emptiness."""
        columns = self.last_column - self.first_column + 1
        if self.filled and columns > MOST_COLUMNS:
            raise TooManyColumns(
                N_("The table has %(found)s columns; at most %(limit)s can be read."),
                found=columns,
                limit=MOST_COLUMNS,
            )
        if self.rows * columns > max(_MOST_EMPTY_CELLS, _SPARSEST * self.filled):
            raise TooManyRows(
                N_(
                    "The sheet reaches down to row %(found)s but is almost empty. Delete the stray cells and save it."
                ),
                found=self.last_row,
            )


@dataclass(slots=True)
class Checked:
    """A workbook that may be opened: how large it is unpacked, and how far each sheet reaches, by name."""

    unpacked: int = 0
    extents: dict[str, Extent] = field(default_factory=dict)


def check_xlsx(archive: BinaryIO, parts: list[zipfile.ZipInfo]) -> Checked:
    """Unpack and look through every part of an XLSX. Raises a `BadFile`."""
    meter, extents, index = Meter(LARGEST_UNPACKED_WORKBOOK), {}, {}
    for part in parts:
        name = part.filename.lower()  # readers do not mind the case, so the check must not
        sheet = _SheetScan() if name.startswith("xl/worksheets/") and name.endswith(".xml") else None
        is_index = name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        text = _looked_through(archive, part, meter, sheet, is_index=is_index)
        if sheet is not None:
            extents[name] = sheet.extent()
        if is_index:
            index[name] = text
    return Checked(
        meter.unpacked, {sheet: extents.get(path, Extent()) for sheet, path in _sheets(index).items()}
    )


def check_ods(archive: BinaryIO, parts: list[zipfile.ZipInfo]) -> Checked:
    """Unpack and look through every part of an ODS. Raises a `BadFile`."""
    meter, tables = Meter(LARGEST_UNPACKED_WORKBOOK), _TablesScan()
    for part in parts:
        scan = tables if part.filename == "content.xml" else None
        is_index = part.filename == "META-INF/manifest.xml"
        if b"encryption-data" in _looked_through(archive, part, meter, scan, is_index=is_index):
            raise LockedFile(LOCKED)
    return Checked(meter.unpacked, {str(place): one for place, one in enumerate(tables.extents)})


def _looked_through(
    archive: BinaryIO,
    part: zipfile.ZipInfo,
    meter: Meter,
    scan: "_SheetScan | _TablesScan | None",
    *,
    is_index: bool,
) -> bytes:
    """Unpacks one part; gives its text when it is an index."""
    kept, rest, is_xml = b"", b"", part.filename.lower().endswith((".xml", ".rels"))
    for piece in unzipped(archive, part, meter):
        if not is_xml:
            continue
        text = rest + piece
        if _DECLARES.search(text):
            raise HarmfulFile(DECLARES)
        cut = text.rfind(b">") + 1
        if cut and scan is not None:
            scan.read(text[:cut])
        rest = text[cut:] if len(text) - cut < meter.limit // 100 else text[-16:]
        if is_index and len(kept) < _LARGEST_INDEX:
            kept += piece
    return kept


class _SheetScan:
    """Where the filled cells of one XLSX sheet lie."""

    def __init__(self) -> None:
        self._extent = Extent()
        self._columns: set[bytes] = set()
        self._bare = self._in_row = self._widest = self._rows = 0

    def read(self, text: bytes) -> None:
        if b"<f" in text:
            self._extent.unsaved += len(_UNSAVED.findall(text))
        if self._bare or not self._read_ordinary(text):
            self._read_exactly(text)

    def _read_ordinary(self, text: bytes) -> bool:
        """The quick way, when every cell and row is written as Excel writes them and rows are filled."""
        rows, cells = text.count(b"<row "), text.count(b"<c ")
        if (
            cells != text.count(b'<c r="')
            or b"<c>" in text
            or b":c " in text
            or b":row" in text
            or b"<row>" in text
        ):
            return False
        values = text.count(b"<v>") + text.count(b"<v ") + text.count(b"<is>")
        numbers = set(map(int, _ORDINARY_ROW.findall(text)))
        columns = set(_ORDINARY_COLUMN.findall(text))
        is_narrow = all(_column(one) <= MOST_COLUMNS for one in columns)
        if len(numbers) != rows or values < rows or not is_narrow:
            return False
        self._extent.filled += values
        self._columns.update(columns)
        self._rows += rows
        for number in (min(numbers), max(numbers)) if numbers else ():
            self._extent.stretch(number, 1)
        return True

    def _read_exactly(self, text: bytes) -> None:
        found = _CELL.findall(text)
        bare = len(_ANY_CELL.findall(text)) - len(found)
        self._extent.filled += len(found) + max(0, bare)
        if found:
            columns, rows = zip(*found, strict=True)
            self._columns.update(columns)
            numbers = set(map(int, set(rows)))
            self._extent.stretch(min(numbers), 1)
            self._extent.stretch(max(numbers), 1)
        self._rows += len(_ROW.findall(text))
        if bare > 0 or self._bare:
            self._bare += bare
            self._count_bare(text)

    def _count_bare(self, text: bytes) -> None:
        """Cells without an address stand one after another."""
        for number in map(int, _ROW_NUMBER.findall(text)):
            self._extent.stretch(number, 1)
        first, *others = _ROW.split(text)
        self._in_row += len(_ANY_CELL.findall(first))
        for row in others:
            self._widest = max(self._widest, self._in_row)
            self._in_row = len(_ANY_CELL.findall(row))
        self._widest = max(self._widest, self._in_row)

    def extent(self) -> Extent:
        extent = self._extent
        places = [_column(letters) for letters in self._columns] or [1]
        extent.first_column, extent.last_column = min(places), max(places)
        if self._bare:
            extent.first_column = 1
            extent.last_column = max(extent.last_column, self._widest)
            extent.stretch(1, 1)
            extent.stretch(self._rows, 1)
        return extent


class _TablesScan:
    """Where the filled cells of each table of an ODS lie; repeated cells count as often as they are repeated."""

    def __init__(self) -> None:
        self.extents: list[Extent] = []
        self._row = self._column = 0
        self._next_row = 1

    def read(self, text: bytes) -> None:
        for kind, attributes, is_closed in _TABLE_PART.findall(text):
            told = _REPEATED.search(attributes)
            times = max(1, int(told[1])) if told else 1
            if kind == b"table":
                self.extents.append(Extent())
                self._next_row = 1
            elif kind:
                self._row, self._next_row, self._column = self._next_row, self._next_row + times, 0
            else:
                self._column += times
                if not is_closed and self.extents:
                    self._fill(times)

    def _fill(self, times: int) -> None:
        extent = self.extents[-1]
        extent.filled += 1
        extent.stretch(self._row, self._column - times + 1)
        extent.stretch(self._next_row - 1, self._column)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _sheets(index: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each sheet by the sheet's name."""
    try:
        book = ElementTree.fromstring(index.get("xl/workbook.xml", b""))  # noqa: S314 (it declares nothing)
        links = ElementTree.fromstring(index.get("xl/_rels/workbook.xml.rels", b""))  # noqa: S314
    except ElementTree.ParseError:
        raise DamagedFile(DAMAGED) from None
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
            target = targets.get(link, "")
            path = target.replace("\\", "/").lower()
            found[sheet.get("name", "")] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
    return found
