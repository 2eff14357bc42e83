"""What is sealed opens only where it belongs, and only with the keys."""

import hashlib
import hmac
from collections.abc import Iterator
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenants import crypto
from tenants.crypto import Unreadable, Vault, new_salt
from tenants.db import platform_transaction, transaction
from tenants.ids import new_id
from tests.world import World

PLAIN = b"+380 50 123-45-67"


@pytest.fixture(autouse=True)
def _root_key_afterwards() -> Iterator[None]:
    before = crypto._root
    yield
    crypto._root = before
    crypto._keys.clear()


def vault_of(tenant_id: UUID) -> Vault:
    with transaction(tenant_id) as session:
        return crypto.vault(session, tenant_id)


def test_what_is_sealed_opens_again_and_never_looks_the_same(world: World) -> None:
    vault, salt, record = vault_of(world.acme.id), new_salt(), new_id()
    sealed = [vault.seal(salt, record, "phone", PLAIN) for _ in range(2)]
    assert sealed[0] != sealed[1]
    assert PLAIN not in sealed[0] + sealed[1]
    assert [vault.open(salt, record, "phone", each) for each in sealed] == [PLAIN, PLAIN]


def test_a_sealed_value_does_not_open_anywhere_else(world: World) -> None:
    vault, other = vault_of(world.acme.id), vault_of(world.bolt.id)
    salt, record = new_salt(), new_id()
    sealed = vault.seal(salt, record, "phone", PLAIN)
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    wrong = (
        (other, salt, record, "phone", sealed),
        (Vault(other.tenant_id, vault.key), salt, record, "phone", sealed),
        (vault, new_salt(), record, "phone", sealed),
        (vault, salt, new_id(), "phone", sealed),
        (vault, salt, record, "email", sealed),
        (vault, salt, record, "phone", altered),
    )
    for where, with_salt, of_record, field, value in wrong:
        with pytest.raises(Unreadable):
            where.open(with_salt, of_record, field, value)


def test_a_blind_index_is_the_hmac_of_purpose_and_hash() -> None:
    hashed = hashlib.sha256(b"+380501234567").digest()
    for key in (b"k" * 32, b"q" * 32, b"k" * 32):
        assert (
            crypto.blind_digest(key, "person", hashed)
            == hmac.digest(key, b"person\0" + hashed, "sha256")[:16]
        )


def test_a_blind_index_is_equal_for_equal_people_of_one_tenant_and_purpose_only(world: World) -> None:
    vault, other = vault_of(world.acme.id), vault_of(world.bolt.id)
    index = vault.blind("phone", "+380501234567")
    assert len(index) == crypto.BLIND_BYTES
    assert index == vault.blind("phone", "+380501234567")
    assert index not in (vault.blind("email", "+380501234567"), vault.blind("phone", "+380501234568"))
    assert index != other.blind("phone", "+380501234567")


def test_a_tenants_key_is_read_with_the_root_key_and_kept_by_the_process(world: World) -> None:
    first = vault_of(world.acme.id)
    crypto._keys.clear()
    assert [vault_of(world.acme.id) for _ in range(2)] == [first, first]
    assert crypto.unwrap(world.acme.id, b"not looked at again") == first
    crypto.use_root_key(b"another root key of 32 bytes !!!")
    with pytest.raises(Exception, match=r"^$"):
        vault_of(world.acme.id)


def test_another_tenants_key_is_out_of_reach(world: World) -> None:
    bolt = world.bolt.id
    with pytest.raises(Exception, match="No row was found"), transaction(world.acme.id) as session:
        crypto.vault(session, bolt)
    with platform_transaction("a test reads a key") as session:
        assert crypto.vault(session, bolt).tenant_id == bolt


def test_a_root_key_has_32_bytes_and_is_needed() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        crypto.use_root_key(b"short")
    crypto._root = None
    with pytest.raises(RuntimeError, match="no root key"):
        crypto.unwrap(new_id(), bytes(60))


def test_the_key_of_a_record_is_what_the_standard_says() -> None:
    key, salt = b"k" * 32, new_salt()
    assert crypto.record_key(key, salt) == HKDF(SHA256(), 32, salt, b"floe record").derive(key)
