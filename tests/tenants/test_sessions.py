"""Sessions belong to their user, who sees and ends them."""

from datetime import timedelta
from uuid import UUID

import pytest

from tenants import clock, log_in, sessions
from tenants.actor import Actor
from tenants.db import keep, open_session, platform_transaction, transaction
from tenants.errors import NotFound
from tenants.ids import new_id
from tenants.log_in import Credentials
from tenants.sessions import Browser, NewSession
from tests.world import PASSWORD, World, make_person


def enter(email: str, address: str = "192.0.2.7") -> NewSession:
    return log_in.log_in(Credentials(email, PASSWORD), Browser(address, "a test"))


def who(token: str) -> Actor | None:
    session = open_session(None)
    found = log_in.actor_for_session(session, token)
    keep(session)
    return found


def entered(email: str) -> tuple[Actor, str]:
    token = enter(email).token
    actor = who(token)
    assert actor is not None
    return actor, token


def test_changing_the_tenant_gives_a_new_token_and_keeps_the_end(world: World) -> None:
    actor, token = entered(world.bolt.owner.email)
    with clock.at(clock.now() + timedelta(minutes=10)), transaction(world.bolt.id) as session:
        moved = sessions.switch_tenant(session, actor, world.bolt.id)
    assert who(token) is None
    assert who(moved.token)
    assert moved.expires_at - clock.now() < sessions.LONGEST


def test_nobody_moves_into_a_tenant_that_is_not_theirs(world: World) -> None:
    actor, token = entered(world.bolt.owner.email)
    with pytest.raises(NotFound), transaction(world.bolt.id) as session:
        sessions.switch_tenant(session, actor, world.acme.id)
    assert who(token)


def test_a_person_sees_their_own_open_sessions_only(world: World) -> None:
    actor, _ = entered(world.bolt.owner.email)
    enter(actor.email, "192.0.2.99")
    enter(world.acme.owner.email)
    with transaction(world.bolt.id) as session:
        found = sessions.open_sessions(session, actor)
    assert [(each.address, each.is_current) for each in found] == [("192.0.2.99", False), ("192.0.2.7", True)]
    assert {each.tenant_name for each in found} == {"Bolt Energy"}
    with clock.at(clock.now() + timedelta(hours=1)), transaction(world.bolt.id) as session:
        assert not sessions.open_sessions(session, actor)


def test_a_revoked_session_is_refused_at_its_next_request(world: World) -> None:
    actor, token = entered(world.bolt.owner.email)
    other = enter(actor.email)
    with transaction(world.bolt.id) as session:
        sessions.revoke(session, actor, other.id)
        for again in (other.id, new_id()):
            with pytest.raises(NotFound):
                sessions.revoke(session, actor, again)
    assert who(other.token) is None
    assert who(token)


def test_nobody_ends_the_session_of_somebody_else(world: World) -> None:
    actor, _ = entered(world.bolt.owner.email)
    stranger, token = entered(world.acme.owner.email)
    assert stranger.session_id
    with pytest.raises(NotFound), transaction(world.bolt.id) as session:
        sessions.revoke(session, actor, stranger.session_id)
    assert who(token)


def test_a_person_without_a_tenant_can_end_a_session_too(world: World) -> None:
    make_person("Nobody", "nobody@example.com")
    actor, token = entered("nobody@example.com")
    session = open_session(None)
    sessions.revoke(session, actor, actor.session_id or new_id())
    keep(session)
    assert who(token) is None


def test_logging_out_ends_the_session_and_may_be_repeated(world: World) -> None:
    actor, token = entered(world.bolt.owner.email)
    with transaction(world.bolt.id) as session:
        sessions.log_out(session, actor)
        sessions.log_out(session, actor)
    assert who(token) is None


def test_all_sessions_of_a_user_end_but_the_one_in_use(world: World) -> None:
    actor, token = entered(world.bolt.owner.email)
    others = [enter(actor.email) for _ in range(2)]
    stranger = enter(world.acme.owner.email)
    assert actor.id
    with platform_transaction("a test ends sessions") as session:
        assert sessions.end_all(session, actor.id, but=actor.session_id) == 2
    assert [who(other.token) for other in others] == [None, None]
    assert who(token)
    assert who(stranger.token)
    with platform_transaction("a test ends sessions") as session:
        assert sessions.end_all(session, UUID(str(actor.id))) == 1
