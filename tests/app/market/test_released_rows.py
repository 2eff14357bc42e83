"""A row released from quarantine is of its upload: offered with it, and taken back with it, whatever is done to it."""

import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import quarantine
from app.leads.batch_queries import BatchView
from app.leads.batch_states import WrongState
from app.leads.batches import cancel
from app.leads.check import check
from app.leads.clearing import clear
from app.leads.intake import Result, Taken
from app.leads.quarantine import NotResting
from app.leads.quarantine_queries import counts_of_origin, quarantine_row
from app.leads.queries import LeadFilter, lead_page
from app.leads.resting import BY_API, rest
from app.leads.resting_uploads import lock_uploads
from app.market import batch_offers
from app.market.batch_offers import (
    finish,
    pause_batch,
    publish_batch,
    resume_batch,
    stage_batch,
    undo_batch,
)
from app.market.prices import Price, set_price
from app.market.release import mend, release, release_many
from tenants import clock
from tenants.db import transaction
from tests.app.leads.test_add_lead import OLENA
from tests.app.leads.test_check_quarantine import waiting
from tests.app.leads.uploads import Desk, counts, csv_of, people
from tests.app.market.test_batch_offers import do, on_offer, states
from tests.world import World

READY, WAITING = 10, 3


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    desk = Desk(world.acme)
    with transaction(desk.agency.id) as session:
        price = Price(shared_minor=2000)
        set_price(session, desk.agency.owner, desk.source_id, "home_solar", price, clock.now())
    return desk


@pytest.fixture
def in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_offers, "AT_ONCE", 7)


@pytest.fixture
def batch(desk: Desk) -> BatchView:
    return desk.upload(csv_of([*people(READY), *(waiting(50 + one) for one in range(WAITING))]))


def resting(desk: Desk) -> list[UUID]:
    with transaction(desk.agency.id) as session:
        found = session.execute(text("SELECT id FROM quarantined_lead WHERE state = 'resting' ORDER BY id"))
        return list(found.scalars())


def let_go(desk: Desk, one: UUID) -> Taken:
    with transaction(desk.agency.id) as session:
        reasons = quarantine_row(session, desk.agency.id, one).reasons
        return release(session, desk.agency.owner, one, clock.now(), accepting=reasons, is_draft=True)


def test_it_is_offered_with_its_upload_and_not_before(desk: Desk, world: World, batch: BatchView) -> None:
    assert let_go(desk, resting(desk)[0]).result is Result.ACCEPTED
    assert states(desk, batch.id) == {"draft"}
    view = desk.view(batch.id)
    assert (counts(view), view.quarantined, view.released) == ((13, READY, 0, 0), WAITING, 1)
    assert do(desk, publish_batch, batch.id) == READY + 1
    assert len(on_offer(world.bolt)) == READY + 1


def test_it_goes_with_a_large_upload_that_is_prepared_already(
    desk: Desk, world: World, in_slices: None, batch: BatchView
) -> None:
    do(desk, stage_batch, batch.id)
    first, second, _ = resting(desk)
    with pytest.raises(WrongState, match="being prepared"):
        let_go(desk, first)
    finish(desk.agency.id, batch.id)
    assert let_go(desk, second).result is Result.ACCEPTED
    assert on_offer(world.bolt) == []
    assert do(desk, publish_batch, batch.id) == READY + 1
    assert len(on_offer(world.bolt)) == READY + 1


def test_released_rows_make_a_small_upload_large(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch, batch: BatchView
) -> None:
    monkeypatch.setattr(batch_offers, "AT_ONCE", READY)
    let_go(desk, resting(desk)[0])
    do(desk, publish_batch, batch.id)
    finish(desk.agency.id, batch.id)
    assert len(on_offer(world.bolt)) == READY + 1


@pytest.mark.parametrize("at_once", [7, 100])
def test_it_is_paused_and_undone_with_its_upload(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch, at_once: int, batch: BatchView
) -> None:
    do(desk, publish_batch, batch.id)
    monkeypatch.setattr(batch_offers, "AT_ONCE", at_once)
    first, second, third = resting(desk)
    with transaction(desk.agency.id) as session:
        at = clock.now()
        assert release_many(session, desk.agency.owner, [first, second], at, is_looked_at=True) == (2, 0)
    assert len(on_offer(world.bolt)) == READY + 2
    do(desk, pause_batch, batch.id)
    assert on_offer(world.bolt) == []
    with pytest.raises(WrongState, match="resume it first"):
        let_go(desk, third)
    with transaction(desk.agency.id) as session:
        at = clock.now()
        assert release_many(session, desk.agency.owner, [third], at, is_looked_at=True) == (0, 1)
    do(desk, resume_batch, batch.id)
    assert len(on_offer(world.bolt)) == READY + 2
    assert do(desk, undo_batch, batch.id) == (READY + 2, 0)
    assert on_offer(world.bolt) == []
    if at_once < READY:
        with pytest.raises(WrongState, match="undone"):
            let_go(desk, third)
    finish(desk.agency.id, batch.id)
    assert states(desk, batch.id) == {"withdrawn"}
    with pytest.raises(NotResting):
        let_go(desk, third)


def test_the_figures_of_a_check_lead_to_their_own_leads(desk: Desk, batch: BatchView) -> None:
    released = let_go(desk, resting(desk)[0]).lead_id
    with transaction(desk.agency.id) as session:
        found = [
            [
                row.id
                for row in lead_page(
                    session, desk.agency.id, LeadFilter(batch_id=batch.id, is_released=one)
                ).rows
            ]
            for one in (True, False, None)
        ]
    assert (found[0], len(found[1]), len(found[2])) == ([released], READY, READY + 1)
    assert (batch.counted, desk.view(batch.id).counted) == (None, "no")


def test_another_way_in_that_met_a_lead_of_a_cancelled_upload_keeps_its_record(
    desk: Desk, batch: BatchView
) -> None:
    with transaction(desk.agency.id) as session:
        one = rest(
            session, desk.agency.id, {**OLENA, "external_id": "A-1"}, desk.facts, ("role_email",), BY_API
        )
    assert let_go(desk, one).result is Result.KNOWN
    with transaction(desk.agency.id) as session:
        cancel(session, desk.agency.owner, batch.id)
    clear(desk.agency.id, batch.id)
    with transaction(desk.agency.id) as session:
        kept = quarantine_row(session, desk.agency.id, one)
    assert (kept.state, kept.lead_id, desk.count("lead")) == ("released", None, 0)


def test_a_released_row_of_a_cancelled_upload_is_gone_with_it(desk: Desk, batch: BatchView) -> None:
    let_go(desk, resting(desk)[0])
    with transaction(desk.agency.id) as session:
        cancel(session, desk.agency.owner, batch.id)
    with pytest.raises(WrongState, match="cancelled"):
        let_go(desk, resting(desk)[0])
    clear(desk.agency.id, batch.id)
    assert desk.count("lead") == desk.count("quarantined_lead") == desk.count("lead_salt") == 0


def test_checked_anew_it_waits_again(desk: Desk, batch: BatchView) -> None:
    let_go(desk, resting(desk)[0])
    desk.start(batch.id)
    check(desk.agency.id, batch.id)
    view = desk.view(batch.id)
    assert (counts(view), view.quarantined, view.released) == ((13, READY, 0, 0), WAITING, 0)
    assert len(resting(desk)) == WAITING
    with transaction(desk.agency.id) as session:
        assert sum(counts_of_origin(session, desk.agency.id, batch.id).values()) == WAITING


@pytest.mark.committed
def test_mended_and_released_while_its_upload_is_undone_nobody_waits_in_a_ring(
    desk: Desk, batch: BatchView, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(desk, publish_batch, batch.id)
    (one, *_) = resting(desk)
    correct, outcome = quarantine.correct, []

    def undone_meanwhile(*words: Any) -> Taken:
        taken = correct(*words)
        undoing.start()
        undoing.join(0.5)
        return taken

    def undo() -> None:
        outcome.append(do(desk, undo_batch, batch.id))

    undoing = threading.Thread(target=undo)
    monkeypatch.setattr(quarantine, "correct", undone_meanwhile)
    with transaction(desk.agency.id) as session:
        reasons = quarantine_row(session, desk.agency.id, one).reasons
        mend(session, desk.agency.owner, one, {}, clock.now(), accepting=reasons, is_released=True)
    undoing.join(30)
    assert outcome == [(READY + 1, 0)]


@pytest.mark.committed
def test_undone_at_the_same_instant_nothing_of_it_stays_on_sale(desk: Desk, batch: BatchView) -> None:
    do(desk, publish_batch, batch.id)
    (one, *_) = resting(desk)
    outcome: list[object] = []

    def undo() -> None:
        outcome.append(do(desk, undo_batch, batch.id))

    with transaction(desk.agency.id) as session:
        lock_uploads(session, desk.agency.id, [one])
        undoing = threading.Thread(target=undo)
        undoing.start()
        undoing.join(0.5)
        assert undoing.is_alive(), "it waits for the release"
        reasons = quarantine_row(session, desk.agency.id, one).reasons
        taken = release(session, desk.agency.owner, one, clock.now(), accepting=reasons)
        assert taken.result is Result.ACCEPTED
    undoing.join(30)
    assert outcome == [(READY + 1, 0)]
    assert states(desk, batch.id) == {"withdrawn"}
