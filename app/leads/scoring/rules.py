"""The rules of one vertical as data: groups with caps, rules with points, the profile of the ideal customer. Pure.

Invariants: rules read from data are sound for their vertical or refused with the place of the fault; `read` of
`as_data` gives the same rules. Only what gives points may fade or count freshness, so time alone never raises a score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from app.leads.scoring.conditions import Condition, condition, condition_data
from app.leads.scoring.subjects import AT_LEAST, is_of_the_moment
from app.leads.verticals import Vertical
from tenants.errors import Invalid
from tenants.language import N_

GROUPS = ("answers", "contact", "ripeness", "origin", "activity")
"""The groups in the order of the page; what each may add and take away is the agency's to say."""
WEIGHT, MUST, EXCLUDE = "weight", "must", "exclude"
HIGHEST = 100
MOST_RULES = 60
LONGEST_HALF_LIFE = 365


@dataclass(frozen=True, slots=True)
class Group:
    """The most a group adds (`cap`) and takes away (`floor`, zero or below)."""

    cap: int
    floor: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Points for what is true of a lead. With a half-life they fade, counted from the enquiry or from the event."""

    key: str
    group: str
    when: Condition
    points: int
    half_life_days: int | None = None


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait of the ideal customer: `weight` counts in proportion, `must` has to be met, `exclude` must not be."""

    key: str
    kind: str
    when: Condition
    weight: int = 0


@dataclass(frozen=True, eq=False)
class Rules:
    """All of one version; below zero it is one that ships with the product, zero a draft, above an agency's own."""

    vertical: Vertical
    version: int
    groups: Mapping[str, Group]
    rules: tuple[Rule, ...]
    profile: tuple[Trait, ...]

    def as_data(self) -> dict[str, Any]:
        """Plain data, to be stored."""
        return {
            "groups": {name: [group.cap, group.floor] for name, group in self.groups.items()},
            "rules": [
                {
                    "key": one.key,
                    "group": one.group,
                    **condition_data(one.when),
                    "points": one.points,
                    "half_life_days": one.half_life_days,
                }
                for one in self.rules
            ],
            "profile": [
                {"key": one.key, "kind": one.kind, **condition_data(one.when), "weight": one.weight}
                for one in self.profile
            ],
        }

    def with_rule(self, rule: Rule) -> "Rules":
        """With this rule in the place of the one of its key, or at the end."""
        return replace(self, rules=_put(self.rules, rule))

    def with_trait(self, trait: Trait) -> "Rules":
        """With this trait in the place of the one of its key, or at the end."""
        return replace(self, profile=_put(self.profile, trait))

    def without(self, key: str) -> "Rules":
        """Without the rule or trait of this key."""
        return replace(
            self,
            rules=tuple(one for one in self.rules if one.key != key),
            profile=tuple(one for one in self.profile if one.key != key),
        )

    def with_group(self, name: str, group: Group) -> "Rules":
        """With another cap and floor for a group."""
        return replace(self, groups={**self.groups, name: group})


def read(data: Mapping[str, Any], vertical: Vertical, version: int) -> Rules:
    """Rules from plain data. Raises `Invalid` naming what is wrong; unknown keys are wrong too."""
    given = data.get("groups", {})
    groups = {name: _group(name, given.get(name, (0, 0))) for name in GROUPS}
    rules = tuple(_rule(one, vertical) for one in data.get("rules", ()))
    profile = tuple(_trait(one, vertical) for one in data.get("profile", ()))
    keys = [one.key for one in rules] + [one.key for one in profile]
    if len(keys) > MOST_RULES:
        raise _invalid("form", N_("At most 60 rules and traits for a vertical."))
    if len(set(keys)) < len(keys) or set(given) - set(GROUPS) or set(data) - {"groups", "rules", "profile"}:
        raise _invalid("form", N_("These scoring rules are not in a form that can be read."))
    return Rules(vertical, version, groups, rules, profile)


def read_rule(data: Mapping[str, Any], vertical: Vertical) -> Rule:
    """One rule from plain data. Raises `Invalid`."""
    return _rule(data, vertical)


def read_trait(data: Mapping[str, Any], vertical: Vertical) -> Trait:
    """One trait from plain data. Raises `Invalid`."""
    return _trait(data, vertical)


def read_group(name: str, cap: object, floor: object) -> Group:
    """A group's limits. Raises `Invalid`."""
    return _group(name, (cap, floor))


def _rule(data: Mapping[str, Any], vertical: Vertical) -> Rule:
    when, group = condition(data, vertical), str(data.get("group", ""))
    points, half_life = data.get("points"), data.get("half_life_days")
    if group not in GROUPS:
        raise _invalid("group", N_("Choose a group from the list."))
    if not _is_whole(points, -HIGHEST, HIGHEST) or points == 0:
        raise _invalid("points", N_("Points are a whole number from -100 to 100, and not 0."))
    if half_life is not None and not _is_whole(half_life, 1, LONGEST_HALF_LIFE):
        raise _invalid("half_life_days", N_("A half-life is 1 to 365 whole days, or nothing."))
    if half_life is not None and points < 0:
        raise _invalid("half_life_days", N_("Only a rule that gives points can fade."))
    if when.subject == "age" and (points < 0) != (when.op == AT_LEAST):
        raise _invalid(
            "points", N_("Freshness gives points and age takes them: time alone never raises a score.")
        )
    return Rule(str(data.get("key", "")), group, when, points, half_life)


def _trait(data: Mapping[str, Any], vertical: Vertical) -> Trait:
    when, kind = condition(data, vertical), str(data.get("kind", ""))
    if kind not in (WEIGHT, MUST, EXCLUDE):
        raise _invalid("kind", N_("Choose whether this trait counts, is a must or excludes."))
    if is_of_the_moment(when.subject):
        raise _invalid("subject", N_("The profile looks at who the lead is, not at what happens with time."))
    weight = data.get("weight", 0) if kind == WEIGHT else 0
    if kind == WEIGHT and not _is_whole(weight, 1, HIGHEST):
        raise _invalid("weight", N_("A weight is a whole number from 1 to 100."))
    return Trait(str(data.get("key", "")), kind, when, weight)


def _group(name: str, limits: Sequence[object]) -> Group:
    cap, floor = limits
    if name not in GROUPS:
        raise _invalid("group", N_("Choose a group from the list."))
    if not _is_whole(cap, 0, HIGHEST):
        raise _invalid("cap", N_("A group adds at most 0 to 100 points."))
    if not _is_whole(floor, -HIGHEST, 0):
        raise _invalid("floor", N_("A group takes away at most -100 to 0 points."))
    return Group(cap, floor)


def _is_whole(value: object, low: int, high: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _put(ones: tuple[Any, ...], new: Any) -> tuple[Any, ...]:
    if any(one.key == new.key for one in ones):
        return tuple(new if one.key == new.key else one for one in ones)
    return (*ones, new)


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})
