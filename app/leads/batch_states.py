"""The states of a batch (RULES, "Life cycles"), and the one way to change a batch: locked, and only from the right state."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.errors import NotFound, Refused
from tenants.language import N_

_LOCK = text("SELECT * FROM batch WHERE tenant_id = :tenant AND id = :id FOR UPDATE")

CHECKED_ANEW = """rows_read = 0, accepted = 0, rejected = 0, duplicates = 0, quarantined = 0, released = 0, warned = 0,
  warnings = '[]', met = '{}', noticed_sealed = NULL, next_block = 0, staged = 0, staged_to = NULL, failure = NULL,
  failure_told = NULL, checking_at = NULL, checked_at = NULL, due_at = NULL, lease_until = NULL, pace_rows = 0,
  pace_ms = 0, paced_at = NULL"""
"""What an upload forgets of its last check before the next."""

_NEXT = {
    "received": N_("Say first what the columns of this upload hold."),
    "mapped": N_("Have this upload checked first."),
    "checking": N_("This upload is being checked: wait until the check has ended."),
    "checked": N_("This upload is not published yet: publish it first."),
    "staging": N_("This upload is being prepared for the market: wait until that has ended."),
    "staged": N_("This upload is not published yet: publish it first."),
    "publishing": N_("This upload is being published: wait until that has ended, or undo it."),
    "published": N_("This upload is published: undo it first, then upload the file again."),
    "paused": N_("This upload is published: undo it first, then upload the file again."),
    "undone": N_("This upload is undone: upload the file again."),
    "failed": N_("This upload could not be checked: check it again first."),
    "cancelled": N_("This upload is cancelled: upload the file again."),
}
"""What is to be done next with an upload that is not in the state for a deed."""


class WrongState(Refused):
    """The batch is not in a state for this deed; nothing was changed."""

    status, code = 409, "wrong_state"


def demand_state(
    session: Session, tenant_id: UUID, batch_id: UUID, states: Collection[str] | None
) -> Row[Any]:
    """The batch, locked until the transaction ends; `states` None: in any. Raises `NotFound` or `WrongState`."""
    batch = session.execute(_LOCK, {"tenant": tenant_id, "id": batch_id}).one_or_none()
    if batch is None:
        raise NotFound
    if states is not None and batch.state not in states:
        raise refuse_state(batch.state)
    return batch


def refuse_state(state: str) -> WrongState:
    """What to raise when an upload in `state` is not in the one for a deed: it says what to do first."""
    return WrongState(_NEXT[state], state=state)
