"""Who may call: bearer keys only, each within its scopes, each its own records, none too fast."""

from dataclasses import replace
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from app.guard import COOKIE, rule_of
from tenants import clock, db
from tenants.api_keys import create_by_operator
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Document
from tests.stock import put_on_sale
from tests.world import World


def test_without_a_key_nothing_is_told(client: FlaskClient, document: Document) -> None:
    client.set_cookie(COOKIE, "whatever")
    for method, path, _one in document.operations.values():
        for headers in ({}, {"Authorization": "Bearer floe_live_no"}, {"Authorization": "Basic eDp5"}):
            address = path.replace("{code}", "x").replace("{", "").replace("}", "")
            for name in ("lead_id", "source_id", "batch_id"):
                address = address.replace(name, str(uuid4()))
            got = client.open(address, method=method, headers=headers)
            assert got.status_code in (401, 404), address
            assert got.content_type == "application/problem+json"


def test_the_document_names_the_scope_that_the_guard_asks_for(app: Flask, document: Document) -> None:
    served = {
        rule.endpoint.rpartition(".")[2]: rule_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and "docs" not in rule.endpoint
    }
    assert served == {name: one["x-scope"] for name, (_m, _p, one) in document.operations.items()}


def test_a_key_does_not_do_more_than_its_scopes(world: World, key_of: KeyOf) -> None:
    reader = key_of(world.acme, "leads:read")
    assert reader("list_sources")["items"] == []
    assert reader.refused("create_source", {"name": "x", "channel": "blog"}) == (403, "forbidden")
    assert reader.refused("list_entries") == (403, "forbidden")
    (lead_id,) = put_on_sale(world.acme, clock.now())
    assert reader.refused("reveal_contacts", lead_id=lead_id) == (403, "forbidden")
    full = key_of(world.acme)
    assert len(full("reveal_contacts", lead_id=lead_id)["contacts"]) == 1


def test_what_is_not_yours_looks_like_what_is_not_there(world: World, key_of: KeyOf) -> None:
    (lead_id,) = put_on_sale(world.acme, clock.now())
    other = key_of(world.crane)
    for operation in ("read_lead", "reveal_contacts"):
        foreign = other.send(operation, lead_id=lead_id)
        absent = other.send(operation, lead_id=uuid4())
        assert (foreign.status, foreign.json) == (absent.status, absent.json)
        assert foreign.status == 404


def test_too_many_calls_wait(settings: Settings, world: World, doors: None) -> None:
    here = db._bind
    hurried = create_app(replace(settings, api_calls_a_minute=3))
    db._bind = here  # an app leads the doors to its own engine
    eager, calm = (
        {"Authorization": f"Bearer {create_by_operator(world.acme.card.slug, ['all'])}"} for _ in range(2)
    )
    client = hurried.test_client()
    got = [client.get(path, headers=eager) for path in ("/api/v1/me", "/api/v1/sources", "/api/v1/prices")]
    assert {one.status_code for one in got} == {200}
    refused = client.get("/api/v1/me", headers=eager)
    assert (refused.status_code, refused.json and refused.json["code"]) == (429, "too_many_calls")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/me", headers=calm).status_code == 200
