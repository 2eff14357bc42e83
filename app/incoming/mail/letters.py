"""Bytes of a mail as text: by the encoding it names where that can be right, else by what reads like our languages. Pure.

Invariant: any bytes give a text that can be stored; what is sound UTF-8 is read as UTF-8, whatever is said of it.
"""

import codecs
from email.errors import HeaderParseError
from email.header import decode_header

from app.leads.files import encoding, letters
from app.leads.unsafe_text import without_unsafe
from tenants.errors import Refused

LONGEST_SAMPLE = 20_000
_NOT_TELLING = {"ascii", "iso8859-1", "cp1252"}
"""What a program names when it does not know."""
_WHOLE_WORDS = ("utf-16", "utf-32", "utf-7", "iso2022", "hz", "shift_jis", "gb", "big5", "euc")
_LEAST_CYRILLIC = 0.3


def text_of(raw: bytes, named: str | None = None) -> str:
    """The text; letters that cannot be read become the mark for it."""
    text = _decoded(raw, _known(named))
    return str(without_unsafe(text.replace("\r\n", "\n").replace("\r", "\n")))


def header_of(raw: bytes, named: str | None = None) -> str:
    """A header's text on one line: its encoded words read, and letters that stand in it as they are."""
    try:
        pieces = decode_header(raw.decode("ascii")) if raw.isascii() else [(raw, named)]
    except (HeaderParseError, ValueError, LookupError):
        pieces = [(raw, named)]
    said = [piece if isinstance(piece, str) else text_of(piece, charset) for piece, charset in pieces]
    return " ".join("".join(said).split())


def _decoded(raw: bytes, named: str | None) -> str:
    if named and named.startswith(_WHOLE_WORDS):
        return raw.decode(named, "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if named and named not in _NOT_TELLING and named != "utf-8":
        text = raw.decode(named, "replace")
        if "\ufffd" not in text and _reads_well(text, named):
            return text
    return raw.decode(_likeliest(raw, named or "utf-8"), "replace")


def _reads_well(text: str, named: str) -> bool:
    """Whether an encoding of Cyrillic gave Cyrillic; of others nothing is asked."""
    if not any("\u0400" <= letter <= "\u04ff" for letter in text[:LONGEST_SAMPLE]):
        return True
    return letters.cyrillic(text[:LONGEST_SAMPLE], has_no_i=named == "cp866") >= _LEAST_CYRILLIC


def _likeliest(raw: bytes, otherwise: str) -> str:
    try:
        return encoding.detect(raw[:LONGEST_SAMPLE], is_whole=True).encoding
    except Refused:
        return otherwise


def _known(named: str | None) -> str | None:
    """An encoding of text by Python's name; None for one that is none (`x-unknown`, `rot13`)."""
    try:
        found = codecs.lookup((named or "").strip("'\" ")[:40])
    except (LookupError, ValueError):
        return None
    is_text = getattr(found, "_is_text_encoding", False)
    strange = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem")
    return found.name if is_text and found.name not in strange else None
