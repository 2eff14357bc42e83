"""Many leads in one request, each with its own result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.api.operations import Gives, Resource, Takes
from app.api.schemas.bulk import LeadResults, NewLeads
from app.api.trial import as_asked
from app.guard import actor, session
from app.leads.intake import Result, Taken
from app.leads.intake_facts import facts_of_body
from app.leads.problems import Problem
from app.leads.reasons import REASONS
from app.leads.sent_lead import faults, laid_out, own_id
from app.market.offer import offer_many
from tenants import clock
from tenants.permissions import Permission

resource = Resource("bulk-leads", "Many leads in one request.")
resource.tag = "leads"

_EXAMPLE = {
    "vertical": "home_solar",
    "type": "consumer",
    "source_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "country": "UA",
    "legal_basis": "consent",
    "consent_text_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a12",
    "leads": [
        {
            "external_id": "A-1001",
            "enquired_at": "2026-11-21T08:00:00Z",
            "consent_at": "2026-11-21T08:00:00Z",
            "consent_origin": "https://acme.example/form",
            "answers": {"property_type": "detached", "is_owner": True},
            "contacts": [{"name": "Olena", "phones": ["+380671234567"]}],
        }
    ],
}


@resource.post(
    "/leads/bulk",
    Permission.LEAD_WRITE,
    Takes(json=NewLeads, example=_EXAMPLE, by_source_keys=True),
    gives=Gives(LeadResults),
)
def create_leads(body: dict[str, Any]) -> dict[str, Any]:
    """Store up to 1,000 leads that share their facts, in one transaction; each gets its own result.

    The same `external_id` again is `known`, never stored twice. With `test` nothing is stored and no lead has an id.
    """
    sent, is_test = body["leads"], body["test"]
    facts = facts_of_body(body)
    wrong = [faults(one) for one in sent]
    given = [laid_out(one) for one, its_faults in zip(sent, wrong, strict=True) if not its_faults]
    with as_asked(is_test=is_test):
        offered = iter(offer_many(session(), actor(), given, facts, clock.now(), is_draft=body["draft"]))
    taken = [Taken(Result.REJECTED, problems=one) if one else next(offered) for one in wrong]
    return _shown(sent, taken, is_test=is_test)


def _shown(sent: Sequence[Mapping[str, object]], taken: Sequence[Taken], *, is_test: bool) -> dict[str, Any]:
    counted = Counter(one.result for one in taken)
    results = [
        {
            "index": index,
            "external_id": own_id(lead),
            "result": one.result.value,
            "quarantined_id": None if is_test else one.quarantined_id,
            "lead_id": None if is_test and one.result is not Result.KNOWN else one.lead_id,
            "problems": [_said(problem) for problem in one.problems],
            "warnings": [_said(problem) for problem in one.warnings],
        }
        for index, (lead, one) in enumerate(zip(sent, taken, strict=True))
    ]
    return {
        "test": is_test,
        "counts": {result.value: counted[result] for result in Result},
        "results": results,
    }


def _said(problem: Problem) -> dict[str, Any]:
    return {
        "target": problem.target,
        "code": problem.code,
        "message": REASONS[problem.code] % problem.params,
    }
