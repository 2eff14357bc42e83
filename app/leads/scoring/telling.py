"""Telling people that leads have risen over a threshold: a mail, a signed webhook, a text message, at once.

Invariants: a rise is told once, whatever dies: that it was told, and the rows of the outboxes that tell it, are
committed together. Nothing is sent here. When very many rise, what comes within a minute of the last mail is told in
the next one. No personal data leaves: a link leads to the log-in.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.delivery.deliver import deliver_many
from app.delivery.payload import Event
from app.leads.scoring import sms
from tenants import clock, crypto, letters, mail
from tenants.db import platform_transaction, transaction
from tenants.jobs import FAST, job, sweep, wake
from tenants.language import N_, say

EVENT = "lead.score_reached"
PAUSE = timedelta(seconds=60)
AT_ONCE = 1_000
"""Events written into the outbox of webhooks in one go."""
PATIENCE_SECONDS = 60
MOST_LINKS = 10

_WAITING = text("SELECT DISTINCT tenant_id FROM score_passing WHERE NOT is_told LIMIT 1000")
_THRESHOLDS = text("""
SELECT t.*, o.kind AS tenant_kind, o.language FROM score_threshold t JOIN tenant o ON o.id = t.tenant_id
WHERE t.tenant_id = :tenant AND t.deleted_at IS NULL AND (t.told_at IS NULL OR t.told_at <= :since)
  AND EXISTS (SELECT FROM score_passing p WHERE p.tenant_id = t.tenant_id AND p.threshold_id = t.id AND NOT p.is_told)
FOR UPDATE OF t SKIP LOCKED
""")
_TAKE = text("""
UPDATE score_passing SET is_told = true WHERE tenant_id = :tenant AND threshold_id = :threshold AND NOT is_told
RETURNING subject_id, score, rises, passed_at
""")
_TOLD = text("UPDATE score_threshold SET told_at = :at WHERE tenant_id = :tenant AND id = :threshold")
_MEMBERS = text("""
SELECT email FROM membership WHERE tenant_id = :tenant AND user_id::text = ANY(:members) ORDER BY email
""")
_DROP = text("""
UPDATE score_passing p SET is_told = true FROM score_threshold t WHERE p.tenant_id = :tenant AND NOT p.is_told
  AND t.tenant_id = p.tenant_id AND t.id = p.threshold_id AND (t.deleted_at IS NOT NULL OR NOT t.enabled)
""")

_ONE = N_("A lead reached %(score)s points")
_MANY = N_("%(count)s leads reached %(at_least)s points")
_BODY = N_(
    "Hello,\n\nyou asked to be told when a lead reaches %(at_least)s points. These have, the newest last:\n\n%(links)s"
)
_LINE = N_("%(score)s points: %(link)s")
_AND_MORE = N_("and %(count)s more: %(link)s")
_SMS = N_("Floe: %(count)s leads reached %(at_least)s points. %(link)s")
_SMS_ONE = N_("Floe: a lead reached %(score)s points. %(link)s")


@job(FAST)
def tell_passed(tenant_id: str) -> None:
    """Tell what waits at one tenant, woken by the rise or by the sweep."""
    tell(UUID(tenant_id), clock.now())


@sweep(every_seconds=30)
def wake_waiting(now: datetime) -> None:
    """Wake the telling that nobody woke, or that had to pause."""
    with platform_transaction("scores: rises of all tenants that wait to be told") as session:
        waiting = session.execute(_WAITING).scalars().all()
    for tenant_id in waiting:
        wake(tell_passed, str(tenant_id))


def tell(tenant_id: UUID, now: datetime) -> int:
    """Write every rise that waits into the outboxes; how many. Two at once share the thresholds, never one rise."""
    told = 0
    with transaction(tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        session.execute(_DROP, {"tenant": tenant_id})
        words = {"tenant": tenant_id, "since": now - PAUSE}
        for threshold in session.execute(_THRESHOLDS, words).all():
            taken = {"tenant": tenant_id, "threshold": threshold.id}
            risen = session.execute(_TAKE, taken).all()
            _tell(session, threshold, sorted(risen, key=lambda one: (one.passed_at, one.subject_id)), now)
            session.execute(_TOLD, {**taken, "at": now})
            told += len(risen)
    return told


def _tell(session: Session, threshold: Row[Any], risen: Sequence[Row[Any]], now: datetime) -> None:
    if not risen:
        return
    subject, words = _letter(threshold, risen)
    members = {"tenant": threshold.tenant_id, "members": threshold.members}
    for email in session.execute(_MEMBERS, members).scalars().all():
        mail.post(session, email, subject, words, threshold.tenant_id)
    if threshold.has_webhook:
        for start in range(0, len(risen), AT_ONCE):
            some = risen[start : start + AT_ONCE]
            deliver_many(session, threshold.tenant_id, [_event(threshold, one, now) for one in some])
    if threshold.phones_sealed:
        vault = crypto.vault(session, threshold.tenant_id)
        phones = sms.open_phones(vault, threshold.id, bytes(threshold.phones_sealed))
        sms.post(session, vault, phones, _text(threshold, risen), now)


def _letter(threshold: Row[Any], risen: Sequence[Row[Any]]) -> tuple[str, str]:
    language = threshold.language
    lines = [
        say(language, _LINE, score=str(one.score), link=_link(threshold, one)) for one in risen[:MOST_LINKS]
    ]
    if len(risen) > MOST_LINKS:
        rest = str(len(risen) - MOST_LINKS)
        lines.append(say(language, _AND_MORE, count=rest, link=letters.link(_path(threshold))))
    values = {"count": str(len(risen)), "at_least": str(threshold.at_least), "score": str(risen[0].score)}
    subject = say(language, _ONE if len(risen) == 1 else _MANY, **values)
    return subject, say(language, _BODY, **values, links="\n".join(lines)) + "\n"


def _text(threshold: Row[Any], risen: Sequence[Row[Any]]) -> str:
    if len(risen) == 1:
        link = _link(threshold, risen[0])
        return say(threshold.language, _SMS_ONE, score=str(risen[0].score), link=link)
    link = letters.link(_path(threshold))
    return say(threshold.language, _SMS, count=str(len(risen)), at_least=str(threshold.at_least), link=link)


def _event(threshold: Row[Any], one: Row[Any], now: datetime) -> Event:
    name = "lead_id" if threshold.tenant_kind == "agency" else "purchase_id"
    body = {
        name: str(one.subject_id),
        "score": one.score,
        "threshold": threshold.at_least,
        "reached_at": one.passed_at.isoformat(),
        "times": one.rises,
    }
    # a message of its own for each rise: a destination is told once per subject
    return Event(EVENT, uuid5(threshold.id, f"{one.subject_id}:{one.rises}"), body, now)


def _link(threshold: Row[Any], one: Row[Any]) -> str:
    return letters.link(f"{_path(threshold)}/{one.subject_id}")


def _path(threshold: Row[Any]) -> str:
    return "/leads" if threshold.tenant_kind == "agency" else "/leads/bought"
