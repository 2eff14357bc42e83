"""Where a tenant is told, and what it was told."""

from tenants import clock
from tests.app.api.conftest import KeyOf
from tests.stock import fill_wallet, put_on_sale
from tests.world import World

HOOK = {"kind": "webhook", "name": "CRM", "address": "https://crm.example/floe"}


def test_a_destination_lives(world: World, key_of: KeyOf) -> None:
    company = key_of(world.bolt)
    made = company("create_destination", {**HOOK, "event_types": ["sale.created"]})
    one = {"destination_id": made["id"]}
    assert company("rename_destination", {"name": "Sales"}, **one)["name"] == "Sales"
    assert company("disable_destination", **one)["enabled"] is False
    assert company.refused("test_destination", **one) == (409, "destination_disabled")
    assert company("enable_destination", **one)["disabled_at"] is None
    assert [row["id"] for row in company("list_destinations")["items"]] == [made["id"]]
    assert key_of(world.crane).refused("read_destination", **one) == (404, "not_found")
    company("delete_destination", **one)
    assert company.refused("read_destination", **one) == (404, "not_found")


def test_an_address_that_is_not_public_is_refused(world: World, key_of: KeyOf) -> None:
    company = key_of(world.bolt)
    for address in ("http://crm.example/", "https://127.0.0.1/", "https://[::1]/", "nowhere", None):
        assert company.refused("create_destination", {**HOOK, "address": address})[0] == 422
    assert company("list_destinations")["items"] == []


def test_what_is_owed_can_be_followed(world: World, key_of: KeyOf) -> None:
    company = key_of(world.bolt)
    one = {"destination_id": company("create_destination", HOOK)["id"]}
    (lead_id,) = put_on_sale(world.acme, clock.now())
    fill_wallet(world.bolt, 5000, clock.now())
    item = {"lead_id": str(lead_id), "max_net_minor": 2000}
    (result,) = company("create_purchases", {"items": [item]})["items"]
    (owed,) = company("list_deliveries", query={**one, "state": "pending"})["items"]
    assert (owed["event_type"], owed["subject_id"]) == ("sale.created", result["purchase_id"])
    assert company("read_delivery", delivery_id=owed["id"])["tries"] == []
    assert company.refused("replay_delivery", delivery_id=owed["id"]) == (409, "not_replayable")
    assert key_of(world.crane).refused("replay_delivery", delivery_id=owed["id"]) == (404, "not_found")
    assert company("test_destination", **one)["event_type"] == "ping"
    assert len(company("list_deliveries")["items"]) == 2
