"""Blocks are brought to the database side by side and stored in turn, whatever happens between the two."""

import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import check as checking
from app.leads import reading
from app.leads.batches import cancel
from app.leads.check import check
from app.leads.check_block import Block, bring, write
from app.leads.check_work import begin
from app.leads.scoring import editing
from app.leads.sealing import BatchFacts
from tenants.db import transaction
from tests.app.leads.scoring.leads import rule
from tests.app.leads.uploads import Desk, counts, csv_of, people
from tests.world import World

pytestmark = pytest.mark.committed

_BLOCK = text("SELECT number, sealed FROM batch_block WHERE batch_id = :id AND number = :number FOR UPDATE")
_ANEW = text("UPDATE batch SET checking_at = checking_at + interval '1 second' WHERE id = :id")
_VERSIONS = text("SELECT DISTINCT score_version FROM lead")


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(reading, "BLOCK_ROWS", 40)
    return Desk(world.acme)


def started(desk: Desk) -> UUID:
    batch_id = desk.receive(csv_of(people(100)))
    desk.start(batch_id)
    return batch_id


@pytest.mark.parametrize(("number", "stored"), [(1, 80), (2, 40)])
def test_who_holds_a_block_behind_dead_workers_stores_one_of_theirs(
    desk: Desk, number: int, stored: int
) -> None:
    """And its own too when that is the next; else it lets go, for somebody may wait for what it has stored."""
    batch_id = started(desk)
    reading.read(desk.agency.id, batch_id)
    work = begin(desk.agency.id, batch_id)
    assert work
    with transaction(desk.agency.id) as session:
        held = session.execute(_BLOCK, {"id": batch_id, "number": number}).one()
        checking._store(session, work, held.number, checking._worked_out(session, work, held))
    assert counts(desk.view(batch_id)) == (stored, stored, 0, 0)
    assert desk.count("lead") == stored
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (100, 100, 0, 0)


def test_who_waits_for_a_block_that_is_held_hears_that_the_check_was_cancelled(desk: Desk) -> None:
    batch_id = started(desk)
    reading.read(desk.agency.id, batch_id)
    worker = threading.Thread(target=check, args=(desk.agency.id, batch_id))
    with transaction(desk.agency.id) as holder:
        holder.execute(_BLOCK, {"id": batch_id, "number": 0})
        worker.start()
        worker.join(1)
        assert worker.is_alive()
        with transaction(desk.agency.id) as other:
            cancel(other, desk.agency.owner, batch_id)
        worker.join(5)
        assert not worker.is_alive()
    assert desk.count("lead") == 0


def test_a_worker_of_a_check_that_was_begun_anew_stores_nothing(desk: Desk) -> None:
    batch_id = started(desk)
    reading.read(desk.agency.id, batch_id)
    late = begin(desk.agency.id, batch_id)
    assert late
    with transaction(desk.agency.id) as session:
        first = session.execute(checking._NEXT, late.words()).one()
        block = checking._worked_out(session, late, first)
    with transaction(desk.agency.id) as session:
        session.execute(_ANEW, {"id": batch_id})
    assert checking._take_next(late) is checking._Step.OVER
    with transaction(desk.agency.id) as session:
        checking._store(session, late, first.number, block)
        checking._write(session, late, first.number, block)
    assert counts(desk.view(batch_id)) == (0, 0, 0, 0)
    assert desk.count("lead") == 0
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (100, 100, 0, 0)


def test_a_block_that_is_being_stored_when_the_check_fails_elsewhere_is_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = started(desk)

    def failed(session: Session, tenant_id: UUID, *block: Any) -> dict[str, int]:
        stored = write(session, tenant_id, *block)
        if desk.count("lead") == 40:
            with transaction(tenant_id) as other:
                other.execute(
                    checking._FAIL, {"tenant": tenant_id, "id": batch_id, "failure": "internal_error"}
                )
        return stored

    monkeypatch.setattr(checking, "write", failed)
    check(desk.agency.id, batch_id)
    assert desk.count("lead") == 40, "the second block is gone, the third was never begun"
    assert (desk.view(batch_id).state, counts(desk.view(batch_id))) == ("failed", (40, 40, 0, 0))


def test_leads_brought_under_old_rules_are_stored_under_the_new_ones(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = started(desk)

    def overtaken(session: Session, block: Block, facts: BatchFacts) -> None:
        bring(session, block, facts)
        with transaction(desk.agency.id) as other:
            roof = {**rule("answer.roof_area", 7, "at_least", 1), "key": ""}
            editing.put_rule(other, desk.agency.owner, "home_solar", roof)
            editing.save(other, desk.agency.owner, "home_solar")

    monkeypatch.setattr(checking, "bring", overtaken)
    monkeypatch.setattr(reading, "BLOCK_ROWS", 100)
    check(desk.agency.id, batch_id)
    with transaction(desk.agency.id) as session:
        assert session.execute(_VERSIONS).scalars().all() == [1]
    assert counts(desk.view(batch_id)) == (100, 100, 0, 0)
