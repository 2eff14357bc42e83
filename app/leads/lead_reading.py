"""From named texts to the facts of one lead: the one way in, for a file's row and for a request alike.

Invariant: a lead comes out only with an enquiry time that is neither future nor expired, a valid phone or e-mail,
every required answer, a consent time where one is due and an addressee when targeted; times are aware and in UTC.
What could be left out was left out with a warning, never silently.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.leads import certificates, countries, emails, phones, qualification, regions
from app.leads.contacts import Contact, ContactSet, RawContact, read_contacts
from app.leads.fields import Setting, Value
from app.leads.flags import Noticed, flags_of
from app.leads.moments import read_time
from app.leads.problems import Problem, Unreadable
from app.leads.qualification import LETTERS, Bant
from app.leads.targets import CONSUMER, TARGETED
from app.leads.verticals import Attributes, Vertical

T = TypeVar("T")

FURTHEST_AHEAD = timedelta(minutes=10)
LONGEST_FACT = 500
CONSENT = "consent"
_PROOF = frozenset({"ip", "ip_country", "trustedform_url", "jornaya_id"})
_CHANNEL_PROBLEMS = frozenset({"bad_phone", "damaged_phone", "bad_email"})
_CONTACT = re.compile(r"contact_(\d+)_(name|first_name|last_name|role|phone|email|messenger)")
_SPLITTERS: Mapping[str, Callable[[str], list[str]]] = {
    "phone": phones.split,
    "email": emails.split,
    "messenger": lambda raw: [part.strip() for part in re.split(r"[,;|\n]", raw) if part.strip()],
}


@dataclass(frozen=True, slots=True)
class BatchDefaults:
    """What holds for a whole upload or request unless a row says otherwise; `now` is the business time of reading."""

    now: datetime
    country: str
    timezone: str
    currency: str = ""
    lead_type: str = CONSUMER
    legal_basis: str = CONSENT
    language: str = ""
    enquired_at: datetime | None = None
    consent_at: datetime | None = None
    consent_origin: str = ""
    addressee: str = ""
    sub_id: str = ""


@dataclass(slots=True)
class ReadLead:
    """One lead's facts. `public` may be searched; `personal` and `contacts` are only ever stored encrypted.

    `phones` (E.164) and `emails` (normal form) hold every channel once, for the search of duplicates.
    """

    external_id: str | None
    enquired_at: datetime
    country: str
    region: str
    postcode: str
    language: str
    sub_id: str
    consent_at: datetime | None
    consent_origin: str
    claimed_temperature: str | None
    bant: Bant
    public: dict[str, Value]
    personal: dict[str, Value]
    contacts: tuple[Contact, ...]
    addressee: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
    flags: tuple[str, ...] = ()
    """What was noticed about it (`flag_words`) and left out of it (`problems.LEFT_OUT`), as codes; nothing is personal."""
    ip: str = ""
    trustedform: str = ""
    jornaya: str = ""


class LeadReader:
    """Reads many leads that name the same targets; holds nothing of one lead when it reads the next."""

    def __init__(self, vertical: Vertical, defaults: BatchDefaults, targets: Collection[str]) -> None:
        names = {one.name for one in vertical.fields}
        self._vertical = vertical
        self._defaults = defaults
        self._zone = ZoneInfo(defaults.timezone)
        self._latest = defaults.now + FURTHEST_AHEAD
        self._earliest = defaults.now - timedelta(days=vertical.lead_days)
        self._today = defaults.now.astimezone(self._zone).date()
        self._has_proof = any(name in _PROOF for name in targets)
        self._currency = defaults.currency or countries.currency_of(defaults.country) or "EUR"
        self._fields = tuple(name for name in targets if name in names)
        self._people = _people(targets)
        self._has_answers = any(name.startswith("bant_") for name in targets)
        self._time = lambda text: read_time(text, self._zone)
        self._settings: dict[str, Setting] = {}

    def read(
        self, values: Mapping[str, str], people: Sequence[RawContact] = ()
    ) -> ReadLead | tuple[Problem, ...]:
        """The lead, or everything that keeps these values from being one. Values are stripped and never empty."""
        notes = _Notes(values)
        country = notes.read("country", countries.country_code) or self._defaults.country
        attributes = self._attributes(values, country, notes)
        found = _contact_set((*people, *self._raw_contacts(values)), country, notes)
        region, postcode = _place(notes, country)
        lead = ReadLead(
            external_id=notes.text("external_id") or None,
            enquired_at=self._enquired_at(notes),
            country=country,
            region=region,
            postcode=postcode,
            language=notes.soft("language", countries.language_code) or self._defaults.language,
            sub_id=notes.text("sub_id") or self._defaults.sub_id,
            consent_at=self._consent_at(notes),
            consent_origin=notes.text("consent_origin") or self._defaults.consent_origin,
            claimed_temperature=notes.soft("temperature", qualification.read_temperature) or None,
            bant=_bant(notes) if self._has_answers else Bant(),
            public=attributes.public,
            personal=attributes.personal,
            contacts=found.contacts,
            addressee=self._addressee(notes),
            phones=found.phones,
            emails=found.emails,
        )
        if not notes.problems:
            self._screen(lead, found, notes)
        lead.warnings = tuple(notes.warnings)
        return tuple(notes.problems) if notes.problems else lead

    def _screen(self, lead: ReadLead, found: ContactSet, notes: "_Notes") -> None:
        """Flags the lead; a flag that its vertical rejects is a problem like any other."""
        seen = Noticed(lead.country, lead.region, lead.postcode, lead.personal.get("birth_date"))
        if self._has_proof:
            lead.ip = seen.ip = notes.soft("ip", certificates.ip_address)
            seen.ip_country = notes.soft("ip_country", countries.country_code)
            lead.trustedform = notes.soft("trustedform_url", certificates.trustedform)
            lead.jornaya = notes.soft("jornaya_id", certificates.jornaya)
            seen.certificate = self._of_certificates(lead, notes)
        if found.problems:
            seen.has_left_out = any(one.code in _CHANNEL_PROBLEMS for one in found.problems)
        lead.flags = flags_of(lead.contacts, lead.phones, lead.emails, seen, self._today)
        notes.problems += [Problem(None, one) for one in self._vertical.screening.refused(lead.flags)]
        lead.flags += tuple({one.code: None for one in notes.warnings})

    def _of_certificates(self, lead: ReadLead, notes: "_Notes") -> tuple[str, ...]:
        given_at = lead.consent_at or lead.enquired_at
        if lead.trustedform and self._defaults.now - given_at > certificates.USABLE_FOR:
            return (certificates.OLD,)
        is_bad = any(one.code in ("bad_trustedform", "bad_jornaya") for one in notes.warnings)
        return (certificates.BAD,) if is_bad else ()

    def _attributes(self, values: Mapping[str, str], country: str, notes: "_Notes") -> Attributes:
        setting = self._settings.get(country)
        if setting is None:
            setting = self._settings[country] = Setting(country, self._currency, self._today)
        read = self._vertical.read({name: values[name] for name in self._fields if name in values}, setting)
        if isinstance(read, Attributes):
            return read
        notes.problems.extend(read)
        return Attributes({}, {})

    def _raw_contacts(self, values: Mapping[str, str]) -> list[RawContact]:
        people = []
        for number, parts in self._people:
            one = RawContact(number)
            for target, part, split in parts:
                text = values.get(target)
                if text is None:
                    continue
                if split is None:
                    one.cells[part] = text
                else:
                    one.channels[part] = split(text)
            if one.cells or one.channels:
                people.append(one)
        return people

    def _enquired_at(self, notes: "_Notes") -> datetime:
        moment = notes.read("enquired_at", self._time) or self._defaults.enquired_at
        if moment is None:
            notes.miss("enquired_at", "missing")
            return self._defaults.now
        if moment > self._latest:
            notes.bad("enquired_at", Unreadable("in_future"))
        elif moment < self._earliest:
            notes.bad("enquired_at", Unreadable("expired", days=self._vertical.lead_days))
        return moment

    def _consent_at(self, notes: "_Notes") -> datetime | None:
        moment = notes.read("consent_at", self._time) or self._defaults.consent_at
        is_due = self._vertical.demands_consent or self._defaults.legal_basis == CONSENT
        if moment is None and is_due:
            notes.miss("consent_at", "no_consent_time")
        elif moment is not None and moment > self._latest:
            notes.bad("consent_at", Unreadable("in_future"))
        return moment

    def _addressee(self, notes: "_Notes") -> str:
        if self._defaults.lead_type != TARGETED:
            return ""
        addressee = notes.text("addressee") or self._defaults.addressee
        if not addressee:
            notes.miss("addressee", "no_addressee")
        return addressee


class _Notes:
    """One lead being read: its values, what is wrong with it and what had to be left out."""

    __slots__ = ("problems", "values", "warnings")

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def read(self, target: str, reader: Callable[[str], T]) -> T | None:
        """The value read, or None and a problem."""
        text = self.values.get(target)
        if text is None:
            return None
        try:
            return reader(text)
        except Unreadable as answer:
            self.problems.append(answer.problem(target, text))
            return None

    def soft(self, target: str, reader: Callable[[str], str]) -> str:
        """The value read, or nothing and a warning: the lead is good without it."""
        text = self.values.get(target)
        if text is None:
            return ""
        try:
            return reader(text)
        except Unreadable as answer:
            self.warnings.append(answer.problem(target, text))
            return ""

    def text(self, target: str) -> str:
        """A short text as it is."""
        text = self.values.get(target, "")
        if len(text) > LONGEST_FACT:
            self.bad(target, Unreadable("too_long", limit=LONGEST_FACT))
        return text

    def bad(self, target: str, answer: Unreadable) -> None:
        """Notes a problem with a value that could be read."""
        self.problems.append(answer.problem(target, self.values.get(target, "")))

    def miss(self, target: str, code: str) -> None:
        """Notes that a value is missing, unless it is there and already refused."""
        if target not in self.values:
            self.problems.append(Problem(target, code))


def _people(
    targets: Collection[str],
) -> tuple[tuple[int, tuple[tuple[str, str, Callable[[str], list[str]] | None], ...]], ...]:
    """The targets of each contact in order, with the way its cells are split."""
    by_number: dict[int, list[tuple[str, str, Callable[[str], list[str]] | None]]] = {}
    for target in targets:
        found = _CONTACT.fullmatch(target)
        if found is not None:
            part = found[2]
            by_number.setdefault(int(found[1]), []).append((target, part, _SPLITTERS.get(part)))
    return tuple((number, tuple(by_number[number])) for number in sorted(by_number))


def _contact_set(people: Sequence[RawContact], country: str, notes: _Notes) -> ContactSet:
    """The people of the lead; without one valid channel, what is wrong with the channels refuses the lead."""
    found = read_contacts(people, country)
    notes.warnings.extend(found.problems)
    if not (found.phones or found.emails):
        notes.problems.extend(found.problems or (Problem(None, "no_channel"),))
    return found


def _place(notes: _Notes, country: str) -> tuple[str, str]:
    """Region and postcode; the postcode tells the region when nothing better does."""
    region = notes.soft("region", lambda text: regions.find(text, country))
    postcode = notes.soft("postcode", lambda text: regions.postcode(text, country))
    return region or (postcode and regions.of_postcode(postcode, country)) or "", postcode


def _bant(notes: _Notes) -> Bant:
    answers = [notes.read(f"bant_{letter}", qualification.read_answer) for letter in LETTERS]
    return Bant(*(answer or qualification.UNKNOWN for answer in answers))
