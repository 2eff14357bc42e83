"""Destinations, the deliveries owed to them and every attempt made.

Invariants (kept by the database): one delivery per destination, event type and subject, for ever; an attempt is never
changed; only a download destination has no address. A deleted destination keeps its row: what was delivered is evidence.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base

DOWNLOAD, EMAIL, WEBHOOK = "download", "email", "webhook"
PENDING, SENDING, DELIVERED, REFUSED, DEAD = "pending", "sending", "delivered", "refused", "dead"
SUCCESS, FAILURE, ERROR, SKIP = "success", "failure", "error", "skip"

SHARDS = 8
"""Destinations are dealt to this many wake-ups, by the last (random) byte of their id."""

_IS_PENDING = text("state = 'pending'")
_IS_SENDING = text("state = 'sending'")


class Destination(Base):
    """Where a tenant wants to be told; `open_until` is set while the breaker is open or waits for its probe."""

    __tablename__ = "destination"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    address: Mapped[str | None]
    secret_sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    includes_contacts: Mapped[bool]
    language: Mapped[str]
    event_types: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    created_at: Mapped[datetime]
    enabled: Mapped[bool]
    deleted_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    consecutive_failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    last_served_at: Mapped[datetime | None]
    window_from: Mapped[datetime | None]
    window_requests: Mapped[int] = mapped_column(default=0)
    window_failures: Mapped[int] = mapped_column(default=0)


class Delivery(Base):
    """One event owed to one destination. `schedule_from` attempts were made before the last replay."""

    __tablename__ = "delivery"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "destination_id"], ["destination.tenant_id", "destination.id"]),
        UniqueConstraint("tenant_id", "destination_id", "event_type", "subject_id", name="told_once"),
        Index(
            "delivery_claim", "shard", "tenant_id", "destination_id", "due_at", postgresql_where=_IS_PENDING
        ),
        Index("delivery_due", "shard", "due_at", postgresql_where=_IS_PENDING),
        Index(
            "delivery_lease",
            "shard",
            "tenant_id",
            "destination_id",
            "lease_until",
            postgresql_where=_IS_SENDING,
        ),
        Index("delivery_log", "tenant_id", "destination_id", "created_at"),
        Index("delivery_subject", "tenant_id", "subject_id"),
        Index("delivery_purge", "created_at", postgresql_where=text("body_sealed IS NOT NULL")),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    destination_id: Mapped[UUID]
    event_type: Mapped[str]
    subject_id: Mapped[UUID]
    body_sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    state: Mapped[str]
    shard: Mapped[int]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    schedule_from: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    receiver_note: Mapped[str | None]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """One try, as it went."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "delivery_id"], ["delivery.tenant_id", "delivery.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    status: Mapped[int | None]
    result: Mapped[str]
    error: Mapped[str | None]
    milliseconds: Mapped[int]
