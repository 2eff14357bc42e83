"""Leads that wait until somebody has looked: released under all rules, discarded, given an owner, or deleted in time.

Invariants: a lead leaves the quarantine once; releasing it runs every rule of intake again, so what is refused now
stays and says why; a settled lead's values are deleted with their salt, its reasons and dates stay for the counts.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import intake, resting_uploads, verticals
from app.leads.forms import rested
from app.leads.intake import Result, Taken
from app.leads.intake_facts import IntakeFacts
from app.leads.mending import changes_of
from app.leads.resting import AWAITING_CONFIRMATION, CAME, FIELD, Origin, Resting, opened, rest, rest_rows
from tenants import audit, clock, crypto
from tenants.actor import SYSTEM, Actor, TenantCard
from tenants.db import platform_transaction, rehearsal
from tenants.errors import Invalid, NotFound, Refused
from tenants.jobs import sweep
from tenants.language import N_
from tenants.log_in import CARD, card_from
from tenants.permissions import Permission

__all__ = [
    "AWAITING_CONFIRMATION", "AwaitsConfirmation", "NotResting", "Origin", "Resting", "assign", "correct", "discard",
    "discard_of_file", "drop_unconfirmed", "look", "release", "release_confirmed", "rest", "rest_rows",
]  # fmt: skip

_LOCK = text("""
SELECT q.*, s.salt FROM quarantined_lead q
LEFT JOIN quarantine_salt s ON s.tenant_id = q.tenant_id AND s.quarantined_id = q.id
WHERE q.tenant_id = :tenant AND q.id = :id FOR UPDATE OF q
""")
_SETTLE = text("""
WITH salts AS (DELETE FROM quarantine_salt WHERE tenant_id = :tenant AND quarantined_id = ANY(:ids))
UPDATE quarantined_lead SET state = :state, settled_at = :now, lead_id = CAST(:lead AS uuid), sealed = NULL,
  came_sealed = NULL
WHERE tenant_id = :tenant AND id = ANY(:ids) AND state = 'resting' RETURNING id
""")
_SETTLE_FILE = text("""
WITH gone AS (UPDATE quarantined_lead SET state = 'discarded', settled_at = :now, sealed = NULL, came_sealed = NULL
  WHERE tenant_id = :tenant AND origin = 'file' AND origin_id = :batch AND state = 'resting' RETURNING id),
salts AS (DELETE FROM quarantine_salt s USING gone WHERE s.tenant_id = :tenant AND s.quarantined_id = gone.id)
SELECT count(*) FROM gone
""")
_STAY = text("UPDATE quarantined_lead SET reasons = :reasons WHERE tenant_id = :tenant AND id = :id")
_CORRECT = text("UPDATE quarantined_lead SET sealed = :sealed WHERE tenant_id = :tenant AND id = :id")
_CONFIRM = text("UPDATE quarantined_lead SET came_sealed = :sealed WHERE tenant_id = :tenant AND id = :id")
_ASSIGN = text("""
UPDATE quarantined_lead q SET owner_id = m.user_id, owner_name = m.name
FROM (SELECT CAST(:owner AS uuid) AS wanted) w
LEFT JOIN membership m ON m.tenant_id = :tenant AND m.user_id = w.wanted
WHERE q.tenant_id = :tenant AND q.id = ANY(:ids) AND q.state = 'resting'
  AND (w.wanted IS NULL OR m.user_id IS NOT NULL) RETURNING q.id
""")
_AGENCY = text(f"SELECT {CARD} FROM tenant t WHERE t.id = :tenant")  # noqa: S608 (our own words)
_EXPIRE = text("""
WITH due AS (
  SELECT tenant_id, id FROM quarantined_lead WHERE state = 'resting' AND expires_at <= :now
  ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED),
salts AS (DELETE FROM quarantine_salt s USING due WHERE s.tenant_id = due.tenant_id AND s.quarantined_id = due.id)
UPDATE quarantined_lead q SET state = 'expired', settled_at = :now, sealed = NULL, came_sealed = NULL
FROM due WHERE q.tenant_id = due.tenant_id AND q.id = due.id RETURNING q.id
""")


class NotResting(Refused):
    """The lead has left the quarantine: it was released, discarded, or its fourteen days are over."""

    status, code = 409, "not_resting"


class AwaitsConfirmation(Refused):
    """The person has not confirmed their address; nobody else can do that for them."""

    status, code = 409, "awaits_confirmation"


def look(session: Session, actor: Actor, quarantined_id: UUID) -> Mapping[str, Any]:
    """The values as they were sent, people included; each look is logged.

    Raises `Forbidden` without `contacts:read`, `NotFound` or `NotResting`.
    """
    actor.demand(Permission.CONTACT_READ)
    values = _opened(session, _resting(session, actor.card().id, quarantined_id))
    audit.record(session, actor, "quarantine.revealed", "quarantined_lead", quarantined_id)
    return values


def correct(session: Session, actor: Actor, quarantined_id: UUID, typed: Mapping[str, str]) -> Taken:
    """Replace some of the values before the lead is released, and say what would become of it now: it stays.

    `typed` is by the names of `mending.fields_of`; an empty text leaves a value out. Raises `Forbidden` without
    `contacts:read`, `NotFound`, `NotResting`, or `AwaitsConfirmation`: nobody but the person changes where their mail
    goes. Repeating changes nothing more.
    """
    actor.demand(Permission.CONTACT_READ)
    row = _demand_confirmed(_resting(session, actor.card().id, quarantined_id))
    sent = _opened(session, row)
    changes = changes_of(sent, typed, verticals.get(row.vertical), row.lead_type)
    values = {**sent, **changes}
    kept = orjson.dumps({name: value for name, value in values.items() if value not in ("", None)})
    sealed = crypto.vault(session, row.tenant_id).seal(bytes(row.salt), row.id, FIELD, kept)
    session.execute(_CORRECT, {"tenant": row.tenant_id, "id": row.id, "sealed": sealed})
    if changes:
        detail = {"changed": sorted(changes)}
        audit.record(
            session, actor, "quarantine.corrected", "quarantined_lead", quarantined_id, detail=detail
        )
    with rehearsal(session):
        (taken,) = intake.screen(session, actor.card(), [values], _facts(row))
    return _stays(session, row, taken)


def release(
    session: Session, actor: Actor, quarantined_id: UUID, *, accepting: Collection[str] = ()
) -> Taken:
    """Let a lead go on: all rules of intake run again, and an accepted one is a draft of the agency's, and of its upload.

    What still waits, or is refused now, stays in quarantine and says so in its result. `accepting` names the reasons
    the actor has looked at and takes; no other rule can be passed by. Raises `NotFound`, `NotResting`, `WrongState` while
    its upload is on its way, paused or given up, or `AwaitsConfirmation`: a person's own confirmation cannot be given by
    another. Released again, it is `NotResting`.
    """
    uploads = resting_uploads.lock_uploads(session, actor.card().id, [quarantined_id])
    row = _demand_confirmed(_resting(session, actor.card().id, quarantined_id))
    upload_id = resting_uploads.demand_open(session, row, uploads)
    return _let_go(session, actor, actor.card(), row, accepting, upload_id=upload_id)


def release_confirmed(session: Session, agency_id: UUID, quarantined_id: UUID) -> Taken:
    """The person has confirmed their address: the lead goes on under all other rules; repeating changes nothing.

    Raises `NotFound`, or `NotResting` when it was discarded or its days are over.
    """
    row = _locked(session, agency_id, quarantined_id)
    if row.state == "released":
        return Taken(Result.KNOWN, row.lead_id)
    agency = card_from(session.execute(_AGENCY, {"tenant": agency_id}).one())
    if agency is None:
        raise NotFound
    return _let_go(session, SYSTEM, agency, _demand_resting(row), (), confirmed_at=clock.now())


def drop_unconfirmed(session: Session, agency_id: UUID, quarantined_id: UUID) -> None:
    """Delete a lead that waits for its person for nothing: they cannot be reached, or are known already. Repeatable."""
    words = {"tenant": agency_id, "ids": [quarantined_id], "state": "discarded", "lead": None}
    if session.execute(_SETTLE, {**words, "now": clock.now()}).one_or_none():
        audit.record(
            session,
            SYSTEM,
            "quarantine.discarded",
            "quarantined_lead",
            quarantined_id,
            tenant_id=agency_id,
        )


def discard(session: Session, actor: Actor, quarantined_ids: Sequence[UUID]) -> int:
    """Delete resting leads; how many there were. Repeating deletes nothing more, and foreign ids are passed over."""
    words = {"tenant": actor.card().id, "ids": sorted(quarantined_ids), "state": "discarded", "lead": None}
    gone = session.execute(_SETTLE, {**words, "now": clock.now()}).scalars().all()
    for one in gone[:100]:
        audit.record(session, actor, "quarantine.discarded", "quarantined_lead", one)
    return len(gone)


def discard_of_file(session: Session, actor: Actor, tenant_id: UUID, batch_id: UUID, at: datetime) -> int:
    """Delete what rests of an upload that is undone, so that its rows may come again; how many. Safe to repeat."""
    words = {"tenant": tenant_id, "batch": batch_id, "now": at}
    count = int(session.execute(_SETTLE_FILE, words).scalar_one())
    if count:
        audit.record(
            session, actor, "quarantine.discarded", "batch", batch_id, count=count, at=at, tenant_id=tenant_id
        )
    return count


def discard_one(session: Session, actor: Actor, quarantined_id: UUID) -> None:
    """Delete one resting lead. Raises `NotFound` or `NotResting`."""
    discard(session, actor, [_resting(session, actor.card().id, quarantined_id).id])


def assign(session: Session, actor: Actor, quarantined_ids: Sequence[UUID], owner_id: UUID | None) -> int:
    """Give resting leads to a member of the agency, or to nobody; how many. Raises `Invalid` for who is no member."""
    words = {"tenant": actor.card().id, "ids": sorted(quarantined_ids), "owner": owner_id}
    given = session.execute(_ASSIGN, words).scalars().all()
    if not given and owner_id is not None:
        sentence = N_("Choose leads that still rest, and a member of your organisation.")
        raise Invalid(sentence, fields={"owner_id": sentence})
    for one in given[:100]:
        detail = {"owner_id": str(owner_id) if owner_id else None}
        audit.record(session, actor, "quarantine.assigned", "quarantined_lead", one, detail=detail)
    return len(given)


def assign_one(session: Session, actor: Actor, quarantined_id: UUID, owner_id: UUID | None) -> None:
    """The same for one lead. Raises `NotFound`, `NotResting`, and `Invalid` for who is no member; safe to repeat."""
    _demand_resting(_locked(session, actor.card().id, quarantined_id))
    assign(session, actor, [quarantined_id], owner_id)


@sweep(every_seconds=3_600)
def expire(now: datetime) -> None:
    """Delete the values of every lead that nobody has looked at within its fourteen days."""
    with platform_transaction("quarantine: leads rest for 14 days, whoever they are of") as session:
        session.execute(_EXPIRE, {"now": now})


def _let_go(
    session: Session,
    actor: Actor,
    agency: TenantCard,
    row: Row[Any],
    accepting: Collection[str],
    *,
    confirmed_at: datetime | None = None,
    upload_id: UUID | None = None,
) -> Taken:
    came = _came(session, row, confirmed_at)
    (taken,) = intake.screen(session, agency, [_opened(session, row)], _facts(row), accepting, upload_id)
    if taken.lead_id is None:
        return _stays(session, row, taken)
    words = {"tenant": agency.id, "ids": [row.id], "state": "released", "lead": taken.lead_id}
    session.execute(_SETTLE, {**words, "now": clock.now()})
    if upload_id and taken.result is Result.ACCEPTED:
        resting_uploads.count_released(session, agency.id, upload_id)
    if came and taken.result is Result.ACCEPTED:
        rested.becomes(session, agency, taken.lead_id, came)
    detail = {"lead_id": str(taken.lead_id), "accepting": sorted(set(accepting) & set(row.reasons))}
    audit.record(
        session, actor, "quarantine.released", "quarantined_lead", row.id, detail=detail, tenant_id=agency.id
    )
    return taken


def _came(session: Session, row: Row[Any], confirmed_at: datetime | None) -> dict[str, Any] | None:
    """Whence it came; the moment of a confirmation is kept with it, also when the lead stays."""
    if row.came_sealed is None:
        return None
    vault, salt = crypto.vault(session, row.tenant_id), bytes(row.salt)
    came: dict[str, Any] = orjson.loads(vault.open(salt, row.id, CAME, bytes(row.came_sealed)))
    if confirmed_at is not None:
        came = rested.confirmed(came, confirmed_at)
        sealed = vault.seal(salt, row.id, CAME, orjson.dumps(came))
        session.execute(_CONFIRM, {"tenant": row.tenant_id, "id": row.id, "sealed": sealed})
    return came


def _stays(session: Session, row: Row[Any], taken: Taken) -> Taken:
    reasons = [one.code for one in taken.problems]
    session.execute(_STAY, {"tenant": row.tenant_id, "id": row.id, "reasons": reasons})
    return Taken(taken.result, None, taken.problems, taken.warnings, taken.flags, row.id)


def _demand_confirmed(row: Row[Any]) -> Row[Any]:
    if AWAITING_CONFIRMATION in row.reasons:
        raise AwaitsConfirmation(N_("This person has not confirmed their address yet."))
    return row


def _facts(row: Row[Any]) -> IntakeFacts:
    return IntakeFacts(
        vertical=row.vertical,
        lead_type=row.lead_type,
        source_id=row.source_id,
        country=row.country,
        legal_basis=row.legal_basis,
        consent_text_id=row.consent_text_id,
        addressee_id=row.addressee_id,
        max_sales=row.max_sales,
    )


def _opened(session: Session, row: Row[Any]) -> dict[str, object]:
    return opened(crypto.vault(session, row.tenant_id), row)


def _resting(session: Session, tenant_id: UUID, quarantined_id: UUID) -> Row[Any]:
    return _demand_resting(_locked(session, tenant_id, quarantined_id))


def _demand_resting(row: Row[Any]) -> Row[Any]:
    if row.state != "resting":
        raise NotResting(N_("This lead does not rest in quarantine any more."), state=row.state)
    return row


def _locked(session: Session, tenant_id: UUID, quarantined_id: UUID) -> Row[Any]:
    row = session.execute(_LOCK, {"tenant": tenant_id, "id": quarantined_id}).one_or_none()
    if row is None:
        raise NotFound
    return row
