"""An HTML mail as lines of text: what a reader would see, a table's row on a line of its own. Pure.

Invariant: nothing is run, nothing is fetched; time grows with the length of the page, whatever stands in it.
"""

import html
import re
from dataclasses import dataclass, field

_TAG = re.compile(
    r"""<(/?)([A-Za-z][A-Za-z0-9:-]{0,20}+)(?:[^<>"']{1,2000}+|"[^"]{0,2000}+"|'[^']{0,2000}+'){0,40}+>"""
)
_UNSEEN = ("script", "style", "title", "template", "noscript", "svg", "object", "iframe")
_BREAKS = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "pre", "section",
     "article", "header", "footer", "dt", "dd", "dl", "address", "center", "form", "fieldset", "label", "legend")
)  # fmt: skip
_SPACES = re.compile(r"[ \t\r\n\f\xa0\u2007\u202f\u200b]+")
MOST_LINES_IN_A_CELL, MOST_CELLS, DEEPEST_TABLE = 3, 100, 30


@dataclass(slots=True)
class _Cell:
    lines: list[str] = field(default_factory=list)
    open_line: list[str] = field(default_factory=list)
    holds_table: bool = False
    is_loose: bool = False
    """It stands in a row before the first real cell."""

    def end_line(self) -> None:
        if line := _SPACES.sub(" ", html.unescape("".join(self.open_line))).strip():
            self.lines.append(line)
        self.open_line.clear()

    @property
    def seen(self) -> list[str]:
        self.end_line()
        return self.lines


@dataclass(slots=True)
class _Table:
    lines: list[str] = field(default_factory=list)
    row: list[_Cell] = field(default_factory=list)
    width: int = 0
    """Of its last row with several cells filled."""


class _Page:
    """The open tables, the innermost last; the first is the page itself, one endless cell."""

    def __init__(self) -> None:
        self.tables = [_Table(row=[_Cell()])]
        self.endless: set[str] = set()

    @property
    def cell(self) -> _Cell:
        row = self.tables[-1].row
        if not row:
            row.append(_Cell(is_loose=True))
        return row[-1]

    def opened(self, name: str) -> None:
        if name == "table" and len(self.tables) < DEEPEST_TABLE:
            self.tables.append(_Table())
        elif name == "tr" and len(self.tables) > 1:
            self._end_row()
        elif name in ("td", "th") and len(self.tables) > 1:
            row = self.tables[-1].row
            if row and row[-1].is_loose and not row[-1].seen:
                row.pop()
            if len(row) < MOST_CELLS:
                row.append(_Cell())
        elif name in _BREAKS or name == "table":
            self.cell.end_line()

    def closed(self, name: str) -> None:
        if name == "table" and len(self.tables) > 1:
            self.end_table()
        elif name == "tr" and len(self.tables) > 1:
            self._end_row()
        elif name in _BREAKS:
            self.cell.end_line()

    def end_table(self) -> None:
        self._end_row()
        lines = self.tables.pop().lines
        around = self.cell
        around.end_line()
        around.holds_table = True
        around.lines.extend(lines)

    def _end_row(self) -> None:
        table = self.tables[-1]
        cells = [one for one in table.row if one.seen]
        is_layout = any(one.holds_table or len(one.seen) > MOST_LINES_IN_A_CELL for one in cells)
        is_row = len(cells) > 1 or (cells and len(table.row) == table.width > 1)
        if is_layout or not is_row:
            table.lines.extend(line for one in cells for line in one.seen)
        else:
            table.width = len(table.row)
            table.lines.append("\t".join(" ".join(one.seen) for one in table.row))
        table.row = []


def lines_of(page: str) -> list[str]:
    """What the page shows, line by line; cells of a row are parted by tabs."""
    seen = _Page()
    at = 0
    while (start := page.find("<", at)) >= 0:
        seen.cell.open_line.append(page[at:start])
        at = _past(page, start, seen)
    seen.cell.open_line.append(page[at:])
    while len(seen.tables) > 1:
        seen.end_table()
    return seen.cell.seen


def _past(page: str, start: int, seen: _Page) -> int:
    """Reads what begins with "<" and says where to go on."""
    if page.startswith("<!--", start):
        return _after(page, "-->", start + 4)
    if page.startswith(("<!", "<?"), start):
        return _after(page, ">", start)
    tag = _TAG.match(page, start)
    if tag is None:
        seen.cell.open_line.append("<")
        return start + 1
    name = tag[2].lower()
    if tag[1]:
        seen.closed(name)
    elif name in _UNSEEN and name not in seen.endless and not tag[0].endswith("/>"):
        if ending := re.compile(f"</{name}[^>]{{0,200}}>", re.IGNORECASE).search(page, tag.end()):
            return ending.end()
        seen.endless.add(name)
        return len(page) if name in ("script", "style") else tag.end()
    else:
        seen.opened(name)
    return tag.end()


def _after(page: str, mark: str, at: int) -> int:
    found = page.find(mark, at)
    return found + len(mark) if found >= 0 else len(page)
