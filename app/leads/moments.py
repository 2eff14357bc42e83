"""Dates and times as files write them: ISO, in numbers (`21.11.2026 14:03[:05]`, `11/21/26 2:03 PM`) or with the month as a
word (`21 листопада 2026`, `Nov 21, 2026`).

Invariant: the day stands before the month unless the caller says the month does; a date of the other order is refused,
never turned round; a time without a zone belongs to the zone given; what comes out is aware and in UTC. Other spellings
are refused, never guessed.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.leads.month_names import MONTHS
from app.leads.problems import Unreadable

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?\Z"
)
_CLOCK = r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?)?\Z"
_NUMBERS = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<then>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})" + _CLOCK
)
_YEAR = r"(?P<year>\d{4}|\d{2})(?:\s?(?:р|г|r)\.?|\s(?:року|года|roku))?"
_DAY_WORD = re.compile(
    r"(?P<first>\d{1,2})(?:st|nd|rd|th)?[\s.-]{1,2}(?P<word>[^\W\d_]{3,12})\.?,?[\s-]" + _YEAR + _CLOCK
)
_WORD_DAY = re.compile(
    r"(?P<word>[^\W\d_]{3,12})\.?\s(?P<first>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<year>\d{4})" + _CLOCK
)
_CENTURY, _MONTHS, _NOON = 2000, 12, 12


@lru_cache(maxsize=4096)
def read_time(text: str, zone: ZoneInfo, is_month_first: bool = False) -> datetime:
    """The instant a text names, in UTC; a day alone is its first moment. Raises `Unreadable`."""
    moment = _naive_or_aware(text, "not_a_time", is_month_first)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Unreadable("not_a_time") from None


def read_date(text: str, is_month_first: bool = False, *, is_past: bool = False) -> date:
    """The day a text names; a time behind it is ignored. Of a day that `is_past` the year needs its century. Raises
    `Unreadable`."""
    return _naive_or_aware(text, "not_a_date", is_month_first, needs_century=is_past).date()


def is_date(text: str) -> bool:
    """Whether a text names a day in one order or the other."""
    for is_month_first in (False, True):
        try:
            read_date(text, is_month_first)
        except Unreadable:
            continue
        return True
    return False


def _naive_or_aware(
    text: str, refusal: str, is_month_first: bool = False, *, needs_century: bool = False
) -> datetime:
    try:
        if len(text) == 16 and text[2] in "./" and text[5] == text[2] and text[10] == " " and text[13] == ":":
            first, then = (text[3:5], text[:2]) if is_month_first else (text[:2], text[3:5])
            return datetime.fromisoformat(f"{text[6:10]}-{then}-{first}T{text[11:]}")
        if _ISO.match(text):
            return datetime.fromisoformat(text.replace(" +", "+").replace(" Z", "Z"))
    except ValueError:
        pass
    return _in_words(text, refusal, is_month_first, needs_century)


def _in_words(text: str, refusal: str, is_month_first: bool, needs_century: bool) -> datetime:
    if (found := _NUMBERS.match(text)) is not None:
        if found["mark"] == "-" and len(found["year"]) == 2:
            raise Unreadable(refusal)  # 26-11-20 may begin with its year
        first, then = int(found["first"]), int(found["then"])
        month, day = (first, then) if is_month_first else (then, first)
    elif (found := _DAY_WORD.match(text) or _WORD_DAY.match(text)) is not None:
        month, day = MONTHS.get(found["word"].casefold(), 0), int(found["first"])
    else:
        raise Unreadable(refusal)
    if needs_century and len(found["year"]) == 2:
        raise Unreadable("year_too_short")
    try:
        return _moment(found, month, day)
    except ValueError:
        raise Unreadable(_why(text, refusal, is_month_first)) from None


def _moment(found: re.Match[str], month: int, day: int) -> datetime:
    """What the parts say together. Raises `ValueError` when there is no such moment."""
    year = int(found["year"])
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError
        hour = hour % _NOON + (_NOON if found["half"] in "Pp" else 0)
    return datetime(  # noqa: DTZ001 (the caller gives the zone)
        year if len(found["year"]) == 4 else _CENTURY + year, month, day, hour, minute, second
    )


def _why(text: str, refusal: str, is_month_first: bool) -> str:
    """The refusal of a date in numbers that the other order would let pass names the order."""
    found = _NUMBERS.match(text)
    if found is None:
        return refusal
    first, then = int(found["first"]), int(found["then"])
    month, day = (then, first) if is_month_first else (first, then)
    try:
        _moment(found, month, day)
    except ValueError:
        return refusal
    return "day_is_first" if is_month_first else "month_is_first"
