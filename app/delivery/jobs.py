"""Wake-ups: one job per shard of destinations, never one per delivery; the pending rows are the real queue."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.delivery.drain import drain
from app.delivery.proofs import due_shards
from app.delivery.retention import purge
from tenants.db import platform_transaction
from tenants.jobs import DELIVERIES, enqueue, job, sweep, wake

PURGE_SECONDS = 3_600
SWEEP_SECONDS = 5
"""The second try is due 5 s after the first, so that is how often due shards are looked for."""


@job(DELIVERIES)
def drain_shard(shard: int) -> None:
    """Send what is due in one shard."""
    if drain(shard).has_more:
        wake(drain_shard, shard)


def wake_after_commit(session: Session, shards: Iterable[int]) -> None:
    """Wake the workers of these shards once the rows are committed."""
    for shard in sorted(set(shards)):
        enqueue(session, drain_shard, shard)


@sweep(SWEEP_SECONDS)
def wake_due_shards(now: datetime) -> None:
    """Wake the shards that have something due, whoever forgot to."""
    for shard in due_shards(now):
        wake(drain_shard, shard)


@sweep(PURGE_SECONDS)
def purge_old_bodies(now: datetime) -> None:
    """Delete the texts of deliveries older than 30 days, a few thousand per transaction."""
    is_done = False
    while not is_done:
        with platform_transaction("purge old delivery bodies") as session:
            is_done = purge(session, now) == 0
