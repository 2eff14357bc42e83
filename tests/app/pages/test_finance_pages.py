"""The pages of the operator's finance: every figure leads to its rows, every row to its journal."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from app.pages import money_view
from billing import inbox
from tests.app.pages.visitor import Visitor
from tests.app.reports.history import play
from tests.billing.posting import pay_in, release, sell
from tests.billing.till import Till, open_till
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


OF_THE_BOOKS = "from=2026-08-01&to=2026-12-31"


def test_every_figure_of_the_billing_report_leads_to_rows_that_sum_to_it(
    visitor: Visitor, world: World
) -> None:
    play(world, 9, sales=10)
    enter(visitor, world.floe, "finance")
    for by in ("week", "month"):
        page = visitor.open(f"/finance?{OF_THE_BOOKS}&by={by}")
        assert visitor.status == 200
    shown = re.findall(
        r'<a class="strong" href="(/finance/revenue[^"]*)"><span class="money[^"]*">([^&<]*)', page
    )
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


@pytest.mark.parametrize("path", ["/finance/revenue", "/finance/journals"])
def test_lists_of_the_books_go_on_page_by_page(
    visitor: Visitor, world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(money_view, "PAGE", 3)
    play(world, 9, sales=8)
    page, shown = enter(visitor, world.floe, "finance").open(f"{path}?{OF_THE_BOOKS}"), []
    while True:
        shown += [href for href in hrefs(page, "/finance/journals/") if "?" not in href]
        following = hrefs(page, "after=")
        if not following:
            break
        page = visitor.open(f"{path}{following[-1]}")
    assert len(shown) == len(set(shown)) > 3
