"""Write down how tries went: deliveries and attempts in one statement, then the health of their destinations.

Invariants: only the sender that holds the claim can record it (state and attempt number must still match), so a late
answer of a lost sender changes nothing; attempts are only ever added.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.claim import Claimed
from app.delivery.models import DEAD, ERROR, FAILURE, PENDING, REFUSED, SUCCESS, WEBHOOK
from app.delivery.schedule import Health, Tally, health_after, is_hopeless, next_try_at
from app.delivery.verdict import Verdict

GONE_REASON = "gone"
FAILING_REASON = "failing"

_spread = random.SystemRandom()

_RECORD = text("""
    WITH told AS (
        SELECT * FROM unnest(
            CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:numbers AS bigint[]), CAST(:states AS text[]),
            CAST(:due AS timestamptz[]), CAST(:results AS text[]), CAST(:statuses AS bigint[]),
            CAST(:errors AS text[]), CAST(:notes AS text[]), CAST(:times AS bigint[]))
        AS t (tenant_id, id, number, state, due_at, result, status, error, note, milliseconds)),
    written AS (
        UPDATE delivery AS x SET state = t.state, due_at = coalesce(t.due_at, x.due_at), lease_until = NULL,
            attempts = x.attempts - (t.result = 'skip')::int,
            last_status = CASE WHEN t.result = 'skip' THEN x.last_status ELSE t.status END,
            last_error = CASE WHEN t.result = 'skip' THEN x.last_error ELSE t.error END,
            receiver_note = coalesce(t.note, x.receiver_note),
            delivered_at = CASE WHEN t.state = 'delivered' THEN CAST(:now AS timestamptz) ELSE x.delivered_at END
        FROM told t
        WHERE x.tenant_id = t.tenant_id AND x.id = t.id AND x.state = 'sending' AND x.attempts = t.number
        RETURNING t.*)
    INSERT INTO delivery_attempt (tenant_id, delivery_id, number, at, status, result, error, milliseconds)
    SELECT tenant_id, id, number, :now, status, result, error, milliseconds FROM written WHERE result <> 'skip'""")

_LOCK_HEALTH = text("""
    SELECT d.tenant_id, d.id, d.consecutive_failures, d.failing_since, d.notified_at, d.open_until, d.window_from,
        d.window_requests, d.window_failures
    FROM destination d JOIN unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[])) AS k (tenant_id, id)
      ON d.tenant_id = k.tenant_id AND d.id = k.id
    ORDER BY d.tenant_id, d.id FOR NO KEY UPDATE OF d""")

_WRITE_HEALTH = text("""
    UPDATE destination AS d SET consecutive_failures = h.failures, failing_since = h.failing_since,
        notified_at = h.notified_at, open_until = h.open_until, window_from = h.window_from,
        window_requests = h.requests, window_failures = h.failed, enabled = d.enabled AND h.reason IS NULL,
        disabled_at = CASE WHEN d.enabled AND h.reason IS NOT NULL THEN CAST(:now AS timestamptz) ELSE d.disabled_at END,
        disabled_reason = CASE WHEN d.enabled AND h.reason IS NOT NULL THEN h.reason ELSE d.disabled_reason END
    FROM unnest(
        CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:consecutive_failures AS bigint[]),
        CAST(:failing_since AS timestamptz[]), CAST(:notified_at AS timestamptz[]), CAST(:open_until AS timestamptz[]),
        CAST(:window_from AS timestamptz[]), CAST(:window_requests AS bigint[]), CAST(:window_failures AS bigint[]),
        CAST(:reasons AS text[]))
    AS h (tenant_id, id, failures, failing_since, notified_at, open_until, window_from, requests, failed, reason)
    WHERE d.tenant_id = h.tenant_id AND d.id = h.id""")


@dataclass(frozen=True, slots=True)
class Told:
    """A claimed delivery and how its try went."""

    claimed: Claimed
    verdict: Verdict


def record(session: Session, told: Sequence[Told], now: datetime) -> None:
    """Record a round of tries in bulk and update what is known of the destinations. Behind a platform door.

    Recording twice, or after the lease was lost to another sender, changes no delivery.
    """
    if not told:
        return
    session.execute(_RECORD, {"now": now, **_columns(told, now)})
    _update_health(session, told, now)


def _columns(told: Sequence[Told], now: datetime) -> dict[str, list[Any]]:
    states = [_state_and_due(one, now) for one in told]
    return {
        "tenants": [one.claimed.tenant_id for one in told],
        "ids": [one.claimed.id for one in told],
        "numbers": [one.claimed.number for one in told],
        "states": [state for state, _ in states],
        "due": [due_at for _, due_at in states],
        "results": [one.verdict.result for one in told],
        "statuses": [one.verdict.status for one in told],
        "errors": [one.verdict.error for one in told],
        "notes": [one.verdict.note for one in told],
        "times": [one.verdict.milliseconds for one in told],
    }


def _state_and_due(told: Told, now: datetime) -> tuple[str, datetime | None]:
    seen = told.verdict
    if seen.result != ERROR:
        return seen.state, None
    luck = _spread.uniform(-1, 1)
    due_at = next_try_at(told.claimed.tries, now, luck, seen.retry_after_seconds)
    return (PENDING, due_at) if due_at else (DEAD, None)


def _update_health(session: Session, told: Iterable[Told], now: datetime) -> None:
    rounds: dict[tuple[UUID, UUID], list[Told]] = defaultdict(list)
    for one in told:
        if one.claimed.kind == WEBHOOK and one.verdict.is_receivers:
            rounds[one.claimed.tenant_id, one.claimed.destination_id].append(one)
    changed = {key: ones for key, ones in rounds.items() if not _is_uneventful(ones)}
    if not changed:
        return
    keys = list(changed)
    found = session.execute(
        _LOCK_HEALTH, {"tenants": [key[0] for key in keys], "ids": [key[1] for key in keys]}
    )
    columns: dict[str, list[Any]] = defaultdict(list)
    for tenant_id, destination_id, *known in found:
        ones = changed[tenant_id, destination_id]
        health = health_after(Health(*known), _tally(ones), now)
        columns["tenants"].append(tenant_id)
        columns["ids"].append(destination_id)
        columns["reasons"].append(_end_reason(ones, health, now))
        for name, value in asdict(health).items():
            columns[name].append(value)
    session.execute(_WRITE_HEALTH, {"now": now, **columns})


def _is_uneventful(ones: Sequence[Told]) -> bool:
    """Whether a healthy destination just went on being healthy: then nothing is read or written."""
    return all(one.claimed.is_healthy and _is_answered(one.verdict) for one in ones)


def _is_answered(seen: Verdict) -> bool:
    """Whether the receiver is alive: it took the message or said its own no."""
    return seen.result == SUCCESS or (seen.result == FAILURE and seen.state == REFUSED)


def _tally(ones: Sequence[Told]) -> Tally:
    answered = sum(_is_answered(one.verdict) for one in ones)
    throttle = max((one.verdict.retry_after_seconds or 0 for one in ones), default=0)
    return Tally(answered, len(ones) - answered, throttle)


def _end_reason(ones: Sequence[Told], health: Health, now: datetime) -> str | None:
    if any(one.verdict.is_gone for one in ones):
        return GONE_REASON
    has_failed = any(not _is_answered(one.verdict) for one in ones)
    return FAILING_REASON if has_failed and is_hopeless(health, now) else None
