"""What a mail's lines say under a label or in a table: `Phone: …`, a label above its value, rows of cells. Pure.

Invariant: labels are told apart by their plain form; the second of the same name is the second, never the first.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from app.leads.spelling import plain

LONGEST_LABEL, MOST_WORDS, MOST_CELLS, MOST_BLOCK_LINES, MOST_LINES_BETWEEN = 60, 8, 40, 60, 2
_LABELLED = re.compile(r"[\W\d_]*?([^\W\d_][^:\uff1a=\t]{0,70}?)[\s*_]*(?::|\uff1a|=)(?!//)[\s*_]*(.*)")
_DASHED = re.compile(r"[\W\d_]*?([^\W\d_].{0,60}?)\s+[\u2013\u2014-]+\s+(.+)")
_SEVERAL = re.compile(r"\s*[,;|\t]\s*(?=[^\W\d_][^:,;|\t]{0,40}:\s)")
_TAIL = re.compile(r"\s*[<\[](?:tel|mailto|https?|callto):[^>\]]*[>\]]\s*\Z")
_RULE = re.compile(r"[\s+=|:_*-]*")
_NO_LABELS = ("http", "https", "ftp", "mailto", "tel", "www")
_BORDERS = " \t*_|•·–—-"


@dataclass(slots=True)
class Table:
    """A table with a heading; each of its rows, as wide as the heading, might be a lead."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    is_attached: bool = False

    def takes(self, head: Sequence[str]) -> bool:
        """Whether a table under this heading is more of the same one."""
        return list(map(plain, self.head)) == [plain(_bare(one)) for one in head]


@dataclass(slots=True)
class Found:
    """Values by label, and by label with the lines below, and tables with a heading; labels as they are written."""

    labels: list[tuple[str, str]] = field(default_factory=list)
    blocks: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def read_lines(lines: Sequence[str], names: Set[str]) -> Found:
    """Everything labelled in these lines; `names` are plain forms of labels that need no colon."""
    found = Found()
    at, ended = 0, 0
    while at < len(lines):
        table = _table(lines, at)
        begun = found.tables[-1] if found.tables and at - ended <= MOST_LINES_BETWEEN else None
        if len(table) > 1 or (table and (len(table[0]) == 2 or _is_of_table(table, names, begun))):
            _read_table(table, names, found, begun)
            at = ended = at + len(table)
            continue
        at += _read_line(lines, at, names, found)
    return found


def _is_of_table(rows: Sequence[Sequence[str]], names: Set[str], begun: Table | None) -> bool:
    """Whether a row that stands alone begins a table, or goes on with one."""
    return _is_heading(rows[0], [], names) or _goes_on(begun, rows, names)


def _read_line(lines: Sequence[str], at: int, names: Set[str], found: Found) -> int:
    """Reads what begins in a line; gives how many lines it took."""
    line = lines[at].strip()
    several = _SEVERAL.split(line)
    if len(several) > 1:
        found.labels.extend(one for piece in several if (one := _labelled(piece, names)) and one[1])
        return 1
    label, value = _labelled(line, names) or ("", "")
    if not label:
        return 1
    took = 1
    if not value:
        below = next((n for n in range(at + 1, min(at + 3, len(lines))) if lines[n].strip()), None)
        if below is None or _begins_another(lines[below], names):
            return 1
        value, took = lines[below].strip(_BORDERS), below - at + 1
    found.labels.append((label, _tidy(value)))
    more = list(_lines_below(lines, at + took, names))
    if more:
        found.blocks.append((label, "\n".join([value, *more])))
    return took


def _lines_below(lines: Sequence[str], start: int, names: Set[str]) -> Iterator[str]:
    for line in lines[start : start + MOST_BLOCK_LINES]:
        if not line.strip() or _begins_another(line, names):
            return
        yield line.strip()


def _begins_another(line: str, names: Set[str]) -> bool:
    said = _labelled(line.strip(), names)
    return said is not None and not said[1].startswith("//")


def _labelled(line: str, names: Set[str]) -> tuple[str, str] | None:
    """A line's label and value; the value may stand in the next line."""
    if match := _LABELLED.fullmatch(line):
        label = match[1].strip(_BORDERS)
        if (
            len(label) <= LONGEST_LABEL
            and len(label.split()) <= MOST_WORDS
            and label.lower() not in _NO_LABELS
        ):
            return label, _tidy(match[2])
    if (match := _DASHED.fullmatch(line)) and plain(match[1]) in names:
        return match[1].strip(_BORDERS), _tidy(match[2])
    if len(line) <= LONGEST_LABEL and plain(line) in names:
        return line.strip(_BORDERS), ""
    return None


def _tidy(value: str) -> str:
    """Without what mail programs add: marks of bold, the address a link leads to."""
    bare = value.strip(" \t*_|")
    return _TAIL.sub("", bare) or bare


def _cells(line: str) -> list[str]:
    """The cells of a row; one or none when the line is no row."""
    if "\t" in line.strip():
        cells = line.strip("\r\n ").split("\t")
    elif line.count("|") > 1 or " | " in line:
        cells = line.strip().strip("|").split("|")
    else:
        return []
    return [one.strip() for one in cells[:MOST_CELLS]]


def _cells_of_one(line: str) -> list[str]:
    """A row in the midst of a table of which one cell alone is filled."""
    between = "\t" if "\t" in line else "|"
    cells = [one.strip() for one in line.strip("\r\n ").split(between)[:MOST_CELLS]]
    return cells if len(cells) > 1 and any(cells) and not _RULE.fullmatch(line) else []


def _table(lines: Sequence[str], start: int) -> list[list[str]]:
    """The rows that follow each other; drawn rules count as rows without cells."""
    rows: list[list[str]] = []
    for line in lines[start:]:
        cells = [] if _SEVERAL.split(line.strip())[1:] else _cells(line)
        if len(cells) < 2 and rows:
            cells = _cells_of_one(line)
        if len(cells) < 2 and not (rows and line.strip() and _RULE.fullmatch(line)):
            break
        rows.append(cells)
    return rows


def _read_table(table: Sequence[Sequence[str]], names: Set[str], found: Found, begun: Table | None) -> None:
    rows = [row for row in table if any(one.strip("-=+: ") for one in row)]
    if not rows:
        return
    head, body = rows[0], rows[1:]
    if (body or len(head) > 2) and _is_heading(head, body, names):
        add_rows(found, head, body)
    elif begun and _goes_on(begun, rows, names):
        add_rows(found, begun.head, rows)
    else:
        for row in rows:
            found.labels.extend(_pairs(row, names))


def add_rows(
    found: Found, head: Sequence[str], body: Iterable[Sequence[str]], *, is_attached: bool = False
) -> None:
    """The rows of a table; one under a heading that was there before goes on where that ended."""
    table = next((one for one in found.tables if one.takes(head)), None)
    if table is None:
        found.tables.append(table := Table(tuple(map(_bare, head)), [], is_attached))
    wide = (_as_wide(row, len(table.head)) for row in body)
    table.rows.extend(tuple(map(_tidy, row)) for row in wide if any(row) and not table.takes(row))


def _goes_on(table: Table | None, rows: Sequence[Sequence[str]], names: Set[str]) -> bool:
    """A line between the rows, such as the name of a town, does not end a table of more than two columns."""
    width = len(table.head) if table else 0
    is_paired = all(plain(one) in names for one in rows[0][::2])
    return width > 2 and not is_paired and all(len(row) == width for row in rows)


def _bare(label: str) -> str:
    return label.strip(_BORDERS + ":")


def _as_wide(row: Sequence[str], width: int) -> list[str]:
    return [*row, *[""] * width][:width]


def _is_heading(head: Sequence[str], body: Iterable[Sequence[str]], names: Set[str]) -> bool:
    known = sum(plain(one) in names for one in head)
    if known == len(head):
        own = [plain(one) for one in head]
        return all(plain(row[0]) not in names for row in body if row and list(map(plain, row)) != own)
    holds_values = any(letter.isdigit() or letter == "@" for one in head for letter in one)
    return len(head) > 2 and not holds_values and known * 2 >= len(head)


def _pairs(row: Sequence[str], names: Set[str]) -> Iterator[tuple[str, str]]:
    """Label and value beside each other, once or several times in a row; a cell may hold both."""
    if len(row) == 2 or (len(row) % 2 == 0 and all(plain(one) in names for one in row[::2])):
        for label, value in zip(row[::2], row[1::2], strict=False):
            bare = _bare(label)
            if bare and len(bare) <= LONGEST_LABEL and any(one.isalpha() for one in bare):
                yield bare, _tidy(value)
        return
    for cell in row:
        said = _labelled(cell, names)
        if said and said[1]:
            yield said
