"""Cells for a CSV that people open in a spreadsheet: nothing of what strangers wrote becomes a formula. Pure.

Invariant: a phone number in E.164 and a plain number come out unchanged; every other cell that a spreadsheet might
compute is led by an apostrophe.
"""

import re

_COMPUTED = re.compile(r"^[\s\u00a0]*[=+\-@\t\r＝＋－＠]", re.MULTILINE)
_NUMBER = re.compile(r"[+-]?\(?\d[\d\s\u00a0().,-]*")


def safe_cell(text: str) -> str:
    """The text of a cell as a spreadsheet may show it."""
    if not _COMPUTED.search(text) or _NUMBER.fullmatch(text):
        return text
    return "'" + re.sub(r"(?<=[\r\n])(?=[\s\u00a0]*[=+\-@\t])", "'", text)
