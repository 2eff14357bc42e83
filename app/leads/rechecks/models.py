"""Re-checks of unsold stock, the leads each found something about, and who waits for an end to be told.

Columns mirror the migrations, which alone hold the checks, policies and grants.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class Recheck(Base):
    """One pass over unsold leads: first only looked at, then, if its agency says so, applied."""

    __tablename__ = "recheck"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "batch_id"], ["batch.tenant_id", "batch.id"]),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        Index(
            "recheck_running",
            "tenant_id",
            "scope",
            unique=True,
            postgresql_where=text("state IN ('checking', 'applying')"),
        ),
        Index("recheck_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    """Which leads, as one word: two of one scope never run at once."""
    batch_id: Mapped[UUID | None]
    vertical: Mapped[str | None]
    source_id: Mapped[UUID | None]
    state: Mapped[str]
    after_id: Mapped[UUID]
    """The last lead looked at, or applied."""
    total: Mapped[int | None]
    seen: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    """Leads the applying has come past."""
    verdicts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Verdict → leads; once checked they sum to `seen`."""
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    outcomes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pace_rows: Mapped[int] = mapped_column(default=0)
    pace_ms: Mapped[int] = mapped_column(default=0)
    paced_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    judged_at: Mapped[datetime]
    """The business time all its leads are held against."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RecheckLead(Base):
    """A lead a re-check found something about, and what became of it when that was applied."""

    __tablename__ = "recheck_lead"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "recheck_id"], ["recheck.tenant_id", "recheck.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    recheck_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    verdict: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    """Each `code`, or `code:target` where it is about one value."""
    outcome: Mapped[str | None]


class FinishNews(Base):
    """Somebody who started a check or re-check and is told when it ends, unless they watch it."""

    __tablename__ = "finish_news"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    user_id: Mapped[UUID]
    language: Mapped[str]
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """When they last looked at its page."""
