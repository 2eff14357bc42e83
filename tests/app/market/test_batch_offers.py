"""A batch is offered, paused and taken back as a whole: buyers meet all of it or nothing of it."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from app.leads import consents
from app.leads.batches import cancel
from app.leads.check import check
from app.leads.clearing import clear
from app.leads.queries import LeadFilter, lead_page
from app.market import batch_offers
from app.market.batch_offers import (
    finish,
    pause_batch,
    publish_batch,
    resume_batch,
    stage_batch,
    undo_batch,
    wake_unfinished,
)
from app.market.prices import Price, set_price
from app.market.publish import NotPublishable, PriceMissing
from app.market.purchase import buy
from app.market.reserved import reserved_leads
from app.market.search import Filters, search
from app.market.terms import Item, Mode, Order, Terms
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, csv_of, people
from tests.stock import fill_wallet, link_addressee
from tests.world import Party, World

ROWS = 30


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    fill_wallet(world.bolt, 100_000, clock.now())
    desk = Desk(world.acme)
    with transaction(desk.agency.id) as session:
        prices = Price(shared_minor=2000, reserved_minor=4000)
        set_price(session, desk.agency.owner, desk.source_id, "home_solar", prices, clock.now())
    return desk


@pytest.fixture
def in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_offers, "AT_ONCE", 7)


def do(desk: Desk, deed: object, batch_id: UUID) -> object:
    with transaction(desk.agency.id) as session:
        return deed(session, desk.agency.owner, batch_id, clock.now())  # type: ignore[operator]


def on_offer(company: Party) -> list[UUID]:
    with transaction(company.id) as session:
        return [row.lead_id for row in search(session, Filters(), clock.now(), limit=100).rows]


def answer(company: Party, lead: UUID, key: str) -> str:
    order = Order((Item(lead, Terms.PPL, Mode.SHARED, 5000),), key, all_or_nothing=False)
    with transaction(company.id) as session:
        return buy(session, company.owner, order, clock.now()).results[0].answer.value


def states(desk: Desk, batch_id: UUID) -> set[str]:
    with transaction(desk.agency.id) as session:
        found = lead_page(session, desk.agency.id, LeadFilter(batch_id=batch_id), limit=100).rows
    return {row.state for row in found}


def staged_in_part(desk: Desk, batch_id: UUID) -> UUID:
    """Some slices only, as if the worker had died; gives a lead that is ready."""
    assert batch_offers._slice(desk.agency.id, batch_id)
    assert batch_offers._slice(desk.agency.id, batch_id)
    with transaction(desk.agency.id) as session:
        return UUID(str(session.execute(text("SELECT lead_id FROM listing LIMIT 1")).scalar_one()))


def test_a_large_batch_is_met_whole_or_not_at_all(desk: Desk, world: World, in_slices: None) -> None:
    batch = desk.upload(csv_of(people(ROWS)))
    assert do(desk, publish_batch, batch.id) == ROWS
    assert desk.view(batch.id).state == "publishing"
    ready = staged_in_part(desk, batch.id)
    assert on_offer(world.bolt) == []
    assert answer(world.bolt, ready, "too early") == "gone"
    assert states(desk, batch.id) == {"draft"}
    finish(desk.agency.id, batch.id)
    assert desk.view(batch.id).state == "published"
    assert len(on_offer(world.bolt)) == ROWS
    assert answer(world.bolt, ready, "now") == "sold"
    finish(desk.agency.id, batch.id)
    assert desk.count("listing") == ROWS


def test_what_is_staged_is_published_by_one_flag(desk: Desk, world: World, in_slices: None) -> None:
    batch = desk.upload(csv_of(people(ROWS)))
    do(desk, stage_batch, batch.id)
    finish(desk.agency.id, batch.id)
    assert (desk.view(batch.id).state, on_offer(world.bolt)) == ("staged", [])
    do(desk, stage_batch, batch.id)
    do(desk, publish_batch, batch.id)
    assert desk.view(batch.id).state == "published"
    assert len(on_offer(world.bolt)) == ROWS


def test_a_small_batch_is_published_at_once(desk: Desk, world: World) -> None:
    batch = desk.upload(csv_of(people(3)))
    do(desk, stage_batch, batch.id)
    assert desk.view(batch.id).state == "checked"
    do(desk, publish_batch, batch.id)
    assert (desk.view(batch.id).state, len(on_offer(world.bolt))) == ("published", 3)


def test_a_paused_batch_sells_nothing_until_it_is_resumed(desk: Desk, world: World) -> None:
    batch = desk.upload(csv_of(people(3)))
    do(desk, publish_batch, batch.id)
    lead = on_offer(world.bolt)[0]
    for _ in range(2):
        do(desk, pause_batch, batch.id)
    assert (desk.view(batch.id).state, states(desk, batch.id)) == ("paused", {"paused"})
    assert (on_offer(world.bolt), answer(world.bolt, lead, "paused")) == ([], "gone")
    for _ in range(2):
        do(desk, resume_batch, batch.id)
    assert len(on_offer(world.bolt)) == 3
    assert answer(world.bolt, lead, "resumed") == "sold"


@pytest.mark.parametrize("at_once", [7, 100])
def test_undoing_takes_back_what_is_unsold(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(batch_offers, "AT_ONCE", at_once)
    batch = desk.upload(csv_of(people(ROWS)))
    do(desk, publish_batch, batch.id)
    finish(desk.agency.id, batch.id)
    lead, other = on_offer(world.bolt)[:2]
    assert answer(world.bolt, lead, "before") == "sold"
    assert do(desk, undo_batch, batch.id) == (ROWS - 1, 1)
    assert desk.view(batch.id).state == "undone"
    assert (on_offer(world.bolt), answer(world.bolt, other, "after")) == ([], "gone")
    assert states(desk, batch.id) == {"withdrawn"}
    finish(desk.agency.id, batch.id)
    assert desk.count("held_batch") == 0
    assert (on_offer(world.bolt), states(desk, batch.id)) == ([], {"withdrawn"})
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT count(*) FROM sale WHERE state = 'active'")).scalar_one() == 1


def test_a_staged_batch_given_up_leaves_nothing(desk: Desk, world: World, in_slices: None) -> None:
    batch = desk.upload(csv_of(people(ROWS)))
    do(desk, stage_batch, batch.id)
    finish(desk.agency.id, batch.id)
    with transaction(desk.agency.id) as session:
        cancel(session, desk.agency.owner, batch.id)
    clear(desk.agency.id, batch.id)
    assert [desk.count(table) for table in ("lead", "listing", "held_batch", "batch_block")] == [0] * 4


def test_a_staged_batch_mapped_anew_is_checked_and_offered_again(
    desk: Desk, world: World, in_slices: None
) -> None:
    batch = desk.upload(csv_of(people(ROWS)))
    do(desk, stage_batch, batch.id)
    finish(desk.agency.id, batch.id)
    desk.start(batch.id)
    check(desk.agency.id, batch.id)
    assert (desk.view(batch.id).accepted, desk.count("listing")) == (ROWS, 0)
    do(desk, publish_batch, batch.id)
    finish(desk.agency.id, batch.id)
    assert len(on_offer(world.bolt)) == ROWS


def test_targeted_leads_are_reserved_all_at_once(desk: Desk, world: World, in_slices: None) -> None:
    addressee = link_addressee(world.acme, world.bolt, clock.now())
    batch = desk.upload(csv_of(people(ROWS)), lead_type="targeted", addressee_id=addressee)
    do(desk, publish_batch, batch.id)
    batch_offers._slice(desk.agency.id, batch.id)

    def reserved(at: datetime) -> int:
        with transaction(world.bolt.id) as session:
            return len(reserved_leads(session, at, limit=100))

    assert reserved(clock.now()) == 0
    finish(desk.agency.id, batch.id)
    assert reserved(clock.now()) == ROWS


def test_what_cannot_be_published_is_refused_and_nothing_changes(desk: Desk) -> None:
    with transaction(desk.agency.id) as session:
        wording = consents.Wording("uk", "Погоджуюсь…", "Installers", 3)
        consents.create(session, desk.agency.owner, "Another", wording)
        session.execute(text("DELETE FROM price"))
    batch = desk.upload(csv_of(people(3)))
    for deed in (stage_batch, publish_batch):
        with pytest.raises(PriceMissing):
            do(desk, deed, batch.id)
    with pytest.raises(NotPublishable):
        do(desk, undo_batch, batch.id)
    assert (desk.view(batch.id).state, desk.count("listing")) == ("checked", 0)


def test_an_unfinished_batch_is_woken(desk: Desk, in_slices: None, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr(batch_offers, "wake", lambda _job, *args: woken.append(args))
    batch = desk.upload(csv_of(people(ROWS)))
    do(desk, publish_batch, batch.id)
    wake_unfinished(clock.now())
    assert woken == [(str(desk.agency.id), str(batch.id))]
    finish(desk.agency.id, batch.id)
    wake_unfinished(clock.now())
    assert len(woken) == 1


@pytest.mark.committed
def test_without_the_policy_a_held_batch_would_be_seen(
    desk: Desk, world: World, in_slices: None, superuser: psycopg.Connection
) -> None:
    batch = desk.upload(csv_of(people(ROWS)))
    do(desk, stage_batch, batch.id)
    finish(desk.agency.id, batch.id)
    asks = "SELECT count(*) FROM listing"
    seen = []
    for change in ("SELECT 1", "DROP POLICY listing_not_held ON listing"):
        with superuser.transaction(force_rollback=True):
            superuser.execute(change)
            superuser.execute("SET LOCAL ROLE app")
            superuser.execute("SELECT set_config('app.tenant', %s, true)", (str(world.bolt.id),))
            row = superuser.execute(asks).fetchone()
            seen.append(row and row[0])
    assert seen == [0, ROWS]
