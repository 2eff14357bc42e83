"""Claims of returns, between an agency and a company. Columns mirror the migrations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class ReturnClaim(Base):
    """A company's claim that a lead was not what was sold; both sides read it, neither writes it."""

    __tablename__ = "return_claim"
    __table_args__ = (
        UniqueConstraint("sale_id", name="return_claim_sale_id_key"),
        Index("return_claim_agency", "agency_id", "opened_at"),
        Index("return_claim_company", "company_id", "opened_at"),
        Index("return_claim_due", "decide_by", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID]
    agency_id: Mapped[UUID]
    company_id: Mapped[UUID]
    reason: Mapped[str]
    note: Mapped[str]
    state: Mapped[str]
    is_upheld: Mapped[bool | None]
    """Set once it is settled: true gives the money back."""
    gross_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str]
    opened_at: Mapped[datetime]
    decide_by: Mapped[datetime]
    """The agency's last moment; silence accepts."""
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    appealed_at: Mapped[datetime | None]
    appeal: Mapped[str | None]
    appeal_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
