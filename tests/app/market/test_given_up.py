"""A given up upload holds nothing: its rows may come again, by file and by post; what was sold of it stands."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from app.api.schemas.batches import BATCH_STATES, BatchReason
from app.leads import batch_states
from app.leads.add_lead import Added, add
from app.leads.batch_queries import BatchView, reasons
from app.leads.batch_states import WrongState
from app.leads.batches import cancel
from app.leads.queries import LeadFilter, lead_page, lead_view
from app.market import batch_offers
from app.market.batch_offers import finish, pause_batch, publish_batch, undo_batch
from app.market.prices import Price, set_price
from app.market.publish import NotPublishable
from app.market.withdraw import withdraw_lead
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, counts, csv_of, people
from tests.app.market.test_batch_offers import answer, do, on_offer, states
from tests.stock import fill_wallet
from tests.world import World

ROWS = 20
FILE = csv_of(people(ROWS))


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    fill_wallet(world.bolt, 100_000, clock.now())
    desk = Desk(world.acme)
    with transaction(desk.agency.id) as session:
        set_price(
            session, desk.agency.owner, desk.source_id, "home_solar", Price(shared_minor=2000), clock.now()
        )
    return desk


def published(desk: Desk, data: bytes = FILE) -> BatchView:
    batch = desk.upload(data)
    do(desk, publish_batch, batch.id)
    return batch


def ids(desk: Desk, external_id: str) -> list[tuple[UUID, str]]:
    with transaction(desk.agency.id) as session:
        rows = lead_page(session, desk.agency.id, LeadFilter(external_id=external_id)).rows
    return [(row.id, row.state) for row in rows]


def test_the_same_file_comes_again_after_an_undo(desk: Desk, world: World) -> None:
    first = published(desk)
    ((before, _),) = ids(desk, "A-3")
    assert do(desk, undo_batch, first.id) == (ROWS, 0)
    assert ids(desk, "A-3") == [(before, "withdrawn")], "until another comes with the ID"
    again = desk.upload(FILE)
    assert counts(again) == (ROWS, ROWS, 0, 0)
    do(desk, publish_batch, again.id)
    assert len(on_offer(world.bolt)) == ROWS
    ((after, state),) = ids(desk, "A-3")
    assert (after != before, state) == (True, "offered")
    with transaction(desk.agency.id) as session:
        old = lead_view(session, desk.agency.id, before)
    assert (old.row.external_id, old.former_external_id) == (None, "A-3")


def test_it_comes_again_while_the_undo_is_still_under_way(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_offers, "AT_ONCE", 7)
    first = published(desk)
    finish(desk.agency.id, first.id)
    do(desk, undo_batch, first.id)
    assert batch_offers._slice(desk.agency.id, first.id)
    again = desk.upload(FILE)
    assert counts(again) == (ROWS, ROWS, 0, 0)
    finish(desk.agency.id, first.id)
    assert (states(desk, first.id), states(desk, again.id)) == ({"withdrawn"}, {"draft"})


def test_a_cancelled_upload_holds_nothing_before_it_is_cleared(desk: Desk) -> None:
    first = desk.upload(FILE)
    with transaction(desk.agency.id) as session:
        cancel(session, desk.agency.owner, first.id)
    assert counts(desk.upload(FILE)) == (ROWS, ROWS, 0, 0)


def test_a_sold_lead_keeps_its_id(desk: Desk, world: World) -> None:
    first = published(desk)
    lead = on_offer(world.bolt)[0]
    assert answer(world.bolt, lead, "before") == "sold"
    assert do(desk, undo_batch, first.id) == (ROWS - 1, 1)
    assert counts(desk.upload(FILE)) == (ROWS, ROWS - 1, 0, 1)


def test_a_sold_person_is_not_sold_anew_after_an_undo(desk: Desk, world: World) -> None:
    unnamed = csv_of([replace(one, external_id="") for one in people(ROWS)])
    first = published(desk, unnamed)
    assert answer(world.bolt, on_offer(world.bolt)[0], "before") == "sold"
    assert do(desk, undo_batch, first.id) == (ROWS - 1, 1)
    again = desk.upload(unnamed)
    assert counts(again) == (ROWS, ROWS - 1, 0, 1)
    with transaction(desk.agency.id) as session:
        told = reasons(session, desk.agency.id, again.id)
    assert [one.uploads for one in told] == [()], "no upload can be given up to let it in"


@pytest.mark.parametrize(("why", "is_held"), [("consent", True), ("quality", True), ("mistake", False)])
def test_a_lead_withdrawn_by_itself_keeps_its_id_for_its_own_reason(
    desk: Desk, why: str, is_held: bool
) -> None:
    first = published(desk)
    ((lead, _),) = ids(desk, "A-3")
    with transaction(desk.agency.id) as session:
        withdraw_lead(session, desk.agency.owner, lead, why, clock.now())
    assert counts(desk.upload(FILE))[1] == 0, "of an upload that stands every ID is held"
    do(desk, undo_batch, first.id)
    assert counts(desk.upload(FILE)) == (ROWS, ROWS - is_held, 0, is_held)


def test_what_waits_in_quarantine_is_discarded_and_waits_again(desk: Desk) -> None:
    data = csv_of([*people(3), Person(20, name="Test Test")])
    first = published(desk, data)
    assert (counts(first), first.quarantined) == ((4, 3, 0, 0), 1)
    do(desk, undo_batch, first.id)
    assert desk.count("quarantine_salt") == 0
    again = desk.upload(data)
    assert (counts(again), again.quarantined) == ((4, 3, 0, 0), 1)
    assert desk.count("quarantined_lead WHERE state = 'resting'") == 1


def post(desk: Desk, external_id: str) -> Added:
    at = clock.now().isoformat()
    values = {
        "external_id": external_id, "enquired_at": at, "consent_at": at, "property_type": "detached", "is_owner": "yes",
        "contacts": [{"name": "Олена Коваленко", "phones": ["+380670000003"], "emails": []}],
    }  # fmt: skip
    with transaction(desk.agency.id) as session:
        return add(session, desk.agency.owner, values, desk.facts)


def test_a_post_brings_the_lead_again(desk: Desk) -> None:
    first = published(desk)
    ((before, _),) = ids(desk, "A-3")
    assert (post(desk, "A-3").lead_id, post(desk, "A-3").is_new) == (before, False)
    do(desk, undo_batch, first.id)
    after = post(desk, "A-3")
    assert after.is_new
    assert post(desk, "A-3") == replace(after, is_new=False)


def test_an_upload_on_its_way_to_the_market_is_undone(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_offers, "AT_ONCE", 7)
    batch = published(desk)
    assert batch_offers._slice(desk.agency.id, batch.id)
    assert desk.view(batch.id).state == "publishing"
    assert do(desk, undo_batch, batch.id) == (ROWS, 0)
    finish(desk.agency.id, batch.id)
    assert (desk.view(batch.id).state, states(desk, batch.id)) == ("undone", {"withdrawn"})
    assert (on_offer(world.bolt), desk.count("held_batch")) == ([], 0)
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT count(*) FROM listing WHERE state = 'open'")).scalar_one() == 0


def test_what_cannot_be_undone_says_what_can_be_done(desk: Desk) -> None:
    batch = desk.upload(FILE)
    with pytest.raises(NotPublishable, match="cancel it instead"):
        do(desk, undo_batch, batch.id)
    do(desk, publish_batch, batch.id)
    do(desk, undo_batch, batch.id)
    with pytest.raises(NotPublishable, match="undone already"):
        do(desk, undo_batch, batch.id)


def test_the_reasons_name_the_upload_that_was_met(desk: Desk) -> None:
    first = desk.upload(FILE, file_name="first.csv")
    second = desk.upload(csv_of([*people(2), Person(3, external_id="Z"), Person(90)]))
    with transaction(desk.agency.id) as session:
        found = reasons(session, desk.agency.id, second.id)
    shown = {one["code"]: one for one in BatchReason(many=True).dump(found)}
    met = {"id": str(first.id), "file_name": "first.csv", "state": "checked"}
    assert shown["duplicate_external_id"]["uploads"] == [{**met, "count": 2}]
    assert shown["duplicate_in_stock"]["uploads"] == [{**met, "count": 1}]
    do(desk, publish_batch, first.id)
    with transaction(desk.agency.id) as session:
        assert [one.uploads for one in reasons(session, desk.agency.id, second.id)] == [(), ()]


def test_every_state_says_what_is_next(desk: Desk) -> None:
    batch_id = desk.receive(FILE)
    with pytest.raises(WrongState, match="Say first what the columns"):
        do(desk, pause_batch, batch_id)
    batch = desk.upload(csv_of(people(2, start=50)))
    with pytest.raises(WrongState, match="publish it first"):
        do(desk, pause_batch, batch.id)
    do(desk, publish_batch, batch.id)
    with transaction(desk.agency.id) as session, pytest.raises(WrongState, match="undo it first"):
        cancel(session, desk.agency.owner, batch.id)
    assert set(batch_states._NEXT) == set(BATCH_STATES)
