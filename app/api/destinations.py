"""Where a tenant wants to be told what happens."""

from typing import Any
from uuid import UUID

from flask import current_app

from app.api.cursors import page_of_all
from app.api.deliveries import shown_delivery
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.delivery import (
    Delivery,
    Destination,
    DestinationPage,
    NewDestination,
    NewlyMade,
    Rename,
    Secret,
)
from app.api.schemas.fields import PageQuery
from app.config import Settings
from app.delivery import destinations, keeping
from app.delivery.addresses import Loopback, loopback_from
from app.guard import actor, session
from tenants import clock
from tenants.permissions import Permission

resource = Resource("destinations", "Where you are told what happens: webhooks, e-mails, downloads.")
_EXAMPLE = {"kind": "webhook", "name": "CRM", "address": "https://crm.example/floe", "event_types": None}
_FIELDS = tuple(Destination().fields)


@resource.get("/destinations", Permission.DELIVERY_READ, Takes(PageQuery), gives=Gives(DestinationPage))
def list_destinations(query: dict[str, Any]) -> dict[str, Any]:
    """The destinations, the oldest first."""
    found = destinations.list_destinations(session(), actor().card().id)
    return page_of_all(found, query, lambda one: one.id)


@resource.post(
    "/destinations",
    Permission.DELIVERY_WRITE,
    Takes(json=NewDestination, example=_EXAMPLE),
    gives=Gives(NewlyMade, 201, forgets=("secret",)),
)
def create_destination(body: dict[str, Any]) -> dict[str, Any]:
    """Add a destination: it is told what happens from now on. A webhook's secret is shown this once."""
    wanted = destinations.NewDestination(**body)
    made = keeping.create(session(), actor(), wanted, clock.now(), _loopback())
    return {**{name: getattr(made.destination, name) for name in _FIELDS}, "secret": made.secret}


@resource.get("/destinations/{destination_id}", Permission.DELIVERY_READ, gives=Gives(Destination))
def read_destination(destination_id: UUID) -> Any:
    """One destination."""
    return destinations.find(session(), actor().card().id, destination_id)


@resource.put(
    "/destinations/{destination_id}",
    Permission.DELIVERY_WRITE,
    Takes(json=Rename, example={"name": "CRM (sales)"}),
    gives=Gives(Destination),
)
def rename_destination(body: dict[str, Any], destination_id: UUID) -> Any:
    """Give a destination another name."""
    keeping.rename(session(), actor(), destination_id, body["name"], clock.now())
    return destinations.find(session(), actor().card().id, destination_id)


@resource.delete("/destinations/{destination_id}", Permission.DELIVERY_WRITE, gives=Gives(status=204))
def delete_destination(destination_id: UUID) -> None:
    """Delete a destination for good; its log stays."""
    keeping.delete(session(), actor(), destination_id, clock.now())


@resource.post("/destinations/{destination_id}/enable", Permission.DELIVERY_WRITE, gives=Gives(Destination))
def enable_destination(destination_id: UUID) -> Any:
    """Switch a destination on; what was waiting for it is sent."""
    keeping.switch(session(), actor(), destination_id, clock.now(), on=True)
    return destinations.find(session(), actor().card().id, destination_id)


@resource.post("/destinations/{destination_id}/disable", Permission.DELIVERY_WRITE, gives=Gives(Destination))
def disable_destination(destination_id: UUID) -> Any:
    """Switch a destination off: it gets no new events."""
    keeping.switch(session(), actor(), destination_id, clock.now(), on=False)
    return destinations.find(session(), actor().card().id, destination_id)


@resource.post(
    "/destinations/{destination_id}/secret",
    Permission.DELIVERY_WRITE,
    gives=Gives(Secret, 201, forgets=("secret",)),
)
def rotate_secret(destination_id: UUID) -> dict[str, str]:
    """A new signing secret, shown this once."""
    return {"secret": keeping.rotate(session(), actor(), destination_id, clock.now())}


@resource.post("/destinations/{destination_id}/test", Permission.DELIVERY_WRITE, gives=Gives(Delivery, 202))
def test_destination(destination_id: UUID) -> dict[str, Any]:
    """Send a real, signed `ping`; look at GET /deliveries/{delivery_id} for how it went."""
    sent = destinations.send_test(session(), actor().card().id, destination_id)
    return shown_delivery(sent)


def _loopback() -> Loopback:
    settings: Settings = current_app.config["FLOE"]
    return loopback_from(
        {
            "FLOE_ALLOW_LOOPBACK_DESTINATIONS": ",".join(settings.loopback_destinations),
            "FLOE_MODE": settings.mode,
            "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        }
    )
