"""Days of a form or a filter, read in the organisation's time zone."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from app.guard import actor
from tenants.errors import Invalid
from tenants.language import N_


def read_day(typed: str, field: str) -> date | None:
    """A day as browsers send it, or none. Raises `Invalid` for anything else."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as wrong:
        sentence = N_("Choose a day.")
        raise Invalid(sentence, fields={field: sentence}) from wrong


def start_of(day: date) -> datetime:
    """The first instant of the day where the organisation is."""
    return datetime.combine(day, time.min, ZoneInfo(actor().card().time_zone))
