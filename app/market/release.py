"""Letting leads out of quarantine and offering them at once, or as drafts; a row of an upload never before its upload.

Invariant: nothing passes a rule on the way: what is refused or still waits stays in quarantine and says so.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.leads import quarantine
from app.leads.batch_states import WrongState
from app.leads.intake import Result, Taken
from app.leads.quarantine import AwaitsConfirmation, NotResting
from app.leads.quarantine_queries import quarantine_row
from app.leads.resting_uploads import lock_uploads, of_unpublished
from app.market.publish import demand_prices, list_leads, publish_leads
from tenants.actor import Actor
from tenants.errors import NotFound


def release(
    session: Session,
    actor: Actor,
    quarantined_id: UUID,
    at: datetime,
    *,
    accepting: Collection[str] = (),
    is_draft: bool = False,
) -> Taken:
    """Release one lead and offer it, a row of an unpublished upload together with that, whatever `is_draft` says.

    Raises what `quarantine.release` and `publish.publish_leads` refuse: it stays.
    """
    taken = quarantine.release(session, actor, quarantined_id, accepting=accepting)
    if taken.result is Result.ACCEPTED and taken.lead_id is not None:
        _offer(session, actor, [taken.lead_id], at, is_draft=is_draft)
    return taken


def mend(
    session: Session,
    actor: Actor,
    quarantined_id: UUID,
    typed: Mapping[str, str],
    at: datetime,
    *,
    accepting: Collection[str] = (),
    is_released: bool = False,
    is_draft: bool = False,
) -> Taken:
    """Correct a resting lead, and release it when `is_released`; without, the answer says what would become of it.

    What was typed is kept also when the lead stays. Raises what `quarantine.correct` and `release` refuse.
    """
    if is_released:
        lock_uploads(session, actor.card().id, [quarantined_id])
    taken = quarantine.correct(session, actor, quarantined_id, typed)
    if not is_released:
        return taken
    return release(session, actor, quarantined_id, at, accepting=accepting, is_draft=is_draft)


def release_many(
    session: Session,
    actor: Actor,
    quarantined_ids: Sequence[UUID],
    at: datetime,
    *,
    is_looked_at: bool,
    is_draft: bool = False,
) -> tuple[int, int]:
    """Release a selection; (how many went, how many stay). `is_looked_at` takes each lead's reasons as they stand.

    Raises what `publish.publish_leads` refuses: then none of them went.
    """
    gone: list[UUID] = []
    lock_uploads(session, actor.card().id, quarantined_ids)
    for one in sorted(quarantined_ids):
        try:
            reasons = quarantine_row(session, actor.card().id, one).reasons if is_looked_at else ()
            taken = quarantine.release(session, actor, one, accepting=reasons)
        except (NotFound, NotResting, AwaitsConfirmation, WrongState):
            continue
        if taken.lead_id is not None:
            gone.append(taken.lead_id)
    if gone:
        _offer(session, actor, gone, at, is_draft=is_draft)
    return len(gone), len(quarantined_ids) - len(gone)


def _offer(session: Session, actor: Actor, leads: Sequence[UUID], at: datetime, *, is_draft: bool) -> None:
    """Of prepared uploads behind their hold, of unprepared ones not yet, of all others at once."""
    agency = actor.card()
    with_upload = of_unpublished(session, agency.id, leads)
    prepared = [one for one, state in with_upload.items() if state == "staged"]
    if prepared:
        demand_prices(session, agency.id, "l.id = ANY(:leads)", {"leads": prepared})
        list_leads(session, agency.id, agency.name, prepared, at)
    alone = [one for one in leads if one not in with_upload]
    if alone and not is_draft:
        publish_leads(session, actor, alone, at)
