"""The reading process: takes a wish or a layout and the bytes of a file on its standard input, and tells what it read.

Invariant: it says exactly one last word (a look, "done" or a refusal); whatever else happens to it is seen by
`sandbox` as a refusal too. It imports nothing that knows a database or a key.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import IO, Any, BinaryIO, cast

import orjson

from app.leads.files import unpacking
from app.leads.files.child_limits import shut_in
from app.leads.files.csv_records import read_records
from app.leads.files.kinds import (
    GZIPPED,
    OLE,
    UNREADABLE,
    ZIPPED,
    BadFile,
    FileTooLarge,
    TooManyRows,
    UnreadableFile,
    refuse_other_binaries,
    refuse_other_packages,
)
from app.leads.files.layout import (
    GZIP,
    LARGEST_ARCHIVE,
    LARGEST_WORKBOOK,
    MOST_ROWS,
    PLAIN,
    XLS,
    ZIP,
    BrokenRow,
    Layout,
    Line,
    Wishes,
)
from app.leads.files.look import HEAD_BYTES, Look, look_at_text
from app.leads.files.workbook import Workbook, kind_of
from tenants.language import N_

_PIECE = 256 * 1024
_MOST_PIECES = 8
"""A block never holds more of the file than this, however long its rows are."""
_TOO_LARGE = N_("The file is larger than %(limit)s MB. Split it and upload the parts.")

Opened = tuple[str, Workbook | Iterable[bytes]]
"""How a file was packed, and what was in it: a workbook, or the bytes of a text."""


def main() -> None:
    """Read one file. The first message on standard input says how, the rest of it is the file."""
    source = cast(BinaryIO, sys.stdin.buffer)
    command = orjson.loads(source.read(int.from_bytes(source.read(4), "big")))
    shut_in(command["cpu_seconds"], command["parent"])
    try:
        _obey(command, iter(lambda: source.read(_PIECE), b""))
    except BadFile as refusal:
        told = {"code": refusal.code, "message": refusal.message, "details": refusal.details}
        _say({"refused": told})
    except (MemoryError, RecursionError):
        _say({"refused": {"code": UnreadableFile.code, "message": UNREADABLE, "details": {}}})
    os._exit(0)  # no farewell to what may be in disorder


def _obey(command: dict[str, Any], pieces: Iterator[bytes]) -> None:
    if command["deed"] == "look":
        look = _look(pieces, Wishes(**command["wishes"]))
        told = {"layout": look.layout.as_json(), "raw": look.raw, "samples": look.samples, "sure": look.sure}
        _say({"look": told})
        return
    layout = Layout.from_json(command["layout"])
    skip, size = command["skip_rows"], command["rows_in_block"]
    rows = 0
    for block in _blocks(_data(_lines(pieces, layout), layout), size, skip):
        rows += len(block)
        _say_rows(block)
    _say({"done": rows})


def _look(pieces: Iterator[bytes], wishes: Wishes) -> Look:
    packing, content = _opened(pieces)
    look = content.look(wishes) if isinstance(content, Workbook) else look_at_text(content, wishes)
    return replace(look, layout=replace(look.layout, packing=packing))


def _lines(pieces: Iterator[bytes], layout: Layout) -> Iterator[list[Line]]:
    _, content = _opened(pieces)
    return content.lines(layout) if isinstance(content, Workbook) else read_records(content, layout)


def _opened(pieces: Iterator[bytes]) -> Opened:
    """What the file is, by its own first bytes. Raises a `BadFile`."""
    head, pieces = _peeked(pieces)
    if head.startswith(GZIPPED):
        head, pieces = _peeked(unpacking.gunzipped(pieces))
        if head.startswith(OLE):
            return GZIP, _workbook_xls(pieces)
        if head.startswith(ZIPPED):
            return GZIP, _opened_package(_kept(pieces, LARGEST_WORKBOOK), is_nested=True)[1]
        return GZIP, _text(head, pieces, is_nested=True)
    if head.startswith(ZIPPED):
        return _opened_package(_kept(pieces, LARGEST_ARCHIVE), is_nested=False)
    if head.startswith(OLE):
        return PLAIN, _workbook_xls(pieces)
    return PLAIN, _text(head, pieces, is_nested=False)


def _text(head: bytes, pieces: Iterable[bytes], *, is_nested: bool) -> Iterable[bytes]:
    if is_nested:
        unpacking.refuse_nested(head)
    refuse_other_binaries(head)
    return pieces


def _opened_package(archive: BinaryIO, *, is_nested: bool) -> Opened:
    """A ZIP file: a workbook, or an archive with one table in it."""
    parts = unpacking.entries(archive)
    kind = kind_of(archive, parts)
    if kind is not None:
        _demand_size(archive, LARGEST_WORKBOOK)
        return PLAIN, Workbook(archive, kind, parts)
    refuse_other_packages([part.filename for part in parts])
    if is_nested:
        unpacking.refuse_nested(b"PK\x03\x04")
    entry = unpacking.only_entry(parts)
    head, pieces = _peeked(unpacking.unzipped(archive, entry, unpacking.Meter()))
    if head.startswith(OLE):
        return ZIP, _workbook_xls(pieces)
    if head.startswith(ZIPPED):
        return ZIP, _opened_package(_kept(pieces, LARGEST_WORKBOOK), is_nested=True)[1]
    return ZIP, _text(head, pieces, is_nested=True)


def _workbook_xls(pieces: Iterable[bytes]) -> Workbook:
    return Workbook(_kept(pieces, LARGEST_WORKBOOK), XLS, [])


def _kept(pieces: Iterable[bytes], limit: int) -> BinaryIO:
    """A file without a name in memory, because a packed table is read from its end."""
    kept: IO[bytes] = os.fdopen(os.memfd_create("table", os.MFD_CLOEXEC), "w+b")
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise FileTooLarge(_TOO_LARGE, limit=limit // 1024 // 1024)
        kept.write(piece)
    kept.seek(0)
    return cast(BinaryIO, kept)


def _demand_size(archive: BinaryIO, limit: int) -> None:
    if archive.seek(0, os.SEEK_END) > limit:
        raise FileTooLarge(_TOO_LARGE, limit=limit // 1024 // 1024)


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    return head, chain([head] if head else [], pieces)


def _data(blocks: Iterator[list[Line]], layout: Layout) -> Iterator[list[Line]]:
    """The rows beneath the heading. Raises `TooManyRows`."""
    due, rows = layout.header_rows if layout.header_row else 0, 0
    for block in blocks:
        while due and block:
            line, _ = block[0]
            due -= line >= layout.header_row
            block = block[1:]
        rows += len(block)
        if rows > MOST_ROWS:
            raise TooManyRows(
                N_("The table has more than %(limit)s rows. Split it and upload the parts."), limit=MOST_ROWS
            )
        yield block


def _blocks(blocks: Iterable[list[Line]], size: int, skip: int) -> Iterator[list[Line]]:
    """The rows in blocks of so many, or of fewer when they are long; the first ones skipped."""
    kept: list[Line] = []
    pieces = 0
    for block in blocks:
        pieces += 1
        if skip:
            skip, block = max(0, skip - len(block)), block[skip:]
        kept += block
        while len(kept) >= size or (kept and pieces >= _MOST_PIECES):
            yield kept[:size]
            kept, pieces = kept[size:], 0
    if kept:
        yield kept


def _say_rows(block: list[Line]) -> None:
    """A block in few words: the numbers apart from the cells, and the broken ones by their place."""
    numbers = [number for number, _ in block]
    broken = [
        (place, row.code, dict(row.params))
        for place, (_, row) in enumerate(block)
        if isinstance(row, BrokenRow)
    ]
    rows = [row.cells if isinstance(row, BrokenRow) else row for _, row in block]
    first = numbers[0]
    is_plain = numbers[-1] - first + 1 == len(numbers)
    _say({"first": first, "numbers": [] if is_plain else numbers, "rows": rows, "broken": broken})


def _say(message: dict[str, Any]) -> None:
    body = orjson.dumps(message)
    _write(len(body).to_bytes(4, "big") + body)


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]
