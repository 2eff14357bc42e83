"""Workbooks: XLSX, XLS and ODS, read by calamine, a sheet's rows as text with their numbers.

Invariant: a packed workbook is opened only after `workbook_check` has unpacked and counted it; the memory a reader may
take is bounded by the bytes it was given.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.leads.files.cell_text import texts_of
from app.leads.files.child_limits import limit_memory
from app.leads.files.headings import Numbered
from app.leads.files.kinds import (
    DAMAGED,
    LOCKED,
    DamagedFile,
    EmptyFile,
    LockedFile,
    WishNotPossible,
    refuse_other_compounds,
)
from app.leads.files.layout import (
    EXPLAINS,
    LONGEST_CELL,
    ODS,
    XLS,
    XLSX,
    BrokenRow,
    Layout,
    Line,
    Row,
    Wishes,
)
from app.leads.files.look import EMPTY, Look, look_at_table
from app.leads.files.unpacking import Meter, unzipped
from app.leads.files.workbook_check import Checked, Extent, check_ods, check_xlsx
from tenants.language import N_

_SPREADSHEETS = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)
_LONGEST_MIMETYPE = 1000
_LOOKED_AT = 60
_FREE_MEMORY = 88 * 1024 * 1024
_MEMORY_A_BYTE = {XLSX: 5, ODS: 5, XLS: 14}


def kind_of(archive: BinaryIO, parts: list[zipfile.ZipInfo]) -> str | None:
    """Which workbook a ZIP file is; None when it is none."""
    names = {part.filename for part in parts}
    if "xl/workbook.xml" in map(str.lower, names):
        return XLSX
    if "content.xml" in names and "mimetype" in names:
        told = next(part for part in parts if part.filename == "mimetype")
        mimetype = b"".join(unzipped(archive, told, Meter(_LONGEST_MIMETYPE)))
        return ODS if mimetype.strip() in _SPREADSHEETS else None
    return None


class Workbook:
    """An opened workbook: its sheets, which of them a table is likely in, and their rows."""

    def __init__(self, file: BinaryIO, kind: str, parts: list[zipfile.ZipInfo]) -> None:
        file.seek(0, 2)
        size = file.tell()
        self._kind = kind
        self._checked = Checked(size)
        if kind == XLSX:
            self._checked = check_xlsx(file, parts)
        elif kind == ODS:
            self._checked = check_ods(file, parts)
        limit_memory(_FREE_MEMORY + size + _MEMORY_A_BYTE[kind] * self._checked.unpacked)
        file.seek(0)
        try:
            self._book = CalamineWorkbook.from_filelike(file)
        except PasswordError:
            raise LockedFile(LOCKED) from None
        except (CalamineError, ValueError, OSError):
            if kind == XLS:
                file.seek(0)
                refuse_other_compounds(file.read())
            raise DamagedFile(DAMAGED) from None
        sheets = [one for one in self._book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        self._names = tuple(one.name for one in sheets)
        self._shown = [one.name for one in sheets if one.visible == SheetVisibleEnum.Visible]

    def look(self, wishes: Wishes) -> Look:
        """A look at the sheet that is wished for, else at the visible one with the most rows. Raises a `BadFile`."""
        sheet = self._chosen(wishes.sheet)
        table: list[Numbered] = list(islice(self._rows(sheet), _LOOKED_AT))
        if not table:
            raise EmptyFile(EMPTY)
        is_whole = len(table) < _LOOKED_AT
        layout = Layout(
            self._kind, sheet=sheet, sheets=self._names, unsaved_formulas=self._extent(sheet).unsaved
        )
        look = look_at_table(layout, table, wishes, is_whole)
        return replace(look, sure={"encoding": 100, "delimiter": 100, **look.sure})

    def lines(self, layout: Layout) -> Iterator[list[Line]]:
        """All rows of the layout's sheet that hold something, some at a time. Raises a `BadFile`."""
        rows = self._rows(self._chosen(layout.sheet))
        while block := [(number, _row(cells, layout.width)) for number, cells in islice(rows, 1000)]:
            yield block

    def _chosen(self, wish: str | None) -> str:
        if wish is None:
            shown = self._shown or list(self._names)
            candidates = [name for name in shown if not name.startswith(EXPLAINS)] or shown
            if not candidates:
                raise EmptyFile(EMPTY)
            return max(candidates, key=self._height)
        if wish not in self._names:
            raise WishNotPossible(N_("The workbook has no sheet “%(wish)s”."), wish=wish[:60])
        return wish

    def _height(self, name: str) -> int:
        return self._extent(name).rows if self._kind != XLS else self._sheet(name).height

    def _extent(self, name: str) -> Extent:
        return self._checked.extents.get(self._key(name), Extent())

    def _key(self, name: str) -> str:
        return name if self._kind == XLSX else str(self._names.index(name))

    def _sheet(self, name: str) -> CalamineSheet:
        try:
            return self._book.get_sheet_by_name(name)
        except (CalamineError, ValueError, OSError):
            raise DamagedFile(DAMAGED) from None

    def _rows(self, name: str) -> Iterator[Numbered]:
        self._extent(name).demand_sane()
        sheet = self._sheet(name)
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if cells.count("") < len(cells) and "".join(found := texts_of(cells)).strip():
                yield number, found


def _row(cells: list[str], width: int) -> Row:
    if max(map(len, cells)) > LONGEST_CELL:
        cut = tuple(cell[:LONGEST_CELL] for cell in cells)
        return BrokenRow("cell_too_long", {"limit": LONGEST_CELL}, cut)
    if len(cells) < width:
        return cells + [""] * (width - len(cells))
    if len(cells) > width and "".join(cells[width:]).strip():
        return BrokenRow("long_row", {"found": len(cells), "expected": width}, tuple(cells))
    return cells[:width]
