"""Phone numbers, however written, read into E.164 by country.

Invariant: what comes out is exactly what the phonenumbers library calls a valid number; the fast path only knows the
mobile and fixed numbers of our busiest countries, built from that library's own metadata, and leaves the rest to it.
"""

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata

_FAST_COUNTRIES = ("UA", "PL", "GB")
_SEPARATORS = str.maketrans("", "", " \u00a0-().")
_LONGEST_CELL = 250
_BETWEEN_PHONES = re.compile(r"[,;|\n\r/]+|\s(?:або|чи|или|or|lub)\s", re.IGNORECASE)
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


def to_e164(raw: str, country: str) -> str | None:
    """The number in E.164, or None when it is not a valid number; a number without a prefix is of `country`."""
    fast = _fast_pattern(country)
    if fast is not None:
        found = fast[0].match(raw.translate(_SEPARATORS))
        if found is not None:
            return fast[1] + found[1]
    return _by_library(raw, country)


def example(country: str) -> str | None:
    """A mobile number of a country that nobody has, for instructions; None where none is known."""
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number else None


def split(raw: str) -> list[str]:
    """The single numbers of a cell that may hold several; order kept, nothing dropped but the separators."""
    return [part for piece in _BETWEEN_PHONES.split(raw) if (part := piece.strip())]


def is_of(number: str, country: str) -> bool:
    """Whether a number in E.164 has the prefix of a country."""
    return number.startswith(f"+{phonenumbers.country_code_for_region(country)}")


def is_rounded(raw: str) -> bool:
    """Whether a spreadsheet has turned the number into 3.80671E+11, so that its digits are lost."""
    return _ROUNDED.fullmatch(raw.strip()) is not None


def _by_library(raw: str, country: str) -> str | None:
    if len(raw) > _LONGEST_CELL:
        return None
    try:
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def _fast_pattern(country: str) -> tuple[re.Pattern[str], str] | None:
    """Matches `+prefix national` or the national form with its trunk prefix; the group is the national number."""
    if country not in _FAST_COUNTRIES:
        return None
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata is None:
        return None
    trunk = f"(?:{metadata.national_prefix})" if metadata.national_prefix else ""
    numbers = "|".join(_patterns(metadata))
    prefix = f"+{metadata.country_code}"
    return re.compile(rf"(?:{re.escape(prefix)}|{trunk})({numbers})\Z", re.ASCII), prefix


def _patterns(metadata: PhoneMetadata) -> list[str]:
    kinds = (metadata.mobile, metadata.fixed_line)
    return [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
