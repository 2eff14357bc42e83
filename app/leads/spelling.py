"""One spelling for comparing words people typed: headers, names of regions, labels of choices.

Invariant: `plain` is idempotent; two texts that differ only in case, accents, apostrophes, punctuation or spaces
have the same plain form.
"""

import re
import unicodedata

_APOSTROPHES = re.compile("['’ʼ`´]")
_NOT_WORD = re.compile(r"[\W_]+")
_NO_ACCENT_FORM = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i"})


def plain(text: str) -> str:
    """The comparable form of a short text: lower case, no accents or punctuation, single spaces."""
    if text.isascii():
        return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", text.lower())).strip()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    folded = unicodedata.normalize("NFKD", decomposed).casefold().translate(_NO_ACCENT_FORM)
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", bare)).strip()


def words(text: str) -> list[str]:
    """The words of the plain form; `camelCase` and digits glued to letters are separate words."""
    spaced = re.sub(r"(?<=[a-zа-яіїєґ])(?=[A-ZА-ЯІЇЄҐ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", text)
    return plain(spaced).split()
