"""Who does a deed: a user in one of their tenants, an API key, or the system itself.

Invariant: an actor is read afresh for every request, so that a changed role or an ended session counts at once.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from tenants.errors import Forbidden
from tenants.language import N_
from tenants.permissions import Permission

Kind = Literal["user", "key", "system"]


@dataclass(frozen=True, slots=True)
class TenantCard:
    """What every page needs to know of the tenant it is shown for."""

    id: UUID
    kind: str
    slug: str
    name: str
    state: str
    language: str
    time_zone: str
    currency: str
    country: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, with what they may do in the tenant they act for."""

    kind: Kind
    id: UUID | None
    name: str
    email: str
    tenant_id: UUID | None
    tenant: TenantCard | None
    role: str | None
    permissions: frozenset[Permission]
    language: str
    session_id: UUID | None
    networks: tuple[str, ...] = ()
    """Where a key may call from; empty means anywhere."""
    calls_a_minute: int | None = None
    source_id: UUID | None = None
    """The one source a key may send leads of."""

    def may(self, permission: Permission) -> bool:
        """Whether the role or the key's scopes hold this permission."""
        return permission in self.permissions

    def demand(self, permission: Permission) -> None:
        """Raises `Forbidden` unless the actor holds this permission."""
        if permission not in self.permissions:
            raise Forbidden(N_("Your role does not allow this."), permission=permission.value)

    def card(self) -> TenantCard:
        """The tenant the actor acts for. Raises `Forbidden` for a person who belongs to none yet."""
        if self.tenant is None:
            raise Forbidden(N_("You do not belong to an organisation yet."))
        return self.tenant


SYSTEM = Actor(
    kind="system",
    id=None,
    name="Floe",
    email="",
    tenant_id=None,
    tenant=None,
    role=None,
    permissions=frozenset(),
    language="en",
    session_id=None,
)
"""Clocks that run out, jobs, webhooks: deeds nobody did by hand."""
