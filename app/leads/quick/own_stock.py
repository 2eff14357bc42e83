"""Whether the agency has somebody already, said while their phone is being typed: by blind index, in its own stock alone.

Invariant: only for who may see contacts, and only so often a minute: the look-up tells whether a person is in the
stock, so it is not for going through numbers.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import emails, phones, verticals
from app.leads.bundle import PERSON
from app.leads.intake_facts import IntakeFacts
from app.leads.quick.choice import person_of
from tenants import clock, crypto, jobs
from tenants.actor import Actor
from tenants.errors import Refused
from tenants.language import N_
from tenants.permissions import Permission

A_MINUTE = 60
"""Nobody types more people a minute; a program would."""
MOST_CHANNELS = 20
LONGEST = 1_000

_FIND = text("""
SELECT l.id, l.state, l.enquired_at FROM lead_person p JOIN lead l ON l.tenant_id = p.tenant_id AND l.id = p.lead_id
WHERE p.tenant_id = :tenant AND p.blind = ANY(:blinds) AND l.vertical = :vertical AND l.type = :type
  AND l.addressee_id IS NOT DISTINCT FROM CAST(:addressee AS uuid) AND l.state <> 'withdrawn' AND l.enquired_at >= :since
ORDER BY l.enquired_at DESC LIMIT 1
""")


class TooManyLookUps(Refused):
    """So many people nobody types within a minute; wait a little."""

    status, code = 429, "too_many_look_ups"


@dataclass(frozen=True, slots=True)
class Had:
    """The newest lead of the agency with one of the channels asked for."""

    lead_id: UUID
    state: str
    enquired_at: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and the written channels that are none."""

    had: Had | None
    unreadable: tuple[str, ...] = ()


def look_up(session: Session, actor: Actor, written: str, facts: IntakeFacts) -> Looked:
    """Look in the agency's own stock for the phones or e-mails written, as the search for duplicates would.

    Raises `Forbidden` without `contacts:read`, `TooManyLookUps`, or `UnknownVertical`.
    """
    actor.demand(Permission.CONTACT_READ)
    _pace(actor)
    kind = verticals.get(facts.vertical)
    known, unreadable = _channels(written[:LONGEST], facts.country)
    if not known:
        return Looked(None, unreadable)
    tenant_id = actor.card().id
    vault = crypto.vault(session, tenant_id)
    words = {
        "tenant": tenant_id,
        "blinds": [vault.blind(PERSON, one) for one in known],
        "vertical": kind.code,
        "type": facts.lead_type,
        "addressee": facts.addressee_id,
        "since": clock.now() - kind.duplicates.window,
    }
    row = session.execute(_FIND, words).one_or_none()
    return Looked(Had(*row) if row else None, unreadable)


def _channels(written: str, country: str) -> tuple[list[str], tuple[str, ...]]:
    is_mail = "@" in written
    known, unreadable = [], []
    for one in (emails.split(written) if is_mail else phones.split(written))[:MOST_CHANNELS]:
        normal = emails.normal_form(one) if is_mail else phones.to_e164(one, country)
        if normal is None:
            unreadable.append(one)
        else:
            known.append(normal)
    return known, tuple(unreadable)


def _pace(actor: Actor) -> None:
    name = f"floe:quick-look:{person_of(actor)}:{clock.now():%H%M}"
    try:
        store = jobs.connection()
        store.set(name, 0, nx=True, ex=60)
        asked = int(store.incr(name))  # type: ignore[arg-type]
    except RedisError:
        return  # a warning that comes early is worth more than its counter
    if asked > A_MINUTE:
        raise TooManyLookUps(N_("Too many look-ups. Wait a little."), retry_after=30)
