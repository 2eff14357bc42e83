"""Publishing: drafts become listings (consumer) or reserved leads (targeted).

A targeted lead goes only into the table of the company its addressee is linked to; without a link it waits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.approval import require_approved
from tenants.db import as_platform
from tenants.errors import Refused
from tenants.language import N_

RESERVED_FOR = timedelta(days=7)
"""How long a reserved lead waits for its addressee's answer."""


class PriceMissing(Refused):
    """No price is set for a source and vertical of these leads; nothing was published."""

    status, code = 409, "price_missing"


class NotPublishable(Refused):
    """The batch is not checked, or was published or undone already; nothing was changed."""

    status, code = 409, "not_publishable"


_UNPRICED = """
SELECT DISTINCT s.name, l.vertical, l.type FROM lead l JOIN source s ON s.tenant_id = l.tenant_id AND s.id = l.source_id
LEFT JOIN price p ON p.tenant_id = l.tenant_id AND p.source_id = l.source_id AND p.vertical = l.vertical
WHERE l.tenant_id = :tenant AND {which} AND l.state = 'draft' AND CASE l.type
  WHEN 'consumer' THEN coalesce(p.shared_minor, p.exclusive_minor) ELSE p.reserved_minor END IS NULL
  AND coalesce(p.call_minor, p.consultation_minor, p.purchase_minor) IS NULL
LIMIT 5
"""

_LIST = text("""
INSERT INTO listing (lead_id, batch_id, agency_id, agency_name, lead_type, max_sales, vertical, vertical_version, channel,
  source_label, country, region, language, temperature, stage, preview, enquired_at, expires_at, currency, source_id,
  listed_at, state, slots_left, shared_minor, exclusive_minor, call_minor, consultation_minor, purchase_minor)
SELECT l.id, l.batch_id, l.tenant_id, :agency_name, l.type, l.max_sales, l.vertical, l.vertical_version, s.channel, s.public_label,
  l.country, l.region, l.language, l.temperature, l.stage, l.preview, l.enquired_at, l.expires_at, p.currency,
  l.source_id, :at, 'open', l.max_sales, p.shared_minor, p.exclusive_minor, p.call_minor, p.consultation_minor,
  p.purchase_minor
FROM lead l JOIN source s ON s.tenant_id = l.tenant_id AND s.id = l.source_id
JOIN price p ON p.tenant_id = l.tenant_id AND p.source_id = l.source_id AND p.vertical = l.vertical
WHERE l.tenant_id = :tenant AND l.id = ANY(:leads) AND l.state = 'draft' AND l.type = 'consumer' AND l.expires_at > :at
ON CONFLICT DO NOTHING
""")

_RESERVE = text("""
INSERT INTO reserved_lead (tenant_id, lead_id, batch_id, agency_id, agency_name, vertical, vertical_version, channel,
  source_label, country, region, language, temperature, stage, preview, enquired_at, expires_at, currency,
  addressee_name, price_minor, call_minor, consultation_minor, purchase_minor, offered_at, state)
SELECT a.company_id, l.id, l.batch_id, l.tenant_id, :agency_name, l.vertical, l.vertical_version, s.channel, s.public_label,
  l.country, l.region, l.language, l.temperature, l.stage, l.preview, l.enquired_at,
  least(l.expires_at, CAST(:reserved_until AS timestamptz)), p.currency, a.legal_name, p.reserved_minor, p.call_minor,
  p.consultation_minor, p.purchase_minor, :at, 'offered'
FROM lead l JOIN source s ON s.tenant_id = l.tenant_id AND s.id = l.source_id
JOIN price p ON p.tenant_id = l.tenant_id AND p.source_id = l.source_id AND p.vertical = l.vertical
JOIN addressee a ON a.tenant_id = l.tenant_id AND a.id = l.addressee_id
WHERE l.tenant_id = :tenant AND l.id = ANY(:leads) AND l.type = 'targeted' AND l.state IN ('draft', 'offered')
  AND a.linked_at IS NOT NULL AND a.company_id IS NOT NULL AND l.expires_at > :at
ON CONFLICT DO NOTHING RETURNING tenant_id
""")

_OFFER = text("""
WITH offered AS (UPDATE lead SET state = CASE WHEN expires_at > :at THEN 'offered' ELSE 'expired' END
  WHERE tenant_id = :tenant AND id = ANY(:leads) AND state = 'draft' RETURNING id)
SELECT (SELECT count(*) FROM offered) AS drafts,
  EXISTS (SELECT FROM lead WHERE tenant_id = :tenant AND id = ANY(:leads) AND type = 'targeted') AS has_targeted
""")


def publish_leads(session: Session, actor: Actor, lead_ids: Sequence[UUID], at: datetime) -> int:
    """Offer drafts of the actor's agency; how many were draft. Leads offered before are left alone.

    Raises `NotApproved` before the operator's approval and `PriceMissing` naming source and vertical: nothing written.
    """
    tenant = actor.card()
    require_approved(tenant)
    demand_prices(session, tenant.id, "l.id = ANY(:leads)", {"leads": list(lead_ids)})
    offered, companies = list_leads(session, tenant.id, tenant.name, lead_ids, at)
    _tell(session, companies, tenant.name, at)
    return offered


def demand_prices(session: Session, agency_id: UUID, which: str, values: Mapping[str, object]) -> None:
    """Raises `PriceMissing`, naming source and vertical, unless the drafts that `which` picks can all be sold."""
    unpriced = session.execute(text(_UNPRICED.format(which=which)), {"tenant": agency_id, **values}).all()
    if unpriced:
        named = ", ".join(f"{row.name} / {row.vertical}" for row in unpriced)
        raise PriceMissing(N_("Set a price first for: %(named)s."), named=named)


def list_leads(
    session: Session, agency_id: UUID, agency_name: str, lead_ids: Sequence[UUID], at: datetime
) -> tuple[int, list[UUID]]:
    """Turn drafts into listings or reserved leads; how many were drafts, and for each reserved one its company."""
    values = _values(agency_id, agency_name, lead_ids, at)
    session.execute(_LIST, values)
    offered = session.execute(_OFFER, values).one()
    return offered.drafts, _reserve(session, values) if offered.has_targeted else []


def _reserve(session: Session, values: dict[str, object]) -> list[UUID]:
    with as_platform(session, "a targeted lead is offered in its addressee's own table"):
        return list(session.execute(_RESERVE, values).scalars())


def _tell(session: Session, companies: Sequence[UUID], agency_name: str, at: datetime) -> None:
    from app.market.reserved import tell_addressees

    if companies:
        with as_platform(session, "a company is told what is reserved for it"):
            tell_addressees(session, Counter(companies), agency_name, at)


def offer_waiting(session: Session, agency_id: UUID, addressee_id: UUID, at: datetime) -> None:
    """An addressee was linked: offer it the published leads that waited. Repeating offers nothing twice."""
    with as_platform(session, "leads that waited are offered to their addressee"):
        waiting = session.execute(
            text("""SELECT l.id, t.name FROM lead l JOIN tenant t ON t.id = l.tenant_id
            WHERE l.tenant_id = :agency AND l.addressee_id = :addressee AND l.state = 'offered'
              AND NOT EXISTS (SELECT FROM held_batch h WHERE h.batch_id = l.batch_id)"""),
            {"agency": agency_id, "addressee": addressee_id},
        ).all()
        if waiting:
            leads = [row.id for row in waiting]
            _tell(
                session,
                _reserve(session, _values(agency_id, waiting[0].name, leads, at)),
                waiting[0].name,
                at,
            )


def _values(agency_id: UUID, agency_name: str, leads: Sequence[UUID], at: datetime) -> dict[str, object]:
    return {
        "tenant": agency_id,
        "leads": list(leads),
        "agency_name": agency_name,
        "at": at,
        "reserved_until": at + RESERVED_FOR,
    }
