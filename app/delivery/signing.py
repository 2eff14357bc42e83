"""Signatures by the Standard Webhooks specification, so that receivers check them with its ready libraries.

Invariants: a secret is 32 random bytes written `whsec_…`; after a rotation the old and the new one both sign for 24
hours; the message id is the delivery's id, the same at every repetition, so that a receiver can drop doubles.
"""

import base64
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from standardwebhooks import Webhook

OVERLAP = timedelta(hours=24)


@dataclass(frozen=True)
class Secrets:
    """The signing secrets of one webhook; `previous` signs too until `previous_until_at`."""

    current: str
    previous: str | None = None
    previous_until_at: datetime | None = None

    def to_bytes(self) -> bytes:
        """The form that is sealed and stored."""
        until = self.previous_until_at.isoformat() if self.previous_until_at else None
        return json.dumps([self.current, self.previous, until]).encode()

    @staticmethod
    def from_bytes(stored: bytes) -> "Secrets":
        """The secrets out of their stored form."""
        current, previous, until = json.loads(stored)
        return Secrets(current, previous, datetime.fromisoformat(until) if until else None)


def new_secrets() -> Secrets:
    """A first secret for a new webhook."""
    return Secrets(_new_secret())


def rotated(secrets: Secrets, now: datetime) -> Secrets:
    """A new secret that signs from now on; the one before it signs for another 24 hours.

    A second rotation within that time drops the oldest at once: at most two secrets are ever valid.
    """
    return Secrets(_new_secret(), secrets.current, now + OVERLAP)


def valid_secrets(secrets: Secrets, now: datetime) -> tuple[str, ...]:
    """The secrets that sign at this instant, the newest first."""
    if secrets.previous and secrets.previous_until_at and now < secrets.previous_until_at:
        return secrets.current, secrets.previous
    return (secrets.current,)


def signed_headers(delivery_id: UUID, body: str, secrets: tuple[str, ...]) -> dict[str, str]:
    """The three headers a receiver verifies; one signature per valid secret, separated by spaces.

    The time is the real one, not the business clock's: a receiver compares it with its own and refuses 5 minutes.
    """
    sent_at = datetime.fromtimestamp(int(time.time()), UTC)  # sign() reads any zone as UTC: hand it UTC
    signatures = [Webhook(secret).sign(str(delivery_id), sent_at, body) for secret in secrets]
    return {
        "webhook-id": str(delivery_id),
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()
