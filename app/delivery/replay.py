"""Send again what has ended: one delivery, or all of a destination's within a time.

Invariants: the id, and so the webhook-id, stays, so that a receiver which had it drops the double; the schedule starts
anew while attempts go on counting; a body that was purged or erased cannot be sent again.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.jobs import wake_after_commit
from app.delivery.models import DEAD, DELIVERED, REFUSED
from tenants import clock
from tenants.errors import Invalid, Refused
from tenants.language import N_

ENDED = (DELIVERED, REFUSED, DEAD)

_REPLAY = """
    UPDATE delivery AS x SET state = 'pending', due_at = :now, schedule_from = x.attempts, delivered_at = NULL
    FROM destination d
    WHERE x.tenant_id = :tenant AND d.tenant_id = x.tenant_id AND d.id = x.destination_id AND d.enabled
      AND d.deleted_at IS NULL AND x.body_sealed IS NOT NULL AND x.state = ANY (:states) AND {which}
    RETURNING x.shard"""
_ONE = text(_REPLAY.format(which="x.id = :id"))
_RANGE = text(
    _REPLAY.format(
        which="x.destination_id = :destination AND x.created_at >= :from_at AND x.created_at < :until_at"
    )
)


class NotReplayable(Refused):
    """The delivery is still under way, its body is gone, or its destination is off; nothing was changed."""

    code = "not_replayable"


def replay(session: Session, tenant_id: UUID, delivery_id: UUID) -> None:
    """Send one ended delivery again, at once. Raises `NotReplayable`, also for an id that is not the tenant's."""
    values = {"tenant": tenant_id, "id": delivery_id, "now": clock.now(), "states": list(ENDED)}
    shards = list(session.execute(_ONE, values).scalars())
    if not shards:
        raise NotReplayable(
            N_(
                "Only a delivery that has ended, whose text is still kept and whose destination is on, can be sent again."
            )
        )
    wake_after_commit(session, shards)


def replay_range(
    session: Session,
    tenant_id: UUID,
    destination_id: UUID,
    span: tuple[datetime, datetime],
    states: Sequence[str] = (DEAD,),
) -> int:
    """Send again what was enqueued for a destination within `span` (from, until) and ended in one of `states`.

    Gives how many will be sent. Repeating sends again only what has ended again. Raises `Invalid` for a span that ends
    before it begins or a state that is no end.
    """
    from_at, until_at = span
    if until_at <= from_at:
        raise Invalid(N_("The time to send again must end after it begins."))
    if not set(states) <= set(ENDED):
        raise Invalid(N_("Only deliveries that have ended can be sent again."))
    values = {
        "tenant": tenant_id,
        "destination": destination_id,
        "from_at": from_at,
        "until_at": until_at,
        "now": clock.now(),
        "states": list(states),
    }
    shards = list(session.execute(_RANGE, values).scalars())
    wake_after_commit(session, shards)
    return len(shards)
