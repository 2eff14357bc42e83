"""What a key is limited to, at the wire: its addresses, its pace, its source."""

from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from app.leads import sources
from tenants import api_keys
from tenants.db import transaction
from tenants.key_limits import KeyLimits
from tests.app.api.conftest import KeyOf
from tests.app.api.test_bulk_leads import row
from tests.app.api.test_intake import PRICES, WORDS, lead
from tests.world import World

PLACES = {"203.0.113.9": 200, "198.51.100.1": 403, "::ffff:203.0.113.9": 200, "2001:db8::1": 403}


def header(world: World, limits: KeyLimits) -> dict[str, str]:
    with transaction(world.acme.id) as session:
        owner = world.acme.owner
        _key, secret = api_keys.create(
            session, owner, "Limited", ["leads:read", "leads:write"], None, limits=limits
        )
    return {"Authorization": f"Bearer {secret}"}


def test_a_key_is_refused_from_elsewhere_whatever_headers_say(world: World, client: FlaskClient) -> None:
    limited = header(world, KeyLimits(("203.0.113.0/24",)))
    for place, status in PLACES.items():
        got = client.get("/api/v1/me", headers=limited, environ_base={"REMOTE_ADDR": place})
        assert got.status_code == status, place
        assert status == 200 or (got.json and got.json["code"]) == "ip_not_allowed"
    lying = {**limited, "X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    got = client.get("/api/v1/me", headers=lying, environ_base={"REMOTE_ADDR": "198.51.100.1"})
    assert got.status_code == 403


def test_a_slow_key_waits(world: World, client: FlaskClient) -> None:
    slow, usual = header(world, KeyLimits(calls_a_minute=2)), header(world, KeyLimits())
    assert [client.get("/api/v1/me", headers=slow).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/api/v1/sources", headers=slow)
    assert (refused.status_code, refused.json and refused.json["code"]) == (429, "too_many_calls")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/me", headers=usual).status_code == 200


def test_a_publishers_key_sends_leads_of_its_source_and_does_nothing_else(
    world: World, key_of: KeyOf, client: FlaskClient
) -> None:
    agency = key_of(world.acme)
    ids = [agency("create_source", {"name": name, "channel": "blog"})["id"] for name in ("Own", "Other")]
    consent = agency("create_consent_text", {"name": "Form", **WORDS})["id"]
    shared = {"vertical": "home_solar", "type": "consumer", "country": "UA", "legal_basis": "consent"}
    facts: list[dict[str, Any]] = [{**shared, "source_id": one, "consent_text_id": consent} for one in ids]
    for one in ids:
        agency("set_price", {"source_id": one, "vertical": "home_solar", **PRICES})
    bound = header(world, KeyLimits(source_id=UUID(ids[0])))
    answers = [
        client.post("/api/v1/leads", json=lead(facts[0], 1), headers=bound),
        client.post("/api/v1/leads/bulk", json={**facts[0], "leads": [row(2)]}, headers=bound),
        client.get("/api/v1/me", headers=bound),
    ]
    assert [one.status_code for one in answers] == [201, 200, 200]
    lead_id = answers[0].get_json()["id"]
    refused = [
        client.post("/api/v1/leads", json=lead(facts[1], 3), headers=bound),
        client.post("/api/v1/leads/bulk", json={**facts[1], "leads": [row(4)]}, headers=bound),
        client.get("/api/v1/leads", headers=bound),
        client.get("/api/v1/sources", headers=bound),
        client.put("/api/v1/prices", json={"source_id": ids[0], "vertical": "home_solar"}, headers=bound),
        client.post(f"/api/v1/leads/{lead_id}/withdraw", json={"reason": "mistake"}, headers=bound),
    ]
    assert {(one.status_code, one.get_json()["code"]) for one in refused} == {(403, "key_bound")}
    with transaction(world.acme.id) as session:
        assert len(sources.listed(session, world.acme.id)) == 2
    assert agency("list_leads", query={"limit": 9})["items"][0]["source_id"] == ids[0]
