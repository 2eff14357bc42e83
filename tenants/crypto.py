"""Encryption at rest of what a tenant holds about people, and keyed indexes to find duplicates without reading it.

Each tenant has a key, wrapped by the root key that lives outside the database. Each record has its own key: HKDF of
the tenant's key and a random salt in a table of its own, so that erasing the salt shreds the record. AES-256-GCM binds
every ciphertext to its tenant, record, field and version: moved elsewhere it does not open.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from sqlalchemy import text
from sqlalchemy.orm import Session

VERSION = 1
"""Version of the sealed format, bound into every ciphertext."""
SALT_BYTES = 16
BLIND_BYTES = 16
"""128 bits of an HMAC: far more than needed to tell people apart."""


class Unreadable(RuntimeError):
    """A sealed value does not open: wrong key, moved, or altered. Never shown to a person."""


_root: bytes | None = None
_keys: dict[UUID, bytes] = {}


def use_root_key(key: bytes) -> None:
    """Set the 32-byte root key, once, at start-up."""
    global _root
    if len(key) != 32:
        raise ValueError("FLOE_ROOT_KEY must be 32 bytes, base64 encoded")
    _root = key
    _keys.clear()


def _root_key() -> bytes:
    if _root is None:
        raise RuntimeError("no root key: tenants.crypto.use_root_key() was not called")
    return _root


def new_salt() -> bytes:
    """Random salt for one record; keep it beside the record, in the salts' own table."""
    return os.urandom(SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens the records of one tenant."""

    tenant_id: UUID
    key: bytes

    def seal(self, salt: bytes, record_id: UUID, field: str, plain: bytes) -> bytes:
        """Encrypt one field of one record: nonce (12 bytes) and ciphertext."""
        nonce = os.urandom(12)
        sealed = self._cipher(salt).encrypt(nonce, plain, self._bound_to(record_id, field))
        return nonce + sealed

    def open(self, salt: bytes, record_id: UUID, field: str, sealed: bytes) -> bytes:
        """Decrypt; raises `Unreadable` if the value was sealed for anything else."""
        try:
            return self._cipher(salt).decrypt(sealed[:12], sealed[12:], self._bound_to(record_id, field))
        except InvalidTag as error:
            raise Unreadable(f"{field} of {record_id}") from error

    def blind(self, purpose: str, normal_form: str) -> bytes:
        """Keyed index of a phone or e-mail: equal for equal people, useless without this tenant's key."""
        return blind_digest(self.key, purpose, hashlib.sha256(normal_form.encode()).digest())

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(record_key(self.key, salt))

    def _bound_to(self, record_id: UUID, field: str) -> bytes:
        return self.tenant_id.bytes + record_id.bytes + field.encode() + bytes([VERSION])


def record_key(key: bytes, salt: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) of one block, "floe record" as its info: two HMACs instead of an object a record."""
    extracted = hmac.digest(salt, key, "sha256")
    return hmac.digest(extracted, b"floe record\x01", "sha256")


def blind_digest(key: bytes, purpose: str, hashed: bytes) -> bytes:
    """HMAC(key, purpose | SHA-256(normal form)): imported hashed lists can be matched by the same index."""
    begun = _begun(key, purpose).copy()
    begun.update(hashed)
    return begun.finalize()[:BLIND_BYTES]


@lru_cache(maxsize=256)
def _begun(key: bytes, purpose: str) -> HMAC:
    """The HMAC with key and purpose taken in: its copies cost a quarter of beginning anew."""
    begun = HMAC(key, SHA256())
    begun.update(purpose.encode() + b"\0")
    return begun


def create_key(session: Session, tenant_id: UUID, at: datetime) -> None:
    """Give a new tenant its key, wrapped. Called once, behind a platform door, when the tenant signs up."""
    nonce = os.urandom(12)
    wrapped = nonce + AESGCM(_root_key()).encrypt(nonce, os.urandom(32), tenant_id.bytes)
    session.execute(
        text("INSERT INTO tenant_key (tenant_id, wrapped, created_at) VALUES (:tenant, :wrapped, :at)"),
        {"tenant": tenant_id, "wrapped": wrapped, "at": at},
    )


def unwrap(tenant_id: UUID, wrapped: bytes) -> Vault:
    """The vault behind a wrapped key read together with other things (a purchase saves the round trip)."""
    key = _keys.get(tenant_id)
    if key is None:
        key = AESGCM(_root_key()).decrypt(wrapped[:12], wrapped[12:], tenant_id.bytes)
        _keys[tenant_id] = key
    return Vault(tenant_id, key)


def vault(session: Session, tenant_id: UUID) -> Vault:
    """The vault of the tenant the session is bound to (or of any, behind a platform door); cached per process."""
    key = _keys.get(tenant_id)
    if key is not None:
        return Vault(tenant_id, key)
    row = session.execute(
        text("SELECT wrapped FROM tenant_key WHERE tenant_id = :tenant"), {"tenant": tenant_id}
    ).one()
    return unwrap(tenant_id, bytes(row.wrapped))
