"""Scores worth telling: a threshold for a vertical or for all, and whom to tell by mail, webhook and text message.

Invariant: only members of the tenant get its mails; phone numbers are kept sealed and shown by their last digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import phones, verticals
from app.leads.scoring import sms
from app.leads.scoring.gateway import host_of
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.errors import Invalid, NotFound
from tenants.ids import new_id
from tenants.language import N_

MOST = 50
MOST_PHONES = 10

_LISTED = text("""
SELECT t.*, (SELECT count(*) FROM score_passing p WHERE p.tenant_id = t.tenant_id AND p.threshold_id = t.id) AS passed
FROM score_threshold t WHERE t.tenant_id = :tenant AND t.deleted_at IS NULL
ORDER BY t.vertical, t.at_least DESC, t.id
""")
_ADD = text("""
INSERT INTO score_threshold (tenant_id, id, vertical, at_least, members, has_webhook, phones_sealed, enabled, created_at)
VALUES (:tenant, :id, :vertical, :at_least, :members, :has_webhook, :phones, true, :now)
""")
_SWITCH = text("""
UPDATE score_threshold SET enabled = :enabled WHERE tenant_id = :tenant AND id = :id AND deleted_at IS NULL RETURNING id
""")
_DELETE = text("""
UPDATE score_threshold SET deleted_at = :now, phones_sealed = NULL, enabled = false
WHERE tenant_id = :tenant AND id = :id AND deleted_at IS NULL RETURNING id
""")
_MEMBERS = text(
    "SELECT user_id, name, email, role FROM membership WHERE tenant_id = :tenant ORDER BY name, email"
)


@dataclass(frozen=True, slots=True)
class NewThreshold:
    """What a tenant wants to hear of. `phones` are as written; an empty vertical means every one."""

    at_least: int
    vertical: str = ""
    members: tuple[UUID, ...] = ()
    has_webhook: bool = False
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold as it is shown; `passed` is how many leads have ever been above."""

    id: UUID
    vertical: str
    at_least: int
    members: tuple[str, ...]
    has_webhook: bool
    phones: tuple[str, ...]
    enabled: bool
    passed: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who can be told."""

    id: UUID
    name: str
    email: str


def members(session: Session, tenant_id: UUID) -> list[Member]:
    """Who of the tenant can be told by mail."""
    rows = session.execute(_MEMBERS, {"tenant": tenant_id})
    return [Member(row.user_id, row.name, row.email) for row in rows]


def listed(session: Session, tenant_id: UUID) -> list[Threshold]:
    """The tenant's thresholds; of a phone only its end."""
    names = {str(one.id): one.name for one in members(session, tenant_id)}
    vault = crypto.vault(session, tenant_id)
    return [
        Threshold(
            row.id,
            row.vertical,
            row.at_least,
            tuple(names[one] for one in row.members if one in names),
            row.has_webhook,
            tuple(f"…{phone[-4:]}" for phone in _phones(vault, row)),
            row.enabled,
            row.passed,
        )
        for row in session.execute(_LISTED, {"tenant": tenant_id})
    ]


def add(session: Session, actor: Actor, wanted: NewThreshold) -> UUID:
    """Tell these people from now on; what is above already is told when its score is next worked out.

    Raises `Invalid`.
    """
    tenant_id, threshold_id = actor.card().id, new_id()
    numbers = _demand_sound(session, actor, wanted)
    vault = crypto.vault(session, tenant_id)
    words = {
        "tenant": tenant_id,
        "id": threshold_id,
        "vertical": wanted.vertical,
        "at_least": wanted.at_least,
        "members": sorted({str(one) for one in wanted.members}),
        "has_webhook": wanted.has_webhook,
        "phones": sms.seal_phones(vault, threshold_id, numbers) if numbers else None,
        "now": clock.now(),
    }
    session.execute(_ADD, words)
    detail = {"at_least": wanted.at_least, "vertical": wanted.vertical}
    audit.record(session, actor, "threshold.added", "threshold", threshold_id, detail=detail)
    return threshold_id


def switch(session: Session, actor: Actor, threshold_id: UUID, *, enabled: bool) -> None:
    """Switch a threshold off, or on again; while off nothing is remembered or told. Raises `NotFound`."""
    words = {"tenant": actor.card().id, "id": threshold_id, "enabled": enabled}
    if session.execute(_SWITCH, words).scalar() is None:
        raise NotFound
    deed = "threshold.switched_on" if enabled else "threshold.switched_off"
    audit.record(session, actor, deed, "threshold", threshold_id)


def delete(session: Session, actor: Actor, threshold_id: UUID) -> None:
    """Forget a threshold and its phone numbers. Raises `NotFound`."""
    words = {"tenant": actor.card().id, "id": threshold_id, "now": clock.now()}
    if session.execute(_DELETE, words).scalar() is None:
        raise NotFound
    audit.record(session, actor, "threshold.deleted", "threshold", threshold_id)


def _demand_sound(session: Session, actor: Actor, wanted: NewThreshold) -> list[str]:
    tenant_id = actor.card().id
    if not 1 <= wanted.at_least <= 100:
        raise _invalid("at_least", N_("A threshold is a whole number from 1 to 100."))
    if wanted.vertical:
        verticals.get(wanted.vertical)
    if not (wanted.members or wanted.has_webhook or wanted.phones):
        raise _invalid("members", N_("Choose at least one way to be told."))
    if set(wanted.members) - {one.id for one in members(session, tenant_id)}:
        raise _invalid("members", N_("Choose from your members."))
    if len(listed(session, tenant_id)) >= MOST:
        raise _invalid("at_least", N_("At most 50 thresholds."))
    numbers = [_phone(raw, actor.card().country) for raw in wanted.phones]
    if len(numbers) > MOST_PHONES:
        raise _invalid("phones", N_("At most 10 phone numbers."))
    if numbers and host_of(session, tenant_id) is None:
        raise _invalid("phones", N_("Set up a gateway for text messages first."))
    return numbers


def _phone(raw: str, country: str) -> str:
    number = phones.to_e164(raw, country)
    if number is None:
        raise _invalid("phones", N_("This is not a phone number. Write it with its country code."))
    return number


def _phones(vault: crypto.Vault, row: Any) -> Sequence[str]:
    return sms.open_phones(vault, row.id, bytes(row.phones_sealed)) if row.phones_sealed else ()


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})
