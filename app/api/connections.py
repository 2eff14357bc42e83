"""Connections of an agency: other systems that send leads to an address of their own."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.connections import (
    Address,
    Connection,
    ConnectionPage,
    EditedConnection,
    MadeConnection,
    NewConnection,
    PlaceMapping,
    PlaceMappingAnswer,
    Secrets,
)
from app.api.schemas.fields import PageQuery
from app.guard import actor, session
from app.incoming import bodies, connections, contents
from app.incoming.bodies import Tally
from app.leads.intake_facts import facts_of_body
from tenants.permissions import Permission

resource = Resource("connections", "Other systems that send leads to a secret address of their own.")
_EDITED = {
    "name": "Landing pages",
    "vertical": "home_solar",
    "type": "consumer",
    "source_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "country": "UA",
    "legal_basis": "consent",
    "consent_text_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a12",
}
_NEW = {**_EDITED, "kind": "generic", "secrets": {"signing_secret": "a secret of your own"}}
_MAPPING = {
    "places": [{"place": "answers.phone", "target": "phone"}, {"place": "answers.name", "target": "name"}],
    "constants": [{"target": "is_owner", "value": "yes"}],
}


@resource.get("/connections", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(ConnectionPage))
def list_connections(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's connections by name, each with what became of everything it received."""
    tenant_id = actor().card().id
    tallies = bodies.tallies(session(), tenant_id)
    found = connections.listed(session(), tenant_id)
    page = page_of_all(found, query, lambda one: one.id)
    return {**page, "items": [_told(one, tallies.get(one.id)) for one in page["items"]]}


@resource.post(
    "/connections",
    Permission.LEAD_WRITE,
    Takes(json=NewConnection, example=_NEW),
    gives=Gives(MadeConnection, 201, forgets=("address",)),
)
def create_connection(body: dict[str, Any]) -> dict[str, Any]:
    """Make a connection; leads are sent to its `address`, which is shown this once. Its secrets are never shown."""
    wanted = connections.NewConnection(
        body["kind"], body["name"], facts_of_body(body), body["secrets"], body["draft"]
    )
    made, token = connections.create(session(), actor(), wanted)
    return {**_shown(made), "address": connections.address(body["kind"], token)}


@resource.get("/connections/{connection_id}", Permission.LEAD_READ, gives=Gives(Connection))
def read_connection(connection_id: UUID) -> dict[str, Any]:
    """One connection."""
    return _shown(connection_id)


@resource.put(
    "/connections/{connection_id}",
    Permission.LEAD_WRITE,
    Takes(json=EditedConnection, example=_EDITED),
    gives=Gives(Connection),
)
def edit_connection(body: dict[str, Any], connection_id: UUID) -> dict[str, Any]:
    """Change its name and what holds for its leads, from the next one on."""
    facts = facts_of_body(body)
    connections.edit(session(), actor(), connection_id, body["name"], facts, body["draft"])
    return _shown(connection_id)


@resource.delete("/connections/{connection_id}", Permission.LEAD_WRITE, gives=Gives(status=204))
def delete_connection(connection_id: UUID) -> None:
    """End its address for good; its leads stay."""
    connections.delete(session(), actor(), connection_id)


@resource.post("/connections/{connection_id}/pause", Permission.LEAD_WRITE, gives=Gives(Connection))
def pause_connection(connection_id: UUID) -> dict[str, Any]:
    """Keep what arrives, and make no leads of it until it goes on."""
    connections.pause(session(), actor(), connection_id, on=True)
    return _shown(connection_id)


@resource.post("/connections/{connection_id}/resume", Permission.LEAD_WRITE, gives=Gives(Connection))
def resume_connection(connection_id: UUID) -> dict[str, Any]:
    """Go on, also with what arrived meanwhile."""
    connections.pause(session(), actor(), connection_id, on=False)
    return _shown(connection_id)


@resource.post(
    "/connections/{connection_id}/address",
    Permission.LEAD_WRITE,
    gives=Gives(Address, 201, forgets=("address",)),
)
def rotate_address(connection_id: UUID) -> dict[str, str]:
    """A new secret address, shown this once; the old one ends at once."""
    kind = connections.get(session(), actor().card().id, connection_id).kind
    return {"address": connections.address(kind, connections.rotate(session(), actor(), connection_id))}


@resource.put(
    "/connections/{connection_id}/secrets",
    Permission.LEAD_WRITE,
    Takes(json=Secrets, example={"signing_secret": "another secret of your own"}),
    gives=Gives(Connection),
)
def replace_secrets(body: dict[str, Any], connection_id: UUID) -> dict[str, Any]:
    """Put new secrets in the place of those that are named; the old ones hold on for a day."""
    connections.replace_secrets(session(), actor(), connection_id, body)
    return _shown(connection_id)


@resource.get(
    "/connections/{connection_id}/mapping", Permission.CONTACT_READ, gives=Gives(PlaceMappingAnswer)
)
def read_places(connection_id: UUID) -> dict[str, Any]:
    """What goes where, beside what stands in the newest body, which is personal data."""
    found = connections.get(session(), actor().card().id, connection_id)
    newest = bodies.last(session(), actor().card().id, connection_id)
    seen = contents.seen_places(found, newest[:2] if newest else None)
    constants = [{"target": target, "value": value} for target, value in found.mapped.constants.items()]
    return {"received_at": newest[2] if newest else None, "places": seen, "constants": constants}


@resource.put(
    "/connections/{connection_id}/mapping",
    Permission.LEAD_WRITE,
    Takes(json=PlaceMapping, example=_MAPPING),
    gives=Gives(Connection),
)
def map_connection(body: dict[str, Any], connection_id: UUID) -> dict[str, Any]:
    """Say what of a body goes where, from the next body on; the targets are at GET /verticals/{code}/targets."""
    paths = {one["place"]: one["target"] for one in body["places"]}
    constants = {one["target"]: one["value"] for one in body["constants"]}
    connections.map_paths(session(), actor(), connection_id, paths, constants)
    return _shown(connection_id)


def _shown(connection_id: UUID) -> dict[str, Any]:
    tenant_id = actor().card().id
    found = connections.get(session(), tenant_id, connection_id)
    return _told(found, bodies.tallies(session(), tenant_id).get(connection_id))


def _told(one: connections.Connection, tally: Tally | None) -> dict[str, Any]:
    facts = asdict(one.facts)
    return {
        **facts,
        "type": facts.pop("lead_type"),
        **{name: getattr(one, name) for name in ("id", "kind", "name", "created_at", "paused_at")},
        "draft": one.is_draft,
        "is_mapped": not one.mapped.is_empty,
        "last_at": tally.last_at if tally else None,
        "counts": [{"result": word, "count": n} for word, n in sorted(tally.results.items())]
        if tally
        else [],
    }
