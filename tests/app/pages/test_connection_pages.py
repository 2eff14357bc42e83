"""The pages of connections: make one, see what arrived, map it, try it, send it through again."""

import re
from dataclasses import dataclass

import pytest

from tests.app.incoming.test_connections import FORM
from tests.app.leads.uploads import Desk
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member


@dataclass(frozen=True)
class Made:
    """A connection made on its page, and the values of its form."""

    id: str
    address: str


def form_of(desk: Desk) -> dict[str, str]:
    return {
        "name": "Landing page",
        "kind": "generic",
        "vertical": "home_solar",
        "source_id": str(desk.source_id),
        "lead_type": "consumer",
        "country": "UA",
        "legal_basis": "consent",
        "consent_text_id": str(desk.consent_text_id),
        "is_draft": "1",
    }


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


@pytest.fixture
def made(world: World, visitor: Visitor, desk: Desk) -> Made:
    visitor.log_in(world.acme.owner.email, onward="/connections")
    assert "No connections yet" in visitor.words
    page = visitor.submit("/connections/new", **form_of(desk))
    address = re.search(r"(/in/[\w-]{43})", page)
    one = re.search(r"/connections/([0-9a-f-]{36})/mapping", page)
    assert address
    assert one
    return Made(one[1], address[1])


def test_a_connection_without_its_secret_is_not_made(world: World, visitor: Visitor, desk: Desk) -> None:
    visitor.log_in(world.acme.owner.email, onward="/connections")
    visitor.submit("/connections/new", **{**form_of(desk), "kind": "google_ads"})
    assert (visitor.status, 'href="#google_key"' in visitor.page) == (422, True)


def test_what_arrived_is_mapped_and_tried(
    made: Made, visitor: Visitor, stranger: Visitor, desk: Desk
) -> None:
    assert stranger.client.post(made.address, json=FORM).status_code == 202
    here = f"/connections/{made.id}/mapping"
    mapping = visitor.open(here)
    assert "+380671112233" in mapping
    assert "These are suggestions" in visitor.words
    places = re.findall(r'name="place" value="([^"]+)"', mapping)
    goes = {"form.fio": "contact_1_name", "form.phone": "contact_1_phone", "kind": "property_type"}
    sent = {"place": places, "target": [goes.get(place, "") for place in places]}
    visitor.submit(here, **sent, fixed_target=["is_owner"], fixed_value=["maybe"])
    assert "does not take the value “maybe”" in visitor.words
    visitor.submit(here, **sent, fixed_target=["is_owner"], fixed_value=["yes"])
    assert "nothing was stored Accepted" in visitor.words
    assert desk.count("lead") == 0
    visitor.submit(here, **sent, fixed_target=["contact_1_phone"], fixed_value=["1"])
    assert visitor.status == 422
    assert "is filled twice" in visitor.words


def test_it_is_paused_and_deleted(made: Made, visitor: Visitor, stranger: Visitor) -> None:
    assert made.address not in visitor.open(f"/connections/{made.id}")
    stranger.client.post(made.address, json=FORM)
    visitor.submit(f"/connections/{made.id}", do="pause")
    assert "Paused." in visitor.words
    visitor.submit(f"/connections/{made.id}", do="dance")
    assert visitor.status == 422
    visitor.open("/connections")
    assert "Waiting: 1" in visitor.words
    visitor.submit(f"/connections/{made.id}", do="delete")
    assert "No connections yet" in visitor.words
    assert stranger.client.post(made.address, json=FORM).status_code == 404


def test_who_may_not_see_people_sees_no_body(world: World, visitor: Visitor) -> None:
    viewer = make_member(world.acme.card, "viewer")
    visitor.log_in(viewer.email, onward="/connections")
    assert visitor.status == 200
    visitor.open("/connections/01900000-0000-7000-8000-000000000000/mapping")
    assert visitor.status == 403
