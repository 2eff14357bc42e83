"""The same request with the same key does its deed once."""

from tenants import clock
from tests.app.api.conftest import KeyOf
from tests.stock import fill_wallet, put_on_sale
from tests.world import World

FORM = {"name": "Form", "channel": "blog"}


def test_a_repeated_request_gets_the_first_answer(world: World, key_of: KeyOf) -> None:
    agency = key_of(world.acme)
    first = agency.send("create_source", FORM, key="k")
    again = agency.send("create_source", FORM, key="k")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert len(agency("list_sources")["items"]) == 1


def test_a_key_belongs_to_one_request_and_one_tenant(world: World, key_of: KeyOf) -> None:
    agency = key_of(world.acme)
    agency("create_source", FORM, key="k")
    assert agency.refused("create_source", {**FORM, "name": "Other"}, key="k") == (422, "key_reused")
    hook = {"kind": "download", "name": "n"}
    assert agency("create_destination", hook, key="k")["id"]
    assert key_of(world.bolt)("create_destination", hook, key="k")["id"]


def test_a_refusal_is_not_remembered(world: World, key_of: KeyOf) -> None:
    agency = key_of(world.acme)
    agency("create_source", FORM)
    assert agency.refused("create_source", FORM, key="k") == (409, "source_name_taken")
    source = agency("list_sources")["items"][0]
    agency("rename_source", {**FORM, "name": "Other"}, source_id=source["id"])
    assert agency("create_source", FORM, key="k")["name"] == "Form"


def test_a_secret_is_shown_once(world: World, key_of: KeyOf) -> None:
    company = key_of(world.bolt)
    hook = {"kind": "webhook", "name": "CRM", "address": "https://crm.example/floe"}
    first = company("create_destination", hook, key="k")
    again = company("create_destination", hook, key="k")
    assert first["secret"].startswith("whsec_")
    assert again == {**first, "secret": None}
    rotated = company("rotate_secret", destination_id=first["id"], key="r")
    assert rotated["secret"] not in (None, first["secret"])
    assert company("rotate_secret", destination_id=first["id"], key="r") == {"secret": None}


def test_money_wants_a_key(world: World, key_of: KeyOf) -> None:
    company = key_of(world.bolt)
    (lead_id,) = put_on_sale(world.acme, clock.now())
    fill_wallet(world.bolt, 10_000, clock.now())
    order = {"items": [{"lead_id": str(lead_id), "max_net_minor": 2000}]}
    for operation, body in (
        ("create_purchases", order),
        ("create_top_up", {"amount_minor": 5000, "currency": "EUR"}),
    ):
        assert company.refused(operation, body, key="") == (422, "idempotency_key_malformed")
    assert company("read_wallet")["balance_minor"] == 10_000
    first = company("create_purchases", order, key="k")
    assert company("create_purchases", order, key="k") == first
    other = {"items": [{**order["items"][0], "max_net_minor": 2001}]}
    assert company.refused("create_purchases", other, key="k") == (422, "key_reused")
