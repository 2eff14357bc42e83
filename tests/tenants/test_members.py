"""Who works in a tenant: never without an owner, never after being removed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tenants import log_in, members
from tenants.actor import Actor
from tenants.audit import Wanted, read
from tenants.db import keep, open_session, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tenants.log_in import Credentials
from tenants.members import LastOwner
from tenants.permissions import Permission
from tenants.sessions import Browser
from tests.world import PASSWORD, Person, World, make_member, make_party


def who(token: str) -> Actor | None:
    session = open_session(None)
    found = log_in.actor_for_session(session, token)
    keep(session)
    return found


def enter(email: str) -> str:
    return log_in.log_in(Credentials(email, PASSWORD), Browser("192.0.2.7", "a test")).token


def test_members_are_listed_by_name(world: World) -> None:
    viewer = make_member(world.bolt.card, "viewer")
    agent = make_member(world.bolt.card, "agent", may_buy=True)
    with transaction(world.bolt.id) as session:
        found = members.members(session, viewer)
    assert [(each.user_id, each.role, each.may_buy) for each in found] == [
        (agent.id, "agent", True),
        (world.bolt.owner.id, "owner", False),
        (viewer.id, "viewer", False),
    ]


def test_a_changed_role_counts_at_the_next_request(world: World) -> None:
    agent = make_member(world.bolt.card, "agent", may_buy=True)
    token = enter(agent.email)
    assert agent.id
    with transaction(world.bolt.id) as session:
        members.change_role(session, world.bolt.owner, agent.id, "finance")
        members.change_role(session, world.bolt.owner, agent.id, "finance")
        records = read(session, world.bolt.id, Wanted(actions=("member.role_changed",)))
    found = who(token)
    assert found is not None
    assert (found.role, found.may(Permission.LEAD_BUY)) == ("finance", False)
    assert [record.detail for record in records] == [{"from": "agent", "to": "finance"}]


def test_a_role_that_does_not_exist_is_refused(world: World) -> None:
    agent = make_member(world.bolt.card, "agent")
    with pytest.raises(Invalid), transaction(world.bolt.id) as session:
        members.change_role(session, world.bolt.owner, agent.id or new_id(), "emperor")


def test_the_last_owner_can_neither_leave_nor_step_down(world: World) -> None:
    owner = world.bolt.owner
    assert owner.id
    with transaction(world.bolt.id) as session:
        with pytest.raises(LastOwner):
            members.remove(session, owner, owner.id)
        with pytest.raises(LastOwner):
            members.change_role(session, owner, owner.id, "viewer")
        members.change_role(session, owner, owner.id, "owner")
        second = make_member(world.bolt.card, "owner")
        members.change_role(session, second, owner.id, "viewer")


def step_down(deed: tuple[Actor, Actor]) -> str:
    """The first makes the second a viewer."""
    by, whom = deed
    try:
        with transaction(by.card().id) as session:
            members.change_role(session, by, whom.id or new_id(), "viewer")
    except LastOwner:
        return "refused"
    return "done"


@pytest.mark.committed
@pytest.mark.usefixtures("doors")
def test_two_owners_cannot_take_each_other_out_at_once() -> None:
    for number in range(5):
        party = make_party("company", f"Race {number}", "UA")
        second = make_member(party.card, "owner")
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(step_down, [(party.owner, second), (second, party.owner)])
            assert sorted(results) == ["done", "refused"]


def test_only_an_agent_of_a_company_is_granted_buying(world: World) -> None:
    agent, manager = make_member(world.bolt.card, "agent"), make_member(world.bolt.card, "manager")
    seller = make_member(world.acme.card, "agent")
    token = enter(agent.email)
    assert agent.id
    assert manager.id
    assert seller.id
    with transaction(world.bolt.id) as session:
        members.grant_buying(session, world.bolt.owner, agent.id, True)
        members.grant_buying(session, world.bolt.owner, agent.id, True)
        with pytest.raises(Invalid):
            members.grant_buying(session, world.bolt.owner, manager.id, True)
    found = who(token)
    assert found is not None
    assert found.may(Permission.LEAD_BUY)
    with transaction(world.bolt.id) as session:
        members.grant_buying(session, world.bolt.owner, agent.id, False)
        records = read(session, world.bolt.id, Wanted(subject_id=agent.id))
    found = who(token)
    assert found is not None
    assert not found.may(Permission.LEAD_BUY)
    assert [record.action for record in records] == ["member.buying_ended", "member.buying_granted"]
    with pytest.raises(Invalid), transaction(world.acme.id) as session:
        members.grant_buying(session, world.acme.owner, seller.id, True)


def test_a_removed_members_sessions_in_this_tenant_end_at_once(world: World) -> None:
    person = make_member(world.bolt.card, "agent")
    assert person.id
    token = enter(person.email)
    make_member(world.acme.card, "agent", person=Person(person.id, person.name, person.email))
    with transaction(world.bolt.id) as session:
        members.remove(session, world.bolt.owner, person.id)
        with pytest.raises(NotFound):
            members.remove(session, world.bolt.owner, person.id)
    assert who(token) is None
    found = who(enter(person.email))
    assert found is not None
    assert found.tenant_id == world.acme.id


def test_anybody_may_leave_but_only_an_owner_changes_others(world: World) -> None:
    manager, agent = make_member(world.bolt.card, "manager"), make_member(world.bolt.card, "agent")
    assert manager.id
    assert agent.id
    with transaction(world.bolt.id) as session:
        for deed in (
            lambda: members.remove(session, manager, agent.id or new_id()),
            lambda: members.change_role(session, manager, agent.id or new_id(), "viewer"),
            lambda: members.grant_buying(session, manager, agent.id or new_id(), True),
        ):
            with pytest.raises(Forbidden):
                deed()
        members.remove(session, agent, agent.id)
        assert len(members.members(session, manager)) == 2


def test_a_member_of_another_tenant_is_not_found(world: World) -> None:
    stranger = world.acme.owner.id or new_id()
    with transaction(world.bolt.id) as session:
        for deed in (
            lambda: members.remove(session, world.bolt.owner, stranger),
            lambda: members.change_role(session, world.bolt.owner, stranger, "viewer"),
        ):
            with pytest.raises(NotFound):
                deed()
    with pytest.raises(NotFound), transaction(world.bolt.id) as session:
        members.remove(session, replace(world.bolt.owner, id=new_id()), stranger)
