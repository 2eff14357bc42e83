"""Values that hold for every row of an upload which has none of its own."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.lead_reading import BatchDefaults, LeadReader, ReadLead
from app.leads.problems import Problem
from app.leads.received_file import seal, unseal
from app.leads.verticals import Vertical
from tenants import clock, crypto
from tenants.crypto import Vault

_OF_THE_MOMENT = frozenset({"expired", "in_future", "currency_mismatch", "date_out_of_range"})
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


def unreadable(vertical: Vertical, lead_type: str, country: str, values: Mapping[str, str]) -> list[Problem]:
    """Which of these values no lead could ever hold; one that only time makes wrong is none of them."""
    defaults = BatchDefaults(now=clock.now(), country=country, timezone="UTC", lead_type=lead_type)
    found = LeadReader(vertical, defaults, tuple(values)).read(values)
    if isinstance(found, ReadLead):
        return []
    return [one for one in found if one.target in values and one.code not in _OF_THE_MOMENT]


def sealed_constants(vault: Vault, batch_id: UUID, values: Mapping[str, str]) -> bytes:
    """For the row of the upload."""
    return seal(vault, batch_id, "constants", json.dumps(dict(values), ensure_ascii=False).encode())
