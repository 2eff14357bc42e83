"""Sessions of users: begun by a log-in, moved between tenants, listed and ended by their owner.

Invariants: only the hash of a token is kept; moving to another tenant gives a new token and keeps the hour at which
the session ends; an ended session is refused at its next request.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import audit, clock
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.email_tokens import hash_token
from tenants.errors import NotFound
from tenants.ids import new_id

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=30)
_AGENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a log-in comes from, as shown to its owner later."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session's token, to be put into a cookie and kept nowhere else."""

    token: str = field(repr=False)
    id: UUID
    tenant_id: UUID | None
    """None for a person who belongs to no tenant yet."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str
    tenant_name: str | None
    is_current: bool


_LAST_TENANT = """
coalesce(
  (SELECT s.tenant_id FROM user_session s JOIN membership m ON m.user_id = s.user_id AND m.tenant_id = s.tenant_id
   WHERE s.user_id = :user ORDER BY s.created_at DESC, s.id DESC LIMIT 1),
  (SELECT tenant_id FROM membership WHERE user_id = :user ORDER BY created_at, tenant_id LIMIT 1))
"""
_BEGIN = text(f"""
INSERT INTO user_session (id, token_hash, user_id, tenant_id, created_at, seen_at, expires_at, address, agent)
VALUES (:id, :hash, :user, {_LAST_TENANT}, :now, :now, :expires, :address, :agent) RETURNING tenant_id
""")  # noqa: S608 (our own words)
_SWITCH = text("""
WITH ended AS (
  UPDATE user_session s SET ended_at = :now FROM membership m
  WHERE s.id = :old AND s.user_id = :user AND s.ended_at IS NULL AND m.user_id = :user AND m.tenant_id = :tenant
  RETURNING s.*)
INSERT INTO user_session (id, token_hash, user_id, tenant_id, created_at, seen_at, expires_at, address, agent)
SELECT :id, :hash, user_id, :tenant, created_at, :now, expires_at, address, agent FROM ended RETURNING expires_at
""")
_LIST = text("""
SELECT s.id, s.created_at, s.seen_at, s.address, s.agent, t.name, s.id = :current
FROM user_session s LEFT JOIN tenant t ON t.id = s.tenant_id
WHERE s.user_id = :user AND s.ended_at IS NULL AND s.expires_at > :now AND s.seen_at > :idle
ORDER BY s.seen_at DESC, s.id
""")
_END = text("""
UPDATE user_session SET ended_at = :now WHERE id = :id AND user_id = :user AND ended_at IS NULL RETURNING id
""")
_END_TOKEN = text("UPDATE user_session SET ended_at = :now WHERE token_hash = :hash AND ended_at IS NULL")
_END_ALL = text("""
UPDATE user_session SET ended_at = :now
WHERE user_id = :user AND ended_at IS NULL AND (CAST(:but AS uuid) IS NULL OR id <> :but) RETURNING id
""")


def begin(session: Session, user_id: UUID, browser: Browser) -> NewSession:
    """Begin a session in the tenant worked in last, or the first one joined. Behind a platform door."""
    token, session_id, now = secrets.token_urlsafe(32), new_id(), clock.now()
    begun = session.execute(
        _BEGIN,
        {
            "id": session_id,
            "hash": hash_token(token),
            "user": user_id,
            "now": now,
            "expires": now + LONGEST,
            "address": browser.address,
            "agent": browser.agent[:_AGENT_LENGTH],
        },
    )
    return NewSession(token, session_id, begun.scalar_one(), now + LONGEST)


def switch_tenant(session: Session, actor: Actor, tenant_id: UUID) -> NewSession:
    """Go on in another tenant of one's own, with a new token; the old one ends. Raises `NotFound` for a foreign one."""
    token, session_id = secrets.token_urlsafe(32), new_id()
    words = {
        "id": session_id,
        "hash": hash_token(token),
        "user": actor.id,
        "old": actor.session_id,
        "tenant": tenant_id,
        "now": clock.now(),
    }
    with as_platform(session, "move a session to another tenant of its user"):
        expires_at = session.execute(_SWITCH, words).scalar()
    if expires_at is None:
        raise NotFound
    return NewSession(token, session_id, tenant_id, expires_at)


def open_sessions(session: Session, actor: Actor) -> list[OpenSession]:
    """Where the actor is logged in now, the latest used first."""
    now = clock.now()
    words = {"user": actor.id, "current": actor.session_id, "now": now, "idle": now - IDLE}
    with as_platform(session, "list one user's own sessions"):
        return [OpenSession(*row) for row in session.execute(_LIST, words)]


def log_out(session: Session, actor: Actor) -> None:
    """End the actor's session. Repeating changes nothing."""
    with as_platform(session, "end one's own session"):
        session.execute(_END, {"id": actor.session_id, "user": actor.id, "now": clock.now()})


def revoke(session: Session, actor: Actor, session_id: UUID) -> None:
    """End another session of one's own, for example on a lost phone. Raises `NotFound`."""
    with as_platform(session, "end one's own session"):
        ended = session.execute(_END, {"id": session_id, "user": actor.id, "now": clock.now()}).scalar()
    if ended is None:
        raise NotFound
    if actor.tenant_id:
        audit.record(session, actor, "session.revoked", "session", session_id)


def end_all(session: Session, user_id: UUID, *, but: UUID | None = None) -> int:
    """End every session of a user, except perhaps the one in use; gives how many. Behind a platform door."""
    ended = session.execute(_END_ALL, {"user": user_id, "but": but, "now": clock.now()})
    return len(ended.all())


def end_by_token(session: Session, token: str) -> None:
    """End the session a browser held before it logged in anew. Behind a platform door."""
    if token:
        session.execute(_END_TOKEN, {"hash": hash_token(token), "now": clock.now()})
