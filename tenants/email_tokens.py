"""One-time links in mails to users: proof that a mailbox is theirs.

Invariants: 256 random bits, of which only the hash is kept; a link works once and for a limited time; reading a link
does not use it up (mail scanners follow links).
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import clock
from tenants.errors import Refused
from tenants.language import N_

Purpose = Literal["confirm", "reset"]

LIFE: dict[Purpose, timedelta] = {"confirm": timedelta(days=3), "reset": timedelta(hours=1)}
PAUSE = timedelta(minutes=5)
"""Nobody gets a second link of a kind sooner: a stranger cannot fill a mailbox."""


class DeadLink(Refused):
    """The link is unknown, was used already, or is too old."""

    status, code = 410, "dead_link"

    def __init__(self) -> None:
        super().__init__(N_("This link does not work any more. Ask for a new one."))


def hash_token(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


_MAKE = text("""
INSERT INTO email_token (token_hash, user_id, purpose, expires_at)
SELECT :hash, :user, :purpose, :expires WHERE NOT EXISTS (
  SELECT FROM email_token WHERE user_id = :user AND purpose = :purpose AND used_at IS NULL AND expires_at > :recent)
RETURNING token_hash
""")
_READ = text("""
SELECT user_id FROM email_token WHERE token_hash = :hash AND purpose = :purpose AND used_at IS NULL AND expires_at > :now
""")
_USE = text("""
UPDATE email_token SET used_at = :now
WHERE token_hash = :hash AND purpose = :purpose AND used_at IS NULL AND expires_at > :now RETURNING user_id
""")
_VOID = text("UPDATE email_token SET used_at = :now WHERE user_id = :user AND used_at IS NULL")


def make(session: Session, user_id: UUID, purpose: Purpose) -> str | None:
    """A new token for a link; None when the user got one within the last five minutes. Behind a platform door."""
    token = secrets.token_urlsafe(32)
    expires_at = clock.now() + LIFE[purpose]
    made = session.execute(
        _MAKE,
        {
            "hash": hash_token(token),
            "user": user_id,
            "purpose": purpose,
            "expires": expires_at,
            "recent": expires_at - PAUSE,
        },
    )
    return token if made.one_or_none() else None


def owner(session: Session, token: str, purpose: Purpose) -> UUID:
    """Whose link it is, without using it up. Raises `DeadLink`."""
    return _user(session, _READ, token, purpose, clock.now())


def use(session: Session, token: str, purpose: Purpose) -> UUID:
    """Use the link up and give its user. Raises `DeadLink`, also for the slower of two at once."""
    return _user(session, _USE, token, purpose, clock.now())


def void_all(session: Session, user_id: UUID) -> None:
    """No link that was sent to this user works any more."""
    session.execute(_VOID, {"user": user_id, "now": clock.now()})


def _user(session: Session, statement: object, token: str, purpose: Purpose, now: datetime) -> UUID:
    found = session.execute(
        statement,  # type: ignore[call-overload]
        {"hash": hash_token(token), "purpose": purpose, "now": now},
    ).scalar()
    if found is None:
        raise DeadLink
    return found  # type: ignore[no-any-return]
