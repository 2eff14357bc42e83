"""Tables of what comes in from other systems."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


def _facts(*more: object) -> tuple[object, ...]:
    return (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        ForeignKeyConstraint(["tenant_id", "consent_text_id"], ["consent_text.tenant_id", "consent_text.id"]),
        ForeignKeyConstraint(["tenant_id", "addressee_id"], ["addressee.tenant_id", "addressee.id"]),
        *more,
    )


class Facts:
    """What holds for all leads of one way in: as for an upload."""

    source_id: Mapped[UUID]
    vertical: Mapped[str]
    lead_type: Mapped[str]
    country: Mapped[str]
    legal_basis: Mapped[str]
    consent_text_id: Mapped[UUID | None]
    addressee_id: Mapped[UUID | None]
    max_sales: Mapped[int | None]


class InstructionLink(Facts, Base):
    """A public page that tells a publisher how to post leads of one source."""

    __tablename__ = "instruction_link"
    __table_args__ = _facts(
        UniqueConstraint("token_hash", name="instruction_link_token_hash_key"),
        Index("instruction_link_source", "tenant_id", "source_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(deferred=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
