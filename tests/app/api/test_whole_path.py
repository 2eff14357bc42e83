"""The whole trade by the API alone: a client that has read nothing but the OpenAPI document, over real HTTP."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.leads.addressee_links import Linked, accept_link
from tenants import clock
from tenants.api_keys import create_by_operator
from tenants.db import platform_transaction, transaction
from tests.app.api.described import Client, Document
from tests.app.api.served import over_http, work
from tests.app.leads.uploads import HEADERS, TARGETS, csv_of, people
from tests.billing.till import SECRET, Till, open_till
from tests.world import World

pytestmark = pytest.mark.committed


@dataclass
class Town:
    """The server, the till, and a key of everybody."""

    world: World
    till: Till
    agency: Client
    company: Client
    stranger: Client
    finance: Client

    def seen(self) -> set[str]:
        """Every operation that was called."""
        return self.agency.seen | self.company.seen | self.stranger.seen | self.finance.seen


@pytest.fixture
def town(world: World, server: str, tmp_path: Path) -> Iterator[Town]:
    """Everybody with a key, and a till that tells the server what was paid."""
    wire = over_http(server)
    document = Document(wire)

    def client(slug: str) -> Client:
        return Client(document, wire, create_by_operator(slug, ["all"]))

    with open_till(tmp_path) as till:
        till.remote.webhooks(url=f"http://{server}/webhooks/stripe", secret=SECRET)
        slugs = [party.card.slug for party in (world.acme, world.bolt, world.crane, world.floe)]
        yield Town(world, till, *map(client, slugs))


def _top_up(town: Town, minor: int) -> None:
    wanted = {"amount_minor": minor, "currency": "EUR"}
    made = town.company("create_top_up", wanted, key="first")
    assert town.company("create_top_up", wanted, key="first") == made
    assert made["checkout_url"]
    session_id = re.search(r"cs_test_\w+", made["checkout_url"])
    assert session_id
    assert town.till.remote.pay(session_id[0])["state"] == "paid"
    town.till.book()
    for _ in range(100):
        work()
        if town.company("read_top_up", top_up_id=made["id"])["state"] == "paid":
            break
        threading.Event().wait(0.05)
    assert town.company("read_wallet") == {"balance_minor": minor, "held_minor": 0, "currency": "EUR"}


def _upload(town: Town, rows: int) -> dict[str, Any]:
    source = town.agency("create_source", {"name": "Landing page", "channel": "paid_search"})
    words = {"language": "uk", "body": "Погоджуюсь…", "recipients": "Installers", "max_recipients": 5}
    consent = town.agency("create_consent_text", {"name": "Form", **words})
    prices = {"shared_minor": 2000, "exclusive_minor": 5000, "reserved_minor": 4000, "call_minor": 1500}
    town.agency("set_price", {"source_id": source["id"], "vertical": "home_solar", **prices})
    batch = town.agency(
        "create_batch",
        form={
            "file": ("leads.csv", csv_of([*people(rows), ["broken"] * len(HEADERS)])),
            "vertical": "home_solar",
            "type": "consumer",
            "source_id": source["id"],
            "country": "UA",
            "legal_basis": "consent",
            "consent_text_id": consent["id"],
        },
    )
    batch_id = batch["id"]
    columns = [{"column": number, "target": target} for number, target in enumerate(TARGETS)]
    assert town.agency("map_batch", {"columns": columns}, batch_id=batch_id)["state"] == "mapped"
    assert town.agency("check_batch", batch_id=batch_id)["state"] == "checking"
    work()
    checked = town.agency("read_batch", batch_id=batch_id)
    assert (checked["state"], checked["accepted"], checked["rejected"]) == ("checked", rows, 1)
    assert "broken" in town.agency("read_rejects", batch_id=batch_id)
    assert town.agency("publish_batch", batch_id=batch_id) == {"published": rows}
    return {"source_id": source["id"], "consent_text_id": consent["id"]}


def _buy(town: Town, *wanted: tuple[str, str, str, int]) -> list[dict[str, Any]]:
    items = [
        {"lead_id": lead_id, "terms": terms, "mode": mode, "max_net_minor": most}
        for lead_id, terms, mode, most in wanted
    ]
    receipt = town.company("create_purchases", {"items": items}, key=items[0]["lead_id"])
    assert town.company("create_purchases", {"items": items}, key=items[0]["lead_id"]) == receipt
    assert {one["answer"] for one in receipt["items"]} == {"sold"}
    return [town.company("read_purchase", purchase_id=one["purchase_id"]) for one in receipt["items"]]


def test_the_whole_trade_by_the_document_alone(town: Town) -> None:
    _top_up(town, 100_000)
    stock = _upload(town, 4)
    town.agency("allow_ppa", {"slug": town.company("read_me")["tenant"]["slug"]})
    listed = town.company("list_listings", query={"vertical": "home_solar", "sort": "cheapest", "limit": 2})
    rest = town.company(
        "list_listings", query={"sort": "cheapest", "limit": 2, "cursor": listed["next_cursor"]}
    )
    leads = [one["lead_id"] for one in listed["items"] + rest["items"]]
    assert len(set(leads)) == 4
    shared, ppa, back = _buy(
        town,
        (leads[0], "ppl", "shared", 2000),
        (leads[1], "ppa", "shared", 1500),
        (leads[2], "ppl", "exclusive", 5000),
    )
    assert shared["contact_set"]["contacts"][0]["phones"][0].startswith("+38067")
    _reserved(town, stock)
    _tell(town, ppa, shared)
    _give_back(town, back)
    _reports(town)
    assert town.stranger("list_purchases")["items"] == []
    assert town.stranger.refused("read_purchase", purchase_id=shared["id"]) == (404, "not_found")


def _reserved(town: Town, stock: dict[str, Any]) -> None:
    addressee = town.agency(
        "create_addressee",
        {
            "legal_name": "Bolt",
            "country": "PL",
            "domain": "bolt-energy.example",
            "contact_email": "a@bolt-energy.example",
        },
    )
    now = clock.now() - timedelta(hours=1)
    lead = {
        "vertical": "home_solar",
        "type": "targeted",
        "country": "UA",
        "legal_basis": "requested_contact",
        "source_id": stock["source_id"],
        "addressee_id": addressee["id"],
        "enquired_at": now.isoformat(),
        "consent_at": now.isoformat(),
        "answers": {"property_type": "detached", "is_owner": True},
        "contacts": [{"name": "Ihor", "phones": ["+380501112233"]}],
    }
    made = town.agency("create_lead", lead)
    assert made["state"] == "offered"
    town.agency("invite_addressee", addressee_id=addressee["id"])
    _accept_as_a_person(town)
    town.agency("create_lead", {**lead, "contacts": [{"phones": ["+380501112244"]}]})
    (offered,) = town.company("list_reserved_leads")["items"]
    assert town.stranger("list_reserved_leads")["items"] == []
    (bought,) = _buy(town, (offered["lead_id"], "ppl", "reserved", 4000))
    assert bought["contact_set"]["contacts"][0]["phones"] == ["+380501112244"]


def _accept_as_a_person(town: Town) -> None:
    """A link is accepted by a person of the company: no key may do it."""
    with platform_transaction("read the invitation") as session:
        body = session.execute(text("SELECT body FROM mail WHERE body LIKE '%/addressee/%'")).scalar_one()
    token = re.search(r"/addressee/(\S+)", str(body))
    assert token
    with transaction(town.world.bolt.id) as session:
        assert accept_link(session, town.world.bolt.owner, token[1]) is Linked.LINKED


def _tell(town: Town, ppa: dict[str, Any], shared: dict[str, Any]) -> None:
    called = {"purchase_id": ppa["id"], "type": "call", "at": clock.now().isoformat(), "external_id": "crm-1"}
    first = town.company("create_outcome", {**called, "seconds": 120})
    assert town.company("create_outcome", {**called, "seconds": 120}) == first
    (action,) = town.company("list_actions", query={"state": "pending"})["items"]
    confirmed = town.company("confirm_action", action_id=action["id"])
    assert (confirmed["state"], confirmed["is_billed"]) == ("confirmed", True)
    told = {"purchase_id": shared["id"], "type": "purchase", "at": clock.now().isoformat()}
    town.company("create_outcome", {**told, "value_minor": 900_000, "currency": "EUR", "note": "Signed"})
    assert town.company("read_purchase", purchase_id=shared["id"])["outcomes"][0]["note"] == "Signed"
    (outcome,) = town.agency("read_sale", sale_id=shared["id"])["outcomes"]
    assert (outcome["type"], "value_minor" in outcome) == ("purchase", False)


def _give_back(town: Town, bought: dict[str, Any]) -> None:
    why = {"purchase_id": bought["id"], "reason": "wrong_number", "note": "Not in use"}
    claimed = town.company("create_return", why)
    (waiting,) = town.agency("list_returns", query={"state": "open"})["items"]
    assert waiting["id"] == claimed["id"]
    decided = town.agency("decide_return", {"decision": "accept"}, return_id=claimed["id"])
    assert (decided["state"], decided["is_upheld"]) == ("accepted", True)


def _reports(town: Town) -> None:
    spent = 2000 + 1500 + 4000
    wallet = town.company("read_wallet")
    assert wallet == {"balance_minor": 100_000 - spent, "held_minor": 0, "currency": "EUR"}
    report = town.company("read_billing_report")
    moved = {one["kind"]: one["amount_minor"] for one in report["accounts"][0]["moved"]}
    assert (moved["top_up"], moved["return"]) == (100_000, 5000)
    assert report["accounts"][0]["closing_minor"] == wallet["balance_minor"]
    entries = town.company("list_entries", query={"account": "wallet", "limit": 200})["items"]
    assert sum(one["amount_minor"] for one in entries) == wallet["balance_minor"]
    due = town.agency("read_billing_report")["accounts"]
    assert [(one["account"], one["closing_minor"]) for one in due] == [
        ("agency_held", (2000 + 4000) * 70 // 100),
        ("agency_due", 1500 * 70 // 100),
    ]
    trial = town.finance("read_trial_balance")["accounts"]
    assert sum(one["closing_minor"] for one in trial) == 0
