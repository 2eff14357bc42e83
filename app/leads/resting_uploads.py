"""Rows in quarantine and the uploads they came with: a released row is of its upload, offered and taken back with it.

Invariants: a row is released only while its upload is checked, prepared or published, and that cannot change before the
row is a lead; uploads are locked before their rows, as those do who publish, undo and cancel.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.batch_states import WrongState, refuse_state
from tenants.language import N_

_WITH_UPLOAD = ("checked", "staged")
_OPEN = (*_WITH_UPLOAD, "published")

_LOCK = text("""
SELECT id FROM batch WHERE tenant_id = :tenant AND state = ANY(:open) AND id IN (
  SELECT origin_id FROM quarantined_lead WHERE tenant_id = :tenant AND id = ANY(:ids) AND origin = 'file')
ORDER BY id FOR NO KEY UPDATE
""")
_STATE = text("SELECT state FROM batch WHERE tenant_id = :tenant AND id = :id")
_UNPUBLISHED = text("""
SELECT l.id, b.state FROM lead l JOIN batch b ON b.tenant_id = l.tenant_id AND b.id = l.batch_id
WHERE l.tenant_id = :tenant AND l.id = ANY(:leads) AND b.state = ANY(:states)
""")
_COUNT = text("UPDATE batch SET released = released + 1 WHERE tenant_id = :tenant AND id = :id")


def lock_uploads(session: Session, tenant_id: UUID, quarantined_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Keep the uploads of some resting rows as they are until the transaction ends; those whose rows may go on."""
    words = {"tenant": tenant_id, "ids": list(quarantined_ids), "open": list(_OPEN)}
    return frozenset(session.execute(_LOCK, words).scalars())


def demand_open(session: Session, row: Row[Any], uploads: frozenset[UUID]) -> UUID | None:
    """The upload of a resting row, one of the locked `uploads`; None when it came otherwise. Raises `WrongState`."""
    if row.origin != "file":
        return None
    if row.origin_id in uploads:
        return UUID(str(row.origin_id))
    state = session.execute(_STATE, {"tenant": row.tenant_id, "id": row.origin_id}).scalar_one()
    if state == "paused":
        raise WrongState(N_("The upload of this lead is paused: resume it first."), state=state)
    raise refuse_state(state)


def waits_for_upload(session: Session, tenant_id: UUID, upload_id: UUID | None) -> bool:
    """Whether what came with this upload is offered together with it, and not before."""
    words = {"tenant": tenant_id, "id": upload_id}
    return session.execute(_STATE, words).scalar_one_or_none() in _WITH_UPLOAD


def of_unpublished(session: Session, tenant_id: UUID, lead_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of some leads those that are offered together with their upload, each with the upload's state."""
    words = {"tenant": tenant_id, "leads": list(lead_ids), "states": list(_WITH_UPLOAD)}
    return {row.id: row.state for row in session.execute(_UNPUBLISHED, words)}


def count_released(session: Session, tenant_id: UUID, upload_id: UUID) -> None:
    """One more lead of a locked upload came out of quarantine."""
    session.execute(_COUNT, {"tenant": tenant_id, "id": upload_id})
