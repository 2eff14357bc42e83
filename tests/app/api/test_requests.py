"""What cannot be read is refused with a sentence, never an error of ours."""

import json
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app import body_size
from app.api import parsing
from tenants.api_keys import create_by_operator
from tests.app.api.described import multipart
from tests.world import World

SOURCES = "/api/v1/sources"
GOOD = {"name": "Form", "channel": "blog"}


@pytest.fixture
def headers(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_by_operator(world.acme.card.slug, ['all'])}"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"", 400, "malformed_json"),
        (b"\xff", 400, "malformed_json"),
        (b'{"name": NaN}', 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"[" * 50 + b"]" * 50, 400, "malformed_json"),
        (b"1" * 5_000, 400, "malformed_json"),
        (b"[]", 422, "invalid"),
        (b" " * (parsing.LARGEST_JSON + 1), 413, "request_entity_too_large"),
    ],
)
def test_a_body_that_is_not_what_we_read(
    client: FlaskClient, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    got = client.post(SOURCES, data=body, headers=headers, content_type="application/json")
    assert (got.status_code, got.content_type) == (status, "application/problem+json")
    assert got.json is not None
    assert got.json["code"] == code


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(
    client: FlaskClient, headers: dict[str, str], kind: str | None
) -> None:
    got = client.post(SOURCES, data=json.dumps(GOOD), headers=headers, content_type=kind)
    assert (got.status_code, got.json and got.json["code"]) == (415, "wrong_content_type")
    file = client.post("/api/v1/batches", json=GOOD, headers=headers)
    assert (file.status_code, file.json and file.json["code"]) == (415, "wrong_content_type")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "x", "channel": "blog", "state": "x"}, "state"),
        ({"channel": "blog"}, "name"),
        ({"name": "a\x00b", "channel": "blog"}, "name"),
        ({"name": "\ud800", "channel": "blog"}, "name"),
        ({"name": 7, "channel": "blog"}, "name"),
        ({"name": "x", "channel": "nothing"}, "channel"),
    ],
)
def test_a_wrong_field_is_named(
    client: FlaskClient, headers: dict[str, str], wrong: dict[str, object], field: str
) -> None:
    got = client.post(SOURCES, data=json.dumps(wrong), headers=headers, content_type="application/json")
    assert got.status_code == 422
    assert got.json is not None
    assert list(got.json["fields"]) == [field]


def test_a_nested_field_is_named_by_its_path(client: FlaskClient, world: World) -> None:
    key = create_by_operator(world.bolt.card.slug, ["all"])
    got = client.post(
        "/api/v1/purchases",
        json={"items": [{"lead_id": "x", "max_net_minor": 1}]},
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "k"},
    )
    assert got.json is not None
    assert list(got.json["fields"]) == ["items.0.lead_id"]


def test_the_words_of_a_list_are_named_without_null(client: FlaskClient, headers: dict[str, str]) -> None:
    got = client.post("/api/v1/leads", json={"temperature": "tepid"}, headers=headers)
    assert got.json is not None
    assert got.json["fields"]["temperature"] == "Must be one of: cold, warm, hot."


def test_an_unknown_argument_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    got = client.get(f"{SOURCES}?colour=red", headers=headers)
    assert (got.status_code, got.json and list(got.json["fields"])) == (422, ["colour"])


def test_a_method_that_is_not_there_names_those_that_are(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    got = client.delete(SOURCES, headers=headers)
    assert (got.status_code, got.content_type) == (405, "application/problem+json")
    assert {"GET", "POST"} <= set(got.headers["Allow"].split(", "))


def test_a_file_that_is_too_large_is_refused(
    client: FlaskClient, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_size, "LARGEST_WITH_FILE", 1_000)
    kind, body = multipart({"file": ("a.csv", b"x" * 2_000)})
    got = client.post("/api/v1/batches", data=body, headers=headers, content_type=kind)
    assert (got.status_code, got.content_type) == (413, "application/problem+json")


def test_money_without_a_key_is_refused(client: FlaskClient, world: World) -> None:
    key = create_by_operator(world.bolt.card.slug, ["all"])
    for path, body in (
        ("purchases", {"items": [{"lead_id": str(uuid4()), "max_net_minor": 1}]}),
        ("top-ups", {"amount_minor": 5000, "currency": "EUR"}),
    ):
        got = client.post(f"/api/v1/{path}", json=body, headers={"Authorization": f"Bearer {key}"})
        assert (got.status_code, got.json and got.json["code"]) == (400, "idempotency_key_missing")
