"""How a file is read: as it was detected, or as a person says; and a file that looks the same is read the same way."""

from uuid import UUID

import pytest

from app.leads import batches, reading
from app.leads.check import check
from app.leads.files import sandbox
from app.leads.files.kinds import BadFile
from app.leads.files.layout import Wishes
from tenants.db import transaction
from tests.app.leads.uploads import HEADERS, Desk, Person, counts, csv_of, people
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def test_a_file_is_read_as_a_person_says(desk: Desk) -> None:
    data = b"Report of November;;\r\n" + csv_of(people(30)).replace(b",", b";")
    view = desk.view(batch_id := desk.receive(data))
    assert (view.layout["header_row"], view.headers) == (2, list(HEADERS))
    lay_out(desk, batch_id, Wishes(header_row=1, delimiter="|"))
    view = desk.view(batch_id)
    assert (view.state, view.layout["width"]) == ("received", 1)
    assert view.wishes == {"header_row": 1, "delimiter": "|"}
    with pytest.raises(BadFile):
        lay_out(desk, batch_id, Wishes(encoding="no such"))
    assert desk.view(batch_id).wishes == {"header_row": 1, "delimiter": "|"}
    lay_out(desk, batch_id, Wishes())
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (30, 30, 0, 0)


def test_laying_a_checked_file_out_anew_starts_it_over(desk: Desk) -> None:
    view = desk.upload(csv_of([*people(3), Person(4, phone="1", email="")]))
    lay_out(desk, view.id, Wishes(delimiter=","))
    view = desk.view(view.id)
    assert (view.state, counts(view), view.rows_total) == ("received", (0, 0, 0, 0), None)
    desk.start(view.id)
    check(desk.agency.id, view.id)
    assert counts(desk.view(view.id)) == (4, 3, 1, 0)


def test_what_was_chosen_for_a_file_is_chosen_for_the_next_that_looks_the_same(desk: Desk) -> None:
    data = [b"a title,,\n" + csv_of(people(3, start=start)) for start in (1, 10)]
    first = desk.receive(data[0])
    lay_out(desk, first, Wishes(header_row=0))
    desk.start(first, {2: "phone", 5: "property_type", 6: "is_owner", 8: "enquired_at", 9: "consent_at"})
    again = desk.view(desk.receive(data[1]))
    assert (again.layout["header_row"], again.wishes) == (0, {"header_row": 0})
    assert desk.view(desk.receive(csv_of(people(3)))).layout["header_row"] == 1


def test_a_file_that_cannot_be_read_to_its_end_fails_with_its_sentence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = desk.receive(csv_of(people(3)))
    monkeypatch.setattr(sandbox, "READ_SECONDS", 0)
    assert reading.read(desk.agency.id, batch_id)
    view = desk.view(batch_id)
    assert (view.state, view.rows_total) == ("failed", None)
    assert view.failure_told
    assert view.failure_told["sentence"]


def lay_out(desk: Desk, batch_id: UUID, wishes: Wishes) -> None:
    with transaction(desk.agency.id) as session:
        batches.lay_out(session, desk.agency.owner, batch_id, wishes)
