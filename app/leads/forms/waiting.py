"""Submissions that wait until their sender has confirmed the mailbox: sealed, for fourteen days, then gone.

Invariants: until the click there is no lead; the answers can be read by nobody without the tenant's key, and are wiped
the moment they are confirmed or expire. The link carries a keyed mark of the submission that is kept nowhere.
"""

import base64
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.forms import progress as carried
from app.leads.forms.origin import Visitor
from app.leads.forms.progress import Progress
from app.leads.forms.published import LiveForm
from tenants import clock, crypto
from tenants.db import platform_transaction
from tenants.errors import Refused
from tenants.jobs import sweep
from tenants.language import N_

KEPT_FOR = timedelta(days=14)
FIELD = "form submission"
_PURPOSE = "form confirmation"

_REST = text("""
UPDATE form_submission SET state = 'awaiting_confirmation', expires_at = :expires, mail_due_at = :at, salt = :salt,
  sealed = :sealed WHERE tenant_id = :tenant AND id = :id
""")
_READ = text("""
SELECT state, version, salt, sealed, expires_at, received_at FROM form_submission
WHERE tenant_id = :tenant AND id = :id AND form_id = :form FOR UPDATE
""")
_RELEASE = text("""
UPDATE form_submission SET state = 'stored', sealed = NULL, salt = NULL, expires_at = NULL, mail_due_at = NULL,
  confirmed_at = :at WHERE tenant_id = :tenant AND id = :id
""")
_EXPIRE = text("""
UPDATE form_submission SET state = 'expired', sealed = NULL, salt = NULL, mail_due_at = NULL
WHERE state = 'awaiting_confirmation' AND expires_at <= :now
""")
_WAITING = text("""
SELECT count(*) FROM form_submission
WHERE tenant_id = :tenant AND form_id = :form AND state = 'awaiting_confirmation'
""")


class DeadConfirmation(Refused):
    """The link is unknown, damaged, or older than fourteen days."""

    status, code = 410, "dead_link"

    def __init__(self) -> None:
        super().__init__(N_("This link does not work any more. Please fill in the form again."))


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A submission whose sender has confirmed it, as it was sent; None of it is kept here any more."""

    progress: Progress
    visitor: Visitor
    received_at: datetime


def rest(session: Session, form: LiveForm, progress: Progress, visitor: Visitor, at: datetime) -> None:
    """Seal a claimed submission and let it wait; a mail with the link is due at once."""
    from app.leads.forms import confirmation

    salt = crypto.new_salt()
    plain = json.dumps({"progress": asdict(progress), "visitor": asdict(visitor)}, default=str).encode()
    vault = crypto.vault(session, form.agency.id)
    words = {
        "tenant": form.agency.id,
        "id": progress.submission_id,
        "at": at,
        "expires": at + KEPT_FOR,
        "salt": salt,
        "sealed": vault.seal(salt, progress.submission_id, FIELD, plain),
    }
    session.execute(_REST, words)
    confirmation.wake(session, form.agency.id, progress.submission_id)


def release_confirmed(session: Session, form: LiveForm, submission_id: UUID, mark: str) -> Confirmed | None:
    """Take a waiting submission out of its rest; None when it was released before. Raises `DeadConfirmation`.

    The caller stores the lead in the same transaction, so that neither happens without the other.
    """
    row = _waiting(session, form, submission_id, mark)
    if row is None:
        return None
    opened = opened_of(crypto.vault(session, form.agency.id), submission_id, row)
    words = {"tenant": form.agency.id, "id": submission_id, "at": clock.now()}
    session.execute(_RELEASE, words)
    return opened


def demand_waiting(session: Session, form: LiveForm, submission_id: UUID, mark: str) -> None:
    """Raises `DeadConfirmation` unless the link still works, or worked already: reading it does not use it up."""
    _waiting(session, form, submission_id, mark)


def _waiting(session: Session, form: LiveForm, submission_id: UUID, mark: str) -> Any:
    vault = crypto.vault(session, form.agency.id)
    if not hmac.compare_digest(mark_of(vault, submission_id).encode(), mark.encode()):
        raise DeadConfirmation
    words = {"tenant": form.agency.id, "id": submission_id, "form": form.id}
    row = session.execute(_READ, words).one_or_none()
    if row is None or row.state in ("expired", "undeliverable"):
        raise DeadConfirmation
    if row.state != "awaiting_confirmation":
        return None
    if row.expires_at <= clock.now():
        raise DeadConfirmation
    return row


def opened_of(vault: crypto.Vault, submission_id: UUID, row: Any) -> Confirmed:
    """What waits, opened."""
    plain = json.loads(vault.open(bytes(row.salt), submission_id, FIELD, bytes(row.sealed)))
    return Confirmed(carried.read(plain["progress"]), Visitor(**plain["visitor"]), row.received_at)


def mark_of(vault: crypto.Vault, submission_id: UUID) -> str:
    """What the mailed link carries to prove that the mail was read."""
    return base64.urlsafe_b64encode(vault.blind(_PURPOSE, str(submission_id))).decode().rstrip("=")


def waiting_count(session: Session, tenant_id: UUID, form_id: UUID) -> int:
    """How many submissions of a form wait for their confirmation."""
    return int(session.execute(_WAITING, {"tenant": tenant_id, "form": form_id}).scalar_one())


@sweep(every_seconds=3_600)
def expire_unconfirmed(now: datetime) -> None:
    """Wipe what nobody confirmed within fourteen days. Safe to repeat."""
    with platform_transaction("forms: unconfirmed submissions expire, whoever they were sent to") as session:
        session.execute(_EXPIRE, {"now": now})
