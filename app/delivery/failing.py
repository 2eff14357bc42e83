"""Tell a tenant that its webhook is failing: after an hour, after a day, and when it is switched off.

Invariants: each notice is given once per run of failures; a success begins a new run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.record import FAILING_REASON, GONE_REASON

FIRST_NOTICE = timedelta(hours=1)
SECOND_NOTICE = timedelta(hours=24)

_CLAIM = text("""
    UPDATE destination AS d SET notified_at = :now
    WHERE d.deleted_at IS NULL AND (
        (d.enabled AND d.failing_since <= :hour_ago AND d.notified_at IS NULL)
        OR (d.enabled AND d.failing_since <= :day_ago AND d.notified_at < d.failing_since + :day)
        OR (d.disabled_reason = ANY (:reasons) AND (d.notified_at IS NULL OR d.notified_at < d.disabled_at)))
    RETURNING d.tenant_id, d.id, d.name, d.failing_since, d.disabled_at, d.disabled_reason""")


@dataclass(frozen=True, slots=True)
class Notice:
    """A destination whose owners should be told; `disabled_reason` (`gone`, `failing`) is set once it is off."""

    tenant_id: UUID
    id: UUID
    name: str
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None


def claim_notices(session: Session, now: datetime) -> list[Notice]:
    """The notices due now, marked as given in the same transaction: enqueue the mails in it. Behind a platform door.

    Repeating gives none of them again.
    """
    wanted = {
        "now": now,
        "hour_ago": now - FIRST_NOTICE,
        "day_ago": now - SECOND_NOTICE,
        "day": SECOND_NOTICE,
        "reasons": [FAILING_REASON, GONE_REASON],
    }
    return [Notice(**row) for row in session.execute(_CLAIM, wanted).mappings()]
