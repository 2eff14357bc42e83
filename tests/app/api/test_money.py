"""Wallets, top-ups, entries, books, payouts and reports by key."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.market.clockwork import release_shares
from tenants import clock
from tests.app.api.conftest import KeyOf
from tests.billing.till import Till, open_till
from tests.stock import fill_wallet, put_on_sale
from tests.world import World


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with open_till(tmp_path) as opened:
        yield opened


def sell(world: World, key_of: KeyOf) -> None:
    (lead_id,) = put_on_sale(world.acme, clock.now())
    fill_wallet(world.bolt, 5000, clock.now())
    item = {"lead_id": str(lead_id), "max_net_minor": 2000}
    key_of(world.bolt)("create_purchases", {"items": [item]})


def test_a_top_up_leads_to_a_page(world: World, key_of: KeyOf, till: Till) -> None:
    company = key_of(world.bolt)
    made = company("create_top_up", {"amount_minor": 12_345, "currency": "EUR"}, key="k")
    assert (made["state"], made["amount_minor"]) == ("open", 12_345)
    assert made["checkout_url"].startswith(till.url)
    assert company("create_top_up", {"amount_minor": 12_345, "currency": "EUR"}, key="k") == made
    other = {"amount_minor": 12_346, "currency": "EUR"}
    assert company.refused("create_top_up", other, key="k") == (422, "key_reused")
    assert company.refused("create_top_up", {"amount_minor": 1, "currency": "EUR"}) == (
        422,
        "amount_out_of_range",
    )
    assert [one["id"] for one in company("list_top_ups")["items"]] == [made["id"]]
    assert key_of(world.crane).refused("read_top_up", top_up_id=made["id"]) == (404, "not_found")
    assert key_of(world.acme).refused("create_top_up", other) == (403, "forbidden")


def test_each_side_sees_its_own_lines(world: World, key_of: KeyOf) -> None:
    sell(world, key_of)
    company, agency, finance = (key_of(one) for one in (world.bolt, world.acme, world.floe))
    (mine,) = company("list_entries", query={"kind": "sale"})["items"]
    (theirs,) = agency("list_entries", query={"kind": "sale", "account": "agency_held"})["items"]
    assert (mine["amount_minor"], theirs["amount_minor"]) == (-2000, 1400)
    assert mine["journal_id"] == theirs["journal_id"]
    (line,) = company("read_own_lines", journal_id=mine["journal_id"])["items"]
    assert line["account"] == "wallet"
    whole = finance("read_journal", journal_id=mine["journal_id"])
    assert sum(one["amount_minor"] for one in whole["lines"]) == 0
    assert key_of(world.crane).refused("read_own_lines", journal_id=mine["journal_id"])[0] == 404
    assert company.refused("read_journal", journal_id=mine["journal_id"]) == (403, "forbidden")
    (listed,) = finance("list_journals", query={"kind": "sale", "tenant_id": str(world.acme.id)})["items"]
    assert listed["moved_minor"] == -1400


def test_an_agency_is_paid_what_is_due(world: World, key_of: KeyOf) -> None:
    sell(world, key_of)
    later = clock.now() + timedelta(days=8)
    release_shares(later)
    finance, agency = key_of(world.floe), key_of(world.acme)
    payout = {
        "agency_id": str(world.acme.id),
        "amount_minor": 1400,
        "currency": "EUR",
        "bank_reference": "R-1",
        "paid_on": clock.now().date().isoformat(),
    }
    assert finance.refused("create_payout", {**payout, "amount_minor": 1401}) == (409, "more_than_due")
    with clock.at(later):
        assert finance("create_payout", payout)["agency_name"] == "Acme Leads"
    assert finance.refused("create_payout", {**payout, "amount_minor": 1})[0] == 409
    (paid,) = agency("list_payouts")["items"]
    assert (paid["bank_reference"], UUID(paid["agency_id"])) == ("R-1", world.acme.id)
    assert len(finance("list_payouts")["items"]) == 1
    assert agency.refused("create_payout", payout) == (403, "forbidden")
    assert finance.refused("create_payout", {**payout, "agency_id": str(uuid4())}) == (404, "not_found")


def test_finance_reads_the_billing_report(world: World, key_of: KeyOf) -> None:
    sell(world, key_of)
    report = key_of(world.floe)("read_revenue", query={"by": "month"})
    assert (report["total"]["ppl_minor"], report["total"]["commission_minor"], report["total"]["leads"]) == (
        2000,
        600,
        1,
    )
    assert sum(one["figures"]["revenue_minor"] for one in report["slices"]) == 2000
    for parts in ("agencies", "companies", "verticals"):
        ((name, figures),) = [(one["name"], one["figures"]) for one in report[parts]]
        assert name
        assert figures == report["total"]
    assert key_of(world.acme).refused("read_revenue") == (403, "forbidden")
    assert key_of(world.floe).refused("read_revenue", query={"by": "day"})[0] == 422


def test_a_report_rolls_each_account_forward(world: World, key_of: KeyOf) -> None:
    sell(world, key_of)
    report = key_of(world.bolt)("read_billing_report")
    wallet, held = report["accounts"]
    assert (wallet["account"], wallet["opening_minor"], wallet["closing_minor"]) == ("wallet", 0, 3000)
    moved = [(one["kind"], one["amount_minor"]) for one in wallet["moved"]]
    assert moved == [("sale", -2000), ("top_up", 5000)]
    assert held["moved"] == []
    past = {"from": "2020-01-01", "to": "2020-01-31"}
    assert key_of(world.bolt)("read_billing_report", query=past)["accounts"][0]["closing_minor"] == 0
    trial = key_of(world.floe)("read_trial_balance")
    assert sum(one["closing_minor"] for one in trial["accounts"]) == 0
    wrong = {"from": "2020-02-01", "to": "2020-01-31"}
    assert key_of(world.bolt).refused("read_billing_report", query=wrong) == (422, "invalid")
