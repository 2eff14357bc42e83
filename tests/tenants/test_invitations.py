"""Invitations: for one address, for one role, once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tenants import accounts, clock, invitations, letters, log_in, members
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.email_tokens import DeadLink
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tenants.invitations import LogInFirst, NewPerson, Offer, OtherAddress
from tenants.log_in import Credentials
from tenants.members import AlreadyMember
from tenants.sessions import Browser
from tests.tenants.post_box import posted
from tests.world import Person, World, make_member, make_person

PASSWORD = "skating on the lake"
ZOE = NewPerson("Zoe Winter", PASSWORD, "en")
BROWSER = Browser("192.0.2.7", "a test")


def invite(world: World, email: str = "zoe@example.com", role: str = "agent") -> str:
    """Invites into bolt; gives the token in the mail."""
    with transaction(world.bolt.id) as session:
        invitations.invite(session, world.bolt.owner, email, role)
    return posted()[-1].token(letters.INVITATION_PATH)


def outsider(name: str, email: str) -> Actor:
    person = make_person(name, email)
    return Actor("user", person.id, name, email, None, None, None, frozenset(), "en", None)


def roles(world: World) -> dict[UUID, str]:
    with transaction(world.bolt.id) as session:
        return {each.user_id: each.role for each in members.members(session, world.bolt.owner)}


def test_an_invitation_is_mailed_with_who_invites_and_into_what(world: World) -> None:
    token = invite(world, "Zoe@Example.com")
    (mail,) = posted("Zoe@example.com")
    assert "Bolt Energy" in mail.subject
    assert world.bolt.owner.name in mail.body
    assert invitations.look_up(token) == Offer(
        world.bolt.id, "Bolt Energy", "Zoe@example.com", "agent", False
    )
    with transaction(world.bolt.id) as session:
        (open_one,) = invitations.open_invitations(session, world.bolt.owner)
    assert (open_one.email, open_one.role, open_one.invited_by) == (
        "Zoe@example.com",
        "agent",
        world.bolt.owner.id,
    )


def test_a_new_person_accepts_with_an_account_the_link_confirms(world: World) -> None:
    token = invite(world)
    assert invitations.accept_as_new(token, ZOE) == "zoe@example.com"
    assert log_in.log_in(Credentials("zoe@example.com", PASSWORD), BROWSER).token
    assert sorted(roles(world).values()) == ["agent", "owner"]
    with pytest.raises(DeadLink):
        invitations.accept_as_new(token, ZOE)


def test_a_known_person_accepts_logged_in(world: World) -> None:
    token = invite(world)
    zoe = outsider("Zoe", "ZOE@example.com")
    assert invitations.look_up(token).has_account
    with pytest.raises(LogInFirst):
        invitations.accept_as_new(token, ZOE)
    with transaction(world.acme.id) as session:
        assert invitations.accept(session, zoe, token) == world.bolt.id
        with pytest.raises(DeadLink):
            invitations.accept(session, zoe, token)
    assert roles(world)[zoe.id or new_id()] == "agent"


def test_only_the_invited_address_can_accept(world: World) -> None:
    token = invite(world)
    stranger = outsider("Eve", "eve@example.com")
    with transaction(world.acme.id) as session:
        for who in (stranger, replace(stranger, email="zoe@example.com"), replace(stranger, kind="key")):
            with pytest.raises(OtherAddress):
                invitations.accept(session, who, token)
    assert len(roles(world)) == 1


def test_an_account_somebody_else_began_with_the_invited_address_goes_to_its_owner(world: World) -> None:
    squatter = make_person("Squatter", "zoe@example.com")
    with platform_transaction("a test forgets the confirmation") as session:
        session.execute(
            text("UPDATE user_account SET confirmed_at = NULL WHERE id = :id"), {"id": squatter.id}
        )
    token = invite(world)
    assert not invitations.look_up(token).has_account
    invitations.accept_as_new(token, ZOE)
    assert log_in.log_in(Credentials("zoe@example.com", PASSWORD), BROWSER).token
    with transaction(world.bolt.id) as session:
        assert "Zoe Winter" in [each.name for each in members.members(session, world.bolt.owner)]


def test_an_account_confirmed_at_the_same_moment_must_log_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = invite(world)
    offer = invitations.look_up(token)
    make_person("Zoe", "zoe@example.com")
    monkeypatch.setattr(invitations, "look_up", lambda _token: offer)
    with pytest.raises(LogInFirst):
        invitations.accept_as_new(token, ZOE)


def test_a_new_invitation_replaces_the_old_one(world: World) -> None:
    old = invite(world)
    new = invite(world, "ZOE@example.com", "finance")
    with pytest.raises(DeadLink):
        invitations.look_up(old)
    assert invitations.look_up(new).role == "finance"
    with transaction(world.bolt.id) as session:
        assert len(invitations.open_invitations(session, world.bolt.owner)) == 1


def test_an_invitation_ends_after_seven_days(world: World) -> None:
    token = invite(world)
    with clock.at(clock.now() + timedelta(days=7)), pytest.raises(DeadLink):
        invitations.accept_as_new(token, ZOE)


def test_a_revoked_invitation_is_dead(world: World) -> None:
    token = invite(world)
    with transaction(world.bolt.id) as session:
        (open_one,) = invitations.open_invitations(session, world.bolt.owner)
        invitations.revoke(session, world.bolt.owner, open_one.id)
        with pytest.raises(NotFound):
            invitations.revoke(session, world.bolt.owner, open_one.id)
    with pytest.raises(DeadLink):
        invitations.look_up(token)


def test_another_tenants_invitation_is_not_found(world: World) -> None:
    invite(world)
    with transaction(world.bolt.id) as session:
        (open_one,) = invitations.open_invitations(session, world.bolt.owner)
    with transaction(world.acme.id) as session:
        assert not invitations.open_invitations(session, world.acme.owner)
        with pytest.raises(NotFound):
            invitations.revoke(session, world.acme.owner, open_one.id)


def test_who_is_a_member_already_is_not_invited(world: World) -> None:
    with pytest.raises(AlreadyMember):
        invite(world, world.bolt.owner.email.upper())
    assert not posted()


def test_who_became_a_member_meanwhile_cannot_join_twice(world: World) -> None:
    zoe = outsider("Zoe", "zoe@example.com")
    token = invite(world)
    make_member(world.bolt.card, "viewer", person=Person(zoe.id or new_id(), zoe.name, zoe.email))
    with pytest.raises(AlreadyMember), transaction(world.acme.id) as session:
        invitations.accept(session, zoe, token)


def test_the_slower_of_two_acceptances_is_refused(world: World) -> None:
    token = invite(world)
    with platform_transaction("a test is slow") as session:
        found = invitations._find(session, token)
    invitations.accept_as_new(token, ZOE)
    with platform_transaction("a test goes on") as session:
        zoe = accounts.known(session, "zoe@example.com")
        with pytest.raises(DeadLink):
            invitations._take(session, found, zoe)


@pytest.mark.parametrize(("email", "role"), [("not an address", "agent"), ("zoe@example.com", "emperor")])
def test_a_wrong_address_or_role_is_refused_and_nothing_is_mailed(
    world: World, email: str, role: str
) -> None:
    with pytest.raises(Invalid):
        invite(world, email, role)
    assert not posted()


@pytest.mark.parametrize("change", [{"name": " "}, {"password": "short"}, {"language": "tlh"}])
def test_a_wrong_answer_leaves_the_invitation_open(world: World, change: dict[str, str]) -> None:
    token = invite(world)
    with pytest.raises(Invalid):
        invitations.accept_as_new(token, replace(ZOE, **change))
    assert invitations.accept_as_new(token, ZOE)


def test_only_owners_invite_and_revoke(world: World) -> None:
    manager = make_member(world.bolt.card, "manager")
    with transaction(world.bolt.id) as session:
        with pytest.raises(Forbidden):
            invitations.invite(session, manager, "zoe@example.com", "viewer")
        with pytest.raises(Forbidden):
            invitations.revoke(session, manager, new_id())
