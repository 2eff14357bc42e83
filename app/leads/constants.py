"""Values that hold for every row of an upload which has none of its own."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.leads.received_file import seal, unseal
from tenants.crypto import Vault


def constants(vault: Vault, batch: Row[Any]) -> dict[str, str]:
    """Target → value, as the upload says."""
    sealed = batch.constants_sealed
    found: dict[str, str] = json.loads(unseal(vault, batch.id, "constants", bytes(sealed))) if sealed else {}
    return found


def sealed_constants(vault: Vault, batch_id: UUID, values: Mapping[str, str]) -> bytes:
    """For the row of the upload."""
    return seal(vault, batch_id, "constants", json.dumps(dict(values), ensure_ascii=False).encode())
