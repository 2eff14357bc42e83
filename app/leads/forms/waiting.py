"""Submissions that rest in quarantine until their sender has confirmed the mailbox, and go on by the click alone.

Invariants: until the click there is no lead; what was sent rests where all resting leads rest, sealed, for as long, and
is deleted with them. The link carries a keyed mark of the submission that is kept nowhere.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import quarantine, resting
from app.leads.forms import rested
from app.leads.forms.forms import facts_of
from app.leads.forms.origin import Visitor
from app.leads.forms.progress import Progress
from app.leads.forms.published import FormClosed, LiveForm
from app.leads.intake import Result, Taken
from app.leads.intake_facts import demand_sound
from app.leads.resting import AWAITING_CONFIRMATION, Origin
from app.leads.suppressed import SUPPRESSED
from tenants import clock, crypto
from tenants.errors import Refused
from tenants.language import N_

_PURPOSE = "form confirmation"

_REST = text("""
UPDATE form_submission SET state = 'awaiting_confirmation', quarantined_id = :quarantined, mail_due_at = :at
WHERE tenant_id = :tenant AND id = :id
""")
_READ = text("""
SELECT b.state, b.language, b.quarantined_id, q.state = 'resting' AND q.expires_at > :now AS rests
FROM form_submission b LEFT JOIN quarantined_lead q ON q.tenant_id = b.tenant_id AND q.id = b.quarantined_id
WHERE b.tenant_id = :tenant AND b.id = :id AND b.form_id = :form FOR UPDATE OF b
""")
_CONFIRMED = text("""
UPDATE form_submission SET state = :state, confirmed_at = :now, mail_due_at = NULL
WHERE tenant_id = :tenant AND id = :id
""")
_WAITING = text("""
SELECT count(*) FROM form_submission b
JOIN quarantined_lead q ON q.tenant_id = b.tenant_id AND q.id = b.quarantined_id AND q.state = 'resting'
WHERE b.tenant_id = :tenant AND b.form_id = :form AND b.state = 'awaiting_confirmation'
""")


class DeadConfirmation(Refused):
    """The link is unknown, damaged, or older than fourteen days."""

    status, code = 410, "dead_link"

    def __init__(self) -> None:
        super().__init__(N_("This link does not work any more. Please fill in the form again."))


def rest(
    session: Session, form: LiveForm, progress: Progress, visitor: Visitor, times: Mapping[str, datetime]
) -> None:
    """Let a claimed submission wait for its sender's click; a mail with the link is due at once. Raises `FormClosed`."""
    from app.leads.forms import confirmation

    facts = facts_of(form.spec, form.source_id, progress.language)
    try:
        demand_sound(session, form.agency.id, facts)
    except Refused as refused:
        raise FormClosed from refused
    values = rested.values_of(form, progress, times)
    way = Origin("form", form.id, rested.came(form.id, progress, visitor, times))
    found = resting.rest(session, form.agency.id, values, facts, [AWAITING_CONFIRMATION], way)
    words = {"tenant": form.agency.id, "id": progress.submission_id, "quarantined": found}
    session.execute(_REST, {**words, "at": times["sent_at"]})
    confirmation.wake(session, form.agency.id, progress.submission_id)


def confirm(session: Session, form: LiveForm, submission_id: UUID, mark: str) -> tuple[Taken, str] | None:
    """The click: what became of the lead, and the sender's language; None when it was clicked before.

    Under all other rules it becomes a lead, stays in quarantine for somebody to look at, or is deleted because the
    person is known already or stands on a list. Raises `DeadConfirmation`, or `FormClosed` when the agency's records no
    longer allow it: then it keeps waiting.
    """
    row = _waiting(session, form, submission_id, mark)
    if row is None:
        return None
    agency_id = form.agency.id
    try:
        taken = quarantine.release_confirmed(session, agency_id, row.quarantined_id)
    except Refused as refused:
        raise FormClosed from refused
    state = "stored" if taken.lead_id else "quarantined"
    if taken.result is Result.DUPLICATE or any(one.code == SUPPRESSED for one in taken.problems):
        quarantine.drop_unconfirmed(session, agency_id, row.quarantined_id)
        state = "duplicate" if taken.result is Result.DUPLICATE else "refused"
    session.execute(
        _CONFIRMED, {"tenant": agency_id, "id": submission_id, "now": clock.now(), "state": state}
    )
    return taken, row.language


def demand_waiting(session: Session, form: LiveForm, submission_id: UUID, mark: str) -> None:
    """Raises `DeadConfirmation` unless the link still works, or worked already: reading it does not use it up."""
    _waiting(session, form, submission_id, mark)


def _waiting(session: Session, form: LiveForm, submission_id: UUID, mark: str) -> Any:
    vault = crypto.vault(session, form.agency.id)
    if not hmac.compare_digest(mark_of(vault, submission_id).encode(), mark.encode()):
        raise DeadConfirmation
    words = {"tenant": form.agency.id, "id": submission_id, "form": form.id, "now": clock.now()}
    row = session.execute(_READ, words).one_or_none()
    if row is None or row.state in ("expired", "undeliverable"):
        raise DeadConfirmation
    if row.state != "awaiting_confirmation":
        return None
    if not row.rests:
        raise DeadConfirmation
    return row


def mark_of(vault: crypto.Vault, submission_id: UUID) -> str:
    """What the mailed link carries to prove that the mail was read."""
    return base64.urlsafe_b64encode(vault.blind(_PURPOSE, str(submission_id))).decode().rstrip("=")


def waiting_count(session: Session, tenant_id: UUID, form_id: UUID) -> int:
    """How many submissions of a form wait for their confirmation."""
    return int(session.execute(_WAITING, {"tenant": tenant_id, "form": form_id}).scalar_one())
