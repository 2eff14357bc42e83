"""Approval: the operator lets a tenant trade, or stops it.

Invariants: only a member of the operator with the permission approves; nobody is approved without legal name, number
and the terms in force; both the operator and the tenant can read who did it and when.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import audit, clock, letters
from tenants.actor import Actor, TenantCard
from tenants.db import as_platform
from tenants.errors import Forbidden, Invalid, NotFound, Refused
from tenants.language import N_
from tenants.letters import Reader
from tenants.names import sort_name
from tenants.organisation import COLUMNS, Organisation, organisation_from
from tenants.permissions import Permission

State = Literal["pending", "approved", "suspended"]


class NotApproved(Refused):
    """The tenant may not trade: the operator has not approved it yet, or has suspended it."""

    status, code = 403, "not_approved"


class FactsMissing(Refused):
    """The tenant has not said who it is, or has not accepted the terms."""

    status, code = 409, "facts_missing"

    def __init__(self) -> None:
        super().__init__(N_("Legal name, a number and the accepted terms are needed before approval."))


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who owns a tenant, for its page at the operator's."""

    name: str
    email: str
    language: str

    @property
    def reader(self) -> Reader:
        """As the reader of a mail."""
        return Reader(self.email, self.name, self.language)


_LIST = text(f"""
SELECT {COLUMNS} FROM tenant
WHERE kind <> 'operator' AND (CAST(:state AS text) IS NULL OR state = :state)
  AND (CAST(:older AS uuid) IS NULL OR id < :older) AND strpos(sort_name, :part) > 0
ORDER BY id DESC LIMIT :limit
""")  # noqa: S608 (our own words)
_FIND = text(f"SELECT {COLUMNS} FROM tenant WHERE id = :tenant AND kind <> 'operator'")  # noqa: S608 (our own words)
_COUNT = text("SELECT state, count(*) AS number FROM tenant WHERE kind <> 'operator' GROUP BY state")
_LOCK = text("SELECT id FROM tenant WHERE id = :tenant FOR UPDATE")
_APPROVE = text("UPDATE tenant SET state = 'approved', approved_at = :now WHERE id = :tenant")
_SUSPEND = text("UPDATE tenant SET state = 'suspended' WHERE id = :tenant")
_OWNERS = text("""
SELECT m.name, m.email, u.language FROM membership m JOIN user_account u ON u.id = m.user_id
WHERE m.tenant_id = :tenant AND m.role = 'owner' ORDER BY m.created_at, m.user_id
""")


def require_approved(card: TenantCard) -> None:
    """Raises `NotApproved` (403) for a tenant that may not trade."""
    if card.state == "pending":
        raise NotApproved(
            N_("Your organisation is not approved yet. State its legal name and number in the settings."),
            state=card.state,
        )
    if card.state == "suspended":
        raise NotApproved(N_("Your organisation is suspended. Ask the operator why."), state=card.state)


def approve(session: Session, actor: Actor, tenant_id: UUID) -> None:
    """Let the tenant trade from now on, and tell its owners. Repeating changes nothing.

    Raises `Forbidden`, `NotFound`, `FactsMissing`; nothing is written then.
    """
    _demand_operator(actor)
    with as_platform(session, "the operator approves a tenant"):
        found = _locked(session, tenant_id)
        if found.state == "approved":
            return
        if not found.is_complete:
            raise FactsMissing
        session.execute(_APPROVE, {"tenant": tenant_id, "now": clock.now()})
        _record(session, actor, "tenant.approved", found, {})
        for owner in _owners(session, tenant_id):
            letters.send_approved(session, owner.reader, found.preferences.name)


def suspend(session: Session, actor: Actor, tenant_id: UUID, reason: str) -> None:
    """Stop the tenant's trade from now on, and tell its owners why. Repeating changes nothing.

    What was sold stays sold: deliveries, returns and actions go on. Raises `Forbidden`, `NotFound`, `Invalid` without
    a reason.
    """
    _demand_operator(actor)
    reason = reason.strip()
    if not 0 < len(reason) <= 1000:
        sentence = N_("Say why, in at most 1000 characters: the owners will read it.")
        raise Invalid(sentence, fields={"reason": sentence})
    with as_platform(session, "the operator suspends a tenant"):
        found = _locked(session, tenant_id)
        if found.state == "suspended":
            return
        session.execute(_SUSPEND, {"tenant": tenant_id})
        _record(session, actor, "tenant.suspended", found, {"reason": reason})
        for owner in _owners(session, tenant_id):
            letters.send_suspended(session, owner.reader, found.preferences.name, reason)


@dataclass(frozen=True, slots=True)
class Search:
    """Which tenants the operator wants to see."""

    state: State | None = None
    name_part: str = ""


def tenants(
    session: Session, actor: Actor, search: Search, *, older_than: UUID | None = None, limit: int = 50
) -> list[Organisation]:
    """A page of agencies and companies, newest first, for the operator. Raises `Forbidden`."""
    _demand_operator(actor)
    words = {"state": search.state, "part": sort_name(search.name_part), "older": older_than, "limit": limit}
    with as_platform(session, "the operator lists tenants"):
        return [organisation_from(row) for row in session.execute(_LIST, words)]


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many agencies and companies are in each state. Raises `Forbidden`."""
    _demand_operator(actor)
    with as_platform(session, "the operator counts tenants"):
        found = {row.state: row.number for row in session.execute(_COUNT)}
    return {state: found.get(state, 0) for state in ("pending", "approved", "suspended")}


def tenant(session: Session, actor: Actor, tenant_id: UUID) -> tuple[Organisation, list[Owner]]:
    """One agency or company with its owners, for the operator. Raises `Forbidden`, `NotFound`."""
    _demand_operator(actor)
    with as_platform(session, "the operator looks at a tenant"):
        return _find(session, tenant_id), _owners(session, tenant_id)


def _demand_operator(actor: Actor) -> None:
    actor.demand(Permission.PLATFORM_APPROVE)
    if actor.card().kind != "operator":
        raise Forbidden(N_("Only the operator does this."))


def _locked(session: Session, tenant_id: UUID) -> Organisation:
    session.execute(_LOCK, {"tenant": tenant_id})
    # read after the lock, by a statement of its own: one statement would see the row as it was before waiting
    return _find(session, tenant_id)


def _find(session: Session, tenant_id: UUID) -> Organisation:
    row = session.execute(_FIND, {"tenant": tenant_id}).one_or_none()
    if row is None:
        raise NotFound
    return organisation_from(row)


def _owners(session: Session, tenant_id: UUID) -> list[Owner]:
    return [Owner(*row) for row in session.execute(_OWNERS, {"tenant": tenant_id})]


def _record(session: Session, actor: Actor, action: str, found: Organisation, detail: dict[str, str]) -> None:
    audit.record(session, actor, action, "tenant", found.id, detail=detail)
    audit.record(session, actor, action, "tenant", found.id, detail=detail, tenant_id=found.id)
