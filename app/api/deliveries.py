"""What was told to whom, and how every try went."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.delivery import Delivery, DeliveryPage, DeliveryQuery, DeliveryRow
from app.delivery import keeping, log
from app.guard import actor, session
from tenants import clock
from tenants.permissions import Permission

resource = Resource("deliveries", "What was told to your destinations.")
_FIELDS = tuple(DeliveryRow().fields)


@resource.get("/deliveries", Permission.DELIVERY_READ, Takes(DeliveryQuery), gives=Gives(DeliveryPage))
def list_deliveries(query: dict[str, Any]) -> dict[str, Any]:
    """Deliveries, the newest first."""
    before = cursors.read(query["cursor"], datetime, UUID)
    wanted = log.Wanted(
        destination_id=query["destination_id"],
        states=query["state"],
        before=(before[0], before[1]) if before else None,
        limit=query["limit"] + 1,
    )
    rows = log.list_deliveries(session(), actor().card().id, wanted)
    return cursors.page(rows, query["limit"], lambda row: (row.created_at, row.id))


@resource.get("/deliveries/{delivery_id}", Permission.DELIVERY_READ, gives=Gives(Delivery))
def read_delivery(delivery_id: UUID) -> dict[str, Any]:
    """One delivery with its attempts."""
    return shown_delivery(delivery_id)


@resource.post("/deliveries/{delivery_id}/replay", Permission.DELIVERY_WRITE, gives=Gives(Delivery, 202))
def replay_delivery(delivery_id: UUID) -> dict[str, Any]:
    """Send an ended delivery again, under the same webhook-id."""
    log.find_delivery(session(), actor().card().id, delivery_id)
    keeping.send_again(session(), actor(), delivery_id, clock.now())
    return shown_delivery(delivery_id)


def shown_delivery(delivery_id: UUID) -> dict[str, Any]:
    """One delivery as the API shows it."""
    found, tries = log.find_delivery(session(), actor().card().id, delivery_id)
    return {**{name: getattr(found, name) for name in _FIELDS}, "tries": tries}
