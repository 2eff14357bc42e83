"""Rows of a file that somebody has to look at first: counted apart, resting, and let in by their release."""

import pytest
from sqlalchemy import text

from app.leads import quarantine, suppression
from app.leads.check import check
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, counts, csv_of, people
from tests.world import World

NAME = 1


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    return Desk(world.acme)


def waiting(number: int, external_id: str | None = None) -> list[str]:
    """A row whose name is a test's."""
    row = Person(number, external_id=external_id).row()
    row[NAME] = "Test Test"
    return row


def test_every_row_is_accounted_for(desk: Desk) -> None:
    rows = [
        *people(3),
        waiting(20),
        waiting(21),
        waiting(22, "A-20"),
        Person(30, phone="1", email=""),
        Person(1),
    ]
    view = desk.upload(csv_of(rows))
    assert (counts(view), view.quarantined) == ((8, 3, 1, 2), 2)
    assert desk.count("quarantined_lead") == 2
    desk.start(view.id)
    check(desk.agency.id, view.id)
    view = desk.view(view.id)
    assert (counts(view), view.quarantined) == ((8, 3, 1, 2), 2), "checked anew it is the same"
    assert desk.count("quarantined_lead") == desk.count("quarantine_salt") == 2


def test_a_released_row_becomes_a_lead(desk: Desk) -> None:
    desk.upload(csv_of([*people(1), waiting(20)]))
    with transaction(desk.agency.id) as session:
        one = session.execute(text("SELECT id, reasons, line FROM quarantined_lead")).one()
        assert one.line == 3
        taken = quarantine.release(session, desk.agency.owner, one.id, accepting=one.reasons)
    assert taken.lead_id is not None
    assert desk.count("lead") == 2


def test_a_suppressed_person_is_rejected_and_said_to_be(desk: Desk) -> None:
    with transaction(desk.agency.id) as session:
        listed = suppression.create(session, desk.agency.owner, "Do not call")
        suppression.add(session, desk.agency.owner, listed, ["+380670000002"])
    view = desk.upload(csv_of(people(3)))
    assert counts(view) == (3, 2, 1, 0)
    with transaction(desk.agency.id) as session:
        found = session.execute(text("SELECT line, kind, code FROM batch_problem")).one()
    assert tuple(found) == (3, "rejected", "suppressed")
