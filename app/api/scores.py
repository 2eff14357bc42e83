"""Why a lead scores what it scores: for its agency, and for a company that bought it."""

from typing import Any
from uuid import UUID

from app.api.operations import Gives, Resource
from app.api.schemas.scores import Score
from app.guard import actor, session
from app.leads.scoring.conditions import Condition
from app.leads.scoring.subjects import AGENCY_ONLY
from app.leads.scoring.why import Why
from app.market.lead_score import bought_why, lead_why
from tenants import clock
from tenants.permissions import Permission

resource = Resource("scores", "Scores, and every point of them explained.")


@resource.get("/leads/{lead_id}/score", Permission.LEAD_READ, gives=Gives(Score))
def read_lead_score(lead_id: UUID) -> dict[str, Any]:
    """The score of a lead of the agency now, under the rules that hold now, and why."""
    return _shown(lead_why(session(), actor().card().id, lead_id, clock.now()), is_agency=True)


@resource.get("/purchases/{purchase_id}/score", Permission.LEAD_READ, gives=Gives(Score))
def read_purchase_score(purchase_id: UUID) -> dict[str, Any]:
    """The score of a bought lead now, under the rules it was sold with, and why."""
    return _shown(bought_why(session(), actor().card().id, purchase_id, clock.now()), is_agency=False)


def _shown(why: Why, *, is_agency: bool) -> dict[str, Any]:
    return {
        "at": why.at,
        "version": why.version,
        "score": why.score,
        "stored": why.stored,
        "fit": why.fit,
        "grade": why.grade,
        "groups": [
            {
                "name": group.name,
                "cap": group.cap,
                "floor": group.floor,
                "sum": round(group.sum, 3),
                "counts": round(group.counts, 3),
                "rules": [
                    {
                        **_condition(one.rule.when, is_agency=is_agency),
                        "points": one.rule.points,
                        "points_now": round(one.points, 3),
                        "half_life_days": one.rule.half_life_days,
                        "age_days": round(one.age_days, 3),
                    }
                    for one in group.rules
                ],
            }
            for group in why.groups
        ],
        "traits": [
            {
                "kind": one.kind,
                "weight": one.weight,
                "is_met": has,
                **_condition(one.when, is_agency=is_agency),
            }
            for one, has in why.traits
        ],
    }


def _condition(when: Condition, *, is_agency: bool) -> dict[str, Any]:
    if not is_agency and when.subject in AGENCY_ONLY:
        return {"subject": None, "op": None, "values": [], "currency": ""}
    return {
        "subject": when.subject,
        "op": when.op,
        "values": list(when.values),
        "currency": when.currency,
    }
