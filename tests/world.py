"""The cast of the tests: acme sells leads, bolt buys them, crane must see nothing of it, floe runs the platform.

Everybody is made when first named, approved, with an owner; behind a platform door, because the tests of what comes
later should not depend on how one signs up.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from uuid import UUID

from tenants import clock, crypto, passwords
from tenants.actor import Actor, TenantCard
from tenants.db import platform_transaction
from tenants.ids import new_id
from tenants.models import Membership, Tenant, UserAccount
from tenants.names import sort_name
from tenants.permissions import permissions

PASSWORD = "floe-tests-2026"
TERMS = "2026-01"


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a confirmed address whose password is `PASSWORD`."""

    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Party:
    """A tenant of the cast."""

    card: TenantCard
    owner: Actor

    @property
    def id(self) -> UUID:
        return self.card.id

    @property
    def name(self) -> str:
        return self.card.name


class World:
    """Tenants on demand; the same one every time within a test."""

    @cached_property
    def acme(self) -> Party:
        """An agency in Ukraine."""
        return make_party("agency", "Acme Leads", "UA")

    @cached_property
    def bolt(self) -> Party:
        """A company in Poland that buys."""
        return make_party("company", "Bolt Energy", "PL")

    @cached_property
    def crane(self) -> Party:
        """A company in Ukraine that is a stranger to the others' trade."""
        return make_party("company", "Crane Loans", "UA")

    @cached_property
    def floe(self) -> Party:
        """The operator."""
        return make_party("operator", "Floe", "UA")


def make_party(kind: str, name: str, country: str, *, state: str = "approved") -> Party:
    """A tenant with its key and one owner."""
    at = clock.now()
    slug = name.lower().replace(" ", "-")
    tenant = Tenant(
        id=new_id(),
        kind=kind,
        slug=slug,
        name=name,
        sort_name=sort_name(name),
        legal_name=f"{name} LLC",
        country=country,
        registration_number="12345678",
        state=state,
        terms_version=TERMS,
        terms_accepted_at=at,
        approved_at=at if state == "approved" else None,
        time_zone="Europe/Kyiv" if country == "UA" else "Europe/Warsaw",
        language="en",
        currency="EUR",
        created_at=at,
    )
    with platform_transaction("the cast of a test") as session:
        session.add(tenant)
        session.flush()
        crypto.create_key(session, tenant.id, at)
    card = TenantCard(
        id=tenant.id,
        kind=kind,
        slug=slug,
        name=name,
        state=state,
        language="en",
        time_zone=tenant.time_zone,
        currency="EUR",
        country=country,
    )
    return Party(card, make_member(card, "owner"))


def make_member(card: TenantCard, role: str, *, person: Person | None = None, may_buy: bool = False) -> Actor:
    """A member of a tenant, by default somebody new; a person may belong to many."""
    who = person or make_person(
        f"{role.title()} of {card.name}", f"{role}-{new_id().hex[-8:]}@{card.slug}.test"
    )
    with platform_transaction("the cast of a test") as session:
        session.add(
            Membership(
                tenant_id=card.id,
                user_id=who.id,
                role=role,
                may_buy=may_buy,
                name=who.name,
                email=who.email,
                created_at=clock.now(),
            )
        )
    return Actor(
        kind="user",
        id=who.id,
        name=who.name,
        email=who.email,
        tenant_id=card.id,
        tenant=card,
        role=role,
        permissions=permissions(card.kind, role, may_buy=may_buy),
        language="en",
        session_id=None,
    )


def make_person(name: str, email: str) -> Person:
    """A user who belongs to no tenant yet."""
    at = clock.now()
    user = UserAccount(
        id=new_id(),
        email=email,
        email_normal=email.lower(),
        name=name,
        password_hash=_password_hash(),
        language="en",
        confirmed_at=at,
        created_at=at,
    )
    with platform_transaction("the cast of a test") as session:
        session.add(user)
    return Person(user.id, name, email)


@cache
def _password_hash() -> str:
    return passwords.hash_password(PASSWORD)
