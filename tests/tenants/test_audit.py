"""Who did what, for ever."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tenants import audit, clock
from tenants.actor import SYSTEM
from tenants.audit import Wanted
from tenants.db import transaction
from tenants.ids import new_id
from tests.world import World


def test_a_deed_is_recorded_with_person_time_count_and_detail(world: World) -> None:
    owner, subject = world.acme.owner, new_id()
    with transaction(world.acme.id) as session:
        audit.record(
            session, owner, "contacts.revealed", "lead", subject, count=3, detail={"why": "download"}
        )
        (found,) = audit.read(session, world.acme.id, Wanted())
    assert (found.actor_kind, found.actor_id, found.actor_name) == ("user", owner.id, owner.name)
    assert (found.action, found.subject_type, found.subject_id) == ("contacts.revealed", "lead", subject)
    assert (found.count, found.detail) == (3, {"why": "download"})
    assert abs(clock.now() - found.at) < timedelta(seconds=10)


def test_a_deed_of_the_system_names_the_tenant_it_happened_to(world: World) -> None:
    with transaction(world.acme.id) as session:
        audit.record(session, SYSTEM, "batch.expired", "batch", None, tenant_id=world.acme.id)
        assert audit.read(session, world.acme.id, Wanted())[0].actor_name == "Floe"
        with pytest.raises(ValueError, match="whose record"):
            audit.record(session, SYSTEM, "batch.expired", "batch", None)


def test_a_record_cannot_be_changed_or_deleted_by_its_tenant(world: World) -> None:
    for statement in ("UPDATE audit SET action = 'nothing'", "DELETE FROM audit"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction(world.acme.id) as session,
        ):
            session.execute(text(statement))


def test_pages_follow_each_other_without_gap_or_repetition(world: World) -> None:
    with transaction(world.acme.id) as session:
        for number in range(5):
            audit.record(session, world.acme.owner, f"step.{number}", "lead", None)
            time.sleep(0.002)  # ids are in time order by the millisecond
        first = audit.read(session, world.acme.id, Wanted(), limit=2)
        second = audit.read(session, world.acme.id, Wanted(), older_than=first[-1].id, limit=2)
        third = audit.read(session, world.acme.id, Wanted(), older_than=second[-1].id, limit=2)
    assert [record.action for record in first + second + third] == [f"step.{n}" for n in (4, 3, 2, 1, 0)]


def test_filters_narrow_by_person_subject_action_and_time(world: World) -> None:
    owner, subject, noon = world.acme.owner, new_id(), clock.now()
    with transaction(world.acme.id) as session:
        audit.record(session, owner, "lead.withdrawn", "lead", subject, at=noon)
        time.sleep(0.002)
        audit.record(session, SYSTEM, "lead.expired", "lead", new_id(), at=noon, tenant_id=world.acme.id)
        time.sleep(0.002)
        audit.record(session, owner, "key.created", "api_key", None, at=noon + timedelta(hours=2))

        def found(wanted: Wanted) -> list[str]:
            return [record.action for record in audit.read(session, world.acme.id, wanted)]

        assert found(Wanted(actor_id=owner.id)) == ["key.created", "lead.withdrawn"]
        assert found(Wanted(subject_id=subject)) == ["lead.withdrawn"]
        assert found(Wanted(actions=("lead.expired", "key.created"))) == ["key.created", "lead.expired"]
        assert found(Wanted(since=noon + timedelta(hours=1))) == ["key.created"]
        assert found(Wanted(until=noon + timedelta(hours=1))) == ["lead.expired", "lead.withdrawn"]
        assert audit.actions(session, world.acme.id) == ["key.created", "lead.expired", "lead.withdrawn"]


def test_nobody_reads_the_records_of_another_tenant(world: World) -> None:
    with transaction(world.acme.id) as session:
        audit.record(session, world.acme.owner, "key.created", "api_key", None)
    with transaction(world.bolt.id) as session:
        assert not audit.read(session, world.acme.id, Wanted())
