"""The secrets a sender proves itself with, sealed with their connection; replaced ones hold on for a day.

Invariant: a secret is written, compared and never shown; what is replaced ends by itself, so that a sender that learns
of the new one a little later loses nothing.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenants.crypto import Vault
from tenants.errors import Invalid
from tenants.language import N_

FIELD = "secrets"
OVERLAP = timedelta(hours=24)
LONGEST = 500
_BEFORE, _UNTIL = "before", "before_until"
Secrets = Mapping[str, str]


def sealed(vault: Vault, salt: bytes, connection_id: UUID, kept: Mapping[str, Any]) -> bytes:
    """As they are kept."""
    return vault.seal(salt, connection_id, FIELD, json.dumps(kept).encode())


def opened(vault: Vault, salt: bytes, connection_id: UUID, kept: bytes) -> dict[str, Any]:
    """As they were sealed: the present ones by name, and what was replaced with its end."""
    found: dict[str, Any] = json.loads(vault.open(salt, connection_id, FIELD, kept))
    return found


def valid(kept: Mapping[str, Any], now: datetime) -> list[Secrets]:
    """The sets a sender may use now, the present one first."""
    present = {name: one for name, one in kept.items() if name not in (_BEFORE, _UNTIL)}
    until = kept.get(_UNTIL)
    is_over = until is None or datetime.fromisoformat(until) <= now
    return [present] if is_over else [present, {**present, **kept[_BEFORE]}]


def replaced(kept: Mapping[str, Any], new: Secrets, now: datetime) -> dict[str, Any]:
    """The new ones in place; those they replace hold on until the overlap ends."""
    present = valid(kept, now)[0]
    before = {name: present[name] for name in new if name in present and present[name] != new[name]}
    ending = {_BEFORE: before, _UNTIL: (now + OVERLAP).isoformat()} if before else {}
    return {**present, **new, **ending}


def read(given: Secrets, name: str) -> str:
    """A secret as it is typed. Raises `Invalid` naming the field."""
    found = given.get(name, "").strip()
    if not 1 <= len(found) <= LONGEST:
        sentence = N_("This secret is needed: the sender proves itself with it.")
        raise Invalid(sentence, fields={name: sentence})
    return found
