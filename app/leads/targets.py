"""What a column of a file, or a key of a request, can be read into: a lead's facts and its vertical's fields.

Invariant: a target has one name everywhere (file, request, stored mapping); the short names `name`, `phone`, `email`,
`first_name`, `last_name` mean the first contact.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from app.leads.countries import LANGUAGES
from app.leads.verticals import Vertical

CONSUMER, TARGETED = "consumer", "targeted"
CONTACTS_IN_A_ROW = 3
_FILE = Path(__file__).parent / "columns.toml"
_SHORT = {
    part: f"contact_1_{part}"
    for part in ("name", "phone", "email", "first_name", "last_name", "role", "messenger")
}


_OF_ONE = frozenset({"external_id", "trustedform_url", "jornaya_id", "ip"})


@dataclass(frozen=True, slots=True)
class Target:
    """One place a column can go; `label` is in the reader's language, `kind` says what its values look like."""

    name: str
    label: str
    is_required: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Known:
    """A target with all the words people use for it; `contact` is the number of its contact, 0 for none."""

    target: Target
    words: tuple[str, ...]
    contact: int = 0


def canonical(name: str) -> str:
    """The one name of a target: `phone` is `contact_1_phone`."""
    return _SHORT.get(name, name)


def is_of_one_person(name: str) -> bool:
    """Whether a target holds what only one lead can have: a person's channel, an ID, a proof of one consent."""
    return name.startswith("contact_") or name in _OF_ONE


def targets(vertical: Vertical, lead_type: str, language: str = "en") -> list[Target]:
    """All targets of an upload, in the order a person reads them."""
    return [known.target for known in known_targets(vertical, lead_type, language)]


@lru_cache(maxsize=128)
def known_targets(vertical: Vertical, lead_type: str, language: str = "en") -> tuple[Known, ...]:
    """All targets with the words that name them; the vertical's own fields come before what shares a word."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    shared = [known for entry in _entries() for known in _of_entry(entry, lead_type, vertical, place)]
    own = [
        Known(
            Target(one.name, one.label(language), one.is_required, one.type),
            (one.name, *one.labels.values(), *one.aliases),
        )
        for one in vertical.fields
    ]
    lead_facts = [known for known in shared if not known.contact]
    return (*(known for known in shared if known.contact), *lead_facts, *own)


@cache
def lead_target_names() -> frozenset[str]:
    """The names no vertical may give to a field."""
    numbers = range(1, CONTACTS_IN_A_ROW + 1)
    long = {str(entry["name"]).replace("N", str(number)) for entry in _entries() for number in numbers}
    return frozenset(long | set(_SHORT) | {"contacts"})


@cache
def _entries() -> tuple[Mapping[str, object], ...]:
    return tuple(tomllib.loads(_FILE.read_text("utf-8"))["targets"])


def _of_entry(entry: Mapping[str, object], lead_type: str, vertical: Vertical, place: int) -> list[Known]:
    if entry.get("targeted_only") and lead_type != TARGETED:
        return []
    name, kind = str(entry["name"]), str(entry["kind"])
    labels, aliases = _texts(entry["labels"]), _texts(entry["aliases"])
    numbers = range(1, CONTACTS_IN_A_ROW + 1) if "_N_" in name else range(1)
    is_required = name in {"enquired_at", "addressee"} or (name == "consent_at" and vertical.demands_consent)
    return [
        Known(
            Target(
                name.replace("_N_", f"_{number}_"),
                labels[place].replace(" N:", f" {number}:"),
                is_required,
                kind,
            ),
            (name.replace("_N_", "_"), *(_without_number(label) for label in labels), *aliases),
            number,
        )
        for number in numbers
    ]


def _without_number(label: str) -> str:
    return label.replace(" N:", "").strip()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
