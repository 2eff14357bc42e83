"""In which order the dates of an upload are read: as somebody chose, as its file proves, or as is usual.

Invariant: a choice is never overruled; what nobody chose follows the whole file as soon as it is read, and until then its
first rows.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import batch_queries, date_orders, tally, verticals
from app.leads.batch_queries import BatchView
from app.leads.cells import EMPTY_MARKS
from app.leads.date_orders import DATE_KINDS, ORDERS, Proof
from app.leads.received_file import unseal
from app.leads.targets import targets
from app.leads.verticals import Vertical
from tenants.crypto import Vault

_TALLY = text(
    "SELECT tally_sealed FROM batch WHERE tenant_id = :tenant AND id = :id AND rows_total IS NOT NULL"
)
_READ = text("""
SELECT state, mapping, name_orders, vertical, vertical_version, lead_type FROM batch
WHERE tenant_id = :tenant AND id = :id AND state IN ('received', 'mapped', 'checking')
""")
_SETTLE = text("UPDATE batch SET name_orders = CAST(:orders AS jsonb) WHERE tenant_id = :tenant AND id = :id")


def date_targets(vertical: Vertical, lead_type: str) -> frozenset[str]:
    """The targets of an upload that hold a date or a time."""
    return frozenset(one.name for one in targets(vertical, lead_type) if one.kind in DATE_KINDS)


def proofs(session: Session, vault: Vault, batch_id: UUID) -> list[Proof]:
    """By column what its dates prove of their order: of the whole file once it is read, else of its first rows."""
    sealed = session.execute(_TALLY, {"tenant": vault.tenant_id, "id": batch_id}).scalar_one_or_none()
    found = tally.unpacked_proofs(unseal(vault, batch_id, tally.FIELD, bytes(sealed))) if sealed else []
    return found or of_samples(batch_queries.samples(session, vault.tenant_id, batch_id))


def of_samples(rows: Sequence[Sequence[str]]) -> list[Proof]:
    """The same of a file's first rows."""
    width = max(map(len, rows), default=0)
    return [
        date_orders.proof(((row[column], 1) for row in rows if column < len(row)), is_whole=False)
        for column in range(width)
    ]


def settled(
    mapping: Mapping[int, str],
    said: Mapping[str, str],
    before: Mapping[str, str],
    dates: frozenset[str],
    found: Sequence[Proof],
) -> dict[str, str]:
    """Target → order for the columns that hold dates: as `said`, as `found`, or as `before`."""
    kept = {
        target: date_orders.settled(
            said.get(target), before.get(target), found[column] if column < len(found) else None
        )
        for column, target in mapping.items()
        if target in dates
    }
    return {target: order for target, order in kept.items() if order}


def kept(
    batch: Row[Any] | BatchView,
    mapping: Mapping[int, str],
    said: Mapping[str, str],
    dates: frozenset[str],
    found: Sequence[Proof],
) -> dict[str, str]:
    """What an upload keeps of what was said of its names and dates; a date of which nothing was said follows its file, else
    what was usual of the column before."""
    usual: dict[str, str] = {
        target: str(order)
        for column, target in mapping.items()
        if (order := batch.name_orders.get(target)) not in (None, *ORDERS)
        and batch.mapping.get(str(column)) == target
    }
    names = {target: order for target, order in said.items() if target not in dates}
    return {**names, **settled(mapping, said, usual, dates, found)}


def settle(session: Session, vault: Vault, batch_id: UUID, found: Sequence[Proof]) -> None:
    """Have an upload whose file was just read to its end follow what its dates prove, where nobody chose. A check under way
    keeps what it reads by; only the columns it waited for are settled. Repeating it changes nothing."""
    batch = session.execute(_READ, {"tenant": vault.tenant_id, "id": batch_id}).one_or_none()
    if batch is None:
        return
    mapping, dates = _dates_of(batch)
    if batch.state == "checking":
        rows = batch_queries.samples(session, vault.tenant_id, batch_id)
        mapping = {one: mapping[one] for one in awaited(batch, rows)}
    orders: dict[str, str] = batch.name_orders
    settling = settled(mapping, orders, orders, dates, found)
    kept = {target: order for target, order in orders.items() if target not in mapping.values()}
    after = {**kept, **settling}
    if after != orders:
        words = {"tenant": vault.tenant_id, "id": batch_id, "orders": json.dumps(after)}
        session.execute(_SETTLE, words)


def awaited(batch: Row[Any], samples: Sequence[Sequence[str]]) -> list[int]:
    """The columns of dates whose order nobody chose and the first rows do not tell: a check waits for the whole file."""
    mapping, _dates = _dates_of(batch)
    found = of_samples(samples)
    return [
        column
        for column, target in mapping.items()
        if batch.name_orders.get(target) not in ORDERS and _is_open(column, samples, found)
    ]


def _is_open(column: int, samples: Sequence[Sequence[str]], found: Sequence[Proof]) -> bool:
    """Whether the first rows leave a column's order open: nothing proves it, and some are no dates that need none."""
    if column < len(found) and found[column].order is not None:
        return False
    texts = [row[column].strip() for row in samples if column < len(row)]
    dates = [one for one in texts if one not in EMPTY_MARKS]
    return not dates or not all(map(date_orders.needs_no_order, dates))


def _dates_of(batch: Row[Any]) -> tuple[dict[int, str], frozenset[str]]:
    dates = date_targets(verticals.get(batch.vertical, batch.vertical_version), batch.lead_type)
    mapping = {int(column): target for column, target in batch.mapping.items() if target in dates}
    return mapping, dates
