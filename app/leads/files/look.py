"""A first look at a file: how it is laid out, its first rows as they stand, and how sure each guess is.

Invariant: a file that cannot be read to its end is refused here, at the look, with a sentence.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from app.leads.files import csv_shape, encoding, headings
from app.leads.files.csv_records import read_records
from app.leads.files.decoding import text_of
from app.leads.files.headings import Numbered
from app.leads.files.kinds import EmptyFile, refuse_other_texts
from app.leads.files.layout import (
    LONGEST_CELL,
    MOST_COLUMNS,
    BrokenRow,
    Layout,
    Line,
    Wishes,
)
from tenants.language import N_

HEAD_BYTES = 256 * 1024
RAW_ROWS, SAMPLE_ROWS = 25, 20
_HEADS_ROWS = 2000
EMPTY = N_("The file is empty.")
_NOTHING = b" \t\r\n;,|\x00\xef\xbb\xbf\xff\xfe"


@dataclass(frozen=True, slots=True)
class Look:
    """How a file is laid out; its first rows as they stand with their numbers (titles and heading too); its first
    data rows; and how sure each detected thing is, from 0 to 100.
    """

    layout: Layout
    raw: list[tuple[int, list[str]]]
    samples: list[list[str]]
    sure: dict[str, int]

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Look":
        """The look as the reading process told it."""
        raw = [(int(number), list(cells)) for number, cells in told["raw"]]
        return cls(Layout.from_json(told["layout"]), raw, told["samples"], told["sure"])


def look_at_text(pieces: Iterable[bytes], wishes: Wishes) -> Look:
    """A look at a text file, all of which is read. Raises a `BadFile`."""
    source = iter(pieces)
    head, is_whole = _head(source)
    if not head.strip(_NOTHING):
        raise EmptyFile(EMPTY)
    marked = encoding.by_mark(head)
    if marked not in (encoding.UTF_16_LE, encoding.UTF_16_BE):
        refuse_other_texts(head)
    if wishes.encoding is not None:
        found = encoding.Detected(encoding.known(wishes.encoding), 100)
    else:
        found = _encoding_of_all(head, source, is_whole)
    text = text_of(head, found.encoding, is_whole)
    layout, sure = csv_shape.dialect_of(text, wishes)
    lines = _whole_lines(head, found.encoding, is_whole)
    look = _look_at_lines(lines, replace(layout, encoding=found.encoding), wishes, is_whole)
    for _ in source:
        pass  # a file that breaks off is found out now
    return replace(look, sure={"encoding": found.sure, "delimiter": sure, **look.sure})


def _look_at_lines(lines: bytes, layout: Layout, wishes: Wishes, is_whole: bool) -> Look:
    table = _numbered(read_records([lines], layout))
    if not table:
        raise EmptyFile(EMPTY)
    look = look_at_table(layout, table, wishes, is_whole)
    if not layout.quotechar:
        return look
    table = _numbered(read_records([lines], look.layout))  # of a known width more can be read
    return look_at_table(layout, table, wishes, is_whole)


def look_at_table(layout: Layout, table: list[Numbered], wishes: Wishes, is_whole: bool) -> Look:
    """The heading and the samples of the first rows of a table that is not empty."""
    heading = headings.find(table, wishes, is_whole)
    layout = replace(
        layout,
        header_row=heading.row,
        header_rows=heading.rows,
        width=heading.width,
        headers=heading.headers,
    )
    after = [cells for number, cells in table if number >= heading.row][heading.rows :]
    samples = [_fitted(cells, heading.width) for cells in after[:SAMPLE_ROWS]]
    raw = [
        (number, [cell[:LONGEST_CELL] for cell in cells[:MOST_COLUMNS]]) for number, cells in table[:RAW_ROWS]
    ]
    return Look(layout, raw, samples, {"header_row": heading.sure})


def _fitted(cells: list[str], width: int) -> list[str]:
    return [cell[:LONGEST_CELL] for cell in cells[:width]] + [""] * (width - len(cells))


def _head(source: Iterator[bytes]) -> tuple[bytes, bool]:
    head = b""
    for piece in source:
        head += piece
        if len(head) >= HEAD_BYTES:
            return head, False
    return head, True


def _encoding_of_all(head: bytes, source: Iterator[bytes], is_whole: bool) -> encoding.Detected:
    """The encoding that holds beyond the beginning too: of a plain Latin head the first other letters tell it."""
    found = encoding.detect(head, is_whole)
    if found.encoding not in (encoding.UTF_8, encoding.UTF_8_MARKED):
        return found
    is_plain, tail = head.isascii(), head[-8:]
    for piece in source:
        if is_plain and not piece.isascii():
            is_plain = False
            start = next(place for place, byte in enumerate(piece) if byte > 127)
            told = encoding.detect(piece[start : start + encoding.SAMPLE_BYTES], is_whole=False)
            if told.encoding != encoding.UTF_8:
                return told
        tail = (tail + piece)[-8:]
    if not tail.isascii():
        _demand_whole_letter(tail)
    return found


def _demand_whole_letter(tail: bytes) -> None:
    """Refuses, as truncated, a file whose last bytes begin a letter and do not end it."""
    for start in range(len(tail) - 1, max(-1, len(tail) - 4), -1):
        byte = tail[start]
        if byte < 0x80:
            return
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            if len(tail) - start < length:
                encoding.detect("ї".encode() + tail[start:], is_whole=True)
            return


def _whole_lines(head: bytes, name: str, is_whole: bool) -> bytes:
    """The beginning of a file without the line it breaks off in."""
    if is_whole:
        return head
    if name in (encoding.UTF_16_LE, encoding.UTF_16_BE):
        end = "\n".encode(name)
        places = [place for place in range(0, len(head) - 1, 2) if head[place : place + 2] == end]
        return head[: places[-1] + 2] if places else head[: len(head) // 2 * 2]
    cut = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1
    return head[:cut] or head


def _numbered(blocks: Iterable[list[Line]]) -> list[Numbered]:
    rows = (line for block in blocks for line in block)
    return [
        (number, list(row.cells) if isinstance(row, BrokenRow) else row)
        for number, row in islice(rows, _HEADS_ROWS)
    ]
