"""Hosted forms. Columns mirror the migration, which alone holds the checks, policies and grants.

What a person wrote stands only in sealed columns: of a waiting submission under its own salt, of a lead under the lead's.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base

_VERSION = ["form_version.tenant_id", "form_version.form_id", "form_version.version"]


class Form(Base):
    """A form as its agency works on it; `version` is the one people see."""

    __tablename__ = "form"
    __table_args__ = (
        UniqueConstraint("slug", name="form_slug_key"),
        UniqueConstraint("tenant_id", "name", name="form_tenant_id_name_key"),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    source_id: Mapped[UUID]
    state: Mapped[str]
    version: Mapped[int | None]
    draft: Mapped[dict[str, Any]]
    is_changed: Mapped[bool]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class FormVersion(Base):
    """What people saw from one publication to the next; never changed."""

    __tablename__ = "form_version"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "form_id"], ["form.tenant_id", "form.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    spec: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[str]


class FormSubmission(Base):
    """One person's finished form, once; what was answered is the lead's, or rests in quarantine."""

    __tablename__ = "form_submission"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "form_id", "version"], _VERSION),
        Index("form_submission_mail", "mail_due_at", postgresql_where=text("mail_due_at IS NOT NULL")),
        Index("form_submission_form", "tenant_id", "form_id", "state"),
        ForeignKeyConstraint(
            ["tenant_id", "quarantined_id"], ["quarantined_lead.tenant_id", "quarantined_lead.id"]
        ),
        Index(
            "form_submission_quarantined",
            "tenant_id",
            "quarantined_id",
            postgresql_where=text("quarantined_id IS NOT NULL"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID]
    version: Mapped[int]
    language: Mapped[str]
    state: Mapped[str]
    lead_id: Mapped[UUID | None]
    quarantined_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    mail_due_at: Mapped[datetime | None]
    mail_tries: Mapped[int] = mapped_column(server_default=text("0"))


class FormCount(Base):
    """How often something happened on a form on a day: visits, starts, submissions, leads, refusals by reason."""

    __tablename__ = "form_count"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "form_id"], ["form.tenant_id", "form.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]


class LeadOrigin(Base):
    """Where a lead of a form came from; what could tell a person apart is sealed under the lead's salt."""

    __tablename__ = "lead_origin"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["lead.tenant_id", "lead.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "form_id", "version"], _VERSION),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID]
    version: Mapped[int]
    campaign: Mapped[dict[str, Any]]
    sealed: Mapped[bytes]
