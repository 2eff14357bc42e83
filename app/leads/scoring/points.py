"""Rules made ready to score many leads: points now, fit, grade. Pure.

Invariants: a score lies within 0 to 100; with the same facts it never rises with time; fit knows no time. A rule fades
by halves: `points × 0.5 ** (age / half-life)`. Halves have no last day on which a lead suddenly drops, and two leads
that fade by the same rule never change places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add, attrgetter
from typing import Any, NamedTuple

from app.leads.scoring.conditions import Test, test_of
from app.leads.scoring.facts import Known, Place, bant_facts
from app.leads.scoring.rules import EXCLUDE, GROUPS, HIGHEST, WEIGHT, Rule, Rules, Trait
from app.leads.scoring.subjects import ACTIVITY, DATE, HIDDEN, MONEY, NUMBER, Subject, subjects

Events = Mapping[str, float]
"""Activity → days since it last happened."""

NO_EVENTS: Events = {}
_REMEMBERED = 4096
_CLOSED, _OPEN, _REST, _AGE, _EVENTS = range(5)
"""Parts of the facts: answers from a closed list, open answers, what is no public answer, age, activity."""


class Rating(NamedTuple):
    """What is stored with a lead. Fit and grade are None where the profile asks for nothing."""

    score: int
    fit: int | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule that is met: its points now, and how old what it looks at is."""

    rule: Rule
    points: float
    age_days: float


class _Ready(NamedTuple):
    """A rule or trait with its test; `amount` is its points or its weight."""

    key: str
    test: Test
    currency: str
    amount: int
    group: int
    half_life: int
    origin: Any

    def is_met(self, facts: Mapping[str, Any]) -> bool:
        value = facts.get(self.key)
        is_right = not self.currency or facts.get("currency") == self.currency
        return value is not None and is_right and bool(self.test(value))


class _Share(NamedTuple):
    """What some of the facts bring: points that last, by group; points that fade; weight; whether a demand is missed."""

    lasting: tuple[int, ...]
    fading: tuple[tuple[int, int, int], ...]
    weight: int
    is_missed: bool


class Scorer:
    """One version of the rules, ready to score; what it remembers of leads is only how parts of them count."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.version = rules, rules.version
        known = subjects(rules.vertical)
        self._limits = tuple((rules.groups[name].cap, rules.groups[name].floor) for name in GROUPS)
        self._rules: list[list[_Ready]] = [[] for _ in range(5)]
        self._traits: list[list[_Ready]] = [[] for _ in range(5)]
        for one in rules.rules:
            subject = known[one.when.subject]
            self._rules[_part(subject)].append(_ready(one, subject, one.points))
        for trait in rules.profile:
            subject = known[trait.when.subject]
            self._traits[_part(subject)].append(_ready(trait, subject, trait.weight))
        self._whole = sum(one.weight for one in rules.profile)
        self._has_demands = any(one.kind != WEIGHT for one in rules.profile)
        self._closed_keys = _keys(self._rules[_CLOSED], self._traits[_CLOSED])
        used = _keys(self._rules[_REST], self._traits[_REST])
        self._of_told, self._of_place = _told_key(used), _place_key(used)
        self._kept: dict[Any, _Share] = {}

    def rate(self, known: Known, age_days: float, events: Events = NO_EVENTS) -> Rating:
        """Score, fit and grade of a lead whose enquiry is `age_days` old: every group within its limits."""
        base, answers = self._base(known), known.answers
        get = answers.get
        sums: list[float] = list(base.lasting)
        for group, half_life, amount in base.fading:
            sums[group] += amount * 0.5 ** (age_days / half_life)
        for key, test, currency, amount, group, half_life, _ in self._rules[_OPEN]:
            value = get(key)
            if value is not None and test(value) and (not currency or get("currency") == currency):
                sums[group] += amount * 0.5 ** (age_days / half_life) if half_life else amount
        for one in self._rules[_AGE]:
            if one.test(age_days):
                sums[one.group] += amount_left(one.amount, age_days, one.half_life)
        if events:
            self._add_events(sums, events)
        total, place = 0.0, 0
        for limits in self._limits:
            cap, floor = limits
            got = sums[place]
            total += cap if got > cap else floor if got < floor else got
            place += 1  # noqa: SIM113 (counting is cheaper than enumerate here, and this runs for every row of a file)
        fit = self._fit(base, answers)
        return Rating(rounded(total), fit, grade(fit))

    def score(self, known: Known, age_days: float, events: Events = NO_EVENTS) -> int:
        """The points alone, within 0 to 100."""
        return self.rate(known, age_days, events).score

    def counted(self, known: Known, age_days: float, events: Events = NO_EVENTS) -> list[Counted]:
        """Every rule that is met with its points now, in the order of the rules."""
        facts = known.flat() | {"@age": age_days} | {f"@{ACTIVITY}{kind}": True for kind in events}
        met = {one.origin.key for part in self._rules for one in part if one.is_met(facts)}
        found = []
        for rule in self.rules.rules:
            if rule.key in met:
                since = events.get(rule.when.subject.removeprefix(ACTIVITY), age_days)
                found.append(Counted(rule, amount_left(rule.points, since, rule.half_life_days or 0), since))
        return found

    def traits(self, known: Known) -> list[tuple[Trait, bool]]:
        """Every trait of the profile, and whether the lead has it."""
        facts = known.flat()
        has = {one.origin.key: one.is_met(facts) for part in self._traits for one in part}
        return [(one, has[one.key]) for one in self.rules.profile]

    def _base(self, known: Known) -> _Share:
        # leads of one source differ little in what is not an answer, and closed lists are short: how all of this counts
        # is worked out once and kept
        get = known.answers.get
        key = (
            self._of_told(known.told),
            known.bant,
            self._of_place(known.place),
            *[get(name) for name in self._closed_keys],
        )
        base = self._kept.get(key)
        if base is None:
            if len(self._kept) >= _REMEMBERED:
                self._kept.clear()
            facts = {**known.told.flat(), **bant_facts(known.bant), **known.place.flat()}
            base = self._kept[key] = _sum(self._share(_REST, facts), self._share(_CLOSED, known.answers))
        return base

    def _add_events(self, sums: list[float], events: Events) -> None:
        for one in self._rules[_EVENTS]:
            since = events.get(one.key.removeprefix(f"@{ACTIVITY}"))
            if since is not None:
                sums[one.group] += amount_left(one.amount, since, one.half_life)

    def _share(self, part: int, facts: Mapping[str, Any]) -> _Share:
        get, lasting, fading, weight, is_missed = facts.get, [0] * len(GROUPS), [], 0, False
        for key, test, currency, amount, group, half_life, _ in self._rules[part]:
            value = get(key)
            if value is not None and test(value) and (not currency or get("currency") == currency):
                if half_life:
                    fading.append((group, half_life, amount))
                else:
                    lasting[group] += amount
        for one in self._traits[part]:
            is_met = one.is_met(facts)
            if one.amount:
                weight += one.amount * is_met
            elif is_met == (one.origin.kind == EXCLUDE):
                is_missed = True
        return _Share(tuple(lasting), tuple(fading), weight, is_missed)

    def _fit(self, base: _Share, answers: Mapping[str, Any]) -> int | None:
        got, is_missed = base.weight, base.is_missed
        for one in self._traits[_OPEN]:
            is_met = one.is_met(answers)
            if one.amount:
                got += one.amount * is_met
            elif is_met == (one.origin.kind == EXCLUDE):
                is_missed = True
        if is_missed:
            return 0
        if self._whole:
            return (200 * got + self._whole) // (2 * self._whole)
        return HIGHEST if self._has_demands else None


def grade(fit: int | None) -> str | None:
    """A from 80, B from 60, C from 40, else D."""
    if fit is None:
        return None
    return "A" if fit >= 80 else "B" if fit >= 60 else "C" if fit >= 40 else "D"


def group_sums(counted: Sequence[Counted], rules: Rules) -> dict[str, tuple[float, float]]:
    """Of each group what its rules add up to, and what of it counts within cap and floor."""
    sums = dict.fromkeys(GROUPS, 0.0)
    for one in counted:
        sums[one.rule.group] += one.points
    limits = rules.groups
    return {
        name: (total, float(max(limits[name].floor, min(limits[name].cap, total))))
        for name, total in sums.items()
    }


def total_of(sums: Mapping[str, tuple[float, float]]) -> int:
    """The score that these groups make."""
    return rounded(sum(kept for _, kept in sums.values()))


def rounded(total: float) -> int:
    """A whole score within 0 to 100."""
    # halves of fading points carry noise in their last bits: it must not decide between two whole numbers
    return 0 if total <= 0 else HIGHEST if total >= HIGHEST else int(total + 0.500001)


def amount_left(points: int, age_days: float, half_life: int) -> float:
    """What time has left of some points; nothing is gained by an event of the future."""
    return float(points * 0.5 ** (max(age_days, 0.0) / half_life)) if half_life else float(points)


def _ready(one: Rule | Trait, subject: Subject, amount: int) -> _Ready:
    currency = one.when.currency if subject.kind == MONEY else ""
    group = GROUPS.index(one.group) if isinstance(one, Rule) else 0
    half_life = (one.half_life_days or 0) if isinstance(one, Rule) else 0
    return _Ready(subject.key, test_of(one.when, subject), currency, amount, group, half_life, one)


def _part(subject: Subject) -> int:
    """Which part of the facts a subject belongs to."""
    if subject.code == "age":
        return _AGE
    if subject.code.startswith(ACTIVITY):
        return _EVENTS
    if subject.kind == HIDDEN or subject.key.startswith("@"):
        return _REST
    return _OPEN if subject.kind in (NUMBER, MONEY, DATE) else _CLOSED


def _keys(*ready: list[_Ready]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.key for several in ready for one in several))


def _told_key(used: tuple[str, ...]) -> Any:
    """Of what is sealed only what some rule looks at, so that what was worked out fits many leads."""
    names = [name for name in ("mail", "phone", "channels", "completeness") if f"@{name}" in used]
    if any(not key.startswith("@") for key in used):
        names.append("has")
    return attrgetter(*names) if names else _nothing


def _place_key(used: tuple[str, ...]) -> Any:
    names = [name for name in Place._fields if f"@{name}" in used]
    if "@consent" in used:
        names.append("is_proven")
    return attrgetter(*names) if names else _nothing


def _nothing(_one: object) -> None:
    return None


def _sum(one: _Share, other: _Share) -> _Share:
    lasting = tuple(map(add, one.lasting, other.lasting))
    return _Share(
        lasting, one.fading + other.fading, one.weight + other.weight, one.is_missed or other.is_missed
    )
