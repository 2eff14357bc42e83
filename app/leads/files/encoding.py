"""Which encoding a file of leads is written in.

Invariant: a mark at the beginning wins, then strict UTF-8, then the encoding whose text reads most like words of our
languages; a text that reads like none of them is refused with a sentence and never turned into gibberish.
"""

import codecs
import re
from dataclasses import dataclass

from app.leads.files import letters
from app.leads.files.kinds import TRUNCATED, TruncatedFile, UndecodableFile, WishNotPossible
from tenants.language import N_

UTF_8, UTF_8_MARKED, UTF_16_LE, UTF_16_BE = "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"
CP1251, KOI8_U, CP866, MAC_CYRILLIC = "cp1251", "koi8-u", "cp866", "mac-cyrillic"
CP1250, ISO_8859_2, CP1252, CP1254 = "cp1250", "iso-8859-2", "cp1252", "cp1254"
_LATIN = {
    CP1250: letters.CENTRAL,
    ISO_8859_2: letters.CENTRAL,
    CP1252: letters.WESTERN,
    CP1254: letters.TURKISH,
}
ENCODINGS = (
    UTF_8, UTF_8_MARKED, UTF_16_LE, UTF_16_BE, CP1251, CP1250, CP1252, ISO_8859_2, KOI8_U, CP866,
    MAC_CYRILLIC, CP1254,
)  # fmt: skip
"""All we read, by the names Python gives them."""

SAMPLE_BYTES = 48 * 1024
_GOOD_ENOUGH = 0.45
_LONGEST_LETTER = 3
_LONE_LETTERS = 0.4
"""Cyrillic letters that stand alone, "ж" and "м" in a column, are believed in the commonest encoding only."""
_SOUND_LINES = 0.4
_LINES = re.compile(rb"[^\r\n]+")
_MARKS = (
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, UTF_8_MARKED),
    (codecs.BOM_UTF16_LE, UTF_16_LE),
    (codecs.BOM_UTF16_BE, UTF_16_BE),
)
_UTF_16_TEXT = re.compile("[\t\n\r -~\u00a0-\u017f\u0400-\u04ff\u2010-\u2044\u20ac\u2116\u2122\ufeff]")
_UNDECODABLE = N_(
    "The text is in no encoding we read. In Excel choose “Save as”, “CSV UTF-8”, and upload that file."
)


@dataclass(frozen=True, slots=True)
class Detected:
    """An encoding and how sure we are, from 0 to 100."""

    encoding: str
    sure: int


def known(wished: str) -> str:
    """An encoding asked for by a person. Raises `WishNotPossible` for one we do not read."""
    if wished not in ENCODINGS:
        raise WishNotPossible(N_("There is no encoding “%(wish)s” we read."), wish=wished[:40])
    return wished


def by_mark(head: bytes) -> str | None:
    """What the beginning alone tells: a mark, or the zeros of UTF-16 without one. Raises `UndecodableFile`."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            if not encoding:
                raise UndecodableFile(_UNDECODABLE)
            return encoding
    if b"\x00" not in head:
        return None
    return next((one for one in (UTF_16_LE, UTF_16_BE) if _reads_like_text(head, one)), None)


def detect(sample: bytes, is_whole: bool) -> Detected:
    """The encoding of a file from a part of it. Raises `TruncatedFile` or `UndecodableFile`.

    A few broken letters in a UTF-8 file do not refuse it: their rows are reported when they are read.
    """
    marked = by_mark(sample)
    if marked in (UTF_16_LE, UTF_16_BE):
        return Detected(marked, 99)
    utf8 = marked or UTF_8
    failure = _utf8_failure(sample, is_whole)
    if failure is None:
        return Detected(utf8, 100)
    is_cut_off = failure.end >= len(sample) and len(sample) - failure.start <= _LONGEST_LETTER
    if is_cut_off and not sample[: failure.start].isascii():
        raise TruncatedFile(TRUNCATED)
    if _is_mostly_utf8(sample):
        return Detected(utf8, 80)
    best = _best_of(sample)
    if best is None and is_cut_off:
        raise TruncatedFile(TRUNCATED)
    if best is None:
        raise UndecodableFile(_UNDECODABLE)
    return best


def _reads_like_text(head: bytes, encoding: str) -> bool:
    text = head[: min(len(head), 8000) // 2 * 2].decode(encoding, errors="replace")
    return len(_UTF_16_TEXT.findall(text)) >= 0.95 * len(text) > 0


def _best_of(sample: bytes) -> Detected | None:
    """The likeliest of the one-byte encodings; those that come first win a tie."""
    telling = _telling_lines(sample)
    scores = {
        encoding: _score(telling, encoding)
        for encoding in (CP1251, CP1250, CP1252, ISO_8859_2, KOI8_U, CP866, MAC_CYRILLIC, CP1254)
    }
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] < _GOOD_ENOUGH:
        return None
    text = telling.decode(best, errors="replace")
    rivals = [
        score
        for encoding, score in scores.items()
        if encoding != best and telling.decode(encoding, errors="replace") != text
    ]
    margin = scores[best] - max(rivals, default=-1.0)
    return Detected(best, max(50, min(98, round(60 + 60 * margin))))


def _telling_lines(sample: bytes) -> bytes:
    """The lines that hold more than plain Latin, as many as are needed."""
    lines = [line for line in _LINES.findall(sample) if not line.isascii()]
    return b"\n".join(lines)[:SAMPLE_BYTES]


def _score(telling: bytes, encoding: str) -> float:
    text = telling.decode(encoding, errors="replace")
    broken = text.count("\ufffd") + sum("\x80" <= letter <= "\x9f" for letter in text)
    penalty = 3.0 * broken / max(1, sum(letter > "\x7f" for letter in text))
    if encoding in _LATIN:
        return letters.latin(text, _LATIN[encoding]) - penalty
    if encoding != CP1251 and not letters.has_cyrillic_word(text):
        penalty += _LONE_LETTERS
    return letters.cyrillic(text, has_no_i=encoding == CP866) - penalty


def _is_mostly_utf8(sample: bytes) -> bool:
    """Of the lines that could be anything else a good part is sound UTF-8, which does not happen by chance."""
    lines = [line for line in _LINES.findall(sample) if not line.isascii()]
    sound = sum(_utf8_failure(line, is_whole=True) is None for line in lines)
    return sound >= _SOUND_LINES * len(lines)


def _utf8_failure(sample: bytes, is_whole: bool) -> UnicodeDecodeError | None:
    try:
        codecs.getincrementaldecoder(UTF_8)("strict").decode(sample, final=is_whole)
    except UnicodeDecodeError as failure:
        return failure
    return None
