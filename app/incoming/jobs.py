"""Wake-ups for what was received: the pending row is the queue."""

from datetime import datetime
from uuid import UUID

from tenants.jobs import DELIVERIES, job, sweep, wake

SWEEP_SECONDS, PURGE_SECONDS = 10, 3_600


@job(DELIVERIES)
def process_body(tenant_id: str, body_id: str) -> None:
    """Make a lead of what was received."""
    from app.incoming.process import process

    process(UUID(tenant_id), UUID(body_id))


@sweep(SWEEP_SECONDS)
def wake_due_bodies(now: datetime) -> None:
    """Wake what is due, whoever forgot to."""
    from app.incoming.bodies import due

    for tenant_id, body_id in due(now):
        wake(process_body, str(tenant_id), str(body_id))


@sweep(PURGE_SECONDS)
def purge_old_bodies(now: datetime) -> None:
    """Shred what was received more than 30 days ago."""
    from app.incoming.bodies import purge

    purge(now)
