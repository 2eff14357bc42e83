"""Telling what became of a bought lead."""

from typing import Any

from app.api.operations import Gives, Resource, Takes
from app.api.schemas.deeds import NewOutcome, OutcomeAnswer
from app.guard import actor, session
from app.outcomes import report
from app.outcomes.queries import bought_lead
from tenants import clock
from tenants.permissions import Permission

resource = Resource("outcomes", "What became of a bought lead, told by its buyer.")
_EXAMPLE = {
    "purchase_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "type": "call",
    "at": "2026-11-21T14:03:00Z",
    "external_id": "crm-4711",
    "seconds": 180,
}


@resource.post(
    "/outcomes",
    Permission.OUTCOME_WRITE,
    Takes(json=NewOutcome, example=_EXAMPLE),
    gives=Gives(OutcomeAnswer, 201),
)
def create_outcome(body: dict[str, Any]) -> Any:
    """Tell an outcome of one of the company's purchases; a billable one of a pay-per-action purchase opens an action.

    The same `external_id` gives the outcome that was recorded first.
    """
    purchase_id = body.pop("purchase_id")
    made = report.report(session(), actor(), purchase_id, report.Outcome(**body), clock.now())
    story = bought_lead(session(), actor(), purchase_id, opens=False)
    return next(one.row for one in story.outcomes if one.row.id == made)
