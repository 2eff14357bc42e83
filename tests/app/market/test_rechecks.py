"""A re-check's life: one at a time, in slices, and what is sold while it runs stands."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.leads.batch_states import WrongState
from app.leads.rechecks.queries import recheck_view
from app.leads.verticals import UnknownVertical
from app.market import recheck_slices, rechecks
from app.market.rechecks import RecheckRunning, Scope, WrongRecheckState
from app.market.terms import Answer
from tenants import clock
from tenants.db import transaction
from tenants.errors import Invalid, NotFound
from tests.app.leads.uploads import Desk, csv_of, people
from tests.app.market.recheck_desk import (
    applied,
    lead_id,
    looked,
    published,
    row,
    seen,
    sell,
    started,
    states,
    suppress,
)
from tests.world import World


def test_what_is_sold_in_between_stands_and_is_said(desk: Desk, world: World) -> None:
    batch = published(desk, [row(1), row(2), row(3)])
    suppress_later = [lead_id(desk, "A-1"), lead_id(desk, "A-2")]
    assert sell(world.bolt, lead_id(desk, "A-3")) is Answer.SOLD
    suppress(desk, "o1@example.com", "o2@example.com", "o3@example.com")
    view = looked(desk, Scope(batch_id=batch))
    assert (view.total, view.verdicts["suppressed"]) == (2, 2), "what is sold is not looked at"
    with transaction(desk.agency.id) as session:
        session.execute(text("DELETE FROM suppression_entry"))
    assert sell(world.bolt, suppress_later[0]) is Answer.SOLD
    with transaction(desk.agency.id) as session:
        rechecks.apply(session, desk.agency.owner, view.id)
    rechecks.go_on(desk.agency.id, view.id)
    after = seen(desk, view.id)
    assert after.outcomes == {"sold": 1, "passed": 1, "changed": 0}, "and what holds no more is left alone"
    assert set(states(desk).values()) == {"offered"}


def test_a_sale_while_a_slice_is_judged_wins(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = published(desk, [row(1), row(2)])
    suppress(desk, "o1@example.com", "o2@example.com")
    view = looked(desk, Scope(batch_id=batch))
    wanted, judge = lead_id(desk, "A-1"), recheck_slices.judge

    def bought_meanwhile(*given: Any, **more: Any) -> Any:
        judged = judge(*given, **more)
        with transaction(desk.agency.id) as session:  # the purchase itself would see the list
            session.execute(text("UPDATE lead SET sold_count = 1 WHERE id = :id"), {"id": wanted})
        return judged

    monkeypatch.setattr(recheck_slices, "judge", bought_meanwhile)
    after = applied(desk, view.id)
    assert after.outcomes == {"withdrawn": 1, "sold": 1, "changed": 0}
    assert states(desk) == {"A-1": "offered", "A-2": "withdrawn"}


@pytest.mark.parametrize("size", [1, 2, 100])
def test_slices_of_any_size_find_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    batch = published(desk, [row(number) for number in range(1, 6)])
    suppress(desk, "o2@example.com", "o5@example.com")
    monkeypatch.setattr(recheck_slices, "LOOKED_AT", size)
    monkeypatch.setattr(recheck_slices, "APPLIED", size)
    view = looked(desk, Scope(vertical="home_solar"))
    assert (view.seen, view.verdicts["suppressed"], view.batch_id) == (5, 2, None)
    assert applied(desk, view.id).outcomes["withdrawn"] == 2
    assert states(desk)["A-5"] == "withdrawn"
    assert seen(desk, view.id).done == 5
    assert batch


def test_one_at_a_time_of_one_scope_and_each_deed_in_its_state(desk: Desk) -> None:
    batch = published(desk, [row(1)])
    first = started(desk, Scope(batch_id=batch))
    with pytest.raises(RecheckRunning):
        started(desk, Scope(batch_id=batch))
    other = started(desk, Scope(source_id=desk.source_id))
    with transaction(desk.agency.id) as session, pytest.raises(WrongRecheckState):
        rechecks.apply(session, desk.agency.owner, first)
    for _ in range(2):
        with transaction(desk.agency.id) as session:
            rechecks.cancel(session, desk.agency.owner, first)
    rechecks.go_on(desk.agency.id, first)
    assert (seen(desk, first).state, seen(desk, first).seen) == ("cancelled", 0)
    rechecks.go_on(desk.agency.id, other)
    with transaction(desk.agency.id) as session, pytest.raises(WrongRecheckState):
        rechecks.cancel(session, desk.agency.owner, other)
    assert seen(desk, started(desk, Scope(batch_id=batch))).state == "checking"


def test_what_cannot_be_rechecked_is_refused(desk: Desk, world: World) -> None:
    received = desk.receive(csv_of([row(1)]))
    refusals = (
        (Scope(batch_id=received, vertical="home_solar"), Invalid),
        (Scope(batch_id=received), WrongState),
        (Scope(batch_id=desk.agency.id), NotFound),
        (Scope(vertical="unheard_of"), UnknownVertical),
        (Scope(source_id=desk.agency.id), NotFound),
    )
    for scope, refusal in refusals:
        with pytest.raises(refusal):
            started(desk, scope)
    assert desk.count("recheck") == 0
    mine = started(desk, Scope(vertical="home_solar"))
    with transaction(world.bolt.id) as session, pytest.raises(NotFound):
        recheck_view(session, world.bolt.id, mine, clock.now())


def test_a_forgotten_one_is_woken_and_old_lists_are_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr(rechecks, "wake", lambda _job, *args: woken.append(args))
    batch = published(desk, people(1))
    mine = started(desk, Scope(batch_id=batch))
    rechecks.wake_forgotten(clock.now())
    assert woken == [(str(desk.agency.id), str(mine))]
    rechecks.go_on(desk.agency.id, mine)
    rechecks.wake_forgotten(clock.now() + timedelta(hours=1))
    assert len(woken) == 1
    rechecks.forget_leads(clock.now())
    assert desk.count("recheck_lead") == 1
    rechecks.forget_leads(clock.now() + rechecks.KEPT_FOR)
    assert (desk.count("recheck_lead"), seen(desk, mine).verdicts["warned"]) == (0, 1)
