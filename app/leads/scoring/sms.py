"""Text messages: rows of the deed's own transaction, sent later through the tenant's gateway. Claim, act, record.

Invariants: a message exists if and only if its deed was committed; nothing is sent inside a transaction; numbers and
words are sealed, and wiped once the message was sent or given up. A worker that dies while it sends may send twice.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.addresses import Loopback, UnsafeDestination, loopback_from
from app.delivery.outbound import Answer, Outbound
from app.leads.scoring.gateway import Gateway, opened
from tenants import clock, crypto
from tenants.crypto import SALT_BYTES, Vault
from tenants.db import platform_transaction
from tenants.ids import new_id
from tenants.jobs import DELIVERIES, enqueue, job, sweep

RETRY_SECONDS = (30, 300, 1_800, 7_200)
"""After each failed try; then the message is given up: old news of a lead is no news."""
LEASE = timedelta(minutes=5)
AT_ONCE = 20
_MESSAGE, _PHONES = "sms", "phones"

_POST = text("""
INSERT INTO sms (tenant_id, id, message_sealed, state, due_at, created_at)
VALUES (:tenant, :id, :sealed, 'pending', :now, :now)
""")
_CLAIM = text("""
WITH due AS (
  SELECT tenant_id, id FROM sms WHERE due_at <= :now AND (state = 'pending' OR state = 'sending' AND lease_until <= :now)
  ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE sms s SET state = 'sending', lease_until = :lease, attempts = s.attempts + 1 FROM due d
  WHERE s.tenant_id = d.tenant_id AND s.id = d.id RETURNING s.tenant_id, s.id, s.message_sealed, s.attempts)
SELECT c.*, k.wrapped, g.settings_sealed FROM claimed c JOIN tenant_key k ON k.tenant_id = c.tenant_id
LEFT JOIN sms_gateway g ON g.tenant_id = c.tenant_id AND g.enabled
""")
# whoever lost the lease has nothing to say any more
_RECORD = text("""
UPDATE sms SET state = :state, due_at = coalesce(:due, due_at), lease_until = NULL, last_status = :status,
  last_error = :error, sent_at = :sent, message_sealed = CASE WHEN :state = 'pending' THEN message_sealed END
WHERE tenant_id = :tenant AND id = :id AND state = 'sending' AND attempts = :attempt
""")


@dataclass(frozen=True, slots=True)
class _Claimed:
    tenant_id: UUID
    id: UUID
    attempt: int
    to: str
    words: str
    gateway: Gateway | None


def seal_phones(vault: Vault, threshold_id: UUID, phones: Sequence[str]) -> bytes:
    """Numbers as they are stored with a threshold."""
    salt = crypto.new_salt()
    return salt + vault.seal(salt, threshold_id, _PHONES, json.dumps(list(phones)).encode())


def open_phones(vault: Vault, threshold_id: UUID, sealed: bytes) -> list[str]:
    """The numbers of a threshold."""
    plain = vault.open(sealed[:SALT_BYTES], threshold_id, _PHONES, sealed[SALT_BYTES:])
    return [str(phone) for phone in json.loads(plain)]


def post(session: Session, vault: Vault, phones: Sequence[str], words: str, now: datetime) -> None:
    """Owe one message to each number, in the caller's transaction; a worker is woken after the commit."""
    for phone in phones:
        sms_id, salt = new_id(), crypto.new_salt()
        sealed = salt + vault.seal(salt, sms_id, _MESSAGE, json.dumps([phone, words]).encode())
        session.execute(_POST, {"tenant": vault.tenant_id, "id": sms_id, "sealed": sealed, "now": now})
    if phones:
        enqueue(session, send_waiting)


@job(DELIVERIES)
def send_waiting() -> None:
    """Send what is due, woken by a deed."""
    send_due(clock.now())


@sweep(every_seconds=30, talks=True)
def send_forgotten(now: datetime) -> None:
    """Send what no worker was woken for: retries, and what the queue lost."""
    send_due(now)


def send_due(now: datetime, loopback: Loopback | None = None) -> int:
    """Send every message due by `now` and record what became of it; how many were sent. Safe to repeat."""
    allowed = loopback_from(os.environ) if loopback is None else loopback
    sent = 0
    while claimed := _claim(now):
        answers = asyncio.run(_send_all(claimed, allowed))
        with platform_transaction("record what became of text messages") as session:
            for one, answer in zip(claimed, answers, strict=True):
                sent += _record(session, one, answer, now)
    return sent


def _claim(now: datetime) -> list[_Claimed]:
    words = {"now": now, "lease": now + LEASE, "most": AT_ONCE}
    with platform_transaction("claim text messages of all tenants") as session:
        rows = session.execute(_CLAIM, words).all()
    claimed = []
    for row in rows:
        vault, sealed = crypto.unwrap(row.tenant_id, bytes(row.wrapped)), bytes(row.message_sealed)
        to, said = json.loads(vault.open(sealed[:SALT_BYTES], row.id, _MESSAGE, sealed[SALT_BYTES:]))
        gateway = opened(vault, bytes(row.settings_sealed)) if row.settings_sealed else None
        claimed.append(_Claimed(row.tenant_id, row.id, row.attempts, to, said, gateway))
    return claimed


async def _send_all(claimed: Sequence[_Claimed], loopback: Loopback) -> list[Answer | None]:
    async with Outbound(loopback) as outbound:
        return list(await asyncio.gather(*[_send(outbound, one, loopback) for one in claimed]))


async def _send(outbound: Outbound, one: _Claimed, loopback: Loopback) -> Answer | None:
    if one.gateway is None:
        return None
    try:
        url, body, headers = one.gateway.request(one.to, one.words, loopback)
    except UnsafeDestination as unsafe:
        return Answer(400, error=unsafe.message)
    return await outbound.post(url, body, headers)


def _record(session: Session, one: _Claimed, answer: Answer | None, now: datetime) -> bool:
    """What one try came to. 4xx is the gateway's no and final, but for 408 and 429; so is a gateway that is gone."""
    status = answer.status if answer else None
    is_sent = status is not None and 200 <= status < 300
    is_final = answer is None or (status is not None and 400 <= status < 500 and status not in (408, 429))
    has_tries = one.attempt <= len(RETRY_SECONDS)
    state = "sent" if is_sent else "dead" if is_final or not has_tries else "pending"
    due = now + timedelta(seconds=RETRY_SECONDS[one.attempt - 1]) if state == "pending" else None
    error = (
        None
        if is_sent
        else "no gateway"
        if answer is None
        else answer.error or f"the gateway answered {status}"
    )
    words = {"tenant": one.tenant_id, "id": one.id, "attempt": one.attempt, "state": state, "due": due}
    session.execute(_RECORD, {**words, "status": status, "error": error, "sent": now if is_sent else None})
    return is_sent
