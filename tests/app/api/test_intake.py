"""What an agency keeps and sends: sources, prices, consent texts, addressees, leads, files."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.leads.check import check
from app.leads.flag_words import FLAGS
from app.leads.problems import LEFT_OUT
from tenants import clock
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.app.leads.uploads import HEADERS, TARGETS, csv_of, people
from tests.world import World

PRICES = {"shared_minor": 2000, "exclusive_minor": 5000, "reserved_minor": None}
WORDS = {"language": "en", "body": "I agree.", "recipients": "Installers", "max_recipients": 4}


@pytest.fixture
def agency(world: World, key_of: KeyOf) -> Client:
    return key_of(world.acme)


@pytest.fixture
def facts(agency: Client) -> dict[str, Any]:
    """What holds for every lead, with a price."""
    source = agency("create_source", {"name": "Form", "channel": "blog"})["id"]
    consent = agency("create_consent_text", {"name": "Form", **WORDS})["id"]
    agency("set_price", {"source_id": source, "vertical": "home_solar", **PRICES})
    shared = {"vertical": "home_solar", "type": "consumer", "country": "UA", "legal_basis": "consent"}
    return {**shared, "source_id": source, "consent_text_id": consent}


def lead(facts: dict[str, Any], number: int = 1, **more: Any) -> dict[str, Any]:
    at = (clock.now() - timedelta(hours=2)).isoformat()
    return {
        **facts,
        "enquired_at": at,
        "consent_at": at,
        "consent_origin": "https://acme.example/form",
        "external_id": f"A-{number}",
        "answers": {"property_type": "detached", "is_owner": True},
        "bant": {"budget": "confirmed", "need": "confirmed", "authority": "confirmed"},
        "contacts": [{"name": "Olena", "phones": [f"+38067{number:07d}"]}],
        **more,
    }


def test_a_source_lives(agency: Client) -> None:
    made = agency("create_source", {"name": "Form", "channel": "blog"})
    one = {"source_id": made["id"]}
    renamed = agency("rename_source", {"name": "Blog", "channel": "content", "public_label": "B"}, **one)
    assert (renamed["name"], renamed["channel"], renamed["public_label"]) == ("Blog", "content", "B")
    spend = {"month_on": "2026-11-01", "amount_minor": 9900, "currency": "EUR"}
    assert agency("record_spend", spend, **one)["spends"] == [spend]
    assert agency.refused("record_spend", {**spend, "currency": "PLN"}, **one) == (
        422,
        "currency_not_supported",
    )
    assert agency("archive_source", **one)["archived_at"]
    assert agency("list_sources")["items"] == []
    assert len(agency("list_sources", query={"has_archived": "true"})["items"]) == 1
    assert agency("restore_source", **one)["archived_at"] is None


def test_prices_are_set_and_seen(agency: Client, facts: dict[str, Any], world: World) -> None:
    (price,) = agency("list_prices")["items"]
    assert (price["shared_minor"], price["reserved_minor"], price["currency"]) == (2000, None, "EUR")
    assert agency.refused("set_price", {"source_id": facts["source_id"], "vertical": "no"})[0] == 422
    assert agency.refused("allow_ppa", {"slug": "nobody"}) == (404, "not_found")
    (allowed,) = agency("allow_ppa", {"slug": world.bolt.card.slug})["items"]
    agency("stop_ppa", company_id=allowed["company_id"])
    assert agency("list_ppa_companies")["items"] == []


def test_a_consent_text_gets_versions(agency: Client) -> None:
    first = agency("create_consent_text", {"name": "Form", **WORDS})
    second = agency("create_consent_version", {**WORDS, "body": "New"}, consent_text_id=first["id"])
    assert (second["version"], second["is_newest"]) == (2, True)
    assert agency("read_consent_text", consent_text_id=first["id"])["is_newest"] is False
    assert [one["version"] for one in agency("list_consent_texts")["items"]] == [2, 1]


def test_a_lead_is_offered_at_once(
    agency: Client, facts: dict[str, Any], world: World, key_of: KeyOf
) -> None:
    made = agency.send("create_lead", lead(facts))
    assert (made.status, made.json["state"], made.json["temperature"]) == (201, "offered", "warm")
    again = agency.send("create_lead", lead(facts))
    assert (again.status, again.json["id"]) == (200, made.json["id"])
    (listed,) = key_of(world.bolt)("list_listings")["items"]
    assert listed["lead_id"] == made.json["id"]
    assert "Olena" not in str(listed)
    people = agency("reveal_contacts", lead_id=made.json["id"])
    assert people["contacts"][0]["phones"] == ["+380670000001"]
    taken = agency("withdraw", {"reason": "mistake"}, lead_id=made.json["id"])
    assert (taken["state"], taken["withdrawn_for"]) == ("withdrawn", "mistake")


def test_a_draft_waits(agency: Client, facts: dict[str, Any], world: World, key_of: KeyOf) -> None:
    assert agency("create_lead", lead(facts, draft=True))["state"] == "draft"
    assert key_of(world.bolt)("list_listings")["items"] == []
    found = agency("list_leads", query={"state": "draft", "external_id": "A-1"})
    assert len(found["items"]) == 1


def test_leads_are_found_by_what_was_noticed_about_them(agency: Client, facts: dict[str, Any]) -> None:
    plain = agency("create_lead", lead(facts, 1))["id"]
    odd = agency("create_lead", lead(facts, 2, region="Atlantis", ip="8.8.8.8", ip_country="PL"))["id"]

    def found(flag: str) -> list[str]:
        return [row["id"] for row in agency("list_leads", query={"flag": flag})["items"]]

    assert (found("phone_mobile"), found("ip_other_country")) == ([odd, plain], [odd])
    assert (found("unknown_region"), found("email_typo")) == ([odd], [])
    got = agency.send("list_leads", query={"flag": "unheard_of"})
    assert (got.status, list(got.json["fields"])) == (422, ["flag"])
    assert all(one in got.json["fields"]["flag"] for one in (*FLAGS, *LEFT_OUT))


def test_a_bad_lead_says_everything_that_is_wrong(agency: Client, facts: dict[str, Any]) -> None:
    wrong = lead(facts, answers={"colour": "red"}, contacts=[{"phones": ["1"]}])
    got = agency.send("create_lead", wrong)
    assert (got.status, got.json["code"]) == (422, "lead_unreadable")
    codes = {(one["target"], one["code"]) for one in got.json["problems"]}
    assert {("colour", "unknown_field"), ("property_type", "missing")} <= codes
    assert agency("list_leads")["items"] == []
    agency("create_lead", lead(facts))
    twin = lead(facts, external_id="other")
    assert agency.refused("create_lead", twin) == (409, "duplicate_lead")


def test_a_file_is_mapped_checked_published_and_undone(
    agency: Client, facts: dict[str, Any], world: World
) -> None:
    file = ("leads.csv", csv_of([*people(2), ["x"] * len(HEADERS)]))
    batch = agency("create_batch", form={**facts, "file": file})
    one = {"batch_id": batch["id"]}
    assert [part["heading"] for part in batch["columns"]] == list(HEADERS)
    assert agency("read_samples", **one)["rows"][0][0] == "A-1"
    assert agency.refused("publish_batch", **one) == (409, "not_publishable")
    bad = agency.send("map_batch", {"columns": [{"column": 0, "target": "external_id"}]}, **one)
    assert (bad.status, bad.json["code"]) == (422, "mapping_incomplete")
    columns = [{"column": number, "target": target} for number, target in enumerate(TARGETS)]
    agency("map_batch", {"columns": columns}, **one)
    assert agency("check_batch", **one)["state"] == "checking"
    check(world.acme.id, UUID(batch["id"]))
    checked = agency("read_batch", **one)
    assert [checked[part] for part in ("rows_read", "accepted", "rejected", "duplicates")] == [3, 2, 1, 0]
    assert sum(reason["count"] for reason in checked["reasons"]) == 1
    assert agency("read_rejects", **one).count("\n") == 2
    assert agency("publish_batch", **one) == {"published": 2}
    assert agency("undo_batch", **one) == {"withdrawn": 2, "sold": 0}
    assert [row["state"] for row in agency("list_batches")["items"]] == ["undone"]


def test_a_file_that_is_no_table_leaves_nothing(agency: Client, facts: dict[str, Any]) -> None:
    for file in (("a.csv", b""), ("a.csv", b"PK\x03\x04xl/"), ("a.csv", b"a,b\n")):
        assert agency.send("create_batch", form={**facts, "file": file}).status == 422
    assert agency.send("create_batch", form=facts).json["fields"].keys() == {"file"}
    assert agency("list_batches")["items"] == []
    batch = agency("create_batch", form={**facts, "file": ("a.csv", csv_of(people(1)))})
    assert agency("cancel_batch", batch_id=batch["id"])["state"] == "cancelled"


def test_verticals_say_what_a_lead_may_hold(agency: Client) -> None:
    codes = [one["code"] for one in agency("list_verticals")["items"]]
    assert "home_solar" in codes
    whole = agency("read_vertical", code="home_solar")
    asked = {one["name"]: one for one in whole["fields"]}
    assert "detached" in asked["property_type"]["choices"]
    targets = agency("list_targets", code="home_solar", query={"limit": 200})["items"]
    assert {"external_id", "contact_1_phone", "property_type"} <= {one["name"] for one in targets}
    for code in ("nothing", "home_solar@99", "home_solar@x"):
        assert agency.refused("read_vertical", code=code) == (404, "not_found")
