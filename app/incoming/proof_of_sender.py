"""Whether a body comes from whom it says: Google's key, Meta's signature. Pure.

Invariant: secrets are compared in constant time; a sender that proves nothing where proof is due is refused.
"""

import hashlib
import hmac
from collections.abc import Mapping

from app.incoming.documents import GOOGLE_ADS, META
from tenants.errors import Forbidden
from tenants.language import N_


class SenderUnproven(Forbidden):
    """The sender's key or signature is missing or wrong; nothing was kept."""

    code = "sender_unproven"


def demand_proof(kind: str, secrets: Mapping[str, str], body: bytes, value: object, signature: str) -> None:
    """Raises `SenderUnproven` unless the body proves its sender, where the kind of connection has a way to."""
    is_proven = True
    if kind == GOOGLE_ADS:
        given = value.get("google_key") if isinstance(value, Mapping) else None
        is_proven = _same(str(given or ""), secrets.get("google_key", ""))
    if kind == META:
        due = hmac.new(secrets.get("app_secret", "").encode(), body, hashlib.sha256).hexdigest()
        is_proven = _same(signature, f"sha256={due}")
    if not is_proven:
        raise SenderUnproven(N_("The key or signature of this message is wrong."))


def challenge(secrets: Mapping[str, str], query: Mapping[str, str]) -> str:
    """What Meta wants back when it is told the address. Raises `SenderUnproven`."""
    is_asked = query.get("hub.mode") == "subscribe" and secrets.get("verify_token")
    if not is_asked or not _same(query.get("hub.verify_token", ""), secrets.get("verify_token", "")):
        raise SenderUnproven(N_("The key or signature of this message is wrong."))
    return query.get("hub.challenge", "")[:200]


def _same(given: str, due: str) -> bool:
    return bool(due) and hmac.compare_digest(given.encode("utf-8", "replace"), due.encode("utf-8", "replace"))
