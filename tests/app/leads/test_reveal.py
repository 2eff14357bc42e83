"""Who may open a lead, and that it is logged."""

import pytest
from sqlalchemy import text

from app.leads.reveal import LeadErased, reveal
from tenants import audit
from tenants.db import transaction
from tenants.errors import Forbidden, NotFound
from tenants.ids import new_id
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import World, make_member


@pytest.fixture
def desk(world: World) -> Desk:
    desk = Desk(world.acme)
    desk.upload(csv_of(people(1)))
    return desk


def the_lead(desk: Desk):  # type: ignore[no-untyped-def]
    with transaction(desk.agency.id) as session:
        return session.execute(text("SELECT id FROM lead")).scalar_one()


def test_an_agent_sees_the_people_of_a_lead_and_it_is_logged(desk: Desk) -> None:
    agent, lead_id = make_member(desk.agency.card, "agent"), the_lead(desk)
    with transaction(desk.agency.id) as session:
        opened = reveal(session, agent, lead_id)
        (logged,) = audit.read(session, desk.agency.id, audit.Wanted(actions=("lead.revealed",)))
    assert opened.contacts[0]["name"] == "Олена 1"
    assert (logged.subject_id, logged.actor_id, logged.count, logged.detail) == (lead_id, agent.id, 1, {})


@pytest.mark.parametrize("role", ["finance", "viewer"])
def test_finance_and_viewers_see_no_contacts(desk: Desk, role: str) -> None:
    lead_id = the_lead(desk)
    with transaction(desk.agency.id) as session, pytest.raises(Forbidden):
        reveal(session, make_member(desk.agency.card, role), lead_id)


def test_a_foreign_lead_is_like_an_absent_one(desk: Desk, world: World) -> None:
    lead_id = the_lead(desk)
    with transaction(world.bolt.id) as session:
        for absent in (lead_id, new_id()):
            with pytest.raises(NotFound):
                reveal(session, world.bolt.owner, absent)


def test_an_erased_lead_opens_for_nobody(desk: Desk) -> None:
    lead_id = the_lead(desk)
    with transaction(desk.agency.id) as session:
        session.execute(text("DELETE FROM lead_salt"))
        session.execute(text("UPDATE lead SET sealed = NULL, state = 'erased'"))
        with pytest.raises(LeadErased):
            reveal(session, desk.agency.owner, lead_id)
