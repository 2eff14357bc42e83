"""Cells for a CSV that people open in a spreadsheet: nothing of what strangers wrote becomes a formula. Pure.

Invariants: a phone number in E.164 and a plain number come out unchanged; everything else that a spreadsheet might
compute is led by an apostrophe, also inside a cell where a spreadsheet of other habits would split it; `as_meant` takes
back what `safe_cell` added.
"""

import re

_COMPUTED = re.compile(r"^[\s\u00a0]*[=+\-@\t\r＝＋－＠]", re.MULTILINE)
_SPLIT = re.compile(
    r"(?<=[;,\t])(?=[\s\u00a0]*[=+\-@＝＋－＠])(?![\s\u00a0]*[+-]?\(?\d[\d\s\u00a0().-]*(?:[;,\t\r\n]|$))"
)
_MARK = re.compile(r"(?:^|(?<=[\r\n;,\t]))'(?=[\s\u00a0]*[=+\-@\t＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\(?\d[\d\s\u00a0().,-]*")


def safe_cell(text: str) -> str:
    """The text of a cell as a spreadsheet may show it."""
    if _NUMBER.fullmatch(text):
        return text
    split = _SPLIT.sub("'", text)
    if not _COMPUTED.search(text):
        return split
    return "'" + re.sub(r"(?<=[\r\n])(?=[\s\u00a0]*[=+\-@\t])", "'", split)


def as_meant(cell: str) -> str:
    """The cell without the marks that keep a spreadsheet from computing it."""
    for bare in (_MARK.sub("", cell), _MARK.sub("", cell[1:])):
        if safe_cell(bare) == cell:
            return bare
    return cell
