"""Returns: claimed by the company, decided by the agency, appealed to the operator."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.deeds import Appeal, Decision, NewReturn, Return, ReturnPage, ReturnQuery
from app.guard import actor, session
from app.market import queries, returns
from tenants import clock
from tenants.permissions import Permission

resource = Resource("returns", "Claims to return a bought lead.")
_EXAMPLE = {
    "purchase_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "reason": "wrong_number",
    "note": "The number is not in use.",
}


@resource.get("/returns", Permission.LEAD_READ, Takes(ReturnQuery), gives=Gives(ReturnPage))
def list_returns(query: dict[str, Any]) -> dict[str, Any]:
    """The claims you are a side of, newest first."""
    after = cursors.read_id(query["cursor"])
    return cursors.next_page(queries.claims(session(), query["state"], after=after, limit=query["limit"]))


@resource.post(
    "/returns", Permission.RETURN_WRITE, Takes(json=NewReturn, example=_EXAMPLE), gives=Gives(Return, 201)
)
def create_return(body: dict[str, Any]) -> Any:
    """Claim one pay-per-lead purchase back within its window; the agency answers within 48 hours."""
    why = returns.Claim(body["reason"], body["note"])
    made = returns.claim(session(), actor(), body["purchase_id"], why, clock.now())
    return queries.claim(session(), made)


@resource.get("/returns/{return_id}", Permission.LEAD_READ, gives=Gives(Return))
def read_return(return_id: UUID) -> Any:
    """One claim."""
    return queries.claim(session(), return_id)


@resource.post(
    "/returns/{return_id}/decision",
    Permission.RETURN_WRITE,
    Takes(json=Decision, example={"decision": "accept"}),
    gives=Gives(Return),
)
def decide_return(body: dict[str, Any], return_id: UUID) -> Any:
    """The agency accepts (the money goes back) or refuses (the company may appeal)."""
    is_accepted = body["decision"] == "accept"
    returns.decide(session(), actor(), return_id, accept=is_accepted, answer=body["answer"], at=clock.now())
    return queries.claim(session(), return_id)


@resource.post(
    "/returns/{return_id}/appeal",
    Permission.RETURN_WRITE,
    Takes(json=Appeal, example={"appeal": "The recording shows it."}),
    gives=Gives(Return),
)
def appeal_return(body: dict[str, Any], return_id: UUID) -> Any:
    """The company takes a refusal to the operator, once."""
    returns.appeal(session(), actor(), return_id, body["appeal"], clock.now())
    return queries.claim(session(), return_id)
