"""What was told to whom, and how every try went: what a tenant sees of its deliveries.

Invariants: read-only; texts of messages are not shown, they belong to the receiver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.delivery.models import Delivery, DeliveryAttempt
from tenants.errors import NotFound


@dataclass(frozen=True)
class Wanted:
    """Which deliveries; `before` is the (created_at, id) of the last row of the page before."""

    destination_id: UUID | None = None
    states: Sequence[str] = ()
    before: tuple[datetime, UUID] | None = None
    limit: int = 50


def list_deliveries(session: Session, tenant_id: UUID, wanted: Wanted) -> list[Delivery]:
    """A page of the tenant's deliveries, the newest first."""
    rows = select(Delivery).where(Delivery.tenant_id == tenant_id)
    if wanted.destination_id is not None:
        rows = rows.where(Delivery.destination_id == wanted.destination_id)
    if wanted.states:
        rows = rows.where(Delivery.state.in_(wanted.states))
    if wanted.before is not None:
        rows = rows.where(tuple_(Delivery.created_at, Delivery.id) < tuple_(*wanted.before))
    return list(
        session.scalars(rows.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(wanted.limit))
    )


def find_delivery(
    session: Session, tenant_id: UUID, delivery_id: UUID
) -> tuple[Delivery, list[DeliveryAttempt]]:
    """One delivery and its attempts in order; raises `NotFound` for absent and foreign ones alike."""
    found = session.get(Delivery, (tenant_id, delivery_id), populate_existing=True)
    if found is None:
        raise NotFound
    tries = select(DeliveryAttempt).where(
        DeliveryAttempt.tenant_id == tenant_id, DeliveryAttempt.delivery_id == delivery_id
    )
    return found, list(session.scalars(tries.order_by(DeliveryAttempt.number)))
