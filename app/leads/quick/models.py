"""Quick entry. Columns mirror the migration, which alone holds the checks, policies and grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class QuickChoice(Base):
    """What one person types in: of which source and kind, on which terms."""

    __tablename__ = "quick_choice"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        ForeignKeyConstraint(["tenant_id", "consent_text_id"], ["consent_text.tenant_id", "consent_text.id"]),
        ForeignKeyConstraint(["tenant_id", "addressee_id"], ["addressee.tenant_id", "addressee.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str]
    lead_type: Mapped[str]
    source_id: Mapped[UUID]
    country: Mapped[str]
    legal_basis: Mapped[str]
    consent_text_id: Mapped[UUID | None]
    addressee_id: Mapped[UUID | None]
    max_sales: Mapped[int | None]
    is_offered: Mapped[bool]
    asks_bant: Mapped[bool]
    consent_origin: Mapped[str]
    sub_id: Mapped[str]
    changed_at: Mapped[datetime]


class QuickEntry(Base):
    """What became of one entry; what was typed is in the lead, or in the quarantine, alone."""

    __tablename__ = "quick_entry"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["lead.tenant_id", "lead.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "quarantined_id"], ["quarantined_lead.tenant_id", "quarantined_lead.id"]
        ),
        Index("quick_entry_person", "tenant_id", "person_id", "received_at"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    fingerprint: Mapped[bytes]
    result: Mapped[str]
    lead_id: Mapped[UUID | None]
    quarantined_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
