"""The places of a mail that rules name: `label.Phone`, `column.Name`, `header.subject`, `sentence.Budget: {value} EUR`. Pure.

Invariant: a rule finds the same value in the same mail, however its label is spelled in case, accents and punctuation.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.incoming.mail import patterns
from app.incoming.mail.labels import Found, Table, add_rows, read_lines
from app.incoming.mail.mail import Address, Mail
from app.incoming.mail.told import Told, told
from app.leads.columns import suggest
from app.leads.spelling import plain
from app.leads.targets import known_targets
from app.leads.verticals import Vertical
from tenants.errors import Invalid
from tenants.language import N_

LABEL, BLOCK, COLUMN, HEADER, FORWARDED, SENTENCE = (
    "label", "block", "column", "header", "forwarded", "sentence",
)  # fmt: skip
HEADERS = ("subject", "from_name", "from_address", "reply_to_name", "reply_to_address", "date")
FORWARDS = ("subject", "from_name", "from_address", "date")
LONGEST_PLACE, MOST_RULES, MOST_PLACES, MOST_ASKED = 200, 60, 300, 50
_NUMBER = re.compile(r"(.*?)\s*\[(\d{1,2})\]")
_ROBOTS = re.compile(
    r"(?:no|do)[-_.]?(?:t[-_.]?)?reply|mailer|robot|wordpress|postmaster|noreply", re.IGNORECASE
)
_OF_SEVERAL_LINES = "comment"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a heading: the place of each of its columns, and its rows."""

    places: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_attached: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """A mail laid out: place → value in the order they stand, the lines that count, and its tables with a heading.

    The value of a column is the first one that stands in it.
    """

    places: Mapping[str, str]
    lines: tuple[str, ...]
    sheets: tuple[Sheet, ...] = ()

    def find(self, place: str) -> str | None:
        """What a rule finds; None when its place is not there."""
        kind, _, name = place.partition(".")
        if kind == SENTENCE:
            found = (
                patterns.find(name, line) for line in (self.places.get("header.subject", ""), *self.lines)
            )
            return next((one for one in found if one), None)
        named = self.named(place)
        return (self.places[named] or None) if named else None

    def named(self, place: str) -> str | None:
        """The mail's own name of the place that a rule names, which may spell it in another way."""
        if place in self.places:
            return place
        kind, _, name = place.partition(".")
        wanted = _same(name)[:2]
        alike = (
            one
            for one in self.places
            if one.startswith(f"{kind}.") and _same(one.partition(".")[2])[:2] == wanted
        )
        return next(alike, None)


def demand_places(places: Iterable[str]) -> None:
    """Raises `Invalid` for a rule that names no place a mail can have."""
    rules = list(places)
    for place in rules:
        kind, _, name = place.partition(".")
        known = {HEADER: HEADERS, FORWARDED: FORWARDS}.get(kind)
        is_fine = name in known if known else kind in (LABEL, BLOCK, COLUMN, SENTENCE) and bool(plain(name))
        if not is_fine or len(place) > LONGEST_PLACE:
            raise Invalid(N_("The rule %(rule)s names no place of a mail."), rule=place[:80])
        if kind == SENTENCE:
            patterns.demand_pattern(name)
    if len(rules) > MOST_RULES:
        raise Invalid(N_("At most 60 rules."))


def lay_out(mail: Mail, vertical: Vertical, lead_type: str, rules: Iterable[str] = ()) -> Laid:
    """Everything of a mail that a rule can name. Labels the vertical or a rule knows need no colon."""
    own = (place.partition(".")[2] for place in rules if place.startswith((LABEL, BLOCK, COLUMN)))
    names = {plain(word) for one in known_targets(vertical, lead_type) for word in one.words}
    counted = told(mail)
    found = read_lines(counted.lines, frozenset(names | {_same(one)[0] for one in own} - {""}))
    for one in mail.sheets:
        add_rows(found, one.rows[0], one.rows[1:], is_attached=True)
    sheets = _sheets(found.tables)
    places: dict[str, str] = {}
    for place, value in _all(mail, counted, found, sheets):
        if len(places) < MOST_PLACES and value:
            places.setdefault(place[:LONGEST_PLACE], value[:2_000])
    return Laid(places, counted.lines, sheets)


def suggested(laid: Laid, vertical: Vertical, lead_type: str, country: str) -> dict[str, str]:
    """Rules for a mail like this one: labels and columns first, then whoever wrote it unless a robot did."""
    asked = [place for place in laid.places if place.startswith((LABEL + ".", COLUMN + "."))][:MOST_ASKED]
    rows = [[laid.places[place][:200] for place in asked]]
    headings = [_same(place.partition(".")[2])[2] for place in asked]
    found = suggest(headings, rows, vertical, lead_type, country)
    rules = {asked[one.column]: one.target for one in found if one.target}
    for place in [one for one, target in rules.items() if target == _OF_SEVERAL_LINES]:
        block = place.replace(LABEL, BLOCK, 1)
        if block in laid.places:
            rules[block] = rules.pop(place)
    return {**rules, **_from_heads(laid, set(rules.values()))}


def _from_heads(laid: Laid, taken: set[str]) -> dict[str, str]:
    rules: dict[str, str] = {}
    for head in (f"{FORWARDED}.from", f"{HEADER}.reply_to", f"{HEADER}.from"):
        address = laid.places.get(f"{head}_address", "")
        if not address or _ROBOTS.search(address) or "contact_1_email" in {*taken, *rules.values()}:
            continue
        rules[f"{head}_address"] = "contact_1_email"
        has_name = taken & {"contact_1_name", "contact_1_first_name", "contact_1_last_name"}
        if laid.places.get(f"{head}_name") and not has_name:
            rules[f"{head}_name"] = "contact_1_name"
    return rules


def _sheets(tables: Iterable[Table]) -> tuple[Sheet, ...]:
    seen: dict[str, int] = {}
    return tuple(
        Sheet(
            tuple(_numbered(COLUMN, name, seen)[:LONGEST_PLACE] if name else "" for name in one.head),
            tuple(one.rows),
            one.is_attached,
        )
        for one in tables
    )


def _numbered(kind: str, name: str, seen: dict[str, int]) -> str:
    """The second of a name is told from the first."""
    number = seen[plain(name)] = seen.get(plain(name), 0) + 1
    return f"{kind}.{name}" + (f" [{number}]" if number > 1 else "")


def _all(mail: Mail, counted: Told, found: Found, sheets: Iterable[Sheet]) -> Iterator[tuple[str, str]]:
    for kind, pairs in ((LABEL, found.labels), (BLOCK, found.blocks)):
        seen: dict[str, int] = {}
        for name, value in pairs:
            yield _numbered(kind, name, seen), value
    for sheet in sheets:
        for place, values in zip(sheet.places, zip(*sheet.rows, strict=True), strict=False):
            if place:
                yield place, next(filter(None, values), "")
    yield f"{HEADER}.subject", mail.headers.get("subject", "")
    yield from _of_person(f"{HEADER}.from", mail.sender)
    yield from _of_person(f"{HEADER}.reply_to", mail.answer_to)
    yield f"{HEADER}.date", mail.date
    yield f"{FORWARDED}.subject", counted.forwarded_subject
    yield from _of_person(f"{FORWARDED}.from", counted.forwarded_from)
    yield f"{FORWARDED}.date", counted.forwarded_date


def _of_person(place: str, person: Address) -> Iterator[tuple[str, str]]:
    yield f"{place}_name", person.name
    yield f"{place}_address", person.address


def _same(name: str) -> tuple[str, int, str]:
    """A label's plain form, its number, and the label without the number."""
    numbered = _NUMBER.fullmatch(name)
    bare, number = (numbered[1], int(numbered[2])) if numbered else (name, 1)
    return plain(bare), number, bare
