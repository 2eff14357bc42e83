"""Founding a tenant: the organisation, its encryption key and its first owner.

Invariants: an agency or a company begins as pending, the operator as approved; there is one operator; a tenant has an
owner from its first moment.
"""

import zoneinfo
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from babel import Locale
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import accounts, audit, clock, crypto, members
from tenants.accounts import Account, read_language, read_name
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import Forbidden, Invalid
from tenants.ids import new_id
from tenants.language import N_
from tenants.names import slug, sort_name

Kind = Literal["agency", "company", "operator"]
DEFAULT_CURRENCY = "EUR"

_NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
COUNTRIES = (
    frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())
    - _NOT_COUNTRIES
)
"""ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What a tenant begins with."""

    kind: Kind
    name: str
    country: str
    language: str
    time_zone: str
    currency: str = DEFAULT_CURRENCY


_TAKEN = text("SELECT EXISTS (SELECT FROM tenant WHERE slug = :slug)")
_CREATE = text("""
INSERT INTO tenant (id, kind, slug, name, sort_name, country, state, approved_at, time_zone, language, currency, created_at)
VALUES (:id, :kind, :slug, :name, :sort, :country, :state, :approved, :zone, :language, :currency, :now)
""")


def checked(new: NewTenant) -> NewTenant:
    """The same in normal form. Raises `Invalid` with the field that is wrong."""
    country = new.country.strip().upper()
    if country not in COUNTRIES:
        _refuse("country", N_("Choose a country from the list."))
    if new.time_zone not in zoneinfo.available_timezones():
        _refuse("time_zone", N_("Choose a time zone from the list."))
    name = read_name(new.name, "tenant_name")
    return NewTenant(new.kind, name, country, read_language(new.language), new.time_zone, new.currency)


def found(session: Session, new: NewTenant, owner: Account) -> UUID:
    """Make the tenant with its key and its owner; gives its id. Behind a platform door. Raises `Invalid`."""
    new = checked(new)
    tenant_id, now = new_id(), clock.now()
    is_operator = new.kind == "operator"
    session.execute(
        _CREATE,
        {
            "id": tenant_id,
            "kind": new.kind,
            "slug": _free_slug(session, new, tenant_id),
            "name": new.name,
            "sort": sort_name(new.name),
            "country": new.country,
            "state": "approved" if is_operator else "pending",
            "approved": now if is_operator else None,
            "zone": new.time_zone,
            "language": new.language,
            "currency": new.currency,
            "now": now,
        },
    )
    crypto.create_key(session, tenant_id, now)
    members.join(session, tenant_id, owner, "owner")
    return tenant_id


def found_another(session: Session, actor: Actor, new: NewTenant) -> UUID:
    """A logged-in person opens a further agency or company of their own; gives its id. Raises `Invalid`.

    `sessions.switch_tenant` goes there.
    """
    if actor.kind != "user" or actor.id is None:
        raise Forbidden(N_("Only a person can open an organisation."))
    demand_kind(new.kind)
    with as_platform(session, "a person opens a further tenant"):
        tenant_id = found(session, new, accounts.get(session, actor.id))
        audit.record(session, actor, "tenant.founded", "tenant", tenant_id, tenant_id=tenant_id)
    return tenant_id


def demand_kind(kind: str) -> None:
    """Raises `Invalid` for a kind of tenant that nobody opens by themselves."""
    if kind not in ("agency", "company"):
        _refuse("kind", N_("Choose agency or company."))


def _free_slug(session: Session, new: NewTenant, tenant_id: UUID) -> str:
    wanted = slug(new.name) or new.kind
    is_taken = session.execute(_TAKEN, {"slug": wanted}).scalar_one()
    # the end of the id is random: no second look is needed
    return f"{wanted}-{tenant_id.hex[-6:]}" if is_taken else wanted


def _refuse(field: str, sentence: str) -> None:
    raise Invalid(sentence, fields={field: sentence})
