"""Countries and languages as people write them, read into two-letter codes.

Invariant: only ISO 3166-1 alpha-2 and ISO 639-1 codes come out.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import get_territory_currencies

from app.leads.problems import Unreadable
from app.leads.spelling import plain

LANGUAGES = ("en", "uk", "pl", "ru")
_TWO_LETTERS = re.compile(r"[A-Z]{2}")
_NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "XK"}
_MORE_COUNTRIES = {"uk": "GB", "england": "GB", "great britain": "GB", "велика британія": "GB", "usa": "US"}
_MORE_LANGUAGES = {"ua": "uk", "укр": "uk", "рос": "ru", "рус": "ru", "англ": "en", "пол": "pl"}


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """The country a text names, in any of our languages or as a code. Raises `Unreadable`."""
    code = text.strip().upper()
    names = _countries()
    if code in names.values() and _TWO_LETTERS.fullmatch(code):
        return code
    found = names.get(plain(text))
    if found is None:
        raise Unreadable("unknown_country")
    return found


@lru_cache(maxsize=4096)
def language_code(text: str) -> str:
    """The language a text names, in any of our languages or as a code. Raises `Unreadable`."""
    code = text.strip().lower()
    names = _languages()
    if code in names.values():
        return code
    found = names.get(plain(text)) or names.get(plain(re.split(r"[-_]", text, maxsplit=1)[0]))
    if found is None:
        raise Unreadable("unknown_language")
    return found


@cache
def currency_of(country: str) -> str | None:
    """The currency used in a country today, where there is exactly one."""
    used = get_territory_currencies(country)
    return used[0] if len(used) == 1 else None


@cache
def _countries() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if _TWO_LETTERS.fullmatch(code) and code not in _NOT_COUNTRIES:
                names.setdefault(plain(name), code)
    return names | {plain(name): code for name, code in _MORE_COUNTRIES.items()}


@cache
def _languages() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).languages.items():
            if len(code) == 2:
                names.setdefault(plain(name), code)
                names.setdefault(code, code)
    return names | {plain(name): code for name, code in _MORE_LANGUAGES.items()}
