"""From named texts to the facts of one lead: the one way in, for a file's row and for a request alike.

Invariant: a lead comes out only with an enquiry time that is neither future nor expired, a valid phone or e-mail,
every required answer, a consent time where one is due and an addressee when targeted; times are aware and in UTC.
What could be left out was left out with a warning, never silently.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.leads import certificates, countries, emails, phones, qualification, regions
from app.leads.contacts import Contact, ContactSet, RawContact, read_contacts
from app.leads.fields import Setting, Value
from app.leads.flags import Noticed, flags_of
from app.leads.lead_notes import Notes
from app.leads.moments import read_time
from app.leads.problems import Problem, Unreadable
from app.leads.qualification import LETTERS, Bant
from app.leads.targets import CONSUMER, TARGETED
from app.leads.verticals import Attributes, Vertical

FURTHEST_AHEAD = timedelta(minutes=10)
CONSENT = "consent"
_NO_ANSWERS = Bant()
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
    month_first: frozenset[str] = frozenset()
    """The targets whose dates have the month before the day."""


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
        self._settings: dict[str, Setting] = {}

    def read(
        self, values: Mapping[str, str], people: Sequence[RawContact] = ()
    ) -> ReadLead | tuple[Problem, ...]:
        """The lead, or everything that keeps these values from being one. Values are stripped and never empty."""
        return self.read_all([values], people)[0]

    def read_all(
        self, rows: Sequence[Mapping[str, str]], people: Sequence[RawContact] = ()
    ) -> list[ReadLead | tuple[Problem, ...]]:
        """What `read` gives for each; `people` belong to every one of them."""
        # one kind of work at a time over all leads takes the processor two thirds of the time of lead by lead
        notes = [Notes(values) for values in rows]
        at = [one.read("country", countries.country_code) or self._defaults.country for one in notes]
        answers = [self._attributes(one, country) for one, country in zip(notes, at, strict=True)]
        raw = [(*people, *self._raw_contacts(values)) for values in rows]
        found = [_contact_set(*one) for one in zip(raw, at, notes, strict=True)]
        places = [_place(one, country) for one, country in zip(notes, at, strict=True)]
        leads = [self._lead(*one) for one in zip(notes, at, answers, found, places, strict=True)]
        for lead, channels, one in zip(leads, found, notes, strict=True):
            if not one.problems:
                self._screen(lead, channels, one)
            lead.warnings = tuple(one.warnings)
        return [tuple(one.problems) if one.problems else lead for lead, one in zip(leads, notes, strict=True)]

    def _lead(
        self, notes: Notes, country: str, answers: Attributes, found: ContactSet, place: tuple[str, str]
    ) -> ReadLead:
        return ReadLead(
            external_id=notes.text("external_id") or None,
            enquired_at=self._enquired_at(notes),
            country=country,
            region=place[0],
            postcode=place[1],
            language=notes.soft("language", countries.language_code) or self._defaults.language,
            sub_id=notes.text("sub_id") or self._defaults.sub_id,
            consent_at=self._consent_at(notes),
            consent_origin=notes.text("consent_origin") or self._defaults.consent_origin,
            claimed_temperature=notes.soft("temperature", qualification.read_temperature) or None,
            bant=_bant(notes) if self._has_answers else _NO_ANSWERS,
            public=answers.public,
            personal=answers.personal,
            contacts=found.contacts,
            addressee=self._addressee(notes),
            phones=found.phones,
            emails=found.emails,
        )

    def _screen(self, lead: ReadLead, found: ContactSet, notes: Notes) -> None:
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

    def _of_certificates(self, lead: ReadLead, notes: Notes) -> tuple[str, ...]:
        given_at = lead.consent_at or lead.enquired_at
        if lead.trustedform and self._defaults.now - given_at > certificates.USABLE_FOR:
            return (certificates.OLD,)
        is_bad = any(one.code in ("bad_trustedform", "bad_jornaya") for one in notes.warnings)
        return (certificates.BAD,) if is_bad else ()

    def _attributes(self, notes: Notes, country: str) -> Attributes:
        setting = self._settings.get(country)
        if setting is None:
            setting = self._settings[country] = Setting(
                country, self._currency, self._today, self._defaults.month_first
            )
        values = notes.values
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

    def _time_of(self, target: str) -> Callable[[str], datetime]:
        is_month_first = target in self._defaults.month_first
        return lambda text: read_time(text, self._zone, is_month_first)

    def _enquired_at(self, notes: Notes) -> datetime:
        moment = notes.read("enquired_at", self._time_of("enquired_at")) or self._defaults.enquired_at
        if moment is None:
            notes.miss("enquired_at", "missing")
            return self._defaults.now
        if moment > self._latest:
            notes.bad("enquired_at", Unreadable("in_future"))
        elif moment < self._earliest:
            notes.bad("enquired_at", Unreadable("expired", days=self._vertical.lead_days))
        return moment

    def _consent_at(self, notes: Notes) -> datetime | None:
        moment = notes.read("consent_at", self._time_of("consent_at")) or self._defaults.consent_at
        is_due = self._vertical.demands_consent or self._defaults.legal_basis == CONSENT
        if moment is None and is_due:
            notes.miss("consent_at", "no_consent_time")
        elif moment is not None and moment > self._latest:
            notes.bad("consent_at", Unreadable("in_future"))
        return moment

    def _addressee(self, notes: Notes) -> str:
        if self._defaults.lead_type != TARGETED:
            return ""
        addressee = notes.text("addressee") or self._defaults.addressee
        if not addressee:
            notes.miss("addressee", "no_addressee")
        return addressee


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


def _contact_set(people: Sequence[RawContact], country: str, notes: Notes) -> ContactSet:
    """The people of the lead; without one valid channel, what is wrong with the channels refuses the lead."""
    found = read_contacts(people, country)
    notes.warnings.extend(found.problems)
    if not (found.phones or found.emails):
        notes.problems.extend(found.problems or (Problem(None, "no_channel"),))
    return found


def _place(notes: Notes, country: str) -> tuple[str, str]:
    """Region and postcode; the postcode tells the region when nothing better does."""
    region = notes.soft("region", lambda text: regions.find(text, country))
    postcode = notes.soft("postcode", lambda text: regions.postcode(text, country))
    return region or (postcode and regions.of_postcode(postcode, country)) or "", postcode


def _bant(notes: Notes) -> Bant:
    answers = [notes.read(f"bant_{letter}", qualification.read_answer) for letter in LETTERS]
    return Bant(*(answer or qualification.UNKNOWN for answer in answers))
