"""Thresholds: up, within, down, up again; told once, by two workers too; and by nobody else's rules."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.delivery import destinations
from app.delivery.destinations import NewDestination
from app.leads.scoring import telling, thresholds
from app.leads.scoring.passing import Scored, watch
from app.leads.scoring.thresholds import NewThreshold
from tenants import clock
from tenants.db import platform_transaction, transaction
from tenants.errors import Invalid, NotFound
from tenants.ids import new_id
from tests.app.leads.scoring.desk import ScoringDesk
from tests.world import World, make_member

SCORES: list[tuple[str, list[int], int]] = [
    ("below", [79], 0),
    ("on it", [80], 1),
    ("up and stays", [85, 90, 80], 1),
    ("wavers within ten points", [85, 71, 85], 1),
    ("exactly ten below is still within", [85, 70, 85], 1),
    ("falls and rises again", [85, 69, 85], 2),
    ("falls and stays", [85, 10, 20, 79], 1),
    ("up, down, up, down, up", [80, 0, 80, 0, 80], 3),
]


@pytest.mark.parametrize(("scores", "told"), [case[1:] for case in SCORES], ids=[case[0] for case in SCORES])
def test_a_rise_counts_once_until_the_score_has_really_fallen(
    world: World, scores: list[int], told: int
) -> None:
    desk, lead = ScoringDesk(world.acme), new_id()
    desk.watch(80)
    rises = 0
    for score in scores:
        with transaction(world.acme.id) as session:
            rises += watch(session, world.acme.id, [Scored(lead, "home_solar", score)], clock.now())
    assert rises == told


def test_a_fall_that_nobody_saw_is_known_from_what_changed_it_and_counts_once(world: World) -> None:
    desk, lead, at = ScoringDesk(world.acme), new_id(), clock.now()
    desk.watch(80)
    later = at + timedelta(days=20)
    with transaction(world.acme.id) as session:
        assert watch(session, world.acme.id, [Scored(lead, "home_solar", 85)], at) == 1
        event = Scored(lead, "home_solar", 85, before=40, changed_at=later)
        assert watch(session, world.acme.id, [event], later + timedelta(seconds=1)) == 1
        assert watch(session, world.acme.id, [event], later + timedelta(seconds=2)) == 0, "looked at again"


def test_only_thresholds_of_the_vertical_that_are_on_count(world: World) -> None:
    desk = ScoringDesk(world.acme)
    desk.watch(50, vertical="home_solar")
    desk.watch(50, vertical="insurance")
    off = desk.watch(50)
    gone = desk.watch(50)
    with transaction(world.acme.id) as session:
        thresholds.switch(session, world.acme.owner, off, enabled=False)
        thresholds.delete(session, world.acme.owner, gone)
        assert watch(session, world.acme.id, [Scored(new_id(), "home_solar", 60)], clock.now()) == 1


def test_a_new_lead_that_scores_high_is_told_by_mail_and_webhook_at_once(world: World) -> None:
    desk = ScoringDesk(world.acme)
    with transaction(world.acme.id) as session:
        destinations.create(session, world.acme.id, NewDestination("webhook", "CRM", "https://8.8.8.8/hook"))
    desk.watch(20, has_webhook=True)
    lead = desk.send(bant_need="confirmed")
    assert telling.tell(world.acme.id, clock.now()) == 1
    assert telling.tell(world.acme.id, clock.now()) == 0
    [mail] = _mails(world.acme.owner.email)
    assert f"/leads/{lead}" in mail.body
    assert "Olena" not in mail.body
    [row] = desk.rows("SELECT event_type FROM delivery")
    assert row.event_type == "lead.score_reached"


def test_nothing_is_told_without_a_threshold_or_to_people_who_left(world: World) -> None:
    desk = ScoringDesk(world.acme)
    desk.send(bant_need="confirmed")
    assert telling.tell(world.acme.id, clock.now()) == 0
    leaver = make_member(world.acme.card, "agent")
    desk.watch(20, members=(leaver.id,))
    with platform_transaction("somebody leaves, for a test") as session:
        session.execute(text("DELETE FROM membership WHERE user_id = :id"), {"id": leaver.id})
    desk.send(bant_need="confirmed")
    assert telling.tell(world.acme.id, clock.now()) == 1
    assert _mails(leaver.email) == []


def test_many_rises_within_a_minute_are_one_more_mail(world: World) -> None:
    desk, at = ScoringDesk(world.acme), clock.now()
    desk.watch(20)
    desk.send()
    assert telling.tell(world.acme.id, at) == 1
    for _ in range(12):
        desk.send()
    assert telling.tell(world.acme.id, at + timedelta(seconds=30)) == 0
    assert telling.tell(world.acme.id, at + timedelta(seconds=61)) == 12
    first, second = _mails(world.acme.owner.email)
    assert "12" in second.subject
    assert second.body.count("/leads/") == telling.MOST_LINKS
    assert first.id != second.id


@pytest.mark.committed
def test_two_workers_tell_once(world: World) -> None:
    desk, lead = ScoringDesk(world.acme), new_id()
    desk.watch(80)
    agency = world.acme.id

    def score(_: int) -> int:
        with transaction(agency) as session:
            return watch(session, agency, [Scored(lead, "home_solar", 90)], clock.now())

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(score, range(8))) == 1
        assert sum(workers.map(lambda _: telling.tell(agency, clock.now()), range(8))) == 1
    assert len(_mails(world.acme.owner.email)) == 1


def test_what_is_refused(world: World) -> None:
    for wanted in (
        NewThreshold(0, has_webhook=True),
        NewThreshold(101, has_webhook=True),
        NewThreshold(80),
        NewThreshold(80, members=(new_id(),)),
        NewThreshold(80, members=(world.bolt.owner.id or new_id(),)),
        NewThreshold(80, phones=("+380671234567",)),
    ):
        with transaction(world.acme.id) as session, pytest.raises(Invalid):
            thresholds.add(session, world.acme.owner, wanted)


def test_another_tenant_reaches_no_threshold_and_triggers_none(world: World) -> None:
    mine: UUID = ScoringDesk(world.acme).watch(50)
    with transaction(world.bolt.id) as session:
        with pytest.raises(NotFound):
            thresholds.switch(session, world.bolt.owner, mine, enabled=False)
        with pytest.raises(NotFound):
            thresholds.delete(session, world.bolt.owner, mine)
        assert thresholds.listed(session, world.bolt.id) == []
        assert watch(session, world.bolt.id, [Scored(new_id(), "home_solar", 99)], clock.now()) == 0


def _mails(to: str) -> list[Any]:
    with platform_transaction("read the outbox of a test") as session:
        found = session.execute(text("SELECT * FROM mail WHERE to_address = :to ORDER BY id"), {"to": to})
        return list(found)
