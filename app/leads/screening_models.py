"""What screening keeps: leads in quarantine, suppression lists, people by the platform's key. Columns mirror the migrations, which alone hold checks, policies, grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class QuarantinedLead(Base):
    """A lead that waits until somebody has looked at it; once settled its values are gone and its reasons stay."""

    __tablename__ = "quarantined_lead"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        ForeignKeyConstraint(["tenant_id", "consent_text_id"], ["consent_text.tenant_id", "consent_text.id"]),
        ForeignKeyConstraint(["tenant_id", "addressee_id"], ["addressee.tenant_id", "addressee.id"]),
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["lead.tenant_id", "lead.id"]),
        Index(
            "quarantined_lead_external_id",
            "tenant_id",
            "external_id",
            unique=True,
            postgresql_where=text("state = 'resting' AND external_id IS NOT NULL"),
        ),
        Index("quarantined_lead_resting", "tenant_id", "id", postgresql_where=text("state = 'resting'")),
        Index("quarantined_lead_due", "expires_at", postgresql_where=text("state = 'resting'")),
        Index(
            "quarantined_lead_origin",
            "tenant_id",
            "origin_id",
            postgresql_where=text("origin_id IS NOT NULL"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str]
    lead_type: Mapped[str]
    source_id: Mapped[UUID]
    country: Mapped[str]
    legal_basis: Mapped[str]
    consent_text_id: Mapped[UUID | None]
    addressee_id: Mapped[UUID | None]
    max_sales: Mapped[int | None]
    external_id: Mapped[str | None]
    origin: Mapped[str]
    origin_id: Mapped[UUID | None]
    """The file, form or rule it came by."""
    line: Mapped[int | None]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    sealed: Mapped[bytes | None]
    came_sealed: Mapped[bytes | None]
    """Whence it came, for the lead it may become."""
    state: Mapped[str]
    owner_id: Mapped[UUID | None]
    owner_name: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    """What it became when it was released."""
    rested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class QuarantineSalt(Base):
    """Half of the key of a resting lead's values."""

    __tablename__ = "quarantine_salt"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    quarantined_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes]


class SuppressionList(Base):
    """People an agency does not sell, a company does not buy, or the platform does not take at all."""

    __tablename__ = "suppression_list"
    __table_args__ = (UniqueConstraint("tenant_id", "name", name="suppression_list_tenant_id_name_key"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    ways: Mapped[int] = mapped_column(default=0)
    """Which forms its entries came in, as bits of `app.leads.suppression_forms`."""
    entries: Mapped[int] = mapped_column(default=0)
    hits: Mapped[int] = mapped_column(default=0)
    last_hit_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    deleting_since: Mapped[datetime | None]


class SuppressionEntry(Base):
    """One phone, e-mail or mail domain of a list, as a keyed hash."""

    __tablename__ = "suppression_entry"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "list_id"], ["suppression_list.tenant_id", "suppression_list.id"]),
        Index("suppression_entry_list", "tenant_id", "list_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    blind: Mapped[bytes] = mapped_column(primary_key=True)
    list_id: Mapped[UUID] = mapped_column(primary_key=True)


class PlatformPerson(Base):
    """A lead's person under the platform's key: finds the same person at another agency without saying whose."""

    __tablename__ = "platform_person"
    __table_args__ = (
        Index("platform_person_blind", "blind"),
        Index("platform_person_lead", "tenant_id", "lead_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    blind: Mapped[bytes] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    vertical: Mapped[str]
    enquired_at: Mapped[datetime]
