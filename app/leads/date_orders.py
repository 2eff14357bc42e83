"""Dates written in numbers: whether the day or the month stands first in a column, as far as its values prove it. Pure.

Invariant: a value proves an order only when it cannot be read the other way (20.11., 11/20/); what can be read both ways
proves nothing, and a date that begins with its year has no order.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenants.language import N_

DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
ORDERS: Mapping[str, str] = {
    DAY_FIRST: N_("Day first: 20.11.2026"),
    MONTH_FIRST: N_("Month first: 11/20/2026"),
}
MONTH_FIRST_TOLD = "month_first_told"
"""Nobody chose it: the file proves it, or files with these headings are written so."""
DATE_KINDS = frozenset({"date", "time"})
PREFIX = 8
"""So many letters of a value tell its order, 20.11. or 1/2/20, also behind two blanks."""
_MONTHS, _DAYS = 12, 31
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2")
_YEAR_FIRST = re.compile(r"\s*\d{4}[./-]?\d")
_NAMED = re.compile(r"\d\W*[^\W\d_]{3}|[^\W\d_]{3}\W*\d")
_DATE = re.compile(r"\s*\d{1,4}[./-]\d{1,2}[./-]\d")


@dataclass(frozen=True, slots=True)
class Proof:
    """How many values of a column can only have the day first, only the month first, or may have either."""

    day: int = 0
    month: int = 0
    either: int = 0
    is_whole: bool = False
    """Of the whole file, not only of its first rows."""

    @property
    def order(self) -> str | None:
        """The order that is proven, by more values where both are; None when nothing tells."""
        if self.day == self.month:
            return None
        return DAY_FIRST if self.day > self.month else MONTH_FIRST

    @property
    def is_mixed(self) -> bool:
        """Whether no order fits all values."""
        return bool(self.day and self.month)

    def against(self, order: str) -> int:
        """How many values cannot be read in an order."""
        return self.month if order == DAY_FIRST else self.day

    def __add__(self, more: "Proof") -> "Proof":
        return Proof(
            self.day + more.day,
            self.month + more.month,
            self.either + more.either,
            self.is_whole and more.is_whole,
        )

    def __bool__(self) -> bool:
        return bool(self.day or self.month or self.either)


def proof(values: Iterable[tuple[str, int]], is_whole: bool) -> Proof:
    """What values (or their beginnings), each with how often it stands, prove."""
    day = month = either = 0
    for value, count in values:
        found = _NUMBERS.match(value.lstrip())
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        if _MONTHS < first <= _DAYS and 1 <= second <= _MONTHS:
            day += count
        elif _MONTHS < second <= _DAYS and 1 <= first <= _MONTHS:
            month += count
        elif first != second and first <= _MONTHS and second <= _MONTHS:
            either += count
    return Proof(day, month, either, is_whole)


def are_dates(values: Iterable[str]) -> bool:
    """Whether some of the values begin like a date in numbers, in whatever order."""
    return any(_DATE.match(value) for value in values)


def needs_no_order(value: str) -> bool:
    """Whether a date is the same in either order: it begins with its year, or names its month."""
    return _YEAR_FIRST.match(value) is not None or _NAMED.search(value) is not None


def read_as(order: str | None) -> str:
    """The order in which a column with this decision is read: the day first, unless something says otherwise."""
    return MONTH_FIRST if order in (MONTH_FIRST, MONTH_FIRST_TOLD) else DAY_FIRST


def settled(said: str | None, usual: str | None, found: Proof | None) -> str | None:
    """What is kept of a column: what somebody said, else what its values prove, else what is usual; None: the day first."""
    if said in ORDERS:
        return said
    order = (found and found.order) or read_as(usual)
    return MONTH_FIRST_TOLD if order == MONTH_FIRST else None
