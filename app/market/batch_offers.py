"""A batch on the market, as a whole: offered, paused and taken back by one flag, whatever its size.

Invariants: while a batch is held nobody but its agency sees or buys anything of it (row-level security and the purchase
both ask `held_batch`); its leads are prepared behind that hold, slice by slice, and offered by lifting it, so that a
buyer meets all of them or none. Every deed may be repeated and goes on where a dead worker stopped.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.batch_states import demand_state
from app.leads.quarantine import discard_of_file
from app.market.publish import NotPublishable, demand_prices, list_leads
from app.market.reserved import tell_addressees
from app.market.withdraw import withdraw_leads
from tenants import audit, clock
from tenants.actor import SYSTEM, Actor
from tenants.approval import require_approved
from tenants.db import as_platform, platform_transaction, transaction
from tenants.jobs import SLOW, enqueue, job, sweep, wake
from tenants.language import N_

AT_ONCE = 2_000
"""Leads that one transaction offers or takes back; a larger batch is done in slices behind its hold."""
PATIENCE_SECONDS = 60

_NOT_PUBLISHED = N_("This upload is not published, so there is nothing to undo. You can cancel it instead.")
_NOT_UNDONE = {
    "undone": N_("This upload is undone already."),
    "cancelled": N_("This upload is cancelled: nothing of it was published."),
}

_SET = text("UPDATE batch SET state = :state, due_at = :due WHERE tenant_id = :tenant AND id = :id")
_HOLD = text("""
INSERT INTO held_batch (batch_id, agency_id, held_at, reason) VALUES (:id, :tenant, :at, :reason)
ON CONFLICT (batch_id) DO UPDATE SET reason = excluded.reason, held_at = excluded.held_at
""")
_LIFT = text("DELETE FROM held_batch WHERE batch_id = :id AND agency_id = :tenant")
_PUBLISHED = text("""
UPDATE batch SET state = 'published', published_at = coalesce(published_at, :at), due_at = NULL
WHERE tenant_id = :tenant AND id = :id
""")
_UNDONE = text("""
UPDATE batch SET state = 'undone', undone_at = :at, due_at = :due, staged_to = NULL
WHERE tenant_id = :tenant AND id = :id
""")
_SLICE = text("""
SELECT id FROM lead WHERE tenant_id = :tenant AND batch_id = :id AND (CAST(:after AS uuid) IS NULL OR id > :after)
ORDER BY id LIMIT :most
""")
_STAGED = text("""
UPDATE batch SET staged = staged + :count, staged_to = :last WHERE tenant_id = :tenant AND id = :id
""")
_ADDRESSED = text("""
SELECT tenant_id, count(*) FROM reserved_lead WHERE agency_id = :tenant AND batch_id = :id AND state = 'offered'
GROUP BY tenant_id
""")
_LEFT = text("""
SELECT count(*) FILTER (WHERE sold_count = 0 AND state NOT IN ('withdrawn', 'erased', 'expired')) AS unsold,
  count(*) FILTER (WHERE sold_count > 0) AS sold FROM lead WHERE tenant_id = :tenant AND batch_id = :id
""")
_DUE = text("""
SELECT tenant_id, id FROM batch WHERE due_at <= :now AND state IN ('staging', 'publishing', 'undone') LIMIT 100
""")


def stage_batch(session: Session, actor: Actor, batch_id: UUID, at: datetime) -> None:
    """Prepare a large checked batch, so that publishing it later only lifts its hold; a small one needs nothing.

    Raises `NotFound`, `WrongState`, `PriceMissing`; then nothing was changed.
    """
    batch = _batch(session, actor, batch_id, ("checked", "staging", "staged"))
    _demand_batch_prices(session, batch)
    if batch.state == "checked" and not _is_small(batch):
        _begin(session, batch, "staging", at)


def publish_batch(session: Session, actor: Actor, batch_id: UUID, at: datetime) -> int:
    """Offer every lead of a checked batch; how many. Buyers meet all of them or none.

    A staged batch and a small one are offered at once; of a large one that is not prepared yet the rest is prepared by
    a worker first. Raises `NotFound`, `NotPublishable`, `PriceMissing`, `NotApproved`; then nothing was published.
    """
    require_approved(actor.card())
    batch = _publishable(session, actor, batch_id)
    _demand_batch_prices(session, batch)
    audit.record(session, actor, "batch.published", "batch", batch_id, count=_leads_of(batch), at=at)
    if batch.state == "staged":
        _lift(session, batch.tenant_id, batch_id, actor.card().name, at)
    elif batch.state == "checked" and _is_small(batch):
        _stage_slice(session, batch, actor.card().name, at, AT_ONCE)
        _lift(session, batch.tenant_id, batch_id, actor.card().name, at)
    else:
        _begin(session, batch, "publishing", at)
    return _leads_of(batch)


def pause_batch(session: Session, actor: Actor, batch_id: UUID, at: datetime) -> None:
    """Take all unsold leads of a published batch off the market until `resume_batch`. Safe to repeat.

    Raises `NotFound` or `WrongState`.
    """
    batch = _batch(session, actor, batch_id, ("published", "paused"))
    if batch.state == "published":
        session.execute(_HOLD, _words(batch, at=at, reason="paused"))
        session.execute(_SET, _words(batch, state="paused", due=None))
        audit.record(session, actor, "batch.paused", "batch", batch_id, at=at)


def resume_batch(session: Session, actor: Actor, batch_id: UUID, at: datetime) -> None:
    """Offer what is left of a paused batch again. Safe to repeat. Raises `NotFound` or `WrongState`."""
    batch = _batch(session, actor, batch_id, ("published", "paused"))
    if batch.state == "paused":
        session.execute(_LIFT, _words(batch))
        session.execute(_SET, _words(batch, state="published", due=None))
        audit.record(session, actor, "batch.resumed", "batch", batch_id, at=at)


def undo_batch(session: Session, actor: Actor, batch_id: UUID, at: datetime) -> tuple[int, int]:
    """Undo a published batch, or one on its way to the market: nothing of it can be bought from now on.

    Gives how many unsold leads are withdrawn, and how many sold ones stand: no lead is in both. What waits in quarantine
    is discarded, and the unsold leads' own IDs may come again (`given_up`). Raises `NotFound`, or `NotPublishable` when
    there is nothing to undo.
    """
    batch = _batch(session, actor, batch_id, None)
    if batch.state not in ("published", "paused", "publishing"):
        raise NotPublishable(_NOT_UNDONE.get(batch.state, _NOT_PUBLISHED), state=batch.state)
    session.execute(_HOLD, _words(batch, at=at, reason="undone"))
    left = session.execute(_LEFT, _words(batch)).one()
    session.execute(_UNDONE, _words(batch, at=at, due=at))
    audit.record(session, actor, "batch.undone", "batch", batch_id, count=left.unsold, at=at)
    if batch.accepted + batch.quarantined <= AT_ONCE:
        while _take_back_slice(session, actor, batch.tenant_id, batch_id, at):
            pass
    else:
        enqueue(session, go_on, str(batch.tenant_id), str(batch_id))
    return left.unsold, left.sold


@job(SLOW)
def go_on(tenant_id: str, batch_id: str) -> None:
    """Prepare, offer or take back a large batch, woken by the deed or by the sweep."""
    finish(UUID(tenant_id), UUID(batch_id))


@sweep(every_seconds=30)
def wake_unfinished(now: datetime) -> None:
    """Wake what a dead worker left half prepared or half taken back."""
    with platform_transaction(
        "uploads: batches of all agencies on their way to or from the market"
    ) as session:
        due = session.execute(_DUE, {"now": now}).all()
    for tenant_id, batch_id in due:
        wake(go_on, str(tenant_id), str(batch_id))


def finish(tenant_id: UUID, batch_id: UUID) -> None:
    """Slice by slice to the end of what is under way with a batch; safe beside another worker."""
    while _slice(tenant_id, batch_id):
        pass


def _slice(tenant_id: UUID, batch_id: UUID) -> bool:
    """One slice in its own transaction; False at the end."""
    at = clock.now()
    with transaction(tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        batch = demand_state(session, tenant_id, batch_id, None)
        if batch.state == "undone" and batch.due_at is not None:
            return _take_back_slice(session, SYSTEM, tenant_id, batch_id, at)
        if batch.state not in ("staging", "publishing"):
            return False
        agency = session.execute(
            text("SELECT name FROM tenant WHERE id = :id"), {"id": tenant_id}
        ).scalar_one()
        if _stage_slice(session, batch, agency, at, AT_ONCE) == AT_ONCE:
            return True
        if batch.state == "publishing":
            _lift(session, tenant_id, batch_id, agency, at)
        else:
            session.execute(_SET, _words(batch, state="staged", due=None))
        return False


def _stage_slice(session: Session, batch: Row[Any], agency: str, at: datetime, most: int) -> int:
    """Make the next drafts ready to be bought; how many leads that were."""
    leads = session.execute(_SLICE, _words(batch, after=batch.staged_to, most=most)).scalars().all()
    if leads:
        list_leads(session, batch.tenant_id, agency, leads, at)
        session.execute(_STAGED, _words(batch, count=len(leads), last=leads[-1]))
    return len(leads)


def _take_back_slice(session: Session, actor: Actor, tenant_id: UUID, batch_id: UUID, at: datetime) -> bool:
    """Withdraw the next unsold leads of an undone batch; False at the end, when its hold is needed no more."""
    words = {"tenant": tenant_id, "id": batch_id}
    batch = session.execute(text("SELECT * FROM batch WHERE tenant_id = :tenant AND id = :id"), words).one()
    if batch.staged_to is None:
        discard_of_file(session, actor, tenant_id, batch_id, at)
    leads = session.execute(_SLICE, _words(batch, after=batch.staged_to, most=AT_ONCE)).scalars().all()
    withdraw_leads(session, actor, leads, "mistake", at, agency_id=tenant_id)
    if len(leads) == AT_ONCE:
        session.execute(_STAGED, _words(batch, count=0, last=leads[-1]))
        return True
    session.execute(_LIFT, words)
    session.execute(_SET, _words(batch, state="undone", due=None))
    return False


def _begin(session: Session, batch: Row[Any], state: str, at: datetime) -> None:
    session.execute(_HOLD, _words(batch, at=at, reason="staged"))
    session.execute(_SET, _words(batch, state=state, due=at))
    enqueue(session, go_on, str(batch.tenant_id), str(batch.id))


def _lift(session: Session, tenant_id: UUID, batch_id: UUID, agency: str, at: datetime) -> None:
    """Offer the whole prepared batch, and tell the companies that something is reserved for them."""
    words = {"tenant": tenant_id, "id": batch_id}
    session.execute(_LIFT, words)
    session.execute(_PUBLISHED, {**words, "at": at})
    session.execute(text("UPDATE batch SET staged_to = NULL WHERE tenant_id = :tenant AND id = :id"), words)
    with as_platform(session, "a targeted lead is offered in its addressee's own table"):
        addressed = Counter({row[0]: row[1] for row in session.execute(_ADDRESSED, words)})
        tell_addressees(session, addressed, agency, at)


def _leads_of(batch: Row[Any]) -> int:
    return int(batch.accepted + batch.released)


def _is_small(batch: Row[Any]) -> bool:
    return _leads_of(batch) <= AT_ONCE


def _publishable(session: Session, actor: Actor, batch_id: UUID) -> Row[Any]:
    batch = _batch(session, actor, batch_id, None)
    if batch.state not in ("checked", "staging", "staged"):
        raise NotPublishable(N_("Only a checked batch can be published."), state=batch.state)
    return batch


def _demand_batch_prices(session: Session, batch: Row[Any]) -> None:
    demand_prices(session, batch.tenant_id, "l.batch_id = :batch", {"batch": batch.id})


def _batch(session: Session, actor: Actor, batch_id: UUID, states: Collection[str] | None) -> Row[Any]:
    return demand_state(session, actor.card().id, batch_id, states)


def _words(batch: Row[Any], **more: object) -> dict[str, object]:
    return {"tenant": batch.tenant_id, "id": batch.id, **more}
