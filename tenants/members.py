"""Members of a tenant: who works here, as what, and who may buy.

Invariants: a tenant always has an owner; a removed member's sessions in this tenant end at once; a changed role counts
from the next request, because roles are read afresh.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import audit, clock
from tenants.accounts import Account
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import Invalid, NotFound, Refused
from tenants.language import N_
from tenants.names import sort_name
from tenants.permissions import ROLES, Permission


class LastOwner(Refused):
    """The deed would leave the tenant without an owner."""

    status, code = 409, "last_owner"

    def __init__(self) -> None:
        super().__init__(N_("An organisation needs an owner. Make somebody else an owner first."))


class AlreadyMember(Refused):
    """The person works in this tenant already."""

    status, code = 409, "already_member"

    def __init__(self) -> None:
        super().__init__(N_("This person is a member already."))


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a tenant."""

    user_id: UUID
    name: str
    email: str
    role: str
    may_buy: bool
    created_at: datetime


_COLUMNS = "user_id, name, email, role, may_buy, created_at"
_LIST = text(f"SELECT {_COLUMNS} FROM membership WHERE tenant_id = :tenant")  # noqa: S608 (our own words)
_LOCK = text(f"""
SELECT {_COLUMNS} FROM membership WHERE tenant_id = :tenant AND (user_id = :user OR role = 'owner')
ORDER BY user_id FOR UPDATE
""")  # noqa: S608 (our own words)
_JOIN = text("""
INSERT INTO membership (tenant_id, user_id, role, name, email, created_at)
VALUES (:tenant, :user, :role, :name, :email, :now) ON CONFLICT DO NOTHING RETURNING user_id
""")
_CHANGE = text(
    "UPDATE membership SET role = :role, may_buy = :may_buy WHERE tenant_id = :tenant AND user_id = :user"
)
_REMOVE = text("DELETE FROM membership WHERE tenant_id = :tenant AND user_id = :user")
_END_SESSIONS = text("""
UPDATE user_session SET ended_at = :now WHERE user_id = :user AND tenant_id = :tenant AND ended_at IS NULL
""")


def members(session: Session, actor: Actor) -> list[Member]:
    """Everybody who works in the actor's tenant, by name."""
    rows = session.execute(_LIST, {"tenant": actor.card().id})
    return sorted((Member(*row) for row in rows), key=lambda member: (sort_name(member.name), member.user_id))


def join(session: Session, tenant_id: UUID, account: Account, role: str) -> None:
    """Make the account a member. Behind a platform door. Raises `AlreadyMember`."""
    joined = session.execute(
        _JOIN,
        {
            "tenant": tenant_id,
            "user": account.id,
            "role": role,
            "name": account.name,
            "email": account.email,
            "now": clock.now(),
        },
    )
    if joined.one_or_none() is None:
        raise AlreadyMember


def demand_role(kind: str, role: str) -> None:
    """Raises `Invalid` for a role that a tenant of this kind does not have."""
    if role not in ROLES[kind]:
        sentence = N_("There is no such role.")
        raise Invalid(sentence, fields={"role": sentence})


def change_role(session: Session, actor: Actor, user_id: UUID, role: str) -> None:
    """Give a member another role; the grant to buy ends with it.

    Raises `NotFound`, `Invalid` for an unknown role, `LastOwner`; nothing is written then.
    """
    actor.demand(Permission.MEMBER_WRITE)
    demand_role(actor.card().kind, role)
    member = _locked(session, actor, user_id, keeps_owner=role == "owner")
    if member.role == role:
        return
    _change(session, actor, member, role=role, may_buy=False)
    audit.record(
        session, actor, "member.role_changed", "user", user_id, detail={"from": member.role, "to": role}
    )


def grant_buying(session: Session, actor: Actor, user_id: UUID, may_buy: bool) -> None:
    """Let an agent of a company buy, or not any more. Raises `NotFound`, `Invalid` for anybody else."""
    actor.demand(Permission.MEMBER_WRITE)
    member = _locked(session, actor, user_id, keeps_owner=True)
    if actor.card().kind != "company" or member.role != "agent":
        raise Invalid(N_("Only an agent of a company is granted buying; owners and managers buy anyway."))
    if member.may_buy == may_buy:
        return
    _change(session, actor, member, role=member.role, may_buy=may_buy)
    audit.record(
        session, actor, "member.buying_granted" if may_buy else "member.buying_ended", "user", user_id
    )


def remove(session: Session, actor: Actor, user_id: UUID) -> None:
    """Take a member out of the tenant; their sessions in it end at once. Raises `NotFound`, `LastOwner`.

    API keys belong to the tenant and stay. Anybody may remove themselves.
    """
    if user_id != actor.id:
        actor.demand(Permission.MEMBER_WRITE)
    member = _locked(session, actor, user_id, keeps_owner=False)
    words = {"tenant": actor.card().id, "user": user_id, "now": clock.now()}
    session.execute(_REMOVE, words)
    with as_platform(session, "end a removed member's sessions"):
        session.execute(_END_SESSIONS, words)
    audit.record(session, actor, "member.removed", "user", user_id, detail={"role": member.role})


def _locked(session: Session, actor: Actor, user_id: UUID, *, keeps_owner: bool) -> Member:
    # the owners are locked with the member: two of them cannot take each other out
    rows = session.execute(_LOCK, {"tenant": actor.card().id, "user": user_id})
    found = {row.user_id: Member(*row) for row in rows}
    member = found.get(user_id)
    if member is None:
        raise NotFound
    owners = sum(row.role == "owner" for row in found.values())
    if member.role == "owner" and owners == 1 and not keeps_owner:
        raise LastOwner
    return member


def _change(session: Session, actor: Actor, member: Member, *, role: str, may_buy: bool) -> None:
    session.execute(
        _CHANGE, {"tenant": actor.card().id, "user": member.user_id, "role": role, "may_buy": may_buy}
    )
