"""Finding the same person twice: inside one upload and against the agency's stock, without reading who it is.

Invariants: two leads are of one person when any phone or e-mail is equal (RULES: same agency, vertical, type and
addressee, enquired within 90 days of each other, not withdrawn); of two in one upload the first stays. While the
stock lock is held nobody else adds leads to this agency's stock, so that a duplicate cannot slip in between.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.sealing import BatchFacts, SealedLead
from app.leads.suppressed import SUPPRESSED

WINDOW = timedelta(days=90)
IN_FILE, IN_STOCK, EXTERNAL_ID = "duplicate_in_file", "duplicate_in_stock", "duplicate_external_id"

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_STOCK_LOCK = 0x5710C
# OFFSET 0 keeps it one index look-up a person, however the planner guesses: a join would read the whole stock
_MET = """
SELECT i.id, %(person)s AS code, coalesce(l.batch_id = CAST(%(batch)s AS uuid), false) AS is_same_file
FROM incoming_lead i CROSS JOIN LATERAL unnest(i.people) AS b (blind)
CROSS JOIN LATERAL (SELECT lead_id FROM lead_person WHERE tenant_id = %(tenant)s AND blind = b.blind OFFSET 0) p
CROSS JOIN LATERAL (SELECT * FROM lead WHERE tenant_id = %(tenant)s AND id = p.lead_id OFFSET 0) l
WHERE l.vertical = %(vertical)s AND l.type = %(type)s AND l.state <> 'withdrawn'
  AND l.addressee_id IS NOT DISTINCT FROM i.addressee_id
  AND l.enquired_at BETWEEN i.enquired_at - CAST(%(window)s AS interval) AND i.enquired_at + CAST(%(window)s AS interval)
UNION ALL
SELECT i.id, %(external)s, false FROM incoming_lead i
CROSS JOIN LATERAL (SELECT FROM lead WHERE tenant_id = %(tenant)s AND external_id = i.external_id OFFSET 0) l
"""


def lock_stock(session: Session, tenant_id: UUID) -> None:
    """Wait until nobody else adds leads to this agency's stock; held until the transaction ends."""
    session.execute(_LOCK, {"key": int.from_bytes(tenant_id.bytes[8:], signed=True) ^ _STOCK_LOCK})


def find(
    cursor: Cursor[Any],
    tenant_id: UUID,
    leads: Sequence[SealedLead],
    batch: BatchFacts,
    barred: Collection[UUID] = (),
) -> list[str | None]:
    """For each lead why it is a duplicate, `SUPPRESSED` for one of `barred`, or None. The leads lie in the connection's `incoming_lead`, and the
    stock is locked."""
    met = _met(cursor, tenant_id, batch)
    seen: dict[tuple[UUID | None, bytes], list[datetime]] = {}
    external_ids: set[str] = set()
    reasons: list[str | None] = []
    for lead in leads:
        reason = met.get(lead.id)
        if lead.id in barred and reason != EXTERNAL_ID:
            reason = SUPPRESSED
        reason = reason or _again(lead, seen, external_ids)
        reasons.append(reason)
        if reason is None:
            for blind in lead.blinds:
                seen.setdefault((lead.addressee_id, blind), []).append(lead.enquired_at)
            if lead.external_id is not None:
                external_ids.add(lead.external_id)
    return reasons


def _met(cursor: Cursor[Any], tenant_id: UUID, batch: BatchFacts) -> dict[UUID, str]:
    """What the stock says of each lead; its own ID tells more than its person."""
    words = {
        "tenant": tenant_id,
        "vertical": batch.vertical.code,
        "type": batch.lead_type,
        "batch": batch.batch_id,
        "window": WINDOW,
        "person": IN_STOCK,
        "external": EXTERNAL_ID,
    }
    met: dict[UUID, str] = {}
    # planned afresh each time: a plan made while the stock was small reads all of it for each person later
    for lead_id, code, is_same_file in cursor.execute(_MET, words, prepare=False):
        reason = IN_FILE if is_same_file else code
        if lead_id not in met or reason == EXTERNAL_ID:
            met[lead_id] = reason
    return met


def _again(
    lead: SealedLead, seen: dict[tuple[UUID | None, bytes], list[datetime]], external_ids: set[str]
) -> str | None:
    """What the same block says of a lead that the stock does not know."""
    if lead.external_id is not None and lead.external_id in external_ids:
        return EXTERNAL_ID
    for blind in lead.blinds:
        for enquired_at in seen.get((lead.addressee_id, blind), ()):
            if abs(enquired_at - lead.enquired_at) <= WINDOW:
                return IN_FILE
    return None
