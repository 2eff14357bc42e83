"""Outcomes, actions and the whole story of one bought or sold lead. Queries only.

Invariant: the company's side reads its own outcomes with value and note, the agency's side only type and time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.bundle import Bundle
from app.market import queries as market
from app.market import reveal
from app.outcomes.settle import OPEN
from tenants import crypto
from tenants.actor import Actor
from tenants.crypto import SALT_BYTES
from tenants.errors import NotFound
from tenants.permissions import Permission

_TOLD = text("SELECT * FROM outcome WHERE purchase_id = :id ORDER BY reported_at DESC, id DESC LIMIT 200")
_TOLD_TO_AGENCY = text(
    "SELECT * FROM sale_outcome WHERE sale_id = :id ORDER BY reported_at DESC, id DESC LIMIT 200"
)
_ACTION = """
SELECT a.*, coalesce(p.vertical, s.vertical) AS vertical, p.agency_name, s.buyer_label
FROM action a LEFT JOIN purchase p ON p.id = a.sale_id LEFT JOIN sale s ON s.id = a.sale_id
"""
_PENDING = text(f"{_ACTION} WHERE a.state = 'pending' ORDER BY a.decide_by, a.id LIMIT :limit")
_ACTIONS = text(f"""{_ACTION} WHERE (CAST(:states AS text[]) IS NULL OR a.state = ANY(:states))
AND (CAST(:after AS uuid) IS NULL OR a.id < :after) ORDER BY a.id DESC LIMIT :limit""")
_ONE_ACTION = text(f"{_ACTION} WHERE a.id = :id")
_ACTIONS_OF = text(f"{_ACTION} WHERE a.sale_id = :id ORDER BY a.id DESC")
_DELIVERIES = text("""
SELECT d.id, d.event_type, d.state, d.created_at, d.delivered_at, d.destination_id, x.name FROM delivery d
JOIN destination x ON x.tenant_id = d.tenant_id AND x.id = d.destination_id
WHERE d.subject_id = :id ORDER BY d.created_at DESC LIMIT 50
""")


@dataclass(frozen=True, slots=True)
class Told:
    """One outcome as the company sees it; `note` is opened only for those who may see contacts."""

    row: Row[Any]
    note: str | None


@dataclass(frozen=True, slots=True)
class BoughtLead:
    """Everything a company may know of a lead it bought. `bundle` is None for readers without contacts, or erased."""

    purchase: Row[Any]
    bundle: Bundle | None
    may_see_contacts: bool
    outcomes: Sequence[Told]
    actions: Sequence[Row[Any]]
    claim: Row[Any] | None
    deliveries: Sequence[Row[Any]]

    def can_be_returned(self, at: datetime) -> bool:
        """Whether a claim could be opened now."""
        bought = self.purchase
        is_open = bought.terms == "ppl" and bought.state == "active" and self.claim is None
        return bool(is_open and bought.return_until >= at)


@dataclass(frozen=True, slots=True)
class SoldLead:
    """Everything an agency may know of a lead it sold."""

    sale: Row[Any]
    outcomes: Sequence[Row[Any]]
    actions: Sequence[Row[Any]]
    claim: Row[Any] | None
    deliveries: Sequence[Row[Any]]

    def claimable(self, at: datetime) -> list[str]:
        """Action types the agency may still claim: priced, not reported, in time."""
        if self.sale.terms != "ppa" or self.sale.state not in OPEN or at > self.sale.report_until:
            return []
        reported = {action.type for action in self.actions if action.state != "withdrawn"}
        return [kind for kind in self.sale.prices if kind not in reported]


def bought_lead(session: Session, actor: Actor, purchase_id: UUID, *, opens: bool = True) -> BoughtLead:
    """One purchase with its story; opening its contacts is logged, so nothing opens them where the log is dropped.

    Raises `NotFound`.
    """
    purchase = market.purchase(session, purchase_id)
    may_see = opens and actor.may(Permission.CONTACT_READ)
    return BoughtLead(
        purchase=purchase,
        bundle=reveal.reveal(session, actor, purchase_id) if may_see else None,
        may_see_contacts=may_see,
        outcomes=_told(session, actor, purchase_id, may_see),
        actions=session.execute(_ACTIONS_OF, {"id": purchase_id}).all(),
        claim=market.claim_of(session, purchase_id),
        deliveries=session.execute(_DELIVERIES, {"id": purchase_id}).all(),
    )


def sold_lead(session: Session, sale_id: UUID) -> SoldLead:
    """One sale with its story. Raises `NotFound`."""
    return SoldLead(
        sale=market.sale(session, sale_id),
        outcomes=session.execute(_TOLD_TO_AGENCY, {"id": sale_id}).all(),
        actions=session.execute(_ACTIONS_OF, {"id": sale_id}).all(),
        claim=market.claim_of(session, sale_id),
        deliveries=session.execute(_DELIVERIES, {"id": sale_id}).all(),
    )


def pending_actions(session: Session, *, limit: int = 200) -> Sequence[Row[Any]]:
    """Actions that wait for an answer, the one whose clock ends first on top."""
    return session.execute(_PENDING, {"limit": limit}).all()


def actions(
    session: Session, states: Sequence[str] = (), *, after: UUID | None = None, limit: int = 50
) -> market.Page:
    """Actions the session's tenant is a side of, newest first."""
    asked = {"states": list(states) or None, "after": after, "limit": limit + 1}
    rows = session.execute(_ACTIONS, asked).all()
    return market.Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def action(session: Session, action_id: UUID) -> Row[Any]:
    """One action the session's tenant is a side of. Raises `NotFound`."""
    found = session.execute(_ONE_ACTION, {"id": action_id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def _told(session: Session, actor: Actor, purchase_id: UUID, may_see: bool) -> list[Told]:
    rows = session.execute(_TOLD, {"id": purchase_id}).all()
    vault = crypto.vault(session, actor.card().id)

    def note(row: Row[Any]) -> str | None:
        if row.note_sealed is None or not may_see:
            return None
        sealed = bytes(row.note_sealed)
        return vault.open(sealed[:SALT_BYTES], row.id, "note", sealed[SALT_BYTES:]).decode()

    return [Told(row, note(row)) for row in rows]
