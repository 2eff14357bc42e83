"""Single values of a cell: whole numbers, money, yes and no, web addresses.

Invariant: a value comes out in one normal form or `Unreadable` says why; money is integer minor units, never a float.
"""

import re
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision

from app.leads.problems import Unreadable
from app.leads.spelling import plain

EMPTY_MARKS = frozenset(
    {"", "-", "–", "—", "n/a", "N/A", "null", "NULL", "#N/A", "н/д", "немає даних", "нет данных"}
)
"""What people write into a cell that holds nothing."""

_INTEGER = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f']\d{3})+\Z|[+-]?\d{1,15}(?:[.,]0+)?\Z", re.ASCII)
_MONEY = re.compile(
    r"(?P<before>[^\d\s.,+-]{1,4})?\s*\+?(?P<amount>\d[\d\s\u00a0\u202f'.,]*)\s*(?P<after>[^\d\s,+-]{1,5}\.?)?\Z"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+\Z")
_DECIMAL_TAIL = re.compile(r"(.*)[.,](\d{1,2})\Z")
_MOST_DIGITS = 15
_URL = re.compile(
    r"(?:https?://)?(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}(?::\d{1,5})?(?:[/?#]\S*)?\Z",
    re.IGNORECASE,
)
_YES = frozenset({"yes", "y", "true", "1", "так", "т", "є", "да", "д", "tak", "t", "+", "✓"})
_NO = frozenset({"no", "n", "false", "0", "ні", "н", "нема", "немає", "нет", "nie", "f"})
_BOOLEANS = {plain(word) or word: True for word in _YES} | {plain(word): False for word in _NO}
_CURRENCIES = {
    "грн": "UAH", "₴": "UAH", "гривень": "UAH", "гривен": "UAH", "zł": "PLN", "zl": "PLN", "zlotych": "PLN",
    "€": "EUR", "евро": "EUR", "євро": "EUR", "euro": "EUR", "£": "GBP", "$": "USD",
}  # fmt: skip
_ISO_CURRENCY = re.compile(r"[A-Z]{3}\Z")


def read_integer(text: str) -> int:
    """A whole number; thousands may be set apart by spaces. Raises `Unreadable`."""
    digits = re.sub(r"[.,]0+\Z|[\s\u00a0\u202f']", "", text) if _INTEGER.match(text) else ""
    if not digits or len(digits) > _MOST_DIGITS:
        raise Unreadable("not_a_number")
    return int(digits)


def read_money(text: str, currency: str) -> int:
    """The amount in minor units of `currency`. Raises `Unreadable`, also when the text names another currency."""
    found = _MONEY.match(text.strip())
    if found is None:
        raise Unreadable("not_money")
    for sign in (found["before"], found["after"]):
        _check_currency(sign, currency)
    return _minor(found["amount"], _precision(currency))


@lru_cache(maxsize=256)
def read_boolean(text: str) -> bool:
    """Yes or no in any of our languages. Raises `Unreadable`."""
    answer = _BOOLEANS.get(plain(text) or text.strip())
    if answer is None:
        raise Unreadable("not_boolean")
    return answer


def read_url(text: str) -> str:
    """A web address with its scheme; `https` when none was given. Raises `Unreadable`."""
    if not _URL.match(text) or len(text) > 2000:
        raise Unreadable("not_url")
    return text if "://" in text else f"https://{text}"


def _check_currency(sign: str | None, expected: str) -> None:
    if not sign:
        return
    given = _CURRENCIES.get(sign.casefold().rstrip("."))
    if given is None and _ISO_CURRENCY.match(sign.upper()):
        given = sign.upper()
    if given is None:
        raise Unreadable("not_money")
    if given != expected:
        raise Unreadable("currency_mismatch", given=given, expected=expected)


def _minor(amount: str, precision: int) -> int:
    digits = re.sub(r"[\s\u00a0\u202f']", "", amount)
    whole, cents = digits, ""
    tail = _DECIMAL_TAIL.match(digits)
    if tail is not None:
        whole, cents = tail.groups()
    if not (whole.isascii() and (whole.isdigit() or _GROUPED.match(whole))):
        raise Unreadable("not_money")
    bare = whole.replace(".", "").replace(",", "")
    value = Decimal(f"{bare}.{cents or 0}").scaleb(precision)
    if len(bare) > _MOST_DIGITS or value != value.to_integral_value():
        raise Unreadable("not_money")
    return int(value)


@lru_cache(maxsize=200)
def _precision(currency: str) -> int:
    return get_currency_precision(currency)


def in_whole_units(minor: int, currency: str) -> int:
    """An amount without its cents, for putting it into a band."""
    return int(minor // 10 ** _precision(currency))


def in_minor_units(whole: int, currency: str) -> int:
    """An amount of whole units, as amounts are stored."""
    return int(whole * 10 ** _precision(currency))
