"""Uploaded files: the file in pieces, its rows in blocks, what became of them, and whether they are kept off the market.

Columns mirror the migrations, which alone hold the checks, policies and grants.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class Batch(Base):
    """One uploaded file and its life. Once read: rows_read = accepted + rejected + duplicates."""

    __tablename__ = "batch"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        ForeignKeyConstraint(["tenant_id", "consent_text_id"], ["consent_text.tenant_id", "consent_text.id"]),
        ForeignKeyConstraint(["tenant_id", "addressee_id"], ["addressee.tenant_id", "addressee.id"]),
        Index("batch_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "batch_unread",
            "created_at",
            postgresql_where=text("rows_total IS NULL AND state IN ('received', 'mapped')"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    file_hash: Mapped[bytes]
    file_bytes: Mapped[int]
    vertical: Mapped[str]
    vertical_version: Mapped[int]
    lead_type: Mapped[str]
    source_id: Mapped[UUID]
    country: Mapped[str]
    legal_basis: Mapped[str]
    consent_text_id: Mapped[UUID | None]
    addressee_id: Mapped[UUID | None]
    max_sales: Mapped[int]
    layout: Mapped[dict[str, Any]]
    """How the file is read."""
    wishes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What of it a person chose."""
    detected: Mapped[bytes | None]
    """A digest of what was detected at first: a file that looks the same is read as its person chose before."""
    headers: Mapped[list[str]] = mapped_column(JSONB)
    samples_sealed: Mapped[bytes]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Column number (as text, from "0") → target."""
    name_orders: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Target of a full name → the order it is written in, when it is split into its parts."""
    state: Mapped[str]
    rows_read: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    quarantined: Mapped[int] = mapped_column(default=0)
    released: Mapped[int] = mapped_column(default=0)
    """How many of the quarantined became leads of this upload since."""
    warned: Mapped[int] = mapped_column(default=0)
    """Accepted leads of which something was left out."""
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    constants_sealed: Mapped[bytes | None]
    fixes_sealed: Mapped[bytes | None]
    noticed_sealed: Mapped[bytes | None]
    """What the check noticed that could be put right for many rows."""
    tally_sealed: Mapped[bytes | None]
    """How often each value stands in each column, once the file is read to its end."""
    met: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How many rows met leads of which unpublished upload: reason and upload → rows."""
    corrected: Mapped[int] = mapped_column(default=0)
    """Rows that were mended and came back."""
    rows_total: Mapped[int | None]
    """Rows of the file, once it is read to its end; until then `rows_split` are known."""
    rows_split: Mapped[int] = mapped_column(default=0)
    blocks_split: Mapped[int] = mapped_column(default=0)
    reading: Mapped[int] = mapped_column(default=0)
    """How often it was decided anew how the file is read."""
    pace_rows: Mapped[int] = mapped_column(default=0)
    pace_ms: Mapped[int] = mapped_column(default=0)
    paced_at: Mapped[datetime | None]
    """How fast the check came on of late, and when it last did."""
    read_lease_until: Mapped[datetime | None]
    next_block: Mapped[int] = mapped_column(default=0)
    """The block whose turn it is to be stored by the check."""
    staged: Mapped[int] = mapped_column(default=0)
    staged_to: Mapped[UUID | None]
    """The last lead that was prepared for the market, or taken back from it, by the deed under way."""
    failure: Mapped[str | None]
    failure_told: Mapped[dict[str, Any] | None]
    """The sentence that says why the file cannot be read, with its details."""
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    checking_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class BatchChunk(Base):
    """A piece of an uploaded file, encrypted."""

    __tablename__ = "batch_chunk"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "batch_id"], ["batch.tenant_id", "batch.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class BatchBlock(Base):
    """Some rows of an uploaded file, read and encrypted."""

    __tablename__ = "batch_block"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "batch_id"], ["batch.tenant_id", "batch.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rows: Mapped[int]
    sealed: Mapped[bytes]


class BatchCorrection(Base):
    """A row of an upload as it was sent again, mended."""

    __tablename__ = "batch_correction"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "batch_id"], ["batch.tenant_id", "batch.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    row_sealed: Mapped[bytes]


class HeldBatch(Base):
    """While this row stands, nothing of the batch can be seen or bought by anybody but its agency."""

    __tablename__ = "held_batch"
    __table_args__ = (ForeignKeyConstraint(["agency_id", "batch_id"], ["batch.tenant_id", "batch.id"]),)

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID]
    held_at: Mapped[datetime]
    reason: Mapped[str]


class BatchProblem(Base):
    """A row of a file that became no lead, and why."""

    __tablename__ = "batch_problem"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "batch_id"], ["batch.tenant_id", "batch.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    """The physical line of the file where the record starts, from 1."""
    kind: Mapped[str]
    code: Mapped[str]
    column_name: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    row_sealed: Mapped[bytes]
