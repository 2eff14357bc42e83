"""Why a lead scores what it scores: every rule that counts, what time has left of it, caps, and the profile. Pure.

Invariant: the parts add up to the score that is shown, and the same facts rated at intake give the same number.
"""

from dataclasses import dataclass
from datetime import datetime

from app.leads.scoring.facts import Known
from app.leads.scoring.points import NO_EVENTS, Counted, Events, Scorer, group_sums, total_of
from app.leads.scoring.rules import Trait
from app.leads.verticals import Vertical


@dataclass(frozen=True, slots=True)
class GroupWhy:
    """What one group adds: its rules, their sum, and what of it counts between floor and cap."""

    name: str
    cap: int
    floor: int
    sum: float
    counts: float
    rules: tuple[Counted, ...]

    @property
    def is_capped(self) -> bool:
        """Whether cap or floor changed the sum."""
        return abs(self.sum - self.counts) > 1e-6


@dataclass(frozen=True, slots=True)
class Why:
    """A score at a moment with everything it is made of. `stored` is the score kept with the lead."""

    at: datetime
    vertical: Vertical
    version: int
    score: int
    stored: int | None
    fit: int | None
    grade: str | None
    groups: tuple[GroupWhy, ...]
    traits: tuple[tuple[Trait, bool], ...]


def explain(
    scorer: Scorer,
    known: Known,
    at: datetime,
    age_days: float,
    events: Events = NO_EVENTS,
    stored: int | None = None,
) -> Why:
    """The score of a lead now, and why; groups without any rule are left out."""
    counted = scorer.counted(known, age_days, events)
    sums = group_sums(counted, scorer.rules)
    rating = scorer.rate(known, age_days, events)
    used = {one.group for one in scorer.rules.rules}
    groups = tuple(
        GroupWhy(
            name,
            scorer.rules.groups[name].cap,
            scorer.rules.groups[name].floor,
            total,
            kept,
            tuple(one for one in counted if one.rule.group == name),
        )
        for name, (total, kept) in sums.items()
        if name in used
    )
    traits = tuple(scorer.traits(known))
    return Why(
        at,
        scorer.rules.vertical,
        scorer.version,
        total_of(sums),
        stored,
        rating.fit,
        rating.grade,
        groups,
        traits,
    )
