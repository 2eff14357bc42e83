"""Countries and time zones for people to choose from, in the reader's language."""

import zoneinfo
from functools import cache

from babel import Locale
from babel.core import get_global
from flask_babel import get_locale

from tenants.founding import COUNTRIES
from tenants.names import sort_name

_CAPITAL_ZONES = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CL": "America/Santiago",
    "CN": "Asia/Shanghai", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "FR": "Europe/Paris", "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty", "MX": "America/Mexico_City", "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "US": "America/New_York",
}  # fmt: skip
"""Where a country has several zones: the one most of its offices are in."""


def country_options() -> list[tuple[str, str]]:
    """(code, name), by name."""
    return _countries(str(get_locale() or "en"))


def country_name(code: str) -> str:
    """The country's name for a reader."""
    return dict(country_options()).get(code, code)


def zone_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """(continent, [(zone, city)]), as the form field takes them."""
    groups: dict[str, list[tuple[str, str]]] = {"UTC": [("UTC", "UTC")]}
    for zone in _zones():
        continent, _, city = zone.partition("/")
        groups.setdefault(continent, []).append((zone, city.replace("_", " ")))
    return list(groups.items())


def zone_of(country: str) -> str:
    """The time zone somebody in this country most probably lives in; changed in the settings."""
    if country in _CAPITAL_ZONES:
        return _CAPITAL_ZONES[country]
    owned = sorted(zone for zone, territory in get_global("zone_territories").items() if territory == country)
    return next((zone for zone in owned if zone in zoneinfo.available_timezones()), "UTC")


@cache
def _countries(language: str) -> list[tuple[str, str]]:
    names = Locale.parse(language).territories
    found = [(code, str(names[code])) for code in COUNTRIES if code in names]
    return sorted(found, key=lambda pair: sort_name(pair[1]))


@cache
def _zones() -> list[str]:
    # Babel's list has one name per zone; the machine's also holds all their old names
    named = set(get_global("zone_territories")) & zoneinfo.available_timezones()
    return sorted(zone for zone in named if "/" in zone and not zone.startswith("Etc/"))
