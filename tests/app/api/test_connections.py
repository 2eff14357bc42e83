"""Connections by the API, as its document says: made, mapped, sent to, paused, their secrets and addresses replaced."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.incoming import bodies
from app.incoming.process import process
from tenants import clock, jobs
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.app.api.test_intake import facts  # noqa: F401 (a fixture)
from tests.app.incoming.mails import TEXT, mail
from tests.app.incoming.test_connections import FORM
from tests.world import World

MAPPING = {
    "places": [
        {"place": "form.fio", "target": "name"},
        {"place": "form.phone", "target": "phone"},
        {"place": "kind", "target": "property_type"},
    ],
    "constants": [{"target": "is_owner", "value": "yes"}],
}


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


@pytest.fixture
def wanted(facts: dict[str, Any]) -> dict[str, Any]:  # noqa: F811
    return {**facts, "name": "Forms", "kind": "generic"}


def post(client: FlaskClient, address: str, body: Any, secret: str = "") -> int:
    """What another system sends, signed where it has a secret."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    seal = hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest() if secret else ""
    headers = {"X-Hub-Signature-256": f"sha256={seal}"} if secret else {}
    kind = "message/rfc822" if isinstance(body, bytes) else "application/json"
    return client.post(urlsplit(address).path, data=sent, headers=headers, content_type=kind).status_code


def work() -> None:
    for tenant_id, body_id in bodies.due(clock.now()):
        process(tenant_id, body_id)


def test_what_another_system_sends_is_mapped_and_becomes_a_lead(
    agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    made = agency("create_connection", wanted)
    one = {"connection_id": made["id"]}
    assert made["address"].startswith("http")
    assert (made["is_mapped"], made["draft"], made["last_at"], made["counts"]) == (False, False, None, [])
    assert "address" not in agency("read_connection", **one)
    assert post(client, made["address"], FORM) == 202
    work()
    (waits,) = agency("list_bodies", **one)["items"]
    assert (waits["result"], waits["lead_id"], waits["is_kept"]) == ("unmapped", None, True)
    seen = {place["place"]: place for place in agency("read_places", **one)["places"]}
    assert seen["form.phone"]["value"] == "+380671112233"
    assert (seen["form.phone"]["suggested"], seen["form.phone"]["target"]) == ("contact_1_phone", None)
    assert agency("map_connection", MAPPING, **one)["is_mapped"]
    mapped = agency("read_places", **one)
    assert mapped["constants"] == MAPPING["constants"]
    chosen = {(place["place"], place["target"]) for place in mapped["places"][:3]}
    assert chosen >= {("form.phone", "contact_1_phone"), ("kind", "property_type")}
    assert agency("send_bodies_again", **one) == {"count": 1}
    work()
    assert agency("read_connection", **one)["counts"] == [{"result": "accepted", "count": 1}]
    opened = agency("open_body", body_id=waits["id"], **one)
    assert opened["result"] == "accepted"
    assert {"place": "form.fio", "value": "Олена"} in opened["places"]
    assert agency("read_lead", lead_id=opened["lead_id"])["state"] == "offered"


def test_a_body_sent_again_brings_no_second_lead(
    agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    made = agency("create_connection", wanted)
    one = {"connection_id": made["id"]}
    agency("map_connection", MAPPING, **one)
    post(client, made["address"], FORM)
    work()
    (done,) = agency("list_bodies", **one)["items"]
    assert done["result"] == "accepted"
    assert agency("send_body_again", body_id=done["id"], **one)["state"] == "pending"
    work()
    assert [row["result"] for row in agency("list_bodies", **one)["items"]] == ["duplicate"]
    assert len(agency("list_leads")["items"]) == 1


def test_what_is_wrong_is_said_body_by_body_and_page_by_page(
    agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    made = agency("create_connection", wanted)
    one = {"connection_id": made["id"]}
    agency("map_connection", MAPPING, **one)
    for number in range(3):
        post(client, made["address"], {**FORM, "form": {"fio": "X", "phone": f"1{number}"}})
    work()
    first = agency("list_bodies", query={"limit": 2}, **one)
    rest = agency("list_bodies", query={"limit": 2, "cursor": first["next_cursor"]}, **one)
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert len({row["id"] for row in (*first["items"], *rest["items"])}) == 3
    (problem,) = rest["items"][0]["problems"]
    assert (problem["code"], "%(" in problem["message"]) == ("bad_phone", False)
    with clock.at(clock.now() + timedelta(days=31)):
        jobs.tick(clock.now(), talking=False)
    gone = agency("open_body", body_id=rest["items"][0]["id"], **one)
    assert (gone["is_kept"], gone["places"]) == (False, None)
    assert agency.refused("send_body_again", body_id=gone["id"], **one) == (410, "body_gone")


def test_it_is_edited_paused_and_ends(agency: Client, client: FlaskClient, wanted: dict[str, Any]) -> None:
    made = agency("create_connection", wanted)
    one = {"connection_id": made["id"]}
    edited = {name: part for name, part in wanted.items() if name != "kind"}
    changed = agency("edit_connection", {**edited, "name": "Landing", "draft": True, "max_sales": 2}, **one)
    assert (changed["name"], changed["draft"], changed["max_sales"]) == ("Landing", True, 2)
    agency("map_connection", MAPPING, **one)
    assert agency("pause_connection", **one)["paused_at"]
    assert post(client, made["address"], FORM) == 202
    work()
    assert agency("list_bodies", **one)["items"][0]["state"] == "pending"
    assert agency("resume_connection", **one)["paused_at"] is None
    work()
    lead_id = agency("list_bodies", **one)["items"][0]["lead_id"]
    assert agency("read_lead", lead_id=lead_id)["state"] == "draft"
    moved = agency("rotate_address", **one)["address"]
    assert (post(client, made["address"], FORM), post(client, moved, FORM)) == (404, 202)
    agency("delete_connection", **one)
    assert post(client, moved, FORM) == 404
    assert agency.refused("read_connection", **one) == (404, "not_found")
    assert agency("list_connections")["items"] == []
    assert agency.refused("list_bodies", **one) == (404, "not_found")


def test_a_secret_is_replaced_and_never_shown(
    agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    sent = {**wanted, "secrets": {"signing_secret": "old-secret"}}
    got = agency.send("create_connection", sent, key="once")
    again = agency.send("create_connection", sent, key="once")
    assert (again.json["id"], again.json["address"]) == (got.json["id"], None)
    assert b"old-secret" not in got.body
    made, one = got.json, {"connection_id": got.json["id"]}
    assert post(client, made["address"], FORM) == 403
    answer = agency.send("replace_secrets", {"signing_secret": "new-secret"}, **one)
    assert b"new-secret" not in answer.body
    assert post(client, made["address"], FORM, "old-secret") == 202
    assert post(client, made["address"], FORM, "new-secret") == 202
    with clock.at(clock.now() + timedelta(hours=25)):
        assert post(client, made["address"], FORM, "old-secret") == 403
    assert agency.refused("replace_secrets", {}, **one) == (422, "invalid")
    assert agency.refused("replace_secrets", {"app_secret": "x"}, **one) == (422, "invalid")


def test_mail_comes_in_at_an_address_of_its_own(
    agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    made = agency("create_connection", {**wanted, "kind": "mail"})
    one = {"connection_id": made["id"]}
    assert made["address"].endswith("/mail")
    assert post(client, made["address"], mail(TEXT)) == 200
    places = {place["place"]: place for place in agency("read_places", **one)["places"]}
    assert places["label.Телефон"]["suggested"] == "contact_1_phone"
    rules = [{"place": "label.Ім'я", "target": "name"}, {"place": "label.Телефон", "target": "phone"}]
    fixed = [*MAPPING["constants"], {"target": "property_type", "value": "detached"}]
    agency("map_connection", {"places": rules, "constants": fixed}, **one)
    work()
    (done,) = agency("list_bodies", **one)["items"]
    assert done["result"] == "accepted"
    assert {"place": "label.Ім'я", "value": "Олена Шевченко"} in agency(
        "open_body", body_id=done["id"], **one
    )["places"]
    nowhere = {"places": [{"place": "pocket.left", "target": "name"}]}
    assert agency.refused("map_connection", nowhere, **one) == (422, "invalid")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "google_ads"}, "google_key"),
        ({"secrets": {"app_secret": "x"}}, "secrets.app_secret"),
        ({"name": "  "}, "name"),
        ({"source_id": str(uuid4())}, "source_id"),
        ({"country": "Narnia"}, "country"),
    ],
)
def test_what_cannot_work_is_not_made(
    agency: Client, wanted: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    got = agency.send("create_connection", {**wanted, **changed})
    assert (got.status, field in got.json["fields"]) == (422, True), got.json
    assert agency("list_connections")["items"] == []


def test_a_mapping_that_is_none_is_refused(agency: Client, wanted: dict[str, Any]) -> None:
    one = {"connection_id": agency("create_connection", wanted)["id"]}
    assert agency("read_places", **one) == {"received_at": None, "places": [], "constants": []}
    place = {"place": "a", "target": "phone"}
    for wrong in (
        {"places": [place, {**place, "target": "name"}]},
        {"places": [place], "constants": [{"target": "phone", "value": "1"}]},
        {"places": [{**place, "target": "shoe_size"}]},
    ):
        assert agency.refused("map_connection", wrong, **one) == (422, "invalid")
    assert not agency("read_connection", **one)["is_mapped"]


def test_who_may_not_see_people_sees_no_body(
    world: World, key_of: KeyOf, agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    made = agency("create_connection", wanted)
    post(client, made["address"], FORM)
    one, reader = {"connection_id": made["id"]}, key_of(world.acme, "leads:read")
    (row,) = reader("list_bodies", **one)["items"]
    assert reader.refused("open_body", body_id=row["id"], **one) == (403, "forbidden")
    assert reader.refused("read_places", **one) == (403, "forbidden")
    assert reader.refused("pause_connection", **one) == (403, "forbidden")


def test_a_mail_of_several_leads_tells_the_result_of_each_row(
    agency: Client, client: FlaskClient, wanted: dict[str, Any]
) -> None:
    made = agency("create_connection", {**wanted, "kind": "mail"})
    one = {"connection_id": made["id"]}
    places = [{"place": "column.Name", "target": "name"}, {"place": "column.Phone", "target": "phone"}]
    constants = [*MAPPING["constants"], {"target": "property_type", "value": "detached"}]
    agency("map_connection", {"places": places, "constants": constants}, **one)
    table = "Name\tPhone\nОлена\t+380671112233\nПетро\t12\n"
    assert post(client, made["address"], mail(table)) == 200
    work()
    (row,) = agency("list_bodies", **one)["items"]
    counts = [{"result": "accepted", "count": 1}, {"result": "rejected", "count": 1}]
    assert (row["result"], row["counts"]) == ("several", counts)
    olena, petro = agency("open_body", body_id=row["id"], **one)["rows"]
    assert (olena["number"], olena["result"], olena["problems"]) == (1, "accepted", [])
    assert agency("read_lead", lead_id=olena["lead_id"])["state"] == "offered"
    assert (petro["result"], petro["lead_id"]) == ("rejected", None)
    assert [one["code"] for one in petro["problems"]] == ["bad_phone"]
    assert agency("read_connection", **one)["counts"] == counts
