"""From a password to a session, from a token to an actor."""

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from tenants import access, clock, log_in, sessions
from tenants.actor import Actor
from tenants.db import drop, open_session, platform_transaction, transaction
from tenants.log_in import Credentials, WrongCredentials
from tenants.permissions import Permission, permissions
from tenants.sessions import Browser, NewSession
from tests.world import PASSWORD, World, make_member, make_person

BROWSER = Browser("192.0.2.7", "Firefox " + "x" * 400)


def enter(email: str, password: str = PASSWORD, previous: str = "") -> NewSession:
    return log_in.log_in(Credentials(email, password, previous), BROWSER)


def who(token: str) -> Actor | None:
    session = open_session(None)
    try:
        return log_in.actor_for_session(session, token)
    finally:
        sessions_seen(session)


def sessions_seen(session: object) -> None:
    from tenants.db import keep

    keep(session)  # type: ignore[arg-type]


def set_user(email: str, change: str) -> None:
    with platform_transaction("a test changes a user") as session:
        session.execute(text(f"UPDATE user_account SET {change} WHERE email = :email"), {"email": email})


def test_the_token_of_a_session_names_its_actor(world: World) -> None:
    owner = world.bolt.owner
    opened = enter(owner.email.upper())
    found = who(opened.token)
    assert found == replace(owner, session_id=opened.id)
    assert found is not None
    assert found.tenant == world.bolt.card


def test_a_granted_agent_may_buy(world: World) -> None:
    agent = make_member(world.bolt.card, "agent", may_buy=True)
    found = who(enter(agent.email).token)
    assert found is not None
    assert found.may(Permission.LEAD_BUY)


@pytest.mark.parametrize("token", ["", "made up"])
def test_an_unknown_token_is_nobody(world: World, token: str) -> None:
    assert who(token) is None


def test_a_wrong_password_an_unknown_user_and_a_disabled_one_are_told_the_same(world: World) -> None:
    owner = world.bolt.owner
    make_person("Gone", "gone@example.com")
    set_user("gone@example.com", "disabled_at = now()")
    refusals = []
    for email, password in (
        (owner.email, "wrong password"),
        ("a@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
    ):
        with pytest.raises(WrongCredentials) as refusal:
            enter(email, password)
        refusals.append((refusal.value.message, refusal.value.details))
    with pytest.raises(WrongCredentials):
        enter("not an address")
    assert refusals.count(refusals[0]) == 3


def test_a_right_password_forgives_the_wrong_ones_before(world: World) -> None:
    email = world.bolt.owner.email
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                enter(email, "wrong password")
        enter(email)


def test_even_the_right_password_waits_after_too_many_wrong_ones(world: World) -> None:
    email = world.bolt.owner.email
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            enter(email, "wrong password")
    with pytest.raises(access.TooManyAttempts) as refusal:
        enter(email)
    assert 0 < refusal.value.details["retry_after"] <= 61


def test_a_session_ends_after_half_an_hour_without_a_request(world: World) -> None:
    begun = clock.now()
    with clock.at(begun):
        token = enter(world.bolt.owner.email).token
    for minutes in (29, 58, 87):
        with clock.at(begun + timedelta(minutes=minutes)):
            assert who(token)
    with clock.at(begun + timedelta(minutes=118)):
        assert who(token) is None


def test_a_session_ends_after_twelve_hours_in_any_case(world: World) -> None:
    begun = clock.now()
    with clock.at(begun):
        token = enter(world.bolt.owner.email).token
    for minutes in range(20, 720, 20):
        with clock.at(begun + timedelta(minutes=minutes)):
            assert who(token)
    with clock.at(begun + timedelta(minutes=720)):
        assert who(token) is None


def test_logging_in_again_ends_the_session_the_browser_had(world: World) -> None:
    first = enter(world.bolt.owner.email)
    second = enter(world.bolt.owner.email, previous=first.token)
    assert first.token != second.token
    assert who(first.token) is None
    assert who(second.token)


def test_a_disabled_user_is_out_at_the_next_request(world: World) -> None:
    token = enter(world.bolt.owner.email).token
    set_user(world.bolt.owner.email, "disabled_at = now()")
    assert who(token) is None


def test_a_person_without_a_tenant_is_an_actor_who_may_nothing(world: World) -> None:
    make_person("Nobody", "nobody@example.com")
    found = who(enter("nobody@example.com").token)
    assert found is not None
    assert (found.tenant, found.role, found.permissions) == (None, None, frozenset())


def test_an_old_hash_is_made_anew_at_the_log_in(world: World) -> None:
    email = world.bolt.owner.email
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    set_user(email, f"password_hash = '{weak}'")
    enter(email)
    with platform_transaction("look") as session:
        kept = session.execute(
            text("SELECT password_hash FROM user_account WHERE email = :e"), {"e": email}
        ).scalar_one()
    assert "m=19456" in kept
    assert enter(email)


def test_a_log_in_goes_to_the_tenant_worked_in_last(world: World) -> None:
    person = make_person("Both", "both@example.com")
    make_member(world.acme.card, "agent", person=person)
    make_member(world.bolt.card, "finance", person=person)
    first = who(enter(person.email).token)
    assert first is not None
    assert first.tenant_id == world.acme.id
    with transaction(world.acme.id) as session:
        moved = sessions.switch_tenant(session, first, world.bolt.id)
        assert [card.id for card in log_in.tenants_of(session, first)] == [world.acme.id, world.bolt.id]
    there = who(moved.token)
    assert there is not None
    assert (there.tenant_id, there.permissions) == (world.bolt.id, permissions("company", "finance"))
    again = who(enter(person.email).token)
    assert again is not None
    assert again.tenant_id == world.bolt.id


def test_the_role_that_looked_up_a_token_can_read_nothing_afterwards(world: World) -> None:
    token = enter(world.bolt.owner.email).token
    session = open_session(None)
    try:
        assert log_in.actor_for_session(session, token)
        assert session.execute(text("SELECT count(*) FROM tenant")).scalar_one() == 0
        assert session.execute(text("SELECT current_user")).scalar_one() == "app"
    finally:
        drop(session)
