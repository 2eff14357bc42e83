"""One lead typed in by hand: stored and offered in one deed, whatever the network did; taken back while unsold.

Invariants: an entry is one lead however often its browser sends it, and another text under the same id is refused, never
lost in silence; nothing that was typed is left out of a lead without saying so; nobody sends or undoes another's entry.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import duplicates
from app.leads.intake import Result
from app.leads.intake_facts import SoundFacts, demand_sound
from app.leads.legal_basis import CONSENT
from app.leads.problems import Problem
from app.leads.quick.choice import Choice, demand_short, keep, person_of
from app.leads.quick.people import channels, nameless, people
from app.leads.quick.questions import PERSON, asked
from app.leads.rows import BatchDefaults, ReadLead, read_values
from app.leads.targets import TARGETED
from app.market.offer import offer_many
from app.market.prices import price_of
from app.market.publish import PriceMissing
from tenants import crypto
from tenants.actor import Actor
from tenants.approval import require_approved
from tenants.errors import Refused
from tenants.language import N_

LONGEST_WAIT = timedelta(days=60)
NOT_AGREED = "not_agreed"
NOTHING_TYPED = "nothing_typed"
AGREED = "agreed"
_MORE_LOCKS = 2
"""Beside its channels: the entry's own ID, and a hash of name and postcode where the vertical compares that."""
_HOUR = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")

_STORED = text("""
SELECT person_id, fingerprint, result, lead_id, quarantined_id FROM quick_entry WHERE tenant_id = :tenant AND id = :id
""")
_KEEP = text("""
INSERT INTO quick_entry (tenant_id, id, person_id, fingerprint, result, lead_id, quarantined_id, received_at)
VALUES (:tenant, :id, :person, :fingerprint, :result, CAST(:lead AS uuid), CAST(:quarantined AS uuid), :at)
""")


class EntryRefused(Refused):
    """Something typed cannot be read, is missing, or is not to be stored; `problems` name each question. Nothing stored."""

    status, code = 422, "entry_refused"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(N_("Please correct the marked fields."))
        self.problems = problems


class EntryReused(Refused):
    """Another lead was stored under this entry's id; this one was not. It needs an id of its own."""

    status, code = 409, "entry_reused"


class AnothersEntry(Refused):
    """The entry was typed by somebody else, or in another organisation; it waits for them."""

    status, code = 409, "anothers_entry"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed, under the id it got at that moment, and how long ago that was."""

    id: UUID
    choice: Choice
    typed: Mapping[str, str]
    """Question → text, and `enquired_at` and `consent_at` where somebody wrote them."""
    has_agreed: bool
    age: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of an entry; `is_new` is False when it had been sent before."""

    result: Result
    lead_id: UUID | None
    quarantined_id: UUID | None
    is_new: bool = True


def choose(session: Session, actor: Actor, choice: Choice) -> None:
    """Remember what a person types in. Raises what `choice.keep` refuses, and when its leads are to be offered at once
    `NotApproved` or `PriceMissing`: better now than at the hundredth entry."""
    keep(session, actor, choice)
    if not choice.is_offered:
        return
    require_approved(actor.card())
    price = price_of(session, choice.facts.source_id, choice.facts.vertical)
    per_action = (price.call_minor, price.consultation_minor, price.purchase_minor)
    per_lead = (price.shared_minor, price.exclusive_minor)
    offered = (price.reserved_minor,) if choice.facts.lead_type == TARGETED else per_lead
    if not any((*offered, *per_action)):
        raise PriceMissing(N_("Set a price first for: %(named)s."), named=choice.facts.vertical)


def enter(session: Session, actor: Actor, entry: Entry, at: datetime) -> Entered:
    """Store one entry, offered at once or as a draft. Sent again, it gives what it gave the first time.

    Raises `EntryRefused` naming the questions, `EntryReused`, `AnothersEntry`, or what `offer.offer_many` refuses:
    nothing stored. A duplicate is a result: it is remembered too.
    """
    tenant_id, person_id = actor.card().id, person_of(actor)
    _lock(session, tenant_id, entry)
    fingerprint = crypto.vault(session, tenant_id).blind("quick", _canonical(entry))
    stored = session.execute(_STORED, {"tenant": tenant_id, "id": entry.id}).one_or_none()
    if stored is not None:
        if stored.person_id != person_id:
            raise AnothersEntry(N_("This entry is somebody else's."))
        if bytes(stored.fingerprint) != fingerprint:
            raise EntryReused(N_("Another lead was stored from this form. Store this one once more."))
        return Entered(Result(stored.result), stored.lead_id, stored.quarantined_id, is_new=False)
    entered = _store(session, actor, entry, at)
    session.execute(
        _KEEP,
        {
            "tenant": tenant_id,
            "id": entry.id,
            "person": person_id,
            "fingerprint": fingerprint,
            "result": entered.result.value,
            "lead": entered.lead_id,
            "quarantined": entered.quarantined_id,
            "at": at,
        },
    )
    return entered


def _lock(session: Session, tenant_id: UUID, entry: Entry) -> None:
    """Whoever sends the same entry at the same time waits here, and then finds what became of it.

    Its people are locked when it is stored. One with more of them than are locked one by one takes the whole stock
    now: two that hold a part of it and want the whole would wait for each other for ever.
    """
    typed = _typed(entry)
    if channels(people(typed, frozenset(typed))) + _MORE_LOCKS > duplicates.MOST_LOCKED:
        duplicates.lock_stock(session, tenant_id)
    else:
        duplicates.lock_leads(session, tenant_id, duplicates.told_apart(_external_id(entry)))


def _external_id(entry: Entry) -> str:
    return f"quick-{entry.id}"


def _typed(entry: Entry) -> dict[str, str]:
    return {name: one.strip() for name, one in entry.typed.items() if one.strip()}


def _store(session: Session, actor: Actor, entry: Entry, at: datetime) -> Entered:
    demand_short(entry.choice)
    facts = entry.choice.facts
    sound = demand_sound(session, actor.card().id, facts)
    values = _values(actor, entry, sound, at)
    problems = _unread(actor, entry, sound, values, at)
    if problems:
        raise EntryRefused(problems)
    (taken,) = offer_many(session, actor, [values], facts, at, is_draft=not entry.choice.is_offered)
    if taken.result is Result.REJECTED:
        raise EntryRefused(taken.problems)
    result = Result.ACCEPTED if taken.result is Result.KNOWN else taken.result
    return Entered(result, taken.lead_id, taken.quarantined_id)


def _values(actor: Actor, entry: Entry, sound: SoundFacts, at: datetime) -> dict[str, object]:
    """Targets and fields by name, people under `contacts`, as intake takes them."""
    known = frozenset(one.name for one in asked(sound.vertical, asks_bant=entry.choice.asks_bant))
    typed = _typed(entry)
    entered_at = at - min(max(entry.age, timedelta()), LONGEST_WAIT)
    zone = ZoneInfo(actor.card().time_zone)
    enquired_at = _moment(typed.get("enquired_at", ""), entered_at, zone)
    values: dict[str, object] = {
        name: one for name, one in typed.items() if name in known and name not in PERSON
    }
    values |= {
        "external_id": _external_id(entry),
        "enquired_at": enquired_at,
        "contacts": people(typed, known),
    }
    if entry.has_agreed:
        values["consent_at"] = _moment(typed.get("consent_at", ""), entered_at, zone, enquired_at)
        values["consent_origin"] = entry.choice.consent_origin
    if entry.choice.sub_id:
        values["sub_id"] = entry.choice.sub_id
    return values


def _moment(typed: str, entered_at: datetime, zone: ZoneInfo, otherwise: str = "") -> str:
    """A time as typed; an hour alone is of the day of the entry; nothing typed is the moment of the entry."""
    hour = _HOUR.fullmatch(typed)
    if hour:
        local = entered_at.astimezone(zone)
        return local.replace(hour=int(hour[1]), minute=int(hour[2]), second=0, microsecond=0).isoformat(
            "T", "seconds"
        )
    return typed or otherwise or entered_at.isoformat("T", "seconds")


def _unread(
    actor: Actor, entry: Entry, sound: SoundFacts, values: Mapping[str, object], at: datetime
) -> tuple[Problem, ...]:
    """Everything typed that could not be stored as it is: the person is still there to be asked again."""
    facts = entry.choice.facts
    if not any(one.strip() for one in entry.typed.values()):
        return (Problem("name", NOTHING_TYPED),)
    defaults = BatchDefaults(
        now=at,
        country=sound.country,
        timezone=actor.card().time_zone,
        lead_type=facts.lead_type,
        legal_basis=facts.legal_basis,
        addressee=str(facts.addressee_id or ""),
    )
    read = read_values(sound.vertical, values, defaults)
    problems = [*(read.warnings if isinstance(read, ReadLead) else read), *nameless(entry.typed)]
    is_due = sound.vertical.demands_consent or facts.legal_basis == CONSENT
    if is_due and not entry.has_agreed:
        problems = [one for one in problems if one.code != "no_consent_time"]
        problems.append(Problem(AGREED, NOT_AGREED))
    return tuple(problems)


def _canonical(entry: Entry) -> str:
    facts = entry.choice.facts
    said = [
        sorted((name, one.strip()) for name, one in entry.typed.items() if one.strip()),
        entry.has_agreed,
        [facts.vertical, facts.lead_type, str(facts.source_id), str(facts.addressee_id)],
    ]
    return orjson.dumps(said).decode()
