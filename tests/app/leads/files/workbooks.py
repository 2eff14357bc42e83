"""Workbooks and archives made by hand, honest and dishonest."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TABLE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
Cells = Sequence[Sequence[Any]]


def xlsx(sheets: Mapping[str, Cells], *, hidden: Sequence[str] = (), **options: Any) -> bytes:
    """A workbook; a `datetime` is a date cell, a text that begins with "=" a formula."""
    import xlsxwriter  # here, so that a process that measures memory stays small

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    moment, day = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd hh:mm:ss", "dd.mm.yyyy"))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
                    sheet.write_datetime(row, column, cell, day if is_day else moment)
                elif isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(row, column, cell, None, "#N/A")
                elif cell is not None:
                    sheet.write(row, column, cell)
    book.close()
    return out.getvalue()


def xls(sheets: Mapping[str, Cells]) -> bytes:
    """A workbook of before 2007."""
    import xlwt

    out, book = io.BytesIO(), xlwt.Workbook()
    moment = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(row, column, cell, *([moment] if isinstance(cell, datetime) else []))
    book.save(out)
    return out.getvalue()


def ods(content: str, *, prolog: str = "") -> bytes:
    """A spreadsheet whose tables are given as XML."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<office:document-content {TABLE}><office:body>'
        f"<office:spreadsheet>{content}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": body})


def ods_cell(value: str, kind: str = "string", more: str = "") -> str:
    """One cell of an ODS table."""
    told = "" if kind == "string" else f' office:{"date-value" if kind == "date" else "value"}="{value}"'
    return f'<table:table-cell office:value-type="{kind}"{told} {more}><text:p>{value}</text:p></table:table-cell>'


def zipped(parts: Mapping[str, str | bytes], *, is_stored: bool = False) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def raw_xlsx(sheet: str, *, prolog: str = "", strings: str | None = None, before: str = "") -> bytes:
    """An XLSX whose only sheet is given as XML; `prolog` goes into the workbook part, `before` into the sheet's."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{LINKS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?>{prolog}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData>{sheet}'
        "</sheetData></worksheet>",
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = f'<?xml version="1.0"?><sst xmlns="{MAIN}">{strings}</sst>'
    return zipped(parts)


def renamed(archive: bytes, name_of: Callable[[str], str]) -> bytes:
    """The archive with its parts under other names."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return zipped({name_of(name): opened.read(name) for name in opened.namelist()})


def compound(stream: str) -> bytes:
    """The first sectors of an OLE file: its header and a directory that names one stream."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00")
    return header + b"".join(name.encode("utf-16-le").ljust(128, b"\x00") for name in ("Root Entry", stream))


def with_lie(archive: bytes, name: str, size: int) -> bytes:
    """The archive with another unpacked size claimed for one part, in both of its headers."""
    data = bytearray(archive)
    for mark, size_at, length_at, name_at in ((b"PK\x03\x04", 22, 26, 30), (b"PK\x01\x02", 24, 28, 46)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            (length,) = struct.unpack_from("<H", data, place + length_at)
            if data[place + name_at : place + name_at + length] == name.encode():
                struct.pack_into("<I", data, place + size_at, size)
    return bytes(data)


def locked(archive: bytes) -> bytes:
    """The archive with the mark of encryption on every part."""
    data = bytearray(archive)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + at] |= 1
    return bytes(data)


def with_link(target: str) -> bytes:
    """An archive whose only entry is a symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("leads.csv")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, target)
    return out.getvalue()
