"""Tables of what comes in from other systems."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
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


class IntakeConnection(Facts, Base):
    """Another system that sends leads of one source to an address of its own."""

    __tablename__ = "intake_connection"
    __table_args__ = _facts(UniqueConstraint("token_hash", name="intake_connection_token_hash_key"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(deferred=True)
    salt: Mapped[bytes]
    secrets_sealed: Mapped[bytes | None]
    paths: Mapped[dict[str, Any]]
    constants: Mapped[dict[str, Any]]
    is_draft: Mapped[bool]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class ReceivedBody(Base):
    """What a connection received, sealed, with what became of it."""

    __tablename__ = "received_body"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "connection_id"], ["intake_connection.tenant_id", "intake_connection.id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "quarantined_id"], ["quarantined_lead.tenant_id", "quarantined_lead.id"]
        ),
        Index(
            "received_body_quarantined",
            "tenant_id",
            "quarantined_id",
            postgresql_where=text("quarantined_id IS NOT NULL"),
        ),
        Index("received_body_log", "tenant_id", "connection_id", "received_at", "id"),
        Index("received_body_due", "due_at", postgresql_where=text("state = 'pending'")),
        Index("received_body_purge", "received_at", postgresql_where=text("body_sealed IS NOT NULL")),
        Index(
            "received_body_once",
            "tenant_id",
            "connection_id",
            "own_key",
            unique=True,
            postgresql_where=text("own_key IS NOT NULL"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    received_at: Mapped[datetime]
    kind: Mapped[str]
    salt: Mapped[bytes | None]
    body_sealed: Mapped[bytes | None]
    state: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    result: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    quarantined_id: Mapped[UUID | None]
    problems: Mapped[dict[str, Any]]
    last_error: Mapped[str | None]
    processed_at: Mapped[datetime | None]
    own_key: Mapped[str | None]


class ReceivedRow(Base):
    """What became of one row of a mail that holds several leads."""

    __tablename__ = "received_row"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "body_id"], ["received_body.tenant_id", "received_body.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "quarantined_id"], ["quarantined_lead.tenant_id", "quarantined_lead.id"]
        ),
        Index(
            "received_row_quarantined",
            "tenant_id",
            "quarantined_id",
            postgresql_where=text("quarantined_id IS NOT NULL"),
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    result: Mapped[str]
    lead_id: Mapped[UUID | None]
    quarantined_id: Mapped[UUID | None]
    problems: Mapped[dict[str, Any]]
