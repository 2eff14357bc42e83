"""Bytes of a text file as text without the marks that harm, in pieces.

Invariant: nothing is lost: a byte that is no letter of the encoding becomes `BROKEN`, so that its row can be told;
controls, NUL and marks of direction are dropped, accents are composed, line ends stay as they are.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator

BROKEN = "\udcff"
SHOWN_BROKEN = "\ufffd"
_ERRORS = "floe.broken"
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]"
)
_UNSAFE_BEGINNINGS = (b"\xe2\x80", b"\xe2\x81", b"\xef\xbb", b"\xc2", b"\xd8\x9c")
_UNSAFE_ASCII = bytes([*range(9), 11, 12, *range(14, 32), 127])


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BROKEN, error.end


codecs.register_error(_ERRORS, _mark)


def texts(pieces: Iterable[bytes], encoding: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether this is the last; there is always a last one, perhaps empty."""
    decoder = codecs.getincrementaldecoder(encoding)(_ERRORS)
    before = b""
    for piece in pieces:
        source = before + piece  # a mark may lie across the border
        yield _harmless(decoder.decode(piece), source, encoding), False
        before = source[-2:]
    yield _harmless(decoder.decode(b"", final=True), before + b"\x00", encoding), True


def text_of(head: bytes, encoding: str, is_whole: bool) -> str:
    """The text of a file's beginning, whole lines only."""
    text = "".join(text for text, _ in texts([head], encoding))
    if is_whole:
        return text
    cut = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:cut] or text


def cleaned(text: str) -> str:
    """A text of another source, such as a cell of a workbook, without the marks that harm."""
    if text.isascii() and text.isprintable():
        return text
    bare = _UNSAFE.sub("", text)
    return bare if unicodedata.is_normalized("NFC", bare) else unicodedata.normalize("NFC", bare)


def _harmless(text: str, source: bytes, encoding: str) -> str:
    if _may_harm(text, source, encoding):
        text = _UNSAFE.sub("", text)
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", text)


def _may_harm(text: str, source: bytes, encoding: str) -> bool:
    """A cheap look at the bytes, because looking at every letter takes longer than reading the table."""
    if len(source.translate(None, delete=_UNSAFE_ASCII)) < len(source):
        return True
    if text.isascii():
        return False
    return not encoding.startswith("utf-8") or any(begin in source for begin in _UNSAFE_BEGINNINGS)
