"""The people of one entry: the first is asked for by the form, further ones are added under the fingers. Pure.

Invariant: every person stands in the place of the number they were typed under, so that what is wrong with one is said
at that one; nobody who was typed is left out or put to somebody else without a word.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from app.leads import phones
from app.leads.contacts import MOST_CONTACTS
from app.leads.emails import split as split_emails
from app.leads.problems import Problem
from app.leads.quick.questions import PERSON, Asked, asked
from app.leads.verticals import Vertical

NAMELESS = "nameless"
FURTHER = ("name", "role", "phone", "email", "messenger")
_PART = re.compile(r"contact_([1-9]\d?)_(name|role|phone|email|messenger)")
_APART = re.compile(r"[,;|\n]\s*")


@lru_cache(maxsize=64)
def of_further(vertical: Vertical, number: int) -> tuple[Asked, ...]:
    """What is asked of a person after the first: the channels that the first is asked for, and who they are."""
    known = {one.name: one for one in asked(vertical)}
    return tuple(
        Asked(f"contact_{number}_{name}", known[name].kind if name in known else "text", {})
        for name in FURTHER
        if name in known or name == "role"
    )


def people(typed: Mapping[str, str], known: frozenset[str]) -> list[dict[str, object]]:
    """The contacts of an entry as intake takes them; `known` are the questions that the first person is asked."""
    told: dict[int, dict[str, str]] = {1: {name: typed[name] for name in PERSON if name in typed}}
    told[1] = {
        name: one for name, one in told[1].items() if name in known or name in ("phone", "email", "messenger")
    }
    for name, one in typed.items():
        part = _PART.fullmatch(name)
        if part and part[1] != "1":
            told.setdefault(int(part[1]), {})[part[2]] = one
    last = min(max(told), MOST_CONTACTS + 1)  # one more than can be is refused where contacts are read
    return [_person(told.get(number, {})) for number in range(1, last + 1)]


def further(typed: Mapping[str, str]) -> int:
    """How many people after the first were typed, counting the empty places between them."""
    numbers = [int(part[1]) for name in typed if (part := _PART.fullmatch(name)) and typed[name].strip()]
    return min(max(numbers, default=1), MOST_CONTACTS) - 1


def nameless(typed: Mapping[str, str]) -> tuple[Problem, ...]:
    """People after the first of whom nothing says who they are: their channels would become the first one's."""
    said = {part.groups() for name in typed if (part := _PART.fullmatch(name)) and typed[name].strip()}
    numbers = sorted({int(number) for number, _part in said} - {1})
    return tuple(
        Problem(f"contact_{number}_name", NAMELESS)
        for number in numbers
        if not said & {(str(number), "name"), (str(number), "role")}
    )


def channels(contacts: list[dict[str, object]]) -> int:
    """How many phones and e-mails they have in all."""
    found = [one[kind] for one in contacts for kind in ("phones", "emails")]
    return sum(len(one) for one in found if isinstance(one, list))


def _person(told: Mapping[str, str]) -> dict[str, object]:
    return {
        "phones": phones.split(told.get("phone", "")),
        "emails": split_emails(told.get("email", "")),
        "messengers": [one for one in _APART.split(told.get("messenger", "")) if one],
        **{name: told[name] for name in ("name", "role") if name in told},
    }
