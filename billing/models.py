"""Money's rows. Journals and entries are append-only for everybody, and every journal sums to zero per currency.

Columns mirror the migrations, which alone hold the checks, the balance trigger, policies and grants.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class Journal(Base):
    """One fact about money, told by its entries; posted once per (kind, key)."""

    __tablename__ = "journal"
    __table_args__ = (
        UniqueConstraint("kind", "key", name="journal_kind_key_key"),
        UniqueConstraint("id", "lines", name="journal_id_lines_key"),
        Index("journal_recent", "event_at", "id"),
        Index("journal_source", "source_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    source_id: Mapped[UUID]
    """The deed it records: a sale, action, top-up, payout."""
    lines: Mapped[int]
    """How many entries it has; none may come later."""
    event_at: Mapped[datetime]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal.id"))
    actor: Mapped[str]
    memo: Mapped[str] = mapped_column(default="")
    posted_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class Entry(Base):
    """One line of a journal: an amount on one account of one tenant."""

    __tablename__ = "entry"
    __table_args__ = (
        ForeignKeyConstraint(["journal_id", "lines"], ["journal.id", "journal.lines"]),
        Index("entry_account", "tenant_id", "account", "event_at", "journal_id"),
        Index("entry_source", "source_id"),
    )

    journal_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[int]
    tenant_id: Mapped[UUID]
    account: Mapped[str]
    amount_minor: Mapped[int]
    """Signed; never zero. The entries of one journal sum to zero per currency."""
    currency: Mapped[str]
    kind: Mapped[str]
    source_id: Mapped[UUID]
    event_at: Mapped[datetime]


class Wallet(Base):
    """What a company can spend now and what is held: copies of its ledger accounts, kept in the same transaction."""

    __tablename__ = "wallet"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    balance_minor: Mapped[int] = mapped_column(default=0)
    """Free to spend; the held part is not in it."""
    held_minor: Mapped[int] = mapped_column(default=0)


class Hold(Base):
    """Money set aside for one sale on price per action; what is left = amount - captured - released."""

    __tablename__ = "hold"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The company."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    """Gross."""
    captured_minor: Mapped[int] = mapped_column(default=0)
    released_minor: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class TopUp(Base):
    """A company's payment into its wallet, through Stripe."""

    __tablename__ = "top_up"
    __table_args__ = (
        UniqueConstraint("checkout_id", name="top_up_checkout_id_key"),
        UniqueConstraint("payment_intent_id", name="top_up_payment_intent_id_key"),
        UniqueConstraint("charge_id", name="top_up_charge_id_key"),
        Index("top_up_recent", "tenant_id", "created_at", "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    checkout_id: Mapped[str | None]
    checkout_url: Mapped[str | None]
    payment_intent_id: Mapped[str | None]
    charge_id: Mapped[str | None]
    fee_minor: Mapped[int | None]
    """Stripe's fee; unknown until the balance transaction is."""
    livemode: Mapped[bool | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]


class Payout(Base):
    """Money due that left for an agency's bank account, as the operator's finance recorded it."""

    __tablename__ = "payout"
    __table_args__ = (UniqueConstraint("bank_reference", name="payout_bank_reference_key"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The agency."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    currency: Mapped[str]
    bank_reference: Mapped[str]
    paid_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class StripeEvent(Base):
    """A webhook of Stripe's: stored once, handled once."""

    __tablename__ = "stripe_event"
    __table_args__ = (Index("stripe_event_due", "due_at", postgresql_where=text("handled_at IS NULL")),)

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    api_version: Mapped[str | None]
    livemode: Mapped[bool]
    object_id: Mapped[str]
    payload: Mapped[dict[str, Any]]
    event_at: Mapped[datetime]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
