"""The agency's table of leads: filters, pages and one lead's facts."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads.queries import LeadFilter, LeadPage, lead_page, lead_view
from tenants import clock
from tenants.db import transaction
from tenants.errors import NotFound
from tests.app.leads.uploads import Desk, Person, csv_of, people
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


EVERYTHING = LeadFilter()


def page(desk: Desk, wanted: LeadFilter = EVERYTHING, **place: UUID | None) -> LeadPage:
    with transaction(desk.agency.id) as session:
        return lead_page(session, desk.agency.id, wanted, limit=3, **place)


def names(found: LeadPage) -> list[str | None]:
    return [row.external_id for row in found.rows]


def test_pages_walk_there_and_back(desk: Desk) -> None:
    start = clock.now()
    for minute, first in enumerate((1, 4)):
        with clock.at(start + timedelta(minutes=minute)):
            desk.upload(csv_of(people(3 + minute, start=first)))
    first = page(desk)
    second = page(desk, older_than=first.older)
    last = page(desk, older_than=second.older)
    assert (first.newer, last.older) == (None, None)
    everything = names(first) + names(second) + names(last)
    assert (len(first.rows), len(second.rows), len(last.rows)) == (3, 3, 1)
    assert sorted(filter(None, everything)) == [f"A-{number}" for number in range(1, 8)]
    assert set(everything[:4]) == {"A-4", "A-5", "A-6", "A-7"}
    back = page(desk, newer_than=last.newer)
    assert back == second
    assert names(page(desk, newer_than=back.newer)) == names(first)
    assert page(desk, newer_than=back.newer).newer is None


def test_each_filter_narrows(desk: Desk) -> None:
    view = desk.upload(csv_of(people(2)))
    with clock.at(clock.now() + timedelta(hours=1)):
        other = desk.upload(csv_of(people(1, start=9)))
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE lead SET state = 'paused' WHERE external_id = 'A-1'"))
    cases = {
        LeadFilter(states=("paused", "erased")): ["A-1"],
        LeadFilter(verticals=("home_windows",)): [],
        LeadFilter(lead_type="targeted"): [],
        LeadFilter(source_ids=(desk.source_id,)): ["A-1", "A-2", "A-9"],
        LeadFilter(batch_id=other.id): ["A-9"],
        LeadFilter(temperatures=("cold",)): ["A-1", "A-2", "A-9"],
        LeadFilter(temperatures=("hot",)): [],
        LeadFilter(since=view.created_at + timedelta(minutes=30)): ["A-9"],
        LeadFilter(until=view.created_at + timedelta(minutes=30)): ["A-1", "A-2"],
        LeadFilter(external_id="A-2"): ["A-2"],
        LeadFilter(addressee_id=view.id): [],
    }
    for wanted, expected in cases.items():
        assert sorted(filter(None, names(page(desk, wanted)))) == expected, wanted


def test_one_lead_tells_all_but_its_people(desk: Desk) -> None:
    view = desk.upload(csv_of([Person(1)]))
    (row,) = page(desk).rows
    with transaction(desk.agency.id) as session:
        lead = lead_view(session, desk.agency.id, row.id)
    assert lead.row == row
    assert (lead.batch_name, lead.consent_name, lead.consent_version) == (view.file_name, "Solar form", 1)
    assert lead.facts["property_type"] == "detached"
    assert lead.contact_count == 1
    assert "+38067" not in repr(lead)


def test_a_stranger_sees_nothing(desk: Desk, world: World) -> None:
    desk.upload(csv_of([Person(1)]))
    (row,) = page(desk).rows
    with transaction(world.bolt.id) as session:
        assert lead_page(session, world.bolt.id, LeadFilter()).rows == []
        assert lead_page(session, desk.agency.id, LeadFilter()).rows == []
        for tenant_id in (world.bolt.id, desk.agency.id):
            with pytest.raises(NotFound):
                lead_view(session, tenant_id, row.id)
