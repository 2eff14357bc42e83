"""Re-checks by the API, as its document says."""

from typing import Any

import pytest

from app.leads import suppression
from app.market import rechecks
from tenants.db import transaction
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.app.api.test_intake import facts, lead  # noqa: F401 (a fixture)
from tests.world import World


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


def test_unsold_leads_are_looked_through_and_taken_back(
    world: World,
    agency: Client,
    facts: dict[str, Any],  # noqa: F811
) -> None:
    one = agency("create_lead", lead(facts, 1))
    agency("create_lead", lead(facts, 2))
    listed = agency("create_suppression_list", {"name": "Do not call"})["id"]
    with transaction(world.acme.id) as session:
        suppression.add(session, world.acme.owner, listed, ["+380670000001"])
    begun = agency("start_recheck", {"vertical": "home_solar"})
    assert (begun["state"], begun["seen"], begun["findings"]) == ("checking", 0, [])
    assert agency.refused("start_recheck", {"vertical": "home_solar"}) == (409, "recheck_running")
    assert agency.refused("apply_recheck", recheck_id=begun["id"]) == (409, "wrong_state")
    rechecks.go_on(world.acme.id, begun["id"])
    report = agency("read_recheck", recheck_id=begun["id"])
    assert (report["state"], report["total"], report["seen"], report["refused"]) == ("checked", 2, 2, 1)
    assert report["findings"][0] == {"verdict": "suppressed", "code": "suppressed", "count": 1}
    assert agency("apply_recheck", recheck_id=begun["id"])["state"] == "applying"
    rechecks.go_on(world.acme.id, begun["id"])
    assert agency("read_recheck", recheck_id=begun["id"])["outcomes"]["withdrawn"] == 1
    assert agency("read_lead", lead_id=one["id"])["state"] == "withdrawn"
    assert [row["id"] for row in agency("list_rechecks")["items"]] == [begun["id"]]


def test_what_is_not_to_be_rechecked_is_refused(agency: Client) -> None:
    assert agency.refused("start_recheck", {"vertical": "unheard_of"}) == (422, "unknown_vertical")
    begun = agency("start_recheck", {})
    mixed = {"vertical": "home_solar", "batch_id": begun["id"]}
    assert agency.refused("start_recheck", mixed) == (422, "invalid")
    assert agency("cancel_recheck", recheck_id=begun["id"])["state"] == "cancelled"
