"""People who do not exist: believable names, numbers that belong to nobody, mail at domains set aside for examples.

Invariant: no two people of one demo share a phone or an e-mail, so that only what is meant as a duplicate is one.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tenants.names import slug

_STEP = 7919
"""A prime: neighbours in a file do not get neighbouring numbers."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person who enquired."""

    name: str
    phone: str
    email: str
    region: str
    comment: str


@cache
def book() -> dict[str, Any]:
    """Names, numbers and words by country."""
    return tomllib.loads((Path(__file__).parent / "people.toml").read_text("utf-8"))


class People:
    """Makes one new person after the other."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._numbers: Counter[str] = Counter()
        self._named: Counter[str] = Counter()

    def person(self, country: str) -> Person:
        """Somebody of a country whom nobody has met before."""
        words = book()[country]
        is_woman = self._rng.random() < 0.5
        given = self._rng.choice(words["women"] if is_woman else words["men"])
        surname = self._rng.choice(words["surnames"])[-1 if is_woman else 0]
        regions, weights = zip(*words["regions"], strict=True)
        return Person(
            f"{given} {surname}",
            self._phone(country),
            self._email(f"{given} {surname}"),
            self._rng.choices(regions, weights)[0],
            self._rng.choice(words["comments"]) if self._rng.random() < 0.3 else "",
        )

    def company(self) -> str:
        """The name of a firm."""
        words = book()["companies"]
        return f"{self._rng.choice(words['first'])} {self._rng.choice(words['last'])}"

    def _phone(self, country: str) -> str:
        words = book()[country]
        self._numbers[country] += 1
        tail = 10 ** words["digits"]
        place = self._numbers[country] * _STEP % (tail * len(words["phones"]))
        return f"{words['phones'][place // tail]}{place % tail:0{words['digits']}d}"

    def _email(self, name: str) -> str:
        box = slug(name).replace("-", ".")
        self._named[box] += 1
        number = self._named[box]
        domains = book()["companies"]["mail"]
        return f"{box}{number if number > 1 else ''}@{domains[number % len(domains)]}"
