"""When a delivery is tried again, when a destination is left in peace, and when it is switched off. Pure.

Invariants: at most ten tries per schedule; a destination that fails most requests gets none for a minute and then one
probe; it is switched off after five days without a single success.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

DELAYS_SECONDS = (0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 86_400)
"""Before each try: leads perish, so the first three come within a minute. About 52 hours in all."""

JITTER = 0.2
LONGEST_WAIT_SECONDS = 86_400

BREAKER_LEAST_REQUESTS = 10
BREAKER_FAILING_PERCENT = 70
BREAKER_WINDOW = timedelta(minutes=5)
BREAKER_PAUSE = timedelta(seconds=60)
LONGEST_THROTTLE_SECONDS = 3_600

DISABLE_AFTER = timedelta(days=5)


def next_try_at(
    tries: int, now: datetime, luck: float, retry_after_seconds: int | None = None
) -> datetime | None:
    """When to try again after `tries` failed ones, or None when the schedule is exhausted.

    `luck` in [-1, 1] spreads the tries by ±20 %. A receiver's Retry-After moves a try later (24 hours at most), never
    earlier than the schedule.
    """
    if tries >= len(DELAYS_SECONDS):
        return None
    wait = DELAYS_SECONDS[tries] * (1 + JITTER * luck)
    return now + timedelta(seconds=max(wait, min(retry_after_seconds or 0, LONGEST_WAIT_SECONDS)))


@dataclass(frozen=True)
class Health:
    """How a destination has been answering lately; the counting window starts with a failure, not before."""

    consecutive_failures: int = 0
    failing_since: datetime | None = None
    notified_at: datetime | None = None
    open_until: datetime | None = None
    window_from: datetime | None = None
    window_requests: int = 0
    window_failures: int = 0


@dataclass(frozen=True)
class Tally:
    """What one destination answered in one round; `throttle_seconds` is the longest Retry-After it asked for."""

    successes: int = 0
    failures: int = 0
    throttle_seconds: int = 0


def health_after(health: Health, tally: Tally, now: datetime) -> Health:
    """The health of a destination after one more round of requests.

    A closed breaker opens for 60 s when at least 10 requests of the window were made and 70 % of them failed. Once
    that time is over one probe decides: a success closes it, a failure opens it for another 60 s.
    """
    after = _counted(health, tally, now)
    if tally.successes:
        after = replace(after, consecutive_failures=0, failing_since=None, notified_at=None)
    elif tally.failures:
        after = replace(
            after,
            consecutive_failures=health.consecutive_failures + tally.failures,
            failing_since=health.failing_since or now,
        )
    pause = _pause(health, after, tally)
    if pause:
        return replace(after, open_until=now + pause, window_from=None, window_requests=0, window_failures=0)
    return replace(after, open_until=None) if tally.successes else after


def _counted(health: Health, tally: Tally, now: datetime) -> Health:
    is_fresh = health.window_from is not None and now - health.window_from < BREAKER_WINDOW
    if not is_fresh and not tally.failures:
        return replace(health, window_from=None, window_requests=0, window_failures=0)
    return replace(
        health,
        window_from=health.window_from if is_fresh else now,
        window_requests=(health.window_requests if is_fresh else 0) + tally.successes + tally.failures,
        window_failures=(health.window_failures if is_fresh else 0) + tally.failures,
    )


def _pause(before: Health, after: Health, tally: Tally) -> timedelta | None:
    """How long the breaker opens after this round, None when it does not."""
    if tally.throttle_seconds:
        return timedelta(seconds=min(tally.throttle_seconds, LONGEST_THROTTLE_SECONDS))
    if not tally.failures:
        return None
    is_probe_lost = before.open_until is not None and not tally.successes
    is_failing = after.window_failures * 100 >= BREAKER_FAILING_PERCENT * after.window_requests
    if is_probe_lost or (after.window_requests >= BREAKER_LEAST_REQUESTS and is_failing):
        return BREAKER_PAUSE
    return None


def is_hopeless(health: Health, now: datetime) -> bool:
    """Whether a destination that has just failed is to be switched off: five days without a single success."""
    return health.failing_since is not None and now - health.failing_since >= DISABLE_AFTER
