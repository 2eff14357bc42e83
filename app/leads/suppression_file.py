"""A file of suppression entries, read cell by cell without holding more than a line of it.

Invariant: whatever bytes come, each cell is one entry or is counted as unreadable; nothing is guessed from a heading.
"""

import codecs
import re
from collections.abc import Iterator
from typing import IO

from tenants.errors import Invalid
from tenants.language import N_

_CELLS = re.compile(r"[,;\t|]")
_PIECE = 1 << 16
LONGEST_LINE = 10_000


def entries_of(stream: IO[bytes]) -> Iterator[str]:
    """Every cell that is not empty. Raises `Invalid` for what is no text: an archive, a workbook, a line without end."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    rest = ""
    while piece := stream.read(_PIECE):
        if b"\x00" in piece:
            _refuse()
        *lines, rest = re.split(r"\r\n|\n|\r", rest + decoder.decode(piece))
        if len(rest) > LONGEST_LINE:
            _refuse()
        for line in lines:
            yield from _cells(line)
    yield from _cells(rest)


def _cells(line: str) -> Iterator[str]:
    return (cell for cell in map(str.strip, _CELLS.split(line)) if cell)


def _refuse() -> None:
    sentence = N_("Send a text or CSV file: one phone number, e-mail address or hash in a cell.")
    raise Invalid(sentence, fields={"file": sentence})
