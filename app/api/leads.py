"""An agency's leads: sent one by one, looked at, withdrawn."""

from dataclasses import fields as parts
from typing import Any
from uuid import UUID

from flask import jsonify

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.leads import ContactSet, Lead, LeadPage, LeadQuery, NewLead, Withdrawal
from app.api.schemas.quarantine import Waiting, said
from app.api.trial import NO_LEAD, as_asked
from app.guard import actor, session
from app.leads import queries
from app.leads.intake_facts import facts_of_body
from app.leads.qualification import LETTERS
from app.leads.reveal import reveal
from app.market.offer import offer
from app.market.withdraw import withdraw_lead
from tenants import clock
from tenants.permissions import Permission

resource = Resource("leads", "An agency's own leads.")

_TEXTS = ("external_id", "region", "postcode", "language", "sub_id", "consent_origin", "temperature", "ip", "ip_country",
          "trustedform_url", "jornaya_id")  # fmt: skip
_TIMES = ("enquired_at", "consent_at")
_EXAMPLE = {
    "vertical": "home_solar",
    "type": "consumer",
    "source_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "country": "UA",
    "legal_basis": "consent",
    "consent_text_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a12",
    "consent_at": "2026-11-21T08:00:00Z",
    "consent_origin": "https://acme.example/form",
    "external_id": "A-1001",
    "enquired_at": "2026-11-21T08:00:00Z",
    "region": "UA-30",
    "bant": {"budget": "confirmed", "authority": "unknown", "need": "confirmed", "timeline": "unknown"},
    "answers": {"property_type": "detached", "is_owner": True, "monthly_bill": "2000"},
    "contacts": [{"name": "Olena", "phones": ["+380671234567"], "emails": ["olena@example.com"]}],
}


@resource.get("/leads", Permission.LEAD_READ, Takes(LeadQuery), gives=Gives(LeadPage))
def list_leads(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's leads, newest first."""
    wanted = queries.LeadFilter(
        states=tuple(query["state"]),
        verticals=tuple(query["vertical"]),
        lead_type=query["type"],
        source_ids=tuple(query["source_id"]),
        batch_id=query["batch_id"],
        addressee_id=query["addressee_id"],
        temperatures=tuple(query["temperature"]),
        grades=tuple(query["grade"]),
        min_score=query["min_score"],
        since=query["since"],
        until=query["until"],
        external_id=query["external_id"] or None,
        flag=query["flag"],
    )
    found = queries.lead_page(
        session(),
        actor().card().id,
        wanted,
        older_than=cursors.read_id(query["cursor"]),
        limit=query["limit"] + 1,
    )
    return cursors.page(found.rows, query["limit"], lambda row: (row.id,))


@resource.post(
    "/leads",
    Permission.LEAD_WRITE,
    Takes(json=NewLead, example=_EXAMPLE, by_source_keys=True),
    gives=Gives(Lead, 201, also=200, waits=Waiting),
)
def create_lead(body: dict[str, Any]) -> Any:
    """Store one lead and offer it at once, or keep it as a draft.

    The same `external_id` again gives the lead that was stored first, with status 200. A lead that somebody has to
    look at first is answered with 202: it rests in quarantine. With `test` nothing is stored: the refusal, or with
    status 200 the lead as it would be, under the id 00000000-0000-0000-0000-000000000000.
    """
    facts = facts_of_body(body)
    with as_asked(is_test=body["test"]):
        added = offer(session(), actor(), _values(body), facts, clock.now(), is_draft=body["draft"])
        shown = _shown(added.lead_id) if added.lead_id is not None else {}
    if added.lead_id is None:
        waiting = NO_LEAD if body["test"] else added.quarantined_id
        return jsonify(Waiting().dump({"quarantined_id": waiting, "reasons": said(added.reasons)})), 202
    if body["test"]:
        return {**shown, **({"id": NO_LEAD} if added.is_new else {})}, 200
    return shown, 201 if added.is_new else 200


@resource.get("/leads/{lead_id}", Permission.LEAD_READ, gives=Gives(Lead))
def read_lead(lead_id: UUID) -> dict[str, Any]:
    """One lead of the agency, without its people."""
    return _shown(lead_id)


@resource.get("/leads/{lead_id}/contacts", Permission.CONTACT_READ, gives=Gives(ContactSet, refuses=(410,)))
def reveal_contacts(lead_id: UUID) -> Any:
    """The people of a lead; each reveal is logged."""
    return reveal(session(), actor(), lead_id)


@resource.post(
    "/leads/{lead_id}/withdraw",
    Permission.LEAD_WRITE,
    Takes(json=Withdrawal, example={"reason": "mistake"}),
    gives=Gives(Lead),
)
def withdraw(body: dict[str, Any], lead_id: UUID) -> dict[str, Any]:
    """Take a lead off the market; sales stand."""
    withdraw_lead(session(), actor(), lead_id, body["reason"], clock.now())
    return _shown(lead_id)


def _values(body: dict[str, Any]) -> dict[str, object]:
    bant = body["bant"] or {}
    return {
        **body["answers"],
        **{name: body[name] for name in _TEXTS if body[name]},
        **{name: body[name].isoformat() for name in _TIMES if body[name]},
        **{f"bant_{letter}": bant[letter] for letter in LETTERS if letter in bant},
        "contacts": body["contacts"],
    }


def _shown(lead_id: UUID) -> dict[str, Any]:
    view = queries.lead_view(session(), actor().card().id, lead_id)
    return {
        **{part.name: getattr(view.row, part.name) for part in parts(view.row)},
        **{part.name: getattr(view, part.name) for part in parts(view) if part.name != "row"},
    }
