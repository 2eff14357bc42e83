"""A column of dates on the columns step: in which order its dates are read, what of the file tells it, and what does not fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import format_date
from flask_babel import gettext as _

from app.formats import number
from app.leads import date_orders, moments
from app.leads.date_orders import DAY_FIRST, MONTH_FIRST, Proof
from app.leads.problems import Unreadable
from app.pages import trade_words
from tenants.language import say

_EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class DateColumn:
    """`order` is the chosen one, empty when the file tells; `told` says why it is read so, `warning` what will be refused;
    `examples` are values with the day each names."""

    order: str
    told: str
    warning: str
    examples: list[tuple[str, str]]


def date_column(order: str | None, proof: Proof, values: Sequence[str]) -> DateColumn | None:
    """A column whose dates are kept as `order`; None when its dates have no order that could be mistaken."""
    if not proof:
        return None
    chosen = order if order and order in date_orders.ORDERS else ""
    read = date_orders.read_as(order)
    return DateColumn(chosen, _told(chosen, read, proof), _warning(read, proof), _examples(values, read))


def orders() -> list[tuple[str, str]]:
    """The orders to choose from."""
    language = trade_words.language()
    return [(order, say(language, words)) for order, words in date_orders.ORDERS.items()]


def _told(chosen: str, read: str, proof: Proof) -> str:
    if proof.is_mixed or (chosen and proof.order not in (None, chosen)):
        found = ""  # the warning says it
    elif proof.order == MONTH_FIRST:
        found = _("The file proves it: the month comes first (values: %(count)s).", count=number(proof.month))
    elif proof.order == DAY_FIRST:
        found = _("The file proves it: the day comes first (values: %(count)s).", count=number(proof.day))
    elif chosen:
        found = _("Nothing in this column tells the day from the month; your choice holds.")
    elif read == MONTH_FIRST:
        found = _(
            "Nothing in this column tells the day from the month; the month is read first, as in your last file."
        )
    else:
        found = _("Nothing in this column tells the day from the month; the day is read first.")
    if proof.is_whole:
        return found
    reading = _("Only the first rows have been looked at; the rest of the file is still being read.")
    return f"{found} {reading}".strip()


def _warning(read: str, proof: Proof) -> str:
    wrong = proof.against(read)
    if not wrong:
        return ""
    if proof.is_mixed:
        words = _(
            "Some dates have the day first (%(day)s) and some the month (%(month)s). Rows that do not fit are refused, and "
            "dates like 10/11 may be read wrongly.",
            day=number(proof.day),
            month=number(proof.month),
        )
    elif read == DAY_FIRST:
        words = _(
            "The file proves that the month comes first (values: %(count)s). With the day first they are refused, and "
            "dates like 10/11 are read wrongly.",
            count=number(wrong),
        )
    else:
        words = _(
            "The file proves that the day comes first (values: %(count)s). With the month first they are refused, and "
            "dates like 10/11 are read wrongly.",
            count=number(wrong),
        )
    return str(words)


def _examples(values: Sequence[str], read: str) -> list[tuple[str, str]]:
    """The first dates of the column that could be mistaken, each with the day it is read as."""
    found = []
    for value in values:
        proves = date_orders.proof([(value, 1)], is_whole=False)
        try:
            day = moments.read_date(value.strip(), read == MONTH_FIRST) if proves else None
        except Unreadable:
            day = None
        if day is not None and (shown := (value.strip(), format_date(day, "d MMMM y"))) not in found:
            found.append(shown)
    return found[:_EXAMPLES]
