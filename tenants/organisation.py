"""A tenant's own words about itself: name, language, time zone, and the facts the operator checks.

Invariants: facts of an approved tenant stand still (the operator approved these and no others); a number that can be
checked is checked before it is kept.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import stdnum
from sqlalchemy import text
from sqlalchemy.orm import Session
from stdnum.exceptions import ValidationError

from tenants import audit, clock
from tenants.accounts import read_language, read_name
from tenants.actor import Actor
from tenants.errors import Invalid, Refused
from tenants.founding import COUNTRIES
from tenants.language import N_
from tenants.names import sort_name
from tenants.permissions import Permission

TERMS_VERSION = "2026-11"
"""The data-transfer terms in force; who accepted older ones is asked again."""
LONGEST_NUMBER = 40


class FactsStandStill(Refused):
    """The legal facts of an approved tenant cannot be changed by itself."""

    status, code = 409, "facts_stand_still"

    def __init__(self) -> None:
        super().__init__(N_("These facts were approved and stand still. Ask the operator to change them."))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the operator checks before a tenant may trade."""

    legal_name: str
    country: str
    registration_number: str
    vat_number: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a tenant likes to be shown and spoken to."""

    name: str
    language: str
    time_zone: str
    shows_name: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything a tenant says about itself, and its state."""

    id: UUID
    kind: str
    slug: str
    state: str
    preferences: Preferences
    facts: Facts
    terms_version: str | None
    terms_accepted_at: datetime | None
    approved_at: datetime | None
    created_at: datetime

    @property
    def has_accepted_terms(self) -> bool:
        """Whether the terms in force were accepted."""
        return self.terms_version == TERMS_VERSION

    @property
    def is_complete(self) -> bool:
        """Whether the operator has what it takes to approve."""
        numbers = self.facts.registration_number or self.facts.vat_number
        return bool(self.facts.legal_name and numbers and self.has_accepted_terms)


COLUMNS = """id, kind, slug, state, name, language, time_zone, shows_name, legal_name, country, registration_number,
  vat_number, terms_version, terms_accepted_at, approved_at, created_at"""
_READ = text(f"SELECT {COLUMNS} FROM tenant WHERE id = :tenant")  # noqa: S608 (our own words)
_PREFER = text("""
UPDATE tenant SET name = :name, sort_name = :sort, language = :language, time_zone = :zone, shows_name = :shows
WHERE id = :tenant
""")
_STATE = text("""
UPDATE tenant SET legal_name = :legal, country = :country, registration_number = :registration, vat_number = :vat
WHERE id = :tenant AND state <> 'approved' RETURNING id
""")
_ACCEPT = text("""
UPDATE tenant SET terms_version = :version, terms_accepted_at = :now
WHERE id = :tenant AND terms_version IS DISTINCT FROM :version RETURNING id
""")


def read(session: Session, tenant_id: UUID) -> Organisation:
    """A tenant about itself; behind a platform door also another one."""
    return organisation_from(session.execute(_READ, {"tenant": tenant_id}).one())


def organisation_from(row: Any) -> Organisation:
    """An organisation from a row with these `COLUMNS`."""
    preferences = Preferences(row.name, row.language, row.time_zone, row.shows_name)
    facts = Facts(row.legal_name, row.country, row.registration_number, row.vat_number)
    return Organisation(
        id=row.id,
        kind=row.kind,
        slug=row.slug,
        state=row.state,
        preferences=preferences,
        facts=facts,
        terms_version=row.terms_version,
        terms_accepted_at=row.terms_accepted_at,
        approved_at=row.approved_at,
        created_at=row.created_at,
    )


def prefer(session: Session, actor: Actor, wanted: Preferences) -> None:
    """Change name, language, time zone and whether agencies see the name. Raises `Forbidden`, `Invalid`."""
    actor.demand(Permission.TENANT_WRITE)
    if wanted.time_zone not in zoneinfo.available_timezones():
        _refuse("time_zone", N_("Choose a time zone from the list."))
    name = read_name(wanted.name, "name")
    session.execute(
        _PREFER,
        {
            "tenant": actor.card().id,
            "name": name,
            "sort": sort_name(name),
            "language": read_language(wanted.language),
            "zone": wanted.time_zone,
            "shows": wanted.shows_name,
        },
    )
    audit.record(session, actor, "tenant.changed", "tenant", actor.card().id)


def state_facts(session: Session, actor: Actor, facts: Facts) -> None:
    """Tell the operator who we are. Raises `Forbidden`, `Invalid`, `FactsStandStill`; nothing is written then."""
    actor.demand(Permission.TENANT_WRITE)
    facts = checked(facts)
    words = {
        "tenant": actor.card().id,
        "legal": facts.legal_name,
        "country": facts.country,
        "registration": facts.registration_number,
        "vat": facts.vat_number,
    }
    if session.execute(_STATE, words).scalar() is None:
        raise FactsStandStill
    audit.record(session, actor, "tenant.facts_stated", "tenant", actor.card().id)


def accept_terms(session: Session, actor: Actor, version: str) -> None:
    """Accept the data-transfer terms in force, with the version that was read. Repeating keeps the first time.

    Raises `Invalid` when newer terms came into force meanwhile.
    """
    actor.demand(Permission.TENANT_WRITE)
    if version != TERMS_VERSION:
        _refuse("terms_version", N_("The terms have changed. Please read the new ones."))
    tenant_id = actor.card().id
    words = {"tenant": tenant_id, "version": version, "now": clock.now()}
    if session.execute(_ACCEPT, words).scalar() is not None:
        detail = {"version": version}
        audit.record(session, actor, "tenant.terms_accepted", "tenant", tenant_id, detail=detail)


def checked(facts: Facts) -> Facts:
    """The facts in normal form. Raises `Invalid` with the field that is wrong."""
    country = facts.country.strip().upper()
    if country not in COUNTRIES:
        _refuse("country", N_("Choose a country from the list."))
    registration = _number(facts.registration_number, "registration_number")
    vat = _vat_number(country, _number(facts.vat_number, "vat_number"))
    if not registration and not vat:
        _refuse("registration_number", N_("Give the registration number or the VAT number."))
    return Facts(read_name(facts.legal_name, "legal_name"), country, registration, vat)


def _number(typed: str, field: str) -> str:
    number = " ".join(typed.split()).upper()
    if len(number) > LONGEST_NUMBER:
        _refuse(field, N_("Use at most 40 characters."))
    return number


def _vat_number(country: str, number: str) -> str:
    form = stdnum.get_cc_module(country.lower(), "vat")
    if not number or form is None:
        return number
    try:
        return str(form.validate(number))
    except ValidationError:
        _refuse("vat_number", N_("This is not a valid VAT number of this country."))


def _refuse(field: str, sentence: str) -> NoReturn:
    raise Invalid(sentence, fields={field: sentence})
