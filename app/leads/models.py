"""Leads and where they come from. Columns mirror the migrations, which alone hold the checks, policies and grants.

What names a person stands only in the sealed columns (and, as blind indexes, in `lead_person`); without its salt a
sealed part can never be opened again.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class Source(Base):
    """An agency's channel under its own name; buyers see only the channel and the public label."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("tenant_id", "name", name="source_tenant_id_name_key"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    channel: Mapped[str]
    public_label: Mapped[str]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class SourceSpend(Base):
    """What a source cost its agency in one month."""

    __tablename__ = "source_spend"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    """The first day of the month."""
    amount_minor: Mapped[int]
    currency: Mapped[str]


class Price(Base):
    """An agency's net prices for a source and a vertical; an empty price means not sold that way."""

    __tablename__ = "price"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str]
    shared_minor: Mapped[int | None]
    exclusive_minor: Mapped[int | None]
    reserved_minor: Mapped[int | None]
    call_minor: Mapped[int | None]
    consultation_minor: Mapped[int | None]
    purchase_minor: Mapped[int | None]
    updated_at: Mapped[datetime]


class PpaAllowance(Base):
    """An agency lets this company buy on price per action."""

    __tablename__ = "ppa_allowance"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_name: Mapped[str]
    created_at: Mapped[datetime]


class ConsentText(Base):
    """What a person agreed to, word by word; a version never changes."""

    __tablename__ = "consent_text"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", "version", name="consent_text_tenant_id_name_version_key"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    language: Mapped[str]
    body: Mapped[str]
    recipients: Mapped[str]
    max_recipients: Mapped[int]
    created_at: Mapped[datetime]


class Addressee(Base):
    """The company a targeted lead answered, as the agency knows it; linked to a tenant once that tenant accepts."""

    __tablename__ = "addressee"
    __table_args__ = (
        UniqueConstraint("invite_hash", name="addressee_invite_hash_key"),
        UniqueConstraint(
            "tenant_id", "domain", "legal_name", name="addressee_tenant_id_domain_legal_name_key"
        ),
        Index("addressee_company", "company_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    legal_name: Mapped[str]
    country: Mapped[str]
    domain: Mapped[str]
    contact_email: Mapped[str]
    company_id: Mapped[UUID | None]
    invite_hash: Mapped[bytes | None]
    invited_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    linked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Lead(Base):
    """One enquiry, as its agency owns it. Type and `max_sales` never change."""

    __tablename__ = "lead"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", "type", "max_sales", name="lead_tenant_id_id_type_max_sales_key"),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        ForeignKeyConstraint(["tenant_id", "consent_text_id"], ["consent_text.tenant_id", "consent_text.id"]),
        ForeignKeyConstraint(["tenant_id", "addressee_id"], ["addressee.tenant_id", "addressee.id"]),
        ForeignKeyConstraint(["tenant_id", "batch_id"], ["batch.tenant_id", "batch.id"]),
        Index(
            "lead_external_id",
            "tenant_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("lead_batch", "tenant_id", "batch_id", "id", postgresql_where=text("batch_id IS NOT NULL")),
        Index("lead_recent", "tenant_id", "created_at", "id"),
        Index("lead_expiry", "expires_at", postgresql_where=text("state IN ('offered', 'paused')")),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    max_sales: Mapped[int]
    vertical: Mapped[str]
    vertical_version: Mapped[int]
    source_id: Mapped[UUID]
    sub_id: Mapped[str] = mapped_column(default="")
    external_id: Mapped[str | None]
    batch_id: Mapped[UUID | None]
    addressee_id: Mapped[UUID | None]
    state: Mapped[str]
    enquired_at: Mapped[datetime]
    """When the person asked: age and expiry count from it, never from the upload."""
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    country: Mapped[str]
    region: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    legal_basis: Mapped[str]
    consent_text_id: Mapped[UUID | None]
    consent_at: Mapped[datetime | None]
    consent_origin: Mapped[str] = mapped_column(default="")
    claimed_temperature: Mapped[str | None]
    """What the agency's file said; never evidence."""
    temperature: Mapped[str]
    stage: Mapped[str]
    bant: Mapped[str]
    score: Mapped[int | None]
    fit: Mapped[int | None]
    grade: Mapped[str | None]
    score_version: Mapped[int | None]
    """The version of the scoring rules; below zero those that ship."""
    signals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What scoring may know of the sealed part; names nobody."""
    facts: Mapped[dict[str, Any]]
    preview: Mapped[dict[str, Any]]
    """The vertical's fields that are not personal."""
    sealed: Mapped[bytes | None]
    """Contacts and personal fields, encrypted; none once erased."""
    contact_count: Mapped[int]
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text()), default=list)
    """What was noticed about it when it came in."""
    sold_count: Mapped[int] = mapped_column(default=0)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_for: Mapped[str | None]
    former_external_id: Mapped[str | None]
    """The agency's own ID that it gave back when its upload was given up and another lead came with it."""


class LeadSalt(Base):
    """Half of a lead's key. Deleting the row erases the person, also in backups kept longer than this table's."""

    __tablename__ = "lead_salt"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes]


class LeadPerson(Base):
    """A phone or e-mail of a lead as a blind index: finds the same person again without naming them."""

    __tablename__ = "lead_person"
    __table_args__ = (Index("lead_person_lead", "tenant_id", "lead_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    blind: Mapped[bytes] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
