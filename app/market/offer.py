"""Offering leads as they come in, one or many: stored and published in one deed, or kept as drafts.

Invariant: a lead that cannot be offered is not stored either, unless a draft was asked for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.leads.add_lead import Added, add
from app.leads.intake import Result, Taken, take
from app.leads.intake_facts import IntakeFacts
from app.leads.resting import BY_API, Origin
from app.market.publish import publish_leads
from tenants import audit
from tenants.actor import Actor
from tenants.key_limits import demand_source


def offer(
    session: Session,
    actor: Actor,
    values: Mapping[str, object],
    facts: IntakeFacts,
    at: datetime,
    *,
    is_draft: bool = False,
    origin: Origin = BY_API,
) -> Added:
    """Add a lead and offer it at once. Raises what `add_lead.add` and `publish.publish_leads` refuse: nothing stored.

    One that has to wait in quarantine is not offered; there it says its `origin`. Repeating with the same `external_id`
    gives the same lead; one kept as a draft before is offered now.
    """
    demand_source(actor, facts.source_id)
    added = add(session, actor, values, facts, origin=origin)
    if not is_draft and added.lead_id is not None:
        publish_leads(session, actor, [added.lead_id], at)
    return added


def offer_many(
    session: Session,
    actor: Actor,
    given: Sequence[Mapping[str, object]],
    facts: IntakeFacts,
    at: datetime,
    *,
    is_draft: bool = False,
    origin: Origin = BY_API,
) -> list[Taken]:
    """Add many leads and offer those that can be stored; one answer each, in order.

    Raises what `intake_facts.demand_sound` and `publish.publish_leads` refuse: nothing stored. Repeating is safe for
    leads with an `external_id`: they are known, and offered if they were kept as drafts before.
    """
    demand_source(actor, facts.source_id)
    taken = take(session, actor.card(), given, facts, origin=origin)
    new = [one.lead_id for one in taken if one.result is Result.ACCEPTED]
    offered = [one.lead_id for one in taken if one.result in (Result.ACCEPTED, Result.KNOWN) and one.lead_id]
    if offered and not is_draft:
        publish_leads(session, actor, offered, at)
    if new:
        audit.record(session, actor, "lead.added", "source", facts.source_id, count=len(new))
    return taken
