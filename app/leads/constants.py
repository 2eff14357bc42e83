"""Values that hold for every row of an upload which has none of its own."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.received_file import seal, unseal
from tenants import crypto
from tenants.crypto import Vault

_BATCH = text("SELECT id, constants_sealed FROM batch WHERE tenant_id = :tenant AND id = :id")


def constants(vault: Vault, batch: Row[Any]) -> dict[str, str]:
    """Target → value, as the upload says."""
    sealed = batch.constants_sealed
    found: dict[str, str] = json.loads(unseal(vault, batch.id, "constants", bytes(sealed))) if sealed else {}
    return found


def of_batch(session: Session, tenant_id: UUID, batch_id: UUID) -> dict[str, str]:
    """The same, for whoever has no row of it yet."""
    batch = session.execute(_BATCH, {"tenant": tenant_id, "id": batch_id}).one()
    return constants(crypto.vault(session, tenant_id), batch)


def sealed_constants(vault: Vault, batch_id: UUID, values: Mapping[str, str]) -> bytes:
    """For the row of the upload."""
    return seal(vault, batch_id, "constants", json.dumps(dict(values), ensure_ascii=False).encode())
