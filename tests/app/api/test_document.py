"""The document is complete: whoever writes a client needs nothing else."""

from typing import Any

from flask.testing import FlaskClient

from app.api.document import _codes
from tests.app.api.described import JSON, PROBLEM, Document


def test_it_is_public_and_may_be_kept(client: FlaskClient) -> None:
    got = client.get("/api/v1/openapi.json")
    assert (got.status_code, got.content_type) == (200, JSON)
    assert got.headers["Cache-Control"] == "public, max-age=300"


def test_people_can_read_it(client: FlaskClient, document: Document) -> None:
    page = client.get("/api/v1/docs").get_data(as_text=True)
    for name, (_method, path, _one) in document.operations.items():
        assert f'id="{name}"' in page
        assert path in page
    codes = client.get("/docs/problems").get_data(as_text=True)
    for one in _codes():
        assert f'id="{one["code"]}"' in codes


def test_every_operation_says_what_it_needs_gives_and_refuses(document: Document) -> None:
    for name, (method, _path, one) in document.operations.items():
        assert one["summary"].endswith((".", ";")) or one["summary"], name
        assert one["security"] == [{"key": [one["x-scope"]]}]
        assert {"401", "403", "422", "429", "503"} <= set(one["responses"]), name
        for status, answer in one["responses"].items():
            content = document._resolved(answer).get("content", {})
            assert status == "204" or content, f"{name} {status}"
            assert status < "400" or list(content) == [PROBLEM]
        if method == "POST":
            assert "Idempotency-Key" in [part["name"] for part in one["parameters"]], name


def test_every_example_is_what_it_is_an_example_of(document: Document) -> None:
    shown = 0
    for name, (_method, _path, one) in document.operations.items():
        body = one.get("requestBody", {}).get("content", {}).get(JSON)
        if body:
            document.demand(body["schema"], body["example"], name)
            shown += 1
    assert shown > 15


def test_every_name_leads_somewhere(document: Document) -> None:
    schemas = document.whole["components"]["schemas"]
    for found in _references(document.whole):
        kind, name = found.removeprefix("#/components/").split("/")
        assert name in document.whole["components"][kind], found
    used = {found.rpartition("/")[2] for found in _references(document.whole)}
    assert set(schemas) == used & set(schemas)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [one for inner in value.values() for one in _references(inner)]
    return [one for inner in value for one in _references(inner)] if isinstance(value, list) else []
