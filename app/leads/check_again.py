"""An upload checked once more: under today's rules, with what was decided about it since."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.leads.batch_states import demand_state
from app.leads.batches import set_mapping
from app.leads.check import start_check
from tenants.actor import Actor


def check_again(session: Session, actor: Actor, batch_id: UUID) -> None:
    """Have a mapped file checked, or one that was checked before: its columns stay as they are, its leads are read anew.

    Raises `NotFound`, `WrongState` while it is checked or once it is published, or `MappingIncomplete` when today's rules
    ask for more. Repeating it while the check is under way is refused and changes nothing.
    """
    batch = demand_state(session, actor.card().id, batch_id, ("mapped", "checked", "staged", "failed"))
    if batch.state != "mapped":
        set_mapping(
            session, actor, batch_id, {int(column): target for column, target in batch.mapping.items()}
        )
    start_check(session, actor, batch_id)
