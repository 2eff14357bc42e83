"""Regions by ISO 3166-2 and postcodes, as people write them, for the countries we ship data for.

Invariant: for Ukraine, Poland and Great Britain only codes of the list come out; for any other country a code is
accepted when its form is right, and a name never is.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from app.leads.problems import Unreadable
from app.leads.spelling import plain

_DATA = Path(__file__).parent / "regions"
_COUNTRIES = ("UA", "PL", "GB")
_CODE = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")
_KIND_OF_REGION = re.compile(
    r"\b(oblast|region|voivodeship|wojewodztwo|woj|obwod|province|county|область|обл|воєводство|воеводство"
    r"|місто|м|город|г|city|of|the)\b"
)
_POSTCODES: Mapping[str, re.Pattern[str]] = {
    "UA": re.compile(r"(\d{5})()"),
    "PL": re.compile(r"(\d{2})-?(\d{3})"),
    "GB": re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})"),
}
_JOINTS: Mapping[str, str] = {"UA": "", "PL": "-", "GB": " "}
_ANY_POSTCODE = re.compile(r"[A-Z0-9](?:[ -]?[A-Z0-9]){2,9}")
_AREA = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class Region:
    """A region with its code and its names in en, uk, pl, ru (only English where no other is in use)."""

    code: str
    names: tuple[str, ...]

    def name(self, language: str) -> str:
        """Its name in a language, English where there is none."""
        place = ("en", "uk", "pl", "ru").index(language) if language in ("en", "uk", "pl", "ru") else 0
        return self.names[place] if place < len(self.names) else self.names[0]


@cache
def of_country(country: str) -> Mapping[str, Region]:
    """All regions of a country by code; empty when we ship no list for it."""
    return {code: Region(code, tuple(entry["names"])) for code, entry in _file(country).items()}


@lru_cache(maxsize=20_000)
def find(text: str, country: str) -> str:
    """The ISO 3166-2 code a text means in a country. Raises `Unreadable` when it means none."""
    code = text.strip().upper()
    known = of_country(country)
    whole = code if "-" in code else f"{country}-{code}"
    if whole in known or (not known and _is_code(code, country)):
        return whole
    wanted = plain(text)
    names = _names(country)
    found = names.get(wanted) or names.get(_core(wanted))
    if found is None:
        raise Unreadable("unknown_region")
    return found


def postcode(text: str, country: str) -> str:
    """A postcode in the way its country writes it. Raises `Unreadable` when it has not that form."""
    upper = " ".join(text.upper().split())
    pattern = _POSTCODES.get(country)
    if pattern is None:
        if not _ANY_POSTCODE.fullmatch(upper):
            raise Unreadable("bad_postcode")
        return upper
    found = pattern.fullmatch(upper)
    if found is None:
        raise Unreadable("bad_postcode")
    return _JOINTS[country].join(found.groups())


def of_postcode(normal: str, country: str) -> str | None:
    """The region a normal postcode lies in, or None where the postcode alone does not tell."""
    area = _AREA.match(normal) if country == "GB" else None
    return _areas(country).get(area.group() if area else normal[:2])


def _is_code(code: str, country: str) -> bool:
    found = _CODE.fullmatch(code)
    return found is not None and found.group(1) == country


@cache
def _file(country: str) -> Mapping[str, Mapping[str, list[str]]]:
    if country not in _COUNTRIES:
        return {}
    return tomllib.loads((_DATA / f"{country.lower()}.toml").read_text("utf-8"))


def _core(wanted: str) -> str:
    return " ".join(_KIND_OF_REGION.sub(" ", wanted).split())


@cache
def _names(country: str) -> Mapping[str, str]:
    """Every spelling to its code; a full spelling wins over one without the word for "region"."""
    full: dict[str, str] = {}
    short: dict[str, str] = {}
    for code, entry in _file(country).items():
        for name in [*entry["names"], *entry.get("other", [])]:
            full.setdefault(plain(name), code)
            short.setdefault(_core(plain(name)), code)
    short.pop("", None)
    return short | full


@cache
def _areas(country: str) -> Mapping[str, str]:
    return {area: code for code, entry in _file(country).items() for area in entry.get("postcodes", [])}
