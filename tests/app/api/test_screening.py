"""Quarantine and suppression by the API, as its document says."""

from typing import Any
from uuid import UUID

import pytest

from app.market import suppress_file
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.app.api.test_bulk_leads import SHARED
from tests.app.api.test_intake import facts, lead  # noqa: F401 (a fixture)
from tests.world import World

ODD = [{"name": "Test", "phones": ["+380670000001"], "emails": ["x@mailinator.com"]}]


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


def test_a_lead_to_be_looked_at_waits_and_is_released(agency: Client, facts: dict[str, Any]) -> None:  # noqa: F811
    waiting = agency("create_lead", lead(facts, contacts=ODD))
    one = waiting["quarantined_id"]
    assert [reason["code"] for reason in waiting["reasons"]] == ["email_disposable", "name_test"]
    assert [row["id"] for row in agency("list_quarantine")["items"]] == [one]
    assert agency("list_quarantine", query={"reason": "phone_voip"})["items"] == []
    stays = agency("release_quarantined", {"accepting": ["name_test"]}, quarantined_id=one)
    assert (stays["result"], stays["lead_id"]) == ("quarantined", None)
    accepted = {"accepting": ["name_test", "email_disposable"]}
    goes = agency("release_quarantined", accepted, quarantined_id=one)
    assert goes["result"] == "accepted"
    read = agency("read_lead", lead_id=goes["lead_id"])
    assert (read["state"], read["flags"]) == ("offered", ["phone_mobile", "email_disposable", "name_test"])
    assert agency("read_quarantined", quarantined_id=one)["lead_id"] == goes["lead_id"]
    assert agency.refused("discard_quarantined", quarantined_id=one) == (409, "not_resting")


def test_a_bulk_says_where_a_lead_rests(agency: Client, facts: dict[str, Any]) -> None:  # noqa: F811
    url = "https://cert.trustedform.com/" + "0123456789abcdef" * 2 + "01234567"
    rows = [lead({}, 1, contacts=ODD), lead({}, 2, trustedform_url=url, ip="8.8.8.8")]
    given = [{name: one[name] for name in one if name not in SHARED} for one in rows]
    shared = {name: lead(facts)[name] for name in SHARED}
    answer = agency("create_leads", {**shared, "leads": given})
    waits, stored = answer["results"]
    assert (waits["result"], waits["lead_id"]) == ("quarantined", None)
    assert [row["id"] for row in agency("list_quarantine")["items"]] == [waits["quarantined_id"]]
    assert (stored["result"], stored["quarantined_id"], stored["warnings"]) == ("accepted", None, [])
    tried = agency("create_leads", {**shared, "leads": given, "test": True})
    assert [one["quarantined_id"] for one in tried["results"]] == [None, None]
    assert len(agency("list_quarantine")["items"]) == 1


def test_a_certificate_travels_with_the_lead(agency: Client, facts: dict[str, Any]) -> None:  # noqa: F811
    url = "https://cert.trustedform.com/" + "0123456789abcdef" * 2 + "01234567"
    made = agency("create_lead", lead(facts, trustedform_url=url, ip="8.8.8.8", ip_country="PL"))
    assert made["flags"] == ["phone_mobile", "ip_other_country"]
    consent = agency("reveal_contacts", lead_id=made["id"])["consent"]
    assert (consent["trustedform_url"], consent["ip"]) == (url, "8.8.8.8")


def test_a_list_keeps_somebody_out(agency: Client, facts: dict[str, Any]) -> None:  # noqa: F811
    listed = agency("create_suppression_list", {"name": "Do not call"})["id"]
    added = agency("add_suppression_entries", {"entries": ["+380670000001", "?"]}, list_id=listed)
    assert added == {"added": 1, "known": 0, "unreadable": 1, "closed_listings": 0}
    refused = agency.send("create_lead", lead(facts, 1))
    assert (refused.status, [one["code"] for one in refused.json["problems"]]) == (422, ["suppressed"])
    kept = agency("remove_suppression_entry", {"entry": "0670000001"}, list_id=listed)
    assert (kept["entries"], kept["hits"]) == (0, 1)
    agency("create_lead", lead(facts, 1))
    agency("delete_suppression_list", list_id=listed)
    assert agency("list_suppression_lists")["items"] == []


def test_a_file_of_a_list_is_read_by_a_worker(agency: Client, world: World) -> None:
    listed = agency("create_suppression_list", {"name": "Do not call"})["id"]
    data = b"name,phone\nOlena,+380670000001\nIvan,?\n"
    sent = agency("upload_suppression_entries", form={"file": ("list.csv", data)}, list_id=listed)
    assert (sent["state"], sent["rows_total"], sent["file_name"]) == ("reading", None, "list.csv")
    place = {"list_id": listed, "list_upload_id": sent["id"]}
    suppress_file.go_on(world.acme.id, UUID(sent["id"]))
    done = agency("read_suppression_upload", **place)
    assert (done["state"], done["rows_read"], done["added"], done["refused"]) == ("done", 3, 1, 1)
    assert done["first_refused"] == [{"line": 3, "column": 2, "code": "unknown"}]
    assert done["passed_over"] == [1]
    assert agency("list_suppression_uploads", list_id=listed)["items"] == [done]
    assert agency("stop_suppression_upload", **place) == done
    picture = {"file": ("list.csv", b"\x89PNG\r\n")}
    refused = agency.refused("upload_suppression_entries", form=picture, list_id=listed)
    assert refused == (422, "binary_file")
