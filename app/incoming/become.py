"""What becomes of a received body: a lead, or one for each row of a mail's table and each object of a list; or none.

Invariants: every row and every object has a result of its own; a refusal stores nothing of the body; a test of the
sender's stores no lead. Leads are offered under their connection's mapping.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.incoming.connections import Connection
from app.incoming.contents import contents, guessed, leads_of, rows
from app.incoming.documents import GOOGLE_ADS, META, Document, document
from app.incoming.mail import no_lead
from app.incoming.mail.mail import Mail
from app.incoming.mail.rows import RowsRefused
from app.incoming.paths import Paths, values
from app.leads.intake import Taken
from app.leads.problems import Problem
from app.leads.reasons import REASONS
from app.leads.resting import Origin
from app.market.offer import offer_many
from tenants import clock
from tenants.actor import Actor
from tenants.db import rehearsal
from tenants.errors import Refused

TEST, UNMAPPED, REFUSED, NO_LEAD, SEVERAL = "test", "unmapped", "refused", "no_lead", "several"


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a body, or of one of its rows: for its record, and for the test on the mapping page."""

    result: str
    lead_id: UUID | None = None
    problems: tuple[dict[str, Any], ...] = ()
    quarantined_id: UUID | None = None
    rows: tuple["Became", ...] = ()
    """One each, in order, where the body held several leads."""

    @property
    def counts(self) -> dict[str, int]:
        """How many of several leads had which result."""
        return Counter(one.result for one in self.rows)


def become(session: Session, actor: Actor, found: Connection, value: object, received_at: datetime) -> Became:
    """Store and offer the leads of a body, and say what became of them; a refusal stores nothing.

    Repeating stores nothing twice: a lead whose body names no ID has one made of the body.
    """
    mapped = found.mapped
    if isinstance(value, Mail):
        return _of_mail(session, actor, found, value, received_at)
    if mapped.is_empty and found.kind in (GOOGLE_ADS, META):
        mapped = Paths(guessed(found, value), mapped.constants)
    if mapped.is_empty:
        return Became(UNMAPPED)
    is_test = found.kind == GOOGLE_ADS and isinstance(value, Mapping) and value.get("is_test") is True
    try:
        flats = [document(found.kind, one) for one in leads_of(found, value)]
        leads = [_lead(found, mapped, one, received_at) for one in flats]
        first, *others = _offered(session, actor, found, leads, Origin("webhook", found.id), is_test=is_test)
    except Refused as refused:
        return _refused(refused)
    if others:
        return Became(SEVERAL, rows=tuple(map(_became, (first, *others))))
    return Became(TEST, problems=_said(first)) if is_test else _became(first)


def _of_mail(session: Session, actor: Actor, found: Connection, mail: Mail, received_at: datetime) -> Became:
    mapped = found.mapped
    if why := no_lead.answers_by_itself(mail):
        return _no_lead(why)
    if mapped.is_empty:
        return Became(UNMAPPED)
    try:
        several = rows(found, mail)
    except RowsRefused as refused:
        return _refused(refused)
    flats = several.documents or (contents(found, mail),)
    if no_lead.is_to_many(mail) and not any(no_lead.names_somebody(mapped.paths, one) for one in flats):
        return _no_lead(no_lead.BULK)
    leads = [_lead(found, mapped, one, received_at) for one in flats]
    try:
        taken = _offered(session, actor, found, leads, Origin("mail", found.id))
    except Refused as refused:
        return _refused(refused)
    tables = no_lead.tables_attached(mail, is_read=several.is_attached)
    attached = (_saying(None, "table_attached", no_lead.ATTACHED, {"kinds": tables}),) if tables else ()
    if several.documents:
        return Became(SEVERAL, problems=attached, rows=tuple(map(_became, taken)))
    return _became(taken[0], attached)


def _lead(found: Connection, mapped: Paths, flat: Document, received_at: datetime) -> dict[str, object]:
    has_consent = found.facts.consent_text_id is not None
    return values(found.kind, mapped, flat, received_at, has_consent=has_consent)


def _offered(
    session: Session,
    actor: Actor,
    found: Connection,
    leads: Sequence[Mapping[str, object]],
    origin: Origin,
    *,
    is_test: bool = False,
) -> list[Taken]:
    with rehearsal(session) if is_test else session.begin_nested():
        return offer_many(
            session, actor, leads, found.facts, clock.now(), is_draft=found.is_draft, origin=origin
        )


def _no_lead(why: str) -> Became:
    return Became(NO_LEAD, problems=(_saying(None, NO_LEAD, why, {}),))


def _refused(refused: Refused) -> Became:
    return Became(REFUSED, problems=(_saying(None, refused.code, refused.message, refused.details),))


def _became(taken: Taken, more: tuple[dict[str, Any], ...] = ()) -> Became:
    return Became(taken.result.value, taken.lead_id, (*_said(taken), *more), taken.quarantined_id)


def _said(taken: Taken) -> tuple[dict[str, Any], ...]:
    return tuple(_problem(one) for one in (*taken.problems, *taken.warnings))


def _problem(problem: Problem) -> dict[str, Any]:
    return _saying(problem.target, problem.code, REASONS[problem.code], problem.params)


def _saying(target: str | None, code: str, sentence: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence with what fills it, to be said in the reader's language."""
    return {"target": target, "code": code, "message": sentence, "params": dict(params)}
