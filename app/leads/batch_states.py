"""The states of a batch (RULES, "Life cycles"), and the one way to change a batch: locked, and only from the right state."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.errors import NotFound, Refused
from tenants.language import N_

_LOCK = text("SELECT * FROM batch WHERE tenant_id = :tenant AND id = :id FOR UPDATE")


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
        raise WrongState(N_("This cannot be done with the upload any more, or not yet."), state=batch.state)
    return batch
