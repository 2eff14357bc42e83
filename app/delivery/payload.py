"""What is said: one event's body, sealed until it is sent, and the message a receiver gets.

Invariants: personal data stands under `contacts` alone, so that a destination without them is never handed any; a
message is at most 20 kB; a sealed body opens only for its tenant, subject and event.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tenants.crypto import SALT_BYTES, Vault, new_salt
from tenants.errors import Invalid
from tenants.language import N_

LARGEST_MESSAGE = 20_000
CONTACTS = "contacts"


class MessageTooLarge(Invalid):
    """The event does not fit into one message of 20 kB; nothing was enqueued."""

    code: ClassVar[str] = "message_too_large"


@dataclass(frozen=True)
class Event:
    """Something that happened to a subject; told once per destination, type and subject.

    `contacts` are the personal data of the body, kept apart: an e-mail carries them only where an owner allowed it.
    """

    type: str
    subject_id: UUID
    body: Mapping[str, Any]
    created_at: datetime
    contacts: Any = None


def message(event: Event) -> str:
    """The event as a Standard Webhooks message: type, timestamp, data.

    Raises `MessageTooLarge` above 20 kB of UTF-8, and `ValueError` when the body itself holds a key `contacts`.
    """
    if CONTACTS in event.body:
        raise ValueError("personal data is handed over as Event.contacts, not inside the body")
    data = dict(event.body) if event.contacts is None else {**event.body, CONTACTS: event.contacts}
    whole = {"type": event.type, "timestamp": event.created_at.isoformat(), "data": data}
    written = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    size = len(written.encode())
    if size > LARGEST_MESSAGE:
        raise MessageTooLarge(N_("The message is longer than 20 kB."), size=size)
    return written


def seal_message(vault: Vault, event_type: str, subject_id: UUID, written: str) -> bytes:
    """The message as it is stored; the salt goes in front, so that deleting the body deletes all of it."""
    salt = new_salt()
    return salt + vault.seal(salt, subject_id, f"message {event_type}", written.encode())


def open_message(vault: Vault, event_type: str, subject_id: UUID, sealed: bytes) -> str:
    """The message again; raises `Unreadable` when it was sealed for anything else."""
    salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    return vault.open(salt, subject_id, f"message {event_type}", rest).decode()


def seal_secret(vault: Vault, destination_id: UUID, secret: bytes) -> bytes:
    """A destination's signing secrets as they are stored."""
    salt = new_salt()
    return salt + vault.seal(salt, destination_id, "webhook secret", secret)


def open_secret(vault: Vault, destination_id: UUID, sealed: bytes) -> bytes:
    """The signing secrets again."""
    return vault.open(sealed[:SALT_BYTES], destination_id, "webhook secret", sealed[SALT_BYTES:])


def for_mail(written: str, *, includes_contacts: bool) -> dict[str, Any]:
    """The body a mail is written from, without personal data unless the destination may carry it."""
    data: dict[str, Any] = json.loads(written)["data"]
    if not includes_contacts:
        data.pop(CONTACTS, None)
    return data
