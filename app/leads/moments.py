"""Dates and times as files write them: ISO, `21.11.2026 14:03[:05]` or `21/11/2026 14:03`.

Invariant: the day stands before the month; a time without a zone belongs to the zone given; what comes out is aware
and in UTC. Other spellings are refused, never guessed.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.leads.problems import Unreadable

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?\Z"
)
_DAY_FIRST = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))?)?\Z")


@lru_cache(maxsize=4096)
def read_time(text: str, zone: ZoneInfo) -> datetime:
    """The instant a text names, in UTC; a day alone is its first moment. Raises `Unreadable`."""
    moment = _naive_or_aware(text, "not_a_time")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Unreadable("not_a_time") from None


def read_date(text: str) -> date:
    """The day a text names; a time behind it is ignored. Raises `Unreadable`."""
    return _naive_or_aware(text, "not_a_date").date()


def _naive_or_aware(text: str, refusal: str) -> datetime:
    try:
        if len(text) == 16 and text[2] in "./" and text[5] == text[2] and text[10] == " " and text[13] == ":":
            return datetime.fromisoformat(f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}")
        if _ISO.match(text):
            return datetime.fromisoformat(text.replace(" +", "+").replace(" Z", "Z"))
        found = _DAY_FIRST.match(text)
        if found is not None:
            day, _, month, year, hour, minute, second = found.groups()
            return datetime(  # noqa: DTZ001 (the caller gives the zone)
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
            )
    except ValueError:
        raise Unreadable(refusal) from None
    raise Unreadable(refusal)
