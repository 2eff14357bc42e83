"""Enqueue: in the caller's transaction, write down who is to be told that X happened.

Invariants: the row is written or the caller's deed is not; an event is written once per destination, type and subject,
however often this is repeated; nothing is sent before the commit.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.jobs import wake_after_commit
from app.delivery.payload import Event, message, seal_message
from tenants import clock
from tenants.crypto import vault

_ENQUEUE = text("""
    INSERT INTO delivery (tenant_id, id, destination_id, event_type, subject_id, body_sealed,
                          state, shard, due_at, attempts, schedule_from, created_at)
    SELECT d.tenant_id, uuidv7(), d.id, e.type, e.subject_id, e.body, 'pending',
           get_byte(uuid_send(d.id), 15) % 8, CAST(:now AS timestamptz), 0, 0, e.created_at
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:types AS text[]), CAST(:subjects AS uuid[]),
                CAST(:bodies AS bytea[]), CAST(:times AS timestamptz[]))
         AS e (tenant_id, type, subject_id, body, created_at)
    JOIN destination d ON d.tenant_id = e.tenant_id AND d.enabled AND d.kind <> 'download' AND d.deleted_at IS NULL
         AND d.created_at <= e.created_at AND (d.event_types IS NULL OR e.type = ANY (d.event_types))
    ON CONFLICT ON CONSTRAINT told_once DO NOTHING
    RETURNING shard""")


def deliver(session: Session, tenant_id: UUID, event: Event) -> int:
    """Owe one event to every enabled destination of the tenant that is older than it; gives how many were added.

    A download destination is pushed nothing. Raises `MessageTooLarge`, and then wrote nothing. Repeating adds nothing.
    """
    return deliver_many(session, tenant_id, (event,))


def deliver_many(session: Session, tenant_id: UUID, events: Iterable[Event]) -> int:
    """Like `deliver` for many events at once, in one round trip (two when the tenant's key was never used here)."""
    return deliver_all(session, [(tenant_id, event) for event in events])


def deliver_all(session: Session, owed: Sequence[tuple[UUID, Event]]) -> int:
    """Like `deliver` for events of several tenants at once; for more than one it needs a platform door."""
    if not owed:
        return 0
    messages = [message(event) for _, event in owed]
    bodies = [
        seal_message(vault(session, tenant_id), event.type, event.subject_id, written)
        for (tenant_id, event), written in zip(owed, messages, strict=True)
    ]
    added = session.execute(
        _ENQUEUE,
        {
            "now": clock.now(),
            "tenants": [tenant_id for tenant_id, _ in owed],
            "types": [event.type for _, event in owed],
            "subjects": [event.subject_id for _, event in owed],
            "bodies": bodies,
            "times": [event.created_at for _, event in owed],
        },
    ).scalars()
    shards = list(added)
    wake_after_commit(session, shards)
    return len(shards)
