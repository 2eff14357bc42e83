"""What an agency decided about its last file with the same headings, so that it need not say it again; else what the
headings and values suggest.

Invariant: what is remembered is of the same agency, vertical and type; a repair of phones or e-mails is never taken over,
for it was said of other rows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import full_names, told_dates
from app.leads.columns import suggest
from app.leads.files.look import Look
from app.leads.fixes import Fixes, opened, sealed_fixes
from app.leads.verticals import Vertical
from tenants.crypto import Vault

_LAST = text("""
SELECT id, mapping, name_orders, fixes_sealed FROM batch WHERE tenant_id = :tenant AND vertical = :vertical
  AND lead_type = :lead_type AND headers = CAST(:headers AS jsonb) AND headers <> '[]'
  AND state NOT IN ('received', 'cancelled', 'failed')
ORDER BY created_at DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Column (as text) → target, target of a full name or a date → its order, target → what its values mean."""

    mapping: Mapping[str, str]
    orders: Mapping[str, str]
    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)

    def words(self, vault: Vault, batch_id: UUID) -> dict[str, Any]:
        """For the statements that keep it with an upload."""
        return {
            "mapping": json.dumps(self.mapping),
            "orders": json.dumps(self.orders),
            "fixes": sealed_fixes(vault, batch_id, Fixes(self.values)) if self.values else None,
        }


def proposal(
    session: Session, vault: Vault, facts: Mapping[str, Any], vertical: Vertical, look: Look
) -> Proposal:
    """What an upload begins with; `facts` tell tenant, vertical, lead_type, country and headers."""
    dates, proofs = told_dates.date_targets(vertical, facts["lead_type"]), told_dates.of_samples(look.samples)
    last = session.execute(_LAST, facts).one_or_none()
    if last is not None:
        sealed = bytes(last.fixes_sealed) if last.fixes_sealed else None
        goes = {int(column): target for column, target in last.mapping.items()}
        names = {target: order for target, order in last.name_orders.items() if target not in dates}
        orders = {**names, **told_dates.settled(goes, {}, last.name_orders, dates, proofs)}
        return Proposal(last.mapping, orders, opened(vault, last.id, sealed).values)
    found = suggest(look.layout.headers, look.samples, vertical, facts["lead_type"], facts["country"])
    mapping = {str(one.column): one.target for one in found if one.target}
    goes = {one.column: one.target for one in found if one.target}
    told = told_dates.settled(goes, {}, {}, dates, proofs)
    return Proposal(mapping, {**suggested_orders(mapping, look.samples), **told})


def suggested_orders(mapping: Mapping[str, str], samples: list[list[str]]) -> dict[str, str]:
    """In which order the full names of the first rows are written, where they tell it."""
    names = {target: int(column) for column, target in mapping.items() if full_names.is_full(target)}
    found = {
        target: full_names.guess(row[column] for row in samples if column < len(row))
        for target, column in names.items()
    }
    return {target: order for target, order in found.items() if order}
