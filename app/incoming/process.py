"""A received body is worked off: claimed, fetched where its sender holds it, made a lead or several, recorded.

Invariants: no transaction is open while something is fetched; a body is recorded once, in the transaction that stores its
leads, so a job that runs twice or dies stores nothing twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.incoming import meta, sender_secrets
from app.incoming.become import Became, become
from app.incoming.bodies import BODY
from app.incoming.connections import Connection
from app.incoming.connections import get as connection_of
from app.incoming.documents import META, UnreadableBody, parsed
from app.incoming.mail.mail import NoMail
from tenants import clock, crypto
from tenants.actor import SYSTEM, Actor
from tenants.db import transaction
from tenants.log_in import CARD, card_from

WAITS = tuple(timedelta(seconds=one) for one in (30, 120, 600, 3_600, 14_400, 43_200, 86_400))
"""Between tries; after the last one the body is dead, and a person may send it through again."""

_CLAIM = text("""
UPDATE received_body b SET attempts = attempts + 1, due_at = :lease FROM intake_connection c
WHERE b.tenant_id = :tenant AND b.id = :id AND b.state = 'pending' AND b.due_at <= :now AND b.body_sealed IS NOT NULL
  AND c.tenant_id = b.tenant_id AND c.id = b.connection_id AND c.paused_at IS NULL AND c.deleted_at IS NULL
RETURNING b.connection_id, b.kind, b.salt, b.body_sealed, b.received_at, b.attempts, c.salt AS c_salt, c.secrets_sealed
""")
_LOCK = text(
    "SELECT attempts FROM received_body WHERE tenant_id = :tenant AND id = :id AND state = 'pending' FOR UPDATE"
)
_RECORD = text("""
UPDATE received_body SET state = :state, result = :result, lead_id = :lead, quarantined_id = :quarantined,
  problems = CAST(:problems AS jsonb), last_error = :error, due_at = :due, processed_at = :now WHERE tenant_id = :tenant AND id = :id
""")
_NO_ROWS = text("DELETE FROM received_row WHERE tenant_id = :tenant AND body_id = :id")
_ROWS = text("""
INSERT INTO received_row (tenant_id, body_id, number, result, lead_id, quarantined_id, problems)
VALUES (:tenant, :id, :number, :result, CAST(:lead AS uuid), CAST(:quarantined AS uuid), CAST(:problems AS jsonb))
""")
_FETCHED = text(
    "UPDATE received_body SET salt = :salt, body_sealed = :sealed WHERE tenant_id = :tenant AND id = :id"
)
_CARD = text(f"SELECT {CARD} FROM tenant t WHERE t.id = :tenant")  # noqa: S608 (our own words)
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class _Claimed:
    connection: Connection
    value: object
    received_at: datetime
    attempts: int
    secrets: Mapping[str, str]


def process(tenant_id: UUID, body_id: UUID) -> None:
    """Make a lead of one body. Safe to repeat; does nothing for one that is not due or whose connection is paused."""
    claimed = _claim(tenant_id, body_id)
    if claimed is None:
        return
    try:
        value = _fetched(claimed)
    except meta.NotFetched as failed:
        _put_off(tenant_id, body_id, claimed, failed)
        return
    with transaction(tenant_id) as session:
        locked = session.execute(_LOCK, {"tenant": tenant_id, "id": body_id}).one_or_none()
        if locked is None or locked.attempts != claimed.attempts:
            return
        became = become(session, _actor(session, tenant_id), claimed.connection, value, claimed.received_at)
        if value is not claimed.value:
            _keep_fetched(session, tenant_id, body_id, value)
        _record(session, tenant_id, body_id, "done", became)


def _claim(tenant_id: UUID, body_id: UUID) -> _Claimed | None:
    now = clock.now()
    with transaction(tenant_id) as session:
        words = {"tenant": tenant_id, "id": body_id, "now": now, "lease": now + LEASE}
        row = session.execute(_CLAIM, words).one_or_none()
        if row is None:
            return None
        vault = crypto.vault(session, tenant_id)
        secrets = sender_secrets.opened(
            vault, bytes(row.c_salt), row.connection_id, bytes(row.secrets_sealed)
        )
        try:
            value = parsed(row.kind, vault.open(bytes(row.salt), body_id, BODY, bytes(row.body_sealed)))
        except (UnreadableBody, NoMail):
            value = None
        found = connection_of(session, tenant_id, row.connection_id)
    return _Claimed(found, value, row.received_at, row.attempts, secrets)


def _fetched(claimed: _Claimed) -> object:
    given = claimed.value if isinstance(claimed.value, Mapping) else {}
    if claimed.connection.kind != META or "field_data" in given:
        return claimed.value
    leadgen_id = given.get("leadgen_id")
    return meta.fetch(str(leadgen_id), claimed.secrets.get("access_token", ""))


def _keep_fetched(session: Session, tenant_id: UUID, body_id: UUID, value: object) -> None:
    """So that the mapping page shows it and it is not fetched again."""
    salt = crypto.new_salt()
    sealed = crypto.vault(session, tenant_id).seal(salt, body_id, BODY, json.dumps(value).encode())
    session.execute(_FETCHED, {"tenant": tenant_id, "id": body_id, "salt": salt, "sealed": sealed})


def _put_off(tenant_id: UUID, body_id: UUID, claimed: _Claimed, failed: meta.NotFetched) -> None:
    is_over = failed.is_final or claimed.attempts > len(WAITS)
    wait = WAITS[min(claimed.attempts, len(WAITS)) - 1]
    with transaction(tenant_id) as session:
        state = "dead" if is_over else "pending"
        _record(session, tenant_id, body_id, state, None, error=str(failed)[:300], wait=wait)


def _record(
    session: Session,
    tenant_id: UUID,
    body_id: UUID,
    state: str,
    became: Became | None,
    *,
    error: str | None = None,
    wait: timedelta = timedelta(0),
) -> None:
    words = {
        "tenant": tenant_id,
        "id": body_id,
        "state": state,
        "result": became.result if became else None,
        "lead": became.lead_id if became else None,
        "quarantined": became.quarantined_id if became else None,
        "problems": json.dumps(became.problems if became else (), default=str),
        "error": error,
        "now": clock.now(),
        "due": clock.now() + wait,
    }
    session.execute(_RECORD, words)
    _record_rows(session, tenant_id, body_id, became.rows if became else ())


def _record_rows(session: Session, tenant_id: UUID, body_id: UUID, rows: Sequence[Became]) -> None:
    """What became of each row; what was known of the rows before gives way."""
    here = {"tenant": tenant_id, "id": body_id}
    session.execute(_NO_ROWS, here)
    kept = [
        {
            **here,
            "number": number,
            "result": one.result,
            "lead": one.lead_id,
            "quarantined": one.quarantined_id,
            "problems": json.dumps(one.problems, default=str),
        }
        for number, one in enumerate(rows, 1)
    ]
    if kept:
        session.execute(_ROWS, kept)


def _actor(session: Session, tenant_id: UUID) -> Actor:
    card = card_from(session.execute(_CARD, {"tenant": tenant_id}).one())
    return replace(SYSTEM, tenant_id=tenant_id, tenant=card)
