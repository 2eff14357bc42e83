"""Leads that come without a file, one or many at a time: read, judged and stored under the rules of a file's rows.

Invariant: every lead sent comes back exactly once, in order, with what became of it; the same `external_id` again is
the lead that was stored first, however often and however concurrently it is sent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import addressees, duplicates
from app.leads.intake_facts import IntakeFacts, demand_sound
from app.leads.problems import Problem
from app.leads.reasons import UNKNOWN_ADDRESSEE
from app.leads.rows import BatchDefaults, ReadLead, read_values
from app.leads.scoring import books
from app.leads.sealing import BatchFacts, seal_leads
from app.leads.store import store
from app.leads.targets import TARGETED
from tenants import clock, crypto
from tenants.actor import TenantCard

_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_KNOWN = text(
    "SELECT external_id, id FROM lead WHERE tenant_id = :tenant AND external_id = ANY(:external_ids)"
)


class Result(StrEnum):
    """What became of a sent lead; only an accepted one is new in the stock."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    """Its `external_id` had been sent before; nothing was stored."""
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Taken:
    """One sent lead's result: the stored (or known) lead, what refused it, and what was left out of an accepted one."""

    result: Result
    lead_id: UUID | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def take(
    session: Session,
    agency: TenantCard,
    given: Sequence[Mapping[str, object]],
    facts: IntakeFacts,
) -> list[Taken]:
    """Store what can be stored of some sent leads as drafts; one answer each, in order.

    Each of `given` holds targets and fields by name, and people as a list under `contacts`. Raises what
    `intake_facts.demand_sound` refuses; then nothing was stored.
    """
    now = clock.now()
    sound = demand_sound(session, agency.id, facts)
    known = addressees.by_words(session, agency.id) if facts.lead_type == TARGETED else {}
    defaults = BatchDefaults(
        now=now,
        country=sound.country,
        timezone=agency.time_zone,
        lead_type=facts.lead_type,
        legal_basis=facts.legal_basis,
        addressee=str(facts.addressee_id or ""),
    )
    batch = BatchFacts(
        vertical=sound.vertical,
        lead_type=facts.lead_type,
        source_id=facts.source_id,
        legal_basis=facts.legal_basis,
        consent_text_id=facts.consent_text_id,
        max_sales=sound.max_sales,
        stored_at=now,
        addressees=known,
        scoring=books.for_block(session, agency.id, sound.vertical.code, facts.source_id),
    )
    read = [_read(values, batch, defaults) for values in given]
    stored = iter(_stored(session, agency.id, [one for one in read if isinstance(one, ReadLead)], batch))
    return [
        next(stored) if isinstance(one, ReadLead) else Taken(Result.REJECTED, problems=one) for one in read
    ]


def _read(
    values: Mapping[str, object], batch: BatchFacts, defaults: BatchDefaults
) -> ReadLead | tuple[Problem, ...]:
    lead = read_values(batch.vertical, {name: _clean(value) for name, value in values.items()}, defaults)
    if isinstance(lead, ReadLead) and batch.lead_type == TARGETED and batch.addressee_of(lead) is None:
        return (Problem("addressee", UNKNOWN_ADDRESSEE),)
    return lead


def _clean(value: object) -> object:
    """A JSON value without the characters that no file could bring in: control, direction, half of a pair."""
    if isinstance(value, str):
        return _UNSAFE.sub("", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return value


def _stored(session: Session, tenant_id: UUID, leads: Sequence[ReadLead], batch: BatchFacts) -> list[Taken]:
    sealed = seal_leads(crypto.vault(session, tenant_id), leads, batch)
    reasons = store(session, tenant_id, sealed, batch).reasons
    again = [
        lead.external_id
        for lead, reason in zip(leads, reasons, strict=True)
        if reason == duplicates.EXTERNAL_ID
    ]
    known = _known(session, tenant_id, again) if again else {}
    taken = []
    for lead, ready, reason in zip(leads, sealed, reasons, strict=True):
        if reason is None:
            taken.append(Taken(Result.ACCEPTED, ready.id, warnings=lead.warnings))
        elif reason == duplicates.EXTERNAL_ID:
            taken.append(Taken(Result.KNOWN, known[lead.external_id]))
        else:
            taken.append(Taken(Result.DUPLICATE, problems=(Problem(None, reason),)))
    return taken


def _known(session: Session, tenant_id: UUID, external_ids: Sequence[str | None]) -> dict[str | None, UUID]:
    words = {"tenant": tenant_id, "external_ids": list(external_ids)}
    return {row.external_id: row.id for row in session.execute(_KNOWN, words)}
