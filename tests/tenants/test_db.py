"""The doors: one tenant, one transaction, one commit; no door, no rows."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from tenants import db
from tenants.db import (
    NoDoor,
    as_platform,
    bind,
    drop,
    keep,
    open_session,
    platform_transaction,
    rehearsal,
    transaction,
)
from tenants.errors import Refused
from tests.world import World

WHO = text("SELECT current_user::text, current_setting('app.tenant'), current_setting('statement_timeout')")
COUNT = text("SELECT count(*) FROM tenant")


def test_without_an_engine_there_is_no_door() -> None:
    with pytest.raises(NoDoor):
        open_session(None)


def test_a_session_that_came_through_no_door_does_nothing(doors: None) -> None:
    with Session(bind=db._bind) as session, pytest.raises(NoDoor):
        session.execute(COUNT)


def test_a_door_serves_one_tenant_and_no_tenant_sees_nothing(world: World) -> None:
    bolt = world.bolt.id
    with transaction(world.acme.id) as session:
        assert session.execute(COUNT).scalar_one() == 1
    with platform_transaction("a test counts") as session:
        assert session.execute(COUNT).scalar_one() == 2
    session = open_session(None)
    assert session.execute(COUNT).scalar_one() == 0
    bind(session, bolt)
    assert session.execute(COUNT).scalar_one() == 1
    with pytest.raises(NoDoor):
        bind(session, world.acme.id)
    drop(session)


def test_patience_lifts_the_statement_timeout_of_this_transaction_only(world: World) -> None:
    with transaction(world.acme.id, patience_seconds=90) as session:
        assert session.execute(WHO).one() == ("app", str(world.acme.id), "90s")


def test_as_platform_raises_the_role_and_lowers_it_again(world: World) -> None:
    acme = str(world.acme.id)
    with transaction(world.acme.id) as session:
        with as_platform(session, "a test"):
            assert session.execute(WHO).one()[:2] == ("platform", acme)
            with as_platform(session, "once more"):
                assert session.execute(WHO).one()[:2] == ("platform", acme)
            assert session.execute(WHO).one()[:2] == ("platform", acme)
        assert session.execute(WHO).one()[:2] == ("app", acme)


def test_after_a_refusal_the_role_is_lowered_and_the_transaction_goes_on(world: World) -> None:
    with transaction(world.acme.id) as session:
        with pytest.raises(Refused), as_platform(session, "a test"):
            raise Refused("no")
        assert session.execute(WHO).one()[0] == "app"


def test_after_a_database_error_the_transaction_is_over(world: World) -> None:
    with pytest.raises(ProgrammingError, match="nowhere"), transaction(world.acme.id) as session:
        break_it(session)


def break_it(session: Session) -> None:
    with as_platform(session, "a test"):
        session.execute(text("SELECT * FROM nowhere"))


def test_what_waits_for_the_commit_starts_only_after_it(world: World) -> None:
    started: list[str] = []
    with transaction(world.acme.id) as session:
        db.after_commit(session, lambda: started.append("kept"))
        assert not started
    refused = open_session(world.acme.id)
    db.after_commit(refused, lambda: started.append("dropped"))
    drop(refused)
    assert started == ["kept"]


def test_what_a_refusal_remembers_is_started_after_it_alone(world: World) -> None:
    started: list[str] = []
    with transaction(world.acme.id) as session:
        db.after_drop(session, lambda: started.append("kept"))
    refused = open_session(world.acme.id)
    with rehearsal(refused):
        db.after_drop(refused, lambda: started.append("rehearsed"))
    db.after_drop(refused, lambda: started.append(f"dropped, open: {refused.in_transaction()}"))
    drop(refused)
    assert started == ["dropped, open: False"]


@pytest.mark.committed
def test_a_commit_that_fails_starts_nothing_and_closes_the_session(world: World) -> None:
    started: list[str] = []
    session = open_session(world.acme.id)
    db.after_commit(session, lambda: started.append("never"))
    session.execute(
        text("CREATE TEMPORARY TABLE late (n int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    session.execute(text("INSERT INTO late VALUES (1), (1)"))
    with pytest.raises(IntegrityError):
        keep(session)
    assert not started
    assert not session.in_transaction()
