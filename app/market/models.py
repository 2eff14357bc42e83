"""The market's rows. A trade has two: the agency's sale and the company's purchase (same id), each owned by one tenant.

A public listing holds no personal data and, by its composite key with the lead's type, no targeted lead. Columns
mirror the migrations, which alone hold the checks, policies and grants.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base

_OF_THE_LEAD = ["lead.tenant_id", "lead.id", "lead.type", "lead.max_sales"]
_NEWEST = (text("enquired_at DESC"), text("lead_id DESC"))
_OPEN = text("state = 'open'")


class Face:
    """What may be seen of a lead before it is bought."""

    vertical: Mapped[str]
    vertical_version: Mapped[int]
    channel: Mapped[str]
    source_label: Mapped[str]
    country: Mapped[str]
    region: Mapped[str]
    language: Mapped[str]
    temperature: Mapped[str]
    stage: Mapped[str]
    preview: Mapped[dict[str, Any]]
    """Only enumerations, booleans, bands and regions."""
    enquired_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    currency: Mapped[str]


class Terms:
    """How a lead was sold."""

    terms: Mapped[str]
    mode: Mapped[str]
    state: Mapped[str]


class Rated:
    """How the lead scored when it was sold; frozen, as the agency's qualification is."""

    score: Mapped[int | None]
    fit: Mapped[int | None]
    grade: Mapped[str | None]
    score_version: Mapped[int | None]


class Amounts:
    """What was agreed when it was sold; later changes of price or rate never touch it."""

    net_minor: Mapped[int]
    """Pay per lead: the price. Pay per action: the sum of all action prices, which is what was held."""
    vat_minor: Mapped[int]
    vat_bp: Mapped[int]
    vat_reason: Mapped[str]
    currency: Mapped[str]
    prices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Action type → net price in minor units; empty for pay per lead."""


class Listing(Face, Base):
    """The face of a consumer lead in the marketplace: every tenant reads it, only its agency writes it."""

    __tablename__ = "listing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agency_id", "lead_id", "lead_type", "max_sales"], _OF_THE_LEAD, ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["agency_id", "batch_id"], ["batch.tenant_id", "batch.id"]),
        Index("listing_newest", "vertical", *_NEWEST, postgresql_where=_OPEN),
        Index("listing_all_newest", *_NEWEST, postgresql_where=_OPEN),
        Index("listing_place", "vertical", "country", "region", *_NEWEST, postgresql_where=_OPEN),
        Index("listing_cheapest", "vertical", "shared_minor", "lead_id", postgresql_where=_OPEN),
        Index(
            "listing_agency", "agency_id", "source_id", "vertical", postgresql_where=text("state <> 'closed'")
        ),
    )

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID | None]
    agency_id: Mapped[UUID]
    agency_name: Mapped[str]
    lead_type: Mapped[str]
    """Always `consumer`: the database allows no other."""
    max_sales: Mapped[int]
    source_id: Mapped[UUID]
    listed_at: Mapped[datetime]
    state: Mapped[str]
    slots_left: Mapped[int]
    shared_minor: Mapped[int | None]
    exclusive_minor: Mapped[int | None]
    call_minor: Mapped[int | None]
    consultation_minor: Mapped[int | None]
    purchase_minor: Mapped[int | None]


class ReservedLead(Face, Base):
    """A targeted lead offered to its addressee, in the addressee's own table; nobody else's search can meet it."""

    __tablename__ = "reserved_lead"
    __table_args__ = (
        UniqueConstraint("lead_id", name="reserved_lead_lead_id_key"),
        ForeignKeyConstraint(["agency_id", "lead_id"], ["lead.tenant_id", "lead.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["agency_id", "batch_id"], ["batch.tenant_id", "batch.id"]),
        Index("reserved_lead_expiry", "expires_at", postgresql_where=text("state = 'offered'")),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The addressee, a company."""
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID | None]
    agency_id: Mapped[UUID]
    agency_name: Mapped[str]
    addressee_name: Mapped[str]
    price_minor: Mapped[int | None]
    call_minor: Mapped[int | None]
    consultation_minor: Mapped[int | None]
    purchase_minor: Mapped[int | None]
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None]
    state: Mapped[str]


class Sale(Terms, Rated, Amounts, Base):
    """A sold lead as its agency sees it."""

    __tablename__ = "sale"
    __table_args__ = (
        UniqueConstraint("id", name="sale_id_key"),
        UniqueConstraint("lead_id", "company_id", name="once_per_company"),
        Index("sale_recent", "tenant_id", "sold_at", "id"),
        Index(
            "sale_to_release",
            "return_until",
            postgresql_where=text("released_at IS NULL AND state = 'active' AND terms = 'ppl'"),
        ),
        Index("sale_to_close", "report_until", postgresql_where=text("state IN ('held', 'part_captured')")),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The agency."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    company_id: Mapped[UUID]
    """Never shown to the agency: it sees `buyer_label`."""
    buyer_label: Mapped[str]
    lead_type: Mapped[str]
    vertical: Mapped[str]
    source_id: Mapped[UUID]
    source_label: Mapped[str]
    channel: Mapped[str]
    commission_minor: Mapped[int]
    commission_bp: Mapped[int]
    temperature: Mapped[str]
    stage: Mapped[str]
    bant: Mapped[str]
    own_trade: Mapped[bool]
    """The same person belongs to both sides: left out of quality figures."""
    sold_at: Mapped[datetime]
    return_until: Mapped[datetime]
    bills_until: Mapped[datetime]
    report_until: Mapped[datetime]
    released_at: Mapped[datetime | None]
    """When the agency's held share became due."""


class Slot(Base):
    """One of a lead's `max_sales` places, taken by a sale; a returned sale's slot is inactive and free again."""

    __tablename__ = "slot"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lead_id", "lead_type", "max_sales"], _OF_THE_LEAD),
        Index("slot_sold_once", "lead_id", "number", unique=True, postgresql_where=text("active")),
    )

    tenant_id: Mapped[UUID]
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_type: Mapped[str]
    max_sales: Mapped[int]
    number: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(primary_key=True)
    active: Mapped[bool] = mapped_column(default=True)


class Purchase(Terms, Rated, Amounts, Base):
    """A sold lead as its company owns it: its own copy, with its own sealed part."""

    __tablename__ = "purchase"
    __table_args__ = (
        Index("purchase_recent", "tenant_id", "bought_at", "id"),
        Index("purchase_lead", "lead_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The company."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    """The basket it was bought with."""
    lead_id: Mapped[UUID]
    agency_id: Mapped[UUID]
    agency_name: Mapped[str]
    lead_type: Mapped[str]
    vertical: Mapped[str]
    vertical_version: Mapped[int]
    channel: Mapped[str]
    source_label: Mapped[str]
    country: Mapped[str]
    region: Mapped[str]
    language: Mapped[str]
    temperature: Mapped[str]
    stage: Mapped[str]
    """As sold, then the buyer's own (SAL by an accepted first contact)."""
    bant: Mapped[str]
    facts: Mapped[dict[str, Any]]
    enquired_at: Mapped[datetime]
    sealed: Mapped[bytes | None]
    bought_at: Mapped[datetime]
    bought_by: Mapped[UUID | None]
    return_until: Mapped[datetime]
    bills_until: Mapped[datetime]
    report_until: Mapped[datetime]
    consent_withdrawn_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    last_outcome: Mapped[str | None]
    last_outcome_at: Mapped[datetime | None]


class PurchaseSalt(Base):
    """Half of the key of a purchase's sealed part."""

    __tablename__ = "purchase_salt"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    purchase_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes]


class BoughtPerson(Base):
    """Whom a company has bought, as blind indexes: the same person is not sold to it twice within the window."""

    __tablename__ = "bought_person"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str] = mapped_column(primary_key=True)
    blind: Mapped[bytes] = mapped_column(primary_key=True)
    purchase_id: Mapped[UUID] = mapped_column(primary_key=True)
    bought_at: Mapped[datetime]


class BasketItem(Base):
    """A lead a user means to buy, and the highest net price they agreed to."""

    __tablename__ = "basket_item"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    terms: Mapped[str]
    mode: Mapped[str]
    max_net_minor: Mapped[int]
    added_at: Mapped[datetime]
