"""Signing up: an account, a tenant and its owner, all or nothing, and a mail to prove the address.

Invariants: nothing is usable before the address is confirmed; the answer is the same, and as slow, whether the address
was known or not: only a mail to it tells.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import accounts, audit, email_tokens, letters, passwords
from tenants.accounts import Account, NewAccount
from tenants.actor import SYSTEM
from tenants.db import platform_transaction
from tenants.email_address import read_email
from tenants.errors import Invalid, Refused
from tenants.founding import NewTenant, checked, demand_kind, found
from tenants.language import N_


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a newcomer fills in."""

    kind: Literal["agency", "company"]
    tenant_name: str
    country: str
    person_name: str
    email: str
    password: str = field(repr=False)
    language: str
    time_zone: str


def sign_up(form: SignUp) -> None:
    """Make a pending tenant with its first owner and mail a link to confirm the address.

    A known address gets a mail that says so, and nothing is made. Raises `Invalid` with every wrong field, `Busy`.
    """
    _demand_right(form)
    email, normal = read_email(form.email)
    account = NewAccount(
        email,
        accounts.read_name(form.person_name, "person_name"),
        form.language,
        passwords.hash_password(form.password),
    )
    tenant = NewTenant(form.kind, form.tenant_name, form.country, form.language, form.time_zone)
    with platform_transaction("sign up: a tenant that does not exist yet") as session:
        made = accounts.create(session, account)
        if made is None:
            _tell_known(session, accounts.known(session, normal))
            return
        tenant_id = found(session, tenant, made)
        audit.record(session, SYSTEM, "tenant.signed_up", "tenant", tenant_id, tenant_id=tenant_id)
        _ask_to_confirm(session, made)


class OperatorExists(Refused):
    """This installation has its operator already; there is only one."""

    status, code = 409, "operator_exists"

    def __init__(self) -> None:
        super().__init__(N_("This installation has an operator already."))


def create_operator(*, name: str, country: str, email: str, password: str) -> UUID:
    """Set up the one operator and its first owner, who may log in at once; gives the tenant's id.

    An account that exists keeps its password. Raises `Invalid`, `OperatorExists`; nothing is written then.
    """
    passwords.demand_good(password, email)
    password_hash = passwords.hash_password(password)
    with platform_transaction("set up the operator") as session:
        if session.execute(_HAS_OPERATOR).scalar_one():
            raise OperatorExists
        new = NewAccount(email, accounts.read_name(name, "name"), "en", password_hash, is_confirmed=True)
        account = accounts.find_or_create(session, new)
        tenant_id = found(session, NewTenant("operator", name, country, "en", "UTC"), account)
        audit.record(session, SYSTEM, "tenant.founded", "tenant", tenant_id, tenant_id=tenant_id)
        return tenant_id


_HAS_OPERATOR = text("SELECT EXISTS (SELECT FROM tenant WHERE kind = 'operator')")


def confirm_email(token: str) -> UUID:
    """The link was followed: the address is the user's, who can log in now. Raises `DeadLink`."""
    with platform_transaction("confirm an address: users belong to no tenant") as session:
        user_id = email_tokens.use(session, token, "confirm")
        accounts.confirm(session, user_id)
        return user_id


def send_confirmation_again(session: Session, account: Account) -> None:
    """Mail another link, unless one was mailed within five minutes. Behind a platform door."""
    _ask_to_confirm(session, account)


def _ask_to_confirm(session: Session, account: Account) -> None:
    token = email_tokens.make(session, account.id, "confirm")
    if token:
        letters.send_confirmation(session, account.reader, token)


def _tell_known(session: Session, account: Account) -> None:
    # a way to set a new password: whoever signed up with this address before may not have been its owner
    token = email_tokens.make(session, account.id, "reset")
    if token:
        letters.send_already_known(session, account.reader, token)


def _demand_right(form: SignUp) -> None:
    checks = (
        lambda: demand_kind(form.kind),
        lambda: checked(NewTenant(form.kind, form.tenant_name, form.country, form.language, form.time_zone)),
        lambda: accounts.read_name(form.person_name, "person_name"),
        lambda: read_email(form.email),
        lambda: passwords.demand_good(form.password, form.email),
    )
    wrong: dict[str, str] = {}
    check: Callable[[], object]
    for check in checks:
        try:
            check()
        except Invalid as refusal:
            wrong |= refusal.details["fields"]
    if wrong:
        raise Invalid(N_("Please correct the marked fields."), fields=wrong)
