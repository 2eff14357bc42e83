"""A stored lead read again, as if it came in today: its columns and its opened bundle through the one way in.

Invariants: nothing of the lead is changed by reading it; what its own version had and today's has not is left alone, and
what today's newly demands is said (`older_version`), never held against it. Flags about what was thrown away when it came
in cannot be found again, so they stay. Opened values live in memory only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.leads import legal_basis, verticals
from app.leads.bundle import Bundle
from app.leads.cells import in_minor_units
from app.leads.contacts import RawContact
from app.leads.fields import Field, Value
from app.leads.flag_words import FLAGS, NEUTRAL
from app.leads.lead_reading import BatchDefaults, LeadReader, ReadLead
from app.leads.problems import LEFT_OUT, Problem
from app.leads.targets import TARGETED
from app.leads.verticals import Vertical

BASIS_NOT_ALLOWED, OLDER_VERSION, EXPIRED = "basis_not_allowed", "older_version", "expired"
KEPT = frozenset({"channel_left_out", "certificate_bad", "ip_other_country", *LEFT_OUT})
"""Flags about what a stored lead does not hold any more."""
_SUMS = frozenset(LEFT_OUT.values())
_PROOFS = ("trustedform_url", "jornaya_id", "ip")
_ORDER = {flag: place for place, flag in enumerate((*FLAGS, *LEFT_OUT))}


@dataclass(frozen=True, slots=True)
class Reread:
    """What today's rules say of one lead by itself: why they refuse it, its flags, and what else is worth saying."""

    lead: ReadLead | None
    problems: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Rereader:
    """Reads many stored leads at one business time; remembers a reader per kind of lead."""

    def __init__(self, now: datetime, time_zone: str) -> None:
        self._now, self._zone = now, time_zone
        self._readers: dict[tuple[object, ...], LeadReader] = {}

    def read(self, row: Any, bundle: Bundle) -> Reread:
        """A row of `lead` and its bundle under the newest version of its vertical."""
        vertical, stored = verticals.get(row.vertical), verticals.get(row.vertical, row.vertical_version)
        values = texts_of(row, bundle, stored)
        lacking = _newly_demanded(vertical, stored, values)
        read = self._reader(row, vertical, lacking).read(values, _people(bundle))
        kept = [one for one in row.flags if one in KEPT]
        barred = [*_barred(row, vertical), *vertical.screening.refused(tuple(kept))]
        if not isinstance(read, ReadLead):
            return Reread(None, (*map(code_of, read), *barred))
        flags = tuple(sorted({*read.flags, *kept}, key=lambda one: _ORDER.get(one, len(_ORDER))))
        older = [f"{OLDER_VERSION}:{name}" for name in sorted(lacking)]
        return Reread(read, tuple(barred), flags, (*warnings_of(flags), *older))

    def _reader(self, row: Any, vertical: Vertical, lacking: frozenset[str]) -> LeadReader:
        currency = str(row.facts.get("currency", ""))
        key = (vertical.key, lacking, row.type, row.legal_basis, row.country, currency)
        known = self._readers.get(key)
        if known is None:
            excused = tuple(
                replace(one, is_required=False) if one.name in lacking else one for one in vertical.fields
            )
            asked = replace(vertical, fields=excused) if lacking else vertical
            defaults = BatchDefaults(self._now, row.country, self._zone, currency, row.type, row.legal_basis)
            known = LeadReader(asked, defaults, (*(one.name for one in asked.fields), *_PROOFS))
            self._readers[key] = known
        return known


def warnings_of(flags: tuple[str, ...]) -> list[str]:
    """The flags that warn of something, each once: what sums others up is left out."""
    return [one for one in flags if one not in NEUTRAL and one not in _SUMS]


def code_of(problem: Problem) -> str:
    """A problem as it is stored: its code and, where it is about one value, which."""
    return f"{problem.code}:{problem.target}" if problem.target else problem.code


def texts_of(row: Any, bundle: Bundle, stored: Vertical) -> dict[str, str]:
    """Everything a stored lead says, by the names and in the spelling that intake reads."""
    proof = bundle.consent or {}
    values = {
        "country": row.country,
        "region": row.region,
        "postcode": bundle.postcode,
        "enquired_at": row.enquired_at.isoformat(),
        "consent_at": row.consent_at.isoformat() if row.consent_at else "",
        "consent_origin": row.consent_origin,
        "addressee": str(row.addressee_id or "") if row.type == TARGETED else "",
        **{name: str(proof.get(name) or "") for name in _PROOFS},
    }
    currency = str(row.facts.get("currency", ""))
    for one in stored.fields:
        value = (bundle.personal if one.is_personal else row.facts).get(one.name)
        if value is not None:
            values[one.name] = _text(one, value, currency)
    return {name: text for name, text in values.items() if text}


def _text(one: Field, value: Value, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if one.type == "money" and isinstance(value, int):
        unit = in_minor_units(1, currency)
        return f"{value // unit}.{value % unit:0{len(str(unit)) - 1}}" if unit > 1 else str(value)
    return str(value)


def _newly_demanded(vertical: Vertical, stored: Vertical, values: Mapping[str, str]) -> frozenset[str]:
    """Required fields that this lead lacks and that its own version did not require."""
    if vertical is stored:
        return frozenset()
    before = {one.name for one in stored.fields if one.is_required}
    demanded = {one.name for one in vertical.fields if one.is_required}
    return frozenset(demanded - before - set(values))


def _barred(row: Any, vertical: Vertical) -> list[str]:
    try:
        legal_basis.demand_basis(row.legal_basis, is_b2b=vertical.is_b2b, is_targeted=row.type == TARGETED)
    except legal_basis.BasisNotAllowed:
        return [BASIS_NOT_ALLOWED]
    return []


def _people(bundle: Bundle) -> list[RawContact]:
    return [
        RawContact(
            number,
            {part: one[part] for part in ("name", "role") if one.get(part)},
            {
                "phone": one.get("phones", ()),
                "email": one.get("emails", ()),
                "messenger": one.get("messengers", ()),
            },
        )
        for number, one in enumerate(bundle.contacts, 1)
    ]
