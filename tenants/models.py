"""Tenants' own records: organisations, users, keys, audit, mail. Columns mirror the migrations, which alone hold the rules.

Checks, policies, grants and triggers are not repeated here. A deferred column is one the role `app` may not read.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.db import Base


class Tenant(Base):
    """An organisation: an agency, a company, or the one operator."""

    __tablename__ = "tenant"
    __table_args__ = (
        UniqueConstraint("slug", name="tenant_slug_key"),
        Index("one_operator", "kind", unique=True, postgresql_where=text("kind = 'operator'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    sort_name: Mapped[str]
    """The name as a key for sorting, computed in Python: the database sorts by code points."""
    legal_name: Mapped[str] = mapped_column(default="")
    country: Mapped[str]
    registration_number: Mapped[str] = mapped_column(default="")
    vat_number: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    terms_version: Mapped[str | None]
    terms_accepted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    time_zone: Mapped[str]
    language: Mapped[str]
    currency: Mapped[str]
    shows_name: Mapped[bool] = mapped_column(default=False)
    """A company that lets agencies see its name on consumer sales."""
    created_at: Mapped[datetime]


class UserAccount(Base):
    """A person who can log in; what they may do stands in their memberships."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("email_normal", name="user_account_email_normal_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_normal: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    language: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Membership(Base):
    """A user's place in one tenant. Name and e-mail are copies: a tenant cannot read user accounts."""

    __tablename__ = "membership"
    __table_args__ = (Index("membership_user", "user_id"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[str]
    may_buy: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime]


class Invitation(Base):
    """A membership offered by e-mail and not yet taken."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("token_hash", name="invitation_token_hash_key"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(deferred=True)
    invited_by: Mapped[UUID]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class EmailToken(Base):
    """A one-time link sent to a user, to confirm the address or to set a new password."""

    __tablename__ = "email_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UserSession(Base):
    """A log-in that can be ended from here; the browser holds the token, the database only its hash."""

    __tablename__ = "user_session"
    __table_args__ = (
        UniqueConstraint("token_hash", name="user_session_token_hash_key"),
        Index("user_session_user", "user_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenant.id"))
    """The tenant the user works in now; none before they belong to one."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str]
    agent: Mapped[str]


class ApiKey(Base):
    """A program's way in; the key itself is shown once and only its hash is kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("key_hash", name="api_key_key_hash_key"),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(deferred=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    allowed_networks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    calls_a_minute: Mapped[int | None]
    source_id: Mapped[UUID | None]


class LoginFailure(Base):
    """One failed log-in, remembered to slow down guessing; the address tried is kept only as a hash."""

    __tablename__ = "login_failure"
    __table_args__ = (
        Index("login_failure_email", "email_hash", "at"),
        Index("login_failure_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    email_hash: Mapped[bytes]
    address: Mapped[str]
    at: Mapped[datetime]


class Audit(Base):
    """Who did what to what, and how many of it."""

    __tablename__ = "audit"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID | None]
    count: Mapped[int] = mapped_column(default=1)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Idempotency(Base):
    """A request that succeeded under a key of the client's; no response yet means it is in flight."""

    __tablename__ = "idempotency"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    response: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class TenantKey(Base):
    """A tenant's encryption key, wrapped by the root key that never enters the database."""

    __tablename__ = "tenant_key"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    wrapped: Mapped[bytes]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Mail(Base):
    """A mail to be sent. A tenant may only write one: it cannot read what was sent to others."""

    __tablename__ = "mail"
    __table_args__ = (Index("mail_due", "due_at", postgresql_where=text("state IN ('pending', 'sending')")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    to_address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
