"""A large file by the API, slice by slice."""

from typing import Any

import pytest

from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client, Sent
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import World

CSV = csv_of(people(1_500))
STEP = 64 * 1024


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


@pytest.fixture
def facts(world: World) -> dict[str, Any]:
    desk = Desk(world.acme)
    return {
        "vertical": "home_solar", "type": "consumer", "source_id": str(desk.source_id), "country": "UA",
        "legal_basis": "consent", "consent_text_id": str(desk.consent_text_id),
    }  # fmt: skip


def put(client: Client, upload_id: str, offset: int, data: bytes) -> tuple[int, Any]:
    """Status and body; the answer has been held against the document."""
    headers = {
        "Authorization": f"Bearer {client.key}",
        "Content-Type": "application/octet-stream",
        "Upload-Offset": str(offset),
    }
    got = client.wire(Sent("PATCH", f"/api/v1/uploads/{upload_id}", headers, data))
    client.document.check("append_to_upload", got)
    return got.status, got.json


def send(client: Client, data: bytes = CSV) -> str:
    upload_id: str = client("create_upload", {"file_name": "leads.csv", "size": len(data)})["id"]
    for offset in range(0, len(data), STEP):
        status, told = put(client, upload_id, offset, data[offset : offset + STEP])
        assert (status, told["offset"]) == (200, min(offset + STEP, len(data)))
    return upload_id


def test_slices_become_the_batch_that_a_form_makes(agency: Client, facts: dict[str, Any]) -> None:
    whole = agency("create_batch", form={**facts, "file": ("leads.csv", CSV)})
    upload_id = send(agency)
    made = agency("create_batch_of_upload", facts, upload_id=upload_id)
    assert made["same_as"] == whole["id"]
    assert [one["target"] for one in made["columns"]] == [one["target"] for one in whole["columns"]]
    again = agency("create_batch_of_upload", facts, upload_id=upload_id)
    assert again["id"] == made["id"]
    assert agency("read_upload", upload_id=upload_id)["batch_id"] == made["id"]
    assert agency.refused("delete_upload", upload_id=upload_id) == (409, "upload_finished")
    assert len(agency("list_batches")["items"]) == 2


def test_a_slice_in_the_wrong_place_is_told_the_true_one(agency: Client, facts: dict[str, Any]) -> None:
    begun = agency("create_upload", {"file_name": "leads.csv", "size": len(CSV), "mark": "november"})
    assert begun["offset"] == 0
    assert put(agency, begun["id"], 0, CSV[:STEP])[0] == 200
    status, told = put(agency, begun["id"], 0, CSV[:STEP])
    assert (status, told["code"], told["offset"]) == (409, "wrong_offset", STEP)
    again = agency("create_upload", {"file_name": "leads.csv", "size": len(CSV), "mark": "november"})
    assert (again["id"], again["offset"]) == (begun["id"], STEP)
    refused = agency.refused("create_batch_of_upload", facts, upload_id=begun["id"])
    assert refused == (409, "upload_unfinished")
    agency("delete_upload", upload_id=begun["id"])
    assert agency.refused("read_upload", upload_id=begun["id"]) == (404, "not_found")


def test_the_same_key_begins_one_upload(agency: Client) -> None:
    wanted = {"file_name": "leads.csv", "size": 5}
    first = agency("create_upload", wanted, key="once")
    assert agency("create_upload", wanted, key="once")["id"] == first["id"]
    assert agency("create_upload", wanted)["id"] != first["id"]


def test_another_key_reaches_nothing_of_it(
    agency: Client, world: World, key_of: KeyOf, facts: dict[str, Any]
) -> None:
    upload_id = send(agency)
    other = key_of(world.acme)
    assert other.refused("read_upload", upload_id=upload_id) == (404, "not_found")
    assert other.refused("delete_upload", upload_id=upload_id) == (404, "not_found")
    assert other.refused("create_batch_of_upload", facts, upload_id=upload_id) == (404, "not_found")
    assert put(other, upload_id, 0, CSV[:STEP])[0] == 404
    reader = key_of(world.acme, "leads:read")
    assert reader.refused("create_upload", {"file_name": "x.csv", "size": 5}) == (403, "forbidden")
