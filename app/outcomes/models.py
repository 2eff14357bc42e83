"""What became of a sold lead. The company's outcome keeps value and note; the agency's copy is type and time only.

Columns mirror the migrations, which alone hold the checks, policies and grants.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class Outcome(Base):
    """An event its buyer told about a purchase; never changed, only corrected by a later one."""

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "purchase_id", "external_id", name="outcome_tenant_id_purchase_id_external_id_key"
        ),
        ForeignKeyConstraint(["tenant_id", "purchase_id"], ["purchase.tenant_id", "purchase.id"]),
        ForeignKeyConstraint(["tenant_id", "corrects_id"], ["outcome.tenant_id", "outcome.id"]),
        Index("outcome_recent", "tenant_id", "reported_at", "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The company."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    purchase_id: Mapped[UUID]
    type: Mapped[str]
    at: Mapped[datetime]
    reported_at: Mapped[datetime]
    reporter: Mapped[str]
    external_id: Mapped[str | None]
    """The reporting system's own id of the event: it is recorded once."""
    value_minor: Mapped[int | None]
    currency: Mapped[str | None]
    seconds: Mapped[int | None]
    """How long a call was spoken."""
    reason: Mapped[str | None]
    note_sealed: Mapped[bytes | None]
    corrects_id: Mapped[UUID | None]
    is_late: Mapped[bool]
    """Told after the reporting window: recorded, never billed."""


class SaleOutcome(Base):
    """What the agency may know of an outcome."""

    __tablename__ = "sale_outcome"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "sale_id"], ["sale.tenant_id", "sale.id"]),
        Index("sale_outcome_sale", "tenant_id", "sale_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The agency."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID]
    type: Mapped[str]
    at: Mapped[datetime]
    reported_at: Mapped[datetime]
    corrects_id: Mapped[UUID | None]


class Action(Base):
    """A billable outcome of a sale on price per action; each type bills at most once per sale."""

    __tablename__ = "action"
    __table_args__ = (
        Index(
            "action_bills_once",
            "sale_id",
            "type",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("action_due", "decide_by", postgresql_where=text("state = 'pending'")),
        Index("action_agency", "agency_id", "reported_at"),
        Index("action_company", "company_id", "reported_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID]
    agency_id: Mapped[UUID]
    company_id: Mapped[UUID]
    type: Mapped[str]
    state: Mapped[str]
    is_billed: Mapped[bool] = mapped_column(default=False)
    claimed_by: Mapped[str]
    """Which side said it happened: `company` reported it, `agency` claimed it with evidence."""
    outcome_id: Mapped[UUID | None]
    evidence: Mapped[str] = mapped_column(default="")
    happened_at: Mapped[datetime]
    reported_at: Mapped[datetime]
    decide_by: Mapped[datetime]
    """When silence confirms."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    net_minor: Mapped[int]
    vat_minor: Mapped[int]
    commission_minor: Mapped[int]
    currency: Mapped[str]
    captured_at: Mapped[datetime | None]
