"""What a worker knows of the batch it checks: how its rows are read, and what all its leads share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.leads import addressees, fixes, verticals
from app.leads.constants import constants
from app.leads.intake_facts import IntakeFacts
from app.leads.rows import BatchDefaults, RowReader
from app.leads.scoring import books
from app.leads.sealing import BatchFacts
from app.leads.targets import TARGETED
from app.leads.verticals import Vertical
from tenants import crypto
from tenants.crypto import Vault
from tenants.db import transaction

_BATCH = text("""
SELECT b.*, t.time_zone FROM batch b JOIN tenant t ON t.id = b.tenant_id
WHERE b.tenant_id = :tenant AND b.id = :id AND b.state = 'checking'
""")


@dataclass(frozen=True, slots=True)
class Work:
    """One batch in the hands of one worker."""

    tenant_id: UUID
    batch_id: UUID
    vault: Vault
    facts: BatchFacts
    reader: RowReader
    columns: dict[str, str]
    is_corrected: bool
    """Some rows were mended and came back."""

    def words(self, **more: object) -> dict[str, object]:
        """Which batch, for a statement."""
        return {"tenant": self.tenant_id, "id": self.batch_id, "began": self.facts.stored_at, **more}


def begin(tenant_id: UUID, batch_id: UUID) -> Work | None:
    """A batch that is being checked, ready to be worked on; None when it is not due."""
    with transaction(tenant_id) as session:
        batch = session.execute(_BATCH, {"tenant": tenant_id, "id": batch_id}).one_or_none()
        if batch is None:
            return None
        vault = crypto.vault(session, tenant_id)
        decided = fixes.decided(session, vault, batch_id)
        known = addressees.by_words(session, tenant_id) if batch.lead_type == TARGETED else {}
        scoring = books.for_block(session, tenant_id, batch.vertical, batch.source_id)
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    defaults = BatchDefaults(
        now=batch.checking_at,
        country=batch.country,
        timezone=batch.time_zone,
        lead_type=batch.lead_type,
        legal_basis=batch.legal_basis,
        addressee=str(batch.addressee_id or ""),
    )
    facts = replace(_facts(batch, vertical, known), scoring=scoring)
    mapping = {int(column): target for column, target in batch.mapping.items()}
    columns = {target: batch.headers[one] for one, target in mapping.items() if one < len(batch.headers)}
    same = constants(vault, batch)
    reader = RowReader(vertical, mapping, defaults, constants=same, fixes=decided, orders=batch.name_orders)
    return Work(tenant_id, batch_id, vault, facts, reader, columns, bool(batch.corrected))


def _facts(batch: Row[Any], vertical: Vertical, known: Mapping[str, UUID]) -> BatchFacts:
    return BatchFacts(
        vertical,
        batch.lead_type,
        batch.source_id,
        batch.legal_basis,
        batch.consent_text_id,
        batch.max_sales,
        batch.checking_at,
        batch.id,
        addressees=known,
        said=IntakeFacts(
            batch.vertical,
            batch.lead_type,
            batch.source_id,
            batch.country,
            batch.legal_basis,
            batch.consent_text_id,
            batch.addressee_id,
            batch.max_sales,
        ),
    )
