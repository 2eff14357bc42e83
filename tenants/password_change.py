"""Another password: by a mailed link for who forgot it, by the old one for who knows it.

Invariants: with the password all other sessions and all mailed links end; an unknown address gets the same answer as a
known one; the owner is told by mail.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from tenants import access, accounts, email_tokens, letters, passwords, sessions
from tenants.accounts import Account
from tenants.actor import Actor
from tenants.db import platform_transaction
from tenants.email_address import read_email
from tenants.errors import Invalid
from tenants.language import N_


def request_reset(email: str) -> None:
    """Mail a link to set a new password, if the address has an account. Raises `Invalid` for what is no address.

    Within five minutes of the last link none is sent.
    """
    normal = read_email(email)[1]
    with platform_transaction("mail a link to set a new password: users belong to no tenant") as session:
        account = accounts.find(session, normal)
        if account is None or account.is_disabled:
            return
        token = email_tokens.make(session, account.id, "reset")
        if token:
            letters.send_reset(session, account.reader, token)


def demand_link(token: str) -> None:
    """Raises `DeadLink` unless the mailed link still works; it is not used up."""
    with platform_transaction("look at a link to set a new password") as session:
        email_tokens.owner(session, token, "reset")


def reset(token: str, password: str) -> None:
    """Set the password by a mailed link, which also confirms the address; every session of the user ends.

    Raises `DeadLink`, or `Invalid` for a bad password, and then the link still works.
    """
    demand_link(token)
    passwords.demand_good(password)
    password_hash = passwords.hash_password(password)
    with platform_transaction("set a new password by a mailed link") as session:
        account = accounts.get(session, email_tokens.use(session, token, "reset"))
        accounts.confirm(session, account.id)
        _replace(session, account, password_hash)


def change(actor: Actor, old: str, new: str, address: str) -> None:
    """Set another password, knowing the old one; every other session of the user ends.

    Raises `Invalid` (field `old` or `password`), `TooManyAttempts`, `Busy`. Never inside another transaction.
    """
    passwords.demand_good(new, actor.email)
    account = access.begin_attempt(read_email(actor.email)[1], address)
    if account is None or not passwords.is_right(old, account.password_hash):
        sentence = N_("This is not your present password.")
        raise Invalid(sentence, fields={"old": sentence})
    password_hash = passwords.hash_password(new)
    with platform_transaction("change one's own password: users belong to no tenant") as session:
        _replace(session, account, password_hash, but=actor.session_id)


def _replace(session: Session, account: Account, password_hash: str, but: UUID | None = None) -> None:
    accounts.set_password_hash(session, account.id, password_hash)
    access.forgive(session, account.email_normal)
    email_tokens.void_all(session, account.id)
    sessions.end_all(session, account.id, but=but)
    letters.send_password_changed(session, account.reader)
