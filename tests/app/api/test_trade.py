"""Buying, telling, claiming, returning: each side by its own key."""

from datetime import timedelta
from typing import Any

import pytest

from tenants import clock
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.stock import Price, Wanted, allow_actions, fill_wallet, link_addressee, put_on_sale
from tests.world import World

ACTIONS = Price(shared_minor=2000, call_minor=1500, consultation_minor=2500)


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


@pytest.fixture
def company(world: World, key_of: KeyOf) -> Client:
    return key_of(world.bolt)


def bought(world: World, company: Client, terms: str = "ppl") -> dict[str, Any]:
    """One purchase."""
    at = clock.now()
    (lead_id,) = put_on_sale(world.acme, at, Wanted(price=ACTIONS))
    allow_actions(world.acme, world.bolt, at)
    fill_wallet(world.bolt, 10_000, at)
    item = {"lead_id": str(lead_id), "terms": terms, "max_net_minor": 4000}
    (result,) = company("create_purchases", {"items": [item]})["items"]
    found: dict[str, Any] = company("read_purchase", purchase_id=result["purchase_id"])
    return found


def test_each_item_gets_its_own_answer(world: World, company: Client) -> None:
    leads = [str(one) for one in put_on_sale(world.acme, clock.now(), Wanted(count=2))]
    fill_wallet(world.bolt, 2000, clock.now())
    dear, cheap = (
        {"lead_id": one, "max_net_minor": most} for one, most in zip(leads, (2000, 1999), strict=True)
    )
    receipt = company("create_purchases", {"items": [dear, cheap]})
    assert [one["answer"] for one in receipt["items"]] == ["sold", "price_changed"]
    assert receipt["items"][1]["net_minor"] == 2000
    more = {"items": [{**cheap, "max_net_minor": 2000}]}
    assert company.refused("create_purchases", more) == (402, "insufficient_funds")
    whole = {"items": [dear, cheap], "all_or_nothing": True}
    assert company.refused("create_purchases", whole) == (409, "not_all_sold")


def test_people_are_shown_to_who_may_see_them(world: World, company: Client, key_of: KeyOf) -> None:
    purchase = bought(world, company)
    assert purchase["contact_set"]["contacts"][0]["name"] == "Person 0"
    blind = key_of(world.bolt, "leads:read")("read_purchase", purchase_id=purchase["id"])
    assert blind["contact_set"] is None
    (sale,) = key_of(world.acme)("list_sales")["items"]
    assert "Bolt" not in str(sale)


def test_a_reserved_lead_is_its_addressees_alone(
    world: World, company: Client, agency: Client, key_of: KeyOf
) -> None:
    at = clock.now()
    addressee = link_addressee(world.acme, world.bolt, at)
    put_on_sale(world.acme, at, Wanted(addressee_id=addressee))
    (offered,) = company("list_reserved_leads")["items"]
    stranger = key_of(world.crane)
    one = {"lead_id": offered["lead_id"]}
    assert stranger.refused("decline_reserved_lead", {}, **one) == (404, "not_found")
    assert stranger.refused("read_listing", **one) == (404, "not_found")
    company("decline_reserved_lead", {"reason": "Too far"}, **one)
    assert company("list_reserved_leads")["items"] == []
    assert company.refused("decline_reserved_lead", {}, **one) == (409, "already_answered")


def test_an_outcome_by_its_own_id_is_told_once(world: World, company: Client, agency: Client) -> None:
    purchase = bought(world, company)
    told = {"purchase_id": purchase["id"], "type": "contacted", "at": clock.now().isoformat()}
    first = company("create_outcome", {**told, "external_id": "e-1"})
    assert company("create_outcome", {**told, "external_id": "e-1"})["id"] == first["id"]
    assert company.refused("create_outcome", told) == (409, "repeated_outcome")
    assert company("create_outcome", {**told, "repeat": True})["id"] != first["id"]
    assert agency.refused("create_outcome", told) == (404, "not_found")
    future = {**told, "at": (clock.now() + timedelta(days=1)).isoformat()}
    assert company.refused("create_outcome", future) == (422, "invalid")


def test_what_the_company_reported_it_may_withdraw(world: World, company: Client) -> None:
    purchase = bought(world, company, "ppa")
    assert company("read_wallet") == {"balance_minor": 6000, "held_minor": 4000, "currency": "EUR"}
    company("create_outcome", {"purchase_id": purchase["id"], "type": "call", "at": clock.now().isoformat()})
    (action,) = company("list_actions")["items"]
    one = {"action_id": action["id"]}
    assert company.refused("refuse_action", {"reason": "no"}, **one) == (409, "action_closed")
    assert company("withdraw_action", {"reason": "no"}, **one)["state"] == "withdrawn"
    assert company("list_actions", query={"state": "pending"})["items"] == []


def test_what_the_agency_claims_the_company_answers(world: World, company: Client, agency: Client) -> None:
    purchase = bought(world, company, "ppa")
    claim = {"sale_id": purchase["id"], "happened_at": clock.now().isoformat(), "evidence": "Recording"}
    call = agency("claim_action", {**claim, "type": "call"})
    visit = agency("claim_action", {**claim, "type": "consultation"})
    assert company("confirm_action", action_id=call["id"])["is_billed"] is True
    assert company("refuse_action", {"reason": "No visit"}, action_id=visit["id"])["state"] == "disputed"
    assert agency("read_action", action_id=call["id"])["state"] == "confirmed"
    assert agency.refused("confirm_action", action_id=visit["id"]) == (404, "not_found")
    assert company("read_wallet")["held_minor"] == 2500


def test_a_refused_return_may_be_appealed_once(world: World, company: Client, agency: Client) -> None:
    purchase = bought(world, company)
    why = {"purchase_id": purchase["id"], "reason": "spam", "note": "A bot"}
    claim = company("create_return", why)
    assert company.refused("create_return", why) == (409, "return_closed")
    one = {"return_id": claim["id"]}
    assert agency.refused("decide_return", {"decision": "refuse"}, **one) == (422, "invalid")
    refused = agency("decide_return", {"decision": "refuse", "answer": "Spoken to"}, **one)
    assert (refused["state"], refused["answer"]) == ("refused", "Spoken to")
    assert company("appeal_return", {"appeal": "Listen to it"}, **one)["state"] == "appealed"
    assert company.refused("appeal_return", {"appeal": "Again"}, **one) == (409, "already_decided")
    assert company("read_purchase", purchase_id=purchase["id"])["return_claim"]["state"] == "appealed"
    assert agency("read_return", **one)["appeal"] == "Listen to it"


def test_listings_are_found_by_what_they_show(world: World, company: Client) -> None:
    (lead_id,) = put_on_sale(world.acme, clock.now())
    for query, count in (
        ({"vertical": "home_solar", "country": "UA", "region": "UA-30"}, 1),
        ({"preview": '{"roof": "tiled"}'}, 1),
        ({"preview": '{"roof": "slate"}'}, 0),
        ({"max_net_minor": 1999}, 0),
        ({"exclusive_only": "true", "temperature": ["warm", "hot"]}, 1),
        ({"agency_id": str(world.acme.id)}, 1),
        ({"language": "pl"}, 0),
    ):
        assert len(company("list_listings", query=query)["items"]) == count, query
    for broken in ("{", "[]", '{"a": [1]}', '{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": 1.5}'):
        assert company.refused("list_listings", query={"preview": broken}) == (422, "invalid")
    assert company("read_listing", lead_id=lead_id)["slots_left"] == 3
