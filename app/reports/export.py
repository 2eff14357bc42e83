"""A table as a file: CSV for programs, CSV for spreadsheets, XLSX. Pure: rows come in, bytes go out.

Invariants: the machine's CSV is exact; in the other two nothing that strangers wrote is ever computed, and a phone
number stays what it was. Times are ISO 8601 in UTC for programs.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import xlsxwriter

from app.leads.spreadsheet_cells import safe_cell

Cell = str | int | Decimal | date | datetime | None

MACHINE, SHEET, XLSX = "csv", "sheet-csv", "xlsx"
KINDS = {
    MACHINE: ("text/csv; charset=utf-8", "csv"),
    SHEET: ("text/csv; charset=utf-8", "csv"),
    XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
"""Kind of file → media type and the ending of its name."""

_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Table:
    """Column heads and rows of as many cells; amounts are Decimal in major units, beside a currency column."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def write(table: Table, kind: str) -> bytes:
    """The file of a kind of `KINDS`. Raises `KeyError` for another."""
    return {MACHINE: _machine, SHEET: _sheet, XLSX: _xlsx}[kind](table)


def _machine(table: Table) -> bytes:
    return _csv(table.head, ([_exact(cell) for cell in row] for row in table.rows), ",").encode()


def _sheet(table: Table) -> bytes:
    rows = ([safe_cell(_exact(cell)) for cell in row] for row in table.rows)
    # a byte order mark and semicolons: what spreadsheets of our countries open without asking
    return _csv([safe_cell(word) for word in table.head], rows, ";").encode("utf-8-sig")


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return written.getvalue()


def _exact(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _xlsx(table: Table) -> bytes:
    written = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": False,
    }
    book = xlsxwriter.Workbook(written, options)
    sheet = book.add_worksheet(table.name[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    amount = book.add_format({"num_format": "#,##0.00"})
    for column, word in enumerate(table.head):
        sheet.set_column(column, column, min(max(len(word) + 2, 12), _WIDEST))
        sheet.write_string(0, column, word, bold)
    for number, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell.astimezone(UTC).replace(tzinfo=None), moment)
            elif isinstance(cell, int | Decimal):
                sheet.write_number(number, column, cell, amount if isinstance(cell, Decimal) else None)
            elif cell is not None:
                sheet.write_string(number, column, _exact(cell))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, 0, max(len(table.head) - 1, 0))
    book.close()
    return written.getvalue()
