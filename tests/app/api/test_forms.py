"""Hosted forms by the API, as its document says: defined, published, filled in by people, paused, counted."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.app.api.test_intake import facts  # noqa: F401 (a fixture)
from tests.app.leads.forms.desk import OLENA, Person, live
from tests.world import World

STEPS = [["property_type", "is_owner"], ["name", "phone", "email"]]


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


@pytest.fixture
def draft(facts: dict[str, Any]) -> dict[str, Any]:  # noqa: F811
    """A whole form."""
    return {
        "name": "Roofs",
        "source_id": facts["source_id"],
        "country": "UA",
        "languages": ["uk", "en"],
        "steps": STEPS,
        "required": ["name", "phone"],
        "consents": [{"language": "uk", "consent_text_id": facts["consent_text_id"]}],
        "texts": [
            {"language": "uk", "title": "Дах", "thanks": "Дякуємо"},
            {"language": "en", "title": "A roof"},
        ],
        "sites": ["https://www.example.com"],
    }


@pytest.fixture
def bare(draft: dict[str, Any]) -> dict[str, Any]:
    """As little of a form as there can be."""
    said = {name: draft[name] for name in ("name", "source_id", "country", "languages")}
    return {**said, "vertical": "home_solar"}


def test_a_form_is_defined_published_filled_in_and_counted(
    world: World, agency: Client, client: FlaskClient, draft: dict[str, Any]
) -> None:
    made = agency("create_form", {**draft, "vertical": "home_solar"})
    assert {name: made[name] for name in draft} == {
        **draft,
        "texts": [{"intro": "", "thanks": "", **one} for one in draft["texts"]],
    }
    one = {"form_id": made["id"]}
    path = made["address"].removeprefix("http://localhost")
    assert (made["state"], made["version"], made["is_changed"]) == ("draft", None, True)
    assert client.get(path).status_code == 404
    published = agency("publish_form", **one)
    assert (published["state"], published["version"], published["is_changed"]) == ("published", 1, False)
    assert client.get(path).status_code == 200
    Person(live(world.acme, UUID(made["id"]))).fills(OLENA)
    figures = agency("read_figures", **one)
    total = {"visits": 2, "starts": 1, "submissions": 1, "leads": 1, "conversion": 0.5, "bounce": 0.5}
    assert (figures["total"], len(figures["days"])) == (total, 1)
    assert {**figures["days"][0], "day": None} == {**total, "day": None}
    assert (figures["refused"], figures["duplicate"], figures["waiting"]) == ([], 0, 0)
    (listed,) = agency("list_forms")["items"]
    assert (listed["figures"], listed["name"]) == (total, "Roofs")
    assert agency("list_leads")["items"][0]["state"] == "offered"


def test_what_is_left_open_is_as_usual(agency: Client, bare: dict[str, Any]) -> None:
    made = agency("create_form", bare)
    assert made["steps"] == STEPS
    assert made["required"] == ["name", "phone"]
    assert [(one["language"], bool(one["title"])) for one in made["texts"]] == [("uk", True), ("en", True)]
    locked = [one["name"] for one in made["questions"] if one["is_locked"]]
    assert locked == STEPS[0]
    kinds = {one["name"]: one["choices"] for one in made["questions"]}
    assert "detached" in kinds["property_type"]
    few = agency("create_form", {**bare, "name": "Few", "steps": [["property_type", "phone"]]})
    assert few["required"] == ["phone"]


def test_a_draft_waits_until_it_is_published(
    agency: Client, client: FlaskClient, draft: dict[str, Any]
) -> None:
    made = agency("create_form", {**draft, "vertical": "home_solar"})
    one = {"form_id": made["id"]}
    path = made["address"].removeprefix("http://localhost")
    assert agency.refused("pause_form", **one) == (409, "form_not_published")
    agency("publish_form", **one)
    changed = {
        **draft,
        "texts": [{"language": "uk", "title": "Новий дах"}, {"language": "en", "title": "Another roof"}],
    }
    saved = agency("save_form", changed, **one)
    assert (saved["is_changed"], saved["version"], saved["vertical"]) == (True, 1, "home_solar")
    assert "Another roof" not in client.get(f"{path}?lang=en").get_data(as_text=True)
    versions = agency("publish_form", **one)["versions"]
    assert [row["version"] for row in versions] == [2, 1]
    assert "Another roof" in client.get(f"{path}?lang=en").get_data(as_text=True)
    assert agency("pause_form", **one)["state"] == "paused"
    assert client.get(path).status_code == 410
    assert agency("resume_form", **one)["state"] == "published"
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"steps": [["property_type", "property_type"]]}, "steps"),
        ({"steps": [["shoe_size"]]}, "steps"),
        ({"required": ["postcode"]}, "required"),
        ({"country": "XX"}, "country"),
        ({"source_id": str(uuid4())}, "source_id"),
        ({"consents": [{"language": "uk", "consent_text_id": str(uuid4())}]}, "consents"),
        ({"addressee_id": str(uuid4())}, "addressee_id"),
        ({"type": "targeted", "addressee_id": str(uuid4())}, "addressee_id"),
        ({"redirect_url": "http://example.com"}, "redirect_url"),
        ({"sites": ["https://example.com/page"]}, "sites"),
        ({"texts": [{"language": "uk", "title": "a"}, {"language": "uk", "title": "b"}]}, "texts"),
        ({"name": " "}, "name"),
    ],
)
def test_what_is_no_form_is_refused_and_nothing_kept(
    agency: Client, draft: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    made = agency("create_form", {**draft, "vertical": "home_solar"})
    got = agency.send("save_form", {**draft, **changed}, form_id=made["id"])
    assert (got.status, field in got.json["fields"]) == (422, True), got.json
    assert agency("read_form", form_id=made["id"]) == made
    got = agency.send(
        "create_form", {**draft, **changed, "vertical": "home_solar", "name": changed.get("name", "B")}
    )
    assert (got.status, field in got.json["fields"]) == (422, True), got.json
    assert len(agency("list_forms")["items"]) == 1


def test_a_form_whose_leads_could_not_be_stored_is_not_published(
    agency: Client, bare: dict[str, Any]
) -> None:
    made = agency("create_form", bare)
    got = agency.send("publish_form", form_id=made["id"])
    assert (got.status, list(got.json["fields"])) == (422, ["consents"])
    assert agency("read_form", form_id=made["id"])["state"] == "draft"
    assert agency.refused("create_form", bare | {"name": "Roofs"}) == (409, "form_name_taken")
    assert agency.refused("create_form", bare | {"vertical": "shoes"}) == (422, "unknown_vertical")


def test_another_agencys_form_is_not_there(
    agency: Client, key_of: KeyOf, world: World, bare: dict[str, Any]
) -> None:
    made = agency("create_form", bare)
    stranger, reader = key_of(world.crane), key_of(world.acme, "leads:read")
    for operation in ("read_form", "read_figures"):
        assert stranger.refused(operation, form_id=made["id"])[0] in (403, 404)
        reader(operation, form_id=made["id"])
    assert reader.refused("publish_form", form_id=made["id"]) == (403, "forbidden")
