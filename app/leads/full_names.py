"""A full name and its parts: which of its words is the first name and which the last, as far as anybody can tell. Pure.

Invariant: the name as it was written is never changed by being split; a name that is not plainly a person's (no word,
digits, an address) gives no parts rather than wrong ones.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from tenants.language import N_

FIRST_LAST, LAST_FIRST, LAST_FIRST_PATRONYMIC = "first_last", "last_first", "last_first_patronymic"
ORDERS: Mapping[str, str] = {
    FIRST_LAST: N_("First name, last name"),
    LAST_FIRST: N_("Last name, first name"),
    LAST_FIRST_PATRONYMIC: N_("Last name, first name, patronymic"),
}
SURE = 0.6
"""The share of telling samples that must agree before an order is proposed."""
_MOST_WORDS, _LONGEST = 6, 200
_FILE = Path(__file__).parent / "lists" / "given_names.txt"
_WORD = re.compile(r"[^\W\d_][^\W\d_'’ʼ`.-]*(?:['’ʼ`-][^\W\d_]+)*\.?")
_FULL = re.compile(r"contact_\d_name")
_NO_NAME = re.compile(r"[\d@/\\<>]")
_TITLES = frozenset(
    [
        "пан",
        "пані",
        "панна",
        "др",
        "dr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "sir",
        "prof",
        "проф",
        "pan",
        "pani",
        "mgr",
        "inż",
        "inz",
        "hab",
        "г-н",
        "г-жа",
        "господин",
        "госпожа",
    ]
)
_PARTICLES = frozenset(
    ["van", "von", "der", "den", "de", "da", "di", "del", "la", "le", "фон", "ван", "де", "дер"]
)
_PATRONYMIC = re.compile(
    r".{2,}(?:ович|евич|йович|івна|ївна|овна|евна|ична|инична|ovych|evych|ovich|evich|ivna|ovna|evna)"
)
_ONLY_PATRONYMIC = re.compile(r".{2,}(?:івна|ївна|овна|евна|ична|инична|ivna|ovna|evna)")
"""Endings that no last name has."""
_SURNAME = re.compile(
    r".{2,}(?:енко|єнко|ченко|чук|щук|юк|ський|ська|цький|цька|зький|зька|ський|ской|ская|ский|цкий|цкая|ов|ова|ев|ева|єв|єва|"
    r"ін|іна|ин|ина|ишин|ів|ак|як|ець|ко|ski|ska|cki|cka|dzki|dzka|wicz|czyk|czak|iak|enko|chuk|shchuk|skyi|ska|tskyi|"
    r"ov|ova|ev|eva|son|man|ez|ий|ий|ой)"
)


def is_full(target: str) -> bool:
    """Whether a target holds a full name."""
    return _FULL.fullmatch(target) is not None


def split(name: str, order: str) -> tuple[str, str]:
    """First and last name of a full name that is written in `order`; empty where there is none.

    A comma says that the last name stands before it, and a patronymic where the first name stands, whatever the order.
    A patronymic belongs to neither part.
    """
    if _NO_NAME.search(name) or len(name) > _LONGEST:
        return "", ""
    before, comma, after = name.partition(",")
    if comma and _words(before) and _words(after):
        return _last_first([*_words(before)[-1:], *_words(after)], LAST_FIRST)[0], " ".join(_words(before))
    found = _words(name)
    if not 1 <= len(found) <= _MOST_WORDS:
        return "", ""
    if len(found) == 1:
        return _only(found[0], order)
    if len(found) == 2 and _ONLY_PATRONYMIC.fullmatch(found[1].lower()):
        return found[0], ""
    told = _by_patronymic(found) or order
    return _first_last(found) if told == FIRST_LAST else _last_first(found, told)


def guess(names: Iterable[str]) -> str | None:
    """The order in which these names are most probably written; None when they do not tell."""
    votes = dict.fromkeys(ORDERS, 0)
    for name in names:
        if told := _told(name):
            votes[told] += 1
    best = max(votes, key=lambda order: votes[order])
    return best if votes[best] and votes[best] / sum(votes.values()) >= SURE else None


def _told(name: str) -> str | None:
    """What one name tells of the order."""
    found = [] if _NO_NAME.search(name) or "," in name else _words(name)
    if not 2 <= len(found) <= 3:
        return None
    if told := _by_patronymic(found):
        return told
    ends = found[0], found[-1]
    given = [_is_given(word) for word in ends]
    if given[0] != given[1]:
        return FIRST_LAST if given[0] else LAST_FIRST
    surname = [_is_surname(word) for word in ends]
    if surname[0] == surname[1]:
        return None
    return LAST_FIRST if surname[0] else FIRST_LAST


def _by_patronymic(found: list[str]) -> str | None:
    """The order of three words one of which, and only one, is a patronymic."""
    if len(found) != 3 or _is_patronymic(found[1]) == _is_patronymic(found[2]):
        return None
    return FIRST_LAST if _is_patronymic(found[1]) else LAST_FIRST_PATRONYMIC


def _first_last(found: list[str]) -> tuple[str, str]:
    """Particles go with the last name, further given names with the first, a patronymic with neither."""
    words = [found[0], *(word for word in found[1:-1] if not _is_patronymic(word)), found[-1]]
    places = (place for place, word in enumerate(words) if place and word.lower() in _PARTICLES)
    cut = next(places, len(words) - 1)
    return " ".join(words[:cut]), " ".join(words[cut:])


def _last_first(found: list[str], order: str) -> tuple[str, str]:
    cut = next((place for place, word in enumerate(found, 1) if word.lower() not in _PARTICLES), 1)
    first = found[cut:]
    kept = first[:1] + [word for word in first[1:] if not _is_patronymic(word)]
    if order == LAST_FIRST_PATRONYMIC:
        kept = kept[:1]  # a patronymic of a kind we do not know
    return " ".join(kept), " ".join(found[:cut])


def _only(word: str, order: str) -> tuple[str, str]:
    """One word alone: a given name if we know it, else what stands first."""
    is_first = _is_given(word) or (order == FIRST_LAST and not _is_surname(word))
    return (word, "") if is_first else ("", word)


def _words(text: str) -> list[str]:
    """The words of a name without titles and without what is in brackets."""
    bare = re.sub(r"\([^)]*\)", " ", text)
    return [word for word in _WORD.findall(bare) if word.lower().rstrip(".") not in _TITLES]


def _is_patronymic(word: str) -> bool:
    return _PATRONYMIC.fullmatch(word.lower()) is not None


def _is_surname(word: str) -> bool:
    return _SURNAME.fullmatch(word.lower()) is not None and not _is_given(word)


def _is_given(word: str) -> bool:
    return word.lower() in _given_names()


@cache
def _given_names() -> frozenset[str]:
    lines = _FILE.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
