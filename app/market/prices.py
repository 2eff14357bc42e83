"""What an agency asks: net prices per source and vertical, and which companies may pay per action.

A new price reaches every lead still offered at once; nothing sold changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import verticals
from billing.money import DEFAULT_CURRENCY
from tenants import audit
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import Invalid, NotFound
from tenants.language import N_

MOST_MINOR = 1_000_000_00
"""No lead costs more than a million."""


@dataclass(frozen=True, slots=True)
class Price:
    """Net minor units, None where not offered; the last three are prices per action."""

    shared_minor: int | None = None
    exclusive_minor: int | None = None
    reserved_minor: int | None = None
    call_minor: int | None = None
    consultation_minor: int | None = None
    purchase_minor: int | None = None


_SET = text("""
INSERT INTO price (tenant_id, source_id, vertical, currency, shared_minor, exclusive_minor, reserved_minor, call_minor,
  consultation_minor, purchase_minor, updated_at)
VALUES (:tenant, :source, :vertical, :currency, :shared_minor, :exclusive_minor, :reserved_minor, :call_minor,
  :consultation_minor, :purchase_minor, :at)
ON CONFLICT (tenant_id, source_id, vertical) DO UPDATE SET shared_minor = excluded.shared_minor,
  exclusive_minor = excluded.exclusive_minor, reserved_minor = excluded.reserved_minor,
  call_minor = excluded.call_minor, consultation_minor = excluded.consultation_minor,
  purchase_minor = excluded.purchase_minor, updated_at = excluded.updated_at
""")

_REPRICE_LISTINGS = text("""
UPDATE listing SET shared_minor = :shared_minor, call_minor = :call_minor, consultation_minor = :consultation_minor,
  purchase_minor = :purchase_minor,
  exclusive_minor = CASE WHEN EXISTS (SELECT FROM slot s WHERE s.lead_id = listing.lead_id)
    THEN NULL ELSE CAST(:exclusive_minor AS bigint) END
WHERE agency_id = :tenant AND source_id = :source AND vertical = :vertical AND state <> 'closed'
""")

_REPRICE_RESERVED = text("""
UPDATE reserved_lead r SET price_minor = :reserved_minor, call_minor = :call_minor,
  consultation_minor = :consultation_minor, purchase_minor = :purchase_minor
FROM lead l WHERE l.tenant_id = :tenant AND l.id = r.lead_id AND l.source_id = :source AND r.agency_id = :tenant
  AND r.vertical = :vertical AND r.state = 'offered'
""")


def set_price(
    session: Session, actor: Actor, source_id: UUID, vertical: str, price: Price, at: datetime
) -> None:
    """Set the prices of one source in one vertical; leads on offer follow at once.

    Raises `Invalid` for an unknown vertical or an amount that is not a positive number of cents, `NotFound` for a
    source that is not the agency's. Repeating changes nothing.
    """
    tenant = actor.card()
    code = verticals.get(vertical).code
    amounts = {field.name: getattr(price, field.name) for field in fields(price)}
    wrong = {
        name: N_("An amount above zero.")
        for name, minor in amounts.items()
        if minor is not None and not 0 < minor <= MOST_MINOR
    }
    if wrong:
        raise Invalid(N_("A price is a positive amount, at most one million."), fields=wrong)
    if session.execute(text("SELECT 1 FROM source WHERE id = :id"), {"id": source_id}).scalar() is None:
        raise NotFound
    values = {
        "tenant": tenant.id,
        "source": source_id,
        "vertical": code,
        "currency": DEFAULT_CURRENCY,
        "at": at,
        **amounts,
    }
    session.execute(_SET, values)
    session.execute(_REPRICE_LISTINGS, values)
    with as_platform(session, "reserved leads stand in their addressees' tables"):
        session.execute(_REPRICE_RESERVED, values)
    audit.record(
        session, actor, "price.set", "source", source_id, detail={"vertical": code, **amounts}, at=at
    )


def price_of(session: Session, source_id: UUID, vertical: str) -> Price:
    """What a source of the agency asks in a vertical; nothing, when nothing is set."""
    row = session.execute(
        text("SELECT * FROM price WHERE source_id = :source AND vertical = :vertical"),
        {"source": source_id, "vertical": vertical},
    ).one_or_none()
    return Price(**{field.name: getattr(row, field.name) for field in fields(Price)}) if row else Price()


def prices(session: Session) -> Sequence[Row[Any]]:
    """All prices of the agency with their source's name."""
    return session.execute(
        text("""
        SELECT p.*, s.name AS source_name FROM price p JOIN source s USING (tenant_id)
        WHERE s.id = p.source_id ORDER BY s.name, p.vertical""")
    ).all()


def allow_ppa(session: Session, actor: Actor, company_slug: str, at: datetime) -> None:
    """Let one company buy this agency's leads per action; it is named by the slug it told the agency."""
    tenant = actor.card()
    with as_platform(session, "an agency names a company by its slug"):
        company = session.execute(
            text(
                "SELECT id, name FROM tenant WHERE slug = :slug AND kind = 'company' AND state = 'approved'"
            ),
            {"slug": company_slug.strip().lower()},
        ).first()
    if company is None:
        raise NotFound(
            N_("No approved company has this short name. Ask the company for the one in its settings.")
        )
    session.execute(
        text("""INSERT INTO ppa_allowance (tenant_id, company_id, company_name, created_at)
        VALUES (:tenant, :company, :name, :at) ON CONFLICT DO NOTHING"""),
        {"tenant": tenant.id, "company": company.id, "name": company.name, "at": at},
    )
    audit.record(session, actor, "ppa.allowed", "tenant", company.id, at=at)


def stop_ppa(session: Session, actor: Actor, company_id: UUID, at: datetime) -> None:
    """Sell no more per action to this company; what was sold goes on."""
    session.execute(text("DELETE FROM ppa_allowance WHERE company_id = :company"), {"company": company_id})
    audit.record(session, actor, "ppa.stopped", "tenant", company_id, at=at)


def ppa_companies(session: Session) -> Sequence[Row[Any]]:
    """The companies this agency allowed."""
    return session.execute(
        text("SELECT company_id, company_name, created_at FROM ppa_allowance ORDER BY company_name")
    ).all()
