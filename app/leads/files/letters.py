"""How much a text reads like words of the languages our agencies write in: the measure that tells encodings apart.

Invariant: the right decoding of a few honest names scores near 1; a wrong one scores lower, because it puts letters
of two scripts or a capital inside a word, signs among letters, or letters no language of the region has.
"""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

_WEIGHTS = {
    **dict.fromkeys("оаинетріслвк", 1.0),
    **dict.fromkeys("дмупяьзгбчйї", 0.85),
    **dict.fromkeys("шхжюцщфєёыэъґ", 0.55),
}
"""How ordinary each Cyrillic letter is: a wrong decoding is full of the rare ones."""
_FOLLOWERS = {
    "а": "бвгдежзйклмнпрстхцчшюяє",
    "б": "аеилоруыі",
    "в": "агеиклнорстуцчыьі",
    "г": "адеилоруі",
    "д": "авежиклмнопрсуьяі",
    "е": "бвгдежзйклмнпрстфцч",
    "ж": "деину",
    "з": "абвдимноуьі",
    "и": "абвгдезийклмнопрстхцчшя",
    "й": "лмнот",
    "к": "авилнорстуі",
    "л": "аеикоуьюяёі",
    "м": "аеиопуяі",
    "н": "адеикностуцчыьюяі",
    "о": "бвгдежзийклмнпрстфчшюї",
    "п": "аеилоруі",
    "р": "абгеикмнопстучшыьяі",
    "с": "авеиклнопстуьяі",
    "т": "авеиклнорсуыьяі",
    "у": "бвгджзклмпрстчює",
    "ф": "аеиор",
    "х": "ао",
    "ц": "еиьяі",
    "ч": "аеикноту",
    "ш": "аеилоті",
    "щ": "ео",
    "ы": "ейлх",
    "ь": "екмностшяё",
    "э": "т",
    "ю": "бдкртч",
    "я": "вдезкмнтч",
    "ё": "в",
    "є": "т",
    "і": "вгдзйклмнрстчшщюяї",
    "ї": "в",
}
"""Which letters ordinarily follow each letter of Ukrainian and Russian names and words. Text of another script that
only happens to be made of Cyrillic letters keeps to them half of the time.
"""
_FEWEST_PAIRS, _LEAST_ORDINARY = 12, 0.72
_SIGN_BEFORE_NUMBER = re.compile(r"(?<![^\W\d_])[А-яЁёІіЇїЄєҐґ](?=\d)")
_CYRILLIC_WORD = re.compile("[а-яёіїєґ]{2,}")
Families = Mapping[str, str]
"""The letters of each language that are not plain Latin, by the languages an encoding is for."""
CENTRAL: Families = {
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíľĺňóôŕšťúýž",
    "de": "äöüß",
    "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ",
    "hr": "čćđšž",
}
WESTERN: Families = {
    "de": "äöüß",
    "fr": "àâçéèêëîïôûùœ",
    "es": "áéíñóúüªº¿¡",
    "pt": "ãõçáéíóúâêô",
    "it": "àèéìòù",
    "nordic": "åäöæø",
    "et": "äöõüšž",
}
TURKISH: Families = {"tr": "çğıöşüâîû"}
_TYPOGRAPHY = frozenset("«»“”„‘’‚–—…№°§·•€£½¼´²³±×™©®\u00a0\u00ad‹›")
_HIGH_WORD = re.compile(r"[^\W\d_]*[^\x00-\x7f\W\d_][^\W\d_]*")
_LATIN_IN_CYRILLIC = re.compile("[A-Za-z][А-Яа-яЁёІіЇїЄєҐґ]|[А-Яа-яЁёІіЇїЄєҐґ][A-Za-z]")
_CAPITAL_INSIDE = re.compile(
    r"[^\W\d_A-Z][A-Z]|[а-яёіїєґ][А-ЯЁІЇЄҐ]|[a-ząćęłńóśźżáčďéěíňřšťúůýž][ĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽ]"
)
_CONSONANTS = re.compile("[bcdfghjklmnpqrstvwxzćčďĺľłńňŕřśšťźżžçñß]{3,}")
_ODD_PAIRS = re.compile("ń[aąeęioóuy]|[aeouy]ą|[aeiouy]ŕ")
_LONE = frozenset("àáèéíòóöőåäªº")
"""The words and signs of one such letter; any other letter alone is a sign or a letter of another script."""
_ONLY_TYPOGRAPHY = 0.5
"""English with signs of Word in it is in either encoding of Windows, which have them at the same places."""


def cyrillic(text: str, *, has_no_i: bool) -> float:
    """How much the text reads like Ukrainian or Russian; `has_no_i` when the encoding has no "і" and writers use "i"."""
    high = [letter for letter in text if letter > "\x7f"]
    if not high:
        return 0.0
    score = sum(_worth(letter) for letter in high) - 2 * len(_SIGN_BEFORE_NUMBER.findall(text))
    for word, times in Counter(_HIGH_WORD.findall(text)).items():
        bare = word.replace("i", "").replace("I", "") if has_no_i else word
        if _LATIN_IN_CYRILLIC.search(bare):
            score -= 1.5 * times * len(word)
        elif _CAPITAL_INSIDE.search(bare):
            score -= 1.2 * times * len(word)
        elif word[0].lower() in "ьъы" and len(word) > 1:
            score -= 0.8 * times
    return score / len(high) - 4 * max(0.0, _LEAST_ORDINARY - _ordinary_share(text))


def has_cyrillic_word(text: str) -> bool:
    """Whether at least two Cyrillic letters stand together."""
    return _CYRILLIC_WORD.search(text.lower()) is not None


def _ordinary_share(text: str) -> float:
    """How many pairs of neighbours in Cyrillic words are ordinary ones; 1 when there are too few to tell."""
    pairs = Counter(pair for word in _CYRILLIC_WORD.findall(text.lower()) for pair in pairwise(word))
    ordinary = sum(times for (first, second), times in pairs.items() if second in _FOLLOWERS.get(first, ""))
    return ordinary / pairs.total() if pairs.total() >= _FEWEST_PAIRS else 1.0


def _worth(letter: str) -> float:
    small = letter.lower()
    if small in _WEIGHTS:
        return _WEIGHTS[small]
    return 0.3 if letter in _TYPOGRAPHY else -1.5


def latin(text: str, families: Families) -> float:
    """How much the text reads like one of the languages."""
    high = [letter.lower() for letter in text if letter > "\x7f" and letter != "İ"]
    if not high:
        return 0.0
    known = frozenset("".join(families.values()))
    letters = [letter for letter in high if letter not in _TYPOGRAPHY]
    if not letters:
        return _ONLY_TYPOGRAPHY
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
    return odd + 0.3 * piled + 0.6 * len(_ODD_PAIRS.findall(small)) + (len(small) == 1 and small not in _LONE)
