"""Phone numbers, however written, read into E.164 by country; and what kind of number each is.

Invariant: what comes out is exactly what the phonenumbers library calls a valid number, and of the kind and country it
says; the fast paths only know the numbers of our busiest countries, built from that library's own metadata.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType

_FAST_COUNTRIES = ("UA", "PL", "GB")
_SEPARATORS = str.maketrans("", "", " \u00a0-().")
_LONGEST_CELL = 250
_BETWEEN_PHONES = re.compile(r"[,;|\n\r/]+|\s(?:або|чи|или|or|lub)\s", re.IGNORECASE)
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
MOBILE, FIXED = "phone_mobile", "phone_fixed"
_KINDS: Mapping[int, str] = {
    PhoneNumberType.MOBILE: MOBILE,
    PhoneNumberType.FIXED_LINE: FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "phone_fixed_or_mobile",
    PhoneNumberType.VOIP: "phone_voip",
    PhoneNumberType.PREMIUM_RATE: "phone_premium",
    PhoneNumberType.TOLL_FREE: "phone_toll_free",
    PhoneNumberType.SHARED_COST: "phone_shared_cost",
}
_AREAS_FILE = Path(__file__).parent / "lists" / "phone_areas.toml"
_JUST_MOBILE = (MOBILE,)


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


def flags_of_phone(number: str, country: str, region: str) -> tuple[str, ...]:
    """What is noticed about a number (E.164) of a lead of this country and region ("" where it is not known)."""
    mobile = _mobile_pattern(country)
    if mobile is not None and mobile.match(number):
        return _JUST_MOBILE
    return _kind_by_library(number, country, region)


@lru_cache(maxsize=20_000)
def _kind_by_library(number: str, country: str, region: str) -> tuple[str, ...]:
    parsed = phonenumbers.parse(number)
    kind = _KINDS.get(phonenumbers.number_type(parsed), "phone_service")
    home = phonenumbers.region_code_for_number(parsed)
    if home != country:
        return kind, "phone_foreign"
    area = _areas(country).get(str(parsed.national_number)[:2]) if kind == FIXED else None
    return (kind, "phone_other_region") if area and region and area != region else (kind,)


@cache
def _mobile_pattern(country: str) -> re.Pattern[str] | None:
    if country not in _FAST_COUNTRIES:
        return None
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata is None or metadata.mobile is None:
        return None
    return re.compile(rf"\+{metadata.country_code}(?:{metadata.mobile.national_number_pattern})\Z", re.ASCII)


@cache
def _areas(country: str) -> Mapping[str, str]:
    found = tomllib.loads(_AREAS_FILE.read_text("utf-8")).get(country, {})
    return {area: region for region, areas in found.items() for area in areas}


@lru_cache(maxsize=10_000)
def other_forms(number: str) -> tuple[str, ...]:
    """A number without its plus, and as it is dialled at home."""
    digits = number[1:]
    for length in (1, 2, 3):
        trunk = _trunk(int(digits[:length]))
        if trunk is not None:
            national = digits[length:]
            return (digits, national, trunk + national) if trunk else (digits, national)
    return (digits,)


@cache
def _trunk(prefix: int) -> str | None:
    """What stands before a national number where this country code is at home; None for no country code."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(prefix)
    if regions is None:
        return None
    metadata = PhoneMetadata.metadata_for_region(regions[0])
    return (metadata.national_prefix or "") if metadata else ""
