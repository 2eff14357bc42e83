"""What a received body holds for its connection: places with their values, and a first guess at where they go. Pure.

Invariant: a place that the mapping names is found wherever the body has it, also where a mail spells it in another way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from app.incoming.connections import Connection
from app.incoming.documents import Document, document, parsed
from app.incoming.mail.mail import Mail
from app.incoming.mail.places import Laid, lay_out, suggested
from app.incoming.mail.rows import MOST_ROWS, RowsRefused, rows_of
from app.incoming.paths import OWN_KEY, guess
from app.leads import verticals
from tenants.errors import Refused
from tenants.language import N_

TOO_MANY = N_("The body holds %(rows)s leads, at most %(limit)s are taken at once.")


@dataclass(frozen=True, slots=True)
class Seen:
    """A place, what stands there, the target that was chosen for it, and the one that fits it."""

    place: str
    value: str | None
    target: str | None
    suggested: str | None


@dataclass(frozen=True, slots=True)
class Several:
    """What each row of a mail's table holds; none where the mail is one lead. `is_attached`: its table is a file."""

    documents: tuple[Document, ...] = ()
    is_attached: bool = False


def leads_of(found: Connection, value: object) -> list[object]:
    """Each lead of a body: of a list of objects every one, unless the mapping names places of the list itself.

    Raises `RowsRefused` where they are too many.
    """
    is_list = isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value)
    if not is_list or any(place.startswith("[") for place in found.mapped.paths):
        return [value]
    leads = cast("list[object]", value)
    if len(leads) > MOST_ROWS:
        raise RowsRefused(TOO_MANY, rows=len(leads), limit=MOST_ROWS)
    return leads


def contents(found: Connection, value: object) -> Document:
    """Place → text, also for the places that only the mapping names; of a list of leads those of the first."""
    if not isinstance(value, Mail):
        return document(found.kind, _first(found, value))
    laid = laid_out(found, value)
    ruled = {place: said for place in found.mapped.paths if (said := laid.find(place))}
    return {**laid.places, **ruled, OWN_KEY: value.key}


def rows(found: Connection, mail: Mail) -> Several:
    """The rows of a mail's table, each with what stands around the table. Raises `mail.rows.RowsRefused`."""
    several = rows_of(mail, laid_out(found, mail), found.mapped.paths)
    if not several.rows:
        return Several(is_attached=several.is_attached)
    around = contents(found, mail)
    documents = ({**around, **one.found, OWN_KEY: one.key} for one in several.rows)
    return Several(tuple(documents), several.is_attached)


def laid_out(found: Connection, mail: Mail) -> Laid:
    """A mail laid out for the rules of its connection."""
    return lay_out(mail, verticals.get(found.facts.vertical), found.facts.lead_type, found.mapped.paths)


def guessed(found: Connection, value: object) -> dict[str, str]:
    """Where each place should go, as far as we are sure."""
    facts = found.facts
    vertical = verticals.get(facts.vertical)
    if isinstance(value, Mail):
        return suggested(laid_out(found, value), vertical, facts.lead_type, facts.country)
    return guess(vertical, facts.lead_type, facts.country, document(found.kind, _first(found, value)))


def readable(found: Connection, kind: str, raw: bytes | None) -> Document | None:
    """What stands in a kept body, by place; None for one that is shredded or cannot be read."""
    try:
        value = parsed(kind, raw) if raw is not None else None
    except Refused:
        return None
    if value is None:
        return None
    return laid_out(found, value).places if isinstance(value, Mail) else document(found.kind, value)


def seen_places(found: Connection, body: tuple[str, bytes] | None) -> list[Seen]:
    """The connection's mapping beside a body (how it is written, and it): what is mapped first, also where the body lacks it."""
    try:
        value = parsed(*body) if body else {}
    except Refused:
        value = {}
    here, fits = contents(found, value), guessed(found, value)
    mapped = found.mapped.paths
    others = (place for place in here if place not in mapped and place != OWN_KEY)
    return [Seen(one, here.get(one), mapped.get(one), fits.get(one)) for one in (*mapped, *others)]


def _first(found: Connection, value: object) -> object:
    try:
        return leads_of(found, value)[0]
    except RowsRefused:
        return value
