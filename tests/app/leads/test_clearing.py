"""What uploads leave behind is deleted: of cancelled ones everything, of others the file after thirty days."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.leads import clearing
from app.leads.batch_states import WrongState
from app.leads.batches import cancel
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, counts, csv_of, people
from tests.world import World

CLEAN = csv_of(people(3))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def test_a_cancelled_batch_is_cleared(desk: Desk) -> None:
    view = desk.upload(csv_of([*people(3), Person(1)]))
    for _ in range(2):
        with transaction(desk.agency.id) as session:
            cancel(session, desk.agency.owner, view.id)
    clearing.clear(desk.agency.id, view.id)
    tables = ("lead", "lead_salt", "lead_person", "batch_chunk", "batch_problem")
    assert [desk.count(table) for table in tables] == [0, 0, 0, 0, 0]
    assert counts(desk.view(view.id)) == (4, 3, 0, 1)


def test_a_published_batch_cannot_be_cancelled_nor_cleared(desk: Desk) -> None:
    view = desk.upload(CLEAN)
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET state = 'published'"))
        session.execute(text("UPDATE lead SET state = 'offered'"))
        with pytest.raises(WrongState):
            cancel(session, desk.agency.owner, view.id)
    clearing.clear(desk.agency.id, view.id)
    assert desk.count("batch_chunk") == 1
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET state = 'cancelled'"))
    clearing.clear(desk.agency.id, view.id)
    assert desk.count("lead") == 3, "an offered lead is never deleted"


def test_unpublished_files_are_given_up_after_thirty_days(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[str, ...]] = []
    monkeypatch.setattr(clearing, "wake", lambda _job, *args: woken.append(args))
    view, young = desk.upload(CLEAN), desk.upload(csv_of(people(2, start=70)))
    with transaction(desk.agency.id) as session:
        old = {"id": view.id, "at": view.created_at - timedelta(days=30)}
        session.execute(text("UPDATE batch SET created_at = :at WHERE id = :id"), old)
    clearing.delete_old_files(clock.now())
    assert woken == [(str(desk.agency.id), str(view.id))]
    clearing.clear_batch(*woken[0])
    assert desk.view(view.id).state == "cancelled"
    assert desk.view(young.id).state == "checked"
    assert desk.count("lead") == 2
    clearing.delete_old_files(clock.now())
    assert len(woken) == 1


def test_the_file_of_a_published_batch_goes_and_its_reasons_stay(desk: Desk) -> None:
    view = desk.upload(csv_of([*people(2), Person(3, phone="1", email="")]))
    with transaction(desk.agency.id) as session:
        old = {"at": view.created_at - timedelta(days=31)}
        session.execute(text("UPDATE batch SET created_at = :at, state = 'published'"), old)
        session.execute(text("UPDATE lead SET state = 'offered'"))
    clearing.delete_old_files(clock.now())
    assert [desk.count(table) for table in ("lead", "batch_chunk", "batch_problem")] == [2, 0, 1]
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT length(row_sealed) FROM batch_problem")).scalar_one() == 0
