"""A finished form becomes a lead, or waits until its sender has confirmed the mailbox.

Invariants: one submission is one lead, however often and however concurrently its page is sent; what `intake.take`
refuses is not stored and the person is told what to change. Nobody outside learns whether we knew the person before,
whether they stand on a list, or whether somebody has to look at what they sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import intake
from app.leads.forms import origin, rested, waiting
from app.leads.forms.answers import AGREED
from app.leads.forms.forms import facts_of
from app.leads.forms.origin import FormLead, Visitor
from app.leads.forms.progress import Progress
from app.leads.forms.published import FormClosed, LiveForm
from app.leads.intake import Result, Taken
from app.leads.problems import Problem
from app.leads.resting import Origin
from app.leads.suppressed import SUPPRESSED
from tenants import audit
from tenants.actor import SYSTEM, Actor
from tenants.errors import Invalid, Refused
from tenants.language import N_

_SHORT = {
    f"contact_1_{part}": part
    for part in ("name", "first_name", "last_name", "phone", "email", "messenger", "role")
}

_CLAIM = text("""
INSERT INTO form_submission (tenant_id, id, form_id, version, language, state, received_at)
VALUES (:tenant, :id, :form, :version, :language, 'stored', :at) ON CONFLICT (tenant_id, id) DO NOTHING RETURNING id
""")
_SETTLE = text("""
UPDATE form_submission SET state = :state, lead_id = :lead, quarantined_id = :quarantined
WHERE tenant_id = :tenant AND id = :id
""")


class Became(StrEnum):
    """What became of a submission."""

    LEAD = "lead"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    """Somebody has to look at it first."""
    SUPPRESSED = "suppressed"
    """The person stands on a list of those who are not to be contacted; nothing is kept of them."""
    AWAITING = "awaiting"
    REPLAYED = "replayed"
    """This very submission had been sent before."""


_STATES = {
    Became.LEAD: "stored", Became.DUPLICATE: "duplicate", Became.QUARANTINED: "quarantined", Became.SUPPRESSED: "refused"
}  # fmt: skip


class FormRefused(Invalid):
    """The lead's rules refuse the answers; `problems` says by question why. Nothing was stored."""

    code = "form_refused"

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__(N_("Please look at the marked answers."))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Received:
    """The result, and the new lead where there is one."""

    became: Became
    lead_id: UUID | None = None


def by_form(form: LiveForm) -> Actor:
    """The form itself, as the one who adds a lead."""
    card = form.agency
    return Actor(SYSTEM.kind, None, form.name, "", card.id, card, None, frozenset(), card.language, None)


def receive(session: Session, form: LiveForm, progress: Progress, visitor: Visitor, at: datetime) -> Received:
    """Take a finished form, once. Raises `FormRefused`, or `FormClosed` when its agency's records no longer allow it.

    Safe to repeat: the second time nothing is stored.
    """
    words = {
        "tenant": form.agency.id,
        "id": progress.submission_id,
        "form": form.id,
        "version": form.version,
        "language": progress.language,
        "at": at,
    }
    if session.execute(_CLAIM, words).one_or_none() is None:
        return Received(Became.REPLAYED)
    times = {"sent_at": at, **({"consent_at": at} if AGREED in progress.answers else {})}
    if form.spec.has_double_opt_in:
        waiting.rest(session, form, progress, visitor, times)
        return Received(Became.AWAITING)
    return store(session, form, progress, visitor, times)


def store(
    session: Session, form: LiveForm, progress: Progress, visitor: Visitor, times: Mapping[str, datetime]
) -> Received:
    """Store the lead of a submission that was claimed before, or let it rest. Raises as `receive`."""
    taken = _take(session, form, progress, visitor, times)
    became = became_of(taken)
    if became is None:
        raise FormRefused(_by_question(taken, form))
    words = {"tenant": form.agency.id, "id": progress.submission_id, "state": _STATES[became]}
    session.execute(_SETTLE, {**words, "lead": taken.lead_id, "quarantined": taken.quarantined_id})
    if became is not Became.LEAD or taken.lead_id is None:
        return Received(became)
    lead = FormLead(taken.lead_id, form.id, form.version, progress.origin, visitor, times)
    origin.keep(session, form.agency.id, lead)
    audit.record(session, by_form(form), "lead.added", "lead", taken.lead_id, detail={"form": form.name})
    return Received(Became.LEAD, taken.lead_id)


def became_of(taken: Taken) -> Became | None:
    """What an answer of intake means for a submission; None for a lead that is refused."""
    if taken.result is Result.REJECTED:
        return Became.SUPPRESSED if any(one.code == SUPPRESSED for one in taken.problems) else None
    return {Result.ACCEPTED: Became.LEAD, Result.QUARANTINED: Became.QUARANTINED}.get(
        taken.result, Became.DUPLICATE
    )


def _take(
    session: Session, form: LiveForm, progress: Progress, visitor: Visitor, times: Mapping[str, datetime]
) -> Taken:
    values = rested.values_of(form, progress, times)
    facts = facts_of(form.spec, form.source_id, progress.language)
    try:
        came = rested.came(form.id, progress, visitor, times)
        (taken,) = intake.take(session, form.agency, [values], facts, origin=Origin("form", form.id, came))
    except Refused as refused:
        raise FormClosed from refused
    return taken


def _by_question(taken: Taken, form: LiveForm) -> dict[str, Problem]:
    """Each problem under the question it is about; what is about none, under the last one."""
    asked = form.spec.asked
    found: dict[str, Problem] = {}
    for one in taken.problems:
        name = _SHORT.get(one.target or "", one.target or "")
        found.setdefault(name if name in asked else asked[-1], one)
    return found
