"""Adding one lead from a request: `intake.take` for a caller who wants the lead or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.leads.intake import Result, take
from app.leads.intake_facts import IntakeFacts
from app.leads.problems import Problem
from app.leads.reasons import REASONS
from app.leads.resting import BY_API, Origin
from tenants import audit
from tenants.actor import Actor
from tenants.errors import Refused
from tenants.language import N_


class LeadUnreadable(Refused):
    """Something in the lead cannot be read; `problems` names each target, code and sentence. Nothing was stored."""

    status, code = 422, "lead_unreadable"


class DuplicateLead(Refused):
    """The agency has a lead of this person from the last 90 days; nothing was stored."""

    status, code = 409, "duplicate_lead"


@dataclass(frozen=True, slots=True)
class Added:
    """The lead; `is_new` is False when it had been added before under the same `external_id`.

    One that waits in quarantine is no lead yet: then `quarantined_id` and the `reasons` say so.
    """

    lead_id: UUID | None
    is_new: bool
    quarantined_id: UUID | None = None
    reasons: tuple[Problem, ...] = ()


def add(
    session: Session,
    actor: Actor,
    values: Mapping[str, object],
    facts: IntakeFacts,
    *,
    origin: Origin = BY_API,
) -> Added:
    """Store one lead as a draft, or put it into quarantine when its vertical wants somebody to look at it.

    `values` are targets and fields by name, and people as a list under `contacts`. Raises what
    `intake_facts.demand_sound` refuses, `LeadUnreadable` or `DuplicateLead`; then nothing was stored.
    """
    (taken,) = take(session, actor.card(), [values], facts, origin=origin)
    if taken.result is Result.DUPLICATE:
        raise DuplicateLead(REASONS[taken.problems[0].code])
    if taken.result is Result.QUARANTINED:
        return Added(None, is_new=True, quarantined_id=taken.quarantined_id, reasons=taken.problems)
    if taken.lead_id is None:
        raise _unreadable(taken.problems)
    if taken.result is Result.ACCEPTED:
        audit.record(session, actor, "lead.added", "lead", taken.lead_id)
    return Added(taken.lead_id, is_new=taken.result is Result.ACCEPTED)


def _unreadable(problems: tuple[Problem, ...]) -> LeadUnreadable:
    named = [
        {"target": one.target, "code": one.code, "message": REASONS[one.code] % one.params}
        for one in problems
    ]
    return LeadUnreadable(N_("The lead cannot be stored as it is."), problems=named)
