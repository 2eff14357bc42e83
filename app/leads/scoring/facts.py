"""What rules may know of a lead, in four parts: its answers, what is sealed, BANT, where it comes from. Pure.

Invariants: a lead being read and the same lead stored give the same `Known`, so that scored again under the same rules
it scores the same; what is stored for that (`Told`) names nobody.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson

from app.leads import certificates, mail_kinds
from app.leads.lead_reading import ReadLead
from app.leads.qualification import CONFIRMED, DENIED, LETTERS, UNKNOWN
from app.leads.scoring.subjects import BANT, CORPORATE, FREE
from app.leads.verticals import Vertical

_ANSWER_OF = {"c": CONFIRMED, "d": DENIED, "u": UNKNOWN}
_BANT_KEYS = tuple(f"@{BANT}{letter}" for letter in LETTERS)
DAY_SECONDS = 86_400.0


class Told(NamedTuple):
    """What is sealed of a lead, as far as rules may know it: `has` names the sealed answers that were given,
    `is_certified` says that a usable certificate of its consent is among them."""

    mail: str | None = None
    phone: bool = False
    channels: int = 0
    completeness: int = 0
    has: tuple[str, ...] = ()
    is_certified: bool = False

    def flat(self) -> dict[str, Any]:
        """As facts by subject's key."""
        facts: dict[str, Any] = dict.fromkeys(self.has, True)
        return facts | {
            "@mail": self.mail,
            "@phone": self.phone or None,
            "@channels": self.channels,
            "@completeness": self.completeness,
        }


class Place(NamedTuple):
    """Where a lead comes from, and whether its consent can be proven (a time, and a text, an origin or a usable certificate)."""

    country: str = ""
    region: str = ""
    language: str = ""
    channel: str = ""
    source: str = ""
    sub_id: str = ""
    is_proven: bool = False

    def flat(self) -> dict[str, Any]:
        """As facts by subject's key."""
        facts = {f"@{name}": value or None for name, value in self._asdict().items() if name != "is_proven"}
        return facts | {"@consent": self.is_proven or None}


class Known(NamedTuple):
    """Everything rules may know of a lead; `bant` is the code of its answers."""

    answers: Mapping[str, Any]
    told: Told
    bant: str
    place: Place

    def flat(self) -> dict[str, Any]:
        """All of it by subject's key."""
        return {**self.told.flat(), **self.answers, **bant_facts(self.bant), **self.place.flat()}


def bant_facts(code: str) -> dict[str, Any]:
    """The four answers of a code by subject's key."""
    return dict(zip(_BANT_KEYS, [_ANSWER_OF[letter] for letter in code], strict=True))


def told_of(lead: ReadLead, vertical: Vertical) -> Told:
    """What rules may know of a read lead's people and sealed answers."""
    public, personal, phones, emails = lead.public, lead.personal, lead.phones, lead.emails
    optional, filled = _optional(vertical), 0
    for name in optional:
        if name in public or name in personal:
            filled += 1
    channels = len(phones) + len(emails)
    for one in lead.contacts:
        channels += len(one.messengers)
    completeness = 100 * filled // len(optional) if optional else 100
    is_certified = certificates.is_usable(lead.trustedform, lead.jornaya, lead.flags)
    mail = _mail_kind(emails) if emails else None
    return Told(mail, bool(phones), channels, completeness, tuple(personal), is_certified)


@lru_cache(maxsize=1024)
def told_json(told: Told) -> str:
    """As it is stored with the lead. The names of fields need no escaping in COPY."""
    return orjson.dumps(told._asdict()).decode()


def told_from(stored: Mapping[str, Any]) -> Told:
    """As it was stored; of a lead that was stored without, nothing is known."""
    return Told(**{**stored, "has": tuple(stored["has"])}) if stored else Told()


def known_of(row: Any) -> Known:
    """Of a stored lead: its columns, with `channel` of its source."""
    told = told_from(row.signals)
    is_proven = has_proof(row.consent_at, told, row.consent_text_id or row.consent_origin)
    where = Place(
        row.country, row.region, row.language, row.channel, str(row.source_id), row.sub_id, is_proven
    )
    return Known(row.facts, told, row.bant, where)


def has_proof(consent_at: datetime | None, told: Told, text_or_origin: object) -> bool:
    """Whether a consent can be proven: its time is known, and its text, its origin or a usable certificate."""
    return consent_at is not None and (bool(text_or_origin) or told.is_certified)


def age_days(since: datetime, now: datetime) -> float:
    """Days since a moment; a moment that has not come yet is now."""
    return max(0.0, (now - since).total_seconds() / DAY_SECONDS)


def _mail_kind(emails: tuple[str, ...]) -> str:
    """Corporate when one address is of an organisation's own domain; free when anybody could have opened all of them."""
    for email in emails:
        if mail_kinds.CORPORATE in mail_kinds.flags_of_domain(email[email.rindex("@") + 1 :]):
            return CORPORATE
    return FREE


@cache
def _optional(vertical: Vertical) -> tuple[str, ...]:
    return tuple(one.name for one in vertical.fields if not one.is_required)
