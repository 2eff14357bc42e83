"""What a connection received: listed with its result, opened by those who may see contacts, sent through again."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.connections import BodyPage, OpenedBody, ReceivedBody, SentAgain
from app.api.schemas.fields import PageQuery
from app.guard import actor, session
from app.incoming import bodies, connections, contents
from tenants.permissions import Permission

resource = Resource("connection-bodies", "What connections received.")
resource.tag = "connections"


@resource.get(
    "/connections/{connection_id}/bodies", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(BodyPage)
)
def list_bodies(query: dict[str, Any], connection_id: UUID) -> dict[str, Any]:
    """What a connection received and what became of it, newest first."""
    tenant_id = actor().card().id
    connections.get(session(), tenant_id, connection_id)
    before, limit = cursors.read_id(query["cursor"]), query["limit"]
    rows = bodies.listed(session(), tenant_id, connection_id, before, limit=limit + 1)
    page = cursors.page(rows, limit, lambda row: (row.id,))
    return {**page, "items": [_told(one) for one in page["items"]]}


@resource.post("/connections/{connection_id}/bodies/again", Permission.LEAD_WRITE, gives=Gives(SentAgain))
def send_bodies_again(connection_id: UUID) -> dict[str, int]:
    """Send through again what became no lead, at most 500 at once; no lead is stored twice."""
    connections.get(session(), actor().card().id, connection_id)
    return {"count": bodies.all_again(session(), actor(), connection_id)}


@resource.get(
    "/connections/{connection_id}/bodies/{body_id}", Permission.CONTACT_READ, gives=Gives(OpenedBody)
)
def open_body(connection_id: UUID, body_id: UUID) -> dict[str, Any]:
    """One of them with what stands in it; each look is logged."""
    found = connections.get(session(), actor().card().id, connection_id)
    body, kind, raw = bodies.opened(session(), actor(), connection_id, body_id)
    places = contents.readable(found, kind, raw)
    shown = None if places is None else [{"place": one, "value": said} for one, said in places.items()]
    rows = bodies.rows(session(), actor().card().id, body)
    return {**_told(body), "places": shown, "rows": [_with_words(asdict(one)) for one in rows]}


@resource.post(
    "/connections/{connection_id}/bodies/{body_id}/again",
    Permission.LEAD_WRITE,
    gives=Gives(ReceivedBody, 202, refuses=(410,)),
)
def send_body_again(connection_id: UUID, body_id: UUID) -> dict[str, Any]:
    """Send one through again under the mapping and rules of today; look at it in a moment."""
    bodies.again(session(), actor(), connection_id, body_id)
    return _told(bodies.get(session(), actor().card().id, connection_id, body_id))


def _told(one: bodies.Body) -> dict[str, Any]:
    counts = [{"result": word, "count": count} for word, count in sorted((one.counts or {}).items())]
    return {**_with_words(asdict(one)), "counts": counts}


def _with_words(told: dict[str, Any]) -> dict[str, Any]:
    problems = [
        {
            "target": said["target"],
            "code": said["code"],
            "message": bodies.filled(said["message"], said["params"]),
        }
        for said in told["problems"]
    ]
    return {**told, "problems": problems}
