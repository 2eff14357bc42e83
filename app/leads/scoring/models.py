"""The rows of scoring: rules by version, the draft, re-scoring under way, thresholds and what passed them, text messages.

Columns mirror the migration, which alone holds the checks, policies and grants. Phone numbers, messages and the secrets
of a gateway stand only sealed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class ScoringRules(Base):
    """One version of an agency's rules for a vertical; a version never changes."""

    __tablename__ = "scoring_rules"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class ScoringDraft(Base):
    """Rules that are being changed and score nothing yet; `base` is the version they came from."""

    __tablename__ = "scoring_draft"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str] = mapped_column(primary_key=True)
    base: Mapped[int]
    rules: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class ScoreRun(Base):
    """How far the unsold stock of a vertical has been scored under new rules; due until it is done."""

    __tablename__ = "score_run"
    __table_args__ = (Index("score_run_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    after_id: Mapped[UUID]
    seen: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ScoreThreshold(Base):
    """A score that is worth telling, and to whom; an empty vertical means all of them."""

    __tablename__ = "score_threshold"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str]
    at_least: Mapped[int]
    members: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Ids of the members who get a mail, as text."""
    has_webhook: Mapped[bool]
    phones_sealed: Mapped[bytes | None]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class ScorePassing(Base):
    """A lead (of a company: a purchase) that has been above a threshold; `rises` counts how often it rose over it."""

    __tablename__ = "score_passing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "threshold_id"], ["score_threshold.tenant_id", "score_threshold.id"]
        ),
        Index(
            "score_passing_waiting",
            "tenant_id",
            "threshold_id",
            "passed_at",
            postgresql_where=text("NOT is_told"),
        ),
        Index("score_passing_subject", "tenant_id", "subject_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    threshold_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    is_above: Mapped[bool]
    rises: Mapped[int]
    score: Mapped[int]
    passed_at: Mapped[datetime]
    is_told: Mapped[bool]


class SmsGateway(Base):
    """A tenant's own HTTP gateway for text messages; address, headers and body are sealed, the host is shown."""

    __tablename__ = "sms_gateway"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    settings_sealed: Mapped[bytes]
    enabled: Mapped[bool]
    changed_at: Mapped[datetime]


class Sms(Base):
    """One text message to one phone; its words are wiped once it was sent or given up."""

    __tablename__ = "sms"
    __table_args__ = (Index("sms_due", "due_at", postgresql_where=text("state IN ('pending', 'sending')")),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_sealed: Mapped[bytes | None]
    state: Mapped[str]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
