"""What is to be done when: deeds run in the order of their times, each while the clock stands at its own.

Invariants: time never runs backwards; whatever is due by the clock is done before the next deed; nothing is done later
than the demo's present, so what was begun lately stays open.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from tenants import clock, jobs
from tenants.errors import Refused

Deed = Callable[[datetime], object]
SWEEP_EVERY = timedelta(hours=72)
_HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 6, 10, 12, 12, 10, 9, 10, 11, 11, 10, 9, 8, 7, 5, 3, 1)
"""How lively each hour of the day is."""


class Agenda:
    """Everything still to come, from `start` to `present`."""

    def __init__(self, start: datetime, present: datetime, after_sweep: Deed) -> None:
        self.start = start
        self.present = present
        self.refused: Counter[str] = Counter()
        """By code: what the rules refused to people who acted at a bad moment."""
        self._after_sweep = after_sweep
        self._waiting: list[tuple[datetime, int, Deed, bool]] = []
        self._order = count()
        self._swept_at = start

    def at(self, moment: datetime, deed: Deed, *, may_be_refused: bool = False) -> None:
        """Do it then. A deed of daily life may be refused (somebody was faster); any other refusal is a fault."""
        heapq.heappush(self._waiting, (moment, next(self._order), deed, may_be_refused))

    def run(self) -> None:
        """Do everything up to the present, and what is due then."""
        while self._waiting and self._waiting[0][0] <= self.present:
            moment, _, deed, may_be_refused = heapq.heappop(self._waiting)
            self._sweep_until(moment)
            with clock.at(moment):
                try:
                    deed(moment)
                except Refused as refused:
                    if not may_be_refused:
                        raise
                    self.refused[refused.code] += 1
        self._sweep_until(self.present)
        self._sweep(self.present)

    def _sweep_until(self, moment: datetime) -> None:
        while self._swept_at + SWEEP_EVERY <= moment:
            self._swept_at += SWEEP_EVERY
            self._sweep(self._swept_at)

    def _sweep(self, moment: datetime) -> None:
        with clock.at(moment):
            jobs.tick(moment, talking=False)
            self._after_sweep(moment)


def is_working_day(day: datetime) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def working_time(rng: Random, day: datetime) -> datetime:
    """A moment of office hours on this day."""
    return _on(day, rng.randint(7, 16), rng)


def any_time(rng: Random, day: datetime) -> datetime:
    """A moment of this day when people are awake."""
    return _on(day, rng.choices(range(24), _HOURS)[0], rng)


def next_working(rng: Random, after: datetime, low_hours: float, high_hours: float) -> datetime:
    """So many hours later, moved into office hours."""
    moment = after + timedelta(hours=rng.uniform(low_hours, high_hours))
    while not is_working_day(moment):
        moment += timedelta(days=1)
    if not 7 <= moment.hour < 17:
        moment = working_time(rng, moment if moment.hour < 7 else moment + timedelta(days=1))
    return moment


def growth(agenda: Agenda, moment: datetime) -> float:
    """How business goes: from three quarters of the average at the start to five quarters at the end."""
    whole = (agenda.present - agenda.start) / timedelta(days=1)
    return 0.75 + 0.5 * ((moment - agenda.start) / timedelta(days=1)) / max(whole, 1)


def _on(day: datetime, hour: int, rng: Random) -> datetime:
    return datetime(day.year, day.month, day.day, hour, rng.randint(0, 59), rng.randint(0, 59), tzinfo=UTC)
