"""Files made to harm whoever reads them, made by code as pieces of bytes."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator

from tests.app.leads.files import workbooks as books
from tests.app.leads.files.workbooks import ods, ods_cell, raw_xlsx, xls, zipped

MB = 1024 * 1024
MANY_COLUMNS = 'table:number-columns-repeated="900000000"'
CELL = '<c r="{}"><v>1</v></c>'
BOMB = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip


def _zeros(count: int) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("leads.csv", "w", force_zip64=True) as part,
    ):
        for _ in range(count):
            part.write(b"0" * MB)
    return out.getvalue()


def _gzipped(count: int) -> Iterator[bytes]:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        packed.write(b"name,phone\n")
        for _ in range(count):
            packed.write(b"x" * MB)
    yield out.getvalue()


def _one_cell() -> Iterator[bytes]:
    yield b"name,phone\n"
    for _ in range(1024):
        yield b"x" * MB


def _open_quote() -> Iterator[bytes]:
    yield b'name,phone\n"never closed,1\n'
    for _ in range(100):
        yield (b"Olena,0671234567," + b" " * 1005 + b"\n") * 1000


def _circles() -> Iterator[bytes]:
    yield b"name,phone\n"
    for _ in range(40):
        yield b'a","\n' * 50_000


def _wide() -> str:
    return "".join(CELL.format(f"{_letters(column)}1") for column in range(16_384))


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _bare_wide() -> str:
    return "<row>" + "<c><v>1</v></c>" * 16_384 + "</row>"


def _far() -> str:
    return f'<row r="1">{CELL.format("A1")}</row><row r="1048576">{CELL.format("XFD1048576")}</row>'


def _hidden_far() -> str:
    """Addresses where a careless look does not see them."""
    return f'<row r="1">{CELL.format("A1")}</row><row r="1048576"><c s=">" r="XFD1048576"><v>1</v></c></row>'


def _lying() -> bytes:
    book = zipped({"a.csv": "name,phone\n" + "Olena,0671234567\n" * 900_000})
    return books.with_lie(book, "a.csv", 100)


def _table(rows: str) -> bytes:
    return ods(f'<table:table table:name="A">{rows}</table:table>')


def _one(data: Callable[[], bytes]) -> Callable[[], Iterable[bytes]]:
    return lambda: [data()]


Made = Callable[[], Iterable[bytes]]
REFUSED: dict[str, tuple[Made, str]] = {
    "zip bomb": (_one(lambda: _zeros(600)), "harmful_file"),
    "gzip bomb": (lambda: _gzipped(600), "harmful_file"),
    "nested zip": (_one(lambda: zipped({"a.zip": zipped({"b.zip": _zeros(50)})})), "nested_archive"),
    "XLSX that laughs": (_one(lambda: raw_xlsx("", before=BOMB)), "harmful_file"),
    "workbook part that laughs": (_one(lambda: raw_xlsx("", prolog=BOMB)), "harmful_file"),
    "ODS that laughs": (_one(lambda: ods("", prolog=BOMB)), "harmful_file"),
    "external entity": (
        _one(lambda: raw_xlsx("", before='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>')),
        "harmful_file",
    ),
    "shared strings bomb": (
        _one(lambda: raw_xlsx("", strings=f"<si><t>{'a' * 150 * MB}</t></si>")),
        "harmful_file",
    ),
    "first and last cell": (_one(lambda: raw_xlsx(_far())), "too_many_columns"),
    "last row only": (
        _one(lambda: raw_xlsx(_far().replace("XFD1048576", "J1048576"))),
        "too_many_rows",
    ),
    "last cell, hidden from a look": (_one(lambda: raw_xlsx(_hidden_far())), "unreadable_file"),
    "16,384 columns": (_one(lambda: raw_xlsx(f'<row r="1">{_wide()}</row>')), "too_many_columns"),
    "16,384 columns without addresses": (_one(lambda: raw_xlsx(_bare_wide())), "too_many_columns"),
    "16,384 columns of CSV": (lambda: [b",".join([b"name"] * 16_384) + b"\n"] * 3, "too_many_columns"),
    "ODS that repeats a cell": (
        _one(lambda: _table(f"<table:table-row>{ods_cell('a', 'string', MANY_COLUMNS)}</table:table-row>")),
        "too_many_columns",
    ),
    "ODS that repeats a row": (
        _one(lambda: _table(f'<table:table-row table:number-rows-repeated="900000000">{ods_cell("a")}</table:table-row>')),
        "too_many_rows",
    ),
    "XLS with its first and last cell": (
        _one(lambda: xls({"A": [[1], *[[]] * 65_534, [*[None] * 255, 1]]})),
        "unreadable_file",
    ),
    "a cell of 1 GB (a stream)": (_one_cell, "file_too_large"),
    "a cell of 1 GB in gzip": (lambda: _gzipped(1024), "harmful_file"),
    "rows: a cell of 1 GB (a stream)": (_one_cell, "file_too_large"),
    "rows: reading in circles (a stream)": (_circles, "broken_quotes"),
    "sizes that lie": (_one(_lying), "harmful_file"),
    "a link": (_one(lambda: books.with_link("/etc/passwd")), "harmful_file"),
}  # fmt: skip
DEFUSED: dict[str, Made] = {
    "a quote never closed over 100 MB (a stream)": _open_quote,
    "NUL and direction marks": lambda: ["name,phone\nO\u202elena\x00,0671234567\n".encode() * 50],
    "a name that climbs": _one(lambda: zipped({"../../../etc/cron.d/x": "name,phone\nOlena,0671234567\n"})),
}
HOSTILE: dict[str, Made] = {name: made for name, (made, _) in REFUSED.items()} | DEFUSED
