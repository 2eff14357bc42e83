"""The pages of a tenant's own money: the wallet and its top-ups, the statement; and to whom they open."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from app.pages import money_view
from billing import inbox, payouts
from billing.payouts import NewPayout
from tenants import clock
from tenants.db import platform_transaction, transaction
from tests.app.pages.visitor import Visitor
from tests.app.reports.history import play
from tests.billing.posting import NOW, pay_in, release, sell
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
    visitor.submit("/wallet", follow=False, amount="50.00", key=key[1])
    assert visitor.answer is not None
    assert visitor.status == 303
    checkout = visitor.answer.headers["Location"]
    assert checkout.startswith(f"{till.url}/c/pay/")
    visitor.submit("/wallet", follow=False, amount="50.00", key=key[1])
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
    visitor.submit("/wallet", amount=typed, key="k")
    assert visitor.status == 422
    assert 'id="amount-error"' in visitor.page
    with platform_transaction("look") as session:
        assert session.execute(text("SELECT count(*) FROM top_up")).scalar_one() == 0


def test_when_stripe_does_not_answer_the_page_says_that_nothing_was_charged(
    visitor: Visitor, world: World, till: Till
) -> None:
    enter(visitor, world.bolt).open("/wallet")
    till.remote.fail("rate_limit")
    visitor.submit("/wallet", amount="50", key="k")
    assert "Nothing was charged" in visitor.words
    visitor.submit("/wallet", follow=False, amount="50", key="k")
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


@pytest.mark.parametrize("address", ["/wallet?from=x", "/wallet?from=2026-11-02&to=2026-11-01", "/wallet?format=x",
                                     "/wallet?after=x",
        "/wallet?from=0001-01-01",
        f"/wallet?after=2026-01-01T00:00~00000000-0000-7000-8000-000000000000~{10**30}", "/wallet?source=x", "/wallet/entries/x"])  # fmt: skip
def test_a_senseless_address_is_refused_and_is_no_error_of_ours(
    visitor: Visitor, world: World, address: str
) -> None:
    enter(visitor, world.bolt).open(address)
    assert visitor.status in (404, 422)


def test_a_file_holds_the_whole_view_or_is_not_made(
    visitor: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.floe
    for _ in range(3):
        fill_wallet(world.bolt, 5000, clock.now())
    enter(visitor, world.bolt).open("/wallet?format=csv")
    assert len(sheet(visitor)) == 4
    monkeypatch.setattr(money_view, "MOST_ROWS", 2)
    visitor.open("/wallet?format=csv")
    assert visitor.status == 422
    assert "Choose a shorter period" in visitor.words


def test_a_top_up_and_a_payout_lead_to_the_deed_behind_them(
    visitor: Visitor, stranger: Visitor, world: World
) -> None:
    pay_in(world, world.bolt, 100_000)
    release(world.bolt, world.acme, sell(world.bolt, world.acme, 2000), 2000)
    with transaction(world.floe.id) as session:
        paid = NewPayout(world.acme.id, 100, "EUR", "SEPA 1", NOW.date())
        payouts.record(session, world.floe.owner, paid, NOW)
    page = enter(visitor, world.bolt).open("/wallet?kind=top_up&span=all")
    visitor.open(hrefs(page, "/wallet/entries/")[0])
    [deed] = hrefs(visitor.page, "/wallet/top-ups/")
    visitor.open(deed)
    assert "1,000.00" in visitor.words
    page = enter(stranger, world.acme).open("/statement?kind=payout&span=all")
    stranger.open(hrefs(page, "/statement/entries/")[0])
    assert hrefs(stranger.page, "/statement#payouts")


def test_the_next_page_goes_on_where_the_one_before_ended(
    visitor: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money_view, "PAGE", 2)
    assert world.floe
    for _ in range(5):
        fill_wallet(world.bolt, 5000, clock.now())
    page, shown = enter(visitor, world.bolt).open("/wallet"), []
    while True:
        shown += hrefs(page, "/wallet/entries/")
        following = hrefs(page, "after=")
        if not following:
            break
        page = visitor.open(f"/wallet{following[-1]}")
    assert (len(shown), len(set(shown))) == (5, 5)
