"""Days that a client names, as a period of its own time zone. Pure but for the clock."""

from typing import Any

from billing.periods import Period, last_weeks, read_period
from tenants import clock

WEEKS = 4


def asked_period(query: dict[str, Any], zone: str, *, is_optional: bool = False) -> Period | None:
    """The period that `from` and `to` name; the last four weeks, or all time, when neither does. Raises `Invalid`."""
    first, last = query["from_on"], query["to_on"]
    if is_optional and first is None and last is None:
        return None
    return named_period(query, zone)


def named_period(query: dict[str, Any], zone: str) -> Period:
    """The same, of which there always is one."""
    first, last = query["from_on"], query["to_on"]
    usual = last_weeks(WEEKS, clock.now(), zone)
    return read_period(first.isoformat() if first else "", last.isoformat() if last else "", usual)
