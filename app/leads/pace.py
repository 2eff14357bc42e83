"""How fast a check comes on, and how long the rest will take: the newest rows weigh most. Pure.

Invariant: a rate is positive and finite or not told at all, a remaining time never negative; while nothing comes, the
rate falls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import Any

MEMORY_SECONDS = 20.0
"""What is so old weighs about a third of what is new."""
SHORTEST_SECONDS = 2.0
"""No rate is told sooner: it would jump."""
PATIENCE_SECONDS = 5.0
"""Rows come in blocks: so long a silence between two of them says nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows and the seconds they took, both faded by age."""

    rows: float = 0.0
    seconds: float = 0.0

    def after(self, rows: int, seconds: float) -> "Pace":
        """With some more rows that took so long; a clock that went back took no time."""
        took = max(0.0, seconds)
        faded = exp(-took / MEMORY_SECONDS)
        return Pace(self.rows * faded + rows, self.seconds * faded + took)

    def rate(self, silent_seconds: float = 0.0) -> float | None:
        """Rows a second, so long after the last ones came; None while it cannot be told."""
        now = self.after(0, max(0.0, silent_seconds - PATIENCE_SECONDS))
        if now.seconds < SHORTEST_SECONDS or now.rows <= 0:
            return None
        return now.rows / now.seconds


def seconds_left(rows_left: int, rate: float | None) -> float | None:
    """How long so many rows will take; None without a rate."""
    return max(0, rows_left) / rate if rate else None


def of_row(row: Any) -> Pace:
    """A pace as it is stored: thousandths of rows, milliseconds."""
    return Pace(row.pace_rows / 1000, row.pace_ms / 1000)


def come_on(row: Any, since: datetime, rows: int, now: datetime) -> Mapping[str, object]:
    """The stored pace of `row` with rows that came `since`, as a statement takes it."""
    pace = of_row(row).after(rows, (now - since).total_seconds())
    return {"pace_rows": round(pace.rows * 1000), "pace_ms": round(pace.seconds * 1000), "paced_at": now}


def rate_now(row: Any, now: datetime) -> float | None:
    """Rows a second of a stored pace, as of now."""
    return of_row(row).rate((now - row.paced_at).total_seconds()) if row.paced_at else None
