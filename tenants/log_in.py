"""Logging in: from a password to a session, from a session's token to the actor behind a request.

Invariants: the token is 256 random bits of which only the hash is kept; every log-in and every change of tenant gives
a new one; a session ends after 30 minutes without a request and after 12 hours in any case. An unknown user, a wrong
password and a disabled account get the same answer after the same time.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants import access, accounts, clock, passwords, sessions, sign_up
from tenants.accounts import Account
from tenants.actor import Actor, TenantCard
from tenants.db import as_platform, platform_transaction
from tenants.email_address import read_email
from tenants.email_tokens import hash_token
from tenants.errors import Invalid, Refused
from tenants.language import N_
from tenants.permissions import permissions
from tenants.sessions import Browser, NewSession


class WrongCredentials(Refused):
    """The e-mail and the password do not belong together, whatever the reason."""

    status, code = 403, "wrong_credentials"

    def __init__(self) -> None:
        super().__init__(N_("The e-mail address or the password is wrong."))


class NotConfirmed(Refused):
    """The password is right, but the address was never confirmed; the link was mailed again."""

    status, code = 403, "not_confirmed"

    def __init__(self) -> None:
        super().__init__(N_("Please confirm your e-mail address first: we have sent you a link."))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody types to log in, and the token their browser already had, which ends."""

    email: str
    password: str = field(repr=False)
    previous_token: str = field(default="", repr=False)


def log_in(typed: Credentials, browser: Browser) -> NewSession:
    """Begin a session in the tenant worked in last.

    Raises `TooManyAttempts` (429), `WrongCredentials`, `NotConfirmed` (403) or `Busy`; the attempt is remembered all
    the same. Never inside another transaction: it opens its own, and hashes between them.
    """
    normal = _normal(typed.email)
    account = access.begin_attempt(normal, browser.address)
    if not passwords.is_right(typed.password, account.password_hash if account else None):
        raise WrongCredentials
    if account is None or account.is_disabled:
        raise WrongCredentials
    if not account.is_confirmed:
        _remind(account)
        raise NotConfirmed
    better = passwords.hash_password(typed.password) if passwords.is_outdated(account.password_hash) else None
    with platform_transaction("begin a session: users belong to no tenant") as session:
        access.forgive(session, normal)
        if better:
            accounts.set_password_hash(session, account.id, better)
        sessions.end_by_token(session, typed.previous_token)
        return sessions.begin(session, account.id, browser)


def _normal(email: str) -> str:
    try:
        return read_email(email)[1]
    except Invalid:
        # no account can have it; it is counted and answered like any other
        return email.strip().lower()[:320]


def _remind(account: Account) -> None:
    with platform_transaction("mail the link to confirm an address again") as session:
        sign_up.send_confirmation_again(session, account)


CARD = "t.id, t.kind, t.slug, t.name, t.state, t.language, t.time_zone, t.currency, t.country"
"""The columns of a card, of a tenant named `t`."""
_BY_SESSION = text(f"""
SELECT a.session_id, a.user_id, a.user_name, a.email, a.language AS user_language, a.role, a.may_buy, {CARD}
FROM actor_for_session(:hash, :now) a LEFT JOIN tenant t ON t.id = a.tenant_id
""")  # noqa: S608 (our own words)


def actor_for_session(session: Session, token: str) -> Actor | None:
    """Who holds this token, with their tenant's card; None when the session is unknown or over, or the user disabled.

    For a session without a tenant: the caller binds it to `actor.tenant_id` next. A person without a tenant (removed,
    or never in one) is an actor without permissions.
    """
    with as_platform(session, "look up a session token and its tenant's card"):
        row = session.execute(_BY_SESSION, {"hash": hash_token(token), "now": clock.now()}).one_or_none()
    if row is None:
        return None
    card = card_from(row)
    return Actor(
        kind="user",
        id=row.user_id,
        name=row.user_name,
        email=row.email,
        tenant_id=card.id if card else None,
        tenant=card,
        role=row.role,
        permissions=permissions(card.kind, row.role, may_buy=row.may_buy) if card else frozenset(),
        language=row.user_language,
        session_id=row.session_id,
    )


def card_from(row: Row[Any]) -> TenantCard | None:
    """The tenant's card from a row that has its columns; None when the outer join found none."""
    if row.id is None:
        return None
    return TenantCard(
        id=row.id,
        kind=row.kind,
        slug=row.slug,
        name=row.name,
        state=row.state,
        language=row.language,
        time_zone=row.time_zone,
        currency=row.currency,
        country=row.country,
    )


def tenants_of(session: Session, actor: Actor) -> list[TenantCard]:
    """The tenants a person works in, by name; none for a key."""
    with as_platform(session, "list the tenants of one user"):
        rows = session.execute(_TENANTS, {"user": actor.id}).all()
    return [card for card in map(card_from, rows) if card]


_TENANTS = text(f"""
SELECT {CARD} FROM membership m JOIN tenant t ON t.id = m.tenant_id WHERE m.user_id = :user ORDER BY t.sort_name, t.id
""")  # noqa: S608 (our own words)
