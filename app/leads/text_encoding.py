"""Which encoding a file of leads is written in: UTF-8 with or without its mark, or Windows-1251.

Invariant: strict UTF-8 wins; Windows-1251 is accepted only when the text then reads like Cyrillic words, so that a
Polish or Western file is refused with a sentence and never turned into gibberish.
"""

import codecs
import re

from app.leads.file_kinds import TruncatedFile, UndecodableFile
from app.leads.problems import N_

UTF_8, UTF_8_MARKED, CP1251 = "utf-8", "utf-8-sig", "cp1251"
ENCODINGS = frozenset({UTF_8, UTF_8_MARKED, CP1251})
_CYRILLIC = re.compile("[А-Яа-яЁёІіЇїЄєҐґ]")
_TYPOGRAPHY = frozenset("«»“”„‘’‚–—…№°§·•€™©®\u00a0\u00ad‹›")
_WORD = re.compile(r"[^\W\d_]+")
_MIXED = re.compile("[A-Za-z][А-Яа-яЁёІіЇїЄєҐґ]|[А-Яа-яЁёІіЇїЄєҐґ][A-Za-z]")
_CASE_FLIP = re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_LONGEST_LETTER = 3
_TRUNCATED = N_(
    "The file ends in the middle of a letter: it was cut off. Export it again and upload it whole."
)
_UNDECODABLE = N_(
    "The text is neither UTF-8 nor Windows-1251. In Excel choose “Save as”, “CSV UTF-8”, and upload that file."
)


def detect(head: bytes, is_whole: bool) -> str:
    """The encoding of a file from its beginning. Raises `TruncatedFile` or `UndecodableFile`.

    A few broken letters in a UTF-8 file do not refuse it: their rows are reported when they are read.
    """
    utf8 = UTF_8_MARKED if head.startswith(codecs.BOM_UTF8) else UTF_8
    failure = _utf8_failure(head, is_whole)
    if failure is None:
        return utf8
    is_cut_off = failure.end >= len(head) and len(head) - failure.start <= _LONGEST_LETTER
    if is_cut_off and not head[: failure.start].isascii():
        raise TruncatedFile(_TRUNCATED)
    if _is_mostly_utf8(head):
        return utf8
    if _reads_like_cyrillic(head):
        return CP1251
    if is_cut_off:
        raise TruncatedFile(_TRUNCATED)
    raise UndecodableFile(_UNDECODABLE)


def _is_mostly_utf8(head: bytes) -> bool:
    text = head.decode(UTF_8, errors="replace")
    broken = text.count("\ufffd")
    high = sum(letter > "\x7f" for letter in text)
    return broken * 20 <= high - broken


def _utf8_failure(head: bytes, is_whole: bool) -> UnicodeDecodeError | None:
    try:
        codecs.getincrementaldecoder(UTF_8)("strict").decode(head, final=is_whole)
    except UnicodeDecodeError as failure:
        return failure
    return None


def _reads_like_cyrillic(head: bytes) -> bool:
    try:
        text = head.decode(CP1251)
    except UnicodeDecodeError:
        return False
    high = [letter for letter in text if letter > "\x7f"]
    strange = [letter for letter in high if not _CYRILLIC.match(letter) and letter not in _TYPOGRAPHY]
    if len(strange) > 0.1 * len(high):
        return False
    words = [word for word in _WORD.findall(text) if _CYRILLIC.search(word)]
    odd = [word for word in words if _MIXED.search(word) or _CASE_FLIP.search(word)]
    return bool(words) and len(odd) <= 0.3 * len(words)
