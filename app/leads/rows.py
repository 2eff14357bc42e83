"""One row of a file, or one request, becomes one lead or a list of what is wrong with it.

Invariant: both ways in share `LeadReader`, so a lead means the same wherever it came from; a row with a problem
gives no lead at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.leads import date_orders, emails, phones
from app.leads.cells import EMPTY_MARKS
from app.leads.contacts import MOST_CONTACTS, RawContact
from app.leads.files.layout import BrokenRow, Line, Row
from app.leads.fixes import Fixes, repaired
from app.leads.full_names import is_full, split
from app.leads.lead_reading import BatchDefaults, LeadReader, ReadLead
from app.leads.problems import Problem, shown
from app.leads.targets import canonical, targets
from app.leads.verticals import Vertical

__all__ = ["BatchDefaults", "ReadLead", "RowProblem", "RowReader", "read_values"]

_TEXT_PARTS = frozenset({"name", "first_name", "last_name", "role"})
_CHANNELS: Mapping[str, str] = {
    "phone": "phone", "phones": "phone", "email": "email", "emails": "email",
    "messenger": "messenger", "messengers": "messenger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that became no lead: its line, everything wrong with it, and the column of the first problem."""

    line: int
    problems: tuple[Problem, ...]
    column: int | None = None

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return self.problems[0].code

    @property
    def message(self) -> str:
        """The English sentence of the first problem."""
        return self.problems[0].message

    @property
    def params(self) -> Mapping[str, object]:
        """What fills the sentence of the first problem."""
        return self.problems[0].params

    @property
    def value(self) -> str | None:
        """The value of the first problem, as the agency wrote it."""
        return self.problems[0].value


class RowReader:
    """Reads the rows of one file by one mapping (column number → target); reading a row again gives the same lead.

    `constants` hold a value for every row that a column leaves empty, `fixes` what was decided about many rows, `orders`
    the targets of full names that are split into their parts, and those of dates that have the month first.
    """

    def __init__(
        self,
        vertical: Vertical,
        mapping: Mapping[int, str],
        defaults: BatchDefaults,
        *,
        constants: Mapping[str, str] | None = None,
        fixes: Fixes | None = None,
        orders: Mapping[str, str] | None = None,
    ) -> None:
        self._columns = tuple((column, canonical(target)) for column, target in sorted(mapping.items()))
        self._column_of = {target: column for column, target in self._columns}
        self._constants = {canonical(target): value for target, value in (constants or {}).items()}
        self._fixes = fixes if fixes is not None and (fixes.values or fixes.repairs) else None
        self._barred = _barred(self._fixes)
        self._width = max(mapping, default=-1) + 1
        names = {target: order for target, order in (orders or {}).items() if is_full(target)}
        self._orders = tuple((target, order, *_parts_of(target)) for target, order in names.items())
        parts = {part for _target, _order, *both in self._orders for part in both}
        self._reader = LeadReader(
            vertical,
            _with_dates(defaults, orders or {}),
            tuple({**self._constants, **self._column_of, **dict.fromkeys(parts)}),
        )
        self.country = defaults.country

    def read(self, line: int, row: Row) -> ReadLead | RowProblem:
        """The lead of a row that starts on `line`, or why it is none."""
        return self.read_all([(line, row)])[0]

    def read_all(self, lines: Sequence[Line]) -> list[ReadLead | RowProblem]:
        """What `read` gives for each; many at once take less time."""
        written = [self._whole(*one) for one in lines]
        meant = [self._as_meant(one) for one in written if not isinstance(one, RowProblem)]
        read = iter(self._reader.read_all(meant))
        return [
            one if isinstance(one, RowProblem) else self._or_problem(line, next(read))
            for one, (line, _row) in zip(written, lines, strict=True)
        ]

    def _whole(self, line: int, row: Row) -> dict[str, str] | RowProblem:
        """The texts of a row that is whole and not left out."""
        if isinstance(row, BrokenRow):
            return RowProblem(line, (Problem(None, row.code, row.params),))
        if len(row) < self._width:
            params = {"found": len(row), "expected": self._width}
            return RowProblem(line, (Problem(None, "short_row", params),))
        written = self._written(row)
        if self._barred and (problems := self._left_out(written)):
            return self._problem(line, problems)
        return written

    def _or_problem(self, line: int, read: ReadLead | tuple[Problem, ...]) -> ReadLead | RowProblem:
        return read if isinstance(read, ReadLead) else self._problem(line, read)

    def _problem(self, line: int, problems: tuple[Problem, ...]) -> RowProblem:
        return RowProblem(line, problems, self._column_of.get(problems[0].target or ""))

    def values(self, row: Sequence[str]) -> dict[str, str]:
        """Target → text of a row that is wide enough, as it is read."""
        return self._as_meant(self._written(row))

    def _written(self, row: Sequence[str]) -> dict[str, str]:
        values = self._constants.copy()
        for column, target in self._columns:
            text = row[column].strip()
            if text not in EMPTY_MARKS:
                values[target] = text
        return values

    def _as_meant(self, values: dict[str, str]) -> dict[str, str]:
        """With what was put right, and with the parts of full names."""
        if self._fixes is not None:
            self._mend(values, self._fixes)
        for target, order, first, last in self._orders:
            if target in values:
                parts = zip((first, last), split(values[target], order), strict=True)
                values.update({part: text for part, text in parts if text})
        return values

    def _left_out(self, values: Mapping[str, str]) -> tuple[Problem, ...]:
        """The fields of a row for whose values somebody decided that such rows stay out."""
        found = ((target, values.get(target)) for target in self._barred)
        return tuple(
            Problem(target, "left_out", value=shown(text))
            for target, text in found
            if text is not None and shown(text) in self._barred[target]
        )

    def _mend(self, values: dict[str, str], fixes: Fixes) -> None:
        for target, meant in fixes.values.items():
            written = values.get(target)
            if written is not None and (instead := meant.get(shown(written))) is not None:
                if instead:
                    values[target] = instead
                else:
                    del values[target]
        for kind in fixes.repairs:
            for target in [one for one in values if one.endswith(f"_{kind}")]:
                values[target] = _repaired(kind, values[target], self.country)


def read_values(
    vertical: Vertical, values: Mapping[str, object], defaults: BatchDefaults
) -> ReadLead | tuple[Problem, ...]:
    """One lead from a request: targets and the vertical's fields by name, and people as a list under `contacts`.

    Texts, whole numbers and yes/no are taken; an unknown name is a problem, never ignored.
    """
    known = {target.name for target in targets(vertical, defaults.lead_type)}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        target = canonical(name)
        if name == "contacts":
            continue
        if target not in known or target in texts:
            problems.append(Problem(name, "unknown_field"))
        elif (text := _as_text(value)) is None:
            problems.append(Problem(name, "wrong_type", value=shown(value)))
        elif text:
            texts[target] = text
    people = _people(values.get("contacts", ()), problems)
    read = LeadReader(vertical, defaults, tuple(texts)).read(texts, people)
    if isinstance(read, ReadLead):
        return tuple(problems) or read
    return (*problems, *read)


def _barred(fixes: Fixes | None) -> dict[str, frozenset[str]]:
    """By target the values whose rows are left out."""
    if fixes is None:
        return {}
    found = {
        target: frozenset(written for written, one in meant.items() if one is None)
        for target, meant in fixes.values.items()
    }
    return {target: written for target, written in found.items() if written}


def _with_dates(defaults: BatchDefaults, orders: Mapping[str, str]) -> BatchDefaults:
    """With the targets whose dates have the month first."""
    turned = (
        target for target, order in orders.items() if date_orders.read_as(order) != date_orders.DAY_FIRST
    )
    return replace(defaults, month_first=frozenset(turned))


def _parts_of(target: str) -> tuple[str, str]:
    """Where the parts of a full name go."""
    return target.replace("_name", "_first_name"), target.replace("_name", "_last_name")


def _repaired(kind: str, cell: str, country: str) -> str:
    """The channels of a cell, those that cannot be read put right where only one thing can be meant."""
    parts = phones.split(cell) if kind == "phone" else emails.split(cell)
    is_fine = (lambda one: phones.to_e164(one, country)) if kind == "phone" else emails.normal_form
    if len(parts) > 1 and all(map(is_fine, parts)):
        return cell
    whole = None if is_fine(cell) else repaired(kind, cell, country)
    return whole or ", ".join(one if is_fine(one) else repaired(kind, one, country) or one for one in parts)


def _as_text(value: object) -> str | None:
    """A plain JSON value as text; empty for null; None when it is of another kind."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return value.strip() if isinstance(value, str) else None


def _people(given: object, problems: list[Problem]) -> list[RawContact]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        problems.append(Problem("contacts", "wrong_type", value=shown(given)))
        return []
    if len(given) > MOST_CONTACTS:
        problems.append(Problem("contacts", "too_many_contacts", {"limit": MOST_CONTACTS}))
        return []
    return [_person(number, one, problems) for number, one in enumerate(given, 1)]


def _person(number: int, given: object, problems: list[Problem]) -> RawContact:
    person = RawContact(number)
    if not isinstance(given, Mapping):
        problems.append(Problem("contacts", "wrong_type", value=shown(given)))
        return person
    for key, value in given.items():
        name = f"contact_{number}_{key}"
        texts = [_as_text(one) for one in (value if isinstance(value, list) else [value])]
        if key not in _TEXT_PARTS and key not in _CHANNELS:
            problems.append(Problem(name, "unknown_field"))
        elif None in texts or (key in _TEXT_PARTS and isinstance(value, list)):
            problems.append(Problem(name, "wrong_type", value=shown(value)))
        elif key in _TEXT_PARTS:
            person.cells[key] = texts[0] or ""
        else:
            channels = [text for text in texts if text]
            person.channels[_CHANNELS[key]] = [*person.channels.get(_CHANNELS[key], ()), *channels]
    return person
