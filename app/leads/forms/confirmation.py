"""The mail that asks for a confirmation, sent to a person who is no user of ours.

Invariants: the address stands nowhere but in the sealed values of the resting lead; the pending row is the queue: what Valkey forgets the
sweep sends. A mail may arrive twice after a crash, with the same link. Nothing is sent inside a transaction.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import quarantine, resting
from app.leads.forms import waiting
from app.leads.forms.spec import from_json
from app.leads.forms.words import say
from tenants import clock, crypto, jobs, letters, mail
from tenants.db import platform_transaction, transaction
from tenants.language import N_

MOST_TRIES = 8
LEASE = timedelta(minutes=5)
_SUBJECT = N_("Please confirm your request to %(agency)s")
_BODY = N_(
    "Hello,\n\nyou filled in the form “%(title)s” of %(agency)s. Please confirm that this is your address:\n\n%(link)s\n\n"
    "Only then is your request passed on. If it was not you, ignore this mail: in fourteen days everything is deleted."
)

_DUE = text("""
SELECT b.tenant_id, b.id FROM form_submission b
JOIN quarantined_lead q ON q.tenant_id = b.tenant_id AND q.id = b.quarantined_id AND q.state = 'resting'
WHERE b.mail_due_at <= :now AND b.state = 'awaiting_confirmation' ORDER BY b.mail_due_at LIMIT 200
""")
_CLAIM = text("""
UPDATE form_submission s SET mail_due_at = :lease, mail_tries = mail_tries + 1
FROM form f, form_version v, tenant t, quarantined_lead q, quarantine_salt z
WHERE s.tenant_id = :tenant AND s.id = :id AND s.state = 'awaiting_confirmation' AND s.mail_due_at <= :now
  AND f.tenant_id = s.tenant_id AND f.id = s.form_id AND t.id = s.tenant_id
  AND v.tenant_id = s.tenant_id AND v.form_id = s.form_id AND v.version = s.version
  AND q.tenant_id = s.tenant_id AND q.id = s.quarantined_id AND q.state = 'resting'
  AND z.tenant_id = q.tenant_id AND z.quarantined_id = q.id
RETURNING q.id, z.salt, q.sealed, s.language, s.mail_tries, f.slug, v.spec, t.name AS agency
""")
_SENT = text("UPDATE form_submission SET mail_due_at = NULL WHERE tenant_id = :tenant AND id = :id")
_GIVE_UP = text("""
UPDATE form_submission SET state = 'undeliverable', mail_due_at = NULL
WHERE tenant_id = :tenant AND id = :id AND state = 'awaiting_confirmation'
""")


def wake(session: Session, tenant_id: UUID, submission_id: UUID) -> None:
    """Have the mail sent after the commit."""
    jobs.enqueue(session, send_confirmation, str(tenant_id), str(submission_id))


@jobs.job(jobs.FAST)
def send_confirmation(tenant_id: str, submission_id: str) -> None:
    """Ask one sender to confirm."""
    send(UUID(tenant_id), UUID(submission_id))


@jobs.sweep(every_seconds=60, talks=True)
def send_due(now: datetime) -> None:
    """Ask everybody who was not asked yet, or whose mail server did not answer."""
    with platform_transaction("forms: confirmations that are due, whoever asks for them") as session:
        due = session.execute(_DUE, {"now": now}).all()
    for tenant_id, submission_id in due:
        send(tenant_id, submission_id)


def send(tenant_id: UUID, submission_id: UUID) -> None:
    """Send one mail, if it is due: claim, send, record. Safe to repeat."""
    now = clock.now()
    words = {"tenant": tenant_id, "id": submission_id, "now": now, "lease": now + LEASE}
    with transaction(tenant_id) as session:
        row = session.execute(_CLAIM, words).one_or_none()
        if row is None:
            return
        vault = crypto.vault(session, tenant_id)
    address = str(resting.opened(vault, row)["email"])
    path = f"/f/{row.slug}/confirm/{submission_id}.{waiting.mark_of(vault, submission_id)}"
    title = from_json(row.spec).text("title", row.language)
    said = {"agency": row.agency, "title": title, "link": letters.link(path)}
    letter = mail.Letter(
        address,
        say(row.language, _SUBJECT, agency=row.agency),
        say(row.language, _BODY, **said) + "\n",
    )
    try:
        mail.send_now(letter)
    except mail.NotSent as failure:
        if not failure.is_final and row.mail_tries < MOST_TRIES:
            return  # it is due again when the lease ends
        done = _GIVE_UP
    else:
        done = _SENT
    with transaction(tenant_id) as session:
        session.execute(done, words)
        if done is _GIVE_UP:
            quarantine.drop_unconfirmed(session, tenant_id, row.id)
