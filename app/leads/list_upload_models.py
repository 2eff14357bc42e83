"""Files of suppression lists on their way onto a list.

Columns mirror the migrations, which alone hold the checks, policies and grants.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class ListUpload(Base):
    """One file for one list: how far a worker is with it, and what became of its entries."""

    __tablename__ = "list_upload"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "list_id"], ["suppression_list.tenant_id", "suppression_list.id"]),
        Index("list_upload_list", "tenant_id", "list_id", "id"),
        Index(
            "list_upload_reading",
            "tenant_id",
            "list_id",
            "mark",
            unique=True,
            postgresql_where=text("state = 'reading'"),
        ),
        Index("list_upload_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    list_id: Mapped[UUID]
    file_name: Mapped[str]
    size: Mapped[int]
    mark: Mapped[bytes]
    """A keyed hash of the whole file: the same one is not read twice at once."""
    state: Mapped[str]
    layout: Mapped[dict[str, Any] | None]
    passed_over: Mapped[list[int]] = mapped_column(JSONB, default=list)
    """Columns that hold no entries."""
    rows_total: Mapped[int | None]
    """Known once the whole file was looked through; nothing is put on the list before."""
    rows_read: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    """Listings of the agency's that it closed."""
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Code → how often; they sum to `refused`."""
    first_refused: Mapped[list[list[Any]]] = mapped_column(JSONB, default=list)
    """Line, column and code of the first ones, never what stood there."""
    failure: Mapped[str | None]
    failure_told: Mapped[dict[str, Any] | None]
    pace_rows: Mapped[int] = mapped_column(default=0)
    pace_ms: Mapped[int] = mapped_column(default=0)
    paced_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ListPiece(Base):
    """A piece of such a file, encrypted; it goes when the file is read."""

    __tablename__ = "list_piece"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "upload_id"], ["list_upload.tenant_id", "list_upload.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
