"""Another system that sends leads to the demo's agency: its form builder, connected, with what arrived today; and the score
from which on the agency wants to hear of a lead at once."""

import json
from datetime import datetime, timedelta

from app.demo.uploads import Streams
from app.incoming import connections
from app.incoming.connections import NewConnection
from app.incoming.process import process
from app.incoming.receive import Arrived, receive
from app.leads.intake_facts import IntakeFacts
from app.leads.scoring import thresholds
from app.leads.scoring.thresholds import NewThreshold
from tenants import clock
from tenants.db import transaction

_PATHS = {
    "answers.full_name": "name", "answers.phone": "phone", "answers.email": "email", "answers.house": "property_type",
    "answers.owner": "is_owner", "response_id": "external_id", "submitted_at": "enquired_at", "utm.campaign": "sub_id",
}  # fmt: skip
_ANSWERS = (
    {"full_name": "Данило Сокіл", "phone": "067 111 22 01", "email": "d.sokil@ukr.net", "house": "detached", "owner": "так"},
    {"full_name": "Віра Заєць", "phone": "067 111 22 02", "email": "", "house": "flat", "owner": "ні"},
    {"full_name": "Лев Дуб", "phone": "12", "email": "", "house": "detached", "owner": "так"},
)  # fmt: skip
"""The last one can be reached by nobody: it is listed with the reason."""


def connect(streams: Streams, present: datetime) -> None:
    """Connect the form builder, and let three forms be sent in the last hours."""
    stream = next(
        one for one in streams.all
        if one.player.part["slug"] == "acme" and one.part["vertical"] == "home_solar" and "addressee" not in one.part
    )  # fmt: skip
    owner, desk = stream.player.owner, stream.desk
    facts = IntakeFacts("home_solar", "consumer", desk.source(1), "UA", "consent", desk.consent_text_id)
    with clock.at(present - timedelta(days=2)), transaction(stream.player.id) as session:
        connection_id, token = connections.create(
            session, owner, NewConnection("generic", "Form builder", facts)
        )
        connections.map_paths(session, owner, connection_id, _PATHS, {})
        told = [one.id for one in thresholds.members(session, stream.player.id) if one.email == owner.email]
        wanted = NewThreshold(85, "home_solar", members=tuple(told))
        thresholds.add(session, owner, wanted)
    for hours, answers in enumerate(_ANSWERS, 1):
        with clock.at(present - timedelta(hours=hours)):
            sent = {
                "response_id": f"fb-{hours}",
                "submitted_at": clock.now().isoformat(),
                "answers": answers,
                "utm": {"campaign": "solar-autumn"},
            }
            for body_id in receive(token, Arrived(json.dumps(sent).encode(), "application/json")):
                process(stream.player.id, body_id)
