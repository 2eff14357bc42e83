"""The values of a resting lead as a person mends them: laid out as fields, and read back from what was typed. Pure.

Invariant: what is not touched stays as it was sent, letter by letter; a problem stands at the field it is about.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.leads.allowed_values import allowed_values
from app.leads.problems import Problem
from app.leads.targets import canonical, known_targets
from app.leads.unsafe_text import without_unsafe
from app.leads.verticals import Vertical

PERSON = re.compile(r"contacts\.(\d{1,2})\.([a-z_]{1,20})")
_MORE = re.compile(r"\s*[,;\n]\s*")
_PLURAL = {"phones": "phone", "emails": "email", "messengers": "messenger"}


@dataclass(frozen=True, slots=True)
class MendField:
    """One value: `target` is what problems call it, `options` what it may be where that is a closed list."""

    name: str
    target: str
    label: str
    text: str
    options: tuple[tuple[str, str], ...] = ()
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class MendForm:
    """What was sent, and what could have been sent beside it."""

    sent: tuple[MendField, ...]
    unsent: tuple[MendField, ...]

    def at_fields(self, problems: Iterable[Problem]) -> tuple[dict[str, list[Problem]], list[Problem]]:
        """Problems by the name of their field, and those of no field."""
        names = {one.target: one.name for one in (*self.unsent, *self.sent)}
        found: dict[str, list[Problem]] = {}
        others = []
        for one in problems:
            name = names.get(_target_of(one.target or ""))
            if name is None:
                others.append(one)
            else:
                found.setdefault(name, []).append(one)
        return found, others


def fields_of(
    values: Mapping[str, object], vertical: Vertical, lead_type: str, language: str, country: str
) -> MendForm:
    """The fields of a lead that was sent as `values`, named in the reader's language."""
    known = {one.target.name: one for one in known_targets(vertical, lead_type, language)}

    def field(name: str, target: str, text: str) -> MendField:
        label = known[target].target.label if target in known else target
        options = allowed_values(vertical, target, language, country) if target in known else []
        is_required = target in known and known[target].target.is_required
        return MendField(name, target, label, text, tuple(options), is_required)

    sent = [field(name, canonical(name), as_text(one)) for name, one in values.items() if name != "contacts"]
    sent += [
        field(f"contacts.{number}.{part}", _target_of(f"contact_{number}_{part}"), as_text(one))
        for number, person in enumerate(_people(values), 1)
        for part, one in person.items()
    ]
    has = {one.target for one in sent}
    people = {1} if not _people(values) else set()
    unsent = [
        field(name, name, "")
        for name, one in known.items()
        if name not in has and (not one.contact or one.contact in people)
    ]
    return MendForm(tuple(sent), tuple(unsent))


def changes_of(
    values: Mapping[str, object], typed: Mapping[str, str], vertical: Vertical, lead_type: str
) -> dict[str, object]:
    """What of the values was changed by what was typed into their fields; an empty text leaves a value out.

    What is typed into a field that `fields_of` does not give is nothing.
    """
    known = {one.target.name for one in known_targets(vertical, lead_type)} | (values.keys() - {"contacts"})
    changes: dict[str, object] = {
        name: _clean(text)
        for name, text in typed.items()
        if name in known and _differs(text, values.get(name))
    }
    people = [dict(one) for one in _people(values)]
    is_touched = False
    for name, text in typed.items():
        found = PERSON.fullmatch(name)
        number = int(found[1]) if found else 0
        if found is None or not 1 <= number <= len(people) or found[2] not in people[number - 1]:
            continue
        old = people[number - 1][found[2]]
        if _differs(text, old):
            parts = [one for one in _MORE.split(_clean(text)) if one]
            people[number - 1][found[2]] = parts if isinstance(old, list) else _clean(text)
            is_touched = True
    return {**changes, "contacts": people} if is_touched else changes


def as_text(value: object) -> str:
    """A value as its field shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(as_text, value))
    return "" if value is None else str(value)


def _differs(text: str, value: object) -> bool:
    return _clean(text) != as_text(value)


def _clean(text: str) -> str:
    """A browser sends two characters for the end of a line."""
    return str(without_unsafe(text.replace("\r\n", "\n")))


def _target_of(name: str) -> str:
    head, _, part = canonical(name).rpartition("_")
    return f"{head}_{_PLURAL[part]}" if part in _PLURAL else canonical(name)


def _people(values: Mapping[str, object]) -> list[Mapping[str, object]]:
    given = values.get("contacts")
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
