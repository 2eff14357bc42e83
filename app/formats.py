"""How money, numbers and times are written for a person, in the language and zone of the request.

Invariant: a negative amount has a true minus, an amount never stands without its ISO code, and neither breaks a line.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import wraps
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from flask import Flask, has_app_context
from flask_babel import get_locale, get_timezone, gettext
from jinja2 import pass_context
from markupsafe import Markup

from tenants import clock
from tenants.errors import Invalid

NBSP = "\u00a0"
MINUS = "\u2212"
_AMOUNT = re.compile(r"-?[\d.,\s]+")
_TOO_MUCH = 10**13
_SIZES = ("B", "KB", "MB", "GB", "TB")


def _locale() -> Locale:
    """Outside a request (a job, a test) English and UTC; a job that writes to a person forces that person's."""
    found: Locale | None = get_locale() if has_app_context() else None
    return found or Locale("en")


def _zone() -> tzinfo:
    found: tzinfo | None = get_timezone() if has_app_context() else None
    return found or ZoneInfo("UTC")


def _signed(text: str, is_above_zero: bool, signed: bool) -> str:
    text = text.replace("-", MINUS)
    return f"+{text}" if signed and is_above_zero else text


def _major(minor: int, currency: str) -> tuple[Decimal, str]:
    digits = numbers.get_currency_precision(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return Decimal(minor).scaleb(-digits), pattern


def amount(minor: int, currency: str, signed: bool = False) -> str:
    """The bare figure of an amount in minor units, for places where the currency stands elsewhere."""
    major, pattern = _major(minor, currency)
    return _signed(numbers.format_decimal(major, pattern, locale=_locale()), minor > 0, signed)


def money_text(minor: int, currency: str, signed: bool = False) -> str:
    """An amount as plain text: figure, no-break space, ISO code."""
    return f"{amount(minor, currency, signed)}{NBSP}{currency}"


def money(minor: int, currency: str, signed: bool = False) -> Markup:
    """An amount as markup: tabular figure, the ISO code small beside it, a negative one marked as going out."""
    kind = "money money-out" if minor < 0 else "money"
    return Markup('<span class="{}">{}{}<small>{}</small></span>').format(
        kind, amount(minor, currency, signed), NBSP, currency
    )


def money_compact(minor: float, currency: str) -> str:
    """An amount for the axis of a chart: 20K EUR."""
    major = Decimal(minor).scaleb(-numbers.get_currency_precision(currency))
    return f"{compact(major)}{NBSP}{currency}"


def money_input(minor: int | None, currency: str) -> str:
    """What stands in a form field for an amount: no grouping, the decimal sign of the language; empty for none."""
    if minor is None:
        return ""
    major, pattern = _major(minor, currency)
    return numbers.format_decimal(major, pattern, locale=_locale(), group_separator=False)


def read_money(text: str, currency: str) -> int:
    """Minor units from what a person typed in the language of the page.

    Raises Invalid for what is no number, or has more decimals than the currency: nothing is guessed or rounded.
    """
    typed = text.strip()
    if numbers.get_group_symbol(_locale()).isspace():
        typed = re.sub(r"\s", numbers.get_group_symbol(_locale()), typed)
    try:
        major = numbers.parse_decimal(typed, locale=_locale(), strict=True)
    except numbers.NumberFormatError:
        major = Decimal("nan")
    if not (_AMOUNT.fullmatch(typed) and major.is_finite() and abs(major) < _TOO_MUCH):
        raise Invalid(gettext("“%(text)s” is not an amount.", text=text))
    minor = major.scaleb(numbers.get_currency_precision(currency))
    if minor != minor.to_integral_value():
        raise Invalid(
            gettext("“%(text)s” has too many decimals for %(currency)s.", text=text, currency=currency)
        )
    return int(minor)


def number(value: float | Decimal) -> str:
    """A count or quantity, grouped as the language groups."""
    return numbers.format_decimal(value, locale=_locale()).replace("-", MINUS)


def compact(value: float | Decimal) -> str:
    """A large number for an axis: 12.3K. Never for a figure that someone will add up."""
    return numbers.format_compact_decimal(value, locale=_locale(), fraction_digits=1).replace("-", MINUS)


def percent(ratio: float | Decimal, digits: int = 1, signed: bool = False) -> str:
    """A share: 0.124 is 12.4 %."""
    rounded = round(Decimal(str(ratio)) * 100, digits)
    text = numbers.format_decimal(rounded, "#,##0." + "0" * digits if digits else "#,##0", locale=_locale())
    return f"{_signed(text, rounded > 0, signed)}{NBSP}%"


def percent_bp(basis_points: int) -> str:
    """A rate in basis points: 3000 is 30 %."""
    text = numbers.format_decimal(Decimal(basis_points) / 100, "#,##0.##", locale=_locale())
    return f"{text.replace('-', MINUS)}{NBSP}%"


def _time(machine: str, title: str, words: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(machine, title, words)


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a business time is always aware")
    return at.astimezone(_zone())


def _full(at: datetime) -> str:
    words = dates.format_datetime(at, "d MMMM y, HH:mm:ss", tzinfo=_zone(), locale=_locale())
    return f"{words} {_zone()}"


def _pattern(on: date, pattern: str, pattern_with_year: str) -> str:
    return pattern if on.year == clock.now().astimezone(_zone()).year else pattern_with_year


def moment(at: datetime | None) -> Markup:
    """An instant in the reader's zone, to the minute; the year only when it is not this one; none shows a dash."""
    if at is None:
        return Markup("–")
    local = _local(at)
    pattern = _pattern(local, "d MMM, HH:mm", "d MMM y, HH:mm")
    words = dates.format_datetime(local, pattern, tzinfo=_zone(), locale=_locale())
    return _time(at.isoformat(), _full(at), words)


def day(on: date | datetime | None) -> Markup:
    """A calendar day; of an instant, the day in the reader's zone."""
    if on is None:
        return Markup("–")
    plain = _local(on).date() if isinstance(on, datetime) else on
    words = dates.format_date(plain, _pattern(plain, "d MMM", "d MMM y"), locale=_locale())
    return _time(plain.isoformat(), dates.format_date(plain, "full", locale=_locale()), words)


def ago(at: datetime | None) -> Markup:
    """How long ago, or how soon, with the exact instant in the title."""
    if at is None:
        return Markup("–")
    distance = _local(at) - clock.now()
    words = gettext("just now")
    if abs(distance) >= timedelta(minutes=1):
        words = dates.format_timedelta(distance, granularity="minute", add_direction=True, locale=_locale())
    return _time(at.isoformat(), _full(at), words)


def duration(seconds: float) -> str:
    """A length of time in its largest fitting unit: 40 sec, 3 min, 2 hr."""
    return dates.format_timedelta(timedelta(seconds=seconds), threshold=1.5, format="short", locale=_locale())


def file_size(size: int) -> str:
    """A number of bytes in steps of 1000, one decimal from KB on."""
    value, step = Decimal(size), 0
    while value >= 1000 and step < len(_SIZES) - 1:
        value, step = value / 1000, step + 1
    return f"{number(round(value, 1) if step else size)}{NBSP}{_SIZES[step]}"


def page_language() -> str:
    """The language tag of the page, for `<html lang>`."""
    return str(_locale()).replace("_", "-")


def _asked_each_time(written: Callable[..., object]) -> Callable[..., object]:
    # A filter without the context is computed once, when a constant stands before it: in the first reader's language.
    @pass_context
    @wraps(written)
    def filtered(_context: object, *values: object, **choices: object) -> object:
        return written(*values, **choices)

    return filtered


def register(app: Flask) -> None:
    """Give templates these formats as filters, `money_input` for form values and `page_language`."""
    shown: tuple[Callable[..., object], ...] = (amount, money, money_text, money_compact, number, compact)
    for written in (*shown, percent, percent_bp, moment, day, ago, duration, file_size):
        app.jinja_env.filters[written.__name__] = _asked_each_time(written)
    app.jinja_env.globals.update(money_input=money_input, page_language=page_language)
