"""Flags of a read lead: what a careful eye would notice about its phones, mails, names, dates and places. Pure.

Invariant: every flag is of the closed list in `flag_words`, in its order, each once; nothing of it is personal. What a
lead has in common with the one before it (domain, prefix, date) is not looked at twice: a clean lead costs microseconds.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from app.leads import regions
from app.leads.contacts import Contact
from app.leads.flag_words import FLAGS
from app.leads.mail_kinds import flags_of_email
from app.leads.phones import flags_of_phone

OLDEST, YOUNGEST, OF_AGE = 110, 3, 18
_ORDER = {flag: number for number, flag in enumerate(FLAGS)}
_PLAIN_NAME = re.compile(r"[^\W\d_](?!\b)[^\d]*\Z")
_REPEATED = re.compile(r"(\w)\1{2,}\Z", re.IGNORECASE)
_TEST_WORDS = frozenset(
    [
        "test",
        "tester",
        "testing",
        "test1",
        "testuser",
        "teszt",
        "тест",
        "тестовий",
        "тестова",
        "тестовый",
        "проба",
        "проверка",
        "перевірка",
        "próba",
        "proba",
        "asdf",
        "asdfg",
        "asdfgh",
        "qwerty",
        "qwert",
        "qwertz",
        "qwe",
        "asd",
        "zxc",
        "йцукен",
        "фыва",
        "фівапр",
        "abc",
        "абв",
        "xxx",
        "none",
        "null",
        "nobody",
        "noname",
        "anonymous",
        "аноним",
        "анонім",
        "anonim",
        "fake",
        "foo",
        "bar",
        "john.doe",
        "lead",
        "lorem",
        "ipsum",
    ]
)


@dataclass(slots=True)
class Noticed:
    """What is looked at, beside the people: where the lead is, what it says of itself, what was left out of it."""

    country: str
    region: str
    postcode: str
    born: object = None
    ip: str = ""
    ip_country: str = ""
    certificate: tuple[str, ...] = ()
    has_left_out: bool = False


def flags_of(
    contacts: Sequence[Contact], phones: Sequence[str], emails: Sequence[str], seen: Noticed, today: date
) -> tuple[str, ...]:
    """Everything noticed about one lead."""
    found = list(seen.certificate)
    for number in phones:
        found += flags_of_phone(number, seen.country, seen.region)
    for address in emails:
        found += flags_of_email(address)
    for contact in contacts:
        name = contact.name
        if name and (_PLAIN_NAME.match(name) is None or _looks_odd(name)):
            found += _of_name(name)
    if seen.born:
        found += _of_birth(str(seen.born), today)
    if (
        seen.postcode
        and seen.region
        and (regions.of_postcode(seen.postcode, seen.country) or seen.region) != seen.region
    ):
        found.append("postcode_other_region")
    if seen.ip or seen.ip_country:
        found += _of_address(seen)
    if seen.has_left_out:
        found.append("channel_left_out")
    return _sorted(tuple(found))


@lru_cache(maxsize=4_096)
def _sorted(found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(found), key=_ORDER.__getitem__))


def _looks_odd(name: str) -> bool:
    """Whether a name of letters alone deserves a closer look: a word for tests, or one letter over and over."""
    first = name.partition(" ")[0].casefold()
    return first in _TEST_WORDS or (len(first) > 2 and first[0] == first[1] == first[2])


def _of_name(name: str) -> list[str]:
    words = name.casefold().split()
    letters = "".join(one for one in name if one.isalpha())
    found = []
    if any(one.isdigit() for one in name):
        found.append("name_digits")
    if len(letters) == 1:
        found.append("name_short")
    if letters and _REPEATED.match(letters) and len(set(letters.casefold())) == 1:
        found.append("name_repeated")
    if words and (words[0].strip(".,-!") in _TEST_WORDS or words[0].rstrip("0123456789") in _TEST_WORDS):
        found.append("name_test")
    return found


@lru_cache(maxsize=50_000)
def _of_birth(iso: str, today: date) -> tuple[str, ...]:
    try:
        born = date.fromisoformat(iso)
    except ValueError:
        return ()
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age > OLDEST or age < YOUNGEST:
        return ("birth_implausible",)
    return ("birth_minor",) if age < OF_AGE else ()


def _of_address(seen: Noticed) -> list[str]:
    found = []
    if seen.ip_country and seen.ip_country != seen.country:
        found.append("ip_other_country")
    if seen.ip and not ipaddress.ip_address(seen.ip).is_global:
        found.append("ip_private")
    return found
