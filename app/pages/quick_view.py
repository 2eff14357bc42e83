"""Quick entry as its template draws it: every line with its words, its kind of input and what was wrong with it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.leads import countries, regions, verticals
from app.leads.contacts import MOST_CONTACTS
from app.leads.problems import Problem
from app.leads.quick.choice import Choice
from app.leads.quick.people import NAMELESS, further, of_further
from app.leads.quick.questions import BANT_ANSWERS, PERSON, Asked, asked
from app.leads.reasons import REASONS
from app.market.quick_entry import NOT_AGREED, NOTHING_TYPED
from app.pages.places import country_options
from app.pages.trade_words import language
from tenants.language import N_

NUMBER = "{n}"
"""Stands for the number of a person in what the script copies."""
PREFIX = "q-"
"""Stands before the name of a question in the form, so that none is taken for a fact of the choice."""
LABELS = {
    "name": _l("First and last name"), "phone": _l("Phones"), "email": _l("E-mails"), "messenger": _l("Messenger"), "role": _l("Role"),
    "region": _l("Region"), "postcode": _l("Postcode"), "bant_budget": _l("Budget"), "bant_authority": _l("Authority"),
    "bant_need": _l("Need"), "bant_timeline": _l("Timeline"),
}  # fmt: skip
BANT_WORDS = {"confirmed": _l("confirmed"), "denied": _l("denied"), "unknown": _l("unknown")}
HINTS = {
    "phone": _l("Several: with commas between them."), "email": _l("Several: with commas between them."),
    "messenger": _l("For example telegram @name"),
}  # fmt: skip
_MODES = {
    "phone": "tel",
    "email": "email",
    "integer": "numeric",
    "money": "decimal",
    "date": "text",
    "url": "url",
}
_SAID = {
    NOT_AGREED: N_("Read the text out, and tick this when the person agrees."),
    NOTHING_TYPED: N_("Nothing is typed yet."),
    NAMELESS: N_("Say who this is: a name or a role. Without, these would be channels of the first person."),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose; `words` are all it can be found by, in every language."""

    value: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One question as it stands on the page."""

    name: str
    label: str
    kind: str
    inputmode: str
    options: tuple[Option, ...]
    hint: str
    unit: str
    value: str
    error: str
    is_required: bool
    is_pinned: bool


def lines(
    choice: Choice, typed: Mapping[str, str], errors: Mapping[str, str], pinned: Collection[str]
) -> list[Line]:
    """The lines of the form in order, with what was typed and what was wrong."""
    kind = verticals.get(choice.facts.vertical)
    every = asked(kind, asks_bant=choice.asks_bant)
    return [_line(one, choice, typed, errors, one.name in pinned) for one in every]


def further_people(
    choice: Choice, typed: Mapping[str, str], errors: Mapping[str, str], *, has_more: bool = False
) -> list[tuple[str, list[Line]]]:
    """The lines of each person after the first, under their number; with `has_more` of an empty one after them."""
    last = min(further(typed) + 1 + has_more, MOST_CONTACTS)
    return [(str(number), _of_person(number, choice, typed, errors)) for number in range(2, last + 1)]


def blank_person(choice: Choice) -> list[Line]:
    """The lines of a further person, to be copied: the script puts the number in."""
    return [
        replace(one, name=one.name.replace("_2_", f"_{NUMBER}_")) for one in _of_person(2, choice, {}, {})
    ]


def _of_person(
    number: int, choice: Choice, typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[Line]:
    every = of_further(verticals.get(choice.facts.vertical), number)
    return [_line(one, choice, typed, errors, is_pinned=False) for one in every]


def _line(
    one: Asked, choice: Choice, typed: Mapping[str, str], errors: Mapping[str, str], is_pinned: bool
) -> Line:
    plain = one.name.rpartition("_")[2] if one.name.startswith("contact_") else one.name
    return Line(
        name=one.name,
        label=one.labels.get(language(), one.labels.get("en", "")) or str(LABELS[plain]),
        kind=one.kind,
        inputmode=_MODES.get(one.kind, "text"),
        options=_options(one, choice.facts.country),
        hint=_("As 21.11.1990") if one.kind == "date" else str(HINTS.get(plain, "")),
        unit=(countries.currency_of(choice.facts.country) or "EUR") if one.kind == "money" else "",
        value=typed.get(one.name, ""),
        error=errors.get(one.name, ""),
        is_required=one.is_required,
        is_pinned=is_pinned,
    )


def is_of_person(line: Line) -> bool:
    """Whether a line is about the first person."""
    return line.name in PERSON


def said(problems: Collection[Problem], choice: Choice) -> dict[str, str]:
    """Question → what is wrong with it, in the reader's language; `form` for what is nobody's fault alone."""
    known = {one.name for one in asked(verticals.get(choice.facts.vertical), asks_bant=choice.asks_bant)}
    known |= {"agreed", "enquired_at", "consent_at"}
    kind = verticals.get(choice.facts.vertical)
    known |= {one.name for number in range(2, MOST_CONTACTS + 1) for one in of_further(kind, number)}
    found: dict[str, list[str]] = {}
    for one in problems:
        name = "phone" if one.code == "no_channel" else (one.target or "").removeprefix("contact_1_")
        found.setdefault(name if name in known else "form", []).append(sentence(one))
    return {name: " ".join(dict.fromkeys(ones)) for name, ones in found.items()}


def sentence(problem: Problem) -> str:
    """One problem, in the reader's language."""
    words = str(gettext(_SAID.get(problem.code) or REASONS[problem.code]))
    return words % problem.params if "%(" in words else words


def _options(one: Asked, country: str) -> tuple[Option, ...]:
    spoken = language()
    if one.kind == "choice":
        return tuple(
            _option(c.value, c.labels.get(spoken, c.labels["en"]), *c.labels.values(), *c.aliases)
            for c in one.choices
        )
    if one.kind == "boolean":
        return (
            _option("yes", _("Yes"), "yes", "так", "tak", "да", "+"),
            _option("no", _("No"), "no", "ні", "nie", "нет", "-"),
        )
    if one.kind == "bant":
        return tuple(_option(code, str(BANT_WORDS[code]), code) for code in BANT_ANSWERS)
    if one.kind == "region":
        found = [
            _option(r.code, r.name(spoken), r.code, *r.names) for r in regions.of_country(country).values()
        ]
        return tuple(sorted(found, key=lambda option: option.label))
    if one.kind == "country":
        return tuple(_option(code, name, code) for code, name in country_options())
    return ()


def _option(value: str, label: str, *words: str) -> Option:
    return Option(value, label, "|".join(dict.fromkeys((label, *words))))


def words() -> dict[str, Any]:
    """What the script says, in the reader's language."""
    return {
        "waiting": _("Waits to be sent"),
        "refused": _("To be corrected"),
        "unnamed": _("Without a name"),
        "open": _("Correct"),
        "drop": _("Delete"),
        "sureToDrop": _("Delete this entry? It is stored nowhere else."),
        "away": _("No connection. What you store is kept in this browser and sent later."),
        "loggedOut": _("Your log-in has ended. What waits here is kept; log in again and it is sent."),
        "someoneElse": _("Somebody else is logged in now. What waits here is sent when you log in again."),
        "busy": _("The server does not answer just now. What waits is sent as soon as it does."),
        "unkept": _("This browser keeps nothing for later: store only while you are connected."),
        "stored": _("Stored"),
        "nothing": _("Nothing is typed yet."),
        "undone": _("The last entry is taken back."),
        "nothingToUndo": _("There is nothing to take back."),
        "pinned": _("Kept for the next one"),
        "unpinned": _("Not kept"),
        "fullHouse": _("A lead can have at most %(limit)s contacts.", limit=MOST_CONTACTS),
        "added": _("One more person"),
        "removed": _("The person is taken out."),
        "failed": _("The server could not read this entry. Look at it and store it again."),
    }
