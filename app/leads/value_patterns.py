"""What the values of a column look like: a phone, an e-mail, a time, money, a region, an allowed choice.

Invariant: a pattern only votes on a suggestion; whether a value is right is decided when the row is read.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from app.leads import cells, countries, moments, qualification, regions
from app.leads.cells import EMPTY_MARKS
from app.leads.problems import Unreadable
from app.leads.spelling import plain
from app.leads.verticals import Vertical

_PHONE = re.compile(r"(?:\+|00|\(|0|\d)[\d\s().-]{7,20}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_POSTCODE = re.compile(r"\d{5}|\d{2}-\d{3}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][^@]{1,80}")
_SHORTEST_PHONE, _LONGEST_PHONE = 9, 15
Look = Callable[[str], bool]


def share(values: Sequence[str], looks: Look) -> float | None:
    """The share of filled values that look right; None when nothing is filled."""
    filled = [value.strip() for value in values if value.strip() not in EMPTY_MARKS]
    return sum(map(looks, filled)) / len(filled) if filled else None


def look_of(kind: str, name: str, vertical: Vertical, country: str) -> Look | None:
    """How values of a target look; None when they may look like anything."""
    if kind == "choice":
        spellings = next((one.spellings for one in vertical.fields if one.name == name), {})
        return lambda value: value in spellings or plain(value) in spellings
    if kind == "region":
        return lambda value: _reads(lambda text: regions.find(text, country), value)
    return _LOOKS.get(kind)


def _phone(value: str) -> bool:
    digits = sum(letter.isdigit() for letter in value)
    first = re.split(r"[,;/|]", value)[0].strip()
    return digits >= _SHORTEST_PHONE and bool(_PHONE.fullmatch(first)) and _phone_digits(first)


def _phone_digits(value: str) -> bool:
    digits = sum(letter.isdigit() for letter in value)
    return _SHORTEST_PHONE <= digits <= _LONGEST_PHONE and not moments.is_date(value)


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except Unreadable:
        return False
    return True


def _name(value: str) -> bool:
    """Of letters more than of digits: "Client 17" and "Olena (2)" stand where names do."""
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    return letters > digits and bool(_NAME.fullmatch(value))


def _money(value: str) -> bool:
    return not _phone(value) and bool(re.fullmatch(r"\D{0,4}\d[\d\s\u00a0.,']{0,14}\D{0,8}", value))


_LOOKS: Mapping[str, Look] = {
    "phone": _phone,
    "email": lambda value: bool(_EMAIL.search(value)),
    "time": moments.is_date,
    "date": moments.is_date,
    "country": lambda value: _reads(countries.country_code, value),
    "language": lambda value: _reads(countries.language_code, value),
    "postcode": lambda value: bool(_POSTCODE.fullmatch(value)),
    "integer": lambda value: _reads(cells.read_integer, value),
    "money": _money,
    "boolean": lambda value: _reads(cells.read_boolean, value),
    "url": lambda value: _reads(cells.read_url, value),
    "name": _name,
    "temperature": lambda value: _reads(qualification.read_temperature, value),
    "answer": lambda value: _reads(qualification.read_answer, value),
}
