"""The leads of an order, locked and read: first the locks (sorted by id), only then what the locks protect.

A lead is found through its public listing or through the company's own reserved row, so a targeted lead can be found
by its addressee and by nobody else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.suppressed import Asked
from app.market.terms import SAME_PERSON_WINDOW

_LOCK = text("""
WITH claim AS (
  INSERT INTO idempotency (tenant_id, route, key, request_hash, created_at)
  VALUES (:company, :route, :key, :hash, :at) ON CONFLICT DO NOTHING RETURNING true
), buying AS MATERIALIZED (
  SELECT b.country AS buyer_country, b.name AS buyer_name, b.shows_name, k.wrapped AS buyer_wrapped,
    o.id AS operator_id, o.country AS operator_country,
    (SELECT bit_or(w.ways) FROM suppression_list w WHERE w.tenant_id = :company AND w.entries > 0) AS company_ways,
    (SELECT bit_or(w.ways) FROM suppression_list w WHERE w.tenant_id = o.id AND w.entries > 0) AS operator_ways,
    (SELECT ok.wrapped FROM tenant_key ok WHERE ok.tenant_id = o.id) AS operator_wrapped,
    EXISTS (SELECT FROM destination d WHERE d.tenant_id = :company AND d.enabled) AS buyer_listens,
    EXISTS (SELECT FROM score_threshold h WHERE h.tenant_id = :company AND h.enabled) AS buyer_watches
  FROM tenant b JOIN tenant_key k ON k.tenant_id = b.id JOIN tenant o ON o.kind = 'operator' WHERE b.id = :company)
SELECT buying.*, l.tenant_id AS agency_id, l.id, l.type, l.max_sales, l.vertical, l.vertical_version, l.source_id,
  l.state, l.expires_at, l.enquired_at, l.country, l.region, l.language, l.temperature, l.stage, l.bant, l.facts,
  l.sealed, l.legal_basis, l.consent_at, l.consent_origin, l.sold_count, x.shared_minor, x.exclusive_minor,
  x.reserved_minor, x.call_minor, x.consultation_minor, x.purchase_minor, x.currency,
  CASE WHEN EXISTS (SELECT FROM held_batch h WHERE h.batch_id = l.batch_id) THEN 'held' ELSE x.state END AS offer_state,
  x.source_label, x.channel, s.salt,
  c.body AS consent_body, c.version AS consent_version, c.language AS consent_language, c.recipients,
  (SELECT k.wrapped FROM tenant_key k WHERE k.tenant_id = l.tenant_id) AS wrapped,
  (SELECT bit_or(w.ways) FROM suppression_list w WHERE w.tenant_id = l.tenant_id AND w.entries > 0) AS agency_ways,
  (SELECT a.name FROM tenant a WHERE a.id = l.tenant_id) AS agency_name,
  (SELECT a.state FROM tenant a WHERE a.id = l.tenant_id) AS agency_state,
  EXISTS (SELECT FROM destination d WHERE d.tenant_id = l.tenant_id AND d.enabled) AS agency_listens,
  EXISTS (SELECT FROM ppa_allowance p WHERE p.tenant_id = l.tenant_id AND p.company_id = :company) AS ppa_allowed,
  EXISTS (SELECT FROM membership m JOIN membership n ON n.user_id = m.user_id
    WHERE m.tenant_id = l.tenant_id AND n.tenant_id = :company) AS own_trade
FROM (
  SELECT agency_id, lead_id, shared_minor, exclusive_minor, NULL::bigint AS reserved_minor, call_minor,
    consultation_minor, purchase_minor, currency, state, source_label, channel
  FROM listing WHERE lead_id = ANY(:leads)
  UNION ALL
  SELECT agency_id, lead_id, NULL, NULL, price_minor, call_minor, consultation_minor, purchase_minor, currency, state,
    source_label, channel
  FROM reserved_lead WHERE tenant_id = :company AND lead_id = ANY(:leads)) x
JOIN lead l ON l.tenant_id = x.agency_id AND l.id = x.lead_id
JOIN lead_salt s ON s.tenant_id = l.tenant_id AND s.lead_id = l.id
LEFT JOIN consent_text c ON c.tenant_id = l.tenant_id AND c.id = l.consent_text_id
CROSS JOIN buying
WHERE EXISTS (SELECT FROM claim)
ORDER BY l.id FOR NO KEY UPDATE OF l
""")
"""What is one row to all leads, and what is one to each agency, stays out of the join: joining it made the plan cost
twenty times the execution."""

_LOCK_PERSONS = text("SELECT pg_advisory_xact_lock(h) FROM unnest(CAST(:locks AS bigint[])) AS h")

_STATE = text("""
SELECT 'slot' AS kind, lead_id, number, active, NULL::bytea AS blind, NULL AS vertical
FROM slot WHERE lead_id = ANY(:leads)
UNION ALL SELECT 'mine', lead_id, 0, true, NULL, NULL FROM sale WHERE lead_id = ANY(:leads) AND company_id = :company
UNION ALL SELECT 'person', NULL, 0, true, blind, vertical FROM bought_person
WHERE tenant_id = :company AND vertical = ANY(:verticals) AND blind = ANY(:blinds) AND bought_at > :since
UNION ALL SELECT 'listed', NULL, s.number, s.tenant_id = :company, NULL, NULL
FROM unnest(CAST(:list_tenants AS uuid[]), CAST(:list_blinds AS bytea[]), CAST(:list_numbers AS bigint[]))
  AS s (tenant_id, blind, number)
CROSS JOIN LATERAL (SELECT FROM suppression_entry e WHERE e.tenant_id = s.tenant_id AND e.blind = s.blind OFFSET 0) e
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the locks protect: slots in use, leads already ours, persons bought lately."""

    slots: dict[UUID, set[int]] = field(default_factory=dict)
    ever: set[UUID] = field(default_factory=set)
    mine: set[UUID] = field(default_factory=set)
    persons: set[tuple[str, bytes]] = field(default_factory=set)
    listed: dict[int, bool] = field(default_factory=dict)
    """Number of a lead on a suppression list → whether only the buying company's own lists name it."""


def claim_and_lock(session: Session, claim: dict[str, Any], lead_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
    """Claim the idempotency key, then lock the leads this company can find, in id order, and read what does not
    depend on the lock. No rows: the key was used before, or none of the leads can be found.
    """
    return session.execute(_LOCK, {**claim, "leads": sorted(lead_ids)}).all()


def lock_persons(session: Session, company_id: UUID, persons: set[tuple[str, bytes]]) -> None:
    """Serialise purchases of the same person by the same company, in one order for all."""
    seed = int.from_bytes(company_id.bytes[8:], signed=True)
    locks = {
        seed ^ int.from_bytes(blind[:8], signed=True) ^ hash_word(vertical) for vertical, blind in persons
    }
    session.execute(_LOCK_PERSONS, {"locks": sorted(locks)})


def hash_word(word: str) -> int:
    """A stable 63-bit number of a short word (FNV-1a), the same in every process."""
    value = 0xCBF29CE484222325
    for byte in word.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value >> 1


def read_taken(
    session: Session,
    company_id: UUID,
    lead_ids: list[UUID],
    persons: set[tuple[str, bytes]],
    asked: Asked,
    at: datetime,
) -> Taken:
    """Read, after the locks, what may have changed before they were had."""
    taken = Taken()
    rows = session.execute(
        _STATE,
        {
            "company": company_id,
            "leads": lead_ids,
            "verticals": sorted({vertical for vertical, _ in persons}),
            "blinds": sorted({blind for _, blind in persons}),
            "since": at - SAME_PERSON_WINDOW,
            "list_tenants": asked.tenants,
            "list_blinds": asked.blinds,
            "list_numbers": asked.numbers,
        },
    )
    for row in rows:
        if row.kind == "mine":
            taken.mine.add(row.lead_id)
        elif row.kind == "listed":
            taken.listed[row.number] = taken.listed.get(row.number, True) and row.active
        elif row.kind == "person":
            taken.persons.add((row.vertical, bytes(row.blind)))
        else:
            taken.ever.add(row.lead_id)
            if row.active:
                taken.slots.setdefault(row.lead_id, set()).add(row.number)
    return taken
