"""Whether a body comes from whom it says: Google's key, Meta's signature, our own. Pure.

Invariant: secrets are compared in constant time; a sender that proves nothing where proof is due is refused.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from app.incoming.documents import GENERIC, GOOGLE_ADS, META
from tenants.errors import Forbidden
from tenants.language import N_


class SenderUnproven(Forbidden):
    """The sender's key or signature is missing or wrong; nothing was kept."""

    code = "sender_unproven"


def demand_proof(
    kind: str, valid: Sequence[Mapping[str, str]], body: bytes, value: object, signature: str
) -> None:
    """Raises `SenderUnproven` unless the body proves its sender, where the connection has a secret to prove it by.

    `valid` are the sets of secrets that hold now: the present ones, and for a day those they replaced.
    """
    if not any(_is_proven(kind, secrets, body, value, signature) for secrets in valid):
        raise SenderUnproven(N_("The key or signature of this message is wrong."))


def _is_proven(kind: str, secrets: Mapping[str, str], body: bytes, value: object, signature: str) -> bool:
    if kind == GOOGLE_ADS:
        given = value.get("google_key") if isinstance(value, Mapping) else None
        return _same(str(given or ""), secrets.get("google_key", ""))
    secret = secrets.get({META: "app_secret", GENERIC: "signing_secret"}.get(kind, ""), "")
    if kind == META or secret:
        return _same(signature, f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}")
    return True


def challenge(secrets: Mapping[str, str], query: Mapping[str, str]) -> str:
    """What Meta wants back when it is told the address. Raises `SenderUnproven`."""
    is_asked = query.get("hub.mode") == "subscribe" and secrets.get("verify_token")
    if not is_asked or not _same(query.get("hub.verify_token", ""), secrets.get("verify_token", "")):
        raise SenderUnproven(N_("The key or signature of this message is wrong."))
    return query.get("hub.challenge", "")[:200]


def _same(given: str, due: str) -> bool:
    return bool(due) and hmac.compare_digest(given.encode("utf-8", "replace"), due.encode("utf-8", "replace"))
