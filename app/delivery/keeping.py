"""A person keeps the tenant's destinations: the deeds of destinations.py, each with its record of who did it.

Invariant: neither a deed without a record nor a record without a deed; a record never holds an address or a secret.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.delivery import destinations, replay
from app.delivery.addresses import NO_LOOPBACK, Loopback
from app.delivery.destinations import Created, NewDestination
from tenants import audit
from tenants.actor import Actor
from tenants.permissions import Permission


def create(
    session: Session, actor: Actor, wanted: NewDestination, at: datetime, loopback: Loopback = NO_LOOPBACK
) -> Created:
    """Add a destination. Raises as `destinations.create`, and `Forbidden` when contacts go by mail and no owner asks."""
    if wanted.includes_contacts:
        actor.demand(Permission.CONTACT_DELIVERY)
    made = destinations.create(session, actor.card().id, wanted, loopback)
    detail = {"kind": wanted.kind, "includes_contacts": wanted.includes_contacts}
    _record(session, actor, "created", made.destination.id, at, detail)
    return made


def switch(session: Session, actor: Actor, destination_id: UUID, at: datetime, *, on: bool) -> None:
    """Switch a destination on or off. Raises `NotFound`; repeating changes nothing."""
    deed = destinations.enable if on else destinations.disable
    deed(session, actor.card().id, destination_id)
    _record(session, actor, "enabled" if on else "disabled", destination_id, at)


def rename(session: Session, actor: Actor, destination_id: UUID, name: str, at: datetime) -> None:
    """Give a destination another name. Raises `NotFound`, `Invalid`."""
    destinations.rename(session, actor.card().id, destination_id, name)
    _record(session, actor, "renamed", destination_id, at)


def allow_contacts(
    session: Session, actor: Actor, destination_id: UUID, at: datetime, *, allowed: bool
) -> None:
    """Let a mail carry contact data, or stop it; an owner's decision. Raises `Forbidden`, `NotFound`, `Invalid`."""
    if allowed:
        actor.demand(Permission.CONTACT_DELIVERY)
    destinations.allow_contacts(session, actor.card().id, destination_id, includes_contacts=allowed)
    _record(session, actor, "contacts", destination_id, at, {"includes_contacts": allowed})


def rotate(session: Session, actor: Actor, destination_id: UUID, at: datetime) -> str:
    """A new signing secret, shown this once. Raises `NotFound`, `Invalid`; each call makes another."""
    secret = destinations.rotate_secret(session, actor.card().id, destination_id)
    _record(session, actor, "secret_rotated", destination_id, at)
    return secret


def delete(session: Session, actor: Actor, destination_id: UUID, at: datetime) -> None:
    """Delete a destination for good; its log stays. Raises `NotFound`."""
    destinations.delete(session, actor.card().id, destination_id)
    _record(session, actor, "deleted", destination_id, at)


def send_again(session: Session, actor: Actor, delivery_id: UUID, at: datetime) -> None:
    """Send one ended delivery again. Raises `NotReplayable`."""
    replay.replay(session, actor.card().id, delivery_id)
    audit.record(session, actor, "delivery.replayed", "delivery", delivery_id, at=at)


def _record(
    session: Session,
    actor: Actor,
    deed: str,
    destination_id: UUID,
    at: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    audit.record(session, actor, f"destination.{deed}", "destination", destination_id, detail=detail, at=at)
