"""What is sealed with a lead: its contact set, personal answers, postcode and proof of consent, packed into one value.

Invariant: `unpack(pack(bundle)) == bundle`; nothing of a bundle is stored except sealed, or blinded one person at a time.
"""

from dataclasses import dataclass
from typing import Any

import orjson

FIELD = "bundle"
"""The field name a packed bundle is sealed under."""
PERSON = "person"
"""The purpose of the blind index that tells whether two leads are of one person."""

PROOFS = ("trustedform_url", "jornaya_id", "ip")
"""What of a consent is handed on as it came: certificates kept by others, and where the person was."""

NAME_PARTS = ("first_name", "last_name")
"""What of a contact is packed only where it is known."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The secret half of a lead. A contact holds name, first_name and last_name (empty where not known), role, phones
    (E.164), emails (normal form), messengers."""

    contacts: list[dict[str, Any]]
    personal: dict[str, Any]
    postcode: str = ""
    consent: dict[str, Any] | None = None
    """Text version, moment and origin of the consent; nothing on a basis other than consent."""


def pack(bundle: Bundle) -> bytes:
    """Compact UTF-8 JSON, to be sealed."""
    content = {
        "contacts": bundle.contacts,
        "personal": bundle.personal,
        "postcode": bundle.postcode,
        "consent": bundle.consent,
    }
    return orjson.dumps(content)


def unpack(packed: bytes) -> Bundle:
    """The bundle of an opened lead."""
    bundle = Bundle(**orjson.loads(packed))
    for contact in bundle.contacts:
        for part in NAME_PARTS:
            contact.setdefault(part, "")
    return bundle


def people(bundle: Bundle) -> list[str]:
    """Every phone and e-mail of the contact set, each once, sorted: what duplicates are found by."""
    return sorted(
        {
            channel
            for contact in bundle.contacts
            for kind in ("phones", "emails")
            for channel in contact.get(kind, ())
        }
    )
