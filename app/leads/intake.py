"""Leads that come without a file, one or many at a time: read, judged and stored under the rules of a file's rows.

Invariant: every lead sent comes back exactly once, in order, with what became of it; the same `external_id` again is
the lead that was stored first, however often and however concurrently it is sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import addressees, duplicates
from app.leads.intake_facts import IntakeFacts, demand_sound
from app.leads.problems import Problem
from app.leads.reasons import UNKNOWN_ADDRESSEE
from app.leads.resting import BY_API, Origin, rest
from app.leads.rows import BatchDefaults, ReadLead, read_values
from app.leads.sealing import BatchFacts, seal_leads
from app.leads.store import store
from app.leads.suppressed import SUPPRESSED
from app.leads.targets import TARGETED
from app.leads.unsafe_text import without_unsafe
from tenants import clock, crypto
from tenants.actor import TenantCard

_KNOWN = text(
    "SELECT external_id, id FROM lead WHERE tenant_id = :tenant AND external_id = ANY(:external_ids)"
)
_FEW = 20
"""So many at once are stored, or put to rest, beside whoever else adds to the same stock."""


class Result(StrEnum):
    """What became of a sent lead; only an accepted one is new in the stock."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    """Its `external_id` had been sent before; nothing was stored."""
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    """It rests until somebody has looked at it: `problems` say why, `quarantined_id` where."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One sent lead's result: the stored (or known) lead, what refused it, and what was left out of an accepted one."""

    result: Result
    lead_id: UUID | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    flags: tuple[str, ...] = ()
    quarantined_id: UUID | None = None


def take(
    session: Session,
    agency: TenantCard,
    given: Sequence[Mapping[str, object]],
    facts: IntakeFacts,
    *,
    origin: Origin = BY_API,
) -> list[Taken]:
    """Store what can be stored of some sent leads as drafts; one answer each, in order.

    Each of `given` holds targets and fields by name, and people as a list under `contacts`. What the vertical wants
    somebody to look at is put into quarantine. Raises what `intake_facts.demand_sound` refuses; then nothing was
    stored.
    """
    found = screen(session, agency, given, facts)
    return [
        _rested(session, agency, values, facts, origin, one) if one.result is Result.QUARANTINED else one
        for values, one in zip(given, found, strict=True)
    ]


def screen(
    session: Session,
    agency: TenantCard,
    given: Sequence[Mapping[str, object]],
    facts: IntakeFacts,
    accepting: Collection[str] = (),
    upload_id: UUID | None = None,
) -> list[Taken]:
    """The same, but what belongs into quarantine is only said to: nothing of it is kept.

    `accepting` names reasons for quarantine that a person has looked at and takes; every other rule is held. What is
    stored belongs to the upload `upload_id`.
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
        batch_id=upload_id,
        addressees=known,
    )
    read = [_judged(_read(values, batch, defaults), batch, accepting) for values in given]
    if len(given) > _FEW:
        duplicates.lock_stock(session, agency.id)
    stored = iter(_stored(session, agency.id, [one for one in read if isinstance(one, ReadLead)], batch))
    return [next(stored) if isinstance(one, ReadLead) else one for one in read]


def _judged(
    read: ReadLead | tuple[Problem, ...], batch: BatchFacts, accepting: Collection[str]
) -> ReadLead | Taken:
    if not isinstance(read, ReadLead):
        return Taken(Result.REJECTED, problems=read)
    waits_for = [one for one in batch.vertical.screening.waits_for(read.flags) if one not in accepting]
    if not waits_for:
        return read
    problems = tuple(Problem(None, one) for one in waits_for)
    return Taken(Result.QUARANTINED, problems=problems, flags=read.flags)


def _rested(
    session: Session,
    agency: TenantCard,
    values: Mapping[str, object],
    facts: IntakeFacts,
    origin: Origin,
    found: Taken,
) -> Taken:
    reasons = [one.code for one in found.problems]
    return replace(found, quarantined_id=rest(session, agency.id, values, facts, reasons, origin))


def _read(
    values: Mapping[str, object], batch: BatchFacts, defaults: BatchDefaults
) -> ReadLead | tuple[Problem, ...]:
    lead = read_values(
        batch.vertical, {name: without_unsafe(value) for name, value in values.items()}, defaults
    )
    if isinstance(lead, ReadLead) and batch.lead_type == TARGETED and batch.addressee_of(lead) is None:
        return (Problem("addressee", UNKNOWN_ADDRESSEE),)
    return lead


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
            taken.append(Taken(Result.ACCEPTED, ready.id, warnings=lead.warnings, flags=lead.flags))
        elif reason == duplicates.EXTERNAL_ID:
            taken.append(Taken(Result.KNOWN, known[lead.external_id]))
        elif reason == SUPPRESSED:
            taken.append(Taken(Result.REJECTED, problems=(Problem(None, SUPPRESSED),)))
        else:
            taken.append(Taken(Result.DUPLICATE, problems=(Problem(None, reason),)))
    return taken


def _known(session: Session, tenant_id: UUID, external_ids: Sequence[str | None]) -> dict[str | None, UUID]:
    words = {"tenant": tenant_id, "external_ids": list(external_ids)}
    return {row.external_id: row.id for row in session.execute(_KNOWN, words)}
