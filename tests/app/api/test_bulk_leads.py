"""Many leads in one request, and test mode: what is answered, and what is stored."""

from typing import Any

import pytest
from sqlalchemy import text

from tenants.db import platform_transaction
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.app.api.test_intake import WORDS, lead
from tests.world import World

TABLES = ("lead", "lead_person", "lead_salt", "listing", "audit", "idempotency", "delivery", "mail")
SHARED = ("vertical", "type", "country", "legal_basis", "source_id", "consent_text_id")


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


@pytest.fixture
def facts(agency: Client) -> dict[str, Any]:
    source = agency("create_source", {"name": "Form", "channel": "blog"})["id"]
    consent = agency("create_consent_text", {"name": "Form", **WORDS})["id"]
    agency("set_price", {"source_id": source, "vertical": "home_solar", "shared_minor": 2000})
    shared = {"vertical": "home_solar", "type": "consumer", "country": "UA", "legal_basis": "consent"}
    return {**shared, "source_id": source, "consent_text_id": consent}


def row(number: int, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in lead({}, number, **more).items() if key not in SHARED}


def stored() -> dict[str, int]:
    with platform_transaction("count, in a test") as session:
        return {
            name: int(session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in TABLES
        }


def test_every_lead_gets_its_own_result_and_the_rest_is_offered(
    agency: Client, facts: dict[str, Any]
) -> None:
    bad = row(3, contacts=[{"name": "Nobody", "phones": ["12"]}], surprise=1)
    body = {**facts, "leads": [row(1), row(2), bad, row(9, contacts=row(1)["contacts"]), row(1)]}
    answer = agency("create_leads", body)
    found = [one["result"] for one in answer["results"]]
    assert found == ["accepted", "accepted", "rejected", "duplicate", "known"]
    assert [one["index"] for one in answer["results"]] == list(range(5))
    assert answer["results"][4]["lead_id"] == answer["results"][0]["lead_id"]
    assert sum(answer["counts"].values()) == 5
    wrong = {(one["target"], one["code"]) for one in answer["results"][2]["problems"]}
    assert wrong == {("lead.surprise", "unknown_field"), ("contact_1_phone", "bad_phone")}
    assert all(one["message"] for one in answer["results"][2]["problems"])
    assert [agency("read_lead", lead_id=one["lead_id"])["state"] for one in answer["results"][:2]] == [
        "offered"
    ] * 2
    again = agency("create_leads", body)
    assert [one["result"] for one in again["results"]][:2] == ["known", "known"]
    assert stored()["lead"] == 2


def test_a_bulk_is_done_once_for_its_key_and_drafts_are_offered_later(
    agency: Client, facts: dict[str, Any]
) -> None:
    body = {**facts, "leads": [row(1)], "draft": True}
    first = agency("create_leads", body, key="once")
    assert agency("create_leads", body, key="once") == first
    lead_id = first["results"][0]["lead_id"]
    assert agency("read_lead", lead_id=lead_id)["state"] == "draft"
    assert agency("create_leads", {**body, "draft": False})["counts"]["known"] == 1
    assert agency("read_lead", lead_id=lead_id)["state"] == "offered"


def test_what_is_wrong_with_all_leads_refuses_all_of_them(agency: Client, facts: dict[str, Any]) -> None:
    before = stored()
    unpriced = agency("create_source", {"name": "New", "channel": "blog"})["id"]
    assert agency.refused("create_leads", {**facts, "source_id": unpriced, "leads": [row(1)]}) == (
        409,
        "price_missing",
    )
    assert agency.refused("create_leads", {**facts, "legal_basis": "legitimate_interest", "leads": [row(1)]})[
        0
    ] in (409, 422)
    assert stored()["lead"] == before["lead"]


@pytest.mark.parametrize(
    "odd",
    [
        {"answers": "no"},
        {"answers": {"property_type": {"a": 1}}},
        {"answers": {"\x00\ud800": "x"}},
        {"answers": {"external_id": "B-1"}},
        {"bant": {"luck": "confirmed"}},
        {"contacts": "Olena"},
        {"contacts": None},
        {"external_id": ["A"]},
        {"enquired_at": 1.5},
        {"lead": {"lead": {}}},
    ],
)
def test_an_odd_lead_is_rejected_alone(agency: Client, facts: dict[str, Any], odd: dict[str, Any]) -> None:
    answer = agency("create_leads", {**facts, "leads": [{**row(1), **odd}, row(2)]}, key="odd")
    assert [one["result"] for one in answer["results"]] == ["rejected", "accepted"]
    assert answer["results"][0]["problems"]


def test_more_than_a_thousand_leads_are_too_many(agency: Client, facts: dict[str, Any]) -> None:
    method, path, _ = agency.document.operations["create_leads"]
    assert (method, path) == ("POST", "/api/v1/leads/bulk")
    answer = agency("create_leads", {**facts, "leads": [{}] * 1000})
    assert answer["counts"]["rejected"] == 1000
    with pytest.raises(AssertionError):
        agency("create_leads", {**facts, "leads": [{}] * 1001})


def test_a_bulk_trial_says_what_would_happen_and_stores_nothing(
    agency: Client, facts: dict[str, Any]
) -> None:
    kept = agency("create_lead", lead(facts, 1))
    before = stored()
    body = {**facts, "test": True, "leads": [row(1), row(2), row(8, contacts=row(1)["contacts"]), {}]}
    for _ in range(2):
        answer = agency("create_leads", body, key="tried")
        assert answer["test"] is True
        assert [one["result"] for one in answer["results"]] == ["known", "accepted", "duplicate", "rejected"]
        assert [one["lead_id"] for one in answer["results"]] == [kept["id"], None, None, None]
        assert stored() == before
    real = agency("create_leads", {**body, "test": False}, key="tried")
    assert real["results"][1]["result"] == "accepted"
    assert real["results"][1]["lead_id"]


def test_a_single_trial_refuses_as_the_deed_would_and_stores_nothing(
    agency: Client, facts: dict[str, Any]
) -> None:
    before = stored()
    tried = agency.send("create_lead", lead(facts, 1, test=True), key="tried")
    assert tried.status == 200
    assert tried.json["id"] == "00000000-0000-0000-0000-000000000000"
    assert (tried.json["state"], tried.json["external_id"]) == ("offered", "A-1")
    assert agency.refused("create_lead", lead(facts, 1, test=True, contacts=[{"name": "O"}])) == (
        422,
        "lead_unreadable",
    )
    assert stored() == before
    made = agency.send("create_lead", lead(facts, 1), key="tried")
    assert made.status == 201
    assert agency.refused("create_lead", lead(facts, 2, test=True, contacts=row(1)["contacts"])) == (
        409,
        "duplicate_lead",
    )
    known = agency("create_lead", lead(facts, 1, test=True))
    assert known["id"] == made.json["id"]


def test_a_number_as_id_is_told_back_as_it_is_stored(agency: Client, facts: dict[str, Any]) -> None:
    answer = agency("create_leads", {**facts, "leads": [row(1, external_id=236239401)]})
    [told] = answer["results"]
    assert (told["result"], told["external_id"]) == ("accepted", "236239401")
    assert agency("read_lead", lead_id=told["lead_id"])["external_id"] == "236239401"


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({"answers": 7}, ("answers", "not_an_object")),
        ({"bant": []}, ("bant", "not_an_object")),
        ({"external_id": "a\x00b"}, ("external_id", "unstorable_text")),
        ({"sub_id": "\ud800"}, ("sub_id", "unstorable_text")),
        ({"contacts": [{"name": "O\x00", "phones": ["+380671234567"]}]}, ("contacts", "unstorable_text")),
    ],
)
def test_what_the_single_post_refuses_is_refused_of_one_row_by_its_reason(
    agency: Client, facts: dict[str, Any], odd: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = agency("create_leads", {**facts, "leads": [row(1), {**row(2), **odd}, row(3)]})
    assert [one["result"] for one in answer["results"]] == ["accepted", "rejected", "accepted"]
    [problem] = answer["results"][1]["problems"]
    assert (problem["target"], problem["code"]) == expected
