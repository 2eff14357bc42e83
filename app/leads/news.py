"""News of a check that ended: a mail to whoever started it, with its counts and a link, unless they are looking at it.

Invariants: one start is told once, or not at all; the row that waits is deleted in the transaction that writes the mail,
so neither a dead worker nor an empty Valkey loses one. No personal data leaves: a link leads to the log-in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants import clock, letters, mail
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.jobs import FAST, job, sweep, wake
from tenants.language import N_, say

MANY = 5_000
"""Of fewer rows nobody is told by mail: the page is quicker. A failure is always told."""
STILL_LOOKING = timedelta(seconds=30)
"""Whoever looked at the page so shortly before the end saw it."""
ENDED = ("checked", "failed", "applied")

_ASK = text("""
INSERT INTO finish_news (tenant_id, subject_id, kind, user_id, language, asked_at)
VALUES (:tenant, :subject, :kind, :person, :language, :now)
ON CONFLICT (tenant_id, subject_id) DO UPDATE SET user_id = excluded.user_id, language = excluded.language,
  asked_at = excluded.asked_at, seen_at = NULL
""")
_SEEN = text("""
UPDATE finish_news SET seen_at = :now WHERE tenant_id = :tenant AND subject_id = :subject AND user_id = :person
""")
_FORGET = text("DELETE FROM finish_news WHERE tenant_id = :tenant AND subject_id = :subject")
_SUBJECTS = """
SELECT n.tenant_id, n.subject_id, n.kind, n.user_id, n.language, n.seen_at, b.state, b.rows_read AS rows, b.file_name,
  b.accepted, b.rejected, b.duplicates, b.quarantined, NULL::jsonb AS verdicts, NULL::jsonb AS outcomes,
  b.checked_at AS ended_at
FROM finish_news n JOIN batch b ON n.kind = 'batch' AND b.tenant_id = n.tenant_id AND b.id = n.subject_id
WHERE b.state NOT IN ('received', 'mapped', 'checking') {which}
UNION ALL
SELECT n.tenant_id, n.subject_id, n.kind, n.user_id, n.language, n.seen_at, r.state, greatest(r.seen, r.done), NULL,
  NULL, NULL, NULL, NULL, r.verdicts, r.outcomes, coalesce(r.ended_at, r.checked_at)
FROM finish_news n JOIN recheck r ON n.kind = 'recheck' AND r.tenant_id = n.tenant_id AND r.id = n.subject_id
WHERE r.state NOT IN ('checking', 'applying') {which}
"""
_WAITING = text(f"SELECT DISTINCT tenant_id FROM ({_SUBJECTS.format(which='')}) x LIMIT 1000")  # noqa: S608 (our own words)
_ENDED = text(_SUBJECTS.format(which="AND n.tenant_id = :tenant"))
_TAKE = text("""
DELETE FROM finish_news WHERE tenant_id = :tenant AND subject_id = :subject RETURNING subject_id
""")
_EMAIL = text("SELECT email FROM membership WHERE tenant_id = :tenant AND user_id = :person")

_CHECKED_SUBJECT = N_("%(name)s is checked")
_CHECKED = N_(
    "Hello,\n\nall rows of %(name)s are checked: %(rows)s in all, %(accepted)s accepted, %(rejected)s rejected, "
    "%(duplicates)s duplicates, %(quarantined)s in quarantine. See the result:\n\n%(link)s"
)
_FAILED_SUBJECT = N_("A check stopped: %(name)s")
_FAILED = N_(
    "Hello,\n\nthe check of %(name)s stopped before its end. Nothing was published. Look at it here:\n\n%(link)s"
)
_RECHECKED_SUBJECT = N_("Your unsold leads are re-checked")
_RECHECKED = N_(
    "Hello,\n\nyour unsold leads were held against the rules of today: %(rows)s in all, of which %(refused)s could not be "
    "sold today. Nothing was changed yet. See the report:\n\n%(link)s"
)
_APPLIED_SUBJECT = N_("The re-check is applied")
_APPLIED = N_("Hello,\n\n%(withdrawn)s unsold leads left the market. See what became of each:\n\n%(link)s")
_STOPPED_SUBJECT = N_("The re-check of your unsold leads stopped")
_STOPPED = N_(
    "Hello,\n\nthe re-check stopped before its end. What it did by then stands. Look at it here:\n\n%(link)s"
)


@dataclass(frozen=True, slots=True)
class _Letter:
    subject: str
    body: str
    values: dict[str, str]


def ask(session: Session, actor: Actor, kind: str, subject_id: UUID) -> None:
    """The person who starts a check wants to know its end; a key or the system does not. Starting again asks anew."""
    if actor.kind != "user":
        return
    words = {
        "tenant": actor.card().id,
        "subject": subject_id,
        "kind": kind,
        "person": actor.id,
        "language": actor.language,
        "now": clock.now(),
    }
    session.execute(_ASK, words)


def seen(session: Session, actor: Actor, subject_id: UUID) -> None:
    """They are looking at the page right now."""
    words = {"tenant": actor.card().id, "subject": subject_id, "person": actor.id, "now": clock.now()}
    session.execute(_SEEN, words)


def forget(session: Session, tenant_id: UUID, subject_id: UUID) -> None:
    """Nobody is to be told any more. Safe to repeat."""
    session.execute(_FORGET, {"tenant": tenant_id, "subject": subject_id})


@job(FAST)
def tell_finished(tenant_id: str) -> None:
    """Tell what ended at one tenant."""
    tell(UUID(tenant_id))


@sweep(every_seconds=15)
def wake_finished(_now: datetime) -> None:
    """Wake the telling of what has ended."""
    with platform_transaction("checks of all agencies that ended and are to be told") as session:
        waiting = session.execute(_WAITING).scalars().all()
    for tenant_id in waiting:
        wake(tell_finished, str(tenant_id))


def tell(tenant_id: UUID) -> int:
    """Write the mails about what ended; how many. What was seen, or is small, is told to nobody."""
    told = 0
    with transaction(tenant_id) as session:
        for row in session.execute(_ENDED, {"tenant": tenant_id}).all():
            taken = session.execute(_TAKE, {"tenant": tenant_id, "subject": row.subject_id}).one_or_none()
            email = session.execute(_EMAIL, {"tenant": tenant_id, "person": row.user_id}).scalar()
            if taken is None or email is None or not _is_news(row):
                continue
            letter = _letter(row)
            subject, body = (say(row.language, one, **letter.values) for one in (letter.subject, letter.body))
            mail.post(session, email, subject, body + "\n", tenant_id)
            told += 1
    return told


def _is_news(row: Row[Any]) -> bool:
    if row.state not in ENDED:
        return False
    was_seen = row.seen_at is not None and row.seen_at >= (row.ended_at or clock.now()) - STILL_LOOKING
    return not was_seen and (row.state == "failed" or row.rows >= MANY)


def _letter(row: Row[Any]) -> _Letter:
    if row.kind == "batch":
        link = letters.link(f"/uploads/{row.subject_id}/check")
        names = ("rows", "accepted", "rejected", "duplicates", "quarantined")
        values = {name: str(getattr(row, name)) for name in names} | {"name": row.file_name, "link": link}
        words = (_FAILED_SUBJECT, _FAILED) if row.state == "failed" else (_CHECKED_SUBJECT, _CHECKED)
        return _Letter(*words, values)
    refused = sum(row.verdicts.get(one, 0) for one in ("rejected", "duplicate", "suppressed", "expired"))
    gone = row.outcomes.get("withdrawn", 0) + row.outcomes.get("expired", 0)
    values = {"rows": str(row.rows), "refused": str(refused), "withdrawn": str(gone)}
    values["link"] = letters.link(f"/rechecks/{row.subject_id}")
    return _Letter(*_WORDS[row.state], values)


_WORDS = {
    "checked": (_RECHECKED_SUBJECT, _RECHECKED),
    "applied": (_APPLIED_SUBJECT, _APPLIED),
    "failed": (_STOPPED_SUBJECT, _STOPPED),
}
