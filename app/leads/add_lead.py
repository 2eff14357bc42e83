"""Adding one lead from a request, under the same rules as a row of a file.

Invariant: the same `external_id` twice gives the same lead, however often and however concurrently it is sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import addressees, duplicates
from app.leads.intake_facts import IntakeFacts, demand_sound
from app.leads.problems import Problem
from app.leads.reasons import REASONS, UNKNOWN_ADDRESSEE
from app.leads.rows import BatchDefaults, ReadLead, read_values
from app.leads.sealing import BatchFacts, seal_leads
from app.leads.store import store
from app.leads.targets import TARGETED
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.errors import Refused
from tenants.language import N_

_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


class LeadUnreadable(Refused):
    """Something in the lead cannot be read; `problems` names each target, code and sentence. Nothing was stored."""

    status, code = 422, "lead_unreadable"


class DuplicateLead(Refused):
    """The agency has a lead of this person from the last 90 days; nothing was stored."""

    status, code = 409, "duplicate_lead"


@dataclass(frozen=True, slots=True)
class Added:
    """The lead; `is_new` is False when it had been added before under the same `external_id`."""

    lead_id: UUID
    is_new: bool


_KNOWN = text("SELECT id FROM lead WHERE tenant_id = :tenant AND external_id = :external_id")


def add(session: Session, actor: Actor, values: Mapping[str, object], facts: IntakeFacts) -> Added:
    """Store one lead as a draft.

    `values` are targets and fields by name, and people as a list under `contacts`. Raises what
    `intake_facts.demand_sound` refuses, `LeadUnreadable` or `DuplicateLead`; then nothing was stored.
    """
    card, now = actor.card(), clock.now()
    sound = demand_sound(session, card.id, facts)
    known = addressees.by_words(session, card.id) if facts.lead_type == TARGETED else {}
    defaults = BatchDefaults(
        now=now,
        country=sound.country,
        timezone=card.time_zone,
        lead_type=facts.lead_type,
        legal_basis=facts.legal_basis,
        addressee=str(facts.addressee_id or ""),
    )
    lead = read_values(sound.vertical, {name: _clean(value) for name, value in values.items()}, defaults)
    if not isinstance(lead, ReadLead):
        raise _unreadable(lead)
    batch = BatchFacts(
        vertical=sound.vertical,
        lead_type=facts.lead_type,
        source_id=facts.source_id,
        legal_basis=facts.legal_basis,
        consent_text_id=facts.consent_text_id,
        max_sales=sound.max_sales,
        stored_at=now,
        addressees=known,
    )
    if facts.lead_type == TARGETED and batch.addressee_of(lead) is None:
        raise _unreadable((Problem("addressee", UNKNOWN_ADDRESSEE),))
    return _stored(session, actor, lead, batch)


def _clean(value: object) -> object:
    """A JSON value without the characters that no file could bring in: control, direction, half of a pair."""
    if isinstance(value, str):
        return _UNSAFE.sub("", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return value


def _stored(session: Session, actor: Actor, lead: ReadLead, batch: BatchFacts) -> Added:
    tenant_id = actor.card().id
    (sealed,) = seal_leads(crypto.vault(session, tenant_id), [lead], batch)
    (reason,) = store(session, tenant_id, [sealed], batch).reasons
    if reason is None:
        audit.record(session, actor, "lead.added", "lead", sealed.id)
        return Added(sealed.id, is_new=True)
    if reason == duplicates.EXTERNAL_ID:
        words = {"tenant": tenant_id, "external_id": lead.external_id}
        return Added(session.execute(_KNOWN, words).scalar_one(), is_new=False)
    raise DuplicateLead(REASONS[duplicates.IN_STOCK])


def _unreadable(problems: tuple[Problem, ...]) -> LeadUnreadable:
    named = [
        {"target": one.target, "code": one.code, "message": REASONS[one.code] % one.params}
        for one in problems
    ]
    return LeadUnreadable(N_("The lead cannot be stored as it is."), problems=named)
