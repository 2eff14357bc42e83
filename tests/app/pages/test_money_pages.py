"""The pages of money: the wallet and its top-ups, the statement, the operator's books; to whom they open."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from billing import inbox
from tenants import clock
from tenants.db import platform_transaction
from tests.app.pages.visitor import Visitor
from tests.app.reports.history import play
from tests.billing.till import Till, free_and_held, open_till, seen
from tests.stock import fill_wallet
from tests.world import Party, World, make_member


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with open_till(tmp_path) as opened:
        yield opened


def enter(visitor: Visitor, party: Party, role: str = "owner") -> Visitor:
    actor = party.owner if role == "owner" else make_member(party.card, role)
    visitor.log_in(actor.email)
    return visitor


def hrefs(page: str, part: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]*)"', page) if part in found]


def sheet(visitor: Visitor) -> list[list[str]]:
    assert visitor.answer is not None
    return list(csv.reader(io.StringIO(visitor.answer.get_data(as_text=True))))


def test_a_top_up_goes_to_stripe_comes_back_waits_and_is_paid(
    visitor: Visitor, world: World, till: Till
) -> None:
    assert world.floe
    enter(visitor, world.bolt)
    form = visitor.open("/wallet")
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    visitor.submit("/wallet/top-ups", follow=False, amount="50.00", key=key[1])
    assert visitor.answer is not None
    assert visitor.status == 303
    checkout = visitor.answer.headers["Location"]
    assert checkout.startswith(f"{till.url}/c/pay/")
    visitor.submit("/wallet/top-ups", follow=False, amount="50.00", key=key[1])
    assert visitor.answer.headers["Location"] == checkout, "sent twice, it is the same page"
    with platform_transaction("look") as session:
        top_up_id = session.execute(text("SELECT id FROM top_up")).scalar_one()
    back = urlsplit(till.remote.pay(checkout.rsplit("/", 1)[1])["return_url"])
    assert back.path == f"/wallet/top-ups/{top_up_id}"
    visitor.open(f"{back.path}?{back.query}")
    assert "We wait for Stripe" in visitor.words
    [poll] = re.findall(r'data-poll="([^"]+)"', visitor.page)
    assert "data-poll" in visitor.open(unescape(poll))
    for event in till.events():
        inbox.store(event)
        inbox.handle(event.id)
    assert "data-poll" not in visitor.open(unescape(poll))
    assert "The money is in your wallet" in visitor.words
    visitor.open("/wallet")
    assert "50.00" in visitor.words
    assert free_and_held(world.bolt) == (5000, 0)
    assert seen(world.bolt, top_up_id).state == "paid"


@pytest.mark.parametrize("typed", ["", "x", "4.99", "100000.01", "5.001", "-50"])
def test_a_senseless_amount_is_named_at_its_field_and_nothing_is_written(
    visitor: Visitor, world: World, till: Till, typed: str
) -> None:
    enter(visitor, world.bolt).open("/wallet")
    visitor.submit("/wallet/top-ups", amount=typed, key="k")
    assert visitor.status == 422
    assert 'id="amount-error"' in visitor.page
    with platform_transaction("look") as session:
        assert session.execute(text("SELECT count(*) FROM top_up")).scalar_one() == 0


def test_when_stripe_does_not_answer_the_page_says_that_nothing_was_charged(
    visitor: Visitor, world: World, till: Till
) -> None:
    enter(visitor, world.bolt).open("/wallet")
    till.remote.fail("rate_limit")
    visitor.submit("/wallet/top-ups", amount="50", key="k")
    assert "Nothing was charged" in visitor.words
    visitor.submit("/wallet/top-ups", follow=False, amount="50", key="k")
    assert visitor.status == 303


def test_every_state_of_a_top_up_has_a_sentence_and_a_way_on(
    visitor: Visitor, world: World, till: Till
) -> None:
    assert world.floe
    enter(visitor, world.bolt)
    made = till.start(world.bolt)
    assert "Continue to payment" in (visitor.open(f"/wallet/top-ups/{made.id}"), visitor.words)[1]
    for state, words in (
        ("created", "was not opened"),
        ("expired", "Nothing was charged"),
        ("failed", "did not come about"),
    ):
        with platform_transaction("a test") as session:
            session.execute(text("UPDATE top_up SET state = :state, checkout_url = NULL"), {"state": state})
        visitor.open(f"/wallet/top-ups/{made.id}")
        assert words in visitor.words
        assert "data-poll" not in visitor.page


def test_the_wallet_leads_from_every_number_to_its_entries_and_on_to_the_trade(
    visitor: Visitor, world: World
) -> None:
    history = play(world, 8, sales=6)
    assert history.per_lead
    enter(visitor, world.bolt)
    page = visitor.open("/wallet?from=2026-09-01&to=2026-11-30&show=all")
    entries = hrefs(page, "/wallet/entries/")
    assert entries
    visitor.open(entries[0])
    assert visitor.status == 200
    assert hrefs(visitor.page, "/leads/bought/")
    assert "Acme" not in visitor.words
    assert "ommission" not in visitor.words
    visitor.open("/wallet?from=2026-09-01&to=2026-11-30&show=all&format=csv")
    rows = sheet(visitor)
    visitor.open("/wallet?from=2026-09-01&to=2026-11-30&show=all")
    assert f"{len(rows) - 1} entries in all" in visitor.words
    assert sum(float(row[3]) for row in rows[1:]) == pytest.approx(sum(free_and_held(world.bolt)) / 100)


def test_the_statement_shows_the_agency_its_own_side_only(visitor: Visitor, world: World) -> None:
    play(world, 8, sales=6)
    enter(visitor, world.acme)
    page = visitor.open("/statement?from=2026-09-01&to=2026-11-30")
    assert visitor.status == 200
    assert "Bolt" not in visitor.words
    entries = hrefs(page, "/statement/entries/")
    visitor.open(entries[0])
    assert hrefs(visitor.page, "/sales/")
    assert "Bolt" not in visitor.words
    file = visitor.client.get("/statement?from=2026-09-01&to=2026-11-30&format=xlsx")
    assert file.get_data()[:2] == b"PK"


def test_a_strangers_entry_top_up_and_journal_are_not_there(
    visitor: Visitor, world: World, till: Till
) -> None:
    assert world.floe
    fill_wallet(world.bolt, 5000, clock.now())
    made = till.start(world.bolt)
    with platform_transaction("look") as session:
        journal = session.execute(text("SELECT id FROM journal LIMIT 1")).scalar_one()
    enter(visitor, world.crane)
    for path in (
        f"/wallet/entries/{journal}",
        f"/wallet/top-ups/{made.id}",
        f"/wallet/top-ups/{made.id}/state",
    ):
        visitor.open(path)
        assert visitor.status == 404
    for path in (
        "/finance",
        "/finance/journals",
        f"/finance/journals/{journal}",
        "/finance/payouts",
        "/finance/revenue",
    ):
        visitor.open(path)
        assert visitor.status == 403
    visitor.open("/statement")
    assert visitor.status == 404


def test_a_viewer_sees_no_money_and_finance_tops_up(
    visitor: Visitor, stranger: Visitor, world: World
) -> None:
    enter(visitor, world.bolt, "viewer").open("/wallet")
    assert visitor.status == 403
    enter(stranger, world.bolt, "finance").open("/wallet")
    assert 'name="amount"' in stranger.page


OF_THE_BOOKS = "from=2026-08-01&to=2026-12-31"


def test_every_figure_of_the_billing_report_leads_to_rows_that_sum_to_it(
    visitor: Visitor, world: World
) -> None:
    play(world, 9, sales=10)
    enter(visitor, world.floe, "finance")
    for by in ("week", "month"):
        page = visitor.open(f"/finance?{OF_THE_BOOKS}&by={by}")
        assert visitor.status == 200
    shown = re.findall(r'<a href="(/finance/revenue[^"]*)"><span class="money[^"]*">([^&<]*)', page)
    assert len(shown) > 10
    for address, figure in {unescape(href): figure for href, figure in shown}.items():
        visitor.open(address)
        found = re.search(r"<tfoot>.*?</tfoot>", visitor.page, re.DOTALL)
        assert found
        amounts = [
            re.sub(r"[^\d.]", "", amount) for amount in re.findall(r'class="money[^"]*">([^<]*)', found[0])
        ]
        assert re.sub(r"[^\d.]", "", figure) in amounts, address


def test_the_tables_of_the_report_are_files_of_the_same_rows(visitor: Visitor, world: World) -> None:
    play(world, 9, sales=10)
    enter(visitor, world.floe, "finance")
    tables = {}
    for table in ("periods", "agencies", "companies", "verticals", "dues", "wallets", "trial"):
        visitor.open(f"/finance?{OF_THE_BOOKS}&table={table}&format=csv")
        assert visitor.status == 200
        tables[table] = sheet(visitor)
    totals = {
        name: sum(float(row[3 + (name == "periods")]) for row in tables[name][1:])
        for name in ("periods", "agencies", "companies", "verticals")
    }
    assert len({round(total, 2) for total in totals.values()}) == 1
    assert round(sum(float(row[4]) for row in tables["trial"][1:]), 2) == 0
    visitor.open(f"/finance/revenue?{OF_THE_BOOKS}&model=ppl&model=ppa&format=csv")
    assert round(sum(float(row[5]) for row in sheet(visitor)[1:]), 2) == round(totals["periods"], 2)
    visitor.open(f"/finance?{OF_THE_BOOKS}&table=secrets&format=csv")
    assert visitor.status == 404
    visitor.open(f"/finance?{OF_THE_BOOKS}&format=exe")
    assert visitor.status == 404


def test_from_a_journal_one_reaches_its_lines_its_mirror_and_its_deed(visitor: Visitor, world: World) -> None:
    history = play(world, 2, sales=8)
    assert history.returned
    enter(visitor, world.floe, "finance")
    page = visitor.open(f"/finance/journals?{OF_THE_BOOKS}&kind=return")
    visitor.open(hrefs(page, "/finance/journals/")[0])
    assert "Commission" in visitor.words
    mirrored = [href for href in hrefs(visitor.page, "/finance/journals/") if "?" not in href]
    visitor.open(mirrored[0])
    assert "Undone by" in visitor.words
    visitor.open(hrefs(visitor.page, "source=")[0])
    assert visitor.status == 200
    assert "Sale per lead" in visitor.words
    visitor.open(f"/finance/journals?{OF_THE_BOOKS}&account=commission&format=csv")
    assert len(sheet(visitor)) > 1


def test_a_payout_is_recorded_with_the_form_and_seen_by_the_agency(
    visitor: Visitor, stranger: Visitor, world: World
) -> None:
    from tests.billing.posting import pay_in, release, sell

    pay_in(world, world.bolt, 100_000)
    release(world.bolt, world.acme, sell(world.bolt, world.acme, 2000), 2000)
    enter(visitor, world.floe, "finance").open("/finance/payouts")
    form = {
        "agency": str(world.acme.id),
        "amount": "14.01",
        "bank_reference": "SEPA 7",
        "paid_on": "2026-11-20",
    }
    visitor.submit("/finance/payouts", **form)
    assert visitor.status == 409
    assert "Only 14.00" in visitor.words.replace("\u00a0", " ")
    for wrong, field in (
        ({"agency": ""}, "agency"),
        ({"paid_on": ""}, "paid_on"),
        ({"amount": "x"}, "amount"),
    ):
        visitor.submit("/finance/payouts", **{**form, **wrong})
        assert visitor.status == 422
        assert f'id="{field}-error"' in visitor.page
    visitor.submit("/finance/payouts", **{**form, "amount": "10.00"})
    assert visitor.status == 200
    assert "SEPA 7" in visitor.words
    visitor.submit("/finance/payouts", **{**form, "amount": "1.00"})
    assert visitor.status == 409
    assert 'id="bank_reference-error"' in visitor.page
    enter(stranger, world.acme).open("/statement")
    assert "SEPA 7" in stranger.words
    visitor.open("/finance/payouts?format=csv")
    assert sheet(visitor)[1][4] == "SEPA 7"


def test_a_manager_of_the_operator_reads_but_records_no_payout(visitor: Visitor, world: World) -> None:
    enter(visitor, world.floe, "manager").open("/finance/payouts")
    assert 'name="bank_reference"' not in visitor.page
    visitor.submit(
        "/finance/payouts", agency=str(world.acme.id), amount="1", bank_reference="x", paid_on="2026-11-20"
    )
    assert visitor.status == 403


def test_finance_is_told_of_messages_that_wait_for_a_person(
    visitor: Visitor, world: World, till: Till
) -> None:
    assert world.floe
    till.paid(world.bolt)
    event = till.events()[-1]
    inbox.store(event)
    till.remote.fail("rate_limit")
    inbox.handle(event.id)
    enter(visitor, world.floe, "finance").open("/finance")
    assert "Messages of Stripe wait for a person" in visitor.words
    assert event.id in visitor.words


@pytest.mark.parametrize("address", ["/wallet?from=x", "/wallet?from=2026-11-02&to=2026-11-01", "/wallet?format=x",
                                     "/wallet?after=x", "/wallet?source=x", "/wallet/entries/x"])  # fmt: skip
def test_a_senseless_address_is_refused_and_is_no_error_of_ours(
    visitor: Visitor, world: World, address: str
) -> None:
    enter(visitor, world.bolt).open(address)
    assert visitor.status in (404, 422)
