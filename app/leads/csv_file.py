"""A CSV file of leads: how it is written, and its rows with the lines they start on.

Invariant: every record of the file comes out exactly once, as cells or as a `BrokenRow` with the reason; no cell is
cut, shifted or joined silently; memory does not grow with the file.
"""

import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.leads import csv_shape, text_encoding
from app.leads.csv_shape import LONGEST_CELL
from app.leads.file_kinds import EmptyFile, FileTooLarge, refuse_other_kinds
from app.leads.problems import N_

LARGEST_FILE = 50 * 1024 * 1024
LONGEST_RECORD = 1024 * 1024
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_UNDECODED = re.compile("[\udc80-\udcff]")
_LINE_END = ("\n", "\r")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `headers` is empty when its first row is data; `skip_lines` stand before the table."""

    encoding: str
    delimiter: str
    quotechar: str
    has_header: bool
    width: int
    headers: tuple[str, ...] = ()
    skip_lines: int = 0

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Dialect":
        """The dialect a batch remembers, as `dataclasses.asdict` wrote it."""
        return cls(**{**stored, "headers": tuple(stored.get("headers", ()))})


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A record that is no row of the table, and why; `cells` holds what could be read of it."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    cells: tuple[str, ...] = ()


Row = list[str] | BrokenRow


def inspect(head: bytes, size: int) -> Dialect:
    """How a file of `size` bytes that begins with `head` is written (64 kB of it are plenty).

    Raises a `BadFile` with what was found and what to do; a file may be inspected as often as one likes.
    """
    if size > LARGEST_FILE:
        raise FileTooLarge(
            N_("The file is larger than %(limit)s MB. Split it and upload the parts."),
            limit=LARGEST_FILE // 1024 // 1024,
        )
    if not head.strip(b" \t\r\n;,\x00\xef\xbb\xbf"):
        raise EmptyFile(N_("The file is empty."))
    refuse_other_kinds(head)
    is_whole = len(head) >= size
    encoding = text_encoding.detect(head, is_whole)
    shape = csv_shape.shape_of(_text_of(head, encoding, is_whole), is_whole)
    return Dialect(
        encoding, shape.delimiter, '"', shape.has_header, shape.width, shape.headers, shape.skip_lines
    )


def read_rows(chunks: Iterable[bytes], dialect: Dialect) -> Iterator[tuple[int, Row]]:
    """All data rows as (physical line where the record starts, from 1; its cells or why it is broken).

    Lines that hold nothing but separators are no rows. Empty cells beyond the last column are ignored.
    """
    feed = _Lines(chunks, dialect)
    reader = csv.reader(feed, delimiter=dialect.delimiter, quotechar=dialect.quotechar, strict=True)
    is_header_due = dialect.has_header
    while (found := _next_record(feed, reader)) is not None:
        line, record = found
        if line <= dialect.skip_lines or (isinstance(record, list) and not "".join(record).strip()):
            continue
        if is_header_due:
            is_header_due = False
            continue
        yield line, record if isinstance(record, BrokenRow) else _checked(record, feed, dialect.width)


def sample_rows(head: bytes, dialect: Dialect, limit: int = 20) -> list[list[str]]:
    """The first whole rows of a file's beginning, for showing and for suggesting columns."""
    cut = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1
    rows = (row for _, row in read_rows([head[:cut] or head], dialect) if isinstance(row, list))
    return [row for row, _ in zip(rows, range(limit), strict=False)]


class _Lines:
    """Feeds physical lines to the CSV reader and remembers those of the record being read.

    When a record turns out broken, its first line alone is given up and the others are fed again.
    """

    __slots__ = ("_again", "_number", "_size", "_text", "is_undecoded", "start", "taken")

    def __init__(self, chunks: Iterable[bytes], dialect: Dialect) -> None:
        raw = io.BufferedReader(_Stream(chunks), 256 * 1024)
        self._text = io.TextIOWrapper(raw, dialect.encoding, errors="surrogateescape", newline="")
        self._again: deque[str] = deque()
        self._number = 0
        self._size = 0
        self.taken: list[str] = []
        self.start = 1
        self.is_undecoded = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._fresh()
        if not line:
            raise StopIteration
        self._number += 1
        self._size += len(line)
        self.taken.append(line)
        if not line.isascii() and _UNDECODED.search(line):
            self.is_undecoded = True
        if self._size > LONGEST_RECORD:
            raise csv.Error("record too long")
        return line

    def begin(self) -> None:
        """Forgets the record just read; the next line begins a new one."""
        self.taken.clear()
        self._size = 0
        self.start = self._number + 1
        self.is_undecoded = False

    def give_up_first(self) -> str:
        """Returns the first line of the broken record and feeds the others again."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self._number -= len(others)
        return first

    def size(self) -> int:
        """Characters of the record just read."""
        return self._size

    def _fresh(self) -> str:
        line = self._text.readline(LONGEST_RECORD + 1)
        if len(line) > LONGEST_RECORD:
            self._skip_rest(line)
        elif not line.isascii():
            line = line if unicodedata.is_normalized("NFC", line) else unicodedata.normalize("NFC", line)
        return _UNSAFE.sub("", line) or ("\n" if line else "") if _UNSAFE.search(line) else line

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(_LINE_END):
            line = self._text.readline(LONGEST_RECORD)


class _Stream(io.RawIOBase):
    """Chunks of bytes as a stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _next_record(feed: _Lines, reader: "Iterator[list[str]]") -> tuple[int, Row] | None:
    feed.begin()
    try:
        record = next(reader, None)
    except csv.Error as error:
        lines = len(feed.taken)
        return feed.start, _broken(str(error), lines, feed.give_up_first())
    return None if record is None else (feed.start, record)


def _broken(reason: str, lines: int, first: str) -> BrokenRow:
    cells = (first.rstrip("\r\n")[:LONGEST_CELL],)
    if "unexpected end" in reason or ("expected after" not in reason and lines > 1):
        return BrokenRow("unterminated_quote", {}, cells)
    if "field limit" in reason:
        return BrokenRow("cell_too_long", {"limit": LONGEST_CELL}, cells)
    if "record too long" in reason:
        return BrokenRow("record_too_long", {"limit": LONGEST_RECORD}, cells)
    return BrokenRow("stray_quote", {}, cells)


def _checked(cells: list[str], feed: _Lines, width: int) -> Row:
    if feed.is_undecoded and any(_UNDECODED.search(cell) for cell in cells):
        readable = tuple(_UNDECODED.sub("\ufffd", cell) for cell in cells)
        return BrokenRow("undecodable_bytes", {}, readable)
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        code = "short_row" if len(cells) < width else "long_row"
        return BrokenRow(code, {"found": len(cells), "expected": width}, tuple(cells))
    if feed.size() > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
        return BrokenRow(
            "cell_too_long", {"limit": LONGEST_CELL}, tuple(cell[:LONGEST_CELL] for cell in cells)
        )
    return cells


def _text_of(head: bytes, encoding: str, is_whole: bool) -> str:
    text = head.decode(encoding, errors="ignore")
    if is_whole:
        return text
    cut = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:cut] or text
