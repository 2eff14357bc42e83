"""Offering one lead as it comes in: stored and published in one deed, or kept as a draft.

Invariant: a lead that cannot be offered is not stored either, unless a draft was asked for.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.leads.add_lead import Added, add
from app.leads.intake_facts import IntakeFacts
from app.market.publish import publish_leads
from tenants.actor import Actor


def offer(
    session: Session,
    actor: Actor,
    values: Mapping[str, object],
    facts: IntakeFacts,
    at: datetime,
    *,
    is_draft: bool = False,
) -> Added:
    """Add a lead and offer it at once. Raises what `add_lead.add` and `publish.publish_leads` refuse: nothing stored.

    One that has to wait in quarantine is not offered. Repeating with the same `external_id` gives the same lead; one kept as a draft before is offered now.
    """
    added = add(session, actor, values, facts)
    if not is_draft and added.lead_id is not None:
        publish_leads(session, actor, [added.lead_id], at)
    return added
