"""Taking back what one typed in, while nobody has bought it; and the last entries of a person, with what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.quarantine import discard
from app.leads.quick.choice import person_of
from app.market.withdraw import withdraw_lead
from tenants.actor import Actor
from tenants.errors import NotFound, Refused
from tenants.language import N_

LAST = 5

_ENTRY = text("""
SELECT e.lead_id, e.quarantined_id, e.undone_at FROM quick_entry e
WHERE e.tenant_id = :tenant AND e.id = :id AND e.person_id = :person FOR UPDATE
""")
_RELEASED = text("SELECT lead_id FROM quarantined_lead WHERE tenant_id = :tenant AND id = :id")
_LEAD = text("SELECT sold_count FROM lead WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE")
_UNDO = text("UPDATE quick_entry SET undone_at = :at WHERE tenant_id = :tenant AND id = :id")
_LAST = text("""
SELECT e.id, e.result, coalesce(e.lead_id, q.lead_id) AS lead_id, e.quarantined_id, e.received_at, e.undone_at,
  coalesce(l.state, '') AS lead_state, coalesce(l.sold_count, 0) AS sold_count, coalesce(q.state, '') AS quarantine_state
FROM quick_entry e LEFT JOIN quarantined_lead q ON q.tenant_id = e.tenant_id AND q.id = e.quarantined_id
LEFT JOIN lead l ON l.tenant_id = e.tenant_id AND l.id = coalesce(e.lead_id, q.lead_id)
WHERE e.tenant_id = :tenant AND e.person_id = :person ORDER BY e.received_at DESC, e.id DESC LIMIT :limit
""")
_COUNT = text("""
SELECT count(*) FROM quick_entry WHERE tenant_id = :tenant AND person_id = :person AND received_at >= :since
  AND result = 'accepted' AND undone_at IS NULL
""")


class NothingToUndo(Refused):
    """The entry was a duplicate: nothing of it was stored."""

    status, code = 409, "nothing_to_undo"


class AlreadySold(Refused):
    """Somebody has bought the lead; its sale stands."""

    status, code = 409, "already_sold"


@dataclass(frozen=True, slots=True)
class LastEntry:
    """One entry and where it stands now."""

    id: UUID
    result: str
    lead_id: UUID | None
    quarantined_id: UUID | None
    received_at: datetime
    undone_at: datetime | None
    lead_state: str
    sold_count: int
    quarantine_state: str

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something left to take back."""
        return self.undone_at is None and self.result != "duplicate" and not self.sold_count


def undo(session: Session, actor: Actor, entry_id: UUID, at: datetime) -> None:
    """Withdraw the lead of one's own entry, or discard what rests in quarantine; repeating changes nothing.

    Raises `NotFound`, `NothingToUndo` or `AlreadySold`; then nothing was changed.
    """
    words = {"tenant": actor.card().id, "id": entry_id, "person": person_of(actor), "at": at}
    entry = session.execute(_ENTRY, words).one_or_none()
    if entry is None:
        raise NotFound
    if entry.undone_at is not None:
        return
    lead_id = _lead_of(session, actor, entry)
    if lead_id is not None:
        if session.execute(_LEAD, {**words, "id": lead_id}).scalar_one():
            raise AlreadySold(N_("This lead is sold already; the sale stands."))
        withdraw_lead(session, actor, lead_id, "mistake", at)
    session.execute(_UNDO, words)


def last_entries(session: Session, actor: Actor, limit: int = LAST) -> Sequence[LastEntry]:
    """The person's own last entries in this agency, newest first."""
    words = {"tenant": actor.card().id, "person": person_of(actor), "limit": limit}
    return [LastEntry(*row) for row in session.execute(_LAST, words)]


def stored_since(session: Session, actor: Actor, since: datetime) -> int:
    """How many leads the person has stored since a moment, without those taken back."""
    words = {"tenant": actor.card().id, "person": person_of(actor), "since": since}
    return int(session.execute(_COUNT, words).scalar_one())


def _lead_of(session: Session, actor: Actor, entry: Row[Any]) -> UUID | None:
    """The entry's lead; one that still rests is discarded here, one that was let go has become a lead."""
    if entry.lead_id is not None:
        return UUID(str(entry.lead_id))
    if entry.quarantined_id is None:
        raise NothingToUndo(N_("Nothing was stored of this entry."))
    if discard(session, actor, [entry.quarantined_id]):
        return None
    words = {"tenant": actor.card().id, "id": entry.quarantined_id}
    released: UUID | None = session.execute(_RELEASED, words).scalar_one()
    return released
