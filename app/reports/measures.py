"""What the reports of agencies and companies count, and the figures that follow from the counts.

Invariant: a figure and the list behind it come from the same rows. Money is net of VAT; per lead it counts on the day of
the sale, per action on the day it was captured, a return on the day it was accepted; conversion looks at the sales of
the period, whenever their outcome came.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from billing.periods import Period


class Measure(StrEnum):
    """One thing that is counted; every one has a list of the trades it counts."""

    SOLD = "sold"
    RETURNED = "returned"
    ACTIONS = "actions"
    CONTACTED = "contacted"
    CALL = "call"
    CONSULTATION = "consultation"
    QUALIFIED = "qualified"
    PURCHASE = "purchase"
    REJECTED = "rejected"
    KEPT = "kept"
    """Sold and not returned: what conversion is a share of."""
    MONEY = "money"
    """Everything that moved money: sales per lead, captured actions, and returns with a minus."""


OUTCOMES = (
    Measure.CONTACTED,
    Measure.CALL,
    Measure.CONSULTATION,
    Measure.QUALIFIED,
    Measure.PURCHASE,
    Measure.REJECTED,
)
"""Measures that count trades with such an outcome."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of trades ended."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"


@dataclass(frozen=True, slots=True)
class Trade:
    """One row behind a figure: a sold lead, or one action of it. `amount_minor` is what it adds to the money."""

    id: UUID
    """The sale, which is the buyer's purchase."""
    row_id: UUID
    """The sale, or the action."""
    at: datetime
    party: str
    source: str
    vertical: str
    terms: str
    amount_minor: int

    @property
    def place(self) -> Place:
        """Where this row stands in the list."""
        return Place(self.at, self.row_id)


@dataclass(frozen=True, slots=True)
class Counted:
    """One line of a report: an agency's source, or a company's supplier and its source."""

    key: str
    name: str
    channel: str = ""
    leads: int = 0
    """How many came in; only an agency knows."""
    sold: int = 0
    """Per lead and per action together."""
    sold_per_lead: int = 0
    returned: int = 0
    actions: int = 0
    kept: int = 0
    """Sales of the period that were not returned: what conversion is a share of."""
    ppl_minor: int = 0
    returns_minor: int = 0
    ppa_minor: int = 0
    spend_minor: int = 0
    value_minor: int = 0
    """What the buyer said its deals were worth; only the buyer knows."""
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def money_minor(self) -> int:
        """Per lead and per action, less returns."""
        return self.ppl_minor - self.returns_minor + self.ppa_minor

    @property
    def margin_minor(self) -> int:
        """What was earned beyond the spend."""
        return self.money_minor - self.spend_minor

    @property
    def per_lead_minor(self) -> int | None:
        """(net - returns) / (sold - returned) of sales per lead, half up; None when nothing is left."""
        return _average(self.ppl_minor - self.returns_minor, self.sold_per_lead - self.returned)

    @property
    def per_action_minor(self) -> int | None:
        """The average net price of a captured action, half up; None without one."""
        return _average(self.ppa_minor, self.actions)

    def conversion(self, outcome: str) -> float | None:
        """Sales with that outcome / sales not returned; None without a sale."""
        return self.outcomes.get(outcome, 0) / self.kept if self.kept else None


@dataclass(frozen=True, slots=True)
class Step:
    """One week of a report: what was earned or spent in it, per lead and per action."""

    period: Period
    ppl_minor: int
    ppa_minor: int


@dataclass(frozen=True, slots=True)
class TradeReport:
    """A tenant's report of a period: lines, their total, and the course by week."""

    period: Period
    total: Counted
    lines: tuple[Counted, ...]
    weeks: tuple[Step, ...]


def _average(minor: int, count: int) -> int | None:
    return (2 * minor + count) // (2 * count) if count > 0 else None


def add_up(lines: Sequence[Counted], name: str) -> Counted:
    """The total of the lines."""
    counts = {column: sum(getattr(line, column) for line in lines) for column in _SUMMED}
    outcomes = {
        outcome.value: sum(line.outcomes.get(outcome.value, 0) for line in lines) for outcome in OUTCOMES
    }
    return Counted(key="", name=name, outcomes=outcomes, **counts)


_SUMMED = (
    "leads", "sold", "sold_per_lead", "returned", "actions", "kept", "ppl_minor", "returns_minor", "ppa_minor",
    "spend_minor", "value_minor",
)  # fmt: skip
