"""Periods of a report: whole days of one time zone, both named days included.

Invariant: an instant belongs to exactly one day, week (from Monday) or month of a zone; neighbouring periods neither
overlap nor leave a gap, also when clocks change.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tenants.errors import Invalid
from tenants.language import N_

LONGEST_DAYS = 3 * 366
"""The most days one report covers."""
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
"""Days a person may ask for."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of `first_on` to the end of `last_on` in `zone`."""

    first_on: date
    last_on: date
    zone: str

    @property
    def start_at(self) -> datetime:
        """The first instant in it."""
        return midnight(self.first_on, self.zone)

    @property
    def end_at(self) -> datetime:
        """The first instant after it."""
        return midnight(self.last_on + timedelta(days=1), self.zone)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last_on - self.first_on).days + 1

    def before(self) -> "Period":
        """The period of as many days that ends where this one starts, to compare with."""
        return Period(self.first_on - timedelta(days=self.days), self.first_on - timedelta(days=1), self.zone)


def midnight(on: date, zone: str) -> datetime:
    """The first instant of a day in a zone."""
    return datetime.combine(on, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_of(at: datetime, zone: str) -> date:
    """The day an instant falls on in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def week_of(on: date) -> date:
    """The Monday of the week a day is in."""
    return on - timedelta(days=on.weekday())


def month_of(on: date) -> date:
    """The first of the month a day is in."""
    return on.replace(day=1)


def last_weeks(count: int, now: datetime, zone: str) -> Period:
    """This week, as far as it has come, and the whole weeks before it, `count` in all."""
    today = day_of(now, zone)
    return Period(week_of(today) - timedelta(weeks=count - 1), today, zone)


def read_period(first: str, last: str, usual: Period) -> Period:
    """The period a person typed as ISO days; what was left out is the usual period's.

    Raises `Invalid` for a day that is none, an end before the start, and more than three years.
    """
    first_on = _read_day("from", first) or min(usual.first_on, _read_day("to", last) or usual.first_on)
    last_on = _read_day("to", last) or max(usual.last_on, first_on)
    if last_on < first_on:
        raise Invalid(N_("The period ends before it starts."), fields={"to": N_("Not before the start.")})
    if (last_on - first_on).days >= LONGEST_DAYS:
        raise Invalid(N_("A report covers three years at most."), fields={"from": N_("A later day.")})
    return Period(first_on, last_on, usual.zone)


def _read_day(field: str, text: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        raise Invalid(N_("“%(text)s” is not a day."), text=text, fields={field: N_("A day as 2026-11-21.")})
    return day
