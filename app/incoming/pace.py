"""How fast one address may be sent to, counted in Valkey for all web processes together.

Invariant: without Valkey nobody is refused: what is sent matters more than a counter.
"""

from uuid import UUID

from redis.exceptions import RedisError

from tenants import clock, jobs
from tenants.errors import Refused
from tenants.language import N_

MOST_A_MINUTE = 600
_WINDOW = 60


class TooFast(Refused):
    """More arrived at this address within a minute than it takes; nothing was kept, it may be sent again."""

    status, code = 429, "too_many_calls"


def demand_pace(connection_id: UUID | None) -> None:
    """Count one arrival at a connection (or at an address that is none). Raises `TooFast` for one too many."""
    second = int(clock.now().timestamp())
    name = f"floe:in-pace:{connection_id or 'unknown'}:{second // _WINDOW}"
    try:
        store = jobs.connection()
        with store.pipeline(transaction=False) as asked:
            asked.incr(name)
            asked.expire(name, 2 * _WINDOW)
            count = int(asked.execute()[0])
    except RedisError:
        return
    if count > MOST_A_MINUTE and connection_id is not None:
        sentence = N_("Too much arrives at this address. Send it again in a minute.")
        raise TooFast(sentence, retry_after=_WINDOW - second % _WINDOW)
