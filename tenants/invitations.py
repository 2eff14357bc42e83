"""Invitations into a tenant: a link mailed to one address, for one role.

Invariants: at most one open invitation per address and tenant; only the hash of its token is kept; whoever accepts has
proved the mailbox by the link, and only the account of that address can accept.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants import accounts, audit, clock, email_tokens, letters, members, passwords
from tenants.accounts import Account, NewAccount
from tenants.actor import Actor
from tenants.db import as_platform, platform_transaction
from tenants.email_address import read_email
from tenants.email_tokens import DeadLink, hash_token
from tenants.errors import NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_
from tenants.permissions import Permission

LIFE = timedelta(days=7)


class OtherAddress(Refused):
    """The invitation is for somebody else's address than the one logged in."""

    status, code = 403, "other_address"

    def __init__(self) -> None:
        super().__init__(N_("This invitation is for another e-mail address. Log in with that one."))


class LogInFirst(Refused):
    """The invited address has an account already, which must log in to accept."""

    status, code = 409, "log_in_first"

    def __init__(self) -> None:
        super().__init__(N_("You have an account already. Log in and open the link in the mail again."))


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation nobody has accepted yet."""

    id: UUID
    email: str
    role: str
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation as the invited person sees it."""

    tenant_id: UUID
    tenant_name: str
    email: str
    role: str
    has_account: bool


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What an invited person without an account fills in."""

    name: str
    password: str = field(repr=False)
    language: str


_IS_MEMBER = text("""
SELECT EXISTS (SELECT FROM membership m JOIN user_account u ON u.id = m.user_id
               WHERE m.tenant_id = :tenant AND u.email_normal = :normal)
""")
_REPLACE = text(
    "DELETE FROM invitation WHERE tenant_id = :tenant AND lower(email) = lower(:email) AND accepted_at IS NULL"
)
_CREATE = text("""
INSERT INTO invitation (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at)
VALUES (:tenant, :id, :email, :role, :hash, :by, :now, :expires)
""")
_LIST = text("""
SELECT id, email, role, invited_by, created_at, expires_at FROM invitation
WHERE tenant_id = :tenant AND accepted_at IS NULL ORDER BY id DESC
""")
_REVOKE = text("""
DELETE FROM invitation WHERE tenant_id = :tenant AND id = :id AND accepted_at IS NULL RETURNING email, role
""")
_FIND = text("""
SELECT i.tenant_id, t.name, i.email, i.role, i.id FROM invitation i JOIN tenant t ON t.id = i.tenant_id
WHERE i.token_hash = :hash AND i.accepted_at IS NULL AND i.expires_at > :now
""")
_ACCEPT = text("""
UPDATE invitation SET accepted_at = :now WHERE tenant_id = :tenant AND id = :id AND accepted_at IS NULL RETURNING id
""")


def invite(session: Session, actor: Actor, email: str, role: str) -> UUID:
    """Mail an invitation; an open one for the same address is replaced, and its link dies. Gives its id.

    Raises `Forbidden`, `Invalid` (address or role), `AlreadyMember`; nothing is sent then.
    """
    actor.demand(Permission.MEMBER_WRITE)
    card = actor.card()
    members.demand_role(card.kind, role)
    written, normal = read_email(email)
    token, invitation_id, now = secrets.token_urlsafe(32), new_id(), clock.now()
    words = {
        "tenant": card.id,
        "id": invitation_id,
        "email": written,
        "normal": normal,
        "role": role,
        "hash": hash_token(token),
        "by": actor.id,
        "now": now,
        "expires": now + LIFE,
    }
    with as_platform(session, "invite: tokens and accounts are no tenant's to read"):
        if session.execute(_IS_MEMBER, words).scalar_one():
            raise members.AlreadyMember
        session.execute(_REPLACE, words)
        session.execute(_CREATE, words)
    letters.send_invitation(session, written, actor.name, card, token)
    audit.record(session, actor, "member.invited", "invitation", invitation_id, detail={"role": role})
    return invitation_id


def open_invitations(session: Session, actor: Actor) -> list[Invitation]:
    """Invitations of the actor's tenant that nobody has accepted, newest first, also those that ran out."""
    return [Invitation(*row) for row in session.execute(_LIST, {"tenant": actor.card().id})]


def revoke(session: Session, actor: Actor, invitation_id: UUID) -> None:
    """Take an invitation back; its link dies. Raises `Forbidden`, `NotFound`."""
    actor.demand(Permission.MEMBER_WRITE)
    with as_platform(session, "revoke one's own invitation"):
        revoked = session.execute(_REVOKE, {"tenant": actor.card().id, "id": invitation_id}).one_or_none()
    if revoked is None:
        raise NotFound
    audit.record(
        session, actor, "invitation.revoked", "invitation", invitation_id, detail={"role": revoked.role}
    )


def look_up(token: str) -> Offer:
    """What a link offers, without using it up. Raises `DeadLink`."""
    with platform_transaction("show an invitation to the invited, who may belong to no tenant") as session:
        row = _find(session, token)
        return Offer(row.tenant_id, row.name, row.email, row.role, _known(session, row.email) is not None)


def accept(session: Session, actor: Actor, token: str) -> UUID:
    """The logged-in person takes the invitation; gives the tenant to switch to.

    Raises `DeadLink`, `OtherAddress`, `AlreadyMember`; nothing is written then.
    """
    with as_platform(session, "accept an invitation into another tenant"):
        row = _find(session, token)
        if actor.kind != "user" or read_email(actor.email)[1] != read_email(row.email)[1]:
            raise OtherAddress
        account = _known(session, row.email)
        if account is None:
            raise OtherAddress
        _take(session, row, account)
    return row.tenant_id  # type: ignore[no-any-return]


def accept_as_new(token: str, person: NewPerson) -> str:
    """Somebody without an account takes the invitation and gets one, confirmed by the link; gives its e-mail address.

    Raises `DeadLink`, `Invalid` for name or password, `LogInFirst` for an address with an account. An account that was
    never confirmed is not its owner's yet: it gets this name and password.
    """
    offer = look_up(token)
    name = accounts.read_name(person.name, "name")
    language = accounts.read_language(person.language)
    passwords.demand_good(person.password, offer.email)
    if offer.has_account:
        raise LogInFirst
    password_hash = passwords.hash_password(person.password)
    with platform_transaction("accept an invitation: a person who belongs to no tenant") as session:
        row = _find(session, token)
        new = NewAccount(row.email, name, language, password_hash, is_confirmed=True)
        account = accounts.create(session, new) or _take_over(session, new)
        _take(session, row, account)
        return account.email


def _find(session: Session, token: str) -> Row[tuple[UUID, str, str, str, UUID]]:
    row = session.execute(_FIND, {"hash": hash_token(token), "now": clock.now()}).one_or_none()
    if row is None:
        raise DeadLink
    return row


def _known(session: Session, email: str) -> Account | None:
    account = accounts.find(session, read_email(email)[1])
    return account if account and account.is_confirmed else None


def _take_over(session: Session, new: NewAccount) -> Account:
    account = accounts.find(session, read_email(new.email)[1])
    if account is None or account.is_confirmed:
        raise LogInFirst
    accounts.set_password_hash(session, account.id, new.password_hash)
    accounts.rename(session, account.id, new.name, new.language)
    accounts.confirm(session, account.id)
    email_tokens.void_all(session, account.id)
    return accounts.get(session, account.id)


def _take(session: Session, row: Row[tuple[UUID, str, str, str, UUID]], account: Account) -> None:
    if session.execute(_ACCEPT, {"tenant": row.tenant_id, "id": row.id, "now": clock.now()}).scalar() is None:
        raise DeadLink
    members.join(session, row.tenant_id, account, row.role)
    who = Actor(
        kind="user",
        id=account.id,
        name=account.name,
        email=account.email,
        tenant_id=row.tenant_id,
        tenant=None,
        role=row.role,
        permissions=frozenset(),
        language=account.language,
        session_id=None,
    )
    audit.record(session, who, "member.joined", "user", account.id, detail={"role": row.role})
