"""How much a text reads like words of the languages our agencies write in: the measure that tells encodings apart.

Invariant: the right decoding of a few honest names scores near 1; a wrong one scores lower, because it puts letters
of two scripts or a capital inside a word, signs among letters, or letters no language of the region has.
"""

import re
from collections import Counter

_WEIGHTS = {
    **dict.fromkeys("оаинетріслвк", 1.0),
    **dict.fromkeys("дмупяьзгбчйї", 0.85),
    **dict.fromkeys("шхжюцщфєёыэъґ", 0.55),
}
"""How ordinary each Cyrillic letter is: a wrong decoding is full of the rare ones."""
_CENTRAL = {
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíľĺňóôŕšťúýž",
    "de": "äöüß",
    "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ",
    "hr": "čćđšž",
}
_WESTERN = {
    "de": "äöüß",
    "fr": "àâçéèêëîïôûùœ",
    "es": "áéíñóúüªº¿¡",
    "pt": "ãõçáéíóúâêô",
    "it": "àèéìòù",
    "nordic": "åäöæø",
}
_TYPOGRAPHY = frozenset("«»“”„‘’‚–—…№°§·•€™©®\u00a0\u00ad‹›")
_HIGH_WORD = re.compile(r"[^\W\d_]*[^\x00-\x7f\W\d_][^\W\d_]*")
_LATIN_IN_CYRILLIC = re.compile("[A-Za-z][А-Яа-яЁёІіЇїЄєҐґ]|[А-Яа-яЁёІіЇїЄєҐґ][A-Za-z]")
_CAPITAL_INSIDE = re.compile(
    r"[^\W\d_A-Z][A-Z]|[а-яёіїєґ][А-ЯЁІЇЄҐ]|[a-ząćęłńóśźżáčďéěíňřšťúůýž][ĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽ]"
)
_CONSONANTS = re.compile("[bcdfghjklmnpqrstvwxzćčďĺľłńňŕřśšťźżžçñß]{3,}")
_SOFT_N = re.compile("ń[aąeęioóuy]")


def cyrillic(text: str, *, has_no_i: bool) -> float:
    """How much the text reads like Ukrainian or Russian; `has_no_i` when the encoding has no "і" and writers use "i"."""
    high = [letter for letter in text if letter > "\x7f"]
    if not high:
        return 0.0
    score = sum(_worth(letter) for letter in high)
    for word, times in Counter(_HIGH_WORD.findall(text)).items():
        bare = word.replace("i", "").replace("I", "") if has_no_i else word
        if _LATIN_IN_CYRILLIC.search(bare):
            score -= 1.5 * times * len(word)
        elif _CAPITAL_INSIDE.search(bare):
            score -= 1.2 * times * len(word)
        elif word[0].lower() in "ьъы" and len(word) > 1:
            score -= 0.8 * times
    return score / len(high)


def _worth(letter: str) -> float:
    small = letter.lower()
    if small in _WEIGHTS:
        return _WEIGHTS[small]
    return 0.3 if letter in _TYPOGRAPHY else -1.5


def latin(text: str, *, is_central: bool) -> float:
    """How much the text reads like a Latin language of Central, or else Western, Europe."""
    high = [letter.lower() for letter in text if letter > "\x7f"]
    if not high:
        return 0.0
    families = _CENTRAL if is_central else _WESTERN
    known = frozenset("".join(families.values()))
    letters = [letter for letter in high if letter not in _TYPOGRAPHY]
    score = sum(1.0 if letter in known else -1.5 for letter in letters) + 0.3 * (len(high) - len(letters))
    best = max(sum(letter in alphabet for letter in letters) for alphabet in families.values())
    score -= 0.4 * (len(letters) - best)
    for word, times in Counter(_HIGH_WORD.findall(text)).items():
        score -= times * _strangeness(word)
    return score / len(high)


def _strangeness(word: str) -> float:
    """What speaks against a Latin word: mostly accents, a capital inside, consonants piled up around an accent."""
    high = sum(letter > "\x7f" for letter in word)
    if len(word) > 2 and high > 0.8 * len(word):
        return 2.0 * high
    small = word.lower()
    odd = 1.0 * len(_CAPITAL_INSIDE.findall(word)) if not word.isupper() else 0.0
    piled = sum(not one.isascii() for one in _CONSONANTS.findall(small))
    return odd + 0.3 * piled + 0.6 * len(_SOFT_N.findall(small))
