"""Actions of pay-per-action sales: claimed by the agency, answered by the company."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.deeds import Action, ActionPage, ActionQuery, NewAction, Why
from app.guard import actor, session
from app.outcomes import actions, queries
from tenants import clock
from tenants.permissions import Permission

resource = Resource("actions", "Billable outcomes of pay-per-action sales.")
_EXAMPLE = {
    "sale_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "type": "call",
    "happened_at": "2026-11-21T14:03:00Z",
    "evidence": "Recording 4711, 3 minutes.",
}


@resource.get("/actions", Permission.LEAD_READ, Takes(ActionQuery), gives=Gives(ActionPage))
def list_actions(query: dict[str, Any]) -> dict[str, Any]:
    """The actions you are a side of, newest first."""
    after = cursors.read_id(query["cursor"])
    return cursors.next_page(queries.actions(session(), query["state"], after=after, limit=query["limit"]))


@resource.post(
    "/actions", Permission.OUTCOME_WRITE, Takes(json=NewAction, example=_EXAMPLE), gives=Gives(Action, 201)
)
def claim_action(body: dict[str, Any]) -> Any:
    """The agency claims an action the company did not report; the company answers within 72 hours."""
    what = actions.Happened(body["type"], body["happened_at"], evidence=body["evidence"])
    return queries.action(session(), actions.claim(session(), actor(), body["sale_id"], what, clock.now()))


@resource.get("/actions/{action_id}", Permission.LEAD_READ, gives=Gives(Action))
def read_action(action_id: UUID) -> Any:
    """One action."""
    return queries.action(session(), action_id)


@resource.post("/actions/{action_id}/confirm", Permission.OUTCOME_WRITE, gives=Gives(Action))
def confirm_action(action_id: UUID) -> Any:
    """The company confirms: the price is captured at once."""
    actions.confirm(session(), actor(), action_id, clock.now())
    return queries.action(session(), action_id)


@resource.post(
    "/actions/{action_id}/withdraw",
    Permission.OUTCOME_WRITE,
    Takes(json=Why, example={"reason": "Reported by mistake."}),
    gives=Gives(Action),
)
def withdraw_action(body: dict[str, Any], action_id: UUID) -> Any:
    """The company takes back what it reported itself."""
    actions.withdraw(session(), actor(), action_id, body["reason"], clock.now())
    return queries.action(session(), action_id)


@resource.post(
    "/actions/{action_id}/refuse",
    Permission.OUTCOME_WRITE,
    Takes(json=Why, example={"reason": "We never spoke to them."}),
    gives=Gives(Action),
)
def refuse_action(body: dict[str, Any], action_id: UUID) -> Any:
    """The company refuses what the agency claimed: a dispute for the operator."""
    actions.refuse(session(), actor(), action_id, body["reason"], clock.now())
    return queries.action(session(), action_id)
