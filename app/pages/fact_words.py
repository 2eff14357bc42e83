"""A lead's facts for people: the questions of its vertical and the answers, labelled in the reader's language."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from flask import Blueprint

from app import formats
from app.leads import verticals
from app.leads.fields import Field
from app.pages.trade_words import language, region_name, territory, yes_no
from tenants.errors import Refused

pages = Blueprint("fact_words", __name__)

BANT = ("B", "A", "N", "T")


@pages.app_template_global()
def facts_of(vertical: str, version: int, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(question, answer) for what is known, in the order of the vertical's questions."""
    try:
        asked = verticals.get(vertical, version).fields
    except Refused:
        return [(name, str(value)) for name, value in values.items()]
    currency = str(values.get("currency", ""))
    return [
        (one.label(language()), answer(one, values[one.name], currency))
        for one in asked
        if one.name in values
    ]


@pages.app_template_filter()
def answers_line(lead: Any) -> str:
    """The answers of a preview in one line; a bare number or a yes says what it answers."""
    return " · ".join(
        value if re.search(r"[^\W\d_]{3}", value) and len(value) > 3 else f"{label}: {value}"
        for label, value in facts_of(lead.vertical, lead.vertical_version, lead.preview)
    )


@pages.app_template_global()
def bant_letters(bant: str) -> list[tuple[str, str]]:
    """(letter, answer code) of the four BANT questions."""
    return list(zip(BANT, bant, strict=False))


def answer(one: Field, value: Any, currency: str) -> str:
    """One answer in words; a band of money keeps its bounds, an exact amount is written as money."""
    if one.type == "boolean":
        return yes_no(bool(value))
    if one.type == "choice":
        return next(
            (c.labels.get(language(), c.labels["en"]) for c in one.choices if c.value == value), str(value)
        )
    if one.type == "money":
        is_exact = isinstance(value, int) and bool(currency)
        return formats.money_text(value, currency) if is_exact else f"{band(value, True)} {currency}".strip()
    if one.type == "integer" or (one.type == "date" and re.fullmatch(r"\d{4}-\d{4}", str(value))):
        return band(value)
    if one.type == "region" or (one.type == "postcode" and "-" in str(value)[2:3]):
        return region_name(str(value))
    return territory(str(value)) if one.type == "country" else str(value)


def band(value: object, is_money: bool = False) -> str:
    """A band for people: a dash that is no minus between its bounds, and the bounds of money grouped; never a year."""
    joined = re.sub(r"(?<=\d)-(?=\d)", "–", str(value))
    return re.sub(r"\d+", lambda found: formats.number(int(found[0])), joined) if is_money else joined


def preview_options(one: Field, currency: str) -> list[tuple[str, str]]:
    """(filter value, word) of everything a preview may show of a field; empty where that is open-ended."""
    if one.type == "boolean":
        return [("true", yes_no(True)), ("false", yes_no(False))]
    if one.type == "choice":
        return [(c.value, c.labels.get(language(), c.labels["en"])) for c in one.choices]
    bounds = one.bands.get(currency if one.type == "money" else "", ())
    if one.type not in ("integer", "money") or not bounds:
        return []
    bands = [f"<{bounds[0]}", *(f"{low}-{high - 1}" for low, high in pairwise(bounds))]
    return [
        (code, f"{band(code, True)} {currency}".strip() if one.type == "money" else band(code))
        for code in (*bands, f"{bounds[-1]}+")
    ]
