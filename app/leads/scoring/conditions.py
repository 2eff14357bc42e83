"""The condition of a rule: what it looks at, how it compares and with what; read from data, and made into a test. Pure.

Invariants: a condition that was read fits its subject; a fact that is missing meets no condition.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from app.leads.cells import in_minor_units
from app.leads.fields import Value
from app.leads.scoring.subjects import (
    AGE,
    AT_LEAST,
    AT_MOST,
    BETWEEN,
    CHOICE,
    DATE,
    FLAG,
    IS,
    MONEY,
    NUMBER,
    ONE_OF,
    OPS,
    PRESENT,
    Subject,
    subjects,
)  # fmt: skip
from app.leads.verticals import Vertical
from tenants.errors import Invalid
from tenants.language import N_

Test = Callable[[Any], Any]
LARGEST = 10**9
MOST_VALUES = 40
LONGEST_VALUE = 100
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true. Amounts are whole units of `currency`; a lead in another currency does not meet it."""

    subject: str
    op: str
    values: tuple[Value, ...] = ()
    currency: str = ""


def condition(data: Mapping[str, Any], vertical: Vertical) -> Condition:
    """A condition that makes sense for its subject. Raises `Invalid` naming the field at fault."""
    subject = subjects(vertical).get(str(data.get("subject", "")))
    if subject is None:
        raise _invalid("subject", N_("Choose what the rule looks at."))
    op = str(data.get("op", ""))
    if op not in OPS[subject.kind]:
        raise _invalid("op", N_("This comparison does not fit what the rule looks at."))
    values = data.get("values", ())
    if not isinstance(values, list | tuple) or len(values) != _count(op, values):
        raise _invalid("values", N_("Give the value to compare with; two for a range."))
    for value in values:
        _demand_fit(subject, value)
    if op == BETWEEN and values[0] > values[1]:
        raise _invalid("values", N_("A range goes from the lower to the higher value."))
    currency = str(data.get("currency", "")) if subject.kind == MONEY and op != PRESENT else ""
    if subject.kind == MONEY and op != PRESENT and not _CURRENCY.fullmatch(currency):
        raise _invalid("currency", N_("An amount needs a currency."))
    return Condition(subject.code, op, tuple(values), currency)


def condition_data(one: Condition) -> dict[str, Any]:
    """A condition as plain data."""
    told: dict[str, Any] = {"subject": one.subject, "op": one.op, "values": list(one.values)}
    return {**told, "currency": one.currency} if one.currency else told


def test_of(one: Condition, subject: Subject) -> Test:
    """The condition as a function of the fact it looks at. The fact is there, and of the subject's kind."""
    # built-in functions, bound once: a call of one costs a third of a call of ours
    if one.op == PRESENT:
        return bool if subject.kind == FLAG else _is_there
    if one.op in (IS, ONE_OF):
        return frozenset(one.values).__contains__
    bounds = one.values
    if subject.kind == MONEY:
        bounds = tuple(in_minor_units(int(value), one.currency) for value in bounds)
    low = bounds[0]
    if one.op == AT_LEAST:
        return partial(operator.le, low)
    if one.op == AT_MOST:
        return partial(operator.ge, low)
    high: Any = bounds[1]
    return lambda value: low <= value <= high


def _is_there(_value: object) -> bool:
    return True


def _count(op: str, values: Sequence[object]) -> int:
    if op == ONE_OF:
        return min(max(len(values), 1), MOST_VALUES)
    return {PRESENT: 0, BETWEEN: 2}.get(op, 1)


def _demand_fit(subject: Subject, value: object) -> None:
    if subject.kind in (NUMBER, MONEY, AGE):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
            raise _invalid("values", N_("Write a whole number."))
    elif subject.kind == FLAG:
        if not isinstance(value, bool):
            raise _invalid("values", N_("Choose yes or no."))
    elif not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE:
        raise _invalid("values", N_("Write 1 to 100 characters."))
    elif subject.kind == DATE:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise _invalid("values", N_("Write the day as 2026-11-21.")) from None
    elif subject.kind == CHOICE and subject.choices is not None and value not in subject.choices:
        raise _invalid("values", N_("Choose from the list."))


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})
