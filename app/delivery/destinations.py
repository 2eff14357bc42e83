"""A tenant's destinations: made, renamed, switched, given new secrets, tested, deleted.

Invariants: a webhook's address has been checked and its secret is shown once; contact data go by e-mail only where the
caller, an owner, says so; a deleted destination keeps its row and its log, never its secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.delivery.addresses import NO_LOOPBACK, Loopback, webhook_address
from app.delivery.jobs import wake_after_commit
from app.delivery.models import DEAD, DOWNLOAD, EMAIL, PENDING, SHARDS, WEBHOOK, Delivery, Destination
from app.delivery.payload import Event, message, open_secret, seal_message, seal_secret
from app.delivery.signing import Secrets, new_secrets, rotated
from tenants import clock
from tenants.crypto import vault
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

LONGEST_NAME = 100
PING = "ping"
SWITCHED_OFF = "switched off"


class NotSwitchedOn(Refused):
    """A destination that is switched off is told nothing, not even a test; nothing was enqueued."""

    code = "destination_disabled"


@dataclass(frozen=True)
class NewDestination:
    """What a tenant wants. `event_types` None means every event; `includes_contacts` is an owner's decision."""

    kind: str
    name: str
    address: str | None = None
    includes_contacts: bool = False
    language: str = "en"
    event_types: Sequence[str] | None = None


@dataclass(frozen=True)
class Created:
    """A new destination; `secret` (webhooks only) is shown this once."""

    destination: Destination
    secret: str | None = field(repr=False)


def create(
    session: Session, tenant_id: UUID, wanted: NewDestination, loopback: Loopback = NO_LOOPBACK
) -> Created:
    """Add a destination; it is told what happens from now on, never what happened before.

    Raises `Invalid` (kind, name, e-mail address, contacts on anything but an e-mail) or `UnsafeDestination`.
    """
    destination_id = new_id()
    secrets = new_secrets() if wanted.kind == WEBHOOK else None
    destination = Destination(
        tenant_id=tenant_id,
        id=destination_id,
        kind=wanted.kind,
        name=_name(wanted.name),
        address=_address(wanted, loopback),
        secret_sealed=_sealed(session, tenant_id, destination_id, secrets) if secrets else None,
        includes_contacts=_contacts(wanted.kind, wanted.includes_contacts),
        language=wanted.language,
        event_types=sorted(set(wanted.event_types)) if wanted.event_types is not None else None,
        created_at=clock.now(),
        enabled=True,
    )
    session.add(destination)
    session.flush()
    return Created(destination, secrets.current if secrets else None)


def list_destinations(session: Session, tenant_id: UUID) -> list[Destination]:
    """The tenant's destinations that are not deleted, the oldest first."""
    mine = select(Destination).where(Destination.tenant_id == tenant_id, Destination.deleted_at.is_(None))
    return list(session.scalars(mine.order_by(Destination.created_at, Destination.id)))


def find(session: Session, tenant_id: UUID, destination_id: UUID) -> Destination:
    """One destination, locked for a change; raises `NotFound` for absent, deleted and foreign ones alike."""
    one = select(Destination).where(
        Destination.tenant_id == tenant_id, Destination.id == destination_id, Destination.deleted_at.is_(None)
    )
    found = session.scalars(
        one.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(N_("There is no such destination."))
    return found


def rename(session: Session, tenant_id: UUID, destination_id: UUID, name: str) -> Destination:
    """Give a destination another name; raises `NotFound` or `Invalid`."""
    destination = find(session, tenant_id, destination_id)
    destination.name = _name(name)
    session.flush()
    return destination


def allow_contacts(
    session: Session, tenant_id: UUID, destination_id: UUID, *, includes_contacts: bool
) -> Destination:
    """Let an e-mail destination carry contact data, or stop it. The edge has checked that an owner asks.

    Takes effect with the next mail, also for what is already waiting. Raises `NotFound`, or `Invalid` unless e-mail.
    """
    destination = find(session, tenant_id, destination_id)
    destination.includes_contacts = _contacts(destination.kind, includes_contacts)
    session.flush()
    return destination


def enable(session: Session, tenant_id: UUID, destination_id: UUID) -> Destination:
    """Switch a destination on, with a clean record; what was waiting for it is sent. Repeating changes nothing."""
    destination = find(session, tenant_id, destination_id)
    if not destination.enabled:
        destination.enabled = True
        destination.disabled_at = destination.disabled_reason = None
        destination.failing_since = destination.notified_at = destination.open_until = (
            destination.window_from
        ) = None
        destination.consecutive_failures = destination.window_requests = destination.window_failures = 0
        session.flush()
        wake_after_commit(session, [shard_of(destination_id)])
    return destination


def disable(session: Session, tenant_id: UUID, destination_id: UUID) -> Destination:
    """Switch a destination off: it gets no new events, what waits stays waiting. Repeating changes nothing."""
    destination = find(session, tenant_id, destination_id)
    if destination.enabled:
        destination.enabled = False
        destination.disabled_at, destination.disabled_reason = clock.now(), SWITCHED_OFF
        session.flush()
    return destination


def delete(session: Session, tenant_id: UUID, destination_id: UUID) -> None:
    """Delete a destination for good: what waits for it dies, its secret is wiped, its log stays as evidence."""
    find(session, tenant_id, destination_id)
    waiting = update(Delivery).where(
        Delivery.tenant_id == tenant_id, Delivery.destination_id == destination_id, Delivery.state == PENDING
    )
    session.execute(waiting.values(state=DEAD, last_error="the destination was deleted"))
    gone = update(Destination).where(Destination.tenant_id == tenant_id, Destination.id == destination_id)
    session.execute(gone.values(enabled=False, deleted_at=clock.now(), secret_sealed=None))


def rotate_secret(session: Session, tenant_id: UUID, destination_id: UUID) -> str:
    """A new signing secret, shown this once; the old one signs beside it for another 24 hours.

    Not repeatable for free: each call makes a new secret. Raises `NotFound`, or `Invalid` unless a webhook.
    """
    destination = find(session, tenant_id, destination_id)
    if destination.secret_sealed is None:
        raise Invalid(N_("Only a webhook has a secret."))
    opened = open_secret(vault(session, tenant_id), destination_id, destination.secret_sealed)
    secrets = rotated(Secrets.from_bytes(opened), clock.now())
    destination.secret_sealed = _sealed(session, tenant_id, destination_id, secrets)
    session.flush()
    return secrets.current


def send_test(session: Session, tenant_id: UUID, destination_id: UUID) -> UUID:
    """Owe a real signed `ping` to one destination; gives the delivery's id, whose state tells how it went.

    Each call sends another. Raises `NotFound`, `NotSwitchedOn`, or `Invalid` for a download.
    """
    destination = find(session, tenant_id, destination_id)
    if destination.kind == DOWNLOAD:
        raise Invalid(N_("A download is pushed nothing, so there is nothing to test."))
    if not destination.enabled:
        raise NotSwitchedOn(N_("Switch the destination on first."))
    now, subject_id, delivery_id = clock.now(), new_id(), new_id()
    written = message(Event(PING, subject_id, {"destination": destination.name}, now))
    ping = Delivery(
        tenant_id=tenant_id,
        id=delivery_id,
        destination_id=destination_id,
        event_type=PING,
        subject_id=subject_id,
        body_sealed=seal_message(vault(session, tenant_id), PING, subject_id, written),
        state=PENDING,
        shard=shard_of(destination_id),
        due_at=now,
        created_at=now,
    )
    session.add(ping)
    session.flush()
    wake_after_commit(session, [ping.shard])
    return delivery_id


def shard_of(destination_id: UUID) -> int:
    """The wake-up that serves a destination; the same rule in SQL stands in deliver.py."""
    return destination_id.bytes[15] % SHARDS


def _sealed(session: Session, tenant_id: UUID, destination_id: UUID, secrets: Secrets) -> bytes:
    return seal_secret(vault(session, tenant_id), destination_id, secrets.to_bytes())


def _name(raw: str) -> str:
    name = " ".join(raw.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(N_("A destination's name has 1 to 100 characters."), fields={"name": "length"})
    return name


def _contacts(kind: str, includes_contacts: bool) -> bool:
    if includes_contacts and kind != EMAIL:
        raise Invalid(N_("Only an e-mail destination asks whether contact data are included."))
    return includes_contacts


def _address(wanted: NewDestination, loopback: Loopback) -> str | None:
    if wanted.kind == WEBHOOK:
        return webhook_address(wanted.address or "", loopback).url
    if wanted.kind == EMAIL:
        try:
            return validate_email(
                wanted.address or "", check_deliverability=False, test_environment=True
            ).normalized
        except EmailNotValidError as error:
            raise Invalid(N_("This is not an e-mail address."), fields={"address": "email"}) from error
    if wanted.kind != DOWNLOAD:
        raise Invalid(N_("A destination is a download, an e-mail or a webhook."), fields={"kind": "unknown"})
    if wanted.address:
        raise Invalid(N_("A download has no address."), fields={"address": "unexpected"})
    return None
