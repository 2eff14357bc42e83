"""Typed cells of a workbook as the text a person would have typed.

Invariant: a whole number keeps every digit it has and gains no point and no exponent; a date is written ISO; nothing
depends on the language of this machine.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from app.leads.files.decoding import cleaned

_EXACT = 10**15
_HALF_SECOND = timedelta(milliseconds=500)


def texts_of(cells: list[Any]) -> list[str]:
    """A row of typed cells as text; what a formula failed to compute is empty."""
    return [_WAYS[type(cell)](cell) if cell != "" else "" for cell in cells]


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def _moment(value: datetime) -> str:
    """Sheets count days in fractions: the nearest second is meant."""
    value = (value + _HALF_SECOND).replace(microsecond=0)
    return value.strftime("%Y-%m-%d") if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"


def _span(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_WAYS: Mapping[type, Callable[[Any], str]] = {
    str: cleaned,
    float: _number,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime: _moment,
    date: date.isoformat,
    time: lambda value: value.replace(microsecond=0).isoformat(),
    timedelta: _span,
}
