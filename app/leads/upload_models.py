"""Files that arrive slice by slice.

Columns mirror the migrations, which alone hold the checks, policies and grants.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class FileUpload(Base):
    """A file on its way: `received` of `size` bytes are here. `made_id` is what it became."""

    __tablename__ = "file_upload"
    __table_args__ = (Index("file_upload_due", "expires_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    by_id: Mapped[UUID]
    """The member or key that sends it: nobody else reaches it."""
    file_name: Mapped[str]
    mark: Mapped[str]
    """By what its sender knows it again; "" for none."""
    size: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    slices: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    made_id: Mapped[UUID | None]


class FileSlice(Base):
    """A slice of a file on its way, encrypted."""

    __tablename__ = "file_slice"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "upload_id"], ["file_upload.tenant_id", "file_upload.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
