"""A value that is to hold for all leads is looked at when it is saved, not when a thousand rows have failed."""

import pytest
from flask.testing import FlaskClient

from app.leads.batches import MappingIncomplete, set_mapping
from app.leads.constants import unreadable
from app.leads.verticals import get
from tenants.db import transaction
from tenants.errors import Invalid
from tests.app.incoming.test_connections import Bench
from tests.app.leads.uploads import MAPPING, Desk, csv_of, people
from tests.world import World

WRONG = [
    ("is_owner", "maybe", "not_boolean"),
    ("property_type", "igloo", "not_a_choice"),
    ("country", "Atlantis", "unknown_country"),
]


@pytest.mark.parametrize(("target", "value", "code"), WRONG)
def test_a_value_that_its_field_does_not_take_is_named(target: str, value: str, code: str) -> None:
    [found] = unreadable(get("home_solar"), "consumer", "UA", {target: value, "comment": "fine"})
    assert (found.target, found.code) == (target, code)


def test_what_its_field_takes_or_only_time_refuses_is_fine() -> None:
    fine = {
        "is_owner": "так",
        "country": "Poland",
        "enquired_at": "2020-01-01",
        "consent_origin": "https://a.example",
    }
    assert unreadable(get("home_solar"), "consumer", "UA", fine) == []


def test_an_upload_refuses_it_and_keeps_its_mapping(world: World) -> None:
    desk = Desk(world.acme)
    batch_id = desk.receive(csv_of(people(1)))
    mapping = {column: target for column, target in MAPPING.items() if target != "is_owner"}
    with pytest.raises(MappingIncomplete) as refused, transaction(world.acme.id) as session:
        set_mapping(session, world.acme.owner, batch_id, mapping, {"is_owner": "maybe"})
    assert refused.value.details["problems"] == [
        {"code": "not_its_value", "target": "is_owner", "column": None}
    ]
    with transaction(world.acme.id) as session:
        set_mapping(session, world.acme.owner, batch_id, mapping, {"is_owner": "yes"})


def test_a_connection_refuses_it(world: World, client: FlaskClient) -> None:
    bench = Bench(world, client)
    with pytest.raises(Invalid) as refused:
        bench.map({"person.phone": "phone"}, is_owner="maybe")
    assert (
        refused.value.message % refused.value.details == "The field is_owner does not take the value “maybe”."
    )
    bench.map({"person.phone": "phone"}, is_owner="no")
