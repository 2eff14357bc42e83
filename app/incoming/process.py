"""A received body becomes a lead: claimed, fetched where its sender holds it, mapped, offered, recorded.

Invariants: no transaction is open while something is fetched; a body is recorded once, in the transaction that stores its
lead, so a job that runs twice or dies stores nothing twice; a test of the sender's stores no lead.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.incoming import meta, sender_secrets
from app.incoming.bodies import BODY
from app.incoming.connections import Connection
from app.incoming.connections import get as connection_of
from app.incoming.contents import contents, guessed
from app.incoming.documents import GOOGLE_ADS, META, Document, UnreadableBody, parsed
from app.incoming.mail import no_lead
from app.incoming.mail.mail import Mail, NoMail
from app.incoming.mail.places import COLUMN
from app.incoming.paths import OWN_ROWS, Paths, values
from app.leads.intake import Taken
from app.leads.problems import Problem
from app.leads.reasons import REASONS
from app.leads.resting import Origin
from app.market.offer import offer_many
from tenants import clock, crypto
from tenants.actor import SYSTEM, Actor
from tenants.db import rehearsal, transaction
from tenants.errors import Refused
from tenants.log_in import CARD, card_from

WAITS = tuple(timedelta(seconds=one) for one in (30, 120, 600, 3_600, 14_400, 43_200, 86_400))
"""Between tries; after the last one the body is dead, and a person may send it through again."""
TEST, UNMAPPED, REFUSED, NO_LEAD = "test", "unmapped", "refused", "no_lead"

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


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a body: for its row, and for the test on the mapping page."""

    result: str
    lead_id: UUID | None = None
    problems: tuple[dict[str, Any], ...] = ()
    quarantined_id: UUID | None = None


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


def become(session: Session, actor: Actor, found: Connection, value: object, received_at: datetime) -> Became:
    """Store and offer the lead of a body, and say what became of it; a refusal stores nothing."""
    facts, mapped = found.facts, found.mapped
    if isinstance(value, Mail) and (why := no_lead.answers_by_itself(value)):
        return Became(NO_LEAD, problems=(_saying(None, NO_LEAD, why, {}),))
    flat = contents(found, value)
    if mapped.is_empty and found.kind in (GOOGLE_ADS, META):
        mapped = Paths(guessed(found, value), mapped.constants)
    if mapped.is_empty:
        return Became(UNMAPPED)
    if isinstance(value, Mail) and (verdict := _of_mail(value, mapped, flat)):
        return verdict
    lead = values(found.kind, mapped, flat, received_at, has_consent=facts.consent_text_id is not None)
    origin = Origin("mail" if isinstance(value, Mail) else "webhook", found.id)
    is_test = found.kind == GOOGLE_ADS and isinstance(value, Mapping) and value.get("is_test") is True
    try:
        with rehearsal(session) if is_test else session.begin_nested():
            (taken,) = offer_many(
                session, actor, [lead], facts, clock.now(), is_draft=found.is_draft, origin=origin
            )
    except Refused as refused:
        return Became(REFUSED, problems=(_saying(None, refused.code, refused.message, refused.details),))
    return _became(taken, value, is_test=is_test)


def _of_mail(mail: Mail, mapped: Paths, flat: Document) -> Became | None:
    """What a mail is before its lead is looked at; None when it may be one lead."""
    if no_lead.is_to_many(mail) and not no_lead.names_somebody(mapped.paths, flat):
        return Became(NO_LEAD, problems=(_saying(None, NO_LEAD, no_lead.BULK, {}),))
    rows = int(flat.get(OWN_ROWS, "0"))
    if rows > 1 and any(place.startswith(COLUMN) for place in mapped.paths):
        return Became(REFUSED, problems=(_saying(None, "many_rows", no_lead.MANY_ROWS, {"rows": rows}),))
    return None


def _became(taken: Taken, value: object, *, is_test: bool) -> Became:
    tables = no_lead.tables_attached(value) if isinstance(value, Mail) else ""
    attached = [_saying(None, "table_attached", no_lead.ATTACHED, {"kinds": tables})] if tables else []
    said = (*(_said(one) for one in (*taken.problems, *taken.warnings)), *attached)
    if is_test:
        return Became(TEST, problems=said)
    return Became(taken.result.value, taken.lead_id, said, taken.quarantined_id)


def _said(problem: Problem) -> dict[str, Any]:
    return _saying(problem.target, problem.code, REASONS[problem.code], problem.params)


def _saying(target: str | None, code: str, sentence: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence with what fills it, to be said in the reader's language."""
    return {"target": target, "code": code, "message": sentence, "params": dict(params)}


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


def _actor(session: Session, tenant_id: UUID) -> Actor:
    card = card_from(session.execute(_CARD, {"tenant": tenant_id}).one())
    return replace(SYSTEM, tenant_id=tenant_id, tenant=card)
