"""The contact set of a lead: the people behind it and the channels to reach them.

Invariant: every phone is E.164 and every e-mail in normal form, each once in the set; an unreadable channel is never
dropped without a problem that names it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.leads import emails, phones
from app.leads.problems import Problem, shown

MOST_CONTACTS = 10
LONGEST_NAME = 200
_MESSENGERS = {
    "telegram": ("telegram", "телеграм", "tg", "t.me"),
    "whatsapp": ("whatsapp", "вотсап", "wa.me", "wa"),
    "viber": ("viber", "вайбер"),
    "signal": ("signal", "сигнал"),
}
_KIND_OF_MESSENGER = {word: kind for kind, words in _MESSENGERS.items() for word in words}
_MESSENGER = re.compile(
    r"\s*(?:https?://)?(" + "|".join(re.escape(word) for word in _KIND_OF_MESSENGER) + r")\b[\s:/=–-]*(\S.*)",
    re.IGNORECASE,
)


class Contact(NamedTuple):
    """One person of a lead; messengers are written `kind:handle`. The parts of the name stand beside it where known."""

    name: str = ""
    role: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    messengers: tuple[str, ...] = ()
    first_name: str = ""
    last_name: str = ""

    @property
    def is_unnamed(self) -> bool:
        """Whether nothing says who this is."""
        return not (self.name or self.role)


_NOBODY = Contact()


@dataclass(slots=True)
class RawContact:
    """One person as a file or a request wrote it: each channel cell may hold several values."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    channels: dict[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class ContactSet:
    """The read contacts, what was unreadable, and all channels together for the search of duplicates."""

    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def read_contacts(raw: Iterable[RawContact], country: str) -> ContactSet:
    """Reads all people of a lead. A later person without name and role is one more channel of the first."""
    reading = _Reading(country)
    contacts: list[Contact] = []
    for one in raw:
        contact = reading.read(one)
        if contacts and contact.is_unnamed:
            contacts[0] = _joined(contacts[0], contact)
        elif contact != _NOBODY:
            contacts.append(contact)
    return ContactSet(
        tuple(contacts), tuple(reading.problems), tuple(reading.all_phones), tuple(reading.all_emails)
    )


class _Reading:
    """One lead's contacts being read: remembers what was seen, so that each channel stands once."""

    __slots__ = ("all_emails", "all_phones", "country", "problems")

    def __init__(self, country: str) -> None:
        self.country = country
        self.problems: list[Problem] = []
        self.all_phones: list[str] = []
        self.all_emails: list[str] = []

    def read(self, raw: RawContact) -> Contact:
        cells = raw.cells
        first = self._text(raw, "first_name", cells.get("first_name", ""))
        last = self._text(raw, "last_name", cells.get("last_name", ""))
        name = cells.get("name") or " ".join(part for part in (first, last) if part)
        return Contact(
            self._text(raw, "name", name),
            self._text(raw, "role", cells.get("role", "")),
            self._phones(raw),
            self._emails(raw),
            tuple(map(messenger, raw.channels.get("messenger", ()))),
            first,
            last,
        )

    def _text(self, raw: RawContact, part: str, text: str) -> str:
        if len(text) > LONGEST_NAME:
            self._bad(raw, part, "too_long", text)
            return ""
        return text

    def _phones(self, raw: RawContact) -> tuple[str, ...]:
        mine = []
        for one in raw.channels.get("phone", ()):
            number = phones.to_e164(one, self.country)
            if number is None:
                self._bad(raw, "phone", "damaged_phone" if phones.is_rounded(one) else "bad_phone", one)
            elif number not in self.all_phones:
                self.all_phones.append(number)
                mine.append(number)
        return tuple(mine)

    def _emails(self, raw: RawContact) -> tuple[str, ...]:
        mine = []
        for one in raw.channels.get("email", ()):
            address = emails.normal_form(one)
            if address is None:
                self._bad(raw, "email", "bad_email", one)
            elif address not in self.all_emails:
                self.all_emails.append(address)
                mine.append(address)
        return tuple(mine)

    def _bad(self, raw: RawContact, part: str, code: str, value: str) -> None:
        params = {"limit": LONGEST_NAME} if code == "too_long" else {}
        self.problems.append(Problem(f"contact_{raw.number}_{part}", code, params, shown(value)))


def messenger(raw: str) -> str:
    """A messenger handle as `kind:handle`; `other:` when the text does not say which messenger."""
    found = _MESSENGER.match(raw)
    if found is None:
        return f"other:{raw.strip()[:LONGEST_NAME]}"
    return f"{_KIND_OF_MESSENGER[found[1].lower()]}:{found[2].strip()[:LONGEST_NAME]}"


def _joined(first: Contact, more: Contact) -> Contact:
    return first._replace(
        phones=first.phones + more.phones,
        emails=first.emails + more.emails,
        messengers=first.messengers + more.messengers,
    )
