"""The records of a CSV text, with the lines they start on.

Invariant: every record of the file comes out exactly once, as cells or as a `BrokenRow` with the reason; no cell is
cut, shifted or joined silently; memory does not grow with the file.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from app.leads.files.decoding import BROKEN, SHOWN_BROKEN, texts
from app.leads.files.kinds import BrokenQuotes
from app.leads.files.layout import (
    DELIMITERS,
    LONGEST_CELL,
    LONGEST_RECORD,
    BrokenRow,
    Layout,
    Line,
    Row,
    without_empty_tail,
)
from tenants.language import N_

SEPARATOR_LINE = re.compile(
    rf'"?sep=(?P<delimiter>[{re.escape("".join(DELIMITERS))}])"?(?:\r\n|\r|\n)', re.IGNORECASE
)
_MOST_READ_AGAIN = 8 * 1024 * 1024
"""Besides the file once more: an open quotation mark here and there is reported, not refused."""
_LINE_END = re.compile("\r\n|\n|\r")
_OPEN_END = "unexpected end"
_TOO_LONG = "record too long"


def read_records(pieces: Iterable[bytes], layout: Layout) -> Iterator[list[Line]]:
    """All records that hold something, a piece of the file at a time. A width of 0 takes records of any width.

    Raises `BrokenQuotes` when reading goes in circles because quotation marks are never closed.
    """
    records = _Records(layout)
    for text, is_last in texts(pieces, layout.encoding):
        if found := records.read(text, is_last):
            yield found


class _Records:
    """Reads piece by piece; what is not yet a whole record waits in `_rest`.

    When a record turns out broken, its first line alone is given up and the others are read again.
    """

    __slots__ = (
        "_format",
        "_is_halved",
        "_is_skipping",
        "_layout",
        "_line",
        "_read",
        "_read_again",
        "_rest",
        "_searched",
        "_width",
    )

    def __init__(self, layout: Layout) -> None:
        self._layout, self._format = layout, format_of(layout)
        self._width = layout.width
        self._line = 0
        self._rest = ""
        self._searched = 0
        self._read = self._read_again = 0
        self._is_skipping = False
        self._is_halved = False  # a line end of two characters, the second still to come

    def read(self, text: str, is_last: bool) -> list[Line]:
        """The records that are whole with this piece."""
        self._read += len(text)
        text = self._after_skipped(text)
        if self._line == 0 and not self._rest and (told := SEPARATOR_LINE.match(text)):
            text, self._line = text[told.end() :], 1
        cut = len(text) if is_last else _end_of_lines(text)
        if cut == 0 and not is_last:
            self._rest += text
            return self._given_up() if len(self._rest) - self._searched > LONGEST_RECORD else []
        whole, tail = self._rest + text[:cut], text[cut:]
        self._rest = ""
        found = self._records(whole, is_last)
        self._searched = len(self._rest)
        self._rest += tail
        return found

    def _after_skipped(self, text: str) -> str:
        """What follows a line that was too long to keep."""
        if self._is_halved and text:
            self._is_halved, text = False, text.removeprefix("\n")
        if not self._is_skipping:
            return text
        end = _LINE_END.search(text) if "\n" in text or "\r" in text else None
        if end is None:
            return ""
        self._is_skipping = False
        self._is_halved = end[0] == "\r" and end.end() == len(text)
        return text[end.end() :]

    def _given_up(self) -> list[Line]:
        """The whole records that wait, and the line without end behind them as a broken one."""
        kept, line = self._rest[: self._searched], self._rest[self._searched :]
        found = self._records(kept, is_last=True)
        self._line += 1
        self._rest, self._searched, self._is_skipping = "", 0, True
        cells = (line[:LONGEST_CELL].replace(BROKEN, SHOWN_BROKEN),)
        return [*found, (self._line, BrokenRow("record_too_long", {"limit": LONGEST_RECORD}, cells))]

    def _records(self, whole: str, is_last: bool) -> list[Line]:
        """The fast way for lines without a surprise; the first surprise hands the rest to the careful way."""
        if not whole:
            return []
        lines = list(io.StringIO(whole, newline=""))
        if max(map(len, lines)) > LONGEST_CELL:
            return self._carefully(lines, 0, is_last)
        is_marked = BROKEN in whole
        reader = csv.reader(lines, self._format)
        found: list[Line] = []
        base, read, width = self._line, 0, self._width or -1
        try:
            for cells in reader:
                start, read = read + 1, reader.line_num
                if len(cells) == width and start == read and cells[0].strip() and not is_marked:
                    found.append((base + start, cells))
                elif any(cells) and (row := self._row(cells)) is not None:
                    found.append((base + start, row))
        except csv.Error as error:
            self._line += read
            if self._waits(lines, read, error, is_last):
                return found
            return found + self._carefully(lines, read, is_last)
        self._line += len(lines)
        return found

    def _waits(self, lines: list[str], start: int, error: csv.Error, is_last: bool) -> bool:
        """Whether the record only needs the next piece of the file: then it is kept for it."""
        if is_last or _OPEN_END not in str(error):
            return False
        if sum(map(len, islice(lines, start, None))) > LONGEST_RECORD:
            return False
        self._rest = "".join(islice(lines, start, None))
        return True

    def _carefully(self, lines: list[str], at: int, is_last: bool) -> list[Line]:
        feed = _Feed(lines, at)
        reader = csv.reader(feed, self._format)
        found: list[Line] = []
        base = self._line - at
        while True:
            start = feed.begin()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                if self._waits(lines, start, error, is_last):
                    self._line = base + start
                    return found
                self._note_read_again(feed)
                feed.at = start + 1
                plain = _plain(lines[start], self._layout) if feed.taken == 1 else None
                found.append((base + start + 1, plain or _broken(str(error), feed.taken, lines[start])))
                continue
            if cells is None:
                self._line = base + len(lines)
                return found
            if any(cells) and (row := self._row(cells)) is not None:
                found.append((base + start + 1, row))

    def _row(self, cells: list[str]) -> Row | None:
        if self._layout.is_wrapped:
            again = unwrapped(cells, self._layout)
            cells = again if self._width in (0, len(again)) else cells
        return _row(cells, self._width)

    def _note_read_again(self, feed: "_Feed") -> None:
        self._read_again += feed.size
        if self._read_again > _MOST_READ_AGAIN + self._read:
            raise BrokenQuotes(
                N_("Quotation marks are opened and never closed all over the file. Export it again.")
            )


class _Feed:
    """Lines for the reader, from a place that can be set back."""

    __slots__ = ("_begun", "_lines", "at", "size", "taken")

    def __init__(self, lines: list[str], at: int) -> None:
        self._lines, self.at, self._begun, self.size, self.taken = lines, at, at, 0, 0

    def begin(self) -> int:
        """A new record begins here."""
        self._begun, self.size, self.taken = self.at, 0, 0
        return self.at

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        line = self._lines[self.at]
        self.at += 1
        self.taken += 1
        self.size += len(line)
        if self.size > LONGEST_RECORD:
            raise csv.Error(_TOO_LONG)
        return line


def format_of(layout: Layout, *, is_strict: bool = True) -> type[csv.Dialect]:
    """What the CSV reader of the standard library must know."""
    quoting = csv.QUOTE_MINIMAL if layout.quotechar else csv.QUOTE_NONE
    words = {
        "delimiter": layout.delimiter,
        "quoting": quoting,
        "strict": is_strict,
        "escapechar": layout.escape or None,
        "skipinitialspace": layout.is_spaced,
    }
    return type("Told", (csv.excel,), words | ({"quotechar": layout.quotechar} if layout.quotechar else {}))


def _end_of_lines(text: str) -> int:
    """Where the last whole line ends; a carriage return at the very end may be half of a line end."""
    end = len(text) - 1 if text.endswith("\r") else len(text)
    return max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1


def _row(cells: list[str], width: int) -> Row | None:
    """The record as a row of the table, as a broken one, or None when it holds nothing but blanks."""
    whole = "".join(cells)
    if not whole.strip():
        return None
    if BROKEN in whole:
        return BrokenRow("undecodable_bytes", {}, tuple(cell.replace(BROKEN, SHOWN_BROKEN) for cell in cells))
    if len(whole) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
        cut = tuple(cell[:LONGEST_CELL] for cell in cells)
        return BrokenRow("cell_too_long", {"limit": LONGEST_CELL}, cut)
    if width == 0 or len(cells) == width:
        return cells
    bare = without_empty_tail(cells)
    if len(bare) <= width < len(cells):
        return cells[:width]
    code = "short_row" if len(cells) < width else "long_row"
    found = len(cells) if code == "short_row" else len(bare)
    return BrokenRow(code, {"found": found, "expected": width}, tuple(cells if code == "short_row" else bare))


def unwrapped(cells: list[str], layout: Layout) -> list[str]:
    """The cells of a record that is one cell and holds a whole record itself; else the cells as they are."""
    if len(cells) != 1 or layout.delimiter not in cells[0]:
        return cells
    try:
        again = list(csv.reader([cells[0]], format_of(layout)))
    except csv.Error:
        return cells
    return again[0] if len(again) == 1 else cells


def _plain(line: str, layout: Layout) -> Row | None:
    """A line with names in quotation marks, `"Romashka" LLC;067`, read as if the marks meant nothing.

    Only where no other reading is possible: the line has exactly the cells of the table, and none of them would
    both begin and end with a mark that frames it and hold another one.
    """
    cells = line.rstrip("\r\n").split(layout.delimiter)
    if len(cells) != layout.width or len(line) > LONGEST_CELL:
        return None
    quote = layout.quotechar
    for place, cell in enumerate(cells):
        bare = cell.strip(" ") if layout.is_spaced else cell
        is_framed = len(bare) > 1 and bare.startswith(quote) and bare.endswith(quote)
        if is_framed and quote in bare[1:-1]:
            return None
        cells[place] = bare[1:-1] if is_framed else bare
    return _row(cells, layout.width)


def _broken(reason: str, lines: int, first: str) -> BrokenRow:
    cells = (first.rstrip("\r\n")[:LONGEST_CELL].replace(BROKEN, SHOWN_BROKEN),)
    if _TOO_LONG in reason and lines == 1:
        return BrokenRow("record_too_long", {"limit": LONGEST_RECORD}, cells)
    if _OPEN_END in reason or ("expected after" not in reason and lines > 1):
        return BrokenRow("unterminated_quote", {}, cells)
    if "field limit" in reason:
        return BrokenRow("cell_too_long", {"limit": LONGEST_CELL}, cells)
    return BrokenRow("stray_quote", {}, cells)
