"""Writing sales: the agency's sale, the company's purchase with its own encrypted copy, slots, and the listing's face.

One statement for any number of sales; the constraints of slots and sales are the guarantee, the locks only keep
conflicts rare.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.market.judge import Verdict
from app.market.terms import BILLS_WITHIN, REPORTED_WITHIN, RETURN_WINDOW, Item, Mode, Terms
from billing.charges import COMMISSION_BP
from billing.money import Split
from billing.tax import Tax


@dataclass(frozen=True, slots=True)
class NewSale:
    """Everything one sale writes."""

    id: UUID
    item: Item
    verdict: Verdict
    lead: Any
    amount: Split
    buyer_label: str
    salt: bytes
    sealed: bytes
    blinds: tuple[bytes, ...]
    bundle: Any


@dataclass(frozen=True, slots=True)
class Buying:
    """What all sales of one order share."""

    order_id: UUID
    company_id: UUID
    buyer_id: UUID | None
    tax: Tax
    at: datetime


_WRITE = text("""
WITH r AS (
  SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (id uuid, agency_id uuid, lead_id uuid, terms text,
    mode text, state text, buyer_label text, net bigint, vat bigint, commission bigint, currency text, prices jsonb,
    salt text, sealed text, taken bigint, source_label text, channel text, agency_name text, own_trade boolean)
), sold AS (
  INSERT INTO sale (tenant_id, id, lead_id, company_id, buyer_label, lead_type, vertical, source_id, source_label,
    channel, terms, mode, state, net_minor, vat_minor, vat_bp, vat_reason, currency, prices, commission_minor,
    commission_bp, temperature, stage, bant, score, fit, grade, score_version, own_trade, sold_at, return_until,
    bills_until, report_until)
  SELECT l.tenant_id, r.id, l.id, :company, r.buyer_label, l.type, l.vertical, l.source_id, r.source_label, r.channel,
    r.terms, r.mode, r.state, r.net, r.vat, :vat_bp, :vat_reason, r.currency, r.prices, r.commission, :commission_bp,
    l.temperature, l.stage, l.bant, l.score, l.fit, l.grade, l.score_version, r.own_trade, :at,
    :return_until, :bills_until, :report_until
  FROM r JOIN lead l ON l.tenant_id = r.agency_id AND l.id = r.lead_id
), bought AS (
  INSERT INTO purchase (tenant_id, id, order_id, lead_id, agency_id, agency_name, lead_type, vertical,
    vertical_version, channel, source_label, country, region, language, temperature, stage, bant, score, fit, grade,
    score_version, facts, enquired_at, sealed, terms, mode, state, net_minor, vat_minor, vat_bp, vat_reason, currency, prices, bought_at, bought_by,
    return_until, bills_until, report_until)
  SELECT :company, r.id, :order_id, l.id, l.tenant_id, r.agency_name, l.type, l.vertical, l.vertical_version,
    r.channel, r.source_label, l.country, l.region, l.language, l.temperature, l.stage, l.bant, l.score, l.fit, l.grade,
    l.score_version, l.facts, l.enquired_at, decode(r.sealed, 'base64'), r.terms, r.mode, r.state, r.net, r.vat, :vat_bp, :vat_reason,
    r.currency, r.prices, :at, :buyer_id, :return_until, :bills_until, :report_until
  FROM r JOIN lead l ON l.tenant_id = r.agency_id AND l.id = r.lead_id
), salted AS (
  INSERT INTO purchase_salt (tenant_id, purchase_id, salt) SELECT :company, id, decode(salt, 'base64') FROM r
), persons AS (
  INSERT INTO bought_person (tenant_id, vertical, blind, purchase_id, bought_at)
  SELECT :company, p.vertical, p.blind, p.sale_id, :at
  FROM unnest(CAST(:person_verticals AS text[]), CAST(:person_blinds AS bytea[]), CAST(:person_sales AS uuid[]))
    AS p (vertical, blind, sale_id)
), slotted AS (
  INSERT INTO slot (tenant_id, lead_id, lead_type, max_sales, number, sale_id)
  SELECT l.tenant_id, l.id, l.type, l.max_sales, s.number, s.sale_id
  FROM unnest(CAST(:slot_numbers AS bigint[]), CAST(:slot_sales AS uuid[])) AS s (number, sale_id)
  JOIN r ON r.id = s.sale_id JOIN lead l ON l.tenant_id = r.agency_id AND l.id = r.lead_id
), faced AS (
  UPDATE listing x SET slots_left = x.slots_left - r.taken, exclusive_minor = NULL,
    state = CASE WHEN x.slots_left = r.taken THEN 'closed' ELSE x.state END
  FROM r WHERE x.lead_id = r.lead_id AND r.mode <> 'reserved' RETURNING x.lead_id, x.slots_left
), answered AS (
  UPDATE reserved_lead v SET state = 'bought', answered_at = :at
  FROM r WHERE v.lead_id = r.lead_id AND v.tenant_id = :company AND r.mode = 'reserved'
)
UPDATE lead l SET sold_count = l.sold_count + 1, state = CASE
    WHEN r.mode <> 'shared' OR (SELECT x.slots_left FROM faced x WHERE x.lead_id = l.id) = 0 THEN 'sold_out'
    ELSE l.state END
FROM r WHERE l.tenant_id = r.agency_id AND l.id = r.lead_id
""")


def write(session: Session, sales: Sequence[NewSale], buying: Buying) -> None:
    """Write all sales of an order. Needs a platform door, and the leads' locks held.

    Raises the database's integrity error (nothing written) if a slot was sold or the company had the lead already.
    """
    session.execute(
        _WRITE,
        {
            "rows": json.dumps([_row(sale) for sale in sales]),
            "company": buying.company_id,
            "order_id": buying.order_id,
            "buyer_id": buying.buyer_id,
            "vat_bp": buying.tax.rate_bp,
            "vat_reason": buying.tax.reason,
            "commission_bp": COMMISSION_BP,
            "at": buying.at,
            "return_until": buying.at + RETURN_WINDOW,
            "bills_until": buying.at + BILLS_WITHIN,
            "report_until": buying.at + REPORTED_WITHIN,
            "person_verticals": [sale.lead.vertical for sale in sales for _ in sale.blinds],
            "person_blinds": [blind for sale in sales for blind in sale.blinds],
            "person_sales": [sale.id for sale in sales for _ in sale.blinds],
            "slot_numbers": [number for sale in sales for number in sale.verdict.slots],
            "slot_sales": [sale.id for sale in sales for _ in sale.verdict.slots],
        },
    )


def _row(sale: NewSale) -> dict[str, Any]:
    from base64 import b64encode

    lead, item = sale.lead, sale.item
    return {
        "id": str(sale.id),
        "agency_id": str(lead.agency_id),
        "lead_id": str(lead.id),
        "terms": item.terms.value,
        "mode": item.mode.value,
        "state": "held" if item.terms is Terms.PPA else "active",
        "buyer_label": sale.buyer_label,
        "net": sale.amount.net,
        "vat": sale.amount.vat,
        "commission": sale.amount.commission,
        "currency": lead.currency,
        "prices": dict(sale.verdict.prices) if item.terms is Terms.PPA else {},
        "salt": b64encode(sale.salt).decode(),
        "sealed": b64encode(sale.sealed).decode(),
        "taken": lead.max_sales if item.mode is Mode.EXCLUSIVE else 1,
        "source_label": lead.source_label,
        "channel": lead.channel,
        "agency_name": lead.agency_name,
        "own_trade": lead.own_trade,
    }
