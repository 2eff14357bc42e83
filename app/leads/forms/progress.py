"""How far a person has come with a form: carried by the page itself, sealed, instead of a cookie or a session.

Invariants: nobody reads or changes it on the way; it opens only for the form that made it. It names the submission it
will become, so that sending it twice is one submission.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tenants.crypto import SALT_BYTES, Unreadable, Vault, new_salt
from tenants.ids import new_id

FIELD = "form progress"
LONGEST = 200_000
_TRAPS = ("company_fax", "second_surname", "website_url", "street_2", "job_code")


@dataclass(frozen=True, slots=True)
class Progress:
    """What the page knows: `known` came with its address, `answers` were typed; `trap` is the field only a bot fills."""

    submission_id: UUID
    version: int
    language: str
    started_at: datetime
    trap: str
    step: int = 0
    known: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    is_embedded: bool = False

    @property
    def values(self) -> dict[str, str]:
        """All answers so far."""
        return {**self.known, **self.answers}


def begin(version: int, language: str, at: datetime) -> Progress:
    """A form opened just now."""
    trap = f"{secrets.choice(_TRAPS)}_{secrets.token_hex(3)}"
    return Progress(new_id(), version, language, at, trap)


def seal(vault: Vault, form_id: UUID, progress: Progress) -> str:
    """As a hidden field of the page carries it."""
    plain = json.dumps(asdict(progress), default=str, separators=(",", ":")).encode()
    salt = new_salt()
    return base64.urlsafe_b64encode(salt + vault.seal(salt, form_id, FIELD, plain)).decode()


def unseal(vault: Vault, form_id: UUID, carried: str) -> Progress | None:
    """What a page carried; None when it was damaged, invented, or made by another form."""
    if len(carried) > LONGEST:
        return None
    try:
        raw = base64.b64decode(carried.encode(), altchars=b"-_", validate=True)
        return read(json.loads(vault.open(raw[:SALT_BYTES], form_id, FIELD, raw[SALT_BYTES:])))
    except (Unreadable, ValueError, KeyError, TypeError):  # the last two: sealed by an older release
        return None


def read(plain: Mapping[str, Any]) -> Progress:
    """From plain JSON."""
    told = dict(plain)
    submission_id, started_at = (
        UUID(told.pop("submission_id")),
        datetime.fromisoformat(told.pop("started_at")),
    )
    return Progress(submission_id=submission_id, started_at=started_at, **told)
